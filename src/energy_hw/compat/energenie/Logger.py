"""pyenergenie's Logger: a line of CSV for each message, in the same columns.

LOG_FILENAME is energenie.csv in the current folder; set it before the first message for another. What a message has
not is None, as there; apparent power and current of plugs are derived. See energenie/csv_line.py.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any, TextIO

from energy_hw.compat.energenie._message import as_pydict
from energy_hw.compat.energenie._parameters import paramid_to_paramname
from energy_hw.energenie.csv_line import HEAD, csv_line

logger = logging.getLogger(__name__)

LOG_FILENAME = "energenie.csv"
HEADINGS = HEAD

log_file: TextIO | None = None


def logMessage(msg: Any) -> None:
    """Append the line of a message. Raises OSError if the file cannot be written."""
    global log_file
    if log_file is None or log_file.closed:
        log_file = open(Path(LOG_FILENAME), "a", encoding="utf-8")  # noqa: SIM115 - it stays open, as there
        if log_file.tell() == 0:
            log_file.write(HEADINGS + "\n")
    log_file.write(line(msg) + "\n")
    log_file.flush()


def line(msg: Any) -> str:
    """The line of a message, without its end."""
    pydict = as_pydict(msg)
    header, stamp = pydict["header"], pydict.get("rxtimestamp")
    said = {
        paramid_to_paramname(rec.get("paramid", 0)): rec.get("value") for rec in pydict["recs"] if not rec.get("wr")
    }
    ids = header["mfrid"], header["productid"], header["sensorid"]
    return csv_line(time.time() if stamp is None else stamp, *ids, said, missing="None")


def close() -> None:
    """Close the file; the next message opens it again. May be called twice."""
    if log_file is not None:
        log_file.close()


def trace(msg: object) -> None:
    """Log it, for those who want to see more."""
    logger.debug("%s", msg)
