"""The devices of a hub: one memory each, and found by name."""

from __future__ import annotations

import gc
from decimal import Decimal

import pytest

from device_rig import SENSOR, open_desk
from energy_hw import Plug
from energy_hw.energenie.device import Device
from energy_hw.energenie.roster import Roster
from energy_hw.errors import CommandError, NotWritable, UnknownDevice

DEVICE = "energenie:2:0x000373"


# -- one memory ------------------------------------------------------------


def test_an_object_made_later_knows_what_was_said_before() -> None:
    with open_desk() as desk:
        desk.say(2, REAL_POWER=100, SWITCH_STATE=1)
        plug = Plug(desk.engine, SENSOR)
        assert (plug.real_power, plug.is_on) == (100, True)
        assert desk.engine.devices[DEVICE] is plug


def test_two_objects_of_one_device_stay_up_to_date_and_both_hear_of_it() -> None:
    with open_desk() as desk:
        one, other = Plug(desk.engine, SENSOR), Plug(desk.engine, SENSOR)
        events = one.events("real_power"), other.events("real_power")
        desk.say(2, REAL_POWER=100)
        assert (one.real_power, other.real_power) == (100, 100)
        assert [event.value for event in (stream.get(0) for stream in events) if event] == [100, 100]
        assert desk.engine[SENSOR] is other


def test_what_one_object_was_told_the_other_knows() -> None:
    with open_desk() as desk:
        one, other = Plug(desk.engine, SENSOR), Plug(desk.engine, SENSOR)
        one.on()
        desk.engine.run_s(0.2)
        assert (other.is_on, other.certainty) == (True, "assumed")


def test_a_class_that_acts_on_reports_gets_each_once_whichever_object_it_is() -> None:
    class Counting(Device):
        product, heard_of = 2, 0

        def heard(self, heard: object) -> None:
            self.heard_of += 1

    with open_desk() as desk:
        one, other = Counting(desk.engine, SENSOR), Counting(desk.engine, SENSOR)
        desk.say(2, REAL_POWER=100)
        assert (one.heard_of, other.heard_of) == (1, 1)


def test_an_object_that_fails_keeps_nothing_from_the_others(caplog: pytest.LogCaptureFixture) -> None:
    class Failing(Device):
        product = 2

        def heard(self, heard: object) -> None:
            raise ValueError("a bug")

    with open_desk() as desk:
        failing, plug = Failing(desk.engine, SENSOR), Plug(desk.engine, SENSOR)
        desk.say(2, REAL_POWER=100)
        assert (plug.real_power, failing.value("REAL_POWER")) == (100, 100)
    assert "a fault of this program" in caplog.text


def test_an_object_that_nobody_holds_is_forgotten_once_another_took_its_place() -> None:
    with open_desk() as desk:
        Plug(desk.engine, SENSOR)
        kept = Plug(desk.engine, SENSOR)
        gc.collect()
        assert list(desk.engine.roster._objects[DEVICE]) == [kept]


# -- how many --------------------------------------------------------------


def test_of_devices_that_nobody_asked_for_the_one_heard_longest_ago_goes_first() -> None:
    with open_desk() as desk:
        roster: Roster = desk.engine.roster
        roster._most = 3
        Plug(desk.engine, 100)
        desk.engine.memory("energenie:1:0x000001").name = "television"
        for sensor in (1, 2, 3, 2, 4, 5, 6):
            desk.say(1, sensor=sensor, REAL_POWER=5)
        sensors = [thing.sensor for thing in desk.engine.devices.values()]  # type: ignore[attr-defined]
        assert sensors == [100, 1, 4, 5, 6]  # one was made, one has a name, and the last three
        assert len(roster._memories) == len(roster._objects) == 5


def test_a_device_that_somebody_listens_to_is_not_forgotten() -> None:
    with open_desk() as desk:
        desk.engine.roster._most = 1
        desk.say(1, sensor=1, REAL_POWER=5)
        desk.engine[1].when("real_power", print)
        for sensor in (2, 3):
            desk.say(1, sensor=sensor, REAL_POWER=5)
        assert [thing.sensor for thing in desk.engine.devices.values()] == [1, 3]  # type: ignore[attr-defined]


# -- finding ---------------------------------------------------------------


def test_a_device_is_found_by_id_by_name_and_by_sensor() -> None:
    with open_desk() as desk:
        plug = Plug(desk.engine, SENSOR, name="kettle")
        assert desk.engine[DEVICE] is desk.engine["kettle"] is desk.engine[SENSOR] is plug


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("ketle", "no device 'ketle'; did you mean kettle?"),
        ("energenie:2:0x000374", "did you mean energenie:2:0x000373?"),
        ("sauna", "no device 'sauna'; heard so far: kettle"),
        (0x999, "no device '0x000999'; heard so far: kettle"),
    ],
)
def test_one_that_is_not_there_is_an_error_that_suggests(key: str | int, text: str) -> None:
    with open_desk() as desk:
        Plug(desk.engine, SENSOR, name="kettle")
        with pytest.raises(KeyError) as caught:
            desk.engine[key]
        assert text in str(caught.value)
        assert isinstance(caught.value, UnknownDevice | CommandError)


def test_before_anything_is_heard_the_error_says_to_wait() -> None:
    with open_desk() as desk, pytest.raises(UnknownDevice, match="wait for its first report"):
        desk.engine["kettle"]


def test_a_name_of_two_devices_is_refused() -> None:
    with open_desk() as desk:
        Plug(desk.engine, 1, name="kettle")
        Plug(desk.engine, 2, name="kettle")
        with pytest.raises(UnknownDevice, match="2 devices: energenie:2:0x000001, energenie:2:0x000002"):
            desk.engine["kettle"]


# -- as a source -----------------------------------------------------------


def test_a_hub_commands_its_devices_by_id_and_by_name() -> None:
    with open_desk() as desk:
        Plug(desk.engine, SENSOR, name="kettle")
        assert desk.engine.command(DEVICE, "switch", True) == "assumed"
        assert desk.engine.command("kettle", "switch", Decimal(0)) == "assumed"
        with pytest.raises(UnknownDevice):
            desk.engine.command("kettles of fish", "switch", True)
        with pytest.raises(NotWritable):
            desk.engine.command("kettle", "target", 20)


def test_a_hub_lists_what_can_be_commanded_of_all() -> None:
    with open_desk() as desk:
        Plug(desk.engine, SENSOR)
        desk.say(1, sensor=1, REAL_POWER=5)
        desk.say(2, sensor=2, REAL_POWER=5)
        assert [control.device for control in desk.engine.controls()] == [DEVICE, "energenie:2:0x000002"]
