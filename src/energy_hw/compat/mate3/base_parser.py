"""mate3 0.4's `mate3.base_parser`: Field, Mode, and the XxxParser classes, made from our register tables.

Names are those of the tables' column mate3_04_name; nothing here is generated code.
Source: github.com/adamcharnock/mate3 at 66a4525, mate3/base_definitions.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from enum import Enum
from functools import cache
from typing import Any, NamedTuple

from energy_hw.compat.mate3._labels import UNITS
from energy_hw.compat.mate3.base_structures import Device, int16, int32, uint16, uint32
from energy_hw.outback.tables import point, points
from energy_hw.outback.types import Point, PointType


class Mode(Enum):
    """Whether a field can be read, written, or both."""

    R = "r"
    W = "w"
    RW = "rw"


class Field(NamedTuple):
    """One field of a device; hashable, and a key of what get_values() returns.

    start counts registers from 1 at the block's DID. scale_factor: name of the field with the power of ten.
    type: str, uint16, int16, uint32 or int32.
    """

    start: int
    size: int
    type: Any
    mode: Mode = Mode.R
    description: str = ""
    units: str | None = None
    scale_factor: str | None = None
    name: str | None = None
    device: Device | None = None

    @property
    def end(self) -> int:
        return self.start + self.size


TYPES = {
    PointType.STRING: str,
    PointType.INT16: int16,
    PointType.SUNSSF: int16,
    PointType.ENUM16S: int16,
    PointType.INT32: int32,
    PointType.UINT32: uint32,
    PointType.ACC32: uint32,
    PointType.BITFIELD32: uint32,
    PointType.IPADDR: uint32,
}

PARSED = tuple(device for device in Device if device.name not in ("opticsre_statistics", "end_of_sun_spec"))

# 0.4 reads marker and common block as one: two registers more in front.
SUNS = 0x53756E53
MARKER = Field(1, 2, uint32, Mode.R, "the marker, SunS", None, None, "sunspec_id", Device.sunspec_header)
HEADER = {
    "model_id": "did",
    "total_subsequent_registers": "length",
    "manufacturer": "manufacturer",
    "model": "model",
    "options": "options",
    "version": "version",
    "serial_number": "serial_number",
}


class BaseParser:
    """Base of every XxxParser: its fields are class attributes, `ChargeControllerParser.battery_current`."""

    device: Device
    structure: Any

    @property
    def fields(self) -> dict[str, Field]:
        """Every field by its name, in the order of the registers."""
        return {field.name or "": field for field in fields_of(type(self).device)}


@cache
def points_of(device: Device) -> dict[str, Point]:
    """The tables' rows by 0.4 name. Where the gateway's layouts differ, 0.4 knew the older one."""
    if device is Device.sunspec_header:
        common = ((name, point(Device.sunspec_common_model.value, ours)) for name, ours in HEADER.items())
        return {name: replace(row, start=row.start + MARKER.size) for name, row in common}
    rows = points(device.value, None, True) + points(device.value, None, False)
    named = {row.mate3_04: row for row in rows if row.mate3_04}
    return dict(sorted(named.items(), key=lambda pair: pair[1].start))


@cache
def fields_of(device: Device) -> tuple[Field, ...]:
    """Fields of a device, in the order of the registers."""
    rows = points_of(device)
    names = {row.name: name for name, row in rows.items()}
    front = (MARKER,) if device is Device.sunspec_header else ()
    return front + tuple(_field(device, name, row, names) for name, row in rows.items())


def _field(device: Device, name: str, row: Point, names: dict[str, str]) -> Field:
    return Field(
        start=row.start,
        size=row.size,
        type=TYPES.get(row.type, uint16),
        mode=Mode(row.access.lower()),
        description=row.description,
        units=UNITS.get(row.unit or "", row.unit),
        scale_factor=names.get(row.scale or ""),
        name=name,
        device=device,
    )


def camel(device: Device) -> str:
    """charge_controller -> ChargeController"""
    return "".join(word.capitalize() for word in device.name.split("_"))


@cache
def parser_class(device: Device) -> type[BaseParser]:
    """XxxParser of a device."""
    fields: dict[str, Any] = {field.name or "": field for field in fields_of(device)}
    own = {"__doc__": f"Fields of {device.name}, model {device.value}.", "device": device}
    return type(f"{camel(device)}Parser", (BaseParser,), fields | own | {"structure": block_class(device)})


@cache
def block_class(device: Device) -> Any:
    """XxxBlock of a device: a named tuple of `device` and its fields."""
    from collections import namedtuple

    names = [field.name or "" for field in fields_of(device)]
    return namedtuple(f"{camel(device)}Block", ["device", *names])


@cache
def classes(suffix: str) -> dict[str, Device]:
    """Names that a module with one class for each device has."""
    return {f"{camel(device)}{suffix}": device for device in PARSED}


def parser_names() -> Iterator[str]:
    """XxxParser, as of 0.4.0, and XxxDefinition, as of its last commits."""
    yield from classes("Parser")
    yield from classes("Definition")


def find_parser(module: str, name: str) -> type[BaseParser]:
    """XxxParser or XxxDefinition by name, for a module's __getattr__. Raises AttributeError."""
    device = (classes("Parser") | classes("Definition")).get(name)
    if device is None:
        raise AttributeError(f"module {module!r} has no attribute {name!r}; it has {', '.join(classes('Parser'))}")
    return parser_class(device)
