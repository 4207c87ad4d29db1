"""`mate3 watch`: a line for each device at each poll."""

from __future__ import annotations

from energy_hw.app.exits import OK
from energy_hw.app.mate3 import Mate3Session, Target, reached
from energy_hw.app.text import printable
from energy_hw.outback.mate3 import Mate3
from energy_hw.reading import Reading, Report

# fmt: off
TOLD = {
    # what says most of a device, in this order; a report has some of them
    "inverter_operating_mode": "",
    "charger_state":           "",
    "state_of_charge":         "charge",
    "battery_voltage":         "battery",
    "battery_current":         "",
    "array_voltage":           "array",
    "watts":                   "",
    "todays_kwh":              "today",
    "output_ac_voltage":       "output",
    "output_kw":               "output",
    "load_kw":                 "load",
}
# fmt: on


def watch(session: Mate3Session, target: Target, interval_s: float, count: int | None) -> int:
    """Print what each poll finds, until Ctrl-C or so many reports."""
    if count == 0:
        return OK
    with reached(target) as there, Mate3(there.host, there.port or 0, interval_s=interval_s) as mate3:
        for number, report in enumerate(mate3, 1):
            session.give(report.to_json())
            if line := _line(report):
                session.show(line)
            if number == count:
                break
    return OK


def _line(report: Report) -> str:
    found = [_told(label, reading) for name, label in TOLD.items() if (reading := report.get(name)) is not None]
    if not found:
        return ""
    place = report.device.rpartition("/")[2]
    return f"{report.received.astimezone():%H:%M:%S}  {place:<7} {printable(report.model):<14} {', '.join(found)}"


def _told(label: str, reading: Reading) -> str:
    return printable(" ".join(filter(None, (label, str(reading.value), reading.unit))))
