"""Speak to the energy hardware of a house.

>>> from energy_hw import Hub
>>> with Hub(simulate=True) as hub:  # doctest: +SKIP
...     for report in hub:
...         print(report)

Names are loaded when they are first used; importing the package loads the
standard library alone.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from energy_hw._version import __version__

if TYPE_CHECKING:
    from energy_hw.core.interface import RadioConfig as RadioConfig
    from energy_hw.energenie.ener314 import Ener314 as Ener314
    from energy_hw.energenie.generic import GenericDevice as GenericDevice
    from energy_hw.energenie.hub import Hub as Hub
    from energy_hw.energenie.legacy import Dimmer as Dimmer
    from energy_hw.energenie.legacy import LightSwitch as LightSwitch
    from energy_hw.energenie.legacy import Socket as Socket
    from energy_hw.energenie.legacy import Strip as Strip
    from energy_hw.energenie.monitors import HouseMonitor as HouseMonitor
    from energy_hw.energenie.monitors import Monitor as Monitor
    from energy_hw.energenie.plug import Plug as Plug
    from energy_hw.energenie.sensors import Click as Click
    from energy_hw.energenie.sensors import MotionSensor as MotionSensor
    from energy_hw.energenie.sensors import OpenSensor as OpenSensor
    from energy_hw.energenie.thermostat import Thermostat as Thermostat
    from energy_hw.energenie.valve import Etrv as Etrv
    from energy_hw.errors import EnergyHwError as EnergyHwError
    from energy_hw.outback.mate3 import Mate3 as Mate3
    from energy_hw.p1.meter import P1Meter as P1Meter
    from energy_hw.reading import Control as Control
    from energy_hw.reading import Quantity as Quantity
    from energy_hw.reading import Reading as Reading
    from energy_hw.reading import Report as Report
    from energy_hw.teleinfo.meter import TeleinfoMeter as TeleinfoMeter

_HOMES = {
    "Hub": "energy_hw.energenie.hub",
    "Plug": "energy_hw.energenie.plug",
    "Etrv": "energy_hw.energenie.valve",
    "Thermostat": "energy_hw.energenie.thermostat",
    "Monitor": "energy_hw.energenie.monitors",
    "HouseMonitor": "energy_hw.energenie.monitors",
    "MotionSensor": "energy_hw.energenie.sensors",
    "OpenSensor": "energy_hw.energenie.sensors",
    "Click": "energy_hw.energenie.sensors",
    "GenericDevice": "energy_hw.energenie.generic",
    "Socket": "energy_hw.energenie.legacy",
    "Strip": "energy_hw.energenie.legacy",
    "LightSwitch": "energy_hw.energenie.legacy",
    "Dimmer": "energy_hw.energenie.legacy",
    "Ener314": "energy_hw.energenie.ener314",
    "RadioConfig": "energy_hw.core.interface",
    "EnergyHwError": "energy_hw.errors",
    "Control": "energy_hw.reading",
    "Quantity": "energy_hw.reading",
    "Reading": "energy_hw.reading",
    "Report": "energy_hw.reading",
    "TeleinfoMeter": "energy_hw.teleinfo.meter",
    "P1Meter": "energy_hw.p1.meter",
    "Mate3": "energy_hw.outback.mate3",
}

__all__ = [
    "Click",
    "Control",
    "Dimmer",
    "Ener314",
    "EnergyHwError",
    "Etrv",
    "GenericDevice",
    "HouseMonitor",
    "Hub",
    "LightSwitch",
    "Mate3",
    "Monitor",
    "MotionSensor",
    "OpenSensor",
    "P1Meter",
    "Plug",
    "Quantity",
    "RadioConfig",
    "Reading",
    "Report",
    "Socket",
    "Strip",
    "TeleinfoMeter",
    "Thermostat",
    "__version__",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'energy_hw' has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted(__all__)
