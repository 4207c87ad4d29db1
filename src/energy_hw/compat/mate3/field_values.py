"""mate3 0.6's `mate3.field_values`: a field with what was read from it.

`value` is what 0.6 gave: a float where a scale factor applies, the nearest to the exact number, which is `exact`;
else an int, a member of an Enum, an IntFlag or text, and None for what the device has not.
Thread safety: of one client, use one thread at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, Protocol

from energy_hw.compat.mate3._plain import ScaleFactor, for_json, scaled, spoken, unscaled
from energy_hw.compat.mate3.exceptions import NotReadable, also
from energy_hw.compat.mate3.sunspec.fields import Field, Mode, fields_of
from energy_hw.compat.mate3.sunspec.models import MODELS, Model, model_class
from energy_hw.errors import NotWritable
from energy_hw.outback.chain import Block
from energy_hw.outback.permits import absent
from energy_hw.outback.tables import points
from energy_hw.outback.types import Point
from energy_hw.outback.values import PointValue, decode_point

READS, WRITES = (Mode.R, Mode.RW), (Mode.W, Mode.RW)


class Refresher(Protocol):
    """What a field needs of its client."""

    def refresh(self, value: FieldValue) -> None: ...

    def write_value(self, value: FieldValue, spoken: object, allow: Iterable[str], force: bool) -> None: ...


class FieldValue:
    """A field of one device. value and its like are what the newest read found; read() reads it again."""

    __slots__ = ("_owner", "_pending", "_point", "_read", "field")

    def __init__(self, owner: ModelValues, field: Field) -> None:
        self._owner, self.field = owner, field
        self._point: Point | None = None
        self._pending: Any = None

    def place(self, point: Point | None, read: datetime) -> None:
        """Which point this is in the device's firmware; None: in none. read: when."""
        self._point, self._read = point, read

    @property
    def owner(self) -> ModelValues:
        """The device, or its settings."""
        return self._owner

    @property
    def point(self) -> Point | None:
        """The row of our register tables; None if this firmware has no such register."""
        return self._point

    @property
    def point_value(self) -> PointValue | None:
        """What energy_hw makes of it; None if this firmware has no such register."""
        owner = self._owner
        return None if self._point is None else decode_point(self._point, owner.registers, owner.address)

    @property
    def name(self) -> str:
        return self.field.name

    @property
    def units(self) -> str | None:
        return getattr(self.field, "units", None)

    @property
    def enum(self) -> Any:
        """Names of the codes, as an Enum. Raises AttributeError for a field without."""
        field: Any = self.field
        return field.options

    options = enum

    @property
    def last_read(self) -> datetime:
        """When it was read: local time without a zone, as mate3 had it. Also called read_time."""
        return self._read

    read_time = last_read

    @property
    def implemented(self) -> bool:
        now = self.point_value
        return now is not None and (now.implemented or self.field.mode is Mode.W)

    @property
    def address(self) -> int:
        """Of its first register; where the gateway's layouts differ, in this one."""
        return self._owner.address + (self._point or self.field).start - 1

    @property
    def registers(self) -> tuple[int, ...]:
        now = self.point_value
        return () if now is None else now.registers

    @property
    def scale_factor(self) -> ScaleFactor | None:
        now = self.point_value
        return ScaleFactor(now.scale) if now is not None and now.scale is not None else None

    @property
    def raw_value(self) -> Any:
        """Not scaled: int, member of an Enum, IntFlag, or text; None if not implemented. Raises NotReadable."""
        now = self._readable()
        return None if now is None or not now.implemented else unscaled(self.field, now)

    @property
    def value(self) -> Any:
        """Scaled. One that was assigned and not written yet comes first. Raises NotReadable, a RuntimeError."""
        if self.dirty:
            return self._pending
        now = self._readable()
        if now is None or not now.implemented:
            return None
        return scaled(now) if now.scale is not None else unscaled(self.field, now)

    @value.setter
    def value(self, value: Any) -> None:
        """Keep for the client's write(). None forgets it again. Raises NotWritable, a RuntimeError."""
        self._check_writable()
        self._pending = value

    @property
    def exact(self) -> Decimal | None:
        """The number without the float: exactly what the device sent."""
        now = self._readable()
        return now.value if now is not None and isinstance(now.value, Decimal) else None

    @property
    def dirty(self) -> bool:
        """A value was assigned and not written yet."""
        return self._pending is not None

    def forget(self) -> None:
        """Drop an assigned value."""
        self._pending = None

    def read(self) -> None:
        """Read it again, in one request that also checks that its device is still there. Raises NotReadable."""
        self._readable()
        self._owner.client.refresh(self)

    def write(self, value: Any, *, allow: Iterable[str] = (), force: bool = False) -> None:
        """Write and read back.

        Refused unless the device is the one that was read (IdentityChanged), the value can be held exactly and is
        within its limits (OutOfRange), and the point is open to writing (NotWritable): allow names classes that are
        not, as "network"; force lets a point through whose documents disagree. NotConfirmed: it reads otherwise.
        Refused or not confirmed is also a RuntimeError, a wrong value a ValueError.
        """
        self._check_writable()
        self._owner.client.write_value(self, spoken(self.field, value, self.scale_factor or 0), allow, force)
        self._pending = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "implemented": self.implemented,
            "scale_factor": None if self.scale_factor is None else int(self.scale_factor),
            "address": self.address,
            "registers": list(self.registers),
            "raw_value": for_json(self.raw_value),
            "value": for_json(self.value),
        }

    def __repr__(self) -> str:
        parts = [f"FieldValue[{self.name}]", str(self.field.mode)]
        parts.append("Implemented" if self.implemented else "Not implemented")
        if self.field.mode in READS:
            if self.scale_factor is not None:
                parts += [f"Scale factor: {self.scale_factor}", f"Unscaled value: {self.raw_value}"]
            if self.implemented:
                parts.append(f"Value: {self.value}")
        return " | ".join([*parts, f"Read @ {self.last_read}"])

    def _readable(self) -> PointValue | None:
        if self.field.mode not in READS:
            raise NotReadable(f"{self.name} can only be written: what the controller answers for it is no value")
        return self.point_value

    def _check_writable(self) -> None:
        if self.field.mode not in WRITES:
            raise also(NotWritable(f"{self.name} is read-only: {self.field.description}"), RuntimeError)
        now = self.point_value
        if now is None or absent(now):  # an empty text may be written
            raise also(NotWritable(f"{self.name} is not implemented in this device: there is nothing"), RuntimeError)


