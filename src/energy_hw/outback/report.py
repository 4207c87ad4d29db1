"""From a snapshot to the Reports that the rest of the package knows.

    gateway   Report(device "outback:MA0000...")      64110, 1, 101 .. 103 and 64255
    system    Report(device "outback:MA0000.../system")
    port 3    Report(device "outback:MA0000.../3")    a live block, and its settings where they were read

A report has what the newest poll read, and nothing older. A point that is not implemented gives no reading, what is
secret or personal none either, and neither do the parts of what is said whole: scale factors, the clock, firmware
numbers, the codes that a reset takes. SunSpec's `status` (101/39) is text: a healthy OutBack system says `fault`.

Modbus/TCP has no checksum of its own: integrity is `none`. Pure functions: safe from any thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache, partial

from energy_hw.outback.device import Device, Part
from energy_hw.outback.groups import GATEWAY
from energy_hw.outback.points import names_of
from energy_hw.outback.quantities import phase, quantity
from energy_hw.outback.snapshot import Snapshot
from energy_hw.outback.tables import points
from energy_hw.outback.types import Point, PointType
from energy_hw.outback.values import PointValue
from energy_hw.reading import Quantity, Reading, Readings, Report

HIDDEN = frozenset({"secret", "personal"})
UNTOLD = HIDDEN | {"clock", "reset", "unused"}
STRUCTURE = frozenset({"did", "length", "port_number", "encryption_key", "clear_data_log_read"})
PARTS = ("major_firmware_number", "mid_firmware_number", "minor_firmware_number")
RESET_CODES = ("_reset_read", "_reset_maximum_data")
CLOCK = ("year", "month", "day", "hour", "minute", "second")


def to_reports(snapshot: Snapshot, *, every: bool = False) -> list[Report]:
    """One report for each device that the newest poll read something of; readings are built when first asked for.

    every: with just the points that can be read and are implemented, personal and structural ones too, nothing secret.
    """
    fresh = ((device, _fresh(device, snapshot)) for device in snapshot.devices)
    time = clock(snapshot)
    return [_report(device, parts, time, every) for device, parts in fresh if parts]


def clock(snapshot: Snapshot) -> datetime | None:
    """The gateway's clock in UTC, as the newest poll read it; None if it did not, or if it says nothing.

    It goes by the time zone that is set beside it. Source: OutBack.Power.SunSpec.Map.xlsx (2019-07), 64110.
    """
    parts = [part for block, part in snapshot.parts.items() if block.did == GATEWAY and block in snapshot.fresh]
    values = parts[0].values if parts else {}
    zone = values["set_time_zone"].value if "set_time_zone" in values else None
    numbers = [values[name].value for name in CLOCK if name in values]
    if len(numbers) < len(CLOCK) or not isinstance(zone, int | Decimal):
        return None
    try:
        local = datetime(*numbers, tzinfo=timezone(timedelta(hours=float(zone))))  # type: ignore[misc, arg-type]
        return local.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def _fresh(device: Device, snapshot: Snapshot) -> tuple[Part, ...]:
    return tuple(part for part in device.parts if part.block in snapshot.fresh)


def _report(device: Device, parts: tuple[Part, ...], time: datetime | None, every: bool) -> Report:
    names = names_of(tuple(block.did for block in device.blocks))
    return Report(
        source="outback",
        device=device.id,
        model=device.model,
        time=time,
        received=parts[0].time,
        integrity="none",
        raw=b"".join(map(_raw, parts)),
        build=partial(build_readings, parts, names, every),
    )


def build_readings(parts: tuple[Part, ...], names: Mapping[str, str], every: bool = False) -> Readings:
    """Readings of all points that say something, then the firmware. names: by code. every: see to_reports()."""
    is_given = _is_there if every else _says_something
    readings: list[Reading] = []
    for part in parts:
        readings += [_reading(value, names) for value in part.values.values() if is_given(value)]
        readings += [] if every else _firmware(part)
    return tuple(readings)


def _is_there(value: PointValue) -> bool:
    return value.implemented and value.point.readable and "secret" not in value.point.flags


def _says_something(value: PointValue) -> bool:
    return value.implemented and value.value is not None and _is_told(value.point)


@cache
def _is_told(point: Point) -> bool:
    structure = point.name in STRUCTURE or point.name in PARTS or point.type is PointType.SUNSSF
    return point.readable and not (structure or point.flags & UNTOLD or point.name.endswith(RESET_CODES))


def _reading(value: PointValue, names: Mapping[str, str]) -> Reading:
    point = value.point
    unit = None if point.is_time else point.unit
    return Reading(point.code, names[point.code], quantity(point), value.value, unit, phase(point))


def _firmware(part: Part) -> list[Reading]:
    numbers = [value.value for name in PARTS if (value := part.values.get(name))]
    if not numbers or None in numbers:
        return []
    text = ".".join(map(str, numbers))
    return [Reading(f"{part.block.did}/firmware", "firmware", Quantity.TEXT, text)]


def _raw(part: Part) -> bytes:
    """Its registers, high byte first; what is secret or personal reads 0."""
    registers = list(part.registers)
    for start, end in _hidden(part.block.did, part.since_2018):
        registers[start:end] = [0] * len(registers[start:end])
    return b"".join(register.to_bytes(2, "big") for register in registers)


@cache
def _hidden(did: int, since_2018: bool) -> tuple[tuple[int, int], ...]:
    """Offsets of what does not leave the house."""
    return tuple((point.offset, point.end) for point in points(did, None, since_2018) if point.flags & HIDDEN)
