"""Orders that are not settled: one for each key, bounded, and whose turn it is."""

from __future__ import annotations

import pytest

from control_rig import light, switch
from energy_hw.energenie.order_queue import OLD_S, OrderQueue
from energy_hw.energenie.orders import Outcome, Priority
from energy_hw.errors import LinkClosed, QueueFull


def test_a_newer_order_stands_at_the_end() -> None:
    queue = OrderQueue()
    first, other, newer = switch(True, 1), switch(True, 2), switch(False, 1)
    for order in (first, other, newer):
        queue.put(order, 0.0)
    assert [course.order for course in queue.live()] == [other, newer]
    assert first.ticket.outcome is Outcome.REPLACED


def test_what_is_settled_is_forgotten_and_makes_room() -> None:
    queue = OrderQueue(most=2)
    orders = [switch(True, sensor) for sensor in range(3)]
    queue.put(orders[0], 0.0)
    queue.put(orders[1], 0.0)
    with pytest.raises(QueueFull):
        queue.put(orders[2], 0.0)
    orders[0].ticket.cancel()
    queue.put(orders[2], 0.0)
    assert [course.order for course in queue.live()] == orders[1:]


def test_closed_it_takes_nothing_and_gives_what_was_left() -> None:
    queue, order = OrderQueue(), switch(True)
    queue.put(order, 0.0)
    assert [course.order for course in queue.close()] == [order]
    with pytest.raises(LinkClosed, match="open a new one"):
        queue.put(switch(True), 0.0)


def test_priority_then_who_was_served_longest_ago_then_age() -> None:
    queue = OrderQueue()
    orders = [light("lamp"), switch(True, 1), switch(True, 2), switch(True, 3, priority=Priority.JOIN)]
    for order in orders:
        queue.put(order, 0.0)
    queue.served(orders[1].device, 1.0)
    turns = []
    while (course := queue.first(queue.live(), 2.0)) is not None:
        turns.append(course.order)
        course.ticket.cancel()
    assert turns == [orders[3], orders[2], orders[1], orders[0]]


def test_what_waits_long_rises_but_never_above_a_switch() -> None:
    queue = OrderQueue()
    queue.put(light("lamp", priority=Priority.HOUSEKEEPING), 0.0)
    queue.put(switch(True, 1), 3 * OLD_S)
    queue.put(switch(True, 2, priority=Priority.JOIN), 3 * OLD_S)
    turns = []
    while (course := queue.first(queue.live(), 3 * OLD_S)) is not None:
        turns.append(course.order.priority)
        course.ticket.cancel()
    assert turns == [Priority.JOIN, Priority.HOUSEKEEPING, Priority.SWITCH]
