"""Devices: ids, factory, templates, and what every device has."""

from __future__ import annotations

from typing import Any

import pytest

from energy_hw.compat.energenie import Devices, OpenThings
from energy_hw.compat.energenie.Devices import DeviceFactory, MockSwitch, NoReading
from energy_hw.compat.energenie.OpenThings import Message
from energy_hw.energenie.kvs import FRIENDLY
from energy_hw.energenie.profiles import OPENTHINGS, PROFILES
from energy_hw.errors import EnergyHwError, LinkClosed


class Air:
    """What a device sends through, noted."""

    def __init__(self) -> None:
        self.sent: list[Any] = []

    def send(self, payload: Any, radio_config: Any = None) -> int:
        self.sent.append(payload)
        return 0


@pytest.mark.parametrize("form", [0x68B, "0x68B", "0x68b", "1675", " 1675 "])
def test_a_mihome_id_in_any_form(form: object) -> None:
    device = Devices.MIHO005(form)
    assert device.get_device_id() == 0x68B
    assert repr(device) == "MIHO005(0x68b)"
    assert (device.get_manufacturer_id(), device.get_product_id()) == (4, 2)


@pytest.mark.parametrize("form", [None, "", "kettle", -1, 1 << 24, (1, 2), True, 1.5, "0xZZ"])
def test_what_is_no_mihome_id_is_a_value_error(form: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        Devices.MIHO005(form)


@pytest.mark.parametrize(
    ("form", "parsed"),
    [
        (None, (0x6C6C6, 1)),
        (3, (0x6C6C6, 3)),
        ("3", (0x6C6C6, 3)),
        ((None, 4), (0x6C6C6, 4)),
        ("(None, 4)", (0x6C6C6, 4)),
        ((0x1234, 1), (0x1234, 1)),
        (["0x1234", "1"], (0x1234, 1)),
        ("[822412, 1]", (822412, 1)),
        ("(0xC8C8C,0)", (0xC8C8C, 0)),
        ("[0x6C6C6, 1]", (0x6C6C6, 1)),
    ],
)
def test_a_green_button_id_in_any_form(form: object, parsed: tuple[int, int]) -> None:
    assert Devices.ENER002(form).device_id == parsed


@pytest.mark.parametrize("form", [7, (1,), (1, 2, 3), (0x6C6C6, None), "[1, x]", "(", ""])
def test_what_is_no_green_button_id_is_a_value_error(form: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        Devices.ENER002(form)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.sku)
def test_every_product_has_a_class_and_a_name(profile: Any) -> None:
    kind = getattr(Devices, profile.sku)
    device = DeviceFactory.get_device_from_name(profile.sku, "1")
    assert type(device) is kind
    assert kind.__name__ == profile.sku in DeviceFactory.keys()
    if profile.kind == OPENTHINGS:
        assert getattr(Devices, f"PRODUCTID_{profile.sku}") == profile.product
        assert type(DeviceFactory.get_device_from_id(profile.product, 1)) is kind
    else:
        assert device.radio_config.inner_times == profile.repeats


@pytest.mark.parametrize(("name", "sku"), FRIENDLY.items())
def test_friendly_names_are_those_of_pyenergenie(name: str, sku: str) -> None:
    assert type(DeviceFactory.get_device_from_name(name, 1)).__name__ == sku


def test_an_unknown_name_is_a_value_error_and_an_unknown_product_generic() -> None:
    with pytest.raises(ValueError, match="AdaptorPlus, got 'Toaster'"):
        DeviceFactory.get_device_from_name("Toaster")
    device = DeviceFactory.get_device_from_id(0x77, 5)
    device.incoming_message(Message({"header": {}, "recs": [{"paramid": 0x74, "wr": False, "value": 20.5}]}))
    assert (device.address, device.readings.temperature) == ((4, 0x77, 5), 20.5)
    with pytest.raises(RuntimeError, match="registry"):
        device.get_config()


def test_the_factory_may_have_an_air_interface_of_its_own() -> None:
    air, other = Air(), Air()
    DeviceFactory.set_default_air_interface(air)
    try:
        assert DeviceFactory.get_device_from_name("MIHO005", 1).air_interface is air
        assert DeviceFactory.get_device_from_id(2, 1).air_interface is air
        assert DeviceFactory.get_device_from_id(2, 1, other).air_interface is other
    finally:
        DeviceFactory.set_default_air_interface(None)


def test_a_program_may_replace_the_interfaces(monkeypatch: pytest.MonkeyPatch) -> None:
    fsk, ook = Air(), Air()
    monkeypatch.setattr(Devices, "fsk_interface", fsk)
    monkeypatch.setattr(Devices, "ook_interface", ook)
    assert Devices.MIHO005(1).turn_on() == Devices.ENER002(1).turn_on() == 0
    assert fsk.sent[0]["recs"][0]["value"] is True
    assert ook.sent == [{"house_address": 0x6C6C6, "device_index": 1, "on": True}]


# switch, send, receive
CAN = {
    "MIHO004": (False, True, False), "MIHO005": (True, True, True), "MIHO006": (False, True, False),
    "MIHO013": (False, True, True), "MIHO032": (False, True, False), "MIHO033": (False, True, False),
    "MIHO069": (False, True, True), "MIHO089": (False, True, False),
    "ENER002": (True, False, True), "MIHO008": (True, False, True), "MIHO010": (True, False, True),
}  # fmt: skip


@pytest.mark.parametrize(("sku", "can"), CAN.items())
def test_what_each_kind_can(sku: str, can: tuple[bool, bool, bool]) -> None:
    device = DeviceFactory.get_device_from_name(sku, 1)
    assert (device.has_switch(), device.can_send(), device.can_receive()) == can
    assert all(hasattr(device, verb) for verb in ("turn_on", "turn_off", "set_switch")) or not can[0]


def test_what_has_a_switch_is_switched(capsys: pytest.CaptureFixture[str]) -> None:
    switch = MockSwitch("mock")
    assert (switch.is_on(), switch.is_off()) == (None, None)
    assert switch.turn_on() == 0
    assert (switch.is_on(), switch.is_off(), switch.has_switch()) == (True, False, True)
    assert switch.turn_off() == 0
    assert switch.is_off() is True
    assert repr(switch) == "MockSwitch(mock)"
    assert capsys.readouterr().out == ""


def test_every_message_counts_and_is_told_to_all_who_asked() -> None:
    device, told = Devices.MIHO005(1), []
    assert (device.get_receive_count(), device.get_last_receive_time()) == (0, None)
    device.when_updated(lambda device, message: 1 / 0)
    device.when_updated(lambda device, message: told.append((device, message)))
    message = Message(Devices.MIHO005_REPORT)
    message["rxtimestamp"] = 1234.5
    device.incoming_message(message)
    assert told == [(device, message)]
    assert (device.get_receive_count(), device.get_last_receive_time()) == (1, 1234.5)
    device.when_updated(None)
    device.incoming_message(message.pydict)
    assert len(told) == 1
    assert device.get_receive_count() == 2


def test_a_class_of_the_users_own_takes_messages() -> None:
    class Toaster(Devices.EnergenieDevice):
        def handle_message(self, payload: Any) -> None:
            self.said = payload["recs"]

    toaster = Toaster(7)
    toaster.incoming_message({"header": {}, "recs": [1]})
    assert toaster.said == [1]
    assert toaster.get_readings_summary() == "(no readings)"
    assert toaster.get_config() == {"type": "Toaster", "device_id": 7}
    assert (toaster.get_next_receive_time(), toaster.entry("x"), toaster.send_message({})) == (None, None, 0)
    with pytest.raises(RuntimeError):
        Devices.Device(7).get_config()


@pytest.mark.parametrize("kind", [Devices.MIHO005, Devices.ENER002, Devices.MIHO013])
def test_before_init_sending_says_what_to_do(kind: Any) -> None:
    with pytest.raises(LinkClosed, match=r"call energenie.init\(\) first"):
        kind(1).turn_on()


def test_no_reading_is_a_runtime_error() -> None:
    assert issubclass(NoReading, RuntimeError)
    assert issubclass(NoReading, EnergyHwError)


TEMPLATES = {
    "SWITCH": (2, 0x73, True, 0x00, 1), "MIHO013_IDENTIFY": (3, 0x3F, True, 0x00, 0),
    "MIHO013_EXERCISE": (3, 0x23, True, 0x00, 0), "MIHO013_BATTERY_LEVEL": (3, 0x62, True, 0x00, 0),
    "MIHO013_DIAGNOSTICS": (3, 0x26, True, 0x00, 0), "MIHO013_SET_TEMPERATURE": (3, 0x74, True, 0x90, 2),
    "MIHO013_SET_VALVE_POSITION": (3, 0x25, True, 0x00, 1), "JOIN_REQ": (0, 0x6A, True, 0x00, 0),
    "JOIN_ACK": (0, 0x6A, False, 0x00, 0),
}  # fmt: skip


@pytest.mark.parametrize(("name", "row"), TEMPLATES.items())
def test_a_template_has_the_form_that_goes_on_air(name: str, row: tuple[int, int, bool, int, int]) -> None:
    message = Message(getattr(Devices, name))
    rec = message["recs"][0]
    assert (message["header"]["productid"], rec["paramid"], rec["wr"], rec["typeid"], rec["length"]) == row
    message.set(header_mfrid=4, header_sensorid=0x123)
    assert OpenThings.decode(OpenThings.encode(message))["recs"][0]["paramid"] == rec["paramid"]


def test_the_report_template_is_encoded_as_a_plug_sends_it() -> None:
    message = Message(Devices.MIHO005_REPORT, recs_FREQUENCY_value=49.9, recs_REACTIVE_POWER_value=-3)
    decoded = OpenThings.decode(OpenThings.encode(message))
    assert decoded.get("recs_REACTIVE_POWER_value") == -3
    assert decoded.get("recs_FREQUENCY_value") == pytest.approx(49.9, abs=0.01)
    assert len(decoded["recs"]) == 7


def test_products_in_words() -> None:
    assert Devices.getDescription(4, 2) == "Manufacturer:Energenie Product:MIHO005 Smart Plug+"
    assert Devices.getDescription(4, 0x77) == "Manufacturer:Energenie Product:UNKNOWN_0x77"
    assert Devices.getDescription(22, 2) == "Manufacturer:UNKNOWN_0x16 Product:UNKNOWN_0x2"
    assert [Devices.hasSwitch(*ids) for ids in ((4, 2), (4, 1), (5, 2))] == [True, False, False]
