"""An OpenHEMS device: its state with its age, and the orders that its profile allows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from device_rig import SENSOR, Desk, open_desk, record
from energy_hw import HouseMonitor, OpenSensor
from energy_hw.core.message import Message
from energy_hw.core.python.openhems import decode
from energy_hw.energenie.device import Device, verdict
from energy_hw.energenie.devices import class_for
from energy_hw.energenie.orders import Ticket
from energy_hw.energenie.profiles import by_product
from energy_hw.errors import LinkClosed, NotWritable, OutOfRange
from energy_hw.sim.clock import START


def plug(desk: Desk) -> Device:
    return Device(desk.engine, SENSOR, 2)  # type: ignore[arg-type]


# -- state -----------------------------------------------------------------


def test_before_the_first_report_everything_is_none() -> None:
    with open_desk() as desk:
        device = plug(desk)
        assert (device.value("VOLTAGE"), device.known("VOLTAGE"), device.rssi, device.last_seen) == (None,) * 4
        assert (device.age_s(), device.age_s("VOLTAGE")) == (None, None)


def test_last_seen_age_and_strength_follow_the_reports() -> None:
    with open_desk() as desk:
        device = plug(desk)
        desk.say(2, VOLTAGE=230)
        desk.engine.run_s(3.0)
        assert device.last_seen is not None
        assert timedelta(0) < device.last_seen - START < timedelta(seconds=0.5)
        assert device.age_s() == pytest.approx(3.4, abs=0.1)
        assert device.rssi is not None
        assert -120 < device.rssi < 0


def test_a_device_is_overdue_after_one_and_a_half_intervals() -> None:
    with open_desk() as desk:
        device = plug(desk)
        desk.engine.run_s(14.0)
        assert not device.overdue
        desk.engine.run_s(2.0)
        assert device.overdue
        desk.say(2, VOLTAGE=230)
        assert not device.overdue


def test_becoming_overdue_and_speaking_again_are_events() -> None:
    with open_desk() as desk:
        device = plug(desk)
        events = device.events("overdue")
        desk.say(2, VOLTAGE=230)
        desk.engine.run_s(40.0)
        desk.say(2, VOLTAGE=230)
        desk.engine.run_s(2.0)
        assert [event.value for event in (events.get(0), events.get(0)) if event] == [True, False]
        assert events.get(0) is None


@pytest.mark.parametrize("product", [0x05, 0x0C, 0x0D, 0x13, 0x42])
def test_a_device_without_an_interval_is_overdue_only_where_that_is_asked_for(product: int) -> None:
    with open_desk() as desk:
        device = class_for(product)(desk.engine, SENSOR, product)
        desk.engine.run_s(3600.0)
        assert not device.overdue
        device.overdue_after_s = 600.0
        assert device.overdue


def test_an_interval_that_no_source_states_is_learned() -> None:
    with open_desk() as desk:
        meter = HouseMonitor(desk.engine, SENSOR)
        for _ in range(6):
            desk.say(5, APPARENT_POWER=100)
            desk.engine.run_s(19.5)
        assert meter.interval_s == pytest.approx(20.0, abs=0.5)
        assert not meter.overdue
        desk.engine.run_s(15.0)
        assert meter.overdue


def test_a_door_that_opens_every_morning_is_not_overdue_on_sunday() -> None:
    with open_desk() as desk:
        door = OpenSensor(desk.engine, SENSOR)
        for _ in range(6):
            desk.say(0x0D, DOOR_SENSOR=1)
            desk.engine.run_s(99.5)
        desk.engine.run_s(1000.0)
        assert (door.interval_s, door.overdue) == (None, False)


def test_a_name_is_shared_by_all_objects_of_a_device() -> None:
    with open_desk() as desk:
        one, other = plug(desk), plug(desk)
        one.name = "kettle"
        assert other.name == "kettle"
        assert repr(other) == "<Device kettle>"
        assert repr(Device(desk.engine, 1, 2)) == "<Device energenie:2:0x000001>"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("bits", "gangs"), [(0, (False, False, False)), (1, (True, False, False)), (5, (True, False, True))]
)
def test_a_product_with_several_gangs_reports_a_bit_field(bits: int, gangs: tuple[bool, ...]) -> None:
    with open_desk() as desk:
        device = plug(desk)
        assert device.gangs is None
        desk.say(2, SWITCH_STATE=bits)
        assert device.gangs is None  # a MIHO005 has one
        assert device.profile is not None
        device.profile = replace(device.profile, gangs=3)
        assert device.gangs == gangs


# -- orders ----------------------------------------------------------------


def test_controls_are_those_of_the_profile() -> None:
    with open_desk() as desk:
        (switch,) = plug(desk).controls()
        assert (switch.device, switch.name, switch.kind) == ("energenie:2:0x000373", "switch", "switch")
        assert Device(desk.engine, 1, 0x42).controls() == []  # type: ignore[arg-type]


def test_a_command_that_the_product_does_not_obey_names_those_that_it_does() -> None:
    with open_desk() as desk:
        with pytest.raises(NotWritable, match=r"MIHO005 Smart Plug\+ has no command 'target'; it obeys switch"):
            plug(desk).command("target", 20)
        with pytest.raises(NotWritable, match="does not obey IDENTIFY; it obeys switch"):
            plug(desk).send("IDENTIFY")
        with pytest.raises(NotWritable, match="it obeys nothing"):
            Device(desk.engine, 1, 1).send("SWITCH_STATE", 1)  # type: ignore[arg-type]


def test_a_command_goes_by_its_control_or_its_code() -> None:
    with open_desk() as desk:
        device = plug(desk)
        assert device.command("switch", True) == "assumed"
        assert device.command("SWITCH_STATE", True) == "assumed"


def test_a_value_out_of_range_is_refused_before_anything_is_sent() -> None:
    with open_desk() as desk:
        device = plug(desk)
        with pytest.raises(OutOfRange):
            device.command("switch", 7)
        desk.engine.run_s(1.0)
        assert desk.engine.receiver.counters().radio.sent == 0


def test_each_frame_has_a_pip_of_its_own_and_the_devices_address() -> None:
    with open_desk() as desk:
        order = plug(desk).order("SWITCH_STATE", 1, Ticket("d", "switch", True))
        messages = [decode(order.build()) for _ in range(20)]
    assert {message.address for message in messages} == {"04:02:000373"}
    assert len({message.pip for message in messages}) > 15
    (record,) = messages[0].records
    assert (record.parameter, record.command, record.data) == (0x73, True, b"\x01")


def test_the_frame_of_a_thermostats_target_is_the_one_captured_on_air() -> None:
    with open_desk() as desk:
        device = Device(desk.engine, SENSOR, 0x12)  # type: ignore[arg-type]
        order = device.order("TARGET_TEMP", Decimal(17), Ticket("d", "target", 17))
        (record,) = decode(order.build()).records
    assert (record.parameter | 0x80, record.type << 4 | 2, record.data.hex()) == (0xCB, 0x12, "0110")


def test_on_a_closed_hub_nothing_is_handed_in() -> None:
    with open_desk() as desk:
        device = plug(desk)
    with pytest.raises(LinkClosed):
        device.command("switch", True)


# -- verdicts --------------------------------------------------------------


@pytest.mark.parametrize(
    ("product", "code", "wanted", "says", "judged"),
    [
        (2, "SWITCH_STATE", 1, {"SWITCH_STATE": 1}, True),
        (2, "SWITCH_STATE", 1, {"SWITCH_STATE": 0}, False),
        (2, "SWITCH_STATE", 1, {"REAL_POWER": 5}, None),
        (2, "SWITCH_STATE", 1, {"SWITCH_STATE": None}, None),
        (3, "BATTERY_LEVEL", None, {"VOLTAGE": 3}, True),
        (3, "BATTERY_LEVEL", None, {"TEMPERATURE": 20}, None),
    ],
)
def test_what_a_report_says_of_an_order(
    product: int, code: str, wanted: int | None, says: dict[str, int | None], judged: bool | None
) -> None:
    profile = by_product(product)
    row = profile.command(code) if profile else None
    assert row is not None
    judge = verdict(row, wanted)
    assert judge is not None
    assert judge(Message(4, product, 1, 1, tuple(_decoded(record(*item)) for item in says.items()))) is judged


def test_another_gateways_command_says_nothing_of_an_order() -> None:
    row = by_product(2).command("SWITCH_STATE")  # type: ignore[union-attr]
    judge = verdict(row, 1)  # type: ignore[arg-type]
    assert judge is not None
    assert judge(Message(4, 2, 1, 1, (_decoded(record("SWITCH_STATE", 1, command=True)),))) is None


def test_a_command_without_an_answer_has_no_verdict() -> None:
    assert verdict(by_product(3).command("TEMPERATURE"), Decimal(20)) is None  # type: ignore[union-attr, arg-type]


def _decoded(record):  # type: ignore[no-untyped-def]
    return record._replace(value=int.from_bytes(record.data, "big") if record.data else None)
