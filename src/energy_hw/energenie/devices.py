"""Which class stands for which product. A product without one is a GenericDevice.

Classes are found by name when they are first needed: a script for a plug loads no valve.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from energy_hw.core.message import ENERGENIE, Message
from energy_hw.energenie.device import Device
from energy_hw.energenie.generic import GenericDevice

if TYPE_CHECKING:
    from energy_hw.energenie.household import Household

HOME = "energy_hw.energenie"

# fmt: off
CLASSES = {
    # product: module, class
    0x01: ("monitors", "Monitor"),
    0x02: ("plug",     "Plug"),
    0x03: ("valve",    "Etrv"),
    0x05: ("monitors", "HouseMonitor"),
    0x0C: ("sensors",  "MotionSensor"),
    0x0D: ("sensors",  "OpenSensor"),
    0x12: ("thermostat", "Thermostat"),
    0x13: ("sensors",  "Click"),
}
# fmt: on


def class_for(product: int) -> type[Device]:
    """The class of an Energenie product id."""
    home = CLASSES.get(product)
    if home is None:
        return GenericDevice
    module, name = home
    return cast("type[Device]", getattr(import_module(f"{HOME}.{module}"), name))


def device_for(hub: Household, message: Message) -> Device:
    """An object for the device that sent a message, or that it is meant for."""
    if message.manufacturer != ENERGENIE:
        return GenericDevice(hub, message.sensor, message.product, manufacturer=message.manufacturer)
    return class_for(message.product)(hub, message.sensor, message.product)
