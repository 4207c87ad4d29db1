"""A meter on real ptys, sockets and recordings: reports, callbacks, unplugging, closing."""

from __future__ import annotations

import asyncio
import os
import resource
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from energy_hw import P1Meter, errors
from energy_hw.links.republish import Republisher
from energy_hw.p1.diagnose import Health
from energy_hw.p1.encode import encrypt
from energy_hw.p1.telegram import Telegram
from energy_hw.reading import Report
from energy_hw.sim.p1 import Setup, open_pty
from energy_hw.teleinfo.encode import with_parity
from p1_reader_rig import bare, telegram
from serial_rig import BOUND_S, Pty, Rfc2217Server, plug, until

KEY = "0123456789ABCDEF0123456789ABCDEF"
HOLD = """
import serial, sys
port = serial.Serial(sys.argv[1], exclusive=True)
print("ready", flush=True)
sys.stdin.read()
"""


def numbered(number: int) -> bytes:
    """A telegram whose power is its number, in W."""
    return telegram(f"{number // 1000:02d}.{number % 1000:03d}")


def watts(report: Report | None) -> int:
    assert report is not None
    value = report["power_import"].value
    assert isinstance(value, Decimal)
    return int(value * 1000)


@pytest.fixture
def line() -> Iterator[Pty]:
    with Pty() as line:
        yield line


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ENERGY_HW_P1", "ENERGY_HW_P1_KEY", "ENERGY_HW_P1_AUTH_KEY"):
        monkeypatch.delenv(name, raising=False)


def threads_and_files() -> tuple[int, int]:
    return sum(thread.name == "energy-hw-p1" for thread in threading.enumerate()), len(os.listdir("/proc/self/fd"))


# -- reports -----------------------------------------------------------------


def test_a_simulated_meter_on_a_pty_at_its_own_pace() -> None:
    with open_pty(Setup("nl5")) as pty, P1Meter(pty.path) as meter:
        report = meter.read(BOUND_S)
        assert report.source == "p1"
        assert report.integrity == "crc"
        assert report["voltage_l1"].unit == "V"
        assert meter.connected
        assert meter.profile == "nl5"
        diagnosis = meter.diagnosis()
        assert (diagnosis.health, diagnosis.baudrate, diagnosis.profile) == (Health.GOOD, 115200, "nl5")


def test_the_port_is_open_with_eight_bits_and_without_flow_control(line: Pty) -> None:
    """0x11 and 0x13 are XOFF and XON, and bytes of an encrypted frame like any other."""
    frame = encrypt(telegram(), KEY, title=b"SAG\x11\x13\x00\xff\x04", invocation=0x11131104)
    assert b"\x11" in frame
    with P1Meter(line.path, key=KEY) as meter:
        assert line.baudrate == 115200
        line.send(frame)
        assert watts(meter.read(BOUND_S)) == 540
        assert meter.counters().tag_unverified == 0


def test_a_meter_of_dsmr_3_is_read_whatever_the_shape_of_its_characters(line: Pty) -> None:
    with P1Meter(line.path, baudrate=9600) as meter:
        line.send(with_parity(bare(numbered(7))))
        report = meter.read(BOUND_S)
        assert (watts(report), report.integrity) == (7, "absent")
        assert meter.counters().no_crc == 1
        assert str(meter.diagnosis()).endswith("at 9600 baud 7E1")


def test_every_telegram_of_a_recording_is_a_report_and_then_it_ends(tmp_path: Path) -> None:
    recording = tmp_path / "meter.bin"
    recording.write_bytes(b"noise" + b"".join(numbered(n) for n in range(5)))
    meter = P1Meter(str(recording))
    assert [watts(report) for report in meter] == list(range(5))
    assert meter.diagnosis().health is Health.ENDED
    meter.close()
    assert list(meter) == []
    with pytest.raises(errors.LinkClosed, match="ended"):
        [meter.read(), meter.read()]


def test_the_last_telegram_of_a_recording_needs_no_line_end(tmp_path: Path) -> None:
    recording = tmp_path / "meter.bin"
    recording.write_bytes(numbered(1) + numbered(2)[:-2])
    with P1Meter(str(recording)) as meter:
        assert [watts(report) for report in meter] == [1, 2]


def test_asyncio_sees_the_same(tmp_path: Path) -> None:
    recording = tmp_path / "meter.bin"
    recording.write_bytes(b"".join(numbered(n) for n in range(5)))

    async def collect() -> list[int]:
        with P1Meter(str(recording)) as meter:
            return [watts(report) async for report in meter.stream()]

    assert asyncio.run(asyncio.wait_for(collect(), BOUND_S)) == list(range(5))


