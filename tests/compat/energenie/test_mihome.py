"""MiHome devices: what each takes from messages, and what it sends."""

from __future__ import annotations

from typing import Any

import pytest

from energy_hw.compat.energenie import Devices
from energy_hw.compat.energenie.Devices import NoReading
from energy_hw.compat.energenie.OpenThings import Message, paramname_to_paramid


class Air:
    """What a device sends through, noted. As pyenergenie's, it is called with the payload alone."""

    def __init__(self) -> None:
        self.sent: list[Any] = []

    def send(self, payload: Any) -> int:
        self.sent.append(payload)
        return 0


def report(wr: bool = False, **values: object) -> Message:
    message = Message(Devices.REGISTERED_SENSOR)
    for name, value in values.items():
        message.append_rec(paramname_to_paramid(name), wr=wr, value=value)
    return message


def made(kind: Any, **values: object) -> Any:
    device = kind(0x123)
    if values:
        device.incoming_message(report(**values))
    return device


PLUG = {"REAL_POWER": 3, "REACTIVE_POWER": -4, "VOLTAGE": 250, "FREQUENCY": 49.9}
READ = [
    ("MIHO004", PLUG, {"get_real_power": 3, "get_power": 3, "get_reactive_power": -4, "get_voltage": 250,
                       "get_frequency": 49.9, "get_apparent_power": 5.0, "get_current": 0.02}),
    ("MIHO005", {**PLUG, "SWITCH_STATE": 1}, {"get_switch": True, "is_on": True, "is_off": False, "get_power": 3}),
    ("MIHO006", {"APPARENT_POWER": 612, "VOLTAGE": 4.5, "CURRENT": 2.2},
     {"get_apparent_power": 612, "get_power": 612, "get_battery_voltage": 4.5, "get_current": 2.2}),
    ("MIHO013", {"TEMPERATURE": 18.5, "VOLTAGE": 3.1, "DIAGNOSTICS": 512},
     {"get_ambient_temperature": 18.5, "get_battery_voltage": 3.1, "get_diagnostics": 512}),
    ("MIHO032", {"MOTION_DETECTOR": 1, "ALARM": 0x42}, {"get_switch_state": True, "get_battery_alarm": True}),
    ("MIHO032", {"MOTION_DETECTOR": 0, "ALARM": "b"}, {"get_switch_state": False, "get_battery_alarm": False}),
    ("MIHO033", {"DOOR_SENSOR": 1}, {"get_switch_state": True}),
    ("MIHO069", {"TEMPERATURE": 21.0, "RELATIVE_HUMIDITY": 40, "TARGET_TEMP": 20.5, "THERMOSTAT_MODE": 1,
                 "SWITCH_STATE": 0, "BATTERY_LEVEL": 3.0},
     {"get_ambient_temperature": 21.0, "get_relative_humidity": 40, "get_setpoint_temperature": 20.5,
      "get_thermostat_mode": 1, "get_switch_state": False, "get_battery_voltage": 3.0}),
    ("MIHO089", {"BUTTON": 2, "VOLTAGE": 3.0}, {"get_button": 2, "get_battery_voltage": 3.0}),
]  # fmt: skip


@pytest.mark.parametrize(("sku", "values", "read"), READ)
def test_readings_are_read_by_their_accessors(sku: str, values: dict[str, Any], read: dict[str, Any]) -> None:
    device = made(getattr(Devices, sku), **values)
    assert {name: getattr(device, name)() for name in read} == read
    assert device.get_readings() is device.readings


@pytest.mark.parametrize("sku", ["MIHO004", "MIHO005"])
@pytest.mark.parametrize("name", ["voltage", "frequency", "real_power", "reactive_power", "apparent_power", "current"])
def test_a_plug_without_a_reading_raises_what_programs_catch(sku: str, name: str) -> None:
    with pytest.raises(RuntimeError, match=rf"{sku}\(0x123\) has not reported its {name.replace('_', ' ')} yet"):
        getattr(made(getattr(Devices, sku)), f"get_{name}")()
    with pytest.raises(NoReading):
        getattr(made(getattr(Devices, sku)), f"get_{name}")()


@pytest.mark.parametrize(("sku", "name"), [(row[0], name) for row in READ[2:] for name in row[2]])
def test_other_devices_without_a_reading_give_none(sku: str, name: str) -> None:
    assert getattr(made(getattr(Devices, sku)), name)() is None


def test_a_partial_report_leaves_the_rest_as_it_was() -> None:
    plug = made(Devices.MIHO005, **PLUG)
    plug.incoming_message(report(SWITCH_STATE=0))
    assert (plug.get_voltage(), plug.is_on(), plug.is_off()) == (250, False, True)


def test_what_somebody_tells_the_device_is_not_its_word() -> None:
    plug = made(Devices.MIHO005, SWITCH_STATE=0)
    plug.incoming_message(report(wr=True, SWITCH_STATE=1))
    assert plug.is_on() is False


