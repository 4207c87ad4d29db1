"""Two devices change places on the wire: before the look, between look and write, between write and read-back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from energy_hw.errors import IdentityChanged, NotWritable
from energy_hw.sim.mate3 import SimMate3
from mate3_write_rig import FM60, FM80, FXR, MONITOR, OTHER_FXR, World, alike_inverters, on_tcp, twins_of_fm80

Swap = Callable[[SimMate3], None]


def port_numbers(house: SimMate3, one: int = 3, other: int = 4) -> None:
    """The blocks stay where they are and say the other's port."""
    for place in house.places():
        if place.port in (one, other):
            house.registers[place.address + 2] = one + other - place.port


SWAPS: dict[str, Swap] = {
    "devices and ports": lambda house: house.swap_ports(3, 4),
    "cables": lambda house: house.swap_cables(3, 4),
    "port numbers": port_numbers,
}
each_swap = pytest.mark.parametrize("swap", SWAPS.values(), ids=SWAPS.keys())
HOUSES = {
    "FM60 and FM80": None,
    "two FM80 without serial numbers": twins_of_fm80(5000, 900),
    "two FM80 with other settings": twins_of_fm80(6230, 1120, alike=False),
}
each_house = pytest.mark.parametrize("registers", HOUSES.values(), ids=HOUSES.keys())


def settings(world: World) -> dict[int | None, object]:
    return {port: world.raw((64112, port), "absorb_volts") for port in (3, 4)}


@each_swap
@each_house
def test_a_swap_before_the_look_writes_nothing(tmp_path: Path, registers: dict[int, int] | None, swap: Swap) -> None:
    with on_tcp(tmp_path, registers) as world:
        swap(world.house)
        with pytest.raises(IdentityChanged, match="nothing was written") as told:
            world.write(FM60, "absorb_volts", "57.6")
        assert world.writes == []
        assert set(settings(world).values()) == {588}
    assert "Read again" in str(told.value)


@each_swap
@each_house
def test_a_swap_between_prepare_and_commit_writes_nothing(
    tmp_path: Path, registers: dict[int, int] | None, swap: Swap
) -> None:
    with on_tcp(tmp_path, registers) as world:
        prepared = world.prepare(FM60, "absorb_volts", "57.6")
        swap(world.house)
        with pytest.raises(IdentityChanged, match="nothing was written"):
            world.writer.commit(prepared)
        assert world.writes == []
        assert world.journal
        assert [entry.outcome for entry in world.journal.read().entries] == ["refused"]


@pytest.mark.parametrize("swap", [SWAPS["devices and ports"], SWAPS["cables"]], ids=["devices", "cables"])
@pytest.mark.parametrize("registers", list(HOUSES.values())[:2], ids=list(HOUSES)[:2])
def test_a_swap_between_look_and_write_is_told_with_all_that_helps(
    tmp_path: Path, registers: dict[int, int] | None, swap: Swap
) -> None:
    with on_tcp(tmp_path, registers) as world:
        world.house.set(64112, "absorb_volts", 600, 4)  # of the FM80, which the write is not meant for
        world.read()
        world.before_write(lambda: swap(world.house))
        with pytest.raises(IdentityChanged, match="IT WENT TO ANOTHER DEVICE") as told:
            world.write(FM60, "absorb_volts", "57.6")
        address = world.block(FM60).address + 10
        assert world.writes == [(6, address, (576,))]  # and never anything to put it right
    text = str(told.value)
    assert "the FM80-150VDC at port" in text
    assert "now has absorb_volts = 57.6 V" in text
    assert "It held 60.0 V when it was read" in text
    assert "To put it right, read again and write absorb_volts = 60.0 V to the FM80-150VDC at port" in text
    assert "Nothing is put back by itself" in text
    assert world.journal
    assert [entry.outcome for entry in world.journal.read().entries] == ["wrong device"]
    assert world.journal.read().last() is None


@pytest.mark.parametrize("swap", [SWAPS["devices and ports"], SWAPS["cables"]], ids=["devices", "cables"])
@pytest.mark.parametrize("registers", list(HOUSES.values())[:2], ids=list(HOUSES)[:2])
def test_a_swap_between_write_and_read_back_is_told_apart_from_a_wrong_write(
    tmp_path: Path, registers: dict[int, int] | None, swap: Swap
) -> None:
    with on_tcp(tmp_path, registers) as world:
        world.before_read_back(lambda: swap(world.house))
        with pytest.raises(IdentityChanged, match="The value arrived: the right device") as told:
            world.write(FM60, "absorb_volts", "57.6")
        assert sorted(settings(world).values(), key=str) == [576, 588]
    assert "ANOTHER DEVICE" not in str(told.value)
    assert world.journal
    assert [entry.outcome for entry in world.journal.read().entries] == ["moved"]


