"""What is written, what is refused, and what is said when the wire or the controller does something else."""

from __future__ import annotations

import dataclasses
import threading
from collections import Counter
from contextlib import suppress
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from energy_hw.errors import (
    CommandError,
    EnergyHwError,
    FarOff,
    IdentityChanged,
    LinkError,
    LinkTimeout,
    ModbusError,
    NotConfirmed,
    NotWritable,
    OutOfRange,
    UnknownPoint,
)
from energy_hw.outback.tables import points
from energy_hw.outback.types import Point
from energy_hw.outback.values import decode_point
from energy_hw.sim.mate3_faults import READS, WRITES, wrong_function, wrong_transaction
from mate3_rig import QUICK_S
from mate3_write_rig import FM60, FM80, FXR, GATEWAY, MONITOR, SYSTEM, World, on_tcp, without_socket

ABSORB = 40946
SETTINGS = range(40936, 41026)
DISPUTED = {"absorb_end_amps", "aux_polarity", "aux_relay_control", "mini_grid_lbx_delay"}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return without_socket(tmp_path)


class TestAGoodWrite:
    def test_on_the_wire(self, tmp_path: Path) -> None:
        with on_tcp(tmp_path) as world:
            before = len(world.house.requests)
            result = world.write(FM60, "absorb_volts", Decimal("57.6"))
            requests = world.house.requests[before:]
        assert (result.outcome, result.confirmed, result.errors) == ("confirmed", True, ())
        assert requests == [
            (3, 40002, 67),  # who the gateway is: once on this connection
            (3, 40069, 13),
            (3, 40908, 28),  # no serial number: its lifetime counters
            (3, 40936, 90),  # the whole settings block
            (3, 40908, 28),  # the intent is on the disk: once more
            (3, 40936, 90),
            (6, ABSORB, (576,)),
            (3, 40908, 28),
            (3, 40936, 90),
            (3, 40470, 1),  # what the controller says of it
        ]
        assert world.clock.slept == [0.4]

    def test_what_is_shown_before(self, world: World) -> None:
        text = world.prepare(FM60, "absorb_volts", "57.6").text()
        assert text == "FM60-150VDC at port 3, no serial: absorb_volts 58.8 -> 57.6 V (register 40946, raw 588 -> 576)"
        assert world.prepare(FXR, "aux_control", "off").text() == (
            "VFXR3048E at port 1, serial …FXR: aux_control auto -> off (register 40718, raw 1 -> 0)"
        )

    def test_no_more_than_four_characters_of_a_serial_number_are_shown(self, world: World) -> None:
        world.house.set(64112, "serial_number", "FM80-17234567", 4)
        world.read()
        prepared = world.prepare(FM80, "absorb_volts", "57.6")
        assert prepared.serial == "serial …4567"
        assert prepared.proof == "serial number"
        assert "234567" not in prepared.text()
        assert (3, 41026, 28) not in world.house.requests[-3:]  # no counters: the serial number tells

    def test_several_registers_go_with_function_16(self, world: World) -> None:
        assert world.write(GATEWAY, "system_name", "Ferme du Pre").confirmed
        assert world.writes[0][:2] == (16, 40069 + 166)
        assert len(world.writes[0][2]) == 30
        assert '"" -> "mail.example.org"' in world.prepare(GATEWAY, "smtp_server_name", "mail.example.org").text()

    def test_a_dry_run_reads_alone(self, world: World) -> None:
        result = world.write(FM60, "absorb_volts", "57.6", dry_run=True)
        assert result.outcome == "dry run"
        assert world.writes == []
        assert world.journal
        assert not world.journal.path.exists()

    def test_printed_it_is_what_would_be_done_and_later_what_became_of_it(self, world: World) -> None:
        result = world.write(FM60, "absorb_volts", "57.6", dry_run=True)
        done = "FM60-150VDC at port 3, no serial: absorb_volts 58.8 -> 57.6 V (register 40946, raw 588 -> 576)"
        assert (str(result), str(result.prepared)) == (done, done)
        assert repr(result.prepared) == f"<Prepared: {done}>"
        result = world.write(FM60, "absorb_volts", "57.6")
        assert str(result) == "FM60-150VDC at port 3: absorb_volts 57.6 V: confirmed"
        assert repr(result) == f"<WriteResult: {result}>"

    def test_no_representation_has_a_whole_serial_number(self, world: World) -> None:
        world.house.set(64112, "serial_number", "FM80-17234567", 4)
        world.read()
        result = world.write(FM80, "absorb_volts", "57.6")
        texts = [repr(each) for each in (result, result.prepared, result.prepared.order, world.who(FM80))]
        assert not any("234567" in text or "MA0000F0000000" in text for text in texts)
        assert all("…4567" in text for text in texts[1:])

    def test_what_it_holds_already_is_not_written(self, world: World) -> None:
        result = world.write(FM60, "absorb_volts", "58.8")
        assert (result.outcome, result.confirmed) == ("unchanged", True)
        assert "nothing will be written" in result.prepared.text()
        assert world.writes == []
        assert world.write(FM60, "absorb_volts", "58.8", force=True).outcome == "confirmed"
        assert len(world.writes) == 1

    def test_a_raw_number(self, world: World) -> None:
        assert world.write(FM60, "absorb_volts", 576, raw=True).confirmed
        with pytest.raises(OutOfRange, match="expected the raw integer, got str"):
            world.write(FM60, "absorb_volts", "576", raw=True)
        with pytest.raises(OutOfRange, match="expected 0 to 65534 unscaled, got 65535"):
            world.write(FM60, "absorb_volts", 65535, raw=True)

    def test_the_scale_factor_is_the_one_that_reads_now(self, world: World) -> None:
        world.house.set(64112, "voltage_scale_factor", -2, 3)
        world.house.set(64112, "absorb_volts", 5880, 3)
        assert world.write(FM60, "absorb_volts", "57.65").confirmed
        assert world.writes == [(6, ABSORB, (5765,))]

    def test_volts_that_are_far_from_those_there_are_forced_or_not_written(self, world: World) -> None:
        assert world.write(FM60, "absorb_volts", "19.6").confirmed  # a third of what it holds
        assert world.write(FM60, "absorb_volts", "58.8").confirmed
        assert world.write(FM60, "absorb_volts", "588", force=True).confirmed
        assert [words for _, _, words in world.writes] == [(196,), (588,), (5880,)]

    def test_a_negative_number_and_a_clock(self, world: World) -> None:
        assert world.write(FM60, "aux_divert_relative_volts", "-1.2").confirmed
        assert world.writes[-1][2] == (0xFFF4,)
        world.before_read_back(lambda: world.house.set(64110, "second", 1))
        assert world.write(GATEWAY, "second", 59, allow={"clock"}).confirmed

    def test_the_older_layout_of_a_gateway(self, tmp_path: Path) -> None:
        older = without_socket(tmp_path)
        older.house.set(1, "model", "MATE3")
        older.house.set(64110, "time_zone_scale_factor", 0)
        older.read()
        assert not older.known.layout.since_2018
        older.write(GATEWAY, "alarm_email_to_address_1", "me@example.org")
        assert older.writes[0][:2] == (16, 40069 + 191)
        with pytest.raises(NotWritable, match="the firmware of this controller has no such point"):
            older.write(GATEWAY, "system_name", "Ferme")


