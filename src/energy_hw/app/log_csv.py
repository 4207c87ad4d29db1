"""A CSV line for each report, in the columns of pyenergenie's Logger.

flags: a digit for each column behind it, 1 where the report has it. What it has not is empty
there (pyenergenie wrote None). apparent and current are derived for plugs, which do not report
them, and have the flag 0. Source: pyenergenie, Logger.py.
"""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import TextIO

from energy_hw.app.exits import OK
from energy_hw.app.session import Session
from energy_hw.core.message import ENERGENIE
from energy_hw.energenie.hub import Hub
from energy_hw.errors import ConfigError
from energy_hw.reading import Report, Value

HEAD = "timestamp,mfrid,prodid,sensorid,flags,switch,voltage,freq,reactive,real,apparent,current,temperature"
COLUMNS = (
    "SWITCH_STATE", "VOLTAGE", "FREQUENCY", "REACTIVE_POWER", "REAL_POWER", "APPARENT_POWER", "CURRENT", "TEMPERATURE",
)  # fmt: skip
LOOK_S = 0.2


def log_csv(session: Session, path: str, count: int | None, duration_s: float | None) -> int:
    """Append to a file, or write to standard output (`-`), until count, duration or Ctrl-C."""
    with ExitStack() as stack:
        file = session.out if path == "-" else stack.enter_context(_open(Path(path)))
        hub = stack.enter_context(session.hub())
        if path == "-":
            file.write(HEAD + "\n")
        return _log(session, hub, file, count, duration_s)


def _log(session: Session, hub: Hub, file: TextIO, count: int | None, duration_s: float | None) -> int:
    written, end = 0, None if duration_s is None else time.monotonic() + duration_s
    reports = hub.reports()
    while (count is None or written < count) and (end is None or time.monotonic() < end):
        report = reports.get(LOOK_S)
        if report is None and reports.closed:
            break
        if report is not None and (text := line(report)):
            file.write(text + "\n")
            file.flush()  # ten lines a second at most: what came is in the file
            written += 1
    session.tell(f"{written} lines")
    return OK


def line(report: Report) -> str:
    """The line of a report, or "" if it is not from an Energenie device."""
    maker, product, sensor = report.device.split(":")[-3:]
    if maker != "energenie":
        return ""
    values = [_value(report, code) for code in COLUMNS]
    flags = "".join("0" if value is None else "1" for value in values)
    values = _derived(values)
    texts = ("" if value is None else str(value) for value in values)
    stamp = f"{report.received.timestamp():.3f}"
    return ",".join((stamp, str(ENERGENIE), product, str(int(sensor, 16)), flags, *texts))


def _value(report: Report, code: str) -> Value:
    reading = next((one for one in report if one.code == code and not one.name.endswith("_command")), None)
    if reading is None:
        return None
    return int(reading.value) if isinstance(reading.value, bool) else reading.value


def _derived(values: list[Value]) -> list[Value]:
    """Apparent power and current where real and reactive power are known."""
    _, volts, _, reactive, real, apparent, current, _ = values
    if apparent is None and isinstance(real, int | Decimal) and isinstance(reactive, int | Decimal):
        values[5] = apparent = Decimal(real * real + reactive * reactive).sqrt().quantize(Decimal("0.1"))
    if current is None and isinstance(apparent, int | Decimal) and isinstance(volts, int | Decimal) and volts:
        values[6] = (Decimal(apparent) / volts).quantize(Decimal("0.001"))
    return values


def _open(path: Path) -> TextIO:
    """Append; a new or empty file gets the head. Raises ConfigError if it holds something else."""
    try:
        file = open(path, "a+", encoding="utf-8")  # noqa: SIM115 - the caller closes it
        file.seek(0)
        first = file.readline().rstrip("\r\n")
        whole = not first or _ends_a_line(file)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be written: {error}", str(path)) from error
    if not first:
        file.write(HEAD + "\n")
    elif first != HEAD:
        file.close()
        raise ConfigError(f"{path} is no log of this kind: expected {HEAD}, got {first[:80]}", str(path), 1)
    elif not whole:
        file.write("\n")  # a power cut left half a line
    return file


def _ends_a_line(file: TextIO) -> bool:
    end = file.seek(0, os.SEEK_END)
    file.seek(end - 1)
    return file.read(1) == "\n"
