"""From registers to values: exact, in the point's own unit, and never raising on what registers hold.

Sources: SunSpec Alliance, SunSpec Information Model Specification (types, not-implemented patterns, scale
factors); OutBack AXS Port application note rev 5; OutBack.Power.SunSpec.Map.xlsx (2019-07).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from energy_hw.outback.tables import HEADER, by_name, points
from energy_hw.outback.types import Point, PointType
from energy_hw.reading import Value, json_time

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SCALES = range(-10, 11)  # a sunssf outside says nothing


@dataclass(frozen=True, slots=True, repr=False)
class PointValue:
    """One point as a block showed it.

    value: exact Decimal where a scale factor applies, else int, label or text, or aware datetime in UTC; None if
    the point is not implemented, its scale factor is not, a time never was, or the point can only be written:
    a controller answers 0 or 0xFFFF there, whatever was written last.
    raw: the number (two's complement where the type is), or the text with all its padding; None only if the
    block ends before the point. address: of the point's first register.
    """

    point: Point
    value: Value
    raw: int | str | None
    registers: tuple[int, ...]
    scale: int | None
    implemented: bool
    address: int
    labels: tuple[str, ...] = ()

    @property
    def unit(self) -> str | None:
        """None for a time, whose seconds became a datetime."""
        return None if self.point.is_time else self.point.unit

    def __str__(self) -> str:
        """`state_of_charge: 96 %`; a password is not shown."""
        return f"{self.point.name}: {self._shown()}"

    def __repr__(self) -> str:
        """With the raw number and its address: `<64118/state_of_charge 96 %, 96 at 41248>`."""
        raw = "" if "secret" in self.point.flags or isinstance(self.raw, str) else f", {self.raw}"
        return f"<{self.point.code} {self._shown()}{raw} at {self.address}>"

    def _shown(self) -> str:
        if "secret" in self.point.flags:
            return "not shown"
        if self.value is None:
            return "no value" if self.implemented else "not implemented"
        text = (json_time(self.value) if isinstance(self.value, datetime) else str(self.value)) or "none"
        return f"{text} {self.unit}" if self.unit else text

    def to_json(self) -> dict[str, Any]:
        """Shape of the package's JSON; reading.dumps() makes it text and keeps the digits of a Decimal."""
        return {
            "code": self.point.code,
            "name": self.point.name,
            "value": json_time(self.value) if isinstance(self.value, datetime) else self.value,
            "unit": self.unit,
            "raw": self.raw,
            "scale": self.scale,
            "implemented": self.implemented,
            "labels": list(self.labels),
            "address": self.address,
            "registers": list(self.registers),
        }


def decode_block(did: int, registers: Sequence[int], address: int, since_2018: bool = True) -> dict[str, PointValue]:
    """Every point of a block by our name, in the order of the table; empty for an unknown DID.

    registers: the whole block from its DID on, each 0..0xFFFF; how many there are is its length.
    """
    fitting = points(did, len(registers) - HEADER, since_2018)
    return {point.name: decode_point(point, registers, address) for point in fitting}


def decode_point(point: Point, registers: Sequence[int], address: int) -> PointValue:
    """One point of a block, with the scale factor from the same registers.

    registers: the whole block from its DID on; address: of the block. A point beyond the end is not implemented.
    """
    words = tuple(registers[point.offset : point.end])
    where = address + point.offset
    if len(words) < point.size:
        return PointValue(point, None, None, words, None, False, where)
    if point.type is PointType.STRING:
        return _text(point, words, where)
    return _number(point, words, where, registers)


def scale_of(point: Point, registers: Sequence[int]) -> int | None:
    """The power of ten that applies: 0 for an unscaled point, None where the block's own says nothing."""
    if point.scale is None:
        return 0
    offset = by_name(point.did)[point.scale].offset
    if offset >= len(registers):
        return None
    scale = _signed(registers[offset], 16)
    return scale if scale in SCALES else None


def _text(point: Point, words: tuple[int, ...], where: int) -> PointValue:
    raw = b"".join(word.to_bytes(2, "big") for word in words)
    implemented = not any(set(words) == {pattern} for pattern in point.not_implemented)
    text = raw.partition(b"\0")[0].decode("ascii", "backslashreplace").strip()
    return PointValue(
        point, text if implemented and point.readable else None, raw.decode("latin-1"), words, None, implemented, where
    )


def _number(point: Point, words: tuple[int, ...], where: int, registers: Sequence[int]) -> PointValue:
    unsigned = join(point, words)
    raw = _signed(unsigned, 16 * point.size) if point.signed else unsigned
    scale = scale_of(point, registers) if point.scale else None
    if unsigned in point.not_implemented or (point.scale and scale is None):
        return PointValue(point, None, raw, words, scale, False, where)
    labels = tuple(bit_labels(point, unsigned)) if point.is_bits else ()
    return PointValue(point, _value(point, raw, scale, labels), raw, words, scale, True, where, labels)


def _value(point: Point, raw: int, scale: int | None, labels: tuple[str, ...]) -> Value:
    if not point.readable:
        return None
    if scale is not None:
        return scaled(raw, scale)
    if point.enum:
        return point.enum.get(raw, f"code {raw} (unknown)")
    if point.is_bits:
        return ", ".join(labels)
    if point.type is PointType.IPADDR:
        return ".".join(map(str, raw.to_bytes(4, "big")))
    return _time(raw) if point.is_time else raw


def scaled(raw: int, scale: int) -> Decimal:
    """raw * 10^scale with its digits, whatever precision the thread's decimal context has: 590 and -1 is 59.0."""
    return Decimal(f"{raw}E{scale}")


def _time(seconds: int) -> datetime | None:
    """None for a time of 1970 or before: zero, shifted by a time zone, is how a controller says never."""
    time = EPOCH + timedelta(seconds=max(seconds, 0))  # not fromtimestamp: a 32 bit time_t ends in 2038
    return time if time.year > 1970 else None


def join(point: Point, words: Sequence[int]) -> int:
    """The number of one or two registers, unsigned."""
    number = 0
    for word in reversed(words) if point.low_word_first else words:
        number = number << 16 | word
    return number


def _signed(number: int, bits: int) -> int:
    return number - (1 << bits) if number >> (bits - 1) else number


def bit_labels(point: Point, number: int) -> Iterator[str]:
    """Labels of the bits that are set, lowest first, then numbers inside the field; unknown bits by their place."""
    known: Mapping[int, str] = point.bits
    inside = sum(point.masks)
    for bit in range(16 * point.size):
        mask = 1 << bit
        if number & mask & ~inside:
            yield known.get(mask, f"bit {bit} (unknown)")
    for mask, label in point.masks.items():
        yield f"{label} {(number & mask) >> (mask & -mask).bit_length() - 1}"
