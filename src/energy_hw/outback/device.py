"""A device as one read found it: its blocks, decoded when first asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from energy_hw.errors import UnknownPoint
from energy_hw.outback.chain import Block, Layout
from energy_hw.outback.groups import SYSTEM, Group
from energy_hw.outback.points import Points, names_of, of_settings, refuse, restore
from energy_hw.outback.tables import model, points
from energy_hw.outback.types import Point
from energy_hw.outback.values import PointValue, decode_block

FIRMWARE = ("major_firmware_number", "mid_firmware_number", "minor_firmware_number")


class Part:
    """A block's registers, and when they were read.

    Thread safety: two threads may both decode; both get equal values.
    """

    __slots__ = ("_values", "block", "registers", "since_2018", "time")

    def __init__(self, block: Block, registers: tuple[int, ...], time: datetime, since_2018: bool) -> None:
        self.block, self.registers, self.time, self.since_2018 = block, registers, time, since_2018
        self._values: dict[str, PointValue] | None = None

    @property
    def values(self) -> Mapping[str, PointValue]:
        """Every point of the block by name."""
        if self._values is None:
            self._values = decode_block(self.block.did, self.registers, self.block.address, self.since_2018)
        return self._values

    def holds(self, value: PointValue) -> bool:
        """Whether the value is of a point of this block."""
        return value.point.did == self.block.did and self.block.address <= value.address < self.block.end

    def with_value(self, value: PointValue) -> Part:
        """The block with the registers of one point as they were read since."""
        start = value.address - self.block.address
        registers = (*self.registers[:start], *value.registers, *self.registers[start + len(value.registers) :])
        return Part(self.block, registers, self.time, self.since_2018)

    def text(self, name: str) -> str | None:
        """A text point that says something."""
        found = self.values.get(name)
        return str(found.value) if found and found.value else None


class Origin(NamedTuple):
    """All that was known when a device was read: what a Snapshot is made of."""

    time: datetime
    layout: Layout
    link_name: str
    parts: Mapping[Block, Part]


class Settings(Points):
    """A device's settings as they were read at `time`; nothing where they were not."""

    __slots__ = ("_owner", "_part")

    def __init__(self, owner: str, part: Part | None) -> None:
        object.__setattr__(self, "_owner", owner)
        object.__setattr__(self, "_part", part)

    _owner: str
    _part: Part | None

    @property
    def name(self) -> str:
        return f"{self._owner}.settings"

    @property
    def time(self) -> datetime | None:
        """When they were read; None: not yet."""
        return self._part.time if self._part else None

    def _values(self) -> Mapping[str, PointValue]:
        return self._part.values if self._part else {}

    def _every_name(self) -> Iterable[str]:
        return names_of((self._part.block.did,)).values() if self._part else ()

    def _unknown(self, name: str) -> str:
        if self._part is None:
            return f"{self.name} were not read: read() reads them, a poll of the live values does not"
        return super()._unknown(name)

    def __setattr__(self, name: str, value: object) -> None:
        refuse(self.name, name)

    __setstate__ = restore

    def __repr__(self) -> str:
        return f"<{self.name} of {self.time:%Y-%m-%d %H:%M:%SZ}>" if self.time else f"<{self.name}, not read>"


