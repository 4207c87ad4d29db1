"""Objects that hold many values: the log of power failures, and the peaks or registers of months.

    1-0:99.97.0(n)(0-0:96.7.19) then for each failure (TST of its end)(seconds*s)
    0-0:98.1.0(n)(1-0:1.6.0)(1-0:1.6.0) then for each month (TST of its end)(TST of the peak)(kW)      Belgium
    0-0:98.1.0(TST) then 19 registers at the end of a month                                            Hungary
    0-0:98.1.0(12)                                                                                     Switzerland

n is what the meter says; pairs and triples are read until there are no more. Codes and names have the place in the
log behind: `1-0:99.97.0/1`, `power_failure_1`. A time of a clock that was not set (2000) is no time of a reading.

Sources: DSMR P1 companion standard 5.0.2, 6.12; e-MUCS-P1 2.1.1; P1 of E.ON Hungary, where the order of kvarh and kW is
not written and taken from the order of the registers elsewhere in the telegram.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from energy_hw.p1 import values
from energy_hw.p1.cosem import CosemObject
from energy_hw.p1.obis_rows import Obis
from energy_hw.p1.times import STAMP, believed
from energy_hw.reading import Quantity as Q
from energy_hw.reading import Reading, Readings, Value

Time = Callable[[str], datetime | None]

LOG_HEAD, MONTHS_HEAD = 2, 3
MONTH_END = "month_end"

# fmt: off
HUNGARIAN = (
    # name                       quantity
    ("energy_import",            Q.ENERGY_IMPORT),
    ("energy_import_t1",         Q.ENERGY_IMPORT),
    ("energy_import_t2",         Q.ENERGY_IMPORT),
    ("energy_export",            Q.ENERGY_EXPORT),
    ("energy_export_t1",         Q.ENERGY_EXPORT),
    ("energy_export_t2",         Q.ENERGY_EXPORT),
    ("reactive_energy_import",   Q.REACTIVE_ENERGY),
    ("reactive_energy_export",   Q.REACTIVE_ENERGY),
    ("reactive_energy_q1",       Q.REACTIVE_ENERGY),
    ("reactive_energy_q2",       Q.REACTIVE_ENERGY),
    ("reactive_energy_q3",       Q.REACTIVE_ENERGY),
    ("reactive_energy_q4",       Q.REACTIVE_ENERGY),
    ("energy_absolute",          Q.ENERGY),
    ("max_demand_import",        Q.POWER),
    ("max_demand_import_t1",     Q.POWER),
    ("max_demand_import_t2",     Q.POWER),
    ("max_demand_export",        Q.POWER),
    ("max_demand_export_t1",     Q.POWER),
    ("max_demand_export_t2",     Q.POWER),
)
# fmt: on


def failures(item: CosemObject, time: Time) -> Readings:
    """How many failures the log has, then a duration for each, filed under its end. Raises ValueError."""
    row, groups = item.row, item.groups
    readings = [_whole(row, values.integer(groups[0]))]
    for place, at in enumerate(range(LOG_HEAD, len(groups) - 1, 2), 1):
        name, unit = f"power_failure_{place}", values.number(groups[at + 1])[1] or "s"
        end = believed(time(groups[at]))
        readings.append(_part(row, place, name, Q.DURATION, values.integer(groups[at + 1]), unit, end))
    return tuple(readings)


def history(item: CosemObject, time: Time) -> Readings:
    """Peaks of months or registers at the end of one, by what comes first. Raises ValueError."""
    first = item.groups[0]
    return _registers(item, time(first)) if STAMP.fullmatch(first) else _peaks(item, time)


def _peaks(item: CosemObject, time: Time) -> Readings:
    """Two readings a month: the peak, filed under when it was, and when the month ended."""
    row, groups = item.row, item.groups
    readings = [_whole(row, values.integer(groups[0]))]
    for place, at in enumerate(range(MONTHS_HEAD, len(groups) - 2, 3), 1):
        name = f"max_demand_month_{place}"
        value, unit = values.number(groups[at + 2])
        readings.append(_part(row, place, name, Q.POWER, value, unit, believed(time(groups[at + 1]))))
        readings.append(_part(row, f"{place}/end", f"{name}_end", Q.EVENT, time(groups[at])))
    return tuple(readings)


def _registers(item: CosemObject, end: datetime | None) -> Readings:
    """A reading for each register, filed under the end of the month; one too many has a number for a name."""
    readings = [_part(item.row, MONTH_END, MONTH_END, Q.EVENT, end)]
    for place, group in enumerate(item.groups[1:], 1):
        name, quantity = HUNGARIAN[place - 1] if place <= len(HUNGARIAN) else (f"register_{place}", Q.OTHER)
        value, unit = values.number(group)
        readings.append(_part(item.row, place, f"{name}_{MONTH_END}", quantity, value, unit, believed(end)))
    return tuple(readings)


def _whole(row: Obis, count: int | None) -> Reading:
    return Reading(row.code, row.name, row.quantity, count)


def _part(
    row: Obis,
    place: int | str,
    name: str,
    quantity: Q,
    value: Value,
    unit: str | None = None,
    time: datetime | None = None,
) -> Reading:
    return Reading(f"{row.code}/{place}", name, quantity, value, unit, time=time)
