"""What is known of a device: merged from partial frames, never from what others tell it."""

from __future__ import annotations

import gc
from decimal import Decimal

import pytest

from device_rig import SENSOR, open_desk, record
from energy_hw.core.message import Record
from energy_hw.energenie.device import Device
from energy_hw.energenie.events import Callbacks, Certainty
from energy_hw.energenie.memory import UNKNOWN, Memory, Trusted, is_said, name_of
from energy_hw.energenie.orders import Outcome, Ticket

SWITCH = "SWITCH_STATE"


# -- what it said ----------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "value", "command", "said"),
    [
        ("REAL_POWER", 5, False, True),
        ("SWITCH_STATE", 1, True, False),  # a gateway switches it
        ("TEMPERATURE", None, False, False),  # a gateway asks for it
        ("WAKEUP", None, False, True),
        ("JOIN", None, True, True),  # the device asks to join,
        ("JOIN", None, False, False),  # and a gateway answers
        ("IDENTIFY", None, True, False),
    ],
)
def test_what_is_the_devices_word(code: str, value: int | None, command: bool, said: bool) -> None:
    assert is_said(record(code, value, command)) is said


def test_a_partial_frame_is_merged_into_what_is_known() -> None:
    with open_desk() as desk:
        desk.say(2, REAL_POWER=100, VOLTAGE=230, SWITCH_STATE=1)
        desk.say(2, SWITCH_STATE=0)
        plug = desk.engine[SENSOR]
        assert (plug.value("REAL_POWER"), plug.value("VOLTAGE"), plug.value(SWITCH)) == (100, 230, False)
        assert plug.memory.count == 2


def test_a_command_of_another_gateway_is_not_what_the_device_said() -> None:
    with open_desk() as desk:
        desk.say(2, SWITCH_STATE=0)
        plug = desk.engine[SENSOR]
        seen = plug.last_seen
        desk.send(2, record(SWITCH, 1, command=True))
        assert (plug.value(SWITCH), plug.last_seen, plug.memory.count) == (False, seen, 1)


def test_a_frame_without_records_is_a_gateways_too() -> None:
    with open_desk() as desk:
        desk.send(3)
        assert desk.engine[SENSOR].last_seen is None


def test_each_parameter_remembers_when_it_was_reported() -> None:
    with open_desk() as desk:
        desk.say(2, REAL_POWER=100)
        desk.say(2, SWITCH_STATE=0)
        plug = desk.engine[SENSOR]
        assert plug.age_s("REAL_POWER") > plug.age_s(SWITCH) > 0
        assert plug.age_s() == plug.age_s(SWITCH)
        assert plug.known("REAL_POWER").received < plug.last_seen


def test_alarms_are_raised_and_cleared_one_by_one() -> None:
    with open_desk() as desk:
        desk.send(0x0C, record("ALARM", 0x42))
        desk.send(0x0C, record("ALARM", "Tz", type_length=0x72))
        memory = desk.engine[SENSOR].memory
        assert memory.alarms == {"B": True, "T": True, "Z": False}
        desk.send(0x0C, record("ALARM", 0x62))
        assert memory.alarms == {"B": False, "T": True, "Z": False}


def test_a_value_that_cannot_be_read_does_not_take_the_place_of_one_that_was() -> None:
    reserved = Record(0x76, False, 0xD, b"\x01", None)
    with open_desk() as desk:
        desk.say(2, VOLTAGE=230)
        device = desk.engine[SENSOR]
        events = device.events("voltage")
        desk.send(2, reserved, record("REAL_POWER", 5))
        assert (device.value("VOLTAGE"), device.memory.count, events.get(0)) == (230, 2, None)


def test_each_of_an_enumerated_parameter_is_known() -> None:
    with open_desk() as desk:
        one, two = (Record(0x43, False, 0, bytes([value]), value, index) for index, value in ((1, 7), (2, 9)))
        desk.send(2, one, two)
        memory = desk.engine[SENSOR].memory
        assert {key: known.reading.value for key, known in memory.all_known().items() if key != "RSSI"} == {
            "CLOSURES/1": 7,
            "CLOSURES/2": 9,
        }


# -- events ----------------------------------------------------------------


def test_a_report_makes_an_event_for_each_parameter_and_one_for_itself() -> None:
    with open_desk() as desk:
        events = Device(desk.engine, SENSOR, 2).events()
        desk.say(2, REAL_POWER=100, SWITCH_STATE=1)
        desk.say(2, REAL_POWER=120)
        got = [(event.name, event.value, event.previous) for event in _all(events)]
        assert got == [
            ("real_power", 100, None),
            ("switch_state", True, None),
            ("updated", None, None),
            ("real_power", 120, 100),
            ("updated", None, None),
        ]


def test_a_listener_that_left_hears_nothing_more() -> None:
    with open_desk() as desk:
        device = Device(desk.engine, SENSOR, 2)
        cancel = device.when("real_power", print)
        cancel()
        cancel()
        assert device.memory._listeners == ()


