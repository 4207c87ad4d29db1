"""A program with an outbox, to be killed or recorded: writer.py FOLDER ROWS [NORMAL].

The number of each row whose ticket says that it is stored goes to a file in the folder, that of each one delivered to
another, so that a recorder has them in their order among the writes.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable
from pathlib import Path

from energy_hw.sinks.limits import Limits
from energy_hw.sinks.outbox import Outbox
from energy_hw.sinks.row import Batch, Outcome, Result, Target
from energy_hw.sinks.ticket import Ticket

LIMITS = Limits(commit_rows=20, commit_interval_s=0.05, ballast_bytes=0)
LOG_PAGES = 60
"""The log is written back often: that is where most can go wrong."""


def body(number: int) -> bytes:
    """As long as its number says, some of them beyond a page."""
    size = 20 + number * 37 % 400 + (5000 if number % 50 == 0 else 0)
    return (b"%d|" % number * size)[:size]


class Marks:
    """Numbers as lines of a file."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def mark(self, *numbers: int) -> None:
        text = b"".join(b"%d\n" % number for number in numbers)
        os.write(self._file, text)


def run(folder: Path, rows: int, normal: bool, ready: Callable[[], object] = lambda: None) -> None:
    dice = random.Random(rows)
    stored, delivered = Marks(folder / "stored"), Marks(folder / "delivered")
    up = [False]

    def deliver(batch: Batch) -> Result:
        if not up[0]:
            return Result.retry("away")
        delivered.mark(*(row.seq for row in batch.rows))
        return Result.delivered(len(batch.rows))

    def told(ticket: Ticket) -> None:
        if ticket.outcome is Outcome.STORED:
            stored.mark(ticket.seq)

    with Outbox(folder / "o.sqlite3", [Target("t", deliver, batch=30, low_s=0.01, high_s=0.02)], LIMITS) as outbox:
        store = outbox._ledger.store
        assert store is not None
        with store.lock:
            store._db.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
            if normal:
                store._db.execute("PRAGMA synchronous = NORMAL")
        ready()
        for number in range(rows):
            outbox.put(body(number), key=f"k{number % 3}", wait_s=10.0).tell(told)
            if dice.random() < 0.02:
                up[0] = dice.random() < 0.2
                outbox.resume("t")
            if dice.random() < 0.05:
                outbox.flush(10.0)


if __name__ == "__main__":
    run(Path(sys.argv[1]), int(sys.argv[2]), "NORMAL" in sys.argv)