class ModelValues:
    """What was read from one block: an attribute, a FieldValue, for each field; `config` where it has settings."""

    __slots__ = ("__dict__", "block", "client", "registers")
    did_: int

    def __init__(self, client: Refresher) -> None:
        self.client = client
        self.block, self.registers = Block(0, self.did_, 0), list[int]()

    def take(self, block: Block, registers: Sequence[int], since_2018: bool, read: datetime) -> None:
        """Take over what was read of the whole block; values that a program holds change with it."""
        self.block, self.registers = block, list(registers)
        here = {point.name: point for point in points(block.did, block.length, since_2018)}
        for field, point in fields_of(self.did_):
            value = self.__dict__.setdefault(field.name, FieldValue(self, field))
            value.place(here.get(point.name), read)

    @property
    def model(self) -> type[Model]:
        return model_class(self.did_)

    @property
    def address(self) -> int:
        """Of the block's DID."""
        return self.block.address

    @property
    def port(self) -> int | None:
        """On the hub; None for what is not on it."""
        return self.block.port

    def fields(self, modes: Iterable[Mode] | None = None) -> Iterator[FieldValue]:
        """Values in the order of the registers, without those of config; modes: only those."""
        for value in list(self.__dict__.values()):
            if isinstance(value, FieldValue) and (modes is None or value.field.mode in modes):
                yield value


@cache
def values_class(did: int) -> type[ModelValues]:
    """Class of the values of a model."""
    own = {"__doc__": f"What was read from model {did}.", "__slots__": (), "did_": did}
    return type(MODELS[did][1], (ModelValues,), own)
