"""A meter on real ptys, sockets and recordings: reports, callbacks, unplugging, closing."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from energy_hw import TeleinfoMeter, errors
from energy_hw.reading import Report
from energy_hw.sim.teleinfo import open_pty
from energy_hw.teleinfo.dataset import Dataset
from energy_hw.teleinfo.diagnose import Health
from energy_hw.teleinfo.encode import dataset, encode_frame, with_parity
from energy_hw.teleinfo.frame import Mode
from energy_hw.teleinfo.frames import Frame
from serial_rig import BOUND_S, Pty, Rfc2217Server, plug, until

ROOT = Path(__file__).resolve().parents[2]
FAST = "sim:teleinfo?contract=linky&speed=50"
HOLD = """
import serial, sys
port = serial.Serial(sys.argv[1], exclusive=True)
print("ready", flush=True)
sys.stdin.read()
"""


def tic(papp: int = 540) -> bytes:
    """A frame of a small historique meter, as the line carries it."""
    values = {"ADCO": "041876543210", "OPTARIF": "BASE", "BASE": 12345678, "PAPP": papp}
    return with_parity(encode_frame(dataset(label, value, mode=Mode.HISTORIQUE) for label, value in values.items()))


@pytest.fixture
def line() -> Iterator[Pty]:
    with Pty() as line:
        yield line


def threads_and_files() -> tuple[int, int]:
    return sum(thread.name == "energy-hw-teleinfo" for thread in threading.enumerate()), len(
        os.listdir("/proc/self/fd")
    )


def papp(report: Report | None) -> object:
    assert report is not None
    return report["PAPP"].value


# -- reports -----------------------------------------------------------------


@pytest.mark.parametrize(("contract", "baudrate", "times"), [("linky", 9600, 1), ("base", 1200, 5)])
def test_a_meter_on_a_pty_at_the_pace_of_a_real_one_or_faster(contract: str, baudrate: int, times: int) -> None:
    with open_pty(contract, speed=times) as pty, TeleinfoMeter(pty.path) as meter:
        report = next(iter(meter))
        assert report.device.startswith("teleinfo:02" if contract == "base" else "teleinfo:041861123456")
        assert report.source == "teleinfo"
        assert meter.connected
        assert meter.diagnosis().health is Health.GOOD
        assert meter.diagnosis().baudrate == baudrate
        assert meter.live


def test_a_simulated_meter_needs_nothing() -> None:
    with TeleinfoMeter(simulate=True) as meter:
        assert next(iter(meter))["energy_import"].unit == "Wh"
        assert meter.name == "sim:teleinfo"


def test_every_frame_is_a_report_and_the_damaged_one_has_what_was_good(line: Pty) -> None:
    with TeleinfoMeter(line.path, mode="historique") as meter:
        reports = iter(meter)
        line.send(tic(1))
        assert papp(next(reports)) == 1
        damaged = bytearray(tic(2))
        damaged[-4] ^= 1  # the checksum of PAPP
        line.send(bytes(damaged))
        report = next(reports)
        assert report.get("PAPP") is None
        assert report["BASE"].value == 12345678
        assert meter.counters().line.wire.checksum + meter.counters().line.wire.parity == 1


def test_a_recording_ends_and_so_does_its_meter(tmp_path: Path) -> None:
    recording = tmp_path / "meter.bin"
    recording.write_bytes(b"".join(tic(power) for power in range(5)))
    meter = TeleinfoMeter(str(recording))
    assert [papp(report) for report in meter] == list(range(5))
    assert meter.diagnosis().health is Health.ENDED
    meter.close()
    assert list(meter) == []


def test_asyncio_sees_the_same(tmp_path: Path) -> None:
    recording = tmp_path / "meter.bin"
    recording.write_bytes(b"".join(tic(power) for power in range(5)))

    async def collect() -> list[object]:
        with TeleinfoMeter(str(recording)) as meter:
            return [papp(report) async for report in meter.stream()]

    assert asyncio.run(asyncio.wait_for(collect(), BOUND_S)) == list(range(5))


def test_a_meter_only_talks(line: Pty) -> None:
    with TeleinfoMeter(line.path) as meter:
        assert meter.controls() == []
        with pytest.raises(errors.NotWritable, match="only talks"):
            meter.command("teleinfo:041876543210", "relay_1", True)


# -- callbacks ---------------------------------------------------------------


def test_a_group_is_told_at_its_cr_and_the_frame_at_its_etx(line: Pty) -> None:
    told: list[object] = []
    threads: set[str] = set()

    def note(item: Dataset | Frame) -> None:
        threads.add(threading.current_thread().name)
        told.append(item.label if isinstance(item, Dataset) else item.kind)

    with TeleinfoMeter(line.path, mode="historique", on_group=note, on_frame=note):
        frame = tic()
        groups = frame[:-1]
        for _ in range(2):  # read byte by byte at first, then group by group
            line.send(groups)
            until(lambda: len(told) == 4, "the last group, before anything follows it")
            assert told == ["ADCO", "OPTARIF", "BASE", "PAPP"]
            line.send(frame[-1:])
            until(lambda: len(told) == 5, "the frame, before the next one begins")
            told.clear()
    assert threads == {"energy-hw-callback"}


def test_a_callback_that_fails_or_dawdles_does_not_stop_the_reports(line: Pty) -> None:
    go = threading.Event()

    def fail(frame: Frame) -> None:
        go.wait(BOUND_S)
        raise ZeroDivisionError

    with TeleinfoMeter(line.path, mode="historique", on_frame=fail) as meter:
        reports = iter(meter)
        for power in range(3):
            line.send(tic(power))
            assert papp(next(reports)) == power
        go.set()
        until(lambda: meter.counters().callback_errors == 3, "three failures")


def test_a_meter_may_be_closed_by_its_callback(line: Pty) -> None:
    closed = threading.Event()
    meter: TeleinfoMeter

    def close(frame: Frame) -> None:
        meter.close()
        closed.set()

    meter = TeleinfoMeter(line.path, mode="historique", on_frame=close)
    line.send(tic())
    assert closed.wait(BOUND_S)
    assert len(list(meter)) == 1


# -- unplugging --------------------------------------------------------------


def test_unplugged_and_back_under_another_name_again_and_again(tmp_path: Path) -> None:
    by_id = tmp_path / "by-id"
    by_id.mkdir()
    name = by_id / "usb-FTDI_TIC_0001-if00-port0"
    here = Pty()
    plug(name, here)
    with TeleinfoMeter(here.path, mode="historique", by_id=by_id) as meter:
        reports = iter(meter)
        here.send(tic(0))
        assert papp(next(reports)) == 0
        before = threads_and_files()
        for power in range(1, 4):
            there = Pty()  # takes a number of its own while the old one is there
            assert there.path != here.path
            name.unlink()
            here.unplug()
            until(lambda: meter.diagnosis().health is Health.AWAY, "the loss to be noticed")
            plug(name, there)
            until(lambda: meter.diagnosis().health is not Health.AWAY, "the port to be found again")
            there.send(tic(power))
            assert papp(next(reports)) == power
            here = there
        until(lambda: threads_and_files() <= before, "what the unplugged ports held")
        assert meter.counters().lost == meter.counters().reopened == 3
    here.unplug()


def test_what_came_before_the_plug_was_pulled_is_reported(line: Pty) -> None:
    with TeleinfoMeter(line.path, mode="historique", on_group=lambda group: None) as meter:
        reports = iter(meter)
        line.send(tic(1))
        assert papp(next(reports)) == 1
        line.send(tic(2)[:-1])
        until(lambda: meter.live["PAPP"].value == 2, "the last group")
        line.unplug()
        assert papp(next(reports)) == 2


def test_closing_while_the_port_is_away_is_quick_and_leaves_nothing(line: Pty) -> None:
    before = threads_and_files()
    with Pty() as other:
        meter = TeleinfoMeter(other.path)
        other.unplug()
        until(lambda: meter.diagnosis().health is Health.AWAY, "the loss to be noticed")
        meter.close()
        meter.close()
        assert list(meter) == []
    until(lambda: threads_and_files() <= before, "what the meter held")


def test_a_file_that_lies_where_the_port_was_is_no_recording(tmp_path: Path) -> None:
    """As `echo x > /dev/ttyUSB0` leaves it while the adapter is away."""
    name = tmp_path / "ttyUSB0"
    here = Pty()
    plug(name, here)
    with TeleinfoMeter(str(name), by_id=tmp_path / "by-id") as meter:
        name.unlink()
        name.write_bytes(tic())
        here.unplug()
        until(lambda: "is a file now" in meter.diagnosis().text, "the file to be told from a port")
        assert (meter.diagnosis().health, meter.live) == (Health.AWAY, {})


# -- ports that others have --------------------------------------------------


def test_a_port_that_another_process_holds_is_told_and_waited_for(line: Pty) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, line.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "ready\n"
        with pytest.raises(errors.LinkBusy, match=f"process {holder.pid}"):
            TeleinfoMeter(line.path)
        with TeleinfoMeter(line.path, mode="historique", patient=True) as meter:
            assert meter.diagnosis().health is Health.BUSY
            assert f"process {holder.pid}" in meter.diagnosis().text
            holder.communicate()
            until(lambda: meter.diagnosis().health is not Health.BUSY, "the port to be free")
            line.send(tic(7))
            assert papp(next(iter(meter))) == 7


def test_a_port_that_is_missing_can_be_waited_for(tmp_path: Path, line: Pty) -> None:
    name = tmp_path / "usb-TIC"
    with pytest.raises(errors.NodeMissing):
        TeleinfoMeter(str(name))
    with TeleinfoMeter(str(name), mode="historique", patient=True) as meter:
        assert meter.diagnosis().health is Health.AWAY
        plug(name, line)
        until(lambda: meter.diagnosis().health is not Health.AWAY, "the port to be there")
        line.send(tic(8))
        assert papp(next(iter(meter))) == 8


# -- other links and settings ------------------------------------------------


@pytest.mark.filterwarnings("ignore::DeprecationWarning:serial")
def test_a_meter_behind_rfc2217_is_set_to_its_speed() -> None:
    with Rfc2217Server() as server, TeleinfoMeter(server.url, mode="historique") as meter:
        until(lambda: server.line.baudrate == 1200, "1200 baud")
        server.line.send(tic(9))
        assert papp(next(iter(meter))) == 9


def test_hard_parity_asks_the_port_for_seven_bits_and_marks(line: Pty) -> None:
    plain = bytes(byte & 0x7F for byte in tic(3))
    with TeleinfoMeter(line.path, mode="historique", parity="hard") as meter:
        reports = iter(meter)
        line.send(plain)
        assert papp(next(reports)) == 3
        line.send(plain[:-6] + b"\xff\x00" + plain[-6:])  # a bad character, as PARMRK gives it
        assert next(reports).get("PAPP") is None
        assert meter.counters().line.wire.parity == 1


def test_a_speed_of_ones_own(line: Pty) -> None:
    with TeleinfoMeter(line.path, baudrate=2400) as meter:
        line.send(tic(4))
        assert papp(next(iter(meter))) == 4
        assert line.baudrate == 2400


@pytest.mark.parametrize(
    "wrong",
    [{"mode": "fast"}, {"parity": "maybe"}, {"baudrate": 0}, {"url": "/dev/ttyUSB0", "simulate": True}, {"url": None}],
)
def test_settings_that_mean_nothing_say_what_would(wrong: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ENERGY_HW_TELEINFO", raising=False)
    with pytest.raises(errors.ConfigError, match="expected"):
        TeleinfoMeter(**{"url": FAST, **wrong})  # type: ignore[arg-type]


def test_the_environment_names_the_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENERGY_HW_TELEINFO", FAST)
    with TeleinfoMeter() as meter:
        assert meter.name == FAST


def test_a_fault_of_our_own_does_not_end_the_thread(
    line: Pty, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("energy_hw.teleinfo.meter.FAULT_PAUSE_S", 0.01)
    with TeleinfoMeter(line.path, mode="historique") as meter:
        check, failed = meter._plausibility.check, threading.Event()

        def broken(*arguments: object) -> dict[str, str]:
            meter._plausibility.check = check  # type: ignore[method-assign]
            failed.set()
            raise ZeroDivisionError("a bug")

        meter._plausibility.check = broken  # type: ignore[method-assign]
        line.send(tic(1))
        assert failed.wait(BOUND_S)
        line.send(tic(2))
        assert papp(next(iter(meter))) == 2
    assert "a fault of this program" in caplog.text


def test_the_example_runs_without_a_meter() -> None:
    command = [sys.executable, str(ROOT / "examples" / "read_teleinfo.py"), "sim:teleinfo?speed=50", "--count", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=BOUND_S, check=True)
    assert "energy_import" in done.stdout
    assert "good: mode standard at 9600 baud" in done.stderr
