"""What mate3 0.6 gave for a value: plain Python, where energy_hw has exact Decimals and labels; and the way back."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from math import isfinite
from typing import Any

from energy_hw.compat.mate3.sunspec.fields import Field
from energy_hw.outback.types import PointType
from energy_hw.outback.values import PointValue

NOISE = Decimal("1e-6")
"""Of a step of the device: a float nearer than this means the step, so 58.9 + 0.1 may be written."""


class ScaleFactor(int):
    """A power of ten, as an int and, as 0.6 had it between times, as something with a value."""

    @property
    def value(self) -> int:
        return int(self)


def unscaled(field: Field, now: PointValue) -> Any:
    """int, member of an Enum, IntFlag, or text."""
    if isinstance(now.raw, str):
        return now.raw.strip("\0")
    if now.point.type is PointType.IPADDR:
        return now.value
    named = getattr(field, "options", None) or getattr(field, "flags", None)
    return named(now.raw) if named else now.raw


def scaled(now: PointValue) -> float | int | None:
    """A float for tenths, an int for tens, as 0.6 gave."""
    if not isinstance(now.value, Decimal) or now.scale is None:
        return None
    return float(now.value) if now.scale < 0 else int(now.value)


def _without_noise(value: float, scale: int) -> Decimal | float:
    if not isfinite(value):
        return value
    steps = Decimal(repr(value)).scaleb(-scale)
    nearest = steps.to_integral_value()
    return nearest.scaleb(scale) if abs(steps - nearest) <= NOISE else value


def for_json(value: Any) -> Any:
    """For JSON; flags are numbers there."""
    return value if isinstance(value, str | int | float | None) else repr(value)


def spoken(field: Field, value: Any, scale: int) -> object:
    """What our Writer takes: no member of an enum, no bytes, no noise behind a float."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        return value.decode("ascii", "backslashreplace").rstrip("\0")
    if isinstance(value, str) and (options := getattr(field, "options", None)):
        return options[value].value if value in options.__members__ else value
    return _without_noise(value, scale) if isinstance(value, float) else value
