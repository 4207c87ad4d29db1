"""One thread at a time, and nobody waits for ever."""

from __future__ import annotations

from threading import RLock


class Turns:
    """A lock that its holder may take again, that others await so long and no longer, and that knows its depth.

    Thread safety: call from any thread.
    """

    def __init__(self, within_s: float) -> None:
        self._lock, self._within_s, self._depth = RLock(), within_s, 0

    def take(self, *, wait: bool = True) -> bool:
        """Whether it is ours now."""
        taken = self._lock.acquire(timeout=self._within_s) if wait else self._lock.acquire(blocking=False)
        self._depth += taken
        return taken

    def is_last(self) -> bool:
        """The next give() lets others in. Only for the holder."""
        return self._depth == 1

    def give(self) -> None:
        self._depth -= 1
        self._lock.release()
