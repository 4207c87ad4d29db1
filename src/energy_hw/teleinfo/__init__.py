"""French Teleinfo (TIC) meters, historique and standard.

The names of the package serial_teleinfo are here as well; a name is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from energy_hw.teleinfo.client import Client as Client
    from energy_hw.teleinfo.parser import InvalidChecksumException as InvalidChecksumException
    from energy_hw.teleinfo.parser import ParserException as ParserException
    from energy_hw.teleinfo.parser import TeleinfoException as TeleinfoException
    from energy_hw.teleinfo.parser import UnknownKeyException as UnknownKeyException
    from energy_hw.teleinfo.parser import parse_line as parse_line
    from energy_hw.teleinfo.types import Value as Value
    from energy_hw.teleinfo.types import type_parsers as type_parsers
    from energy_hw.teleinfo.updater import ValueUpdater as ValueUpdater

_HOMES = {
    "Client": "client",
    "InvalidChecksumException": "parser",
    "ParserException": "parser",
    "TeleinfoException": "parser",
    "UnknownKeyException": "parser",
    "Value": "types",
    "ValueUpdater": "updater",
    "parse_line": "parser",
    "type_parsers": "types",
}

__all__ = [
    "Client",
    "InvalidChecksumException",
    "ParserException",
    "TeleinfoException",
    "UnknownKeyException",
    "Value",
    "ValueUpdater",
    "parse_line",
    "type_parsers",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'energy_hw.teleinfo' has no attribute {name!r}")
    return getattr(import_module(f"energy_hw.teleinfo.{home}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
