"""A target that takes or does not, and a bounded wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from energy_hw.sinks.health import Health
from energy_hw.sinks.keeper import Keeper
from energy_hw.sinks.ledger import Ledger
from energy_hw.sinks.limits import Limits
from energy_hw.sinks.place import Place
from energy_hw.sinks.row import Batch, Result, Row, Target
from energy_hw.sinks.ticket import Ticket
from energy_hw.sinks.worker import Worker

BOUND_S = 30.0


def until(condition: Callable[[], bool], bound_s: float = BOUND_S) -> bool:
    """Whether it came true within the bound."""
    deadline = time.monotonic() + bound_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


class Taker:
    """Takes every batch while it is up."""

    def __init__(self, up: bool = True) -> None:
        self.up = up
        self.rows: list[Row] = []
        self.calls = 0

    def __call__(self, batch: Batch) -> Result:
        self.calls += 1
        if not self.up:
            return Result.retry("away")
        self.rows += batch.rows
        return Result.delivered(len(batch.rows))

    @property
    def bodies(self) -> list[bytes]:
        return [row.body for row in self.rows]


class ManualClock:
    """Stands until it is moved; the time of day may be moved alone, as a time server does."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.day = datetime(2026, 1, 1, tzinfo=UTC)

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return self.day

    def advance(self, seconds: float) -> None:
        self.seconds += seconds
        self.day += timedelta(seconds=seconds)


class Bench:
    """An outbox in parts and without threads: step() is what they would do now."""

    def __init__(self, folder: Path, *targets: Target, limits: Limits | None = None) -> None:
        self.clock = ManualClock()
        self.ledger = Ledger(targets, self.clock, limits or Limits(ballast_bytes=0))
        self.place = Place(folder / "o.sqlite3", 0)
        self.keeper = Keeper(self.ledger, self.place)
        self.ledger.disk_failed = self.keeper.failed
        self.keeper.open()
        self.workers = {name: Worker(self.ledger, progress) for name, progress in self.ledger.progress.items()}

    def put(self, body: bytes, key: str = "k", kind: str = "") -> Ticket:
        return self.ledger.put(body, key, kind, int(self.clock.now().timestamp() * 1000), 0.0)

    def later(self, seconds: float) -> None:
        """Time goes by, then the keeper looks."""
        self.clock.advance(seconds)
        self.keeper.step()

    @property
    def health(self) -> Health:
        return self.ledger.health(True)

    def stored(self) -> list[Row]:
        """What is on the disk."""
        assert self.ledger.store
        return self.ledger.store.read([(1, 1 << 62)], 1 << 30)[0]

    def close(self) -> None:
        self.keeper.close(BOUND_S)