@pytest.mark.parametrize("registers", HOUSES.values(), ids=HOUSES.keys())
@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_a_swap_before_any_answer_of_the_looks_writes_nothing(
    tmp_path: Path, registers: dict[int, int] | None, at: int
) -> None:
    """On a known connection each of the two looks has two requests: settings and counters, in either order."""
    with on_tcp(tmp_path, registers) as world:
        world.write(MONITOR, "charged_volts", "57.0")
        world.house.faults.arm(at=at, then=lambda: world.house.swap_cables(3, 4))
        before = len(world.writes)
        with pytest.raises(IdentityChanged, match="nothing was written"):
            world.write(FM60, "absorb_volts", "57.6")
        assert len(world.writes) == before


def test_after_a_surprise_the_layout_is_read_anew(tmp_path: Path) -> None:
    with on_tcp(tmp_path) as world:
        world.house.swap_cables(3, 4)
        with pytest.raises(IdentityChanged):
            world.write(FM60, "absorb_volts", "57.6")
        assert world.poller.layout is None
        world.read()
        assert world.who(FM60).model == "FM80-150VDC"
        assert world.write(FM60, "absorb_volts", "57.6").confirmed
        assert settings(world) == {3: 576, 4: 588}


def test_a_reboot_that_moves_blocks_is_noticed_before_anything_is_written(tmp_path: Path) -> None:
    with on_tcp(tmp_path) as world:
        world.house.reboot(unknown=20, drop=False)
        with pytest.raises(IdentityChanged, match="nothing was written: what stands at register 40936"):
            world.write(FM60, "absorb_volts", "57.6")
        assert world.writes == []
        world.read()
        assert world.write(FM60, "absorb_volts", "57.6").confirmed


def test_a_reboot_that_moves_blocks_under_a_write_says_what_was_hit(tmp_path: Path) -> None:
    with on_tcp(tmp_path) as world:
        world.before_write(lambda: world.house.reboot(order=[3, 4, 1, 2, 5], drop=False))
        with pytest.raises(IdentityChanged, match="then another device stood there: model at register 40908") as told:
            world.write(FM60, "absorb_volts", "57.6")
    text = str(told.value)
    assert (
        "the VFXR3048E at port 1 (serial …FXR) now has gen_lower_input_voltage_limit = 576 V (register 40946)" in text
    )
    assert "It held 204 V" in text
    assert "write gen_lower_input_voltage_limit = 204 V to the VFXR3048E at port 1" in text


def test_a_model_of_no_table_under_a_write_leaves_it_to_people(tmp_path: Path) -> None:
    with on_tcp(tmp_path) as world:
        world.before_write(lambda: world.house.reboot(order=[1, 2, 5, 4, 3], unknown=88, drop=False))
        with pytest.raises(IdentityChanged, match="go to the controller's display, look which device has it"):
            world.write(FM60, "absorb_volts", "57.6")


def test_a_device_that_vanished_is_no_place_for_a_value(tmp_path: Path) -> None:
    with on_tcp(tmp_path) as world:
        world.house.replug(without=[3, 4, 5])
        with pytest.raises(IdentityChanged, match="nothing was written"):
            world.write(FM80, "absorb_volts", "57.6")
        assert world.writes == []


class TestInvertersWithTheSameSerialText:
    """Both say `SPARE FXR`, model VFXR3048E, the same firmware; one is the master, the other its slave."""

    @pytest.mark.parametrize("swap", ["swap_cables", "swap_ports"])
    def test_a_swap_before_the_look_is_seen_by_their_roles(self, tmp_path: Path, swap: str) -> None:
        with on_tcp(tmp_path) as world:
            assert world.prepare(FXR, "absorb_volts", "57.0").proof == "stacking_mode"
            getattr(world.house, swap)(1, 2)
            with pytest.raises(IdentityChanged, match=r"stacking_mode: no longer|port: then 1, now 2"):
                world.write(FXR, "absorb_volts", "57.0")
            assert world.writes == []

    def test_a_swap_between_look_and_write_names_the_one_that_was_hit(self, tmp_path: Path) -> None:
        with on_tcp(tmp_path) as world:
            world.before_write(lambda: world.house.swap_cables(1, 2))
            with pytest.raises(IdentityChanged, match="IT WENT TO ANOTHER DEVICE: the VFXR3048E at port 1") as told:
                world.write(FXR, "absorb_volts", "57.0")
            assert "write absorb_volts = 57.6 V to the VFXR3048E at port 1" in str(told.value)
            assert world.raw(OTHER_FXR, "stacking_mode") == 10

    def test_a_swap_after_the_write_finds_it_with_the_right_one(self, tmp_path: Path) -> None:
        with on_tcp(tmp_path) as world:
            world.before_read_back(lambda: world.house.swap_cables(1, 2))
            with pytest.raises(IdentityChanged, match="is the VFXR3048E at port 2 by now and holds it"):
                world.write(FXR, "absorb_volts", "57.0")

    def test_two_that_only_the_written_point_tells_apart(self, tmp_path: Path) -> None:
        registers = alike_inverters()
        with on_tcp(tmp_path, registers) as world:
            world.house.set(64116, "absorb_volts", 560, 2)
            world.read()
            assert world.prepare(FXR, "absorb_volts", "57.0").proof == "absorb_volts"
            world.before_write(lambda: world.house.swap_cables(1, 2))
            with pytest.raises(IdentityChanged, match="now the VFXR3048E at port 2 reads what this device had"):
                world.write(FXR, "absorb_volts", "57.0")

    def test_writing_both_the_same_is_no_swap(self, tmp_path: Path) -> None:
        with on_tcp(tmp_path) as world:
            world.house.set(64116, "absorb_volts", 560, 2)
            world.read()
            assert world.write(FXR, "absorb_volts", "56.0").confirmed
            assert world.write(OTHER_FXR, "absorb_volts", "57.0").confirmed
            assert world.write(FXR, "absorb_volts", "57.0").confirmed
            assert world.write(FXR, "absorb_volts", "56.4").confirmed


