"""Waiting by a clock that another thread looks at."""

from __future__ import annotations

import math
import threading

import pytest

from energy_hw.energenie.orders import Outcome, Ticket
from energy_hw.energenie.patience import Patience
from energy_hw.sim.clock import SECOND, VirtualClock

BOUND_S = 20.0


class Waiter:
    """A thread that waits five seconds of the clock."""

    def __init__(self) -> None:
        self.clock, self.woken = VirtualClock(), threading.Event()
        self.patience = Patience(self.clock, self.woken.set)
        self.ticket = Ticket("plug", "switch", True)
        self.done: list[bool] = []
        self.thread = threading.Thread(target=lambda: self.done.append(self.patience.wait(self.ticket, 5.0)))
        self.thread.start()
        assert self.woken.wait(BOUND_S)

    def end(self) -> bool:
        self.thread.join(BOUND_S)
        assert not self.thread.is_alive()
        assert self.patience.soonest() == math.inf
        return self.done[0]


def test_who_waits_wakes_the_radio_and_is_woken_when_the_clock_says_so() -> None:
    waiter = Waiter()
    assert waiter.patience.soonest() == 5.0
    waiter.patience.ring(4.9)
    assert waiter.thread.is_alive()
    waiter.clock.advance(5 * SECOND)
    waiter.patience.ring(waiter.clock.monotonic())
    assert waiter.end() is False


def test_a_ticket_that_is_settled_ends_the_wait() -> None:
    waiter = Waiter()
    waiter.ticket.settle(Outcome.CONFIRMED)
    assert waiter.end() is True


def test_closing_wakes_everybody() -> None:
    waiter = Waiter()
    waiter.patience.close()
    assert waiter.end() is False


def test_in_the_radios_thread_only_what_is_settled_can_be_awaited() -> None:
    patience, ticket = Patience(VirtualClock(), lambda: None), Ticket("plug", "switch", True)
    patience.ring(0.0)
    with pytest.raises(RuntimeError, match="use when_done"):
        patience.wait(ticket, 5.0)
    ticket.settle(Outcome.CONFIRMED)
    assert patience.wait(ticket, 5.0)
