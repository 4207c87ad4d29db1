"""Taking a write back: proposed, checked like any other, and never over what somebody wrote since."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from energy_hw.errors import CommandError, IdentityChanged, NotWritable, UnknownDevice
from energy_hw.outback.journal import Entry
from energy_hw.sim.mate3_faults import READS, WRITES
from mate3_write_rig import FM60, FM80, FXR, GATEWAY, SYSTEM, World, on_tcp, twins_of_fm80, without_socket


@pytest.fixture
def world(tmp_path: Path) -> World:
    return without_socket(tmp_path)


def last(world: World) -> Entry:
    assert world.journal
    return world.journal.read().entries[-1]


def test_the_reverse_is_proposed_and_then_written(tmp_path: Path) -> None:
    with on_tcp(tmp_path) as world:
        world.write(FM60, "absorb_volts", "57.6")
        prepared = world.writer.undo()
        assert len(world.writes) == 1
        assert prepared.text() == (
            "FM60-150VDC at port 3, no serial: absorb_volts 57.6 -> 58.8 V (register 40946, raw 576 -> 588)"
        )
        assert world.writer.commit(prepared).confirmed
        assert world.raw(FM60, "absorb_volts") == 588


def test_one_after_the_other_back_to_the_first(world: World) -> None:
    for value in ("57.6", "57.0", "56.0"):
        world.write(FM60, "absorb_volts", value)
    for raw in (570, 576, 588):
        assert world.writer.commit(world.writer.undo()).confirmed
        assert world.raw(FM60, "absorb_volts") == raw
    with pytest.raises(CommandError, match="has no write that stands"):
        world.writer.undo()


def test_a_reverse_that_was_taken_back_takes_nothing_back(world: World) -> None:
    world.write(FM60, "absorb_volts", "57.6")
    world.writer.commit(world.writer.undo())
    world.writer.commit(world.writer.undo(last(world)))
    assert world.raw(FM60, "absorb_volts") == 576
    assert world.writer.undo().raw_new == 588
    world.writer.commit(world.writer.undo())
    with pytest.raises(CommandError, match="has no write that stands"):
        world.writer.undo()


def test_an_entry_of_ones_own_choice(world: World) -> None:
    world.write(FM60, "absorb_volts", "57.6")
    chosen = last(world)
    world.write(FXR, "float_volts", "54.0")
    prepared = world.writer.undo(chosen)
    assert (prepared.point.name, prepared.port, prepared.raw_new) == ("absorb_volts", 3, 588)
    assert prepared.order.undo_of == chosen.id


def test_texts_labels_and_negative_numbers(world: World) -> None:
    old = world.raw(GATEWAY, "time_server_name")
    for key, name, value in (
        (GATEWAY, "time_server_name", "ntp.example.org"),
        (FXR, "aux_control", "off"),
        (FM60, "aux_divert_relative_volts", "-1.2"),
        (FM60, "aux_divert_relative_volts", "1.2"),
    ):
        world.write(key, name, value)
    for _ in range(4):
        assert world.writer.commit(world.writer.undo()).confirmed
    assert world.raw(GATEWAY, "time_server_name") == old
    assert (world.raw(FXR, "aux_control"), world.raw(FM60, "aux_divert_relative_volts")) == (1, 0)


def test_not_over_what_somebody_wrote_since(world: World) -> None:
    world.write(FM60, "absorb_volts", "57.6")
    world.house.set(64112, "absorb_volts", 570, 3)
    with pytest.raises(CommandError, match=r"reads 57\.0, which is not what was written then"):
        world.writer.undo()
    assert world.writer.undo(force=True).raw_old == 570


def test_what_was_not_confirmed_does_not_stand(world: World) -> None:
    world.house.locked = True
    with pytest.raises(CommandError):
        world.write(FM60, "absorb_volts", "57.6")
    with pytest.raises(CommandError, match="has no write that stands"):
        world.writer.undo()


def test_the_write_before_one_that_was_not_confirmed_is_taken_back_only_by_name(world: World) -> None:
    world.write(FM60, "absorb_volts", "57.6")
    good = last(world)
    world.house.locked = True
    with pytest.raises(CommandError):
        world.write(FM60, "float_volts", "54.0")
    world.house.locked = False
    with pytest.raises(CommandError, match=r"the last write, .*float_volts.*not confirmed.*, did not end well"):
        world.writer.undo()
    assert world.writer.commit(world.writer.undo(good)).confirmed
    assert world.raw(FM60, "absorb_volts") == 588


def test_a_write_that_was_refused_stands_in_no_ones_way(world: World) -> None:
    world.write(FM60, "absorb_volts", "57.6")
    with pytest.raises(CommandError):
        world.write(FM60, "absorb_volts", "57.65")
    assert world.writer.undo().raw_new == 588


def test_what_was_left_unknown_is_taken_back_if_it_is_there(world: World) -> None:
    world.house.unsettled_reads = 99
    with pytest.raises(CommandError):
        world.write(FM60, "absorb_volts", "57.6")
    world.house.unsettled_reads = 0
    world.house._unsettled.clear()
    assert world.writer.commit(world.writer.undo()).confirmed
    assert world.raw(FM60, "absorb_volts") == 588


def test_what_was_left_unknown_and_never_arrived_is_no_change_of_somebody_else(world: World) -> None:
    arm = world.house.faults.arm
    arm(lost=True, functions=WRITES, then=lambda: arm(silent=True, functions=READS, count=99))
    with pytest.raises(CommandError, match="whether it arrived is not known"):
        world.write(FM60, "absorb_volts", "57.6")
    world.house.faults.clear()
    with pytest.raises(CommandError, match=r"reads 58\.8, as before that write, which did not arrive or"):
        world.writer.undo()


def test_another_device_on_the_port_by_now(world: World) -> None:
    world.write(FM60, "absorb_volts", "57.6")
    world.house.swap_cables(3, 4)
    with pytest.raises(
        IdentityChanged, match=r"FM80-150VDC at port 3 is not the device that was written to.*another model"
    ):
        world.writer.undo()
    assert len(world.writes) == 1


@pytest.mark.parametrize(("kwh", "says"), [(6000, "then 6229, now 6000"), (9000, "then 6229, now 9000")])
def test_another_device_of_the_same_model_on_the_port_by_now(tmp_path: Path, kwh: int, says: str) -> None:
    world = without_socket(tmp_path, twins_of_fm80(6229, 1120))
    world.write(FM60, "absorb_volts", "57.6")
    world.house.set(64111, "lifetime_kwh_hours", kwh, 3)
    with pytest.raises(IdentityChanged, match=f"lifetime_kwh_hours: {says}"):
        world.writer.undo()
    world.house.set(64111, "lifetime_kwh_hours", 6229, 3)
    assert world.writer.undo().raw_new == 588


def test_another_gateway(world: World) -> None:
    world.write(FM60, "absorb_volts", "57.6")
    world.house.set(1, "serial_number", "MA0000F0000001")
    with pytest.raises(IdentityChanged, match="another gateway serial"):
        world.writer.undo(last(world))


def test_of_two_controllers_with_one_journal_the_last_write_to_this_one(world: World, tmp_path: Path) -> None:
    world.write(FM60, "absorb_volts", "57.6")
    other = without_socket(tmp_path)  # its journal is the same file
    other.house.set(1, "serial_number", "MA0000F0000001")
    other.read()
    with pytest.raises(CommandError, match="has no write that stands, to this controller"):
        other.writer.undo()
    other.write(FM60, "float_volts", "54.0")
    assert world.writer.undo().point.name == "absorb_volts"
    assert other.writer.undo().point.name == "float_volts"


def test_blocks_that_moved_are_found_by_model_and_port(world: World) -> None:
    world.write(FM60, "absorb_volts", "57.6")
    world.house.reboot(unknown=7, drop=False)
    prepared = world.writer.undo()
    assert prepared.address == 40946 + 9
    assert world.writer.commit(prepared).confirmed


def test_a_device_that_is_gone(world: World) -> None:
    world.write(FM80, "absorb_volts", "57.6")
    world.house.replug(without=[4])
    with pytest.raises(UnknownDevice, match="nothing can be taken back there"):
        world.writer.undo()


def test_a_swap_after_the_proposal(world: World) -> None:
    world.write(FM60, "absorb_volts", "57.6")
    prepared = world.writer.undo()
    world.house.swap_cables(3, 4)
    with pytest.raises(IdentityChanged, match="nothing was written"):
        world.writer.commit(prepared)
    assert len(world.writes) == 1


def test_a_locked_class_is_locked_here_too(world: World) -> None:
    world.write(FXR, "battery_voltage_calibrate_factor", "0.1", allow={"calibration"})
    with pytest.raises(NotWritable, match=r"locked \(calibration"):
        world.writer.undo()
    assert world.writer.undo(allow={"calibration"}).raw_new == 4


def test_a_disputed_one_needs_force_here_too(world: World) -> None:
    world.write(FM60, "aux_polarity", "high", force=True)
    with pytest.raises(NotWritable, match="sources disagree"):
        world.writer.undo()
    assert world.writer.undo(force=True).raw_new == 0


def test_commands_and_resets_have_no_reverse(world: World) -> None:
    world.write(SYSTEM, "bulk_charge_enable_disable", "start equalise")
    with pytest.raises(NotWritable, match="no setting that can be taken back"):
        world.writer.undo()
    world.writer.reset(world.block(FM60), world.who(FM60), "clear_data_log_read", allow={"reset"})
    with pytest.raises(NotWritable, match="no setting that can be taken back"):
        world.writer.undo(allow={"reset"})


def test_an_entry_that_does_not_say_what_was_there(world: World) -> None:
    world.write(FM60, "absorb_volts", "57.6")
    with pytest.raises(NotWritable, match="does not say what it was before"):
        world.writer.undo(dataclasses.replace(last(world), raw_old=()))
