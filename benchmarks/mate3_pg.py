"""mate3_pg with its database away for a day: what is lost, what is there twice, how fast the rest comes.

17,280 polls (a day, one in five seconds) of a simulated Mate3s are made one after the other while a real PostgreSQL is
stopped; the outbox is on a real disk. In the middle the logger is closed and opened again. Then the server is started.
What is counted is the receiving tables. The server does not sync: its disk is not ours to measure.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from benchmarks import Row
from energy_hw.app.mate3_pg_doorway import TARGET
from energy_hw.app.mate3_pg_logger import Mate3Logger
from energy_hw.app.mate3_pg_settings import Settings
from energy_hw.app.pg_definitions import Definitions, read_definitions

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from mate3_rig import CountingRegisters
from outbox_rig import ManualClock
from postgres_rig import Database, running  # the tests' server

EXAMPLE = Path(__file__).parents[1] / "packaging" / "mate3-pg.yaml"
POLLS, EVERY_S, BOUND_S = 17_280, 5.0, 600.0
TABLES = {"house_power": POLLS, "settings": POLLS * 5 // 300}
"""Rows that a day has, by the example of definitions: one table at each poll, one every five minutes."""


class Day:
    """Half days of polls, and the return of the database."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.definitions: Definitions = read_definitions(EXAMPLE)
        self.settings = Settings(None, 502, EVERY_S, database.url, folder / "outbox.sqlite3")
        self.registers, self.clock = CountingRegisters(), ManualClock()
        self.poll_s = 0.0

    def logger(self) -> Mate3Logger:
        return Mate3Logger(self.definitions, self.settings, registers=self.registers, clock=self.clock)

    def polls(self, logger: Mate3Logger, number: int) -> None:
        """The time of each, with what it puts into the outbox."""
        began = time.perf_counter()
        for _ in range(number):
            logger.step()
            self.clock.advance(EVERY_S)
        self.poll_s += time.perf_counter() - began
        logger.outbox.flush(60.0)

    def caught_up_s(self, logger: Mate3Logger) -> float:
        """Until nothing waits any more."""
        began = time.perf_counter()
        logger.outbox.resume(TARGET)
        while logger.pending and time.perf_counter() - began < BOUND_S:
            time.sleep(0.01)
        return time.perf_counter() - began


def run() -> list[Row]:
    """One day."""
    server = running()
    database = server.database()
    server.stop()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        day = Day(database, Path(folder))
        with day.logger() as logger:
            day.polls(logger, POLLS // 2)
        with day.logger() as logger:
            day.polls(logger, POLLS - POLLS // 2)
            waiting = logger.pending
            server.start()
            seconds = day.caught_up_s(logger)
            lost = logger.counts.lost
    found, distinct = counted(database)
    expected = sum(TABLES.values())
    return [
        Row(f"a day away, {expected} rows: lost", expected - distinct + lost, "rows", 0.0),
        Row("   doubled", found - distinct, "rows", 0.0),
        Row("   waited when the database came back", waiting, "rows"),
        Row("   caught up in", seconds, "s"),
        Row("   one row", 1e6 * seconds / waiting, "us", 1e6 / 5000),
        Row("   the same as rows a second", waiting / seconds, "/s"),
        Row("a poll, from its registers into the outbox", 1e3 * day.poll_s / POLLS, "ms", EVERY_S * 1e3),
    ]


def counted(database: Database) -> tuple[int, int]:
    """Rows in the tables, and how many of them have a time of their own."""
    both = [database.run(f"SELECT count(*), count(DISTINCT timestamp) FROM {name}")[0] for name in TABLES]  # noqa: S608
    return sum(count for count, _ in both), sum(distinct for _, distinct in both)
