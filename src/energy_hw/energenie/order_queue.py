"""The orders that are not settled: bounded, one for each key, and whose turn it is."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable

from energy_hw.energenie.course import Course
from energy_hw.energenie.orders import Order, Outcome, Priority
from energy_hw.errors import LinkClosed, NotConfirmed, QueueFull

MOST_WAITING = 256
OLD_S = 5.0
"""What has waited so long goes with the next higher priority: plugs that are switched all day starve no light."""
MOST_SERVED = 512


class OrderQueue:
    """Orders that wait, and those whose answer is outstanding.

    Thread safety: put() and live() from any thread; the rest from the radio's.
    """

    def __init__(self, most: int = MOST_WAITING) -> None:
        self.most = most
        self._lock = threading.Lock()
        self._courses: dict[str, Course] = {}
        self._number = 0
        self._closed = False
        self._served: dict[str, float] = {}

    def put(self, order: Order, now: float) -> None:
        """Take an order, in the place of one with its key. Raises LinkClosed, or QueueFull if there are too many."""
        with self._lock:
            if self._closed:
                raise LinkClosed("the hub is closed: open a new one")
            replaced = self._courses.get(order.key)
            self._check_room(order, replaced)
            self._courses.pop(order.key, None)  # the newer one stands at the end of the queue
            self._number += 1
            self._courses[order.key] = Course(order, self._number, now)
        if replaced is not None and replaced.ticket is not order.ticket:
            error = NotConfirmed(f"a newer order took the place of {replaced.ticket}", replaced.ticket)
            replaced.ticket.settle(Outcome.REPLACED, error)

    def _check_room(self, order: Order, replaced: Course | None) -> None:
        if replaced is None and len(self._courses) >= self.most:
            self._forget_done()
            if len(self._courses) >= self.most:
                text = f"expected at most {self.most} orders at a time, {order.ticket} is one more: wait for some"
                raise QueueFull(text, self.most)

    def live(self) -> list[Course]:
        """Every course whose ticket is not settled."""
        with self._lock:
            self._forget_done()
            return list(self._courses.values())

    def _forget_done(self) -> None:
        for key in [key for key, course in self._courses.items() if course.ticket.done]:
            del self._courses[key]

    def close(self) -> list[Course]:
        """Take no more; what is not settled."""
        with self._lock:
            self._closed = True
        return self.live()

    # -- whose turn it is --------------------------------------------------

    def first(self, ready: Iterable[Course], now: float) -> Course | None:
        """The most urgent; of equals the one whose device was served longest ago; of these the oldest."""
        return min(ready, key=lambda course: self._rank(course, now), default=None)

    def _rank(self, course: Course, now: float) -> tuple[int, float, int]:
        priority = int(course.order.priority)
        if priority > Priority.SWITCH:
            priority = max(Priority.SWITCH, priority - int((now - course.due) / OLD_S))
        return priority, self._served.get(course.order.device, -math.inf), course.number

    def served(self, device: str, now: float) -> None:
        """A device's order was on air: the others go first next time."""
        self._served.pop(device, None)
        self._served[device] = now
        if len(self._served) > MOST_SERVED:
            del self._served[next(iter(self._served))]
