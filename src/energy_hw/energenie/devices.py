"""Which class stands for which product, or which SKU. An OpenHEMS product without one is a GenericDevice.

Classes are found by name when they are first needed: a script for a plug loads no valve.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from energy_hw.core.message import ENERGENIE, Message
from energy_hw.energenie.device import Device
from energy_hw.energenie.generic import GenericDevice
from energy_hw.energenie.profiles import OOK_DIMMER, Profile, by_sku
from energy_hw.errors import ConfigError

if TYPE_CHECKING:
    from energy_hw.energenie.household import Household
    from energy_hw.energenie.registry_toml import Entry, OokAddress
    from energy_hw.energenie.thing import Thing

HOME = "energy_hw.energenie"

# fmt: off
CLASSES = {
    # product: module, class
    0x01: ("monitors",   "Monitor"),
    0x02: ("plug",       "Plug"),
    0x03: ("valve",      "Etrv"),
    0x05: ("monitors",   "HouseMonitor"),
    0x0C: ("sensors",    "MotionSensor"),
    0x0D: ("sensors",    "OpenSensor"),
    0x12: ("thermostat", "Thermostat"),
    0x13: ("sensors",    "Click"),
}
# fmt: on
ALL = 0
SLOW = 8
"""Light switches need more repeats of a code than this."""


def class_for(product: int) -> type[Device]:
    """The class of an Energenie product id."""
    home = CLASSES.get(product)
    return GenericDevice if home is None else cast("type[Device]", _load(*home))


def class_name(profile: Profile, gang: int) -> str:
    """Which class of the OOK kind: one gang of a strip is a socket, gang 0 of it the strip."""
    if profile.kind == OOK_DIMMER:
        return "Dimmer"
    if profile.gangs > 1 and gang == ALL:
        return "Strip"
    return "LightSwitch" if profile.repeats > SLOW else "Socket"


def device_for(hub: Household, message: Message) -> Device:
    """An object for the device that sent a message, or that it is meant for."""
    if message.manufacturer != ENERGENIE:
        return GenericDevice(hub, message.sensor, message.product, manufacturer=message.manufacturer)
    return class_for(message.product)(hub, message.sensor, message.product)


def thing_for(hub: Household, entry: Entry) -> Thing:
    """An object for a device with a name, heard of or not.

    Raises ConfigError for an id of neither kind, or an OOK device whose model is not known.
    """
    if entry.ook is not None:
        return _ook_thing(hub, entry, entry.ook)
    if entry.sensor is None or entry.product is None:
        raise ConfigError(f"{entry.name}: expected energenie:2:0x000373 or energenie:ook:0x6C6C6/1, got {entry.device}")
    return class_for(entry.product)(hub, entry.sensor, entry.product, name=entry.name)


def _ook_thing(hub: Household, entry: Entry, address: OokAddress) -> Thing:
    """A model of "" is a plain socket: eight repeats are right for most."""
    house, gang = address
    profile = by_sku(entry.model or "ENER002")
    if profile is None or profile.product is not None:
        raise ConfigError(f"{entry.name}: expected the model of an OOK device, such as ENER002, got {entry.model!r}")
    name = class_name(profile, gang)
    place = {"gang": gang} if name in ("Socket", "LightSwitch") else {}
    return cast("Thing", _load("legacy", name)(hub, house=house, sku=profile.sku, name=entry.name, **place))


def _load(module: str, name: str) -> Any:
    return getattr(import_module(f"{HOME}.{module}"), name)
