"""The outbox: bytes written to a card in a day, rows a second in and out, memory.

An hour of five devices that report every second, in virtual time: a commit each five seconds as in real time, 720 of
them, with real syncs; times 24. write_bytes of /proc/self/io counts what this process sent towards the disk (proc(5)),
and not what the file system's own journal adds.
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks import Row
from energy_hw.sinks.keeper import Keeper
from energy_hw.sinks.ledger import Ledger
from energy_hw.sinks.limits import Limits
from energy_hw.sinks.outbox import Outbox
from energy_hw.sinks.place import Place
from energy_hw.sinks.row import Batch, Result, Target
from energy_hw.sinks.worker import Worker

DEVICES, SECONDS = 5, 3600
SMALL, LARGE = 98, 900
"""A few values as JSON; a P1 telegram."""
ROWS = 50_000


class Clock:
    """Virtual seconds."""

    seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)


def run() -> list[Row]:
    """Writes first, then speed."""
    away, online = hour(SMALL, up=False), hour(SMALL, up=True)
    telegrams = hour(LARGE, up=False, devices=1)
    put_us, drain, memory = backlog()
    return [
        Row("a day of 5 x 1 Hz, target away all day: written", 24 * away, "MB", 300.0),
        Row("a day of 5 x 1 Hz, target there all day: written", 24 * online, "MB", 300.0),
        Row("a day of P1 telegrams of 900 bytes, 1 Hz, target away: written", 24 * telegrams, "MB"),
        Row("put(), without the commit", put_us, "us"),
        Row(f"a backlog of {ROWS} rows, delivered in batches of 100: one row", 1e6 / drain, "us", 1e6 / 2000),
        Row("   the same as rows a second", drain, "/s"),
        Row("   memory that it takes while it grows and goes", memory, "MB"),
    ]


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as name:  # not on a tmpfs, which writes nothing
        yield Path(name)


def _written() -> int:
    fields = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(fields["write_bytes"])


def hour(size: int, up: bool, devices: int = DEVICES) -> float:
    """Megabytes in an hour of virtual time."""

    def deliver(batch: Batch) -> Result:
        return Result.delivered(len(batch.rows)) if up else Result.retry("away")

    with _folder() as folder:
        clock = Clock()
        ledger = Ledger([Target("t", deliver)], clock, Limits(ballast_bytes=0))
        keeper = Keeper(ledger, Place(folder / "o.sqlite3", 0))
        keeper.open()
        worker = Worker(ledger, ledger.progress["t"])
        before = _written()
        for second in range(SECONDS):
            for device in range(devices):
                body = (b"%08d" % second * size)[:size]
                ledger.put(body, f"energenie:2:0x{device:06X}", "report", second * 1000, 0.0)
            clock.seconds += 1.0
            if up:
                worker.step()
            keeper.step()
        written = _written() - before
        keeper.close(10.0)
    return written / 1e6


def backlog() -> tuple[float, float, float]:
    """Microseconds of a put, rows a second delivered from the disk, and MB of growth."""
    up = False

    def deliver(batch: Batch) -> Result:
        return Result.delivered(len(batch.rows)) if up else Result.retry("away")

    with _folder() as folder, Outbox(folder / "o.sqlite3", [Target("t", deliver)]) as outbox:
        resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        spent = 0.0
        for _ in range(ROWS // 1000):
            began = time.perf_counter()
            for _ in range(1000):
                outbox.put(bytes(SMALL), key="k", wait_s=60.0)
            spent += time.perf_counter() - began
            outbox.flush(60.0)
        up, began = True, time.perf_counter()
        outbox.resume("t")
        while outbox.health().targets["t"].pending:
            time.sleep(0.01)
        took = time.perf_counter() - began
        growth = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - resident
    return spent / ROWS * 1e6, ROWS / took, growth / 1024
