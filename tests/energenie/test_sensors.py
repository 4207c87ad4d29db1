"""Sensors that speak when something happens: nothing of it is lost."""

from __future__ import annotations

import queue
from collections.abc import Callable

import pytest

from device_rig import BOUND_S, SENSOR, Desk, open_desk, record
from energy_hw import Click, MotionSensor, OpenSensor
from energy_hw.energenie.engine import open_engine
from energy_hw.energenie.events import Cancel, Event
from energy_hw.energenie.sensors import press
from energy_hw.errors import OutOfRange
from energy_hw.sim import sensors
from energy_hw.sim.board import sim_board


class Heard:
    """What callbacks were called with, in order."""

    def __init__(self) -> None:
        self._calls: queue.Queue[tuple[str, object]] = queue.Queue()

    def note(self, name: str) -> Callable[[Event], None]:
        return lambda event: self._calls.put((name, event.value))

    def next(self, count: int) -> list[tuple[str, object]]:
        return [self._calls.get(timeout=BOUND_S) for _ in range(count)]

    def empty(self) -> bool:
        return self._calls.empty()


def test_motion_and_its_end_are_two_events_and_a_state() -> None:
    heard = Heard()
    with open_desk() as desk:
        sensor = MotionSensor(desk.engine, SENSOR)
        sensor.when_motion(heard.note("motion"))
        sensor.when_quiet(heard.note("quiet"))
        assert sensor.motion is None
        desk.say(0x0C, MOTION_DETECTOR=1)
        assert sensor.motion is True
        desk.say(0x0C, MOTION_DETECTOR=0)
        assert sensor.motion is False
        assert heard.next(2) == [("motion", True), ("quiet", False)]


def test_two_frames_within_one_look_are_two_events() -> None:
    """The second follows at once on the first: state and events have both."""
    board = sim_board(seed=1)
    sensor_there = sensors.MotionSensor(board.air, "hall", SENSOR)
    with open_engine(board) as engine:
        sensor = MotionSensor(engine, SENSOR)
        events = sensor.events("MOTION_DETECTOR")
        sensor_there.send(("MOTION_DETECTOR", 1))
        sensor_there.send(("MOTION_DETECTOR", 0))
        engine.run_s(1.0)
        assert [event.value for event in (events.get(0), events.get(0)) if event] == [True, False]


def test_a_low_battery_is_known_from_its_alarm_and_stays_known() -> None:
    with open_desk() as desk:
        sensor = MotionSensor(desk.engine, SENSOR)
        assert sensor.battery_low is None
        desk.say(0x0C, ALARM=0x42)
        desk.say(0x0C, MOTION_DETECTOR=1)
        assert sensor.battery_low is True
        desk.say(0x0C, ALARM=0x62)
        assert sensor.battery_low is False
        assert (sensor.battery_voltage, sensor.battery_percent) == (None, None)


def test_a_door_opens_and_closes() -> None:
    heard = Heard()
    with open_desk() as desk:
        door = OpenSensor(desk.engine, SENSOR)
        door.when_opened(heard.note("opened"))
        door.when_closed(heard.note("closed"))
        assert door.is_open is None
        for value in (1, 0, 1):
            desk.say(0x0D, DOOR_SENSOR=value)
            assert door.is_open is bool(value)
        assert heard.next(3) == [("opened", True), ("closed", False), ("opened", True)]
        assert (door.battery_low, door.battery_percent) == (None, None)


def test_opened_twice_means_that_the_closing_was_lost_and_is_told_twice() -> None:
    with open_desk() as desk:
        door, heard = OpenSensor(desk.engine, SENSOR), Heard()
        door.when_opened(heard.note("opened"))
        desk.say(0x0D, DOOR_SENSOR=1)
        desk.say(0x0D, DOOR_SENSOR=1)
        assert heard.next(2) == [("opened", True)] * 2


def test_every_press_is_an_event_also_when_equal() -> None:
    heard = Heard()
    with open_desk() as desk:
        click = Click(desk.engine, SENSOR)
        click.when_pressed(heard.note("any"))
        click.when_pressed(heard.note("double"), "double")
        assert click.last_press is None
        for kind in (1, 1, 2, 255):
            desk.say(0x13, BUTTON=kind, VOLTAGE=3.0)
        assert heard.next(5) == [("any", 1), ("any", 1), ("any", 2), ("double", 2), ("any", 255)]
        assert (click.last_press, click.battery_voltage, click.battery_percent) == ("long", 3, 95)


def test_a_press_of_a_kind_that_there_is_not() -> None:
    with open_desk() as desk, pytest.raises(OutOfRange, match="single, double, long, got 'triple'"):
        Click(desk.engine, SENSOR).when_pressed(print, "triple")


@pytest.mark.parametrize(("value", "word"), [(1, "single"), (2, "double"), (255, "long"), (7, "press 7"), (None, None)])
def test_a_press_in_words(value: int | None, word: str | None) -> None:
    assert press(value) == word


@pytest.mark.parametrize(
    ("product", "listen"),
    [
        (0x0C, lambda desk, call: MotionSensor(desk.engine, SENSOR).when_motion(call)),
        (0x0D, lambda desk, call: OpenSensor(desk.engine, SENSOR).when_opened(call)),
        (0x13, lambda desk, call: Click(desk.engine, SENSOR).when_pressed(call)),
    ],
)
def test_a_listener_can_leave_and_the_object_need_not_be_kept(
    product: int, listen: Callable[[Desk, Callable[[Event], None]], Cancel]
) -> None:
    heard = Heard()
    values = {0x0C: {"MOTION_DETECTOR": 1}, 0x0D: {"DOOR_SENSOR": 1}, 0x13: {"BUTTON": 1}}[product]
    with open_desk() as desk:
        cancel = listen(desk, heard.note("first"))
        listen(desk, heard.note("second"))
        desk.say(product, **values)
        assert [name for name, _ in heard.next(2)] == ["first", "second"]
        cancel()
        desk.say(product, **values)
        assert heard.next(1)[0][0] == "second"
        assert heard.empty()


def test_a_gateway_that_answers_a_join_is_not_taken_for_the_sensor() -> None:
    with open_desk() as desk:
        door = OpenSensor(desk.engine, SENSOR)
        joined = door.events("join")
        desk.send(0x0D, record("JOIN", None))
        assert (joined.get(0), door.last_seen) == (None, None)
        desk.send(0x0D, record("JOIN", None, command=True))
        assert joined.get(0) is not None
        assert door.last_seen is not None
