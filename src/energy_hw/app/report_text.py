"""A report as lines to read: the meter's own code, our name, the value as it was sent."""

from __future__ import annotations

from decimal import Decimal

from energy_hw.app.text import printable
from energy_hw.reading import Reading, Report, json_time


def report_text(report: Report) -> str:
    """Time, device and model, then a line for each reading; nothing in it can move a cursor."""
    time = report.time or report.received
    head = f"{time.astimezone():%Y-%m-%d %H:%M:%S}  {printable(report.device)}  {printable(report.model)}"
    return "\n".join((head, *map(_line, report)))


def _line(reading: Reading) -> str:
    stamp = f"  ({reading.time.astimezone():%Y-%m-%d %H:%M:%S})" if reading.time else ""
    value = f"{_value(reading)} {reading.unit or ''}".rstrip()
    return f"  {printable(reading.code):<10} {printable(reading.name):<28} {value}{stamp}"


def _value(reading: Reading) -> str:
    value = reading.value
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return printable(value if isinstance(value, str) else str(value if isinstance(value, int) else json_time(value)))