class TestRefusals:
    @pytest.mark.parametrize(
        ("key", "name", "value", "error", "says"),
        [
            (FM60, "absorb_volts", "57.65", OutOfRange, r"nearest are 57.6 V and 57.7 V"),
            (FM60, "absorb_volts", "588", FarOff, r"588\.0 V is far from the 58\.8 V that it holds \(raw 5880, 588\)"),
            (FM60, "absorb_volts", "19.5", FarOff, r"is a decimal point lost"),
            (FM60, "absorb_volts", 0, FarOff, r"To write it all the same, force it"),
            (FM60, "absorb_volts", 7000, OutOfRange, r"expected 0\.0 to 6553\.4 V, got 7000"),
            (FM60, "absorb_volts", "65535e-1", OutOfRange, r"expected 0\.0 to 6553\.4 V"),
            (MONITOR, "charge_factor", 101, OutOfRange, r"expected 0 to 100 %"),
            (FM60, "temp_comp_slope", 3, NotWritable, r"the FM60-150VDC at port 3 does not have it"),
            (FM60, "mppt_mode", "manual", OutOfRange, r"auto \(0\), U-pick \(1\)"),
            (FM60, "aux_state", "enabled", NotWritable, r"read-only"),
            (FM60, "absorb_vols", 57, UnknownPoint, r"absorb_volts"),
            (FXR, "battery_voltage_calibrate_factor", 1, NotWritable, r"locked \(calibration"),
            (FXR, "model_select", "half", NotWritable, r"locked \(structural"),
            (FXR, "aux_relay_mode", "fault", NotWritable, r"the VFXR3048E at port 1 does not have it"),
            (GATEWAY, "modbus_port", 503, NotWritable, r"locked \(network"),
            (GATEWAY, "hour", 3, NotWritable, r"locked \(clock"),
            (GATEWAY, "update_device_firmware_port", 3, NotWritable, r"locked \(firmware"),
            (GATEWAY, "error", 0, NotWritable, r"read-only"),
            (SYSTEM, "set_ac_output_freq_offline_mode", 1, NotWritable, r"does not have it, its register reads 65535"),
        ],
    )
    def test_before_anything_is_sent(
        self, world: World, key: Any, name: str, value: object, error: type[Exception], says: str
    ) -> None:
        with pytest.raises(error, match=says):
            world.write(key, name, value)
        assert world.writes == []

    @pytest.mark.parametrize("name", sorted(DISPUTED))
    def test_what_sources_disagree_on_needs_force_and_a_look_at_the_display(self, world: World, name: str) -> None:
        key = FM60 if name in ("absorb_end_amps", "aux_polarity") else FXR
        with pytest.raises(NotWritable, match=r"sources disagree: .*force it and look at the display"):
            world.write(key, name, 1)
        assert world.writes == []
        text = world.prepare(key, name, 1, force=True).text()
        assert "Doubtful: sources disagree: " in text
        assert "Look at the controller's display afterwards" in text

    def test_the_disputed_are_four(self) -> None:
        rows = [row for did in (1, *range(64110, 64121)) for row in points(did) if row.disputed]
        assert {row.name for row in rows} == DISPUTED

    def test_aux_control_is_none_of_them(self, world: World) -> None:
        assert world.write(FXR, "aux_control", "off").confirmed

    def test_a_locked_class_is_opened_by_name(self, world: World) -> None:
        assert world.write(FXR, "battery_voltage_calibrate_factor", "0.1", allow={"calibration"}).confirmed
        with pytest.raises(CommandError, match="there is no class everything; there are calibration, clock"):
            world.write(FXR, "battery_voltage_calibrate_factor", "0.2", allow={"everything"})

    def test_force_opens_no_lock_and_proves_no_identity(self, world: World) -> None:
        with pytest.raises(NotWritable, match="locked"):
            world.write(FXR, "model_select", "half", force=True)
        world.house.swap_cables(3, 4)
        with pytest.raises(IdentityChanged):
            world.write(FM60, "absorb_volts", "57.6", force=True)
        assert world.writes == []

    def test_what_a_shorter_block_does_not_have(self, world: World) -> None:
        block = dataclasses.replace(world.block(FXR), length=84)
        with pytest.raises(NotWritable, match="its block ends before it"):
            world.writer.prepare(block, world.who(FXR), "low_battery_cut_out_delay", 5)

    def test_somebody_else_was_faster(self, world: World) -> None:
        prepared = world.prepare(FM60, "absorb_volts", "57.6")
        world.house.set(64112, "absorb_volts", 570, 3)
        with pytest.raises(IdentityChanged, match="absorb_volts: then 588, now 570"):
            world.writer.commit(prepared)
        assert world.writes == []

    def test_another_gateway_at_this_address(self, world: World) -> None:
        world.house.set(64110, "mac_address", "0090EA-000001")
        with pytest.raises(IdentityChanged, match=r"gateway MAC: then …0000, now …0001"):
            world.write(FM60, "absorb_volts", "57.6")
        assert world.writes == []


