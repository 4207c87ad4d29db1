"""Simulated sensors that speak on events."""

from __future__ import annotations

from pathlib import Path

import pytest

from energy_hw.sim.air import Air
from energy_hw.sim.clock import SECOND, VirtualClock
from energy_hw.sim.sensors import Click, MotionSensor, OpenSensor
from energy_hw.sim.witness import Witness

CAPTURES = Path(__file__).parents[1] / "captures" / "openhems"


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def air(clock: VirtualClock) -> Air:
    return Air(clock, seed=1)


@pytest.fixture
def witness(air: Air) -> Witness:
    return Witness(air)


def after(clock: VirtualClock, seconds: float) -> None:
    clock.advance(round(seconds * SECOND))


def test_motion_is_reported_once_and_its_end_after_a_minute(air: Air, clock: VirtualClock, witness: Witness) -> None:
    sensor = MotionSensor(air, "hall", 0xFCA)
    sensor.move()
    after(clock, 30.0)
    sensor.move()
    after(clock, 100.0)
    assert witness.values() == [{"MOTION_DETECTOR": 1}, {"MOTION_DETECTOR": 0}]
    assert witness.times == pytest.approx([0.055, 90.055], abs=0.001)
    assert {message.pip for message in witness.messages} == {0x33F2}


def test_low_battery_is_an_alarm_letter_in_one_unsigned_byte(air: Air, clock: VirtualClock, witness: Witness) -> None:
    sensor = MotionSensor(air, "hall", 0xFCA)
    sensor.set_battery(low=True)
    sensor.set_battery(low=False)
    after(clock, 1.0)
    assert [message.records[0][:4] for message in witness.messages] == [
        (0x21, False, 0, b"\x42"),
        (0x21, False, 0, b"\x62"),
    ]


def test_door_is_reported_when_it_changes(air: Air, clock: VirtualClock, witness: Witness) -> None:
    door = OpenSensor(air, "door", 0xB01)
    for is_open in (True, True, False, False):
        door.set_open(is_open)
        after(clock, 1.0)
    assert witness.values() == [{"DOOR_SENSOR": 1}, {"DOOR_SENSOR": 0}]


def test_click_tells_how_it_was_pressed(air: Air, clock: VirtualClock, witness: Witness) -> None:
    button = Click(air, "button", 0x123)
    for kind in (1, 2, 255):
        button.press(kind)
        after(clock, 1.0)
    assert [values["BUTTON"] for values in witness.values()] == [1, 2, 255]
    assert witness.values()[0]["VOLTAGE"] == 3


@pytest.mark.parametrize("case", ["miho033_open", "miho032_motion_0", "miho033_join", "miho032_join_doc"])
def test_what_a_sensor_sends_is_what_was_captured(air: Air, clock: VirtualClock, case: str) -> None:
    sent: list[bytes | None] = []
    air.listen(lambda hearing: sent.append(hearing.fsk_frame()), "ear")
    door, hall = OpenSensor(air, "door", 0xB01), MotionSensor(air, "hall", 0xFCA)
    door.set_open(True)
    clock.advance(SECOND)
    hall.move()
    clock.advance(100 * SECOND)
    door.join()
    clock.advance(SECOND)
    hall.join()
    clock.advance(SECOND)
    assert bytes.fromhex((CAPTURES / case / "frame.hex").read_text()) in sent
