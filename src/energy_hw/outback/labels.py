"""Labels of enums and bit fields become numbers; and what a refusal says was expected, and what came.

Source of the labels: OutBack.Power.SunSpec.Map.xlsx (2019-07), in our words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from energy_hw.errors import OutOfRange
from energy_hw.outback.types import Point, PointType

Number = Decimal | int
DIGITS = 60  # more of them, before or behind the point, are no setting: they are refused before they cost time
COMMA = re.compile(r"\s*[+-]?\d{1,9},\d{1,9}\s*", re.ASCII)


def code_of(point: Point, value: object) -> int:
    """The code of an enum by its label, or by itself, as int or text. Raises OutOfRange, which lists the labels."""
    wanted = _integer(value)
    for code, label in point.enum.items():
        if code == wanted or (isinstance(value, str) and _key(label) == _key(value)):
            return code
    raise unexpected(point, value)


def bits_of(point: Point, value: object) -> int:
    """The number of a bit field by its labels, several or joined by commas, or by itself. Raises OutOfRange."""
    number = _integer(value)
    if number is None:
        number = sum(_parts(point, value).values())
    if number & ~sum([*point.bits, *point.masks]):
        raise unexpected(point, value)  # a bit that no document knows
    return number


def _parts(point: Point, value: object) -> dict[int, int]:
    """Mask -> bits under it; each mask may be named once, or again the same."""
    parts: dict[int, int] = {}
    labels = value.split(",") if isinstance(value, str) else value
    for label in labels if isinstance(labels, Iterable) else [value]:
        mask, bits = _part(point, label)
        if parts.setdefault(mask, bits) != bits:
            raise unexpected(point, value)
    return parts


def _part(point: Point, label: object) -> tuple[int, int]:
    """The mask that a label names, and what is to stand there: of `hub port 7` the number, else the bit."""
    text = label.strip() if isinstance(label, str) else "?"
    if not text:
        return 0, 0  # behind a comma
    for mask, known in point.bits.items():
        if _key(text) == _key(known):
            return mask, mask
    name, _, number = text.rpartition(" ")
    for mask, known in point.masks.items():
        if _key(name) == _key(known) and re.fullmatch(r"\d{1,5}", number, re.ASCII):
            bits = int(number) * (mask & -mask)
            if not bits & ~mask:
                return mask, bits
    raise unexpected(point, label)


def _key(label: str) -> str:
    """What a label is found by: case, spaces, `-` and `_` make no difference."""
    return re.sub(r"[\s_-]+", "", label.casefold())


def _integer(value: object) -> int | None:
    """The integer of a code or of its text; None for anything else."""
    if isinstance(value, str):
        return int(value) if re.fullmatch(r"\s*[+-]?\d{1,10}\s*", value, re.ASCII) else None
    return value if isinstance(value, int) else None


def unexpected(point: Point, value: object) -> OutOfRange:
    """The error that says what the point takes, and what came."""
    comma = ": write a point for the comma" if point.scale and _has_comma(value) else ""
    return OutOfRange(f"{point.code}: expected {expected(point)}, got {shown(point, value)}{comma}")


def _has_comma(value: object) -> bool:
    return isinstance(value, str) and COMMA.fullmatch(value) is not None


def expected(point: Point) -> str:
    """What the point takes, in words; of an enum every label."""
    if point.enum:
        return "one of " + ", ".join(f"{label} ({code})" for code, label in point.enum.items())
    if point.is_bits:
        return "an integer or labels of " + ", ".join([*point.bits.values(), *(f"{x} N" for x in point.masks.values())])
    if point.type is PointType.IPADDR:
        return "an IPv4 address such as 192.168.0.64"
    number = "a number" if point.scale else "a whole number"
    return f"{number} in {point.unit}" if point.unit else number


def shown(point: Point, value: object) -> str:
    """What came, for a message: short, and never a password."""
    if "secret" in point.flags:
        return "a value that is not shown, because it is secret"
    if isinstance(value, int) and value.bit_length() > 4 * DIGITS:
        return f"a number of {value.bit_length()} bits"
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) < DIGITS:
        return plain(value)[: 2 * DIGITS]
    return repr(value)[: 2 * DIGITS]


def plain(number: Number) -> str:
    """A number with all its digits and no exponent."""
    return format(Decimal(number), "f")
