"""From one thread to many readers."""

from __future__ import annotations

import asyncio
import gc
import threading

import pytest

from energy_hw.publisher import Callbacks, Publisher

BOUND_S = 20.0


def test_the_first_reader_gets_what_came_before_it() -> None:
    publisher: Publisher[int] = Publisher()
    publisher.publish(1)
    first, second = publisher.subscribe(), publisher.subscribe()
    publisher.publish(2)
    publisher.close()
    publisher.close()
    assert (list(first), list(second)) == ([1, 2], [2])


def test_a_reader_that_comes_after_the_end_ends() -> None:
    publisher: Publisher[int] = Publisher()
    publisher.close()
    assert list(publisher.subscribe()) == []
    assert list(publisher.subscribe()) == []


def test_a_slow_reader_loses_the_oldest_and_it_is_counted() -> None:
    publisher: Publisher[int] = Publisher(most_waiting=2)
    publisher.publish(-1)
    slow = publisher.subscribe()
    for item in range(5):
        publisher.publish(item)
    publisher.close()
    assert list(slow) == [3, 4]
    assert publisher.dropped == 4


def test_a_backlog_that_nobody_asked_for_is_bounded_and_no_loss() -> None:
    publisher: Publisher[int] = Publisher(most_waiting=2)
    for item in range(5):
        publisher.publish(item)
    publisher.close()
    assert list(publisher.subscribe()) == [3, 4]
    assert publisher.dropped == 0


def test_a_reader_that_is_forgotten_costs_nothing() -> None:
    publisher: Publisher[int] = Publisher(most_waiting=1)
    reader = publisher.subscribe()
    del reader
    gc.collect()
    for item in range(5):
        publisher.publish(item)
    assert publisher.dropped == 0


def test_the_same_for_asyncio() -> None:
    publisher: Publisher[int] = Publisher()

    async def collect() -> list[int]:
        got = []
        async for item in publisher.stream():
            got.append(item)
            if item == 1:
                threading.Thread(target=lambda: (publisher.publish(2), publisher.close())).start()
        return got

    publisher.publish(1)
    assert asyncio.run(asyncio.wait_for(collect(), BOUND_S)) == [1, 2]
    publisher.close()  # the loop is gone: nothing to tell any more


def test_callbacks_run_in_order_in_a_thread_of_their_own() -> None:
    calls: list[tuple[int, str]] = []
    callbacks = Callbacks()
    for item in range(3):
        callbacks.call(lambda item: calls.append((item, threading.current_thread().name)), item)
    callbacks.call(None, 4)
    callbacks.close()
    callbacks.close()
    assert calls == [(item, "energy-hw-callback") for item in range(3)]


def test_a_callback_that_fails_is_logged_once_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    callbacks = Callbacks()
    for item in range(3):
        callbacks.call(lambda item: 1 / 0, item)
    callbacks.close()
    assert callbacks.errors == 3
    assert len(caplog.records) == 1
    assert "ZeroDivisionError" in caplog.text


def test_a_slow_callback_drops_and_delays_nobody() -> None:
    callbacks, go, started = Callbacks(most_waiting=2), threading.Event(), threading.Event()
    done: list[int] = []
    callbacks.call(lambda item: (started.set(), go.wait(BOUND_S)), 0)
    assert started.wait(BOUND_S)
    for item in range(5):
        callbacks.call(done.append, item)
    go.set()
    callbacks.close()
    assert (done, callbacks.dropped) == ([3, 4], 3)


def test_callbacks_may_be_closed_by_one_of_them() -> None:
    callbacks, closed = Callbacks(), threading.Event()
    callbacks.call(lambda item: (callbacks.close(), closed.set()), 0)
    assert closed.wait(BOUND_S)
    callbacks.close()


def test_without_callbacks_there_is_no_thread() -> None:
    before = threading.active_count()
    callbacks = Callbacks()
    callbacks.call(None, 1)
    assert threading.active_count() == before
    callbacks.close()
