"""The newest report of a meter, for who asks now and then."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from energy_hw.p1.telegram import Telegram
from energy_hw.reading import Report


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A report, the telegram it was made of, how many seconds ago it came, and the how manieth it was."""

    report: Report
    telegram: Telegram
    age_s: float
    number: int


class Latest:
    """Kept by the read thread, read by anyone. Ages are monotonic: a clock that jumps makes nothing old or young.

    Thread safety: call from any thread.
    """

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._closed = False
        self._given = 0
        self._newest: tuple[Report, Telegram, float] | None = None
        self._number = 0

    def take(self, report: Report, telegram: Telegram, at: float) -> None:
        """A report came, at monotonic time at."""
        with self._change:
            self._newest = report, telegram, at
            self._number += 1
            self._change.notify_all()

    def snapshot(self, now: float) -> Snapshot | None:
        """The newest, as it is at monotonic time now."""
        with self._change:
            if self._newest is None:
                return None
            report, telegram, at = self._newest
            return Snapshot(report, telegram, now - at, self._number)

    def wait(self, timeout_s: float) -> Report | None:
        """The newest report that wait() has not given yet; None after timeout_s, or after close(), without one."""
        with self._change:
            self._change.wait_for(lambda: self._number > self._given or self._closed, timeout_s)
            if self._newest is None or self._number == self._given:
                return None
            self._given = self._number
            return self._newest[0]

    def close(self) -> None:
        """Nothing will come any more."""
        with self._change:
            self._closed = True
            self._change.notify_all()
