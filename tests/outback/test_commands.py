"""Commands, resets, days of the log, the password: writes that cannot be read back."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from energy_hw.errors import IdentityChanged, LinkTimeout, ModbusError, NotConfirmed, NotWritable, OutOfRange
from energy_hw.outback.commands import OBEYED, STATUS, is_command
from energy_hw.outback.tables import point, points
from energy_hw.sim.mate3_faults import READS, WRITES
from mate3_write_rig import FM60, FM80, FXR, GATEWAY, MONITOR, SYSTEM, World, on_tcp, without_socket

SESAME = "openSesame"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return without_socket(tmp_path)


def ours(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the package logged; the simulated house logs every byte that it gets."""
    return [record.getMessage() for record in caplog.records if record.name.startswith("energy_hw.")]


def status(world: World) -> int:
    return int(str(world.raw(SYSTEM, STATUS)))


class TestCommands:
    def test_every_command_has_a_bit_for_each_of_its_codes(self) -> None:
        commands = [row for row in points(64120) if is_command(row)]
        assert {row.name: set(row.enum) for row in commands} == {name: set(codes) for name, codes in OBEYED.items()}
        known = point(64120, STATUS).bits
        assert all(bit in known for codes in OBEYED.values() for bit, _ in codes.values())

    @pytest.mark.parametrize(("name", "code"), [(name, code) for name, codes in OBEYED.items() for code in codes])
    def test_a_command_is_confirmed_by_the_status_that_follows(self, world: World, name: str, code: int) -> None:
        bit, wanted = OBEYED[name][code]
        world.house.set(64120, STATUS, status(world) & ~bit if wanted else status(world) | bit)
        assert world.write(SYSTEM, name, point(64120, name).enum[code]).outcome == "confirmed"
        assert bool(status(world) & bit) == wanted
        assert world.writes == [(6, world.block(SYSTEM).address + point(64120, name).offset, (code,))]

    def test_one_whose_status_was_there_before_proves_nothing(self, world: World) -> None:
        world.house.set(64120, STATUS, 0x0020)
        result = world.write(SYSTEM, "set_inverter_mode", "on")
        assert result.outcome == "assumed"
        assert not result.confirmed
        assert "said inverter on before already" in result.text()
        assert len(world.writes) == 1

    def test_one_that_is_not_obeyed_is_told_after_a_bounded_wait(self, world: World) -> None:
        world.house.checks = False  # the register takes it, and nothing happens
        world.house.set(64120, STATUS, 0x0021)
        with pytest.raises(
            NotConfirmed, match="set_inverter_mode off was sent, and control_status does not say"
        ) as told:
            world.write(SYSTEM, "set_inverter_mode", "off")
        assert "control_status says absorb, inverter on" in str(told.value)
        assert sum(world.clock.slept) == pytest.approx(8.0)
        assert len(world.writes) == 1

    def test_the_status_of_another_gateway_says_nothing(self, world: World) -> None:
        world.house.set(64120, STATUS, 0x0008)
        world.before_read_back(lambda: world.house.set(1, "serial_number", "MA0000F0000001"))
        with pytest.raises(IdentityChanged, match="set_inverter_mode on was sent, and then another device stood there"):
            world.write(SYSTEM, "set_inverter_mode", "on")

    def test_a_status_that_takes_its_time_is_waited_for(self, world: World) -> None:
        world.house.checks = False
        world.house.set(64120, STATUS, 0)
        world.clock.after_sleep[3] = lambda: world.house.set(64120, STATUS, 0x0008)
        assert world.write(SYSTEM, "set_inverter_mode", "off").confirmed
        assert len(world.clock.slept) == 3

    def test_the_generator_mode_is_a_setting(self, world: World) -> None:
        result = world.write(SYSTEM, "set_ags_op_mode", "auto")
        assert (result.outcome, result.read_back and result.read_back.raw) == ("confirmed", 2)

    def test_an_unknown_code_is_refused(self, world: World) -> None:
        with pytest.raises(OutOfRange, match=r"off \(1\), search \(2\), on \(3\)"):
            world.write(SYSTEM, "set_inverter_mode", "auto")
        assert world.writes == []


