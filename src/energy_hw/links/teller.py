"""Trouble is told once a minute, not once a byte."""

from __future__ import annotations

import logging

from energy_hw.links.clock import Clock

EVERY_S = 60.0


class Teller:
    """A logger's warnings, at most one in every_s by the given clock; the rest goes to its debug level.

    Thread safety: one thread at a time.
    """

    def __init__(self, logger: logging.Logger, clock: Clock, every_s: float = EVERY_S) -> None:
        self._logger, self._clock, self._every_s = logger, clock, every_s
        self._told_at: float | None = None
        self._hushed = 0

    def tell(self, text: str, *arguments: object) -> bool:
        """Warn, or not if the last warning is younger than every_s; whether it was told."""
        now = self._clock.monotonic()
        if self._told_at is not None and now - self._told_at < self._every_s:
            self._hushed += 1
            self._logger.debug(text, *arguments)
            return False
        more, self._hushed, self._told_at = self._hushed, 0, now
        self._logger.warning(text + (f" ({more} more messages were not shown)" if more else ""), *arguments)
        return True
