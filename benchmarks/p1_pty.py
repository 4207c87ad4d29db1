"""A P1 meter on a real pty, written character by character at the pace of its line by another process.

latency    from the read of a telegram's last byte to the callback with it, which is ours; from its write at the other
           end, which is the machine's as well; and to the callback with its report
processor  of the whole reading process (the kernel's share too), as a share of one core, at a telegram a second
replug     pty closed, another one under the same by-id name: from its appearance to the next telegram
busy       processor while another process holds the port
noise      an hour's worth at 115200 baud with a telegram every 10 s, fed as fast as it is taken
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from benchmarks import Row
from benchmarks.ptys import PluggedLine, busy, left_behind, resident_kb
from energy_hw.links.serial import open_serial
from energy_hw.links.stream import SerialSettings
from energy_hw.p1.line import Line
from energy_hw.p1.meter import P1Meter
from energy_hw.sim.p1 import Setup, make_line

LATENCY_COUNT, PROCESSOR_COUNT = 50, 10
SETTLE_S = 0.2
REPLUGS = 100
BYTES_A_SECOND = 11520
HOUR_S = 3600
PIECE_S = 0.05

FEED = """
import os, pty, sys, time, tty
from energy_hw.sim.p1 import Setup, make_line
line, count, every_s, piece = make_line(Setup("nl5")), int(sys.argv[1]), float(sys.argv[2]), 12
master, slave = pty.openpty()
tty.setraw(slave)
os.set_blocking(master, False)
print(os.ttyname(slave), flush=True)
sys.stdin.readline()
written, start = [], time.monotonic()
for number in range(count):
    line.meter.advance_to(float(number))
    telegram = line.meter.telegram()
    for at in range(0, len(telegram), piece):
        chunk = telegram[at : at + piece]
        time.sleep(max(0.0, start + number * every_s + (at + len(chunk)) / 11520 - time.monotonic()))
        if at + piece >= len(telegram):
            written.append(time.monotonic())
        os.write(master, chunk)
