"""Orders to the radio, and what becomes of them.

    Device  --Order-->  Scheduler  --frames-->  Radio
            <--Ticket--            <--answers--

An order is one command on its way: how to build its frame, how often to send it, and how to
tell from what the device says whether it obeyed. Its ticket is what the caller holds.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from energy_hw.core.message import Message
from energy_hw.errors import LinkTimeout, NotConfirmed

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
    """How far an order has come; the last five are final."""

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


FINAL = frozenset((Outcome.CONFIRMED, Outcome.ASSUMED, Outcome.REPLACED, Outcome.EXPIRED, Outcome.FAILED))


class Ticket:
    """What became of one order.

    device, name, value: what was asked. tries: times on air. sent_at: monotonic seconds of the board's clock when it
    was first on air, None before. error: why it failed or expired.

    Thread safety: read from any thread; the scheduler alone settles it.
    """

    def __init__(self, device: str, name: str, value: object = None) -> None:
        self.device, self.name, self.value = device, name, value
        self.outcome = Outcome.QUEUED
        self.tries = 0
        self.sent_at: float | None = None
        self.error: Exception | None = None
        self.waiter: Callable[[Ticket, float], bool] | None = None
        """How wait() lets time pass where no thread of the radio does; whether the ticket is done then."""
        self._done = threading.Event()
        self._callbacks: list[Callable[[Ticket], None]] = []
        self._lock = threading.Lock()

    @property
    def done(self) -> bool:
        """Whether the outcome is final."""
        return self._done.is_set()

    def wait(self, timeout_s: float | None = None) -> Outcome:
        """The final outcome: confirmed or assumed.

        Raises NotConfirmed if it expired, was replaced, or nothing is final after timeout_s (wall clock); else what
        kept it from being sent.
        """
        bound_s = BOUND_S if timeout_s is None else timeout_s
        if not (self._done.wait(bound_s) if self.waiter is None else self.waiter(self, bound_s)):
            if timeout_s is None:
                raise LinkTimeout(f"expected the scheduler to settle {self} within {BOUND_S:g} s, it did not")
            raise NotConfirmed(f"expected {self} to be confirmed within {timeout_s:g} s, it is {self.outcome}")
        if self.error is not None:
            raise self.error
        return self.outcome

    def when_done(self, callback: Callable[[Ticket], None]) -> None:
        """Call back once with the ticket when it is final, in the radio's thread: be quick."""
        with self._lock:
            if not self.done:
                self._callbacks.append(callback)
                return
        callback(self)

    def settle(self, outcome: Outcome, error: Exception | None = None) -> None:
        """The scheduler's alone: make the outcome final. The first one stays."""
        with self._lock:
            if self.done:
                return
            self.outcome, self.error = outcome, error
            self._done.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback(self)

    def __str__(self) -> str:
        value = "" if self.value is None else f"={self.value}"
        return f"{self.device} {self.name}{value}"


Verdict = Callable[[Message], bool | None]
"""What a message of the device says of an order: obeyed, contradicted, or nothing."""


@dataclass(slots=True, eq=False)
class Order:
    """One command for the scheduler.

    device: its id. key: a newer order with the same key replaces one that still waits. build: makes the frame anew for
    each try (OpenHEMS: with a fresh pip), the 16-byte code for OOK. ook_repeats: 0 for an OpenHEMS frame.
    tries: times on air, gap_s apart (random within), unless confirmed earlier. silence_s: so long nothing of ours on
    air before it.
    not_after: monotonic seconds of the board's clock; expired if not on air by then.
    verdict: None for a device that never answers: assumed once sent. answer_s: how long after the last try an answer
    may come. resends: further rounds of tries when a report contradicts.
    """

    device: str
    key: str
    build: Callable[[], bytes]
    ticket: Ticket
    priority: Priority = Priority.SWITCH
    ook_repeats: int = 0
    tries: int = 1
    gap_s: tuple[float, float] = (0.020, 0.060)
    silence_s: float = 0.0
    not_after: float = math.inf
    verdict: Verdict | None = None
    answer_s: float = 12.0
    resends: int = 0
    due: float = field(default=-math.inf)
    """When its next try may go; the scheduler's alone."""
