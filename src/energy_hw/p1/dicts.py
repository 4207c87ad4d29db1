"""A telegram as dictionaries that json.dumps takes, in the shape of others.

    dsmr_parser    its to_json(): attribute names, times in UTC, M-Bus devices in a list by channel
    seed           dsmrRESTServer's: names in camelCase, times in the meter's own offset, one gas meter

    {"value": 3466.018, "unit": "kWh"}     {"datetime": .., "value": 3297.485, "unit": "m3"}
    {"buffer_length": 1, "buffer_type": "0-0:96.7.19", "buffer": [{"datetime": .., "value": 9884, "unit": "s"}]}

Numbers are floats here, as there. Lines that dsmr_parser drops are in, and times are right in every country; a line
whose content is not that of its code is left out.

Sources: dsmr_parser 1.11.2, objects.py; dsmrRESTServer.py, over dsmr_parser 0.2x with the DSMR 4 specification.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple

from energy_hw.p1 import values
from energy_hw.p1.cosem import CosemObject
from energy_hw.p1.dsmr_names import NAMES, Form, Name, seed_name
from energy_hw.p1.logs import LOG_HEAD, MONTHS_HEAD
from energy_hw.p1.mbus import OLD_HEAD
from energy_hw.p1.obis_rows import Kind
from energy_hw.p1.times import is_believable

Json = dict[str, Any]
Moment = Callable[[str], datetime | None]
SEED_SPEC = "4"
DIGITS = re.compile("[0-9]{1,100}")


class Style(NamedTuple):
    """How to write. moment: of a stamp. texts: types of M-Bus devices and states of the breaker are text."""

    moment: Moment
    utc: bool
    texts: bool = False

    def time(self, stamp: str) -> str | None:
        """The moment of a stamp, ISO 8601."""
        moment = self.moment(stamp)
        if moment is None:
            return None
        return (moment.astimezone(UTC) if self.utc else moment).isoformat()


def dsmr_dict(objects: tuple[CosemObject, ...], spec: str, moment: Moment) -> Json:
    """dsmr_parser's shape, under its specification of this letter."""
    style = Style(moment, utc=True, texts=spec in "2HI")
    top: Json = {}
    devices: dict[int, Json] = {}
    for name, item, value in _named(objects, style, _names(spec)):
        if item.row.channel is None:
            top[name.attribute] = value
        else:
            devices.setdefault(item.row.channel, {})[name.attribute] = value
    if devices:
        top["MBUS_DEVICES"] = [{**device, "CHANNEL_ID": channel} for channel, device in devices.items()]
    return top


def seed_dict(
    objects: tuple[CosemObject, ...], spec: str, moment: Moment, gas: int | None = None, strict: bool = False
) -> Json:
    """dsmrRESTServer's shape. gas: the channel of the house's gas meter.

    strict: its own keys alone, and of several M-Bus devices the first in the telegram, as there. Otherwise the gas
    meter's, the keys of other countries under the names that they would have, and all M-Bus devices in `mbusDevices`.
    """
    style = Style(moment, utc=False)
    live = objects if strict else tuple(item for item in objects if _is_live(item, moment))
    chosen = _first_of_each(live) if strict or gas is None else _of_channel(live, gas)
    result: Json = {}
    for name, _, value in _named(chosen, style, _names(SEED_SPEC) if strict else _preferred(spec)):
        result.setdefault(seed_name(_gas_name(name, strict)), value)
    channels = {item.row.channel for item in objects if item.row.channel}
    if not strict and len(channels) > 1:
        result["mbusDevices"] = dsmr_dict(objects, SEED_SPEC if spec == "2" else spec, moment).get("MBUS_DEVICES", [])
    return result


def _is_live(item: CosemObject, moment: Moment) -> bool:
    """Whether it is anything but the reading of an M-Bus device that was never read."""
    return item.row.kind not in (Kind.MBUS, Kind.MBUS_OLD) or is_believable(moment(item.groups[0]))


@cache
def _names(spec: str) -> tuple[Name, ...]:
    """The rows of a specification."""
    return tuple(row for row in NAMES if spec in row.specs)


@cache
def _preferred(spec: str) -> tuple[Name, ...]:
    """One row of those with the same code: dsmrRESTServer's, else that of the country, else the first."""
    best: dict[str, Name] = {}
    for row in NAMES:
        held = best.get(row.code)
        if held is None or _rank(row, spec) > _rank(held, spec):
            best[row.code] = row
    return tuple(row for row in NAMES if best[row.code] is row)


