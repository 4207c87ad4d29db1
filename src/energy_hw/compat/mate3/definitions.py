"""mate3 0.4's `mate3.definitions`, as parsers is called at 66a4525 and in the README of 2020: the same classes."""

from __future__ import annotations

from energy_hw.compat.mate3.base_parser import BaseParser, Field, Mode, find_parser, parser_names
from energy_hw.compat.mate3.base_structures import Device

__all__ = ["BaseParser", "Device", "Field", "Mode", *parser_names()]


def __getattr__(name: str) -> type[BaseParser]:
    return find_parser(__name__, name)


def __dir__() -> list[str]:
    return sorted(__all__)
