"""Orders to the radio, and what becomes of them.

    Device  --Order-->  Scheduler  --frames-->  Radio
            <--Ticket--            <--answers--

An order is one command on its way: how to build its frame, how often to send it, and how to
tell from what the device says whether it obeyed. Its ticket is what the caller holds:

    queued -> sent -> confirmed | assumed | expired
       any of these -> replaced | cancelled | failed

A caller who waits has patience of his own, by the board's clock. When that is over wait() raises
NotConfirmed, and the order goes on within its own bounds, for a relay that switches late is better
than one left in the wrong state; the error's ticket tells what became of it, and can cancel it.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from energy_hw.core.message import Message
from energy_hw.errors import LinkTimeout, NotConfirmed

logger = logging.getLogger(__name__)

BOUND_S = 600.0
"""The scheduler settles every ticket itself; nobody waits longer than this for a thread that hangs."""


class Priority(IntEnum):
    """Who goes first when several want to transmit."""

    WINDOW = 0
    """A device listens now, for a fraction of a second."""
    JOIN = 1
    SWITCH = 2
    OOK = 3
    HOUSEKEEPING = 4


class Outcome(StrEnum):
    """How far an order has come; all but the first two are final."""

    QUEUED = "queued"
    """Waits for its turn or its window."""
    SENT = "sent"
    """On air at least once; the answer is outstanding."""
    CONFIRMED = "confirmed"
    """The device said that it obeyed."""
    ASSUMED = "assumed"
    """Sent as often as is useful to a device that never answers."""
    REPLACED = "replaced"
    """A newer order for the same thing took its place."""
    EXPIRED = "expired"
    """Not confirmed within its time, or never on air."""
    FAILED = "failed"
    """Could not be sent; the error says why."""
    CANCELLED = "cancelled"
    """Withdrawn by whoever held the ticket."""


FINAL = frozenset(Outcome) - {Outcome.QUEUED, Outcome.SENT}


_origin: ContextVar[str] = ContextVar("origin of orders", default="python")


@contextmanager
def ordered_by(origin: str) -> Iterator[None]:
    """Tickets made meanwhile, in this thread or task, carry this origin: `with ordered_by("mqtt"): plug.on()`."""
    token = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(token)


class Ticket:
    """What became of one order.

    device, name, value: what was asked; origin: by whom, see ordered_by(). tries: times on air. sent_at:
    monotonic seconds of the board's clock when it was first on air, None before. asked: time of day when the scheduler
    took it. error: why it failed or expired.

    Thread safety: read, wait() and cancel() from any thread; the scheduler alone settles it.
    """

    def __init__(self, device: str, name: str, value: object = None, origin: str | None = None) -> None:
        self.device, self.name, self.value = device, name, value
        self.origin = _origin.get() if origin is None else origin
        self.outcome = Outcome.QUEUED
        self.tries = 0
        self.sent_at: float | None = None
        self.asked: datetime | None = None
        self.error: Exception | None = None
        self.waiter: Callable[[Ticket, float], bool] | None = None
        """How wait() lets time pass by the board's clock; whether the ticket is done then. The scheduler's alone."""
        self._done = threading.Event()
        self._callbacks: list[Callable[[Ticket], None]] = []
        self._lock = threading.Lock()

    @property
    def done(self) -> bool:
        """Whether the outcome is final."""
        return self._done.is_set()

    def wait(self, timeout_s: float | None = None) -> Outcome:
        """The final outcome: confirmed or assumed.

        Raises NotConfirmed if it expired, was replaced or cancelled, or nothing is final after timeout_s by the
        board's clock (the order goes on then); else what kept it from being sent.
        """
        bound_s = BOUND_S if timeout_s is None else timeout_s
        if not (self._done.wait(bound_s) if self.waiter is None else self.waiter(self, bound_s)):
            if timeout_s is None:
                raise LinkTimeout(f"expected the scheduler to settle {self} within {BOUND_S:g} s, it did not")
            text = f"expected {self} to be confirmed within {timeout_s:g} s, it is {self.outcome} and goes on"
            raise NotConfirmed(text, self)
        if self.error is not None:
            raise self.error
        return self.outcome

    def cancel(self) -> bool:
        """Send it no more; True if that is what ended it. What is on air already may still be obeyed."""
        return self.settle(Outcome.CANCELLED, NotConfirmed(f"{self} was cancelled after {self.tries} tries", self))

    def when_done(self, callback: Callable[[Ticket], None]) -> None:
        """Call back once with the ticket when it is final, most often in the radio's thread: be quick."""
        with self._lock:
            if not self.done:
                self._callbacks.append(callback)
                return
        callback(self)

    def settle(self, outcome: Outcome, error: Exception | None = None) -> bool:
        """Make the outcome final, and say whether this did: the first one stays. Not for the caller's use."""
        with self._lock:
            if self.done:
                return False
            self.outcome, self.error = outcome, error
            self._done.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            self._tell(callback)
        return True

    def note_try(self, began: float) -> None:
        """It was on air once more, from `began`. The scheduler's alone."""
        with self._lock:
            self.tries += 1
            self.sent_at = began if self.sent_at is None else self.sent_at
            if not self.done:
                self.outcome = Outcome.SENT

    def _tell(self, callback: Callable[[Ticket], None]) -> None:
        try:
            callback(self)
        except Exception:
            logger.exception("a callback failed on %s", self)

    def __str__(self) -> str:
        value = "" if self.value is None else f"={self.value}"
        return f"{self.device} {self.name}{value}"


Verdict = Callable[[Message], bool | None]
"""What a message of the device says of an order: obeyed (True), contradicted (False), or nothing (None)."""


@dataclass(slots=True, eq=False)
class Order:
    """One command for the scheduler.

    device: its id. key: what it is about: a newer order with the same key takes the place of one that is not settled.
    build: makes the frame anew for each try (OpenHEMS: with a fresh pip), the 16-byte code for OOK; called in the
    radio's thread. ook_repeats: 0 for an OpenHEMS frame.

    within_s: has to be on air so soon after submit(), else it expires. not_after: no try starts later than that,
    monotonic seconds of the board's clock. insist: try again when the radio fails, else the error is the outcome.
    tries: times on air, gap_s apart (random within), unless confirmed earlier; this is one round. silence_s: so long
    nothing of ours on air before the first. spacing_s: so long after an order with the same key and another value;
    None is what the scheduler was made with. after: the ticket of an order that has to be settled first.

    verdict: None for a device that never answers: assumed once sent. Else further rounds follow after growing pauses
    for effort_s; then only the device's next report can confirm, until answer_s after the last try. A report that
    contradicts then starts it anew, `resends` times; once more and it is not confirmed.
    """

    device: str
    key: str
    build: Callable[[], bytes]
    ticket: Ticket
    priority: Priority = Priority.SWITCH
    ook_repeats: int = 0
    tries: int = 1
    gap_s: tuple[float, float] = (0.080, 0.120)
    silence_s: float = 0.0
    not_after: float = math.inf
    verdict: Verdict | None = None
    answer_s: float = 12.0
    resends: int = 5
    effort_s: float = 3.0
    within_s: float = 60.0
    insist: bool = True
    spacing_s: float | None = None
    after: Ticket | None = None
