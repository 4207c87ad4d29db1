"""Events leave the radio's thread: to callbacks, loops and asyncio, bounded and isolated."""

from __future__ import annotations

import asyncio
import threading

import pytest

from device_rig import BOUND_S
from energy_hw.energenie.events import Callback, Callbacks, Event, EventStream, Listener, checked_name
from energy_hw.errors import ConfigError

POWER = Event("energenie:2:0x000373", "REAL_POWER", "real_power", 5, 3)


# -- what an event is ------------------------------------------------------


@pytest.mark.parametrize(("value", "previous", "changed"), [(5, 3, True), (5, 5, False), (5, None, True)])
def test_an_event_says_whether_the_value_is_new(value: int, previous: int | None, changed: bool) -> None:
    assert Event("d", "REAL_POWER", "real_power", value, previous).changed is changed


@pytest.mark.parametrize(
    ("name", "wants"), [("real_power", True), ("REAL_POWER", True), ("voltage", False), ("updated", False)]
)
def test_a_listener_wants_events_of_one_name_or_code(name: str, wants: bool) -> None:
    assert Listener(name, print).wants(POWER) is wants


def test_a_listener_may_have_a_condition() -> None:
    called: list[object] = []
    for value in (5, 6):
        Listener("real_power", called.append, lambda event, value=value: event.value == value).tell(POWER)
    assert called == [POWER]


@pytest.mark.parametrize("name", ["real_power", "REAL_POWER", "updated", "unknown_1f", "UNKNOWN_1F"])
def test_a_name_that_an_event_can_have(name: str) -> None:
    assert checked_name(name) == name


@pytest.mark.parametrize(
    ("name", "text"),
    [("real_powr", "did you mean real_power"), ("xyzzy", "expected a parameter such as real_power, or updated")],
)
def test_a_name_that_no_event_has_would_be_silence_for_ever(name: str, text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        checked_name(name)


def test_a_listener_that_has_left_is_not_called_for_what_waits() -> None:
    called: list[object] = []
    listener = Listener("real_power", lambda event: called.append(event.value))
    callbacks, done = Callbacks(), threading.Event()
    callbacks.post(listener, POWER)
    listener.active = False
    callbacks.call(done.set)
    assert done.wait(BOUND_S)
    assert called == []


# -- callbacks -------------------------------------------------------------


def post(callbacks: Callbacks, function: Callback) -> None:
    callbacks.post(Listener("real_power", function), POWER)


@pytest.fixture
def callbacks() -> Callbacks:
    running = Callbacks(most_waiting=3)
    running.start()
    return running


def test_callbacks_are_called_in_order_in_a_thread_of_their_own(callbacks: Callbacks) -> None:
    called: list[tuple[str, str]] = []
    done = threading.Event()
    for name in "abc":
        post(callbacks, lambda _, name=name: called.append((name, threading.current_thread().name)))
        callbacks.call(done.set)
        assert done.wait(BOUND_S)
        done.clear()
    callbacks.close()
    assert called == [(name, "energy-hw-events") for name in "abc"]


def test_a_callback_that_raises_is_logged_once_and_the_next_one_is_called(
    callbacks: Callbacks, caplog: pytest.LogCaptureFixture
) -> None:
    done = threading.Event()

    def fail(event: Event) -> None:
        raise ValueError("a bug in the user's code")

    post(callbacks, fail)
    post(callbacks, fail)
    callbacks.call(done.set)
    assert done.wait(BOUND_S)
    assert callbacks.errors == 2
    assert len([line for line in caplog.records if line.levelname == "ERROR"]) == 1
    assert "a bug in the user's code" in caplog.text


def test_a_callback_that_hangs_costs_the_oldest_events_and_they_are_counted(callbacks: Callbacks) -> None:
    held, release, called = threading.Event(), threading.Event(), []
    done = threading.Event()
    post(callbacks, lambda _: (held.set(), release.wait(BOUND_S)))
    assert held.wait(BOUND_S)
    for number in range(4):
        post(callbacks, lambda _, number=number: called.append(number))
    callbacks.call(done.set)
    assert callbacks.dropped == 2
    release.set()
    assert done.wait(BOUND_S)
    assert called == [2, 3]


def test_closing_still_delivers_what_waits(callbacks: Callbacks) -> None:
    called: list[int] = []
    for number in range(3):
        callbacks.call(lambda number=number: called.append(number))
    callbacks.close()
    assert called == [0, 1, 2]


def test_a_callback_may_close_what_called_it(callbacks: Callbacks) -> None:
    done = threading.Event()
    callbacks.call(lambda: (callbacks.close(), done.set()))
    assert done.wait(BOUND_S)


def test_starting_after_the_end_starts_nothing() -> None:
    callbacks = Callbacks()
    callbacks.close()
    callbacks.start()
    assert callbacks._thread is None


# -- streams ---------------------------------------------------------------


def test_a_stream_gives_the_events_that_it_was_asked_for() -> None:
    stream = EventStream(("VOLTAGE", "real_power"))
    stream.offer(Event("d", "FREQUENCY", "frequency"))
    stream.offer(POWER)
    stream.offer(Event("d", "VOLTAGE", "voltage"))
    stream.close()
    assert [event.name for event in stream] == ["real_power", "voltage"]


def test_a_stream_that_nobody_reads_loses_the_oldest_and_counts() -> None:
    with EventStream((), most_waiting=2) as stream:
        for number in range(5):
            stream.offer(Event("d", "BUTTON", "button", number))
        assert stream.dropped == 3
        assert [stream.get(0).value, stream.get(0).value] == [3, 4]  # type: ignore[union-attr]
    assert stream.get(0) is None


def test_a_stream_is_read_from_asyncio() -> None:
    async def read() -> list[object]:
        stream = EventStream(())
        feeder = threading.Thread(target=lambda: ([stream.offer(POWER) for _ in range(3)], stream.close()))
        feeder.start()
        values = [event.value async for event in stream]
        feeder.join(BOUND_S)
        return values

    assert asyncio.run(asyncio.wait_for(read(), BOUND_S)) == [5, 5, 5]


def test_a_stream_outlives_the_event_loop_that_read_it() -> None:
    stream = EventStream(())

    async def read_one() -> None:
        stream.offer(POWER)
        async for _ in stream:
            return

    asyncio.run(asyncio.wait_for(read_one(), BOUND_S))
    stream.offer(POWER)
    event = stream.get(0)
    assert event is not None
    assert event.value == 5
