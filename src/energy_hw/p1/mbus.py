"""What hangs on the M-Bus of a meter, channels 1 to 9: gas, water, heat, another electricity meter.

    0-1:24.1.0(003)                            type: gas
    0-1:96.1.0(464C4F313839393030303630333535) id; Belgium: 96.1.1, and the EAN in 96.1.2
    0-1:24.2.1(200706103140S)(00000.006*m3)    reading; Belgium, not corrected to a temperature: 24.2.3
    0-1:24.3.0(090212160000)(00)(60)(1)(0-1:24.2.1)(m3)        DSMR 2.2 and 3.0
    (00001.001)

A channel is named by its number, never by its place: `gas_volume_ch2`. The meter goes on sending a device that was
replaced, frozen, or with a time that is none; so the house's gas is the freshest channel of that type, see freshest().
A reading whose time is none (`632525252525S`, `700101010000W`) was never read: its value is None, not 0.

Sources: DSMR P1 companion standard 5.0.2, 6.12 and 3.0; e-MUCS-P1 2.1.1; EN 13757-3, table of device types.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from energy_hw.p1 import values
from energy_hw.p1.cosem import CosemObject
from energy_hw.p1.telegram import Line
from energy_hw.p1.times import believed
from energy_hw.reading import Quantity as Q
from energy_hw.reading import Reading, Readings, Value

Time = Callable[[str], datetime | None]
Media = Mapping[int, int]
"""Channel -> type of its device."""

VOLUMES = ("m3", "m³", "dm3", "dm³", "l")
HEATS = ("gj", "mj", "kj", "j", "mwh", "kwh", "wh")


class Medium(NamedTuple):
    """What a device type measures. units: in small letters; a reading in another unit is not believed to be it."""

    name: str
    quantity: Q
    units: tuple[str, ...]


# fmt: off
MEDIA = {
    # type      name                  quantity         units
    2:  Medium("energy",             Q.ENERGY,        HEATS),
    3:  Medium("gas_volume",         Q.GAS_VOLUME,    VOLUMES),
    4:  Medium("heat",               Q.HEAT,          HEATS),    # measured in the outlet
    6:  Medium("warm_water_volume",  Q.WATER_VOLUME,  VOLUMES),
    7:  Medium("water_volume",       Q.WATER_VOLUME,  VOLUMES),
    8:  Medium("heat_cost",          Q.COUNT,         ("hca",)),
    10: Medium("cold",               Q.HEAT,          HEATS),    # outlet
    11: Medium("cold",               Q.HEAT,          HEATS),    # inlet
    12: Medium("heat",               Q.HEAT,          HEATS),    # inlet
    13: Medium("heat_and_cold",      Q.HEAT,          HEATS),
}
# fmt: on
NAMES = frozenset(medium.name for medium in MEDIA.values())
UNKNOWN = Medium("mbus_reading", Q.OTHER, ())

TYPE_LINE = re.compile(rb"0-([1-9]):24\.1\.0=([0-9]{1,3})")

OLD_HEAD = 5
"""Groups of 24.3.x before its unit: time, status, minutes of an interval, number of values, code."""


def media_of(lines: Sequence[Line]) -> Media:
    """The type of each channel that says one."""
    found = [TYPE_LINE.fullmatch(line[0] + b"=" + line[1]) for line in lines if line[0].endswith(b":24.1.0")]
    return {int(match[1]): int(match[2]) for match in found if match}


def mbus_value(item: CosemObject, kind: int | None, time: Time) -> Readings:
    """The reading of `(TST)(00012.345*m3)`. kind: the type of the device. Raises ValueError."""
    if len(item.groups) != 2:
        raise ValueError(f"expected a time and a number, got {len(item.groups)} groups")
    stamp, group = item.groups
    value, unit = values.number(group)
    return (_reading(item, kind, believed(time(stamp)), value, unit),)


def mbus_old(item: CosemObject, kind: int | None, time: Time) -> Readings:
    """The reading of DSMR 2.2 and 3.0, its continuation joined. Raises ValueError."""
    if len(item.groups) != OLD_HEAD + 2 or item.groups[3].strip("0") != "1":
        raise ValueError(f"expected 7 groups with one value, got {len(item.groups)} groups with {item.groups[3:4]}")
    value, _ = values.number(item.groups[-1])
    return (_reading(item, kind, believed(time(item.groups[0])), value, item.groups[OLD_HEAD] or None),)


def _reading(item: CosemObject, kind: int | None, time: datetime | None, value: Value, unit: str | None) -> Reading:
    channel = item.row.channel
    medium = UNKNOWN if kind is None else MEDIA.get(kind, UNKNOWN)
    if unit is not None and unit.lower() not in medium.units:
        medium = UNKNOWN
    valid = None if time is None else value
    name = f"{medium.name}_ch{channel}"
    return Reading(item.code, name, medium.quantity, valid, unit, channel=channel, time=time)


def freshest(readings: Iterable[Reading], code: str = "") -> list[tuple[str, Reading]]:
    """Each medium (`gas_volume`) with the newest of its readings, of two as new that of the higher channel.

    code: the one preferred where a channel sends two (`24.2.3`). Readings without a time or a value do not count.
    """
    best: dict[str, tuple[datetime, int, bool, Reading]] = {}
    for found in readings:
        name, _, channel = found.name.rpartition("_ch")
        if name in NAMES and found.time is not None and found.value is not None:
            rank = (found.time, int(channel), found.code.endswith(code), found)
            best[name] = max(best.get(name, rank), rank, key=lambda each: each[:3])
    return [(name, rank[3]) for name, rank in best.items()]
