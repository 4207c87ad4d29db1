"""The course of one order: when its next try is due, and when it is over.

    try gap try gap try  pause  try gap try gap try  pause ...   listening        expired
    |----- a round ----|        |----- a round ----|             |-- answer_s --|
    |--------------- effort_s, if it has a verdict --------------|
                                                                 a report contradicts: from the start

Nothing here looks at a clock or a radio: times come in and go out, seconds of the board's clock.
"""

from __future__ import annotations

import math
from random import Random

from energy_hw.core.airtime import fsk_airtime_us, ook_airtime_us
from energy_hw.energenie.orders import Order, Outcome, Priority
from energy_hw.errors import LinkError, NotConfirmed

PAUSE_S = 0.25
"""Before the second round; twice as long before each further one."""
SPREAD = (0.75, 1.25)
AFTER_ERROR_S = (0.05, 0.15)
"""Before the next try when the radio failed: it was reset, and is in receive mode again."""
FSK_S = fsk_airtime_us(15) / 1e6
"""An OpenHEMS command, as far as it is not built yet: the longest of them has 15 bytes."""


class Course:
    """How far an order has come. number: the order of submission. The radio's thread alone uses it."""

    def __init__(self, order: Order, number: int, now: float) -> None:
        self.order, self.ticket, self.number, self.asked_at = order, order.ticket, number, now
        self.due = now
        """When its next try may go; inf while only an answer is awaited."""
        self.first_end = math.inf
        """When its first transmission ended: nothing heard before can be an answer."""
        self.last_end = math.inf
        self.tried = 0
        self.error: Exception | None = None
        """What went wrong at the last try, if that was the radio's fault."""
        self.told: set[str] = set()
        """What has been counted of it already, once each."""
        self.deferred_at = now
        self._round = 0
        self._contradictions = 0
        self._effort_until = math.inf

    @property
    def airtime_s(self) -> float:
        """How long the next try takes the channel."""
        repeats = self.order.ook_repeats
        return max(ook_airtime_us(repeats), 0) / 1e6 if repeats else FSK_S

    @property
    def fresh(self) -> bool:
        """Whether it was not on air yet."""
        return self.first_end == math.inf

    @property
    def over_at(self) -> float:
        """When it is settled as it stands."""
        order = self.order
        if self.fresh:
            return min(self.asked_at + order.within_s, order.not_after)
        if order.verdict is not None:
            return self.last_end + order.answer_s
        return min(self.last_end + order.within_s, order.not_after)

    def is_over(self, now: float) -> bool:
        """Whether it is settled as it stands; a try that comes too late for its window is given up."""
        if now > self.order.not_after:
            self.due = math.inf
        return now >= self.over_at

    def in_vain(self, at: float) -> bool:
        """Whether a first try that could not start before this is one too late."""
        return self.fresh and at < math.inf and at > self.over_at

    def end(self) -> tuple[Outcome, Exception | None]:
        """How it ends when its time is over."""
        order, ticket = self.order, self.ticket
        if not self.fresh and order.verdict is None and order.not_after < math.inf:
            return Outcome.ASSUMED, None  # the window is closed, and it was sent in it
        if self.error is not None:
            return Outcome.FAILED, self.error
        if self.fresh:
            return Outcome.EXPIRED, NotConfirmed(f"{ticket} could not be on air in time: ask again", ticket)
        text = f"{ticket} was sent {ticket.tries} times, and no answer came: is it switched on, and in reach?"
        return Outcome.EXPIRED, NotConfirmed(text, ticket)

    @property
    def may_use_reserve(self) -> bool:
        """Whether it serves a device that listens for a moment only."""
        return self.order.priority <= Priority.JOIN

    def sent(self, now: float, random: Random) -> bool:
        """A try ended now. True if nothing more is to be done: no answer can come, and it was sent often enough."""
        self.error = None
        if self.fresh:
            self.first_end = now
            self._effort_until = now + self.order.effort_s
        self.last_end = now
        self.tried += 1
        if self.tried < self.order.tries:
            wider = 1 + self._round % 2  # in every second round: a late answer is not talked over for ever
            self._at(now + wider * random.uniform(*self.order.gap_s))
        elif self.order.verdict is not None:
            self._next_round(now, random)
        else:
            self.due = math.inf
        return self.due == math.inf and self.order.verdict is None

    def failed(self, error: Exception, now: float, random: Random) -> bool:
        """The radio could not send. False if the order does not insist."""
        self.error = error
        self._effort_until = max(self._effort_until, now + self.order.effort_s)
        self._at(now + random.uniform(*AFTER_ERROR_S))
        return self.order.insist and isinstance(error, LinkError)

    def contradicted(self, now: float, random: Random) -> bool:
        """The device says otherwise. False if it did once too often.

        While tries are outstanding that is no news: an earlier one was not heard. The next one goes at once, for the
        device listens now.
        """
        soon = now + random.uniform(*self.order.gap_s)
        if self.due < math.inf:
            self.due = min(self.due, soon)
            return True
        self._contradictions += 1
        if self._contradictions > self.order.resends:
            return False
        self._round, self.tried, self._effort_until = 0, 0, now + self.order.effort_s
        self.last_end = now
        self._at(soon)
        return True

    def refused(self) -> NotConfirmed:
        """What the caller is told when the device contradicts to the last."""
        text = f"{self.ticket} was sent {self.ticket.tries} times, and the device says otherwise"
        return NotConfirmed(text, self.ticket)

    def _next_round(self, now: float, random: Random) -> None:
        at = now + PAUSE_S * 2**self._round * random.uniform(*SPREAD)
        if at < self._effort_until:
            self._round, self.tried = self._round + 1, 0
            self._at(at)
        else:
            self.due = math.inf

    def _at(self, at: float) -> None:
        """The next try, if it may still start then."""
        self.due = at if at <= self.order.not_after else math.inf
