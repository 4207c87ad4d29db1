"""Which class stands for which product, and for which name."""

from __future__ import annotations

import pytest

import energy_hw
from device_rig import SENSOR, open_desk, record
from energy_hw import Etrv, GenericDevice, Monitor, Plug, Thermostat
from energy_hw.energenie.devices import CLASSES, class_for, class_name, thing_for
from energy_hw.energenie.legacy import Dimmer, LightSwitch, Socket, Strip
from energy_hw.energenie.profiles import OOK_DIMMER, PROFILES, by_sku
from energy_hw.energenie.registry_toml import Entry
from energy_hw.errors import ConfigError


@pytest.mark.parametrize("profile", [row for row in PROFILES if row.product is not None], ids=lambda row: row.sku)
def test_every_openhems_product_has_a_class_that_knows_its_product(profile) -> None:  # type: ignore[no-untyped-def]
    kind = class_for(profile.product)
    assert kind is not GenericDevice
    assert kind.product == profile.product


@pytest.mark.parametrize("product", sorted(CLASSES))
def test_every_class_can_be_imported_from_the_package(product: int) -> None:
    kind = class_for(product)
    assert getattr(energy_hw, kind.__name__) is kind
    assert kind.__name__ in energy_hw.__all__


def test_a_device_that_is_heard_gets_an_object_of_its_class() -> None:
    with open_desk() as desk:
        desk.say(2, SWITCH_STATE=1)
        desk.say(1, sensor=2, REAL_POWER=5)
        desk.say(3, sensor=3, TEMPERATURE=20)
        desk.send(0x12, record("WAKEUP", None), sensor=4)
        kinds = [type(thing) for thing in desk.engine.devices.values()]
        assert kinds == [Plug, Monitor, Etrv, Thermostat]
        assert desk.engine[SENSOR].is_on is True  # the report that it was made for is not lost


def test_an_unknown_product_shows_everything_that_it_says() -> None:
    with open_desk() as desk:
        for _ in range(2):  # believed from the second frame on
            desk.send(0x42, record("REAL_POWER", 5), record("UNKNOWN_1F", 7))
        device = desk.engine[SENSOR]
        assert isinstance(device, GenericDevice)
        assert device.value("UNKNOWN_1F") == 7
        values = {reading.code: reading.value for reading in device.readings()}
        assert (values["REAL_POWER"], values["UNKNOWN_1F"]) == (5, 7)
        assert "RSSI" in values
        assert device.controls() == []


def test_a_device_of_another_manufacturer_is_generic_too() -> None:
    with open_desk(promiscuous=True) as desk:
        for _ in range(2):
            desk.say(2, maker=0x16, REAL_POWER=5)
        device = desk.engine["openhems:22:2:0x000373"]
        assert isinstance(device, GenericDevice)
        assert (device.profile, device.value("REAL_POWER")) == (None, 5)
        assert "0x16" in device.model


def test_a_generic_device_obeys_nothing_even_where_the_product_is_known() -> None:
    """An eTRV has to be told in its window, and this class knows of none."""
    with open_desk() as desk:
        assert GenericDevice(desk.engine, SENSOR, 3).controls() == []


# -- objects for names -----------------------------------------------------


@pytest.mark.parametrize(
    ("sku", "gang", "name"),
    [
        ("ENER002", 1, "Socket"),
        ("ENER010", 0, "Strip"),
        ("ENER010", 3, "Socket"),
        ("MIHO007", 0, "Strip"),
        ("MIHO008", 1, "LightSwitch"),
        ("MIHO009", 0, "Strip"),
        ("MIHO009", 2, "LightSwitch"),
        ("MIHO010", 1, "Dimmer"),
    ],
)
def test_the_class_of_an_ook_device(sku: str, gang: int, name: str) -> None:
    profile = by_sku(sku)
    assert profile is not None
    assert class_name(profile, gang) == name


@pytest.mark.parametrize(
    ("device", "model", "kind"),
    [
        ("energenie:2:0x000373", "MIHO005", Plug),
        ("energenie:3:0x00097F", "", Etrv),
        ("energenie:66:0x000001", "", GenericDevice),
        ("energenie:ook:0x6C6C6/1", "", Socket),
        ("energenie:ook:0xA0170/0", "ENER010", Strip),
        ("energenie:ook:0xA0170/2", "MIHO008", LightSwitch),
        ("energenie:ook:0xA0171/1", "MIHO010", Dimmer),
    ],
)
def test_a_name_gets_an_object_before_anything_is_heard(device: str, model: str, kind: type) -> None:
    with open_desk() as desk:
        thing = thing_for(desk.engine, Entry("lamp", device, model))
        assert type(thing) is kind
        assert (thing.device, thing.name) == (device, "lamp")
        assert desk.engine.devices[device] is thing


@pytest.mark.parametrize(
    ("device", "model", "text"),
    [("energenie:ook:0x6C6C6/1", "MIHO005", "ENER002, got 'MIHO005'"), ("p1:4530", "", "got p1:4530")],
)
def test_a_name_of_something_else_is_a_configuration_error(device: str, model: str, text: str) -> None:
    with open_desk() as desk, pytest.raises(ConfigError, match=text):
        thing_for(desk.engine, Entry("lamp", device, model))


@pytest.mark.parametrize("profile", [row for row in PROFILES if row.product is None], ids=lambda row: row.sku)
def test_every_ook_product_has_an_object(profile) -> None:  # type: ignore[no-untyped-def]
    with open_desk() as desk:
        gang = 0 if profile.gangs > 1 else 1
        thing = thing_for(desk.engine, Entry("it", f"energenie:ook:0xA0170/{gang}", profile.sku))
        assert thing.model == profile.model
        assert ("level" in {control.name for control in thing.controls()}) is (profile.kind == OOK_DIMMER)
