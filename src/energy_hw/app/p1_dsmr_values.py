"""A report as DSMR-reader's API v2 wants it: for meters whose text its own parser does not read.

Energies in kWh, powers in kW, both with three decimals; "delivered" is to the house. A meter without tariffs
(Luxembourg, Sweden) has its one register as the first, and 0 as the second.
Source: DSMR-reader, API v2, POST /api/v2/datalogger/dsmrreading.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from energy_hw.reading import Reading, Report, json_time

STEPS = {"wh": Decimal("0.001"), "w": Decimal("0.001"), "mwh": Decimal(1000), "mw": Decimal(1000)}
STEPS |= dict.fromkeys(("dm3", "dm³", "l"), Decimal("0.001"))
"""To kWh, kW and m3, from what some meters send instead."""
THOUSANDTH, TENTH, WHOLE = Decimal("0.001"), Decimal("0.1"), Decimal(1)


class Field(NamedTuple):
    """name: there. sources: readings, the best first. exact: its last digit. low: below it is none. absent: said if
    there is no reading; None leaves the field out."""

    name: str
    sources: tuple[str, ...]
    exact: Decimal = THOUSANDTH
    below: Decimal = Decimal(1_000_000)
    absent: str | None = None


# fmt: off
FIELDS = (
    #     field                              reading, or where that is missing
    Field("electricity_delivered_1",         ("energy_import_t1", "energy_import")),
    Field("electricity_returned_1",          ("energy_export_t1", "energy_export"), absent="0.000"),
    Field("electricity_delivered_2",         ("energy_import_t2",),                 absent="0.000"),
    Field("electricity_returned_2",          ("energy_export_t2",),                 absent="0.000"),
    Field("electricity_currently_delivered", ("power_import",)),
    Field("electricity_currently_returned",  ("power_export",),                     absent="0.000"),
)
PHASE_FIELDS = (
    Field("phase_currently_delivered_l{}",   ("power_import_l{}",)),
    Field("phase_currently_returned_l{}",    ("power_export_l{}",)),
    Field("phase_voltage_l{}",               ("voltage_l{}",),  TENTH, Decimal(1000)),
    Field("phase_power_current_l{}",         ("current_l{}",),  WHOLE, Decimal(1000)),
)
# fmt: on
NEEDED = ("electricity_delivered_1", "electricity_currently_delivered")


def dsmr_values(report: Report) -> dict[str, str]:
    """The fields of one telegram; empty if it lacks one that the server insists on."""
    readings = {reading.name: reading for reading in reversed(report.readings)}  # the first one counts
    phases = [
        row._replace(name=row.name.format(phase), sources=(row.sources[0].format(phase),))
        for row in PHASE_FIELDS
        for phase in (1, 2, 3)
    ]
    values = {"timestamp": _time(report.time or report.received)}
    values |= {row.name: text for row in (*FIELDS, *phases) if (text := _text(row, readings)) is not None}
    return values | dict(_gas(readings.get("gas_volume"))) if all(name in values for name in NEEDED) else {}


def _text(row: Field, readings: dict[str, Reading]) -> str | None:
    found = next((readings[name] for name in row.sources if name in readings), None)
    if found is None:
        return row.absent
    return _number(found, row.exact, row.below)


def _number(reading: Reading, exact: Decimal, below: Decimal) -> str | None:
    if isinstance(reading.value, bool) or not isinstance(reading.value, Decimal | int):
        return None
    value = Decimal(reading.value) * STEPS.get((reading.unit or "").lower(), 1)
    return f"{value.quantize(exact):f}" if 0 <= value < below else None


def _gas(reading: Reading | None) -> Iterator[tuple[str, str]]:
    """The freshest gas meter; nothing without a time, as the server stores both or neither."""
    if reading is None or reading.time is None:
        return
    if (text := _number(reading, THOUSANDTH, Decimal(1_000_000))) is not None:
        yield "extra_device_timestamp", _time(reading.time)
        yield "extra_device_delivered", text


def _time(moment: datetime) -> str:
    return str(json_time(moment))