EXPECTED = {
    "unchanged": 306,  # and every one of these is encoded to the registers that stand there
    "locked": 37,
    "does not have it": 29,
    "reset": 10,
    "disagree": 8,  # the four disputed rows, in two devices each
    "no value to write": 5,  # commands, which read 0: no code of theirs
}


def present(world: World, row: Point, key: Any) -> object:
    block = world.block(key)
    value = decode_point(row, world.known.blocks[block], block.address)
    return value.value if value.value is not None else ""


def test_every_writable_point_of_the_capture_takes_its_present_value_or_says_why_not(world: World) -> None:
    """Of 395 writable points: a Mate3s with two FXR, FM60, FM80 and FLEXnet-DC."""
    came: Counter[str] = Counter()
    for block in world.known.layout.blocks:
        key = (block.did, block.port)
        for row in points(block.did, block.length):
            if row.writable:
                came[_fate(world, key, row)] += 1
    assert world.writes == []
    assert dict(came) == EXPECTED


def _fate(world: World, key: Any, row: Point) -> str:
    try:
        prepared = world.prepare(key, row.name, present(world, row, key))
    except NotWritable as error:
        text = str(error)
        return next(why for why in ("reset", "locked", "disagree", "does not have it") if why in text)
    except OutOfRange:
        assert not row.readable or not row.enum  # a command's 0 is no code of it
        return "no value to write"
    return "changes" if prepared.changes else "unchanged"


