"""mate3 0.4's `mate3.parsers`: one XxxParser for each device, with its fields as class attributes.

    from energy_hw.compat.mate3.parsers import ChargeControllerParser
    ChargeControllerParser.battery_current.units       # Amps

Each is made when it is first asked for.
"""

from __future__ import annotations

from energy_hw.compat.mate3.base_parser import BaseParser, Field, Mode, find_parser, parser_names
from energy_hw.compat.mate3.base_structures import Device

__all__ = ["BaseParser", "Device", "Field", "Mode", *parser_names()]


def __getattr__(name: str) -> type[BaseParser]:
    return find_parser(__name__, name)


def __dir__() -> list[str]:
    return sorted(__all__)
