"""What a write relies on: what the user saw, what was polled, or the very device that the user holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from energy_hw.errors import IdentityChanged, UnknownDevice
from energy_hw.outback.mate3 import Mate3
from energy_hw.outback.poll import Mode
from energy_hw.sim.mate3 import SimMate3
from mate3_write_rig import Direct, twins_of_fm80

CHARGER_3 = "outback:MA0000F0000000/3"


def live(house: SimMate3, tmp_path: Path) -> Mate3:
    mate3 = Mate3(registers=Direct(house), journal=tmp_path / "writes.jsonl")
    mate3._poller._sleep = mate3._writes._sleep = lambda pause_s: None  # nothing here takes its time
    return mate3


@pytest.fixture
def house() -> SimMate3:
    return SimMate3()


@pytest.fixture
def mate3(house: SimMate3, tmp_path: Path) -> Iterator[Mate3]:
    with live(house, tmp_path) as mate3:
        yield mate3


class TestADeviceOutOfASnapshot:
    def test_another_one_on_its_port_by_now_is_not_written_to(self, mate3: Mate3, house: SimMate3) -> None:
        fm60 = mate3.read().charge_controllers[3]
        house.swap_cables(3, 4)
        assert mate3.read().charge_controllers[3].model == "FM80-150VDC"  # the user has seen it, too
        with pytest.raises(IdentityChanged, match="is not as the FM60-150VDC at port 3 was"):
            mate3.write(fm60, "absorb_volts", "57.6")
        assert house.get(64112, "absorb_volts", 3) == house.get(64112, "absorb_volts", 4) == 588
        assert mate3.write(mate3.charge_controllers[3], "absorb_volts", "57.6").confirmed

    def test_nor_one_of_the_same_model_that_counted_otherwise(self, tmp_path: Path) -> None:
        house = SimMate3(twins_of_fm80(5000, 900))
        with live(house, tmp_path) as mate3:
            first = mate3.read().charge_controllers[3]
            house.swap_cables(3, 4)
            mate3.read()
            with pytest.raises(IdentityChanged, match="lifetime_kwh_hours: then 5000, now 6230"):
                mate3.write(first, "absorb_volts", "57.6")

    def test_it_may_be_written_again_and_again(self, mate3: Mate3, house: SimMate3) -> None:
        fm60 = mate3.read().charge_controllers[3]
        assert mate3.write(fm60, "absorb_volts", "57.6").confirmed
        mate3.read(Mode.LIVE)
        assert mate3.write(fm60, "absorb_volts", "57.0").confirmed
        assert house.get(64112, "absorb_volts", 3) == 570

    def test_its_blocks_may_have_moved(self, mate3: Mate3, house: SimMate3) -> None:
        fm60 = mate3.read().charge_controllers[3]
        house.reboot(unknown=20, drop=False)
        mate3.read()
        assert mate3.write(fm60, "absorb_volts", "57.6").confirmed
        assert house.get(64112, "absorb_volts", 3) == 576

    def test_one_whose_settings_were_not_read_is_as_the_user_saw_it(self, mate3: Mate3) -> None:
        fm60 = mate3.read(Mode.LIVE).charge_controllers[3]
        assert mate3.write(fm60, "absorb_volts", "57.6").confirmed


def test_what_was_written_is_not_taken_for_a_value_of_what_stood_there_before(mate3: Mate3, house: SimMate3) -> None:
    mate3.read()
    house.reboot(order=[1, 2, 4, 3, 5], drop=False)  # now the FM60 stands where the FM80 stood
    mate3._holding.read(by_user=False)
    assert mate3.write(mate3.charge_controllers[3], "absorb_volts", "57.6").confirmed
    seen = mate3._holding.seen
    assert seen
    assert str(seen.charge_controllers[4].settings.absorb_volts) == "58.8"
    assert str(mate3.charge_controllers[3].settings.absorb_volts) == "57.6"


def test_a_live_device_of_another_controller_is_none_of_this_one(mate3: Mate3, house: SimMate3, tmp_path: Path) -> None:
    with live(SimMate3(), tmp_path) as other:
        other.read()
        with pytest.raises(UnknownDevice, match="charge controller 3 is not one of registers"):
            mate3.write(other.charge_controllers[3], "absorb_volts", "57.6")
    assert house.get(64112, "absorb_volts", 3) == 588


def test_an_automation_goes_on_after_a_restart_that_moved_blocks(mate3: Mate3, house: SimMate3) -> None:
    mate3.read()
    house.reboot(unknown=20, drop=False)
    with pytest.raises(IdentityChanged, match="nothing was written"):
        mate3.command(CHARGER_3, "absorb_volts", "57.6")
    assert mate3.command(CHARGER_3, "absorb_volts", "57.6") == "confirmed"
    assert mate3.command(CHARGER_3, "absorb_volts", "57.0") == "confirmed"
    assert house.get(64112, "absorb_volts", 3) == 570


def test_one_that_tries_again_and_again_does_not_reach_another_device(mate3: Mate3, house: SimMate3) -> None:
    mate3.read()
    house.swap_cables(3, 4)
    for said in ("is not as the FM60-150VDC at port 3 was", "is not the device that it was", "is not the device that"):
        with pytest.raises(IdentityChanged, match=f"nothing was written: .*{said}"):
            mate3.command(CHARGER_3, "absorb_volts", "57.6")
    mate3.read()
    assert mate3.command(CHARGER_3, "absorb_volts", "57.6") == "confirmed"


def test_a_class_may_be_named_as_it_is(house: SimMate3, tmp_path: Path) -> None:
    with live(house, tmp_path) as mate3:
        assert mate3.write(mate3.gateway, "hour", 3, allow="clock").confirmed
    with Mate3(registers=Direct(house), journal=False, allow="clock") as mate3:
        assert "hour" in {control.name for control in mate3.controls()}


@pytest.mark.parametrize("named", [False, True])
def test_what_a_simulation_was_told_is_in_no_journal_unless_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: bool
) -> None:
    """Or `mate3 undo` would propose to take it back from the real one."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    path = tmp_path / "energy-hw" / "mate3-writes.jsonl"
    with Mate3(simulate=True, journal=path if named else None) as mate3:
        mate3._writes._sleep = lambda pause_s: None
        assert mate3.write(mate3.charge_controllers[3], "absorb_volts", "57.6").confirmed
    assert path.exists() == named