class TestAfterAWrite:
    def test_bursts_of_0x8000_are_waited_for(self, tmp_path: Path) -> None:
        with on_tcp(tmp_path) as world:
            world.house.unsettled_reads = 2
            assert world.write(FM60, "absorb_volts", "57.6").confirmed
            assert world.clock.slept == [0.4, 0.6, 1.0]

    def test_bursts_before_a_write_too(self, tmp_path: Path) -> None:
        with on_tcp(tmp_path) as world:
            world.house.faults.arm(placeholder=0x8000, count=2, functions=READS, addresses=SETTINGS)
            assert world.write(FM60, "absorb_volts", "57.6").confirmed
            assert world.clock.slept[:2] == [0.4, 0.4]

    def test_a_block_of_0x8000_behind_a_good_header_is_a_burst(self, world: World) -> None:
        whole = dict(world.house.registers)
        world.house.registers.update(dict.fromkeys(SETTINGS[3:], 0x8000))
        world.clock.after_sleep[1] = lambda: world.house.registers.update(whole)
        assert world.write(FM60, "absorb_volts", "57.6").confirmed

    def test_a_point_alone_that_reads_0x8000_before_it_is_looked_at_again(self, world: World) -> None:
        """Or 3276.8 V would be what undo puts back."""
        who = world.who(FM60)
        world.house.set(64112, "absorb_volts", 0x8000, 3)
        world.clock.after_sleep[1] = lambda: world.house.set(64112, "absorb_volts", 588, 3)
        result = world.writer.write(world.block(FM60), who, "absorb_volts", "57.6")
        assert result.prepared.raw_old == 588
        world.house.set(64112, "absorb_volts", 0x8000, 3)
        with pytest.raises(NotWritable, match="absorb_volts reads 0x8000, a placeholder: nothing was written"):
            world.writer.write(world.block(FM60), who, "absorb_volts", "57.0")

    def test_endless_bursts_before_it_end_it(self, world: World) -> None:
        world.house.faults.arm(placeholder=0xFFFF, count=99, functions=READS, addresses=SETTINGS)
        with pytest.raises(IdentityChanged, match=r"nothing was written.*expected the header \(64112, 88, 3\)"):
            world.write(FM60, "absorb_volts", "57.6")
        assert world.writes == []

    def test_endless_bursts_after_it_leave_it_unknown(self, world: World) -> None:
        world.house.unsettled_reads = 99
        with pytest.raises(
            NotConfirmed, match=r"whether it arrived is not known; expected the header \(64112, 88, 3\)"
        ) as told:
            world.write(FM60, "absorb_volts", "57.6")
        assert "Nothing is put back by itself" in str(told.value)
        assert world.journal
        assert world.journal.read().entries[0].outcome == "unknown"
        assert world.clock.slept == [0.4, 0.6, 1.0]

    def test_a_point_alone_that_reads_0x8000_is_not_yet(self, world: World) -> None:
        world.before_read_back(lambda: world.house.set(64112, "absorb_volts", 0x8000, 3))
        world.clock.after_sleep[2] = lambda: world.house.set(64112, "absorb_volts", 576, 3)
        assert world.write(FM60, "absorb_volts", "57.6").confirmed

    def test_one_that_goes_on_reading_0x8000_is_unknown(self, world: World) -> None:
        world.before_read_back(lambda: world.house.set(64112, "absorb_volts", 0x8000, 3))
        with pytest.raises(NotConfirmed, match="whether it arrived is not known; absorb_volts reads 0x8000"):
            world.write(FM60, "absorb_volts", "57.6")

    def test_a_value_that_was_not_taken_is_told_with_the_error_register(self, world: World) -> None:
        world.house.locked = True
        with pytest.raises(NotConfirmed) as told:
            world.write(FM60, "absorb_volts", "57.6")
        text = str(told.value)
        assert "register 40946: absorb_volts was written, 57.6 over 58.8 V, and reads back 58.8 V" in text
        assert "the controller says: write while locked (allow writing on the controller, or give its" in text
        assert len(world.writes) == 1

    @pytest.mark.parametrize(
        ("bits", "label"), [(1, "write above limit"), (2, "write below limit"), (4, "write invalid")]
    )
    def test_each_bit_of_the_error_register_in_words(self, world: World, bits: int, label: str) -> None:
        world.before_read_back(lambda: world.house.set(64112, "absorb_volts", 588, 3))
        world.clock.after_sleep[2] = lambda: world.house.set(64110, "error", bits | 0x0020)
        with pytest.raises(NotConfirmed, match=f"the controller says: {label}. ") as told:
            world.write(FM60, "absorb_volts", "57.6")
        assert "SMTP" not in str(told.value)

    def test_a_value_that_became_another_is_not_put_back(self, world: World) -> None:
        world.before_read_back(lambda: world.house.set(64112, "absorb_volts", 560, 3))
        with pytest.raises(NotConfirmed, match=r"reads back 56\.0 V.*Nothing is put back"):
            world.write(FM60, "absorb_volts", "57.6")
        assert world.raw(FM60, "absorb_volts") == 560

    def test_stale_errors_do_not_hide_a_good_write(self, world: World) -> None:
        world.before_read_back(lambda: world.house.set(64110, "error", 0x0400))
        result = world.write(FM60, "absorb_volts", "57.6")
        assert result.confirmed
        assert "write while locked" in result.text()


