"""Callers that wait for a ticket in threads of their own, by the board's clock.

Simulated time runs faster than the wall's, or stands still; so it is the radio's thread that looks
at the clock and wakes who has waited long enough.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import NamedTuple

from energy_hw.energenie.orders import Ticket
from energy_hw.links.clock import Clock

HANG_S = 60.0
"""Longer than any wait by the wall clock beyond the one asked for: the thread of the radio hangs then."""


class _Sleeper(NamedTuple):
    until: float
    awake: threading.Event


class Patience:
    """Who waits, and until when. wake: ends the radio's wait.

    Thread safety: wait() and close() from any thread, ring() and soonest() from the radio's.
    """

    def __init__(self, clock: Clock, wake: Callable[[], None]) -> None:
        self._clock, self._wake = clock, wake
        self._lock = threading.Lock()
        self._sleepers: set[_Sleeper] = set()
        self._radio_thread = 0

    def wait(self, ticket: Ticket, timeout_s: float) -> bool:
        """Sleep until the ticket is done, timeout_s at the longest; whether it is.

        Raises RuntimeError in the radio's thread, which would wait for itself.
        """
        if threading.get_ident() == self._radio_thread and not ticket.done:
            raise RuntimeError(f"{ticket} cannot be awaited in the radio's thread: use when_done()")
        sleeper = _Sleeper(self._clock.monotonic() + timeout_s, threading.Event())
        ticket.when_done(lambda _: sleeper.awake.set())
        with self._lock:
            self._sleepers.add(sleeper)
        self._wake()
        try:
            sleeper.awake.wait(timeout_s + HANG_S)
        finally:
            with self._lock:
                self._sleepers.discard(sleeper)
        return ticket.done

    def ring(self, now: float) -> None:
        """Wake who has waited long enough. The thread that calls this is the radio's."""
        self._radio_thread = threading.get_ident()
        if self._sleepers:
            with self._lock:
                due = [sleeper for sleeper in self._sleepers if sleeper.until <= now]
            for sleeper in due:
                sleeper.awake.set()

    def soonest(self) -> float:
        """When ring() has somebody to wake; inf if nobody waits."""
        with self._lock:
            return min((sleeper.until for sleeper in self._sleepers if not sleeper.awake.is_set()), default=math.inf)

    def close(self) -> None:
        """Wake everybody: no thread looks at the clock any more."""
        with self._lock:
            sleepers = list(self._sleepers)
        for sleeper in sleepers:
            sleeper.awake.set()
