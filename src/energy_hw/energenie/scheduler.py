"""Who transmits when: one radio, many orders.

    submit --> OrderQueue --> Gate --> Listening --> radio
    any thread   whose turn     may it    is the channel free
                    |                            |
                 Course: when is its next try  <-+--  heard: obeyed, or contradicted

The radio's thread calls run() between two looks at the radio, and heard() with each frame of
a device. Receiving is the resting state: also between the tries of one order, so that an
answer can stop the rest, and between the bursts of a light switch.
"""

from __future__ import annotations

import logging
import math
import threading
from collections import Counter
from random import Random

from energy_hw.energenie.audit import Audit
from energy_hw.energenie.counters import OrderCounters
from energy_hw.energenie.course import Course
from energy_hw.energenie.forecast import Forecast
from energy_hw.energenie.gate import SPACING_S, Gate
from energy_hw.energenie.listening import LOOK_S, Channel, Listening
from energy_hw.energenie.order_queue import OrderQueue
from energy_hw.energenie.orders import Order, Outcome, Ticket
from energy_hw.energenie.patience import Patience
from energy_hw.energenie.receiver import Heard, Receiver
from energy_hw.energenie.report import device_id
from energy_hw.errors import AirtimeExceeded, LinkClosed, LinkError, QueueFull, RadioLost
from energy_hw.links.board import Board

logger = logging.getLogger(__name__)


