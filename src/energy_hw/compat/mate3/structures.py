"""mate3 0.4's `mate3.structures`: one XxxBlock, a named tuple, for each device."""

from __future__ import annotations

from typing import Any

from energy_hw.compat.mate3.base_parser import block_class, classes
from energy_hw.compat.mate3.base_structures import Device, int16, int32, uint16, uint32

__all__ = ["Device", "int16", "int32", "uint16", "uint32", *classes("Block")]


def __getattr__(name: str) -> Any:
    device = classes("Block").get(name)
    if device is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(classes('Block'))}")
    return block_class(device)


def __dir__() -> list[str]:
    return sorted(__all__)