class Device(Points):
    """A device as it was read; immutable.

    id: as in a Report, with the gateway's serial number. did, port: what it is, and where; port is None for gateway and
    system, 0 for a device without a hub. name: `charge controller 3`.
    """

    __slots__ = ("_group", "_parts", "_settings", "_table", "origin")

    def __init__(self, group: Group, origin: Origin) -> None:
        parts = origin.parts
        mine = tuple(parts[block] for block in group.blocks if block in parts)
        of_settings = parts.get(group.settings or group.blocks[0])
        object.__setattr__(self, "_group", group)
        object.__setattr__(self, "_parts", mine)
        object.__setattr__(self, "_settings", of_settings)
        object.__setattr__(self, "_table", None)
        object.__setattr__(self, "origin", origin)

    origin: Origin
    _group: Group
    _parts: tuple[Part, ...]
    _settings: Part | None
    _table: dict[str, PointValue] | None

    @property
    def id(self) -> str:
        return self._group.id

    @property
    def name(self) -> str:
        return self._group.name

    @property
    def kind(self) -> str:
        """`gateway`, `system`, `inverter`, `charge controller` or `battery monitor`."""
        return self._group.kind

    @property
    def did(self) -> int:
        return self._group.key[0]

    @property
    def port(self) -> int | None:
        return self._group.key[1]

    @property
    def model(self) -> str:
        """As the device says, else what the register tables call it."""
        said = self._first_text("model_number") or (self._first_text("model") if self.port is None else None)
        known = model(self.did)
        title = known.title.removesuffix(", live") if known and self.did != SYSTEM else "OutBack system"
        return said or title

    @property
    def serial(self) -> str | None:
        """As the device says; None where it is empty or its settings were not read yet."""
        return self._first_text("serial_number")

    @property
    def firmware(self) -> str | None:
        """As `1.4.2`; None where the device does not say or its settings were not read yet."""
        values = self._settings.values if self._settings else {}
        numbers = [values[name].value for name in FIRMWARE if name in values]
        return ".".join(map(str, numbers)) if numbers and None not in numbers else None

    @property
    def settings(self) -> Settings:
        return Settings(self.name, self._settings)

    @property
    def time(self) -> datetime | None:
        """When its values were read; None: only its settings were."""
        return self._parts[0].time if self._parts else None

    @property
    def complete(self) -> bool:
        """Whether all of its blocks were read, its settings apart."""
        return len(self._parts) == len(self._group.blocks)

    @property
    def dids(self) -> tuple[int, ...]:
        """Of the models that it consists of, its settings apart."""
        return tuple(block.did for block in self._group.blocks)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Where it stands in the controller's registers, its settings last."""
        return self._group.every

    def locate(self, name: str, settings: bool = False) -> tuple[Block, Point]:
        """The block and the point of a name or code. settings: only among these. Raises UnknownPoint."""
        since_2018 = all(part.since_2018 for part in self.parts)
        for block, names in self._named_blocks(settings):
            for point in points(block.did, block.length, since_2018):
                if name in (names[point.code], point.code):
                    return block, point
        raise UnknownPoint(self.settings._unknown(name) if settings else self._unknown(name))

    def _named_blocks(self, settings: bool) -> Iterator[tuple[Block, Mapping[str, str]]]:
        """Each block with the names (by code) that its points have in this device."""
        apart = self._group.settings
        if apart is None or not settings:
            yield from ((block, self._group.names) for block in self._group.blocks)
        if apart is not None:
            yield apart, names_of((apart.did,))

    @property
    def parts(self) -> tuple[Part, ...]:
        """The blocks that were read, the settings last."""
        extra = self._settings is not None and self._settings not in self._parts
        return (*self._parts, self._settings) if extra and self._settings else self._parts

    def _first_text(self, name: str) -> str | None:
        return next((text for part in reversed(self.parts) if (text := part.text(name))), None)

    def _every_name(self) -> Iterable[str]:
        return self._group.names.values()

    def _unknown(self, name: str) -> str:
        is_setting = self._settings is not None and name in self._settings.values
        return of_settings(self.name, name) if is_setting else super()._unknown(name)

    def _values(self) -> Mapping[str, PointValue]:
        if self._table is None:
            names, each = self._group.names, (value for part in self._parts for value in part.values.values())
            object.__setattr__(self, "_table", {names[value.point.code]: value for value in each})
        return self._table or {}

    def __setattr__(self, name: str, value: object) -> None:
        refuse(self.name, name)

    __setstate__ = restore

    def __repr__(self) -> str:
        when = f" at {self.time:%Y-%m-%d %H:%M:%SZ}" if self.time else ""
        firmware = f", firmware {self.firmware}" if self.firmware else ""
        return f"<{self.name}: {self.model}{firmware}{when}>"