def test_read_gives_each_report_once_the_newest_first(line: Pty) -> None:
    with P1Meter(line.path) as meter:
        line.send(numbered(1) + numbered(2))
        until(lambda: meter.latest and meter.latest.number == 2, "both")
        assert watts(meter.read(BOUND_S)) == 2
        with pytest.raises(errors.LinkTimeout, match=r"within 0.01 s, got none: good"):
            meter.read(0.01)


def test_the_latest_report_has_its_telegram_and_an_age(line: Pty) -> None:
    with P1Meter(line.path) as meter:
        assert meter.latest is None
        assert not meter.connected
        line.send(numbered(3))
        until(lambda: meter.latest, "a report")
        latest = meter.latest
        assert latest is not None
        assert latest.telegram.raw == latest.report.raw == numbered(3)
        assert 0 <= latest.age_s < BOUND_S


def test_a_profile_may_be_named_found_and_changed(line: Pty) -> None:
    with P1Meter(line.path) as meter:
        assert meter.profile == "auto"
        line.send(numbered(1))
        assert meter.read(BOUND_S)
        assert meter.profile == "nl4"
        meter.profile = "be"
        line.send(numbered(2))
        assert meter.read(BOUND_S)
        assert meter.profile == "be"
        meter.profile = "auto"
        line.send(telegram(header="FLU5\\253769484_A"))
        assert meter.read(BOUND_S)
        assert meter.profile == "be"
        with pytest.raises(errors.ConfigError, match=r"expected a profile of auto, nl2"):
            meter.profile = "atlantis"


def test_a_counter_that_steps_back_once_is_not_seen_to(line: Pty) -> None:
    with P1Meter(line.path) as meter:
        for energy, expected in (("000100.000", "100.000"), ("000010.000", None), ("000100.001", "100.001")):
            line.send(telegram(energy=energy))
            reading = meter.read(BOUND_S).get("energy_import_t1")
            assert (reading and str(reading.value)) == expected
        assert meter.counters().doubted == 1


def test_counters_tell_what_came(line: Pty) -> None:
    with P1Meter(line.path) as meter:
        line.send(
            b"noise" + numbered(1) + numbered(2).replace(b"kW)", b"kw)") + telegram(lines="9-9:9.9.9(1)\r\nx\r\n")
        )
        until(lambda: meter.counters().ok == 2, "two good ones")
        counters = meter.counters()
        assert (counters.bad_crc, counters.unknown_obis, counters.bad_lines) == (1, 1, 1)
        assert counters.resync_bytes >= 5
        assert sum(counters.intervals) == 1
        assert counters.interval_s is not None
        assert counters.last_ok_age_s is not None


def test_a_meter_only_talks(line: Pty) -> None:
    with P1Meter(line.path) as meter:
        assert meter.controls() == []
        with pytest.raises(errors.NotWritable, match="only talks"):
            meter.command("p1:4530303236", "breaker", False)


# -- callbacks and the tap ---------------------------------------------------


def test_callbacks_run_in_a_thread_of_their_own_at_the_last_byte(line: Pty) -> None:
    told: list[str] = []
    threads: set[str] = set()

    def note(item: Telegram | Report) -> None:
        threads.add(threading.current_thread().name)
        told.append(type(item).__name__)

    with P1Meter(line.path, on_telegram=note, on_report=note):
        line.send(numbered(1))
        until(lambda: len(told) == 2, "both, before anything follows")
    assert told == ["Telegram", "Report"]
    assert threads == {"energy-hw-callback"}


def test_a_callback_that_fails_or_dawdles_does_not_stop_the_reports(line: Pty) -> None:
    go = threading.Event()

    def fail(report: Report) -> None:
        go.wait(BOUND_S)
        raise ZeroDivisionError

    with P1Meter(line.path, on_report=fail) as meter:
        for number in range(3):
            line.send(numbered(number))
            assert watts(meter.read(BOUND_S)) == number
        go.set()
        until(lambda: meter.counters().callback_errors == 3, "three failures")


def test_a_meter_may_be_closed_by_its_callback(line: Pty) -> None:
    closed = threading.Event()
    meter: P1Meter

    def close(report: Report) -> None:
        meter.close()
        closed.set()

    meter = P1Meter(line.path, on_report=close)
    line.send(numbered(1))
    assert closed.wait(BOUND_S)
    assert len(list(meter)) == 1


def test_several_programs_on_one_meter_and_one_of_them_is_ours(line: Pty) -> None:
    data = b"\x00noise\xff" + numbered(1) + numbered(2)
    with Republisher() as others, P1Meter(line.path, tap=others.give) as meter:
        host, port = others.address
        with socket.create_connection((host, port), BOUND_S) as plain, P1Meter(f"socket://{host}:{port}") as second:
            until(lambda: others.counters().clients == 2, "both")
            line.send(data)
            got = b""
            while len(got) < len(data):
                got += plain.recv(4096)
            assert got == data
            until(lambda: second.counters().ok == meter.counters().ok == 2, "both telegrams, here and there")


