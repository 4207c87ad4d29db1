"""Meters with a P1 port: DSMR, eSMR, eMUCS, SMARTY and HAN-P1, of a dozen countries.

>>> P1Meter("/dev/ttyUSB0")       # a port, and a thread that reads it                    # doctest: +SKIP
>>> P1Telegram(raw).gas           # one telegram, by names                                # doctest: +SKIP
>>> P1Framer().feed(data)         # a stream of bytes, cut into checked telegrams         # doctest: +SKIP
>>> Decipher(key).decipher(frame) # an encrypted frame                                    # doctest: +SKIP

A name is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from energy_hw.p1.cipher import Decipher as Decipher
    from energy_hw.p1.meter import P1Meter as P1Meter
    from energy_hw.p1.profiles import PROFILES as PROFILES
    from energy_hw.p1.report import to_report as to_report
    from energy_hw.p1.telegram import CrcPolicy as CrcPolicy
    from energy_hw.p1.telegram import P1Framer as P1Framer
    from energy_hw.p1.telegram import Telegram as Telegram
    from energy_hw.p1.value import P1Telegram as P1Telegram

_HOMES = {
    "CrcPolicy": "telegram",
    "Decipher": "cipher",
    "P1Framer": "telegram",
    "P1Meter": "meter",
    "P1Telegram": "value",
    "PROFILES": "profiles",
    "Telegram": "telegram",
    "to_report": "report",
}

__all__ = [
    "PROFILES",
    "CrcPolicy",
    "Decipher",
    "P1Framer",
    "P1Meter",
    "P1Telegram",
    "Telegram",
    "to_report",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'energy_hw.p1' has no attribute {name!r}")
    return getattr(import_module(f"energy_hw.p1.{home}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
