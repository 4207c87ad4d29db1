"""A database that was away for a day: what is lost, what is there twice, how fast the rest comes.

17,280 polls (a day, one in five seconds) of six devices go into an outbox on a real disk while a real PostgreSQL is
stopped; then it is started. What is counted is the receiving tables. Beside it the batches alone, without the outbox.
The server does not sync: its disk is not ours to measure.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

from benchmarks import Row
from energy_hw.sinks import row as rows
from energy_hw.sinks.outbox import Outbox
from energy_hw.sinks.postgres import KIND, LIMITS, Column, PostgresTarget, Table, encode_row

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from postgres_rig import Database, running  # the tests' server

POLLS, DEVICES, EVERY_S = 17_280, 6, 5
BOUND_S = 600.0
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = ("soc", "battery_voltage", "inverter_current", "output_kw", "pv1_watts", "pv2_watts")
TABLES = [Table(f"device{at}", tuple(Column(name, "numeric") for name in NAMES)) for at in range(DEVICES)]


def run() -> list[Row]:
    """The day first."""
    server = running()
    database = server.database()
    seconds, written = day(database)
    put = POLLS * DEVICES
    found, distinct = counted(database)
    batches, again = alone(server.database())
    return [
        Row(f"a day away, {put} rows: lost", put - distinct, "rows", 0.0),
        Row("   doubled", found - distinct, "rows", 0.0),
        Row("   the outbox, when the database came back", written / 1e6, "MB", LIMITS.most_bytes / 1e6),
        Row("   caught up in", seconds, "s"),
        Row("   one row", 1e6 * seconds / put, "us", 1e6 / 5000),
        Row("   the same as rows a second", put / seconds, "/s"),
        Row("batches of 10,000 rows: rows a second", batches, "/s"),
        Row("   the same rows once more: rows a second", again, "/s"),
    ]


def body(table: Table, poll: int) -> bytes:
    """Six values with two digits behind the point."""
    values = {name: Decimal(poll * 7 + at) / 100 for at, name in enumerate(NAMES)}
    return encode_row(table, BEGAN + timedelta(seconds=EVERY_S * poll), values)


def day(database: Database) -> tuple[float, int]:
    """Seconds from the server's return until nothing waits, and bytes on the disk before."""
    database.server.stop()
    target = PostgresTarget(database.url, TABLES)
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        with Outbox(Path(folder) / "outbox.sqlite3", [target.target()], LIMITS) as outbox:
            for poll in range(POLLS):
                for table in TABLES:
                    outbox.put(body(table, poll), key=table.name, kind=KIND, wait_s=60.0)
            outbox.flush(60.0)
            written = outbox.health().bytes
            database.server.start()
            began = time.perf_counter()
            outbox.resume(target.name)
            while outbox.health().targets[target.name].pending and time.perf_counter() - began < BOUND_S:
                time.sleep(0.01)
            seconds = time.perf_counter() - began
        target.close()
    return seconds, written


def counted(database: Database) -> tuple[int, int]:
    """Rows in the tables, and how many of them have a time of their own."""
    both = [database.run(f"SELECT count(*), count(DISTINCT timestamp) FROM {table.name}")[0] for table in TABLES]  # noqa: S608
    return sum(count for count, _ in both), sum(distinct for _, distinct in both)


def alone(database: Database) -> tuple[float, float]:
    """Rows a second of a batch, and of the same once more."""
    target = PostgresTarget(database.url, TABLES)
    target.check()
    batch = rows.Batch(
        uuid4(), tuple(rows.Row(at, "", KIND, 0, 0, body(TABLES[at % DEVICES], at)) for at in range(10_000))
    )
    figures = []
    for _ in range(2):
        began = time.perf_counter()
        result = target.deliver(batch)
        figures.append(result.done / (time.perf_counter() - began))
    target.close()
    return figures[0], figures[1]
