"""Who transmits when: one radio, many orders.

The hub's thread calls run() between two looks at the radio, and heard() with each frame of
a device. Receiving is the resting state: also between the tries of one order, so that an
answer can stop the rest.
"""

from __future__ import annotations

import math
import threading
from random import Random

from energy_hw.energenie.orders import Order, Outcome, Ticket
from energy_hw.energenie.receiver import Heard, Receiver
from energy_hw.energenie.report import device_id
from energy_hw.errors import EnergyHwError, LinkClosed, NotConfirmed
from energy_hw.links.board import Board

MOST_WAITING = 256


class Scheduler:
    """Orders in, transmissions out.

    Thread safety: submit() from any thread; the rest belongs to the thread of the radio.
    """

    def __init__(self, receiver: Receiver, board: Board, seed: int | None = None) -> None:
        self._receiver, self._board = receiver, board
        self._random = Random(seed)  # noqa: S311 - gaps between repeats, nothing secret
        self._lock = threading.Lock()
        self._orders: list[Order] = []
        self._closed = False

    def submit(self, order: Order) -> Ticket:
        """Take an order; one that waits under the same key is replaced. Raises LinkClosed."""
        with self._lock:
            if self._closed:
                raise LinkClosed("the hub is closed: open a new one")
            replaced = [old for old in self._orders if old.key == order.key]
            self._orders = [old for old in self._orders if old.key != order.key]
            self._orders.append(order)
        for old in replaced:
            old.ticket.settle(Outcome.REPLACED, NotConfirmed(f"a newer order took the place of {old.ticket}"))
        self._board.pins.wake()
        return order.ticket

    def run(self) -> None:
        """Send what is due, one transmission at a time; settle what is over."""
        now = self._board.clock.monotonic()
        for order in sorted(self._waiting(), key=lambda order: (order.priority, order.due)):
            if order.ticket.done or now < order.due:
                continue
            self._attend(order, now)
            return

    def patience_s(self) -> float:
        """Seconds until run() has something to do."""
        now = self._board.clock.monotonic()
        return max(0.0, min((order.due - now for order in self._waiting()), default=math.inf))

    def heard(self, heard: Heard) -> None:
        """What a device said may confirm an order."""
        message = heard.message
        device = device_id(message.manufacturer, message.product, message.sensor)
        for order in self._waiting():
            if order.device == device and order.verdict and order.ticket.tries and order.verdict(message):
                self._settle(order, Outcome.CONFIRMED)

    def close(self) -> None:
        """Nothing is sent any more; what waits fails."""
        with self._lock:
            self._closed = True
        for order in self._waiting():
            self._settle(order, Outcome.FAILED, LinkClosed(f"the hub was closed before {order.ticket} was settled"))

    def _waiting(self) -> list[Order]:
        with self._lock:
            return list(self._orders)

    def _attend(self, order: Order, now: float) -> None:
        ticket = order.ticket
        if ticket.tries >= order.tries:
            text = f"{ticket} was sent {ticket.tries} times, and no answer came"
            self._settle(order, Outcome.EXPIRED, NotConfirmed(text))
        elif now > order.not_after:
            self._settle(order, Outcome.EXPIRED, NotConfirmed(f"{ticket} was not on air in time"))
        else:
            self._try(order, now)

    def _try(self, order: Order, now: float) -> None:
        try:
            self._send(order)
        except EnergyHwError as error:
            self._settle(order, Outcome.FAILED, error)
        else:
            self._note_sent(order, now)

    def _send(self, order: Order) -> None:
        frame = order.build()
        if order.ook_repeats:
            self._receiver.send_ook(frame, order.ook_repeats)
        else:
            self._receiver.send_fsk(frame)

    def _note_sent(self, order: Order, began: float) -> None:
        ticket, now = order.ticket, self._board.clock.monotonic()
        ticket.tries += 1
        ticket.outcome = Outcome.SENT
        ticket.sent_at = ticket.sent_at if ticket.sent_at is not None else began
        if ticket.tries < order.tries:
            order.due = now + self._random.uniform(*order.gap_s)
        elif order.verdict is None:
            self._settle(order, Outcome.ASSUMED)
        else:
            order.due = now + order.answer_s

    def _settle(self, order: Order, outcome: Outcome, error: Exception | None = None) -> None:
        with self._lock:
            self._orders = [other for other in self._orders if other is not order]
        order.ticket.settle(outcome, error)