def test_a_plug_that_sends_apparent_power_itself_is_believed() -> None:
    plug = made(Devices.MIHO004, **PLUG, APPARENT_POWER=7, CURRENT=0.5)
    assert (plug.get_apparent_power(), plug.get_current()) == (7, 0.5)
    assert made(Devices.MIHO004, REAL_POWER=3, REACTIVE_POWER=4, VOLTAGE=0).readings.current is None


def test_a_parameter_of_another_product_is_passed_over(capsys: pytest.CaptureFixture[str]) -> None:
    plug = made(Devices.MIHO004, TEMPERATURE=20.0, SWITCH_STATE=1)
    assert vars(plug.readings) == dict.fromkeys(vars(plug.readings))
    assert capsys.readouterr().out == ""


def test_the_summary_is_a_line() -> None:
    line = "AP:5.0 C:0.02 F:49.9 RP:-4 RP:3 S:True V:250 "
    assert made(Devices.MIHO005, **PLUG, SWITCH_STATE=1).get_readings_summary() == line


@pytest.mark.parametrize(
    ("sku", "call", "argument", "sent"),
    [
        ("MIHO005", "turn_on", None, ("SWITCH_STATE", True)),
        ("MIHO005", "turn_off", None, ("SWITCH_STATE", False)),
        ("MIHO005", "set_switch", 1, ("SWITCH_STATE", True)),
        ("MIHO013", "set_setpoint_temperature", 20.5, ("TEMPERATURE", 20.5)),
        ("MIHO013", "set_valve_position", "auto", ("VALVE_STATE", 2)),
        ("MIHO013", "turn_on", None, ("VALVE_STATE", 0)),
        ("MIHO013", "turn_off", None, ("VALVE_STATE", 1)),
        ("MIHO013", "set_switch", False, ("VALVE_STATE", 1)),
        ("MIHO013", "enable_thermostat", None, ("VALVE_STATE", 2)),
        ("MIHO013", "set_low_power_mode", True, ("LOW_POWER_MODE", 1)),
        ("MIHO013", "set_report_period", 600, ("REPORT_PERIOD", 600)),
        ("MIHO013", "set_identify", None, ("IDENTIFY", None)),
        ("MIHO013", "exercise_valve", None, ("EXERCISE_VALVE", None)),
        ("MIHO013", "request_battery_voltage", None, ("BATTERY_LEVEL", None)),
        ("MIHO013", "request_diagnostics", None, ("DIAGNOSTICS", None)),
        ("MIHO069", "set_setpoint_temperature", 19.0, ("TARGET_TEMP", 19.0)),
        ("MIHO069", "set_thermostat_mode", 1, ("THERMOSTAT_MODE", 1)),
    ],
)
def test_a_verb_sends_one_command(sku: str, call: str, argument: object, sent: tuple[str, object]) -> None:
    air = Air()
    device = getattr(Devices, sku)(0x123, air)
    assert getattr(device, call)(*([] if argument is None else [argument])) == 0
    (message,) = air.sent
    assert (message["header"]["productid"], message["header"]["sensorid"]) == (device.product_id, 0x123)
    rec = message[paramname_to_paramid(sent[0])]
    assert (rec["wr"], rec.get("value")) == (True, sent[1])


def test_a_valve_remembers_what_it_was_told() -> None:
    valve = Devices.MIHO013(1, Air())
    assert (valve.is_on(), valve.is_off(), valve.get_setpoint_temperature()) == (None, None, None)
    valve.set_setpoint_temperature(21)
    valve.turn_on()
    assert (valve.is_on(), valve.is_off(), valve.get_setpoint_temperature()) == (True, False, 21)
    valve.turn_off()
    assert (valve.is_on(), valve.is_off(), valve.get_valve_position()) == (False, True, 1)
    valve.enable_thermostat()
    assert (valve.is_on(), valve.is_off()) == (None, None)
    with pytest.raises(ValueError, match=r"0 \(open\), 1 \(closed\) or 2 \(auto\), got 3"):
        valve.set_valve_position(3)


def test_the_join_of_each_product_carries_its_own_number() -> None:
    for kind in (Devices.MIHO004, Devices.MIHO005, Devices.MIHO013):
        message = kind.get_join_req(0x99)
        assert message["header"]["productid"] == kind.product
        assert (message["header"]["sensorid"], message["recs"][0]["wr"]) == (0x99, True)
    assert Devices.MiHomeDevice.get_join_req(4, 9, 1)["header"]["productid"] == 9


def test_the_answer_to_a_join_is_a_report_to_the_device() -> None:
    air = Air()
    Devices.MIHO005(0x99, air).join_ack()
    (message,) = air.sent
    assert [message.get(f"header_{key}") for key in ("mfrid", "productid", "sensorid")] == [4, 2, 0x99]
    assert (message["recs"][0]["paramid"], message["recs"][0]["wr"]) == (0x6A, False)
