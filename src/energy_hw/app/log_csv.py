"""A CSV line for each report, in the columns of pyenergenie's Logger.

What a report has not is empty (pyenergenie wrote None); see energenie/csv_line.py.
"""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

from energy_hw.app.exits import OK
from energy_hw.app.session import Session
from energy_hw.core.message import ENERGENIE
from energy_hw.energenie.csv_line import COLUMNS, HEAD, csv_line
from energy_hw.energenie.hub import Hub
from energy_hw.errors import ConfigError
from energy_hw.reading import Report, Value

LOOK_S = 0.2
MOST_HEAD = 1000


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
    said = {code: _value(report, code) for code in COLUMNS}
    return csv_line(report.received.timestamp(), ENERGENIE, int(product), int(sensor, 16), said)


def _value(report: Report, code: str) -> Value:
    """What the device said, not what somebody asked of it."""
    return next((one.value for one in report if one.code == code and not one.name.endswith("_command")), None)


def _open(path: Path) -> TextIO:
    """Append; a new or empty file gets the head. Raises ConfigError if it holds something else."""
    try:
        file = open(path, "a+", encoding="utf-8")  # noqa: SIM115 - the caller closes it
        file.seek(0)
        first = file.readline(MOST_HEAD).rstrip("\r\n")
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
