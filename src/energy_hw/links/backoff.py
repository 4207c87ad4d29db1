"""How long to wait before trying again."""

from __future__ import annotations

from random import SystemRandom

_DICE = SystemRandom()


class Backoff:
    """Doubles from low_s to high_s; a fifth of it is chance, so that many who wait do not come at once.

    Thread safety: one thread at a time.
    """

    def __init__(self, low_s: float = 0.5, high_s: float = 10.0) -> None:
        self._low_s, self._high_s = low_s, high_s
        self._next_s = low_s

    def next_s(self) -> float:
        """Seconds to wait now; between 0.8 and 1.0 of the step that is due."""
        step, self._next_s = self._next_s, min(2 * self._next_s, self._high_s)
        return step * _DICE.uniform(0.8, 1.0)

    def reset(self) -> None:
        """It worked, or there is reason to believe that it will."""
        self._next_s = self._low_s
