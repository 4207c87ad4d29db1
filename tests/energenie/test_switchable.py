"""What goes on and off: the same words for what answers and for what never does."""

from __future__ import annotations

import queue

import pytest

from device_rig import BOUND_S, SENSOR, Desk, open_desk
from energy_hw import Plug
from energy_hw.energenie.events import Certainty
from energy_hw.energenie.legacy import Socket
from energy_hw.energenie.orders import Outcome
from energy_hw.energenie.switchable import Switchable
from energy_hw.errors import CommandError, OutOfRange

KINDS = [lambda desk: Plug(desk.engine, SENSOR), lambda desk: Socket(desk.engine, 0x6C6C6, 1)]


@pytest.fixture(params=KINDS, ids=["plug", "socket"])
def make(request: pytest.FixtureRequest):  # type: ignore[no-untyped-def]
    return request.param


def test_nothing_is_known_at_first_and_toggling_is_refused(make) -> None:  # type: ignore[no-untyped-def]
    with open_desk() as desk:
        thing: Switchable = make(desk)
        assert (thing.is_on, thing.certainty) == (None, Certainty.UNKNOWN)
        with pytest.raises(CommandError, match=r"say on\(\) or off\(\)"):
            thing.toggle()


def test_after_an_order_is_on_air_it_is_assumed(make) -> None:  # type: ignore[no-untyped-def]
    with open_desk() as desk:
        thing: Switchable = make(desk)
        ticket = thing.on()
        assert thing.is_on is None
        desk.engine.run_s(0.5)
        assert (ticket.value, thing.is_on, thing.certainty) == (True, True, Certainty.ASSUMED)
        assert thing.switched() == (True, Certainty.ASSUMED)


@pytest.mark.parametrize("value", ["off", None, 2])
def test_what_is_neither_on_nor_off_is_refused(make, value: object) -> None:  # type: ignore[no-untyped-def]
    with open_desk() as desk, pytest.raises(OutOfRange, match="expected True or False"):
        make(desk).set(value)


def test_toggling_goes_by_the_order_that_waits(make) -> None:  # type: ignore[no-untyped-def]
    with open_desk() as desk:
        thing: Switchable = make(desk)
        assert [thing.on().value, thing.toggle().value, thing.toggle().value] == [True, False, True]


def test_each_has_a_switch_among_its_controls(make) -> None:  # type: ignore[no-untyped-def]
    with open_desk() as desk:
        thing: Switchable = make(desk)
        (switch,) = thing.controls()
        assert (switch.name, switch.kind) == ("switch", "switch")
        assert thing.command("switch", "on") == "assumed"


def test_a_socket_is_sent_and_assumed_when_waited_for() -> None:
    with open_desk() as desk:
        socket = Socket(desk.engine, 0x6C6C6, 1)
        assert socket.off(wait=BOUND_S).outcome is Outcome.ASSUMED
        assert socket.command("switch", True, wait=BOUND_S) == "assumed"
        assert (socket.is_on, socket.certainty) == (True, Certainty.ASSUMED)


def test_switched_is_told_when_it_becomes_known_and_when_it_changes(desk_and_plug: tuple[Desk, Plug]) -> None:
    desk, plug = desk_and_plug
    events = plug.events("switch_state")
    for value in (1, 1, 0, 0, 1):
        desk.say(2, SWITCH_STATE=value)
    changes = [event.value for event in iter(lambda: events.get(0), None) if event.changed]
    assert changes == [True, False, True]


def test_when_switched_calls_for_these_alone(desk_and_plug: tuple[Desk, Plug]) -> None:
    desk, plug = desk_and_plug
    calls: queue.Queue[object] = queue.Queue()
    plug.when_switched(lambda event: calls.put(event.value))
    for value in (1, 1, 0):
        desk.say(2, SWITCH_STATE=value)
    assert [calls.get(timeout=BOUND_S) for _ in range(2)] == [True, False]
    assert calls.empty()


def test_a_socket_tells_when_it_was_switched_too() -> None:
    with open_desk() as desk:
        socket = Socket(desk.engine, 0x6C6C6, 1)
        events = socket.events("switch_state")
        socket.on(wait=BOUND_S)
        socket.off(wait=BOUND_S)
        got = [(event.value, event.previous, event.certainty) for event in iter(lambda: events.get(0), None)]
        assert got == [(True, None, "assumed"), (False, True, "assumed")]


@pytest.fixture
def desk_and_plug():  # type: ignore[no-untyped-def]
    with open_desk() as desk:
        yield desk, Plug(desk.engine, SENSOR)
