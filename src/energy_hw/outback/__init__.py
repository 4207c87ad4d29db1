"""OutBack Mate3, Mate3s and AXS Port over Modbus/TCP, with the devices on their hub.

>>> with Mate3("mate3.lan") as mate3:                                    # doctest: +SKIP
...     mate3.charge_controllers[3].settings.absorb_volts                # live; assigning writes
>>> Mate3(registers=Dump.load("dump.json")).read().reports()             # a file instead of a house  # doctest: +SKIP

A name is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from energy_hw.outback.device import Device as Device
    from energy_hw.outback.dump import Dump as Dump
    from energy_hw.outback.live import LiveDevice as LiveDevice
    from energy_hw.outback.mate3 import Mate3 as Mate3
    from energy_hw.outback.poll import Mode as Mode
    from energy_hw.outback.snapshot import Snapshot as Snapshot
    from energy_hw.outback.values import PointValue as PointValue

_HOMES = {
    "Device": "device",
    "Dump": "dump",
    "LiveDevice": "live",
    "Mate3": "mate3",
    "Mode": "poll",
    "PointValue": "values",
    "Snapshot": "snapshot",
}

__all__ = ["Device", "Dump", "LiveDevice", "Mate3", "Mode", "PointValue", "Snapshot"]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'energy_hw.outback' has no attribute {name!r}")
    return getattr(import_module(f"energy_hw.outback.{home}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
