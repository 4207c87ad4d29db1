"""Simulated time: order, waiting, and the real-time mode."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from energy_hw.links.clock import Clock
from energy_hw.sim.clock import SECOND, RealTimeClock, VirtualClock


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(datetime(2026, 3, 29, tzinfo=UTC))


@pytest.fixture
def fast() -> Iterator[RealTimeClock]:
    clock = RealTimeClock(speed=1000.0, background=True)
    yield clock
    clock.close()


def test_it_is_a_clock_of_the_package(clock: VirtualClock) -> None:
    used: Clock = clock
    clock.advance(90 * SECOND)
    assert used.monotonic() == 90.0
    assert used.now() == datetime(2026, 3, 29, 0, 1, 30, tzinfo=UTC)


def test_events_happen_in_the_order_of_time_then_of_registration(clock: VirtualClock) -> None:
    seen: list[tuple[str, int]] = []
    for name, ns in (("late", 30), ("first", 10), ("second", 10), ("after", 50)):
        clock.call_at(ns, partial(lambda name: seen.append((name, clock.now_ns)), name))
    clock.advance(40)
    assert seen == [("first", 10), ("second", 10), ("late", 30)]
    assert clock.now_ns == 40


def test_an_event_may_register_the_next(clock: VirtualClock) -> None:
    ticks: list[int] = []

    def tick() -> None:
        ticks.append(clock.now_ns)
        clock.call_in(100, tick)

    clock.call_in(100, tick)
    clock.advance(350)
    assert ticks == [100, 200, 300]


def test_a_cancelled_event_does_not_happen(clock: VirtualClock) -> None:
    seen: list[int] = []
    event = clock.call_in(10, lambda: seen.append(1))
    event.cancel()
    clock.advance(20)
    event.cancel()
    assert seen == []


def test_what_is_over_happens_when_time_moves(clock: VirtualClock) -> None:
    clock.advance(100)
    seen: list[int] = []
    clock.call_at(5, lambda: seen.append(clock.now_ns))
    clock.advance(1)
    assert seen == [100]


def test_waiting_ends_with_the_event_that_was_waited_for(clock: VirtualClock) -> None:
    seen: list[int] = []
    clock.call_at(70, lambda: seen.append(1))
    assert clock.wait(1000, lambda: bool(seen))
    assert clock.now_ns == 70


def test_waiting_in_vain_takes_the_whole_time(clock: VirtualClock) -> None:
    assert not clock.wait(1000, lambda: False)
    assert clock.now_ns == 1000


def test_a_callback_may_not_wait(clock: VirtualClock) -> None:
    clock.call_at(1, lambda: clock.advance(1))
    with pytest.raises(RuntimeError, match="may not let time pass"):
        clock.advance(10)
    clock.advance(10)  # and the clock still works
    assert clock.now_ns == 11


def test_two_threads_may_let_time_pass(clock: VirtualClock) -> None:
    def work() -> None:
        for _ in range(500):
            clock.advance(1)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert 500 <= clock.now_ns <= 1000


def test_real_time_runs_events_when_nobody_waits(fast: RealTimeClock) -> None:
    happened = threading.Event()
    at: list[int] = []

    def note() -> None:
        at.append(fast.now_ns)
        happened.set()

    due = fast.wall_ns() + SECOND
    fast.call_at(due, note)
    assert happened.wait(5)
    assert at == [due]


def test_real_time_waits_as_long_as_the_wall_clock_says(fast: RealTimeClock) -> None:
    before = fast.monotonic()
    fast.advance(20 * SECOND)  # 20 ms at a speed of 1000
    assert fast.monotonic() - before >= 20.0
    assert fast.now() - fast.start >= timedelta(seconds=20)


def test_real_time_wait_ends_when_another_thread_wakes_it(fast: RealTimeClock) -> None:
    flag: list[int] = []

    def wake() -> None:
        flag.append(1)
        fast.wake()

    thread = threading.Timer(0.01, wake)
    thread.start()
    assert fast.wait(60 * 1000 * SECOND, lambda: bool(flag))
    thread.join(5)


def test_real_time_stops_when_closed(fast: RealTimeClock) -> None:
    fast.close()
    fast.close()
    assert not any(thread.name == "simulated time" and thread.is_alive() for thread in threading.enumerate())