class TestABadWire:
    @pytest.mark.parametrize("mangle", [wrong_transaction, wrong_function])
    def test_an_answer_to_something_else_is_no_answer_and_reading_back_decides(
        self, tmp_path: Path, mangle: Any
    ) -> None:
        with on_tcp(tmp_path) as world:
            world.house.faults.arm(mangle=mangle, functions=WRITES)
            result = world.write(FM60, "absorb_volts", "57.6")
            assert result.confirmed
            assert "after " in result.detail
            assert len(world.writes) == 1

    def test_a_hung_peer_that_took_the_value(self, tmp_path: Path) -> None:
        with on_tcp(tmp_path, timeout_s=QUICK_S) as world:
            world.house.faults.arm(silent=True, functions=WRITES)
            assert world.write(FM60, "absorb_volts", "57.6").confirmed
            assert len(world.writes) == 1

    def test_a_hung_peer_that_did_not(self, tmp_path: Path) -> None:
        with on_tcp(tmp_path, timeout_s=QUICK_S) as world:
            world.house.faults.arm(lost=True, functions=WRITES)
            with pytest.raises(NotConfirmed, match=r"reads back 58\.8 V; .*no answer"):
                world.write(FM60, "absorb_volts", "57.6")
            assert len(world.writes) == 1

    def test_a_peer_that_hangs_for_good_after_it(self, tmp_path: Path) -> None:
        with on_tcp(tmp_path, timeout_s=QUICK_S, tries=1) as world:
            world.before_write(lambda: world.house.faults.arm(silent=True, count=99))
            with pytest.raises(NotConfirmed, match="whether it arrived is not known"):
                world.write(FM60, "absorb_volts", "57.6")
            assert len(world.writes) == 1

    def test_an_end_of_the_connection_at_the_write(self, tmp_path: Path) -> None:
        with on_tcp(tmp_path) as world:
            world.house.faults.arm(silent=True, hangs_up=True, functions=WRITES)
            assert world.write(FM60, "absorb_volts", "57.6").confirmed
            assert (len(world.writes), world.house.connects) == (1, 2)
            looked = [request for request in world.house.requests if request[:2] == (3, 40002)]
        assert len(looked) >= 3  # who the gateway is, once more on the new connection

    @pytest.mark.parametrize("at", [1, 2, 3, 4])
    def test_another_controller_that_takes_over_with_a_new_connection_is_seen(self, tmp_path: Path, at: int) -> None:
        """Also between serial number and MAC address: one of the old and the other of the new would be as before."""
        with on_tcp(tmp_path) as world:
            another = partial(world.house.set, 1, "serial_number", "MA0000F0000001")
            world.house.faults.arm(at=at, then=another, silent=True, hangs_up=True)
            with pytest.raises(IdentityChanged, match="gateway serial: then …0000, now …0001"):
                world.write(FM60, "absorb_volts", "57.6")
            assert world.writes == []

    def test_a_connection_that_is_lost_before_the_write_is_not_replaced_for_it(self, tmp_path: Path) -> None:
        with on_tcp(tmp_path) as world:
            world.house.faults.arm(hangs_up=True, functions=READS, addresses=SETTINGS, at=2)
            with pytest.raises((LinkError, CommandError)) as told:
                world.write(FM60, "absorb_volts", "57.6")
            assert world.writes == []
            assert world.journal
            assert world.journal.read().entries[0].outcome == "refused"
        assert "nothing was written" in str(told.value)

    @pytest.mark.parametrize("code", [2, 3, 4, 6])
    def test_an_exception_response_is_no_confirmation(self, tmp_path: Path, code: int) -> None:
        with on_tcp(tmp_path) as world:
            world.house.faults.arm(code=code, functions=WRITES)
            with pytest.raises(NotConfirmed, match=f"reads back 58.8 V; .*exception {code}"):
                world.write(FM60, "absorb_volts", "57.6")
            assert len(world.writes) == 1

    def test_silence_before_it_is_the_links_to_tell(self, world: World) -> None:
        world.house.faults.arm(silent=True, count=99)
        with pytest.raises(LinkTimeout, match="no answer; nothing was written"):
            world.write(FM60, "absorb_volts", "57.6")
        assert world.writes == []

    def test_a_refused_look_before_it_says_that_nothing_was_written(self, world: World) -> None:
        prepared = world.prepare(FM60, "absorb_volts", "57.6")
        world.house.faults.arm(code=5)  # acknowledge: as if something had been
        with pytest.raises(ModbusError, match="exception 5; nothing was written") as told:
            world.writer.commit(prepared)
        assert told.value.code == 5
        assert world.journal
        assert world.journal.read().entries[0].detail == str(told.value)