class Scheduler:
    """Orders in, transmissions out.

    seed: of the random gaps. spacing_s: between orders of other value with one key, 0 for none. audit: where orders
    are noted; close() closes it.

    Thread safety: submit() and counters() from any thread; the rest belongs to the thread of the radio.
    """

    def __init__(
        self,
        receiver: Receiver,
        board: Board,
        seed: int | None = None,
        *,
        spacing_s: float = SPACING_S,
        audit: Audit | None = None,
    ) -> None:
        self._receiver, self._clock, self._pins = receiver, board.clock, board.pins
        self._random = Random(seed)  # noqa: S311 - gaps between repeats, nothing secret
        self.forecast = Forecast(board.clock)
        self.audit = audit or Audit(board.clock.now)
        self._queue = OrderQueue()
        self._gate = Gate(receiver.budget, self.forecast, self._random, spacing_s)
        self._listening = Listening(receiver, self._random)
        self._patience = Patience(board.clock, board.pins.wake)
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._next_at = -math.inf

    def submit(self, order: Order) -> Ticket:
        """Take an order; one with its key that is not settled is replaced. Raises LinkClosed or QueueFull."""
        ticket = order.ticket
        ticket.asked, ticket.waiter = self._clock.now(), self._patience.wait
        try:
            self._queue.put(order, self._clock.monotonic())
        except (QueueFull, LinkClosed) as error:
            self._count("refused")
            ticket.settle(Outcome.FAILED, error)
            self.audit.note(ticket)
            raise
        self._count("taken")
        ticket.when_done(self._note)
        self._pins.wake()
        return ticket

    def run(self) -> None:
        """Send what is due, one transmission at a time; settle what is over."""
        now = self._clock.monotonic()
        self._patience.ring(now)
        courses = self._queue.live()
        self._next_at = math.inf
        self._gate.look(courses, now)
        ready = [course for course in courses if self._is_ready(course, now)]
        course = None if self._receiver.away else self._queue.first(ready, now)
        if course is not None:
            self._attend(course, now)

    def patience_s(self) -> float:
        """Seconds until run() has something to do, or an awaited report has to be caught at once."""
        now = self._clock.monotonic()
        watch_s = max(LOOK_S, self.forecast.watch_at(now, blind=not self._pins.has_dio0) - now)
        return max(0.0, min(self._next_at - now, self._patience.soonest() - now, watch_s))

    @property
    def hurry(self) -> bool:
        """Whether a frame that is arriving has to be taken the moment it is complete.

        The chip is deaf from then on until it is taken, and a report for which something waits may come next.
        """
        return self._receiver.arriving and self.forecast.watch_at(now := self._clock.monotonic(), blind=False) <= now

    def heard(self, heard: Heard) -> None:
        """What a device said may confirm an order, or contradict it."""
        self.forecast.heard(heard)
        message = heard.message
        device = device_id(message.manufacturer, message.product, message.sensor)
        for course in self._queue.live():
            if course.order.device == device and heard.at >= course.first_end:
                self._judge(course, heard)

    def counters(self) -> OrderCounters:
        """A copy of the counters."""
        gate, listening = self._gate.counters, self._listening.counters
        with self._lock:
            counts = dict(self._counts)
        counts |= {"spaced": gate.spaced, "deferred": gate.deferred, "over_budget": gate.over_budget}
        counts |= {"listened": listening.listened, "jammed": listening.jammed, "unaudited": self.audit.failures}
        return OrderCounters(waiting=len(self._queue.live()), **counts)

    def close(self) -> None:
        """Nothing is sent any more; what waits fails. May be called twice."""
        for course in self._queue.close():
            text = f"the hub was closed before {course.ticket} was settled"
            course.ticket.settle(Outcome.FAILED, LinkClosed(text))
        self._patience.close()
        self.audit.close()

    # -- one order ---------------------------------------------------------

    def _is_ready(self, course: Course, now: float) -> bool:
        """Whether it may go now; notes when to look at it again, and settles what is over."""
        at = now if course.is_over(now) else self._opens_at(course, now)
        if course.is_over(now) or course.in_vain(at):
            course.ticket.settle(*course.end())
            self._next_at = now  # who waits for it shall not wait for the next look, too
            return False
        self._next_at = min(self._next_at, course.over_at, at if at > now else math.inf)
        if at <= now and self._receiver.away:
            course.error = RadioLost(f"the radio did not answer when it was the turn of {course.ticket}")
        return at <= now

    def _opens_at(self, course: Course, now: float) -> float:
        try:
            return self._gate.opens_at(course, now)
        except AirtimeExceeded as error:
            self._postpone(course, error)
            return course.due

    def _attend(self, course: Course, now: float) -> None:
        """Its turn has come: look at the channel, then send."""
        match self._listening.look(course, now):
            case Channel.BUSY:
                self._next_at = min(self._next_at, now + LOOK_S)
            case Channel.CLEAR | Channel.JAMMED:
                self._next_at = now
                self._try(course, now)
            case Channel.HEARD:
                self._next_at = now
            case Channel.AWAY:
                pass

    def _try(self, course: Course, began: float) -> None:
        try:
            self._send(course.order)
        except LinkError as error:
            self._failed(course, error)
        except AirtimeExceeded as error:
            self._postpone(course, error)
        except Exception as error:  # the frame could not be built, or is none
            course.ticket.settle(Outcome.FAILED, error)
        else:
            self._sent(course, began)

    def _send(self, order: Order) -> None:
        frame = order.build()
        if order.ook_repeats:
            self._receiver.send_ook(frame, order.ook_repeats)
        else:
            self._receiver.send_fsk(frame)

    def _sent(self, course: Course, began: float) -> None:
        now = self._clock.monotonic()
        self._gate.note(course, now)
        self._queue.served(course.order.device, now)
        if course.ticket.tries:
            self._count("resent")
        course.ticket.note_try(began)
        if course.sent(now, self._random):
            course.ticket.settle(Outcome.ASSUMED)

    def _failed(self, course: Course, error: LinkError) -> None:
        now = self._clock.monotonic()
        if not course.failed(error, now, self._random):
            course.ticket.settle(Outcome.FAILED, error)

    def _postpone(self, course: Course, error: AirtimeExceeded) -> None:
        """It waits for airtime, if that comes before its time is over."""
        self._gate.over_budget(course)
        course.error, course.due = error, self._clock.monotonic() + error.wait_s

    def _judge(self, course: Course, heard: Heard) -> None:
        verdict = _verdict(course.order, heard)
        if verdict:
            course.ticket.settle(Outcome.CONFIRMED)
        elif verdict is False:
            self._count("contradicted")
            if not course.contradicted(self._clock.monotonic(), self._random):
                course.ticket.settle(Outcome.EXPIRED, course.refused())

    # -- books -------------------------------------------------------------

    def _note(self, ticket: Ticket) -> None:
        self._count(ticket.outcome.value)
        self.audit.note(ticket)

    def _count(self, what: str) -> None:
        with self._lock:
            self._counts[what] += 1


def _verdict(order: Order, heard: Heard) -> bool | None:
    """A verdict that fails says nothing."""
    try:
        return None if order.verdict is None else order.verdict(heard.message)
    except Exception:
        logger.exception("the verdict of %s failed on %r", order.ticket, heard.message)
        return None
