"""One reading as a person would say it: `249 V`, `off`, `open`."""

from __future__ import annotations

from decimal import Decimal

from energy_hw.app.text import printable
from energy_hw.reading import Quantity, Reading

MOST_READABLE = 10**12
WORDS = {
    Quantity.SWITCH: ("off", "on"),
    Quantity.CONTACT: ("closed", "open"),
    Quantity.MOTION: ("no motion", "motion"),
}


def phrase(reading: Reading) -> str:
    """`249 V`, `off`, `door open`: what a person would say."""
    value = reading.value
    if value is None:
        return reading.name.replace("_", " ")
    if isinstance(value, bool):
        return WORDS.get(reading.quantity, ("no", "yes"))[value]
    shown = _number(value) if isinstance(value, Decimal) else printable(str(value))
    if reading.quantity is Quantity.BATTERY_VOLTAGE:
        return f"battery {shown} {reading.unit}"
    return f"{shown} {reading.unit}" if reading.unit else f"{reading.name.replace('_', ' ')} {shown}"


def _number(value: Decimal) -> str:
    """Three decimals are enough to read; the report has them all."""
    return f"{value:.3f}".rstrip("0").rstrip(".") if abs(value) < MOST_READABLE else f"{value:.6e}"