def test_one_write_at_a_time_and_polls_wait(tmp_path: Path) -> None:
    with on_tcp(tmp_path) as world:
        start = threading.Barrier(4)

        def poll() -> None:
            start.wait()
            for _ in range(3):
                world.poller.read()

        def write(value: str) -> None:
            start.wait()
            world.write(FM60, "absorb_volts", value)

        jobs = [threading.Thread(target=poll) for _ in range(2)]
        jobs += [threading.Thread(target=write, args=(value,)) for value in ("57.0", "57.2")]
        for job in jobs:
            job.start()
        for job in jobs:
            job.join(30)
        at = [number for number, request in enumerate(world.house.requests) if request[0] == 6]
        assert len(at) == 2
        for number in at:
            before, after = world.house.requests[number - 1], world.house.requests[number + 1]
            assert before == (3, 40936, 90)
            assert after in ((3, 40908, 28), (3, 40470, 1))


ACTS = ["swap_cables", "swap_ports", "port numbers", "reboot", "unplug", "burst", "silent", "lost", "refused", "alter"]


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.tuples(st.integers(1, 14), st.sampled_from(ACTS)), max_size=5), data=st.data())
def test_whatever_happens_a_write_goes_to_the_fingerprinted_device_or_nowhere(
    tmp_path: Path, acts: list[tuple[int, str]], data: st.DataObject
) -> None:
    """As far as the last look could tell: what was read last before the write was this device, at this address."""
    world = without_socket(tmp_path, journal=False)
    house, who = world.house, world.who(FM60)
    model_at = next(row.offset for row in points(64112) if row.name == "model_number")
    seen: list[tuple[int, ...]] = []

    def watch(function: int, address: int, what: Any) -> None:
        if function == 3 and what == 90:
            seen.append(tuple(house.registers[at] for at in range(address, address + 90)))
        if function in (6, 16):
            assert (function, address, what) == (6, ABSORB, (576,))
            assert seen[-1][:3] == (64112, 88, 3)
            model = b"".join(word.to_bytes(2, "big") for word in seen[-1][model_at : model_at + 9])
            assert model.rstrip(b"\0").decode() == who.model

    house.on_request(watch)
    for at, act in acts:
        _arm(world, at, act)
    try:
        result = world.write(FM60, "absorb_volts", "57.6")
    except EnergyHwError:
        pass
    else:
        assert result.confirmed
        port = next(port for port in (3, 4) if house.get(64112, "model_number", port) == who.model)
        assert house.get(64112, "absorb_volts", port) == 576
    assert len(world.writes) <= 1


def _arm(world: World, at: int, act: str) -> None:
    house = world.house
    happens = {
        "swap_cables": lambda: house.swap_cables(3, 4),
        "swap_ports": lambda: house.swap_ports(3, 4),
        "port numbers": lambda: _renumber(world),
        "reboot": lambda: house.reboot(order=[4, 3, 1, 2, 5], drop=False),
        "unplug": lambda: house.replug(without=[1]),
        "alter": lambda: house.set(64112, "float_volts", 540, house.places()[-1].port and 3),
    }
    if act in happens:
        house.faults.arm(at=at, then=lambda: _if_possible(happens[act]))
    elif act == "burst":
        house.faults.arm(at=at, placeholder=0x8000, count=2, functions=READS)
    elif act == "refused":
        house.faults.arm(at=at, code=4)
    else:
        house.faults.arm(at=at, **{act: True})


def _renumber(world: World) -> None:
    for place in world.house.places():
        if place.port in (3, 4):
            world.house.registers[place.address + 2] = 7 - place.port


def _if_possible(happens: Any) -> None:
    with suppress(LookupError):  # the device is unplugged by now
        happens()
