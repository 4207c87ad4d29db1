"""Meters with a P1 port: DSMR, eSMR, eMUCS, SMARTY and HAN-P1, of a dozen countries.

A name is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from energy_hw.p1.meter import P1Meter as P1Meter

_HOMES = {
    "P1Meter": "meter",
}

__all__ = [
    "P1Meter",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'energy_hw.p1' has no attribute {name!r}")
    return getattr(import_module(f"energy_hw.p1.{home}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
