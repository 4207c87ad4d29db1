"""What may be written, what must be asked for by name, and what only by force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_CEILING, Decimal

from energy_hw.errors import CommandError, FarOff, NotWritable
from energy_hw.outback.chain import Block
from energy_hw.outback.types import Point, PointType
from energy_hw.outback.values import PointValue

LOCKED = frozenset({"network", "firmware", "secret", "reset", "calibration", "structural", "clock"})
"""Classes of points that are written only if the caller names the class."""
RISKS: Mapping[str, str] = {
    "network": "the controller may no longer be reached",
    "firmware": "a device may be left without firmware",
    "secret": "it cannot be read back",
    "reset": "what it clears is gone",
    "calibration": "measured values, and charging with them, shift",
    "structural": "it says what the device is",
    "clock": "time-of-day functions and logs follow it",
}
WIRED = ("aux_", "relay_")
"""What is wired to one unit alone."""
FAR = 3
"""Times the volts that a setting holds, or a part of them, which nobody means: a decimal point was lost."""
SMALL_V = 5
"""Volts below which a setting is a difference, or off."""
COUNTED = (64112, 64119)
"""Settings of devices that each have something of their own: an array, a bank's shunts."""


def classes(allow: Iterable[str]) -> frozenset[str]:
    """The classes that the caller named. Raises CommandError for one that there is not."""
    named = frozenset([allow] if isinstance(allow, str) else allow)
    if unknown := sorted(named - LOCKED):
        raise CommandError(f"allow: there is no class {', '.join(unknown)}; there are {', '.join(sorted(LOCKED))}")
    return named


def check(row: Point, block: Block, allow: frozenset[str], force: bool, reset: bool = False) -> None:
    """Raises NotWritable for what may not be written, or not so."""
    if not row.writable:
        raise NotWritable(f"{row.code} is read-only: {row.description}")
    if row.end > block.size:
        raise NotWritable(f"{row.code}: the firmware of this device has no such register, its block ends before it")
    if is_reset(row) != reset:
        raise NotWritable(f"{row.code} is no setting but a reset: call reset()" if not reset else no_reset(row))
    if locked := sorted(row.flags & LOCKED - allow):
        risks = "; ".join(f"{each}: {RISKS[each]}" for each in locked)
        raise NotWritable(f"{row.code} is locked ({risks}): to write it, allow {', '.join(locked)} by name")
    if row.disputed and not force:
        raise NotWritable(f"{row.code}: {dispute(row)}; to write it all the same, force it and look at the display")


def is_reset(row: Point) -> bool:
    """A register that takes the one's complement of the one before it."""
    return "reset" in row.flags


def no_reset(row: Point) -> str:
    return f"{row.code} is a setting, not a reset: write it"


def dispute(row: Point) -> str:
    """What sources disagree on, "" if they do not: `sources disagree: sheet 0=off 1=on, vendor tool ...`."""
    return f"sources disagree: {row.note.removeprefix('DISPUTED').lstrip(': ')}" if row.disputed else ""


def absent(before: PointValue) -> bool:
    """The device does not have the point. An empty text, an address 0.0.0.0 and what is write-only may be written."""
    row = before.point
    if not row.readable:
        return False
    if row.type is PointType.STRING:
        return set(before.registers) == {0xFFFF}
    return row.type is not PointType.IPADDR and not before.implemented


def volts(before: PointValue) -> tuple[Decimal, Decimal] | None:
    """(low, high) of what a setting in volts takes without force: no document limits them, and batteries do.

    None for everything else, and for what holds less than SMALL_V.
    """
    if before.point.unit != "V" or not isinstance(before.value, Decimal) or before.value < SMALL_V:
        return None
    step = Decimal(1).scaleb(before.scale or 0)
    low = (before.value / FAR).quantize(step, ROUND_CEILING)
    return low, before.value * FAR


def check_far(before: PointValue, after: PointValue) -> None:
    """Raises FarOff for volts that are far from those it holds."""
    limits, new = volts(before), after.value
    if limits is not None and isinstance(new, Decimal) and not limits[0] <= new <= limits[1]:
        raise FarOff(
            f"{before.point.code}: {new} V is far from the {before.value} V that it holds (raw {after.raw},"
            f" {before.raw}): is a decimal point lost, is it a raw number? To write it all the same, force it",
            *limits,
        )


def needs_certainty(row: Point) -> bool:
    """A write of it to the wrong one of two alike devices would do harm."""
    return row.did in COUNTED or row.name.startswith(WIRED)
