"""Values of records, as OpenThings.Value encodes and decodes them.

Left behind are pyenergenie's faults: characters that became 0, 1, 2..., negative numbers that became others, a 0 of
no bytes (which is a request), floats of IEEE 754 that could not be sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from energy_hw.core.message import CHARACTERS, FLOAT, FRACTION_BITS, SIGNED, UNSIGNED, decode_value
from energy_hw.energenie.pydict import from_pydict
from energy_hw.errors import OutOfRange

MOST_BITS = 15 * 8
_ADDRESS = {"mfrid": 4, "productid": 2, "sensorid": 0, "encryptPIP": 1}


class Value:
    """Types of values (the upper four bits of a record's second byte), and their codec."""

    UINT = 0x00
    UINT_BP4 = 0x10
    UINT_BP8 = 0x20
    UINT_BP12 = 0x30
    UINT_BP16 = 0x40
    UINT_BP20 = 0x50
    UINT_BP24 = 0x60
    CHAR = 0x70
    SINT = 0x80
    SINT_BP8 = 0x90
    SINT_BP16 = 0xA0
    SINT_BP24 = 0xB0
    FLOAT = 0xF0

    @staticmethod
    def typebits(typeid: int) -> int:
        """Bits behind the binary point of a fixed-point type. Raises ValueError for another."""
        bits = FRACTION_BITS.get(typeid >> 4)
        if bits is None:
            raise ValueError(f"expected a type with a binary point such as 0x20, got 0x{typeid:02X}")
        return bits

    @staticmethod
    def highestClearBit(value: int, maxbits: int = MOST_BITS) -> int | None:
        """The highest bit below maxbits that is 0, or None."""
        inverted = ~value & ((1 << maxbits) - 1)
        return inverted.bit_length() - 1 if inverted else None

    @staticmethod
    def valuebits(value: int) -> int:
        """Bits that a negative number needs, its sign included. Raises RuntimeError for another."""
        if not isinstance(value, int) or value >= 0:
            raise RuntimeError(f"expected a negative int, got {value!r}")
        return max(2, (~value).bit_length() + 1)

    @staticmethod
    def encode(value: Any, typeid: int, length: int | None = None) -> list[int]:
        """Bytes of a value, `length` of them, or as few as hold it but at least one.

        As in pyenergenie, an int for a type with a binary point is what goes on air: 5 as UINT_BP8 is 5/256; 5.0 is
        five. Raises ValueError for what does not fit.
        """
        kind, stated = typeid >> 4, typeid & 0x0F
        length = stated if length is None and stated else length
        if not _has_values(kind):
            raise OutOfRange(f"expected a type that has a value, got 0x{typeid:02X}")
        if kind == CHARACTERS:
            return _text(str(value), length)
        if kind in FRACTION_BITS and isinstance(value, int):
            kind = SIGNED if kind > SIGNED else UNSIGNED
        record = {"paramid": 1, "typeid": kind << 4, "value": value, "length": length}
        return list(from_pydict({"header": _ADDRESS, "recs": [record]}).records[0].data)

    @staticmethod
    def decode(valuebytes: Sequence[int], typeid: int, length: int | None = None) -> float | int | str | None:
        """The value of bytes: int, str, or float. None without bytes. Raises ValueError for a type that has none."""
        data, kind = bytes(valuebytes[:length]), typeid >> 4
        if not _has_values(kind) or (kind == FLOAT and len(data) not in (0, 2, 4, 8)):
            raise ValueError(f"expected a type that has a value, got 0x{typeid:02X} with {len(data)} bytes")
        value = decode_value(kind, data)
        return value if value is None or isinstance(value, int | str) else float(value)


def _has_values(kind: int) -> bool:
    return kind in FRACTION_BITS or kind in (UNSIGNED, CHARACTERS, SIGNED, FLOAT)


def _text(text: str, length: int | None) -> list[int]:
    """Latin-1, filled up with zeros."""
    try:
        data = text.encode("latin-1")
    except UnicodeEncodeError:
        raise OutOfRange(f"expected Latin-1 characters, got {text!r}") from None
    if length is not None and len(data) > length:
        raise OutOfRange(f"expected at most {length} characters, got {len(data)}: {text!r}", 0, length)
    return list(data.ljust(length or 0, b"\0"))