print(*written, flush=True)
sys.stdin.readline()
"""


def run() -> list[Row]:
    """All of it, under three minutes."""
    return [*_paced(), *_replugs(), busy(lambda port: P1Meter(port, patient=True)), *_noise()]


# -- latency and processor ---------------------------------------------------


def _paced() -> list[Row]:
    """A UART hands over what came in a millisecond, so the pieces are of 12 bytes; five telegrams a second.

    Then the processor, at one a second; and what it takes on this machine to be woken and to read, without a look.
    """
    called: list[float] = []
    reported: list[float] = []
    arrived: list[float] = []
    written = _feed(LATENCY_COUNT, 0.2, called, reported, arrived)[0]
    late, late_report = _late(written, called), _late(written, reported)
    ours = _late(arrived, called)
    used = _feed(PROCESSOR_COUNT, 1.0)[1]
    what = f"{LATENCY_COUNT} telegrams of DSMR 5"
    return [
        Row(f"{what}: last byte read -> callback, median", statistics.median(ours), "ms", 1.0),
        Row(f"{what}: last byte read -> callback, 9 of 10", ours[int(len(ours) * 0.9)], "ms"),
        Row(f"{what}: last byte written -> callback, median", statistics.median(late), "ms"),
        Row(f"{what}: last byte written -> its report, median", statistics.median(late_report), "ms"),
        Row(f"{what}: last byte written -> a bare read, median", statistics.median(_bare()), "ms"),
        Row("a telegram of DSMR 5 a second: processor", used * 100, "%", 3.0),
    ]


def _late(written: list[float], seen: list[float]) -> list[float]:
    """Milliseconds, the quickest first."""
    return sorted((then - now) * 1e3 for now, then in zip(written, seen, strict=True))


@contextmanager
def _feeder(count: int, every_s: float) -> Iterator[tuple[str, Callable[[], None], Callable[[], list[float]]]]:
    """The port, what starts the meter, and what waits for its end: when each telegram's last byte was written."""
    command = [sys.executable, "-c", FEED, str(count), str(every_s)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as feeder:
        assert feeder.stdin is not None
        assert feeder.stdout is not None
        into, out = feeder.stdin, feeder.stdout

        def start() -> None:
            into.write("go\n")
            into.flush()

        yield out.readline().strip(), start, lambda: [float(word) for word in out.readline().split()]
        feeder.communicate("end\n")


def _feed(
    count: int,
    every_s: float,
    called: list[float] | None = None,
    reported: list[float] | None = None,
    arrived: list[float] | None = None,
) -> tuple[list[float], float]:
    """When each telegram's last byte was written, and processor seconds a second.

    The lists get when the callback came, the one with the report, and when the piece before it had been read.
    """
    read_at = [0.0]

    def tap(_data: bytes) -> None:
        read_at[0] = time.monotonic()

    def on_telegram(_telegram: object) -> None:
        if called is not None and arrived is not None:
            called.append(time.monotonic())
            arrived.append(read_at[0])

    def on_report(_report: object) -> None:
        if reported is not None:
            reported.append(time.monotonic())

    callbacks = {} if called is None else {"tap": tap, "on_telegram": on_telegram, "on_report": on_report}
    with _feeder(count, every_s) as (port, start, written), P1Meter(port, **callbacks) as meter:  # type: ignore[arg-type]
        start()
        time.sleep(every_s)
        began, at = time.process_time(), time.monotonic()
        times = written()
        used = (time.process_time() - began) / (time.monotonic() - at)
        deadline = time.monotonic() + 5
        while meter.counters().ok < len(times) and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(SETTLE_S)
        assert meter.counters().ok == len(times), f"{len(times)} were written, {meter.counters()}"
    return times, used


def _bare() -> list[float]:
    """The same wait and read, with nothing done: what the machine takes."""
    seen: list[float] = []
    with _feeder(LATENCY_COUNT, 0.2) as (port, start, written):
        link = open_serial(port, SerialSettings(115200))
        start()
        tail = b""
        while len(seen) < LATENCY_COUNT:
            tail = (tail + link.read(5.0))[-8:]
            if tail[1:2] == b"!" and tail.endswith(b"\r\n"):
                seen.append(time.monotonic())
        late = _late(written(), seen)
        link.close()
    return late


# -- replugging --------------------------------------------------------------


def _replugs() -> list[Row]:
    """Each time the next pty has another number, and the name that stays leads to it."""
    telegram = _telegram()
    took: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        name = Path(folder) / "usb-P1"
        line = PluggedLine(name, [telegram], 0.1)
        with P1Meter(line.path, by_id=Path(folder)) as meter:
            meter.read(10)
            before_all = left_behind()
            for _ in range(REPLUGS):
                line.unplug()
                before = meter.counters().ok
                line, at = PluggedLine(name, [telegram], 0.1), time.monotonic()
                while meter.counters().ok == before:
                    assert time.monotonic() - at < 30
                    time.sleep(0.002)
                took.append(time.monotonic() - at)
            leaked = left_behind() - before_all
            counters = meter.counters()
        line.unplug()
    assert counters.lost == counters.reopened == REPLUGS, counters
    return [
        Row(f"{REPLUGS} replugs: return -> telegram, median", statistics.median(took), "s"),
        Row(f"{REPLUGS} replugs: return -> telegram, slowest", max(took), "s", 3.0),
        Row(f"{REPLUGS} replugs: threads and files left behind", leaked, "", 0),
    ]


def _telegram() -> bytes:
    return make_line(Setup("nl5"), datetime(2026, 1, 15, tzinfo=UTC)).meter.telegram()


# -- noise -------------------------------------------------------------


def _noise() -> list[Row]:
    """Random bytes in the pieces in which they would come, a telegram every 10 s, through framer, line and report."""
    rows = []
    for kind in ("random", "0x00", "0xFF"):
        found, false, used, grown = _an_hour_of(kind)
        what = f"an hour of {kind} at 115200 baud"
        rows += [
            Row(f"{what}: of 360 telegrams lost", 360 - found, "", 0),
            Row(f"{what}: believed, and not sent", false, "", 0),
            Row(f"{what}: processor, of the hour", used / HOUR_S * 100, "%", 3.0),
            Row(f"{what}: memory grown", grown, "KB", 1024),
        ]
    return rows


def _an_hour_of(kind: str) -> tuple[int, int, float, float]:
    """Telegrams found, telegrams that were not sent, processor seconds, KB grown after the first tenth."""
    dice, line, telegram = Random(14), Line((115200,), 0.0), _telegram()
    piece = round(BYTES_A_SECOND * PIECE_S)
    make = {"random": dice.randbytes, "0x00": bytes, "0xFF": lambda count: b"\xff" * count}[kind]
    found = false = 0
    made = before = 0.0
    began = time.process_time()
    for number in range(round(HOUR_S / PIECE_S)):
        if number == round(HOUR_S / PIECE_S / 10):
            before = resident_kb()
        at = time.process_time()
        data = make(piece) + (telegram if number % round(10 / PIECE_S) == 0 else b"")
        made += time.process_time() - at
        line.take(data, number * PIECE_S)
        raws = [item.telegram.raw for item in line.items()]
        found += raws.count(telegram)
        false += len(raws) - raws.count(telegram)
    return found, false, time.process_time() - began - made, resident_kb() - before
