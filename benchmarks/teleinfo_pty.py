"""A Teleinfo meter on a real pty, written character by character at its pace by another process.

latency    from the write of a group's CR to the callback with the group, per group
processor  of the whole reading process (the kernel's share too), per byte of the line; mostly the cost of waking up
replug     pty closed, another one under the same by-id name: from its appearance to the next group
busy       processor while another process holds the port
noise      an hour's worth at 9600 baud, fed as fast as it is taken
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from queue import SimpleQueue
from random import Random

from benchmarks import Row
from benchmarks.ptys import PluggedLine, busy, left_behind, resident_kb
from energy_hw.links.serial import open_serial
from energy_hw.links.stream import SerialSettings
from energy_hw.teleinfo.dataset import Dataset
from energy_hw.teleinfo.encode import dataset, encode_frame, with_parity
from energy_hw.teleinfo.frame import Mode
from energy_hw.teleinfo.line import Line
from energy_hw.teleinfo.meter import TeleinfoMeter

SECONDS = {1200: 9.0, 9600: 4.0}
CONTRACTS = {1200: "tempo", 9600: "linky"}
REPLUGS = 100
HOUR_BYTES = 3600 * 960
SETTLE_S = 2.0
"""The first seconds, in which the speed is found, are not measured."""

FEED = """
import os, pty, sys, time, tty
from datetime import UTC, datetime
from energy_hw.sim.teleinfo import make_line
from energy_hw.teleinfo.encode import with_parity
contract, seconds, baud = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
meter = make_line(contract).meter
master, slave = pty.openpty()
tty.setraw(slave)
os.set_blocking(master, False)
print(os.ttyname(slave), flush=True)
sys.stdin.readline()
written, start, at = [], time.monotonic(), 0.0
while at < seconds:
    meter.advance_to(at)
    for byte in with_parity(meter.frame()):
        at += 10 / baud
        time.sleep(max(0.0, start + at - time.monotonic()))
        if byte & 0x7F == 0x0D:
            written.append(time.monotonic())
        try:
            os.write(master, bytes((byte,)))
        except BlockingIOError:
            pass
    at += 0.025
