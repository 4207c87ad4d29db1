"""Simulated time: integer nanoseconds and a queue of what happens when.

VirtualClock moves only when somebody waits, so a day passes in seconds and every
run is the same. RealTimeClock follows the wall clock, `speed` times as fast, for
demonstrations and for test benches whose other half is a real kernel.

Thread safety: `lock` guards the clock and everything that hangs on it (chip, air,
devices). Callbacks run with it held, in the order of their time, then of their
registration; they may register more, and may not wait.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = 1_000_000_000
LONGEST_SLEEP_S = 0.25


class Event:
    """Something that will happen, unless it is cancelled."""

    __slots__ = ("callback", "ns")

    def __init__(self, ns: int, callback: Callable[[], object]) -> None:
        self.ns = ns
        self.callback: Callable[[], object] | None = callback

    def cancel(self) -> None:
        """Forget it; harmless when it has happened."""
        self.callback = None


class VirtualClock:
    """Time that stands still until somebody waits. Satisfies links.clock.Clock.

    `now_ns` is the time since the start; inside a callback, exactly the time it was registered for.
    """

    def __init__(self, start: datetime = START) -> None:
        self.start = start
        self.now_ns = 0
        self.lock = threading.Condition(threading.RLock())
        self._queue: list[tuple[int, int, Event]] = []
        self._order = itertools.count()
        self._in_callback = False

    def monotonic(self) -> float:
        """Seconds since the start."""
        return self.now_ns / SECOND

    def now(self) -> datetime:
        """Time of day: the start date plus what passed."""
        return self.start + timedelta(microseconds=self.now_ns // 1000)

    def call_at(self, ns: int, callback: Callable[[], object]) -> Event:
        """Call back at ns, or as soon as time moves if that is over."""
        with self.lock:
            event = Event(max(ns, self.now_ns), callback)
            heapq.heappush(self._queue, (event.ns, next(self._order), event))
            self._kick()
        return event

    def call_in(self, ns: int, callback: Callable[[], object]) -> Event:
        """Call back ns from now."""
        with self.lock:
            self.pump()
            return self.call_at(self.now_ns + ns, callback)

    def advance(self, ns: int) -> None:
        """Let ns pass."""
        self.advance_to(self.now_ns + ns)

    def advance_to(self, ns: int) -> None:
        """Let time pass until ns; what is due happens on the way."""
        with self.lock:
            self._refuse_in_callback()
            while self._run_next(ns):
                pass
            self.now_ns = max(self.now_ns, ns)

    def wait(self, timeout_ns: int, done: Callable[[], bool]) -> bool:
        """Let time pass until done() holds, at most timeout_ns; whether it holds."""
        deadline = self.now_ns + timeout_ns
        while not done():  # the lock is free between two events, so that other threads get in
            with self.lock:
                self._refuse_in_callback()
                if not self._run_next(deadline):
                    self.now_ns = max(self.now_ns, deadline)
                    return done()
        return True

    def pump(self) -> None:
        """Let happen what is due. Call with the lock held before looking at anything simulated."""

    def wake(self) -> None:
        """Let a wait() look at its done() again; from any thread."""

    def close(self) -> None:
        """Stop what runs in the background: nothing here."""

    def _kick(self) -> None:
        """The queue changed."""

    def _run_next(self, limit_ns: int) -> bool:
        """Run the next event up to limit_ns; False if there is none."""
        if not self._queue or self._queue[0][0] > limit_ns:
            return False
        ns, _, event = heapq.heappop(self._queue)
        callback, event.callback = event.callback, None
        if callback is not None:
            self.now_ns = max(self.now_ns, ns)
            self._in_callback = True
            try:
                callback()
            finally:
                self._in_callback = False
        return True

    def _refuse_in_callback(self) -> None:
        if self._in_callback:
            raise RuntimeError("a callback of the simulated clock may not let time pass")


class RealTimeClock(VirtualClock):
    """Time that follows the wall clock, `speed` times as fast.

    background: a thread of its own lets events happen when due even if nobody waits; close() ends it.
    """

    def __init__(self, speed: float = 1.0, start: datetime | None = None, background: bool = False) -> None:
        super().__init__(start or datetime.now(UTC))
        self.speed = speed
        self._origin_ns = time.monotonic_ns()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="simulated time", daemon=True)
        if background:
            self._thread.start()

    def wall_ns(self) -> int:
        """What the wall clock says the simulated time should be."""
        return int((time.monotonic_ns() - self._origin_ns) * self.speed)

    def monotonic(self) -> float:
        return self.wall_ns() / SECOND

    def now(self) -> datetime:
        return self.start + timedelta(microseconds=self.wall_ns() // 1000)

    def pump(self) -> None:
        if self._in_callback:
            return
        wall = self.wall_ns()
        while self._run_next(wall):
            self.lock.notify_all()
        self.now_ns = max(self.now_ns, wall)

    def advance(self, ns: int) -> None:
        self.advance_to(self.wall_ns() + ns)

    def advance_to(self, ns: int) -> None:
        self._sleep(ns, lambda: False)

    def wait(self, timeout_ns: int, done: Callable[[], bool]) -> bool:
        return self._sleep(self.wall_ns() + timeout_ns, done)

    def wake(self) -> None:
        with self.lock:
            self.lock.notify_all()

    def close(self) -> None:
        with self.lock:
            self._closed = True
            self.lock.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _kick(self) -> None:
        self.lock.notify_all()

    def _sleep(self, deadline: int, done: Callable[[], bool]) -> bool:
        with self.lock:
            self._refuse_in_callback()
            while True:
                self.pump()
                if done() or self.now_ns >= deadline:
                    return done()
                self._nap(deadline)

    def _nap(self, deadline: int) -> None:
        """Release the lock until the next event is due, or something changes."""
        due = min(deadline, self._queue[0][0]) if self._queue else deadline
        nap_s = (due - self.wall_ns()) / SECOND / self.speed
        if nap_s > 0:
            self.lock.wait(min(nap_s, LONGEST_SLEEP_S))

    def _work(self) -> None:
        with self.lock:
            while not self._closed:
                self.pump()
                self._nap(self.now_ns + SECOND)
