"""Devices on a hub with its thread: callbacks, asyncio, and many threads at once.

The simulated air runs faster than the wall clock; every wait is bounded.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from energy_hw import Etrv, Hub, Plug, Socket
from energy_hw.energenie.events import Event
from energy_hw.energenie.orders import Outcome
from energy_hw.errors import CommandError, LinkClosed, NotConfirmed
from energy_hw.sim.plugs import Plug as SimulatedPlug
from hub_rig import BOUND_S, open_hub
from lock_order import Orders, watched_locks

SENSOR = 0x000373


def test_a_hub_lists_the_house_as_it_is_heard() -> None:
    with Hub("sim:house?speed=50", state=None) as hub:
        reports = iter(hub)
        while len([thing for thing in hub.devices.values() if thing.memory.report]) < 9:
            next(reports)
        kinds = {thing.name: type(thing).__name__ for thing in hub.devices.values()}
        assert kinds["kettle"] == kinds["fridge"] == "Plug"
        assert (kinds["front door"], kinds["hall"], kinds["button"]) == ("OpenSensor", "MotionSensor", "Click")
        assert hub["kettle"].is_on is True


def test_a_callback_may_switch_and_wait_for_it() -> None:
    """It runs in a thread of its own: the radio goes on meanwhile."""
    with open_hub(speed=10.0) as (hub, board):
        there = SimulatedPlug(board.air, "plug", SENSOR)
        plug, outcomes, done = Plug(hub, SENSOR), [], threading.Event()

        def off(event: Event) -> None:
            if event.value:
                outcomes.append(plug.off(wait=60.0).outcome)
                done.set()

        plug.when_switched(off)
        there.start(0.5)
        assert done.wait(BOUND_S)
        assert (outcomes, there.relay) == ([Outcome.CONFIRMED], False)


def test_what_callbacks_raise_and_miss_is_in_the_hubs_counters() -> None:
    with open_hub() as (hub, board):
        plug, done = Plug(hub, SENSOR), threading.Event()
        plug.when("switch_state", lambda event: 1 / 0)
        plug.when_updated(lambda event: done.set())
        SimulatedPlug(board.air, "plug", SENSOR).start(0.1)
        assert done.wait(BOUND_S)
        assert hub.counters().callback_errors == 1
        assert hub.counters().dropped == 0


def test_asyncio_follows_a_device() -> None:
    async def three(plug: Plug) -> list[str]:
        names = []
        async for event in plug.events("real_power", "voltage"):
            names.append(event.name)
            if len(names) == 3:
                break
        return names

    with open_hub() as (hub, board):
        plug = Plug(hub, SENSOR)
        SimulatedPlug(board.air, "plug", SENSOR).start(0.1)
        names = asyncio.run(asyncio.wait_for(three(plug), BOUND_S))
    assert names == ["real_power", "voltage", "real_power"]


def test_closing_the_hub_ends_a_loop_over_events() -> None:
    with open_hub() as (hub, _):
        events = Plug(hub, SENSOR).events()
        ended = threading.Thread(target=lambda: list(events))
        ended.start()
    ended.join(BOUND_S)
    assert not ended.is_alive()


@pytest.fixture
def impatient() -> Iterator[None]:
    """Threads take turns a hundred times as often."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(5e-5)
    yield
    sys.setswitchinterval(before)


def test_a_circle_of_locks_would_be_seen() -> None:
    orders = Orders()
    for first, second in (("roster", "memory"), ("memory", "names"), ("names", "roster")):
        orders.taken(first)
        orders.taken(second)
        orders.released(second)
        orders.released(first)
    assert len(orders.circle()) == 4


@pytest.mark.usefixtures("impatient")
def test_many_threads_at_once_neither_deadlock_nor_fail_and_closing_ends_them() -> None:
    errors: list[BaseException] = []
    stop = threading.Event()

    def keep_on(work: Callable[[], object]) -> threading.Thread:
        def loop() -> None:
            try:
                while not stop.is_set():
                    work()
            except LinkClosed:
                return
            except BaseException as error:
                errors.append(error)

        thread = threading.Thread(target=loop)
        thread.start()
        return thread

    with watched_locks() as orders, open_hub(speed=50.0) as (hub, board):
        for number in range(4):
            SimulatedPlug(board.air, f"plug {number}", SENSOR + number).start(0.1 * number)
        plug = Plug(hub, SENSOR)
        seen = threading.Semaphore(0)
        plug.when_updated(lambda event: (plug.is_on, hub.devices, seen.release()))

        def switch() -> None:
            try:
                plug.toggle(wait=0.05)
            except (NotConfirmed, CommandError):
                stop.wait(0.001)

        def listen() -> None:
            plug.when("real_power", lambda event: event.changed)()
            plug.events().close()

        def look() -> None:
            (plug.is_on, plug.overdue, plug.apparent_power, plug.age_s(), hub.controls(), hub.counters())
            stop.wait(0.001)

        def tell_a_valve() -> None:
            valve = Etrv(hub, 0x97F)
            valve.set_target(20)
            stop.wait(0.001)

        def a_lamp() -> None:
            Socket(hub, 0x6C6C6, 1, name="lamp").is_on, hub["lamp"]
            stop.wait(0.001)

        works = [switch, listen, look, tell_a_valve, a_lamp, lambda: Plug(hub, SENSOR + 1)]
        threads = [keep_on(work) for work in works]
        for _ in range(5):
            assert seen.acquire(timeout=BOUND_S)
    stop.set()
    for thread in threads:
        thread.join(BOUND_S)
    assert not any(thread.is_alive() for thread in threads)
    assert errors == []
    assert len(orders.pairs) > 3  # locks were watched,
    assert orders.circle() == []  # and taken in one order
