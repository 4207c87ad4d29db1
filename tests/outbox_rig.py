"""A target that takes or does not, and a bounded wait."""

from __future__ import annotations

import time
from collections.abc import Callable

from energy_hw.sinks.row import Batch, Result, Row

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