# -- unplugging --------------------------------------------------------------


def test_unplugged_and_back_under_another_name_again_and_again(tmp_path: Path) -> None:
    """P12 on real ptys: nothing is left behind, no telegram after the return is lost. The 100 times: test_reader."""
    by_id = tmp_path / "by-id"
    by_id.mkdir()
    name = by_id / "usb-FTDI_P1_0001-if00-port0"
    here = Pty()
    plug(name, here)
    with P1Meter(here.path, by_id=by_id) as meter:
        here.send(numbered(0))
        assert watts(meter.read(BOUND_S)) == 0
        before = threads_and_files()
        for number in range(1, 3):
            there = Pty()  # takes a number of its own while the old one is there
            here.send(numbered(number)[:40])
            name.unlink()
            here.unplug()
            until(lambda: meter.diagnosis().health is Health.AWAY, "the loss to be noticed")
            plug(name, there)
            until(lambda: meter.diagnosis().health is not Health.AWAY, "the port to be found again")
            there.send(numbered(number))
            assert watts(meter.read(BOUND_S)) == number
            here = there
        until(lambda: threads_and_files() <= before, "what the unplugged ports held")
        assert meter.counters().lost == meter.counters().reopened == 2
    here.unplug()


def test_a_server_that_hangs_up_is_called_again() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        P1Meter(f"socket://127.0.0.1:{server.getsockname()[1]}") as meter,
    ):
        for number in range(2):
            connection, _ = server.accept()
            with connection:
                connection.sendall(numbered(number))
                assert watts(meter.read(BOUND_S)) == number
        until(lambda: meter.counters().lost == 2, "the loss")


def test_closing_while_the_port_is_away_is_quick_and_leaves_nothing() -> None:
    before = threads_and_files()
    with Pty() as other:
        meter = P1Meter(other.path)
        other.unplug()
        until(lambda: meter.diagnosis().health is Health.AWAY, "the loss to be noticed")
        meter.close()
        meter.close()
        assert list(meter) == []
    until(lambda: threads_and_files() <= before, "what the meter held")


# -- ports that others have --------------------------------------------------


def test_a_port_that_another_process_holds_is_told_and_waited_for(line: Pty) -> None:
    """P13: the process is named, it is tried again, and waiting costs next to nothing."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, line.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "ready\n"
        with pytest.raises(errors.LinkBusy, match=f"process {holder.pid}"):
            P1Meter(line.path)
        with P1Meter(line.path, patient=True) as meter:
            assert meter.diagnosis().health is Health.BUSY
            assert f"process {holder.pid}" in meter.diagnosis().text
            holder.communicate()
            until(lambda: meter.diagnosis().health is not Health.BUSY, "the port to be free")
            line.send(numbered(7))
            assert watts(meter.read(BOUND_S)) == 7


def test_a_port_that_is_missing_can_be_waited_for(tmp_path: Path, line: Pty) -> None:
    name = tmp_path / "usb-P1"
    with pytest.raises(errors.NodeMissing):
        P1Meter(str(name))
    with P1Meter(str(name), patient=True) as meter:
        assert meter.diagnosis().health is Health.AWAY
        plug(name, line)
        until(lambda: meter.diagnosis().health is not Health.AWAY, "the port to be there")
        line.send(numbered(8))
        assert watts(meter.read(BOUND_S)) == 8


# -- other links and settings ------------------------------------------------


@pytest.mark.filterwarnings("ignore::DeprecationWarning:serial")
def test_a_meter_behind_rfc2217_is_set_to_its_speed_and_its_request_line_raised() -> None:
    with Rfc2217Server() as server, P1Meter(server.url, rts=False, dtr=True) as meter:
        until(lambda: server.line.baudrate == 115200, "115200 baud")
        until(lambda: server.port.rts is False, "RTS")
        server.line.send(numbered(9))
        assert watts(meter.read(BOUND_S)) == 9


def test_an_encrypted_meter_without_its_key_is_told(line: Pty) -> None:
    with P1Meter(line.path) as meter:
        line.send(encrypt(telegram(), KEY, title=b"SAG10307", invocation=1))
        until(lambda: meter.diagnosis().health is Health.ENCRYPTED, "the diagnosis")
        assert meter.counters().no_key == 1


def test_keys_may_stand_in_the_environment_and_never_in_a_repr(line: Pty, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENERGY_HW_P1_KEY", KEY)
    with P1Meter(line.path) as meter:
        line.send(encrypt(telegram(), KEY, title=b"SAG10307", invocation=1))
        assert watts(meter.read(BOUND_S)) == 540
        assert KEY not in f"{meter!r} {meter.diagnosis()} {meter.counters()} {vars(meter)!r}"


@pytest.mark.parametrize(
    "wrong",
    [
        {"profile": "nl9"},
        {"baudrate": 0},
        {"crc_policy": "maybe"},
        {"key": "0123"},
        {"key": KEY, "key_policy": "never"},
        {"auth_key": KEY},
        {"url": "/dev/ttyUSB0", "simulate": True},
        {"url": None},
    ],
    ids=str,
)
def test_settings_that_mean_nothing_say_what_would(wrong: dict[str, object]) -> None:
    with pytest.raises(errors.ConfigError, match="expected"):
        P1Meter(**{"url": "sim:p1", **wrong})  # type: ignore[arg-type]


def test_the_environment_names_the_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENERGY_HW_P1", "sim:p1?profile=be&speed=20")
    with P1Meter() as meter:
        assert meter.name == "sim:p1?profile=be&speed=20"
        assert meter.read(BOUND_S)["tariff_name"].value in ("normal", "low")


def test_a_fault_of_our_own_does_not_end_the_thread(
    line: Pty, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("energy_hw.p1.meter.FAULT_PAUSE_S", 0.01)
    with P1Meter(line.path) as meter:
        check, failed = meter._plausibility.check, threading.Event()

        def broken(*arguments: object) -> Report:
            meter._plausibility.check = check  # type: ignore[method-assign]
            failed.set()
            raise ZeroDivisionError("a bug")

        meter._plausibility.check = broken  # type: ignore[method-assign]
        line.send(numbered(1))
        assert failed.wait(BOUND_S)
        line.send(numbered(2))
        assert watts(meter.read(BOUND_S)) == 2
    assert "a fault of this program" in caplog.text


# -- clocks (P16) ------------------------------------------------------------


class Clock:
    """The host's clock, which may be set."""

    shift = timedelta(0)

    def monotonic(self) -> float:
        return time.monotonic()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.shift


