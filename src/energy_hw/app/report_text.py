"""A report as lines to read: the meter's own code, our name, the value as it was sent."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from energy_hw.app.text import printable
from energy_hw.reading import Reading, Report

LEAST = (10, 28)
"""Columns of code and name; wider where a report needs it."""


def report_text(report: Report) -> str:
    """Time, device and model, then a line for each reading; nothing in it can move a cursor. Times are local."""
    head = f"{_local(report.time or report.received)}  {printable(report.device)}  {printable(report.model)}"
    rows = [(printable(reading.code), printable(reading.name), _told(reading)) for reading in report]
    codes, names = (max([least, *(len(row[at]) for row in rows)]) for at, least in enumerate(LEAST))
    return "\n".join((head, *(f"  {code:<{codes}} {name:<{names}} {told}" for code, name, told in rows)))


def _told(reading: Reading) -> str:
    stamp = f"  ({_local(reading.time)})" if reading.time else ""
    return f"{_value(reading)} {reading.unit or ''}".rstrip() + stamp


def _local(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M:%S}"


def _value(reading: Reading) -> str:
    value = reading.value
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return _local(value) if isinstance(value, datetime) else printable(str(value))
