"""From objects to the Readings that the rest of the package knows.

One reading an object; objects that hold several values give more, whose codes have a part of their own behind the
object's: `1-0:99.97.0/1`, `0-0:98.1.0/3`, `1-1:31.4.0/2`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from energy_hw.p1 import values
from energy_hw.p1.cosem import BadLine, CosemObject, bad_line, cosem_object, row_of
from energy_hw.p1.logs import failures, history
from energy_hw.p1.mbus import Media, mbus_old, mbus_value, media_of
from energy_hw.p1.obis_rows import Kind, Obis
from energy_hw.p1.quick import make_reading
from energy_hw.p1.telegram import Line
from energy_hw.p1.times import CENTRAL, STAMP, UNFLAGGED, Clock, believed, parse_time
from energy_hw.reading import Quantity as Q
from energy_hw.reading import Reading, Readings, Value

LIMITS = {"kw": Q.POWER, "w": Q.POWER, "kva": Q.APPARENT_POWER, "va": Q.APPARENT_POWER, "a": Q.CURRENT}
LONGEST_KEPT = 64
"""Groups beyond this are not kept for the next telegram: messages of 2 kB."""


class Context(NamedTuple):
    """What the meaning of an object may need besides itself: how times are told, and its device's type on the M-Bus."""

    clock: Clock = CENTRAL
    type: int | None = None
    received: datetime | None = None

    def time(self, stamp: str) -> datetime | None:
        """The moment of a stamp."""
        near = self.received if len(stamp) == UNFLAGGED else None
        return parse_time(stamp, self.clock, near)


def to_readings(
    lines: Sequence[Line], clock: Clock = CENTRAL, received: datetime | None = None
) -> tuple[Readings, tuple[BadLine, ...]]:
    """The readings of a telegram in the order of its lines, and the lines that give none, with why."""
    readings: list[Reading] = []
    bad: list[BadLine] = []
    media: Media | None = None
    for line in lines:
        try:
            found = _plain(line[0], line[1]) if len(line) == 2 and len(line[1]) <= LONGEST_KEPT else None
            if found is not None:
                readings.append(found)
            elif line[0]:
                media = media_of(lines) if media is None else media
                readings += _read(line, clock, media, received)
            else:
                bad.append(bad_line(line))
        except ValueError as error:
            item = cosem_object(line)
            bad.append(BadLine(item.line, f"{item.code}: {error}"))
    return tuple(readings), tuple(bad)


@lru_cache(maxsize=2048)  # most lines of a telegram are those of the one before
def _plain(code: bytes, group: bytes) -> Reading | None:
    """The reading of a line with one group whose meaning is in itself; None for all others. Raises ValueError."""
    if not code:
        return None
    row, text = row_of(code), group.decode("latin-1")
    if row.kind is Kind.NUMBER:
        value, unit = values.number(text)
        return make_reading(row.code, row.name, row.quantity, value, unit, row.phase, row.tariff, row.channel)
    return CONVERTERS[row.kind](CosemObject(row, (text,)), Context())[0] if row.kind in PLAIN else None


def _read(line: Line, clock: Clock, media: Media, received: datetime | None) -> Readings:
    """The readings of a line with several groups, or with a time. Raises ValueError."""
    row = row_of(line[0])
    kind = None if row.channel is None else media.get(row.channel)
    if row.kind in KEPT and not any(map(_depends, line)):
        return _kept(tuple(line), clock, kind)
    return CONVERTERS[row.kind](cosem_object(line), Context(clock, kind, received))


def _depends(group: bytes) -> bool:
    """Whether it is a time whose offset depends on when it came, or too long to be kept."""
    return (len(group) == UNFLAGGED and group.isdigit()) or len(group) > LONGEST_KEPT


@lru_cache(maxsize=512)  # logs and M-Bus devices stay the same for minutes, or years
def _kept(line: tuple[bytes, ...], clock: Clock, kind: int | None) -> Readings:
    """The same, of a line to which it is nothing when it came: its times say their offset."""
    item = cosem_object(line)
    return CONVERTERS[item.row.kind](item, Context(clock, kind))


def reading(row: Obis, value: Value, unit: str | None = None, time: datetime | None = None) -> Reading:
    """The reading of a row."""
    return make_reading(row.code, row.name, row.quantity, value, unit, row.phase, row.tariff, row.channel, time)


