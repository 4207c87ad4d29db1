"""The bounded queue between a source's thread and a reader."""

from __future__ import annotations

import threading

from energy_hw.subscription import Subscription


def test_items_come_in_order() -> None:
    subscription: Subscription[int] = Subscription(10)
    for item in range(3):
        subscription.put(item)
    assert [subscription.get(0) for _ in range(4)] == [0, 1, 2, None]


def test_a_full_queue_drops_the_oldest_and_counts_it() -> None:
    subscription: Subscription[int] = Subscription(3)
    assert [subscription.put(item) for item in range(10)] == [False] * 3 + [True] * 7
    subscription.close()
    assert list(subscription) == [7, 8, 9]
    assert subscription.dropped == 7


def test_a_queue_of_nothing_holds_the_newest() -> None:
    subscription: Subscription[int] = Subscription(0)
    assert [subscription.put(item) for item in range(3)] == [False, True, True]
    assert subscription.get(0) == 2


def test_closing_ends_an_iteration_after_what_is_left() -> None:
    subscription: Subscription[str] = Subscription(10)
    subscription.put("last")
    subscription.close()
    subscription.close()
    assert list(subscription) == ["last"]
    assert subscription.closed


def test_a_waiting_reader_wakes_for_an_item() -> None:
    subscription: Subscription[str] = Subscription(10)
    got: list[str | None] = []
    reader = threading.Thread(target=lambda: got.append(subscription.get(10)))
    reader.start()
    subscription.put("item")
    reader.join(10)
    assert got == ["item"]


def test_a_waiting_reader_wakes_when_it_is_closed() -> None:
    subscription: Subscription[str] = Subscription(10)
    reader = threading.Thread(target=lambda: list(subscription))
    reader.start()
    subscription.close()
    reader.join(10)
    assert not reader.is_alive()


def test_the_writer_is_told_of_every_item_and_of_the_end() -> None:
    told: list[int] = []
    subscription: Subscription[int] = Subscription(10)
    subscription.tell(lambda: told.append(1))
    subscription.put(1)
    subscription.put(2)
    subscription.close()
    assert len(told) == 3