def test_a_loop_over_events_holds_its_stream_and_a_stream_that_nobody_holds_is_forgotten() -> None:
    with open_desk() as desk:
        device = Device(desk.engine, SENSOR, 2)
        device.events()
        loop = iter(device.events("real_power"))
        gc.collect()
        assert len(device.memory._streams) == 1
        desk.say(2, REAL_POWER=100)
        assert next(loop).value == 100


def test_a_condition_that_fails_harms_nothing_but_its_listener(caplog: pytest.LogCaptureFixture) -> None:
    with open_desk() as desk:
        device = Device(desk.engine, SENSOR, 2)
        device.when("real_power", print, lambda event: event.value / 0)
        desk.say(2, REAL_POWER=100)
        assert device.value("REAL_POWER") == 100
    assert "a callback failed on real_power" in caplog.text


def test_streams_end_with_the_hub_and_new_ones_are_over_at_once() -> None:
    with open_desk() as desk:
        device = Device(desk.engine, SENSOR, 2)
        stream = device.events()
        desk.say(2, REAL_POWER=100)
    assert [event.name for event in stream] == ["real_power", "updated"]
    assert list(device.events()) == []


# -- what it was told ------------------------------------------------------


@pytest.fixture
def memory() -> Memory:
    return Memory("energenie:2:0x000373", Callbacks())


def _told(memory: Memory, value: object, sent_at: float | None, outcome: Outcome | None = None) -> Ticket:
    ticket = Ticket(memory.device, "switch", value)
    ticket.sent_at = sent_at
    memory.told(SWITCH, ticket)
    if outcome is not None:
        ticket.settle(outcome)
    return ticket


def test_nothing_said_and_nothing_told_is_unknown(memory: Memory) -> None:
    assert memory.trusted(SWITCH) == UNKNOWN == (None, Certainty.UNKNOWN)


@pytest.mark.parametrize(
    ("sent_at", "outcome", "trusted"),
    [
        (None, None, UNKNOWN),  # it waits for its turn
        (1.0, None, Trusted(True, Certainty.ASSUMED)),  # on air, the answer is outstanding
        (1.0, Outcome.ASSUMED, Trusted(True, Certainty.ASSUMED)),
        (1.0, Outcome.REPLACED, Trusted(True, Certainty.ASSUMED)),  # the newer one is not on air yet
        (1.0, Outcome.EXPIRED, UNKNOWN),  # it did not answer: it may have obeyed, or not
        (None, Outcome.EXPIRED, UNKNOWN),
    ],
)
def test_an_order_counts_from_the_moment_when_it_is_on_air(
    memory: Memory, sent_at: float | None, outcome: Outcome | None, trusted: Trusted
) -> None:
    _told(memory, True, sent_at, outcome)
    assert memory.trusted(SWITCH) == trusted


@pytest.mark.parametrize(("before_s", "certainty"), [(0.05, "assumed"), (0.13, "confirmed")])
def test_a_report_that_was_on_its_way_when_the_order_went_out_does_not_answer_it(
    before_s: float, certainty: str
) -> None:
    """What the receiver took from the chip before it could send is older than the order, whatever its stamp."""
    with open_desk() as desk:
        desk.say(2, SWITCH_STATE=0)
        memory = desk.engine[SENSOR].memory
        _told(memory, True, memory.at - before_s)
        assert memory.trusted(SWITCH) == (certainty == "assumed", certainty)


def test_of_several_orders_the_last_one_on_air_counts(memory: Memory) -> None:
    _told(memory, True, 1.0, Outcome.ASSUMED)
    _told(memory, False, 2.0, Outcome.ASSUMED)
    _told(memory, True, None)
    assert memory.trusted(SWITCH) == (False, Certainty.ASSUMED)
    assert memory.intended(SWITCH) is True


def test_a_thousand_orders_are_not_all_remembered(memory: Memory) -> None:
    for number in range(1000):
        _told(memory, True, float(number), Outcome.ASSUMED)
        _told(memory, False, None, Outcome.REPLACED)
    assert len(memory._told[SWITCH]) <= 3


def test_an_order_that_nobody_confirms_is_an_event_when_it_was_sent(memory: Memory) -> None:
    stream = memory.stream()
    _told(memory, True, 1.0, Outcome.ASSUMED)
    _told(memory, False, 2.0, Outcome.ASSUMED)
    _told(memory, True, None, Outcome.REPLACED)
    got = [(event.name, event.value, event.previous, event.certainty) for event in _all(stream)]
    assert got == [("switch_state", True, None, "assumed"), ("switch_state", False, True, "assumed")]


def test_an_unknown_parameter_has_a_name_too() -> None:
    assert name_of(SWITCH) == "switch_state"
    assert name_of("UNKNOWN_1F") == "unknown_1f"


def test_a_value_keeps_the_digits_that_were_sent() -> None:
    with open_desk() as desk:
        desk.send(3, record("TEMPERATURE", 17.69921875))
        assert desk.engine[SENSOR].value("TEMPERATURE") == Decimal("17.69921875")


def _all(stream: object) -> list:  # type: ignore[type-arg]
    events = []
    while (event := stream.get(0)) is not None:  # type: ignore[attr-defined]
        events.append(event)
    return events
