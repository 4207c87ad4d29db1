"""The names of the package serial_teleinfo 1.0.1, on this package's own links and tables.

    from energy_hw.teleinfo import Client, ValueUpdater        # was: from serial_teleinfo import ...

Client gives strict lines from a port; ValueUpdater keeps the latest values in a thread; docs/teleinfo.md says what
differs. TeleinfoMeter is the native way: whole frames, with quantities and times.
"""

from __future__ import annotations

from energy_hw.teleinfo.client import Client
from energy_hw.teleinfo.parser import (
    InvalidChecksumException,
    ParserException,
    TeleinfoException,
    UnknownKeyException,
    parse_line,
)
from energy_hw.teleinfo.types import Value, type_parsers
from energy_hw.teleinfo.updater import ValueUpdater

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
