"""What a row of the register tables is: Point; and what a DID names: Model.

Words are SunSpec's (SunSpec Alliance, Technology Overview): a point is one item
of a model; `start` counts registers from 1 at the model's DID, as OutBack's
tables do (OutBack AXS Port application note rev 5).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class PointType(StrEnum):
    """Types of the tables. enum16s is OutBack's: signed, and -1 is one of its codes."""

    UINT16 = "uint16"
    INT16 = "int16"
    ENUM16 = "enum16"
    ENUM16S = "enum16s"
    BITFIELD16 = "bitfield16"
    SUNSSF = "sunssf"
    UINT32 = "uint32"
    INT32 = "int32"
    ACC32 = "acc32"
    BITFIELD32 = "bitfield32"
    IPADDR = "ipaddr"
    STRING = "string"


SIGNED = frozenset({PointType.INT16, PointType.ENUM16S, PointType.SUNSSF, PointType.INT32})
BIT_FIELDS = frozenset({PointType.BITFIELD16, PointType.BITFIELD32})

# Unix seconds; every other point in seconds is a duration. Source: OutBack AXS Port application note rev 5;
# a Mate3s of 2020-12-31 reads 0x741D 0x5FED at 64118/40, which is 06:47:57 UTC of that day, low word first.
TIMES = frozenset({(64118, 40), (64118, 43), (64120, 24)})


@dataclass(frozen=True, slots=True)
class Point:
    """One row of a model's table.

    scale: name of the point with the power of ten; scale_fixed: the power that the documents give it.
    enum: code -> label. bits: mask -> label. masks: mask -> label of a number inside a bit field.
    low, high, not_implemented: of the raw number, not_implemented as unsigned registers show it.
    variant: `before-2018-12` or `since-2018-12` where the gateway's firmware decides, else empty.
    """

    did: int
    model: str
    start: int
    size: int
    symbol: str
    name: str
    type: PointType
    access: str
    unit: str | None
    scale: str | None
    scale_fixed: int | None
    enum: Mapping[int, str] = field(hash=False)
    bits: Mapping[int, str] = field(hash=False)
    masks: Mapping[int, str] = field(hash=False)
    low: int | None
    high: int | None
    low_word_first: bool
    not_implemented: tuple[int, ...]
    flags: frozenset[str]
    variant: str
    description: str
    mate3_06: str
    mate3_04: str
    source: str
    note: str

    @property
    def offset(self) -> int:
        """Registers between the model's DID and the point."""
        return self.start - 1

    @property
    def end(self) -> int:
        """Offset of the register after the point."""
        return self.start - 1 + self.size

    @property
    def code(self) -> str:
        """The point's name in all of OutBack's models, as `64118/state_of_charge`."""
        return f"{self.did}/{self.name}"

    @property
    def readable(self) -> bool:
        """The documents say that it can be read; what is write-only answers with 0 or 0xFFFF."""
        return "R" in self.access

    @property
    def writable(self) -> bool:
        """The documents say that it can be written."""
        return "W" in self.access

    @property
    def disputed(self) -> bool:
        """Sources disagree on its scale or codes: `note` tells how."""
        return self.note.startswith("DISPUTED")

    @property
    def signed(self) -> bool:
        """The number is two's complement."""
        return self.type in SIGNED

    @property
    def is_time(self) -> bool:
        """The number is Unix seconds."""
        return (self.did, self.start) in TIMES

    @property
    def is_bits(self) -> bool:
        """The number is a bit field."""
        return self.type in BIT_FIELDS


@dataclass(frozen=True, slots=True)
class Model:
    """What a DID names.

    kind: what its points are, as `live` or `settings`. pairs: DIDs of the settings of a live model, and the reverse.
    lengths: seen so far, in registers after the header; has_port: register 3 is the hub port.
    """

    did: int
    name: str
    title: str
    kind: str
    pairs: tuple[int, ...]
    lengths: tuple[int, ...]
    has_port: bool
    mate3_06: str
    mate3_04: str
