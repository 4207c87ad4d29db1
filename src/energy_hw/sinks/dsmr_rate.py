"""Fewer telegrams than the meter sends: of each interval the newest, and one at most.

A server on a small machine does not want one a second. Intervals are those of the meter's own time, so that a backlog
comes out as it would have come live.
"""

from __future__ import annotations

from collections.abc import Sequence

from energy_hw.sinks.dsmr_telegram import Telegram

Pair = tuple[str, Telegram]
"""Whose it is, and the telegram; in the order of delivery."""


class Rate:
    """surplus() plans, took() notes. Thread safety: one thread at a time."""

    def __init__(self, interval_s: float, newest_first: bool = False) -> None:
        """interval_s: 0 lets everything pass."""
        self._interval_s, self._newest_first = interval_s, newest_first
        self._last: dict[str, int] = {}

    def _slot(self, telegram: Telegram) -> int:
        return int((telegram.time or telegram.received).timestamp() // self._interval_s)

    def surplus(self, pairs: Sequence[Pair]) -> set[int]:
        """Positions of those that need not go."""
        if self._interval_s <= 0:
            return set()
        slots = [(key, self._slot(telegram)) for key, telegram in pairs]
        best: dict[tuple[str, int], int] = {}
        for position, slot in enumerate(slots):
            if not (self._newest_first and slot in best):
                best[slot] = position  # the newest of its interval: the last one, or the first
        return {
            position
            for position, (key, slot) in enumerate(slots)
            if self._last.get(key) == slot or best[key, slot] != position
        }

    def took(self, pair: Pair) -> None:
        """It went; its interval is served."""
        if self._interval_s > 0:
            self._last[pair[0]] = self._slot(pair[1])