print(*written, flush=True)
sys.stdin.readline()
"""


def run() -> list[Row]:
    """All of it, under two minutes."""
    rows = []
    for baudrate in (1200, 9600):
        rows += _paced(baudrate)
    return [*rows, *_replugs(), busy(lambda port: TeleinfoMeter(port, patient=True)), *_noise()]


# -- latency and processor ---------------------------------------------------


def _paced(baudrate: int) -> list[Row]:
    """With a callback for each group, then with nobody but the live table and a report a frame."""
    late, used = _feed(baudrate, with_callback=True)
    _, used_alone = _feed(baudrate, with_callback=False)
    late.sort()
    what = f"{baudrate} baud, {len(late)} groups"
    return [
        Row(f"{what}: CR written -> callback, median", statistics.median(late), "ms", 1.0),
        Row(f"{what}: CR written -> callback, 99 of 100", late[int(len(late) * 0.99)], "ms"),
        Row(f"{what}: processor with a callback a group", used, "us/byte"),
        Row(f"{what}: processor with a report a frame", used_alone, "us/byte", 20.0),
        Row(f"{what}: processor of waiting and reading alone", _bare(baudrate), "us/byte"),
    ]


def _feed(baudrate: int, with_callback: bool) -> tuple[list[float], float]:
    """Milliseconds from each CR to its callback, and microseconds of processor per byte.

    The meter's clock does not help: a group is known by its turn, and both sides have to count the same ones.
    """
    seconds = SECONDS[baudrate] + SETTLE_S
    command = [sys.executable, "-c", FEED, CONTRACTS[baudrate], str(seconds), str(baudrate)]
    called: list[float] = []
    on_group = (lambda group: called.append(time.monotonic())) if with_callback else None
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as feeder:
        assert feeder.stdin is not None
        assert feeder.stdout is not None
        with TeleinfoMeter(feeder.stdout.readline().strip(), baudrate=baudrate, on_group=on_group) as meter:
            feeder.stdin.write("go\n")
            feeder.stdin.flush()
            time.sleep(SETTLE_S)
            began, bytes_before = time.process_time(), meter.counters().line.wire.bytes
            time.sleep(seconds - SETTLE_S)
            used, count = time.process_time() - began, meter.counters().line.wire.bytes - bytes_before
            written = [float(word) for word in feeder.stdout.readline().split()]
            groups = _settled(meter, len(written))
        feeder.communicate("end\n")
    assert groups == len(written), f"{len(written)} groups were written, {groups} came"
    return [(then - now) * 1e3 for now, then in zip(written, called, strict=False)], used / count * 1e6


def _settled(meter: TeleinfoMeter, expected: int) -> int:
    """Groups that came; the last one may be under way."""
    end = time.monotonic() + 2.0
    while (groups := meter.counters().line.wire.groups) < expected and time.monotonic() < end:
        time.sleep(0.01)
    return groups


def _bare(baudrate: int) -> float:
    """What it costs on this machine to be woken once a group and to read it, without a look at it."""
    command = [sys.executable, "-c", FEED, CONTRACTS[baudrate], str(SECONDS[baudrate]), str(baudrate)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as feeder:
        assert feeder.stdin is not None
        assert feeder.stdout is not None
        by_groups = SerialSettings(baudrate, line_ends=b"\x8d\x03", lf_ends=False)
        link = open_serial(feeder.stdout.readline().strip(), by_groups)
        feeder.stdin.write("go\n")
        feeder.stdin.flush()
        count, began, end = 0, time.process_time(), time.monotonic() + SECONDS[baudrate]
        while time.monotonic() < end:
            count += len(link.read(0.2))
        used = time.process_time() - began
        link.close()
        feeder.communicate("end\n")
    return used / count * 1e6


# -- replugging --------------------------------------------------------------


def _replugs() -> list[Row]:
    """Each time the next pty has another number, and the name that stays leads to it."""
    frame = with_parity(
        encode_frame(
            dataset(label, value, mode=Mode.HISTORIQUE)
            for label, value in (("ADCO", "041876543210"), ("BASE", 12345678), ("PAPP", 540))
        )
    )
    pieces = [frame[at : at + 12] for at in range(0, len(frame), 12)]  # as at 9600 baud
    groups: SimpleQueue[Dataset] = SimpleQueue()
    took: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        name = Path(folder) / "usb-TIC"
        line = PluggedLine(name, pieces, 0.0125)
        with TeleinfoMeter(line.path, by_id=Path(folder), on_group=groups.put) as meter:
            groups.get(timeout=10)
            before_all = left_behind()
            for _ in range(REPLUGS):
                line.unplug()
                while not groups.empty():
                    groups.get()
                line, at = PluggedLine(name, pieces, 0.0125), time.monotonic()
                groups.get(timeout=30)
                took.append(time.monotonic() - at)
            leaked = left_behind() - before_all
            counters = meter.counters()
        line.unplug()
    assert counters.lost == counters.reopened == REPLUGS
    return [
        Row(f"{REPLUGS} replugs: return -> group, median", statistics.median(took), "s"),
        Row(f"{REPLUGS} replugs: return -> group, slowest", max(took), "s", 3.0),
        Row(f"{REPLUGS} replugs: threads and files left behind", leaked, "", 0),
    ]


# -- noise -------------------------------------------------------------


def _noise() -> list[Row]:
    """Random bytes in pieces of 240, a quarter of a second each."""
    dice, line, false = Random(14), Line((9600,), 0.0), 0
    began = 0.0
    for at in range(0, HOUR_BYTES, 240):
        if at == HOUR_BYTES // 10 // 240 * 240:  # what is made once is made by now
            before, began = resident_kb(), time.process_time()
        line.take(dice.randbytes(240), at / 960)
        false += len(line.items())
    used = time.process_time() - began
    return [
        Row("an hour of noise at 9600 baud: groups and frames believed", false, "", 0),
        Row("an hour of noise at 9600 baud: processor", used / (HOUR_BYTES * 0.9) * 1e6, "us/byte", 20.0),
        Row("an hour of noise at 9600 baud: memory grown", resident_kb() - before, "KB", 1024),
    ]