@pytest.mark.parametrize("days", [1, -1])
def test_a_jump_of_the_hosts_clock_changes_nothing_but_the_skew(line: Pty, days: int) -> None:
    clock = Clock()
    stamp = "0-0:1.0.0(260115120000W)\r\n"
    with P1Meter(line.path, clock=clock) as meter:
        line.send(telegram(lines=stamp))
        first = meter.read(BOUND_S)
        before = meter.counters().clock_skew_s
        clock.shift = timedelta(days=days)
        line.send(telegram(lines=stamp))
        second = meter.read(BOUND_S)
        assert first.time == second.time == datetime(2026, 1, 15, 11, 0, tzinfo=UTC)
        assert meter.connected
        counters = meter.counters()
        assert before is not None
        assert counters.clock_skew_s is not None
        assert counters.clock_skew_s - before == pytest.approx(-days * 86400, abs=BOUND_S)
        assert counters.interval_s is not None
        assert 0 <= counters.interval_s < BOUND_S


@pytest.mark.parametrize(("start", "hours"), [("2026-10-24T22:00:00Z", 25), ("2026-03-28T23:00:00Z", 23)])
def test_days_of_25_and_23_hours_have_that_many_and_no_time_twice(start: str, hours: int, tmp_path: Path) -> None:
    """Telegrams every 10 minutes of the local day on which the clocks change: each has a time of its own, in order."""
    from energy_hw.sim.p1 import make_line

    begin = datetime.fromisoformat(start)
    sim = make_line(Setup("nl5"), begin)
    recording = tmp_path / "day.bin"
    telegrams = []
    for at in range(0, hours * 3600 + 1, 600):
        sim.meter.advance_to(float(at))
        telegrams.append(sim.meter.telegram())
    recording.write_bytes(b"".join(telegrams))
    with P1Meter(str(recording)) as meter:
        reports = list(meter)
    times = [report.time for report in reports if report.time]
    assert times == [begin + timedelta(seconds=at) for at in range(0, hours * 3600 + 1, 600)]
    energy = [report["energy_import_t1"].value + report["energy_import_t2"].value for report in reports]  # type: ignore[operator]
    assert energy == sorted(energy)
    assert times[-1] - times[0] == timedelta(hours=hours)


def test_waiting_costs_next_to_no_processor_time(tmp_path: Path) -> None:
    """Looking for a missing port twice a second: processor time, not wall-clock time, is bounded."""
    with P1Meter(str(tmp_path / "usb-P1"), patient=True):
        began = resource.getrusage(resource.RUSAGE_SELF)
        threading.Event().wait(0.6)
        used = resource.getrusage(resource.RUSAGE_SELF)
    assert used.ru_utime + used.ru_stime - began.ru_utime - began.ru_stime < 0.06