class TestResets:
    @pytest.mark.parametrize("name", ["clear_data_log_read", "clear_data_log_write_complement"])
    def test_the_complement_of_what_is_read_goes_to_the_register_after(self, world: World, name: str) -> None:
        asked = int(str(world.raw(FM60, "clear_data_log_read")))
        result = world.writer.reset(world.block(FM60), world.who(FM60), name, allow={"reset"})
        assert result.outcome == "assumed"
        assert world.writes == [(6, world.block(FM60).address + 66, (asked ^ 0xFFFF,))]
        assert world.raw(FM60, "data_log_daily_kwh") == 0
        assert "clears for good" in result.prepared.text()

    def test_maxima_of_a_shunt_stand_in_the_live_block_and_its_settings_say_who_it_is(self, world: World) -> None:
        block, who = world.block((64118, 5)), world.who(MONITOR)
        world.writer.reset(block, who, "shunt_a_reset_maximum_data", allow={"reset"})
        assert world.raw((64118, 5), "shunt_a_maximum_charge_rate") == 0
        world.house.set(64119, "minor_firmware_number", 72, 5)
        with pytest.raises(IdentityChanged, match=r"firmware: then 1\.1\.71, now 1\.1\.72"):
            world.writer.reset(block, who, "shunt_b_reset_maximum_data", allow={"reset"})
        assert len(world.writes) == 1

    def test_its_own_block_is_read_last(self, world: World) -> None:
        world.writer.reset(world.block((64118, 5)), world.who(MONITOR), "shunt_a_reset_maximum_data", allow={"reset"})
        at = [number for number, request in enumerate(world.house.requests) if request[0] == 6]
        assert world.house.requests[at[0] - 1] == (3, world.block((64118, 5)).address, 78)

    def test_it_is_locked(self, world: World) -> None:
        with pytest.raises(
            NotWritable, match=r"clear_data_log_write_complement is locked \(reset: what it clears is gone\)"
        ):
            world.writer.reset(world.block(FM60), world.who(FM60), "clear_data_log_read")
        assert world.writes == []

    def test_write_does_not_reset_and_reset_does_not_write(self, world: World) -> None:
        with pytest.raises(NotWritable, match=r"call reset\(\)"):
            world.write(FM60, "stats_totals_write_complement", 0, allow={"reset"})
        with pytest.raises(NotWritable, match="is a setting, not a reset"):
            world.writer.reset(world.block(FM60), world.who(FM60), "absorb_volts", allow={"reset"})
        assert world.writes == []

    def test_a_refusal_is_read_from_the_error_register(self, world: World) -> None:
        world.house.locked = True
        with pytest.raises(
            NotConfirmed, match="the controller did not take it; the controller says: write while locked"
        ):
            world.writer.reset(world.block(FM60), world.who(FM60), "clear_data_log_read", allow={"reset"})


