"""An OpenHEMS message, and the one place where its raw value bytes become values.

Type nibbles. Source: Sentec OpenThings specification 1.02.

    0        unsigned integer            7       characters
    1..6     unsigned, /2^4 .. /2^24     8       signed integer
    9 A B    signed, /2^8 /2^16 /2^24    C       enumeration (index, then a value of its own type)
    F        IEEE 754, 2, 4 or 8 bytes   D E     reserved
"""

from __future__ import annotations

import struct
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import NamedTuple

from energy_hw.errors import OutOfRange

ENERGENIE = 4
KEYS = {ENERGENIE: 0xF2}
"""Encryption id of each manufacturer whose devices encrypt."""

Value = Decimal | int | str | None

UNSIGNED, CHARACTERS, SIGNED, FLOAT = 0x0, 0x7, 0x8, 0xF
FRACTION_BITS = {0x1: 4, 0x2: 8, 0x3: 12, 0x4: 16, 0x5: 20, 0x6: 24, 0x9: 8, 0xA: 16, 0xB: 24}
_integer = int.from_bytes
_FLOAT_FORMATS = {2: ">e", 4: ">f", 8: ">d"}
PROBLEMS = {
    1: "reserved type D",
    2: "reserved type E",
    3: "a float has 2, 4 or 8 bytes",
    4: "an enumeration starts at index 1",
}
"""Why a record has no value, by the number that the C core gives it."""
# 2^-k is exact in k decimal digits, so 120-bit integers (37 digits) stay exact in 80.
_EXACT = Context(prec=80, rounding=ROUND_HALF_EVEN)
_POWERS = tuple(Decimal(2) ** -bits for bits in range(25))


class Record(NamedTuple):
    """One record of a message.

    parameter: 0x01..0x7F. command: bit 7 was set. type: nibble of the value.
    data: value bytes as sent. value: None for a request, an event without data, a NaN,
    or where `problem` says why these bytes have no value.
    index: 1..15 for an enumerated value, else 0.
    """

    parameter: int
    command: bool
    type: int
    data: bytes
    value: Value
    index: int = 0  # type: ignore[assignment]  # tuple.index is of no use here
    problem: str = ""


class Message(NamedTuple):
    """The decoded records of one frame, before names and units."""

    manufacturer: int
    product: int
    pip: int
    sensor: int
    records: tuple[Record, ...]
    encrypted: bool = True

    @property
    def address(self) -> str:
        """`04:02:000373`: manufacturer, product, sensor, in hexadecimal."""
        return f"{self.manufacturer:02X}:{self.product:02X}:{self.sensor:06X}"


def decode_value(kind: int, data: bytes) -> Value:
    """The exact value of data under a type nibble: Decimal, int, str, or None for no data and NaN.

    The caller has checked that the type is not reserved and a float has 2, 4 or 8 bytes.
    """
    if not data:
        return None
    if kind == UNSIGNED:  # the most frequent ones first: this runs for every record that arrives
        return _integer(data, "big")
    if kind == SIGNED:
        return _integer(data, "big", signed=True)
    bits = FRACTION_BITS.get(kind)
    if bits is not None:
        return _fixed_point(_integer(data, "big", signed=kind > SIGNED), bits)
    if kind == CHARACTERS:
        return data.decode("latin-1")
    number: float = struct.unpack(_FLOAT_FORMATS[len(data)], data)[0]
    return Decimal(number) if abs(number) < float("inf") else None


def _fixed_point(number: int, bits: int) -> Decimal:
    """number / 2^bits with no more digits than it needs: 0x3200 / 2^8 is 50, not 50.00000000."""
    if number:
        spare = min(bits, (number & -number).bit_length() - 1)
        return _EXACT.multiply(number >> spare, _POWERS[bits - spare])
    return Decimal(0)


def encode_value(kind: int, length: int, value: Value | float) -> bytes:
    """Value bytes of exactly `length` bytes: rounded to nearest, checked for range.

    None with length 0 is a request. Raises OutOfRange with the limits of type and length.
    """
    if value is None or length == 0:
        if value is None and length == 0:
            return b""
        raise OutOfRange(f"expected {'a value for' if value is None else 'None, for'} {length} bytes, got {value!r}")
    if kind == CHARACTERS:
        return _encode_text(length, value)
    if kind == FLOAT:
        return _encode_float(length, value)
    if isinstance(value, str):
        raise OutOfRange(f"expected a number for type {kind:X}, got {value!r}")
    scaled = _EXACT.multiply(Decimal(value), 1 << FRACTION_BITS.get(kind, 0))
    if not scaled.is_finite():
        raise OutOfRange(f"expected a finite number for type {kind:X}, got {value}")
    number = int(scaled.to_integral_value(ROUND_HALF_EVEN, _EXACT))
    try:
        return number.to_bytes(length, "big", signed=kind >= SIGNED)
    except OverflowError:
        low, high = value_range(kind, length)
        raise OutOfRange(
            f"expected {low} to {high} for type {kind:X} in {length} bytes, got {value}", low, high
        ) from None


def value_range(kind: int, length: int) -> tuple[Decimal, Decimal]:
    """Lowest and highest value of an integer or fixed-point type in `length` bytes."""
    bits, lsb = 8 * length, _POWERS[FRACTION_BITS.get(kind, 0)]
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if kind >= SIGNED else (0, (1 << bits) - 1)
    return _EXACT.multiply(low, lsb), _EXACT.multiply(high, lsb)


def _encode_text(length: int, value: Value | float) -> bytes:
    try:
        data = str(value).encode("latin-1")
    except UnicodeEncodeError:
        raise OutOfRange(f"expected Latin-1 characters, got {value!r}") from None
    if len(data) != length:
        raise OutOfRange(f"expected {length} characters, got {len(data)}: {value!r}", length, length)
    return data


def _encode_float(length: int, value: Value | float) -> bytes:
    if length not in _FLOAT_FORMATS or isinstance(value, str):
        raise OutOfRange(f"expected a float of 2, 4 or 8 bytes, got {value!r} for {length}", 2, 8)
    try:
        return struct.pack(_FLOAT_FORMATS[length], float(value))  # type: ignore[arg-type]
    except OverflowError:
        raise OutOfRange(f"expected a number that fits a float of {length} bytes, got {value}") from None
