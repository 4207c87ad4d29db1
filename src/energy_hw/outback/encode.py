"""From values to registers: exactly what was said, or an error that says what could be written instead.

Nothing is rounded, clipped or guessed: a wrong setting charges a battery wrongly.
Sources: OutBack AXS Port application note rev 5; OutBack.Power.SunSpec.Map.xlsx (2019-07); SunSpec Alliance,
SunSpec Information Model Specification (types, not-implemented patterns).
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from math import floor

from energy_hw.errors import NotWritable, OutOfRange
from energy_hw.outback.labels import DIGITS, Number, bits_of, code_of, expected, plain, shown, unexpected
from energy_hw.outback.types import Point, PointType
from energy_hw.outback.values import SCALES, scaled

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)


def encode(point: Point, value: object, scale: int | None = None) -> tuple[int, ...]:
    """Registers that hold value.

    value: what decode_point() gives: number (int, Decimal, float as its repr shows it, or their text), label or
    code of an enum, labels of bits, IPv4 address, text. scale: the power of ten that the block reads now.

    Raises NotWritable for a read-only point or one whose scale factor is not known, OutOfRange for any value
    that the point can not hold exactly. An empty text is allowed: zeros, as SunSpec has it.
    """
    _refuse_read_only(point)
    if point.type is PointType.STRING:
        return _text(point, value)
    if isinstance(value, bool):  # which code or bit that is differs: 64119/shunt_a_enabled has 0=enabled
        raise unexpected(point, value)
    if point.enum:
        return split(point, _checked(point, code_of(point, value)))
    if point.is_bits:
        return split(point, _checked(point, bits_of(point, value)))
    if point.type is PointType.IPADDR:
        return split(point, _checked(point, _address(point, value)))
    return split(point, _number(point, value, scale))


def encode_raw(point: Point, raw: int) -> tuple[int, ...]:
    """Registers that hold the unscaled number; negative ones as negative numbers. Raises as encode() does."""
    _refuse_read_only(point)
    if point.type is PointType.STRING:
        raise OutOfRange(f"{point.code} is text of up to {2 * point.size} characters, not a number")
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise OutOfRange(f"{point.code}: expected an unscaled integer, got {shown(point, raw)}")
    if point.enum:
        code_of(point, raw)
    if point.is_bits:
        bits_of(point, raw)
    return split(point, _checked(point, raw))


def limits(point: Point, scale: int | None = None) -> tuple[Number, Number]:
    """Lowest and highest number that may be written, in the point's unit: of its type, cut by its documents."""
    low, high = _raw_limits(point)
    return _in_unit(point, low, scale), _in_unit(point, high, scale)


def split(point: Point, raw: int) -> tuple[int, ...]:
    """A number in the registers of the point, in its word order."""
    words = tuple(raw >> 16 * place & 0xFFFF for place in range(point.size))
    return words if point.low_word_first else words[::-1]


def _refuse_read_only(point: Point) -> None:
    if not point.writable:
        raise NotWritable(f"{point.code} is read-only: {point.description}")


def _raw_limits(point: Point) -> tuple[int, int]:
    """Of the type, cut by the documents, without the pattern of a missing value at either end."""
    bits = 16 * point.size
    lowest, highest = (-(1 << bits - 1), (1 << bits - 1) - 1) if point.signed else (0, (1 << bits) - 1)
    low = lowest if point.low is None else point.low
    high = highest if point.high is None else point.high
    return low + _is_pattern(point, low), high - _is_pattern(point, high)


def _is_pattern(point: Point, raw: int) -> bool:
    return raw % (1 << 16 * point.size) in point.not_implemented


def _checked(point: Point, raw: int, scale: int | None = None) -> int:
    """raw, if the point can hold it and it does not mean that there is no value."""
    low, high = _raw_limits(point)
    if not low <= raw <= high or _is_pattern(point, raw):
        raise _outside(point, _in_unit(point, raw, scale), scale)
    return raw


def _outside(point: Point, value: Number, scale: int | None) -> OutOfRange:
    low, high = limits(point, scale)
    unit = " unscaled" if point.scale and scale is None else _unit(point)
    text = f"{point.code}: expected {plain(low)} to {plain(high)}{unit}, got {shown(point, value)}"
    return OutOfRange(text, low, high)


def _in_unit(point: Point, raw: int, scale: int | None) -> Number:
    return raw if point.scale is None or scale is None else scaled(raw, scale)


def _unit(point: Point) -> str:
    return f" {point.unit}" if point.unit else ""


def _number(point: Point, value: object, scale: int | None) -> int:
    if point.scale and scale not in SCALES:
        raise NotWritable(f"{point.code}: its scale factor {point.scale} reads {scale}: read the device again")
    exact = _decimal(point, value)
    power = scale if point.scale and scale is not None else 0
    raw = Fraction(exact) / Fraction(10) ** power
    below = floor(raw)
    if raw != below:
        raise _between(point, exact, below, scale)
    return _checked(point, below, scale)


def _between(point: Point, value: Decimal, below: int, scale: int | None) -> OutOfRange:
    low, high = _raw_limits(point)
    if not low <= below < high:
        return _outside(point, value, scale)
    if "secret" in point.flags:
        return unexpected(point, value)
    near = " and ".join(plain(_in_unit(point, raw, scale)) + _unit(point) for raw in (below, below + 1))
    text = f"{point.code} can not hold {shown(point, value)}{_unit(point)}: the nearest are {near}"
    return OutOfRange(text, *limits(point, scale))


def _decimal(point: Point, value: object) -> Decimal:
    """The exact number that was meant: a float is what its repr shows, 57.6 is 57.6."""
    exact = _exact(value)
    if exact is None:
        raise unexpected(point, value)
    if abs(exact.adjusted()) > DIGITS or len(exact.as_tuple().digits) > DIGITS:
        raise OutOfRange(f"{point.code}: expected {expected(point)}, got one of too many digits")
    return exact


def _exact(value: object) -> Decimal | None:
    """None for what is no number, or no finite one."""
    if isinstance(value, int | Decimal):
        return Decimal(value) if isinstance(value, int) or value.is_finite() else None
    text = repr(float(value)) if isinstance(value, float) else value
    return Decimal(text.strip()) if isinstance(text, str) and NUMBER.fullmatch(text.strip()) else None


def _address(point: Point, value: object) -> int:
    from ipaddress import IPv4Address

    try:
        return int(IPv4Address(str(value).strip()))
    except ValueError as error:
        raise unexpected(point, value) from error


def _text(point: Point, value: object) -> tuple[int, ...]:
    room = 2 * point.size
    if not isinstance(value, str) or not _fits(value, room):
        size = f"{len(value)} characters: " if isinstance(value, str) else ""
        wanted = f"at most {room} printable ASCII characters with no space at either end"
        raise OutOfRange(f"{point.code}: expected {wanted}, got {size}{shown(point, value)}")
    raw = value.encode("ascii").ljust(room, b"\0")
    return tuple(int.from_bytes(raw[at : at + 2], "big") for at in range(0, room, 2))


def _fits(text: str, room: int) -> bool:
    """A space at the end would not read back."""
    return len(text) <= room and text.isascii() and text.isprintable() and text == text.strip()