class TestPassword:
    def test_it_goes_before_each_write_and_nowhere_else(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        with on_tcp(tmp_path, writer={"password": SESAME}) as world:
            world.house.locked, world.house.password = True, SESAME
            result = world.write(FXR, "absorb_volts", "57.0")
            assert result.confirmed
            assert [request[:2] for request in world.writes] == [(16, 40069 + 13), (6, 40678 + 10)]
            assert world.journal
            told = [world.journal.path.read_text(), *ours(caplog), result.text(), result.prepared.text(), repr(result)]
        assert not any(SESAME in text or "28528" in text for text in told)

    def test_without_one_none_is_sent(self, world: World) -> None:
        world.house.locked, world.house.password = True, SESAME
        with pytest.raises(NotConfirmed, match=r"reads back 57\.6 V; the controller says: write while locked \(allow"):
            world.write(FXR, "absorb_volts", "57.0")
        assert len(world.writes) == 1

    def test_not_to_another_gateway(self, tmp_path: Path) -> None:
        with on_tcp(tmp_path, writer={"password": SESAME}) as world:
            prepared = world.prepare(FXR, "absorb_volts", "57.0")
            world.house.set(1, "serial_number", "MA0000F0000001")  # on this very connection
            with pytest.raises(IdentityChanged, match="the gateway is another one"):
                world.writer.commit(prepared)
            assert world.writes == []

    def test_one_that_cannot_be_is_not_quoted(self, tmp_path: Path) -> None:
        world = without_socket(tmp_path, password=f"{SESAME} and all forty thieves")
        with pytest.raises(OutOfRange, match="up to 16 printable ASCII characters") as told:
            world.write(FXR, "absorb_volts", "57.0")
        assert "thieves" not in repr(told.value)
        assert told.value.__cause__ is None
        assert world.writes == []

    def test_a_new_one_is_written_and_never_shown(self, world: World) -> None:
        with pytest.raises(
            NotWritable, match=r"locked \(network: .*; secret: .*\): to write it, allow network, secret"
        ):
            world.write(GATEWAY, "ftp_password", "sesame")
        result = world.write(GATEWAY, "ftp_password", "sesame", allow={"secret", "network"})
        assert result.outcome == "assumed"
        assert world.writes[-1][:2] == (16, 40069 + 231)
        assert world.journal
        entry = world.journal.read().entries[-1]
        assert (entry.old, entry.new, entry.raw_old, entry.raw_new) == (None, None, (), ())
        assert "sesame" not in world.journal.path.read_text() + result.text() + result.prepared.text() + repr(
            result.prepared
        )


class TestDays:
    def test_a_day_is_shown_read_and_put_back(self, world: World) -> None:
        today = int(str(world.raw(FM60, "data_log_daily_kwh")))
        log = world.days().read_day(world.block(FM60), world.who(FM60), 3)
        assert (log.device, log.days_ago) == ("outback:MA0000F0000000/3", 3)
        assert log.values["data_log_daily_kwh"].raw != today
        assert len(log.values) == 9
        assert [values for _, _, values in world.writes] == [(3,), (0,)]
        assert world.raw(FM60, "set_data_log_day_offset") == 0

    def test_a_monitor_goes_further_back(self, world: World) -> None:
        log = world.days().read_day(world.block(MONITOR), world.who(MONITOR), 400)
        assert {"datalog_minimum_soc", "datalog_net_kwh"} <= set(log.values)
        with pytest.raises(OutOfRange, match=r"expected 0\.\.128 days ago, got 129"):
            world.days().read_day(world.block(FM60), world.who(FM60), 129)

    def test_today_needs_no_write(self, world: World) -> None:
        assert world.days().read_day(world.block(FM80), world.who(FM80), 0).values["data_log_daily_ah"].raw == 3
        assert world.writes == []

    def test_a_day_that_does_not_come_is_given_up_and_put_back(self, world: World) -> None:
        world.house.later_reads = 10_000
        with pytest.raises(NotConfirmed, match="still shows the log of 0 days ago, not of 3, 15 s after"):
            world.days().read_day(world.block(FM60), world.who(FM60), 3)
        assert [values for _, _, values in world.writes] == [(3,), (0,)]
        assert sum(world.clock.slept) < 16

    def test_lost_answers_do_not_matter(self, world: World) -> None:
        world.house.faults.arm(silent=True, functions=WRITES, count=2)
        assert world.days().read_day(world.block(FM60), world.who(FM60), 3).days_ago == 3
        assert world.raw(FM60, "set_data_log_day_offset") == 0

    def test_what_cannot_be_put_back_is_told(self, world: World) -> None:
        world.house.faults.arm(lost=True, functions=WRITES, at=2, count=2)
        with pytest.raises(NotConfirmed, match="goes on showing the log of 3 days ago: write set_data_log_day_offset"):
            world.days().read_day(world.block(FM60), world.who(FM60), 3)

    def test_putting_back_is_tried_twice(self, world: World) -> None:
        world.house.faults.arm(lost=True, functions=WRITES, at=2)
        assert world.days().read_day(world.block(FM60), world.who(FM60), 3).days_ago == 3
        assert [values for _, _, values in world.writes] == [(3,), (0,), (0,)]

    @pytest.mark.parametrize("why", ["code", "then"])
    def test_what_may_not_have_been_put_back_is_told_whatever_the_reason(self, world: World, why: str) -> None:
        what = {"code": 4} if why == "code" else {"then": lambda: world.house.reboot(unknown=9, drop=False)}
        world.house.faults.arm(**what, at=2, functions=WRITES)
        with pytest.raises(
            (IdentityChanged, ModbusError), match="may go on showing the log of an older day: write set_data_log_day"
        ):
            world.days().read_day(world.block(FM60), world.who(FM60), 3)

    def test_it_is_put_back_when_reading_fails(self, world: World) -> None:
        world.house.faults.arm(silent=True, functions=READS, at=5)
        with pytest.raises(LinkTimeout):
            world.days().read_day(world.block(FM60), world.who(FM60), 3)
        assert [values for _, _, values in world.writes] == [(3,), (0,)]

    def test_no_day_of_another_device(self, world: World) -> None:
        world.before_write(lambda: world.house.swap_cables(3, 4))
        with pytest.raises(IdentityChanged, match="no day of it is shown or given"):
            world.days().read_day(world.block(FM60), world.who(FM60), 3)
        assert len(world.writes) == 1  # the other one is not touched again

    def test_an_inverter_keeps_no_log(self, world: World) -> None:
        with pytest.raises(NotWritable, match="64116 has no daily log"):
            world.days().read_day(world.block(FXR), world.who(FXR), 1)
