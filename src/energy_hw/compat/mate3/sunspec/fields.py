"""mate3 0.6's `mate3.sunspec.fields`: what a model's field is, and its enums and flags, from our register tables."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntFlag
from functools import cache
from typing import Any

from energy_hw.compat.mate3._labels import FLAGS, UNITS, enum_label
from energy_hw.compat.mate3.base_parser import Mode
from energy_hw.outback.tables import points
from energy_hw.outback.types import Point, PointType

__all__ = [
    "AddressField",
    "Bit16Field",
    "Bit32Field",
    "DescribedIntFlag",
    "EnumInt16Field",
    "EnumUint16Field",
    "Field",
    "Int16Field",
    "Int32Field",
    "IntegerField",
    "Mode",
    "StringField",
    "Uint16Field",
    "Uint32Field",
]


@dataclass(frozen=True)
class Field:
    """One field of a model. start counts registers from 1 at the model's DID; size: registers."""

    name: str
    start: int
    size: int
    mode: Mode
    description: str | None = None

    @property
    def end(self) -> int:
        return self.start + self.size


@dataclass(frozen=True)
class IntegerField(Field):
    """A number. scale_factor: the field with the power of ten; None if the number is not scaled."""

    units: str | None = None
    scale_factor: Field | None = None


class Uint16Field(IntegerField):
    """16 bits."""


class Int16Field(IntegerField):
    """16 bits, two's complement."""


class Uint32Field(IntegerField):
    """32 bits."""


class Int32Field(IntegerField):
    """32 bits, two's complement."""


class StringField(Field):
    """Text."""


class AddressField(Field):
    """An IPv4 address, as text."""


@dataclass(frozen=True)
class EnumField(IntegerField):
    """A code. options: an Enum of its names, also called enum."""

    options: Any = None

    @property
    def enum(self) -> Any:
        return self.options


class EnumUint16Field(EnumField, Uint16Field):
    """A code."""


class EnumInt16Field(EnumField, Int16Field):
    """A code that may be negative."""


@dataclass(frozen=True)
class Bit16Field(Uint16Field):
    """Bits. flags: an IntFlag of their names; None if they hold numbers."""

    flags: Any = None


@dataclass(frozen=True)
class Bit32Field(Uint32Field):
    flags: Any = None


class Codes(Enum):
    """Base of the fields' enums. A code that no document lists is a member named `code 15 (unknown)`."""

    @classmethod
    def _missing_(cls, value: object) -> Any:
        if not isinstance(value, int):
            return None
        member = object.__new__(cls)
        member._name_, member._value_ = f"code {value} (unknown)", value
        return cls._value2member_map_.setdefault(value, member)


class DescribedIntFlag(IntFlag):
    """Base of the fields' flags. Bits without a name are kept."""

    @property
    def description(self) -> str:
        """Our labels of the bits that are set."""
        labels: dict[int, str] = getattr(type(self), "labels", {})
        return ", ".join(label for mask, label in labels.items() if self & mask)

    def get_set_flags(self) -> list[DescribedIntFlag]:
        """Members whose bits are set."""
        return [flag for flag in type(self) if flag in self]


CLASSES: dict[PointType, type[Field]] = {
    PointType.UINT16: Uint16Field,
    PointType.INT16: Int16Field,
    PointType.SUNSSF: Int16Field,
    PointType.ENUM16: EnumUint16Field,
    PointType.ENUM16S: EnumInt16Field,
    PointType.BITFIELD16: Bit16Field,
    PointType.UINT32: Uint32Field,
    PointType.ACC32: Uint32Field,
    PointType.INT32: Int32Field,
    PointType.BITFIELD32: Bit32Field,
    PointType.IPADDR: AddressField,
    PointType.STRING: StringField,
}


@cache
def fields_of(did: int) -> tuple[tuple[Field, Point], ...]:
    """Fields of a model by 0.6's names, in the order of the registers, each with our table's row."""
    rows = {point.mate3_06: point for point in points(did) if point.mate3_06}
    made: dict[str, Field] = {}
    for point in sorted(rows.values(), key=lambda point: point.scale is not None):
        made[point.name] = _field(point, made)
    return tuple((made[point.name], point) for point in rows.values())


def _field(point: Point, made: dict[str, Field]) -> Field:
    kind = CLASSES[point.type]
    more: dict[str, Any] = {}
    if issubclass(kind, IntegerField):
        more = {"units": UNITS.get(point.unit or "", point.unit), "scale_factor": made.get(point.scale or "")}
    if issubclass(kind, EnumField):
        more["options"] = _codes(point)
    elif issubclass(kind, Bit16Field | Bit32Field):
        more["flags"] = _flags(point)
    mode = Mode(point.access.lower())
    return kind(point.mate3_06, point.start, point.size, mode, point.description, **more)


def _codes(point: Point) -> Any:
    named = {enum_label(point.did, point.mate3_06, code, label): code for code, label in point.enum.items()}
    make: Any = Codes
    return make(point.mate3_06, named)


def _flags(point: Point) -> Any:
    name, listed = FLAGS.get((point.did, point.mate3_06), ("", ""))
    if not name:
        return None
    members = {word: 1 << bit for bit, word in enumerate(listed.split()) if word != "-"}
    make: Any = DescribedIntFlag
    flags = make(name, members)
    flags.labels = point.bits
    return flags