def _rank(row: Name, spec: str) -> int:
    return 2 * (SEED_SPEC in row.specs) + (spec in row.specs)


def _gas_name(name: Name, strict: bool) -> str:
    """Belgian gas meters and Belgian ids have codes that dsmrRESTServer did not know."""
    if strict or not name.code.startswith("n:"):
        return name.attribute
    same = {"n:24.2.3": "HOURLY_GAS_METER_READING", "n:96.1.1": "EQUIPMENT_IDENTIFIER_GAS"}
    return same.get(name.code, name.attribute)


def _first_of_each(objects: tuple[CosemObject, ...]) -> tuple[CosemObject, ...]:
    """Of the M-Bus objects with the same C.D.E the first."""
    first: dict[str, CosemObject] = {}
    for item in objects:
        first.setdefault(item.code.partition(":")[2] if item.row.channel else item.code, item)
    return tuple(first.values())


def _of_channel(objects: tuple[CosemObject, ...], channel: int) -> tuple[CosemObject, ...]:
    return tuple(item for item in objects if item.row.channel in (None, channel))


def _named(
    objects: tuple[CosemObject, ...], style: Style, names: tuple[Name, ...]
) -> Iterator[tuple[Name, CosemObject, Any]]:
    """These names, their objects and values, in the order of the names."""
    by_code: dict[str, list[CosemObject]] = {}
    for item in objects:
        for code in _codes(item.code, item.row.channel is None):
            by_code.setdefault(code, []).append(item)
    for name in names:
        for item in by_code.get(name.code, ()):
            try:
                yield name, item, FORMS[name.form](item.groups, style)
            except (ValueError, IndexError):
                continue


@lru_cache(maxsize=1024)
def _codes(code: str, of_meter: bool) -> tuple[str, str, str]:
    """The spellings under which the table may have an object."""
    short = code.partition(":")[2]
    return code, short, f"{'0' if of_meter else 'n'}:{short}"


Groups = tuple[str, ...]


def _number(groups: Groups, style: Style) -> Json:
    value, unit = values.number(groups[0])
    return {"value": None if value is None else float(value), "unit": unit}


def _int(groups: Groups, style: Style) -> Json:
    value, unit = values.integer(groups[0]), values.number(groups[0])[1]
    return {"value": value, "unit": unit}


def _str(groups: Groups, style: Style) -> Json:
    return {"value": groups[0] or None, "unit": None}


def _type(groups: Groups, style: Style) -> Json:
    return _str(groups, style) if style.texts else _int(groups, style)


def _code(groups: Groups, style: Style) -> Json:
    return {"value": int(groups[0]) if DIGITS.fullmatch(groups[0]) else groups[0] or None, "unit": None}


def _time(groups: Groups, style: Style) -> Json:
    return {"value": style.time(groups[0]), "unit": None}


def _mbus(groups: Groups, style: Style) -> Json:
    return {"datetime": style.time(groups[0]), **_number(groups[1:], style)}


def _mbus_old(groups: Groups, style: Style) -> Json:
    value = _number(groups[-1:], style)["value"]
    return {"datetime": style.time(groups[0]), "value": value, "unit": groups[OLD_HEAD] or None}


def _peaks(groups: Groups, style: Style) -> list[Json]:
    values.integer(groups[0])
    return [
        {"datetime": style.time(end), "occurred": style.time(occurred), **_number((peak,), style)}
        for end, occurred, peak in zip(
            groups[MONTHS_HEAD::3], groups[MONTHS_HEAD + 1 :: 3], groups[MONTHS_HEAD + 2 :: 3], strict=False
        )
    ]


def _log(groups: Groups, style: Style) -> Json:
    pairs = zip(groups[LOG_HEAD::2], groups[LOG_HEAD + 1 :: 2], strict=False)
    return {
        "buffer_length": values.integer(groups[0]) or 0,
        "buffer_type": groups[1] if len(groups) > 1 else None,
        "buffer": [{"datetime": style.time(end), **_int((seconds,), style)} for end, seconds in pairs],
    }


FORMS: dict[Form, Callable[[Groups, Style], Any]] = {
    Form.NUMBER: _number,
    Form.INT: _int,
    Form.STR: _str,
    Form.TYPE: _type,
    Form.CODE: _code,
    Form.TIME: _time,
    Form.MBUS: _mbus,
    Form.MBUS_OLD: _mbus_old,
    Form.PEAKS: _peaks,
    Form.LOG: _log,
}