def _number(item: CosemObject, context: Context) -> Readings:
    value, unit = values.number(_only(item))
    return (reading(item.row, value, unit),)


def _bare(item: CosemObject, context: Context) -> Readings:
    value, unit = values.number(_only(item))
    return (reading(item.row, value, unit or item.row.unit),)


def _one(convert: Callable[[str], Value]) -> Callable[[CosemObject, Context], Readings]:
    """For kinds with one group and no unit."""
    return lambda item, context: (reading(item.row, convert(_only(item))),)


def _only(item: CosemObject) -> str:
    """The one group that an object has. Raises ValueError if there are more."""
    groups = item.groups
    if len(groups) != 1:
        raise ValueError(f"expected one group, got {len(groups)}")
    return groups[0]


def _time(item: CosemObject, context: Context) -> Readings:
    return (reading(item.row, context.time(_only(item))),)


def _switch(item: CosemObject, context: Context) -> Readings:
    value = values.switch(_only(item))
    known = value is None or isinstance(value, bool)
    return (reading(item.row if known else item.row._replace(quantity=Q.OTHER), value),)


def _limit(item: CosemObject, context: Context) -> Readings:
    value, unit = values.number(_only(item))
    quantity = LIMITS.get((unit or "").lower(), item.row.quantity)
    return (reading(item.row._replace(quantity=quantity), value, unit),)


def _pair(item: CosemObject, context: Context) -> Readings:
    row, found = item.row, [values.number(group) for group in item.groups]
    return tuple(
        reading(row._replace(code=f"{row.code}/{place}", name=f"{row.name}_{place}"), value, unit)
        for place, (value, unit) in enumerate(found, 1)
    )


def _demand(item: CosemObject, context: Context) -> Readings:
    """The time stands first, but after the value in Iskra meters; CH and BE have both, others the value alone."""
    stamps = [group for group in item.groups if STAMP.fullmatch(group)]
    numbers = [group for group in item.groups if group not in stamps]
    if len(numbers) != 1 or len(stamps) > 1:
        raise ValueError(f"expected a time and a number, got {item.groups}")
    value, unit = values.number(numbers[0])
    return (reading(item.row, value, unit, believed(context.time(stamps[0])) if stamps else None),)


def _unknown(item: CosemObject, context: Context) -> Readings:
    """A number if it looks like one, `(TST)(number)` with its time, else the text; several groups in brackets."""
    *before, last = item.groups
    stamped = len(before) == 1 and STAMP.fullmatch(before[0])
    match = values.NUMBER.fullmatch(last) if stamped or not before else None
    if match and (match[2] or "." in match[1]):
        value, unit = values.number(last)
        return (reading(item.row, value, unit, believed(context.time(before[0])) if before else None),)
    text = last if not before else "".join(f"({group})" for group in item.groups)
    return (reading(item.row, text or None),)


PLAIN = frozenset(
    (
        Kind.NUMBER,
        Kind.BARE,
        Kind.COUNT,
        Kind.TARIFF,
        Kind.HEX,
        Kind.VERSION,
        Kind.TEXT,
        Kind.SWITCH,
        Kind.LIMIT,
        Kind.MBUS_TYPE,
    )
)
KEPT = frozenset((Kind.DEMAND, Kind.FAILURES, Kind.HISTORY, Kind.MBUS, Kind.PAIR))

CONVERTERS: dict[Kind, Callable[[CosemObject, Context], Readings]] = {
    Kind.NUMBER: _number,
    Kind.BARE: _bare,
    Kind.COUNT: _one(values.integer),
    Kind.TARIFF: _one(values.integer),
    Kind.TIME: _time,
    Kind.HEX: _one(values.hex_text),
    Kind.VERSION: _one(values.version),
    Kind.TEXT: _one(lambda group: group or None),
    Kind.MBUS_TYPE: _one(lambda group: group or None),
    Kind.SWITCH: _switch,
    Kind.LIMIT: _limit,
    Kind.PAIR: _pair,
    Kind.DEMAND: _demand,
    Kind.FAILURES: lambda item, context: failures(item, context.time),
    Kind.HISTORY: lambda item, context: history(item, context.time),
    Kind.MBUS: lambda item, context: mbus_value(item, context.type, context.time),
    Kind.MBUS_OLD: lambda item, context: mbus_old(item, context.type, context.time),
    Kind.UNKNOWN: _unknown,
}