class TestDevicesThatNothingTellsApart:
    def test_inverters_may_be_written_and_it_is_said(self, tmp_path: Path) -> None:
        with on_tcp(tmp_path, alike_inverters()) as world:
            prepared = world.prepare(FXR, "absorb_volts", "57.0")
            assert prepared.alike == (2,)
            assert "Only the port tells it apart from the device at port 2" in prepared.text()
            assert world.writer.commit(prepared).confirmed

    @pytest.mark.parametrize("name", ["aux_control", "aux_on_battery_voltage"])
    def test_what_is_wired_to_one_of_them_needs_force(self, tmp_path: Path, name: str) -> None:
        value = "off" if name == "aux_control" else "53.0"
        with on_tcp(tmp_path, alike_inverters()) as world:
            with pytest.raises(NotWritable, match="nothing tells the VFXR3048E at port 1 apart from the one at port 2"):
                world.write(FXR, name, value)
            assert world.writes == []
            assert world.write(FXR, name, value, force=True).confirmed

    def test_charge_controllers_need_force(self, tmp_path: Path) -> None:
        with on_tcp(tmp_path, twins_of_fm80()) as world:
            with pytest.raises(NotWritable, match=r"lifetime counters that fit both\. If no cable"):
                world.write(FM60, "absorb_volts", "57.6")
            assert world.writes == []
            assert world.write(FM60, "absorb_volts", "57.6", force=True).confirmed
            assert settings(world) == {3: 576, 4: 588}

    def test_counters_that_may_have_grown_to_the_others_meanwhile_are_asked_of_both(self, tmp_path: Path) -> None:
        with on_tcp(tmp_path, twins_of_fm80(6229, 1119)) as world:
            world.before_write(lambda: world.house.swap_cables(3, 4))
            with pytest.raises(IdentityChanged, match="at port 4: lifetime_kwh_hours: then 6230, now 6229"):
                world.write(FM60, "absorb_volts", "57.6")

    def test_counters_that_did_grow_are_no_swap(self, tmp_path: Path) -> None:
        def grow() -> None:
            world.house.set(64111, "lifetime_kwh_hours", 6230, 3)
            world.house.set(64111, "lifetime_k_amp_hours", 1120, 3)

        with on_tcp(tmp_path, twins_of_fm80(6229, 1119)) as world:
            world.before_read_back(grow)
            assert world.write(FM60, "absorb_volts", "57.6").confirmed

    def test_counters_that_were_read_long_ago_should_be_read_again(self, tmp_path: Path) -> None:
        with on_tcp(tmp_path, twins_of_fm80(5000, 900)) as world:
            world.clock.time += timedelta(days=60)
            with pytest.raises(NotWritable, match="Read them again, it was at 2026-11-21 12:00:00Z: that may tell"):
                world.write(FM80, "absorb_volts", "57.6")
            world.read()
            assert world.write(FM80, "absorb_volts", "57.6").confirmed

    def test_after_one_was_written_they_differ(self, tmp_path: Path) -> None:
        with on_tcp(tmp_path, twins_of_fm80()) as world:
            assert world.write(FM60, "absorb_volts", "57.6", force=True).confirmed
            assert world.write(FM60, "float_volts", "54.0").prepared.proof == "absorb_volts"

    def test_a_monitor_is_alone(self, tmp_path: Path) -> None:
        with on_tcp(tmp_path) as world:
            assert world.write(MONITOR, "charged_volts", "57.0").prepared.proof == "model"
