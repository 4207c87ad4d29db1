"""`mate3_pg`: values of an OutBack controller into tables of a PostgreSQL, whatever happens between."""

from __future__ import annotations

import signal
import threading
import time
from dataclasses import replace
from pathlib import Path

from energy_hw.app.exits import CONFIGURATION, DEVICE, OK, REFUSED
from energy_hw.app.mate3 import NEVER_HEARD
from energy_hw.app.mate3_pg_logger import Mate3Logger
from energy_hw.app.mate3_pg_settings import Settings
from energy_hw.app.pg_definitions import Definitions, DefinitionsError, read_definitions
from energy_hw.app.session import Session, hushed
from energy_hw.web.systemd import notify

LOOK_S = 0.2
ALIVE_S = 5.0
STUCK_S = 600.0
"""No poll takes this long, whatever the controller does."""
ONCE_S = 60.0
TOO_TALKATIVE = "energy_hw.sinks.worker"
"""What it would say of an outage is said already."""


def run(
    session: Session,
    path: Path,
    settings: Settings,
    *,
    compat_raw: bool = False,
    once: bool = False,
    check: bool = False,
    duration_s: float | None = None,
) -> int:
    """Log until SIGTERM, Ctrl-C or for so long; or once; or look whether it could. The exit code.

    Raises ConfigError, LinkBusy if another process has the outbox, and with once and check what a poll raises.
    """
    try:
        definitions = read_definitions(path, compat_raw)
    except DefinitionsError as error:
        for fault in error.faults:
            session.tell(fault)
        return CONFIGURATION
    for note in definitions.notes:
        _tell(session, note)
    names = [NEVER_HEARD] if session.options.verbose > 1 else [NEVER_HEARD, TOO_TALKATIVE]
    with hushed(*names):
        if check:  # beside one that logs
            with Mate3Logger(definitions, replace(settings, outbox=None)) as logger:
                return _check(session, logger)
        return _until_over(session, definitions, settings, once, duration_s)


def _until_over(
    session: Session, definitions: Definitions, settings: Settings, once: bool, duration_s: float | None
) -> int:
    with Mate3Logger(definitions, settings) as logger:
        try:
            return _once(logger) if once else _log(session, logger, definitions, duration_s)
        finally:
            _deaf()
            logger.close()
            _tell(session, logger.summary())


def _tell(session: Session, text: str) -> None:
    if not session.options.quiet:
        session.tell(text)


def _deaf() -> None:
    """From here on all is bounded: a second SIGTERM would only lose what is committed now."""
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)


def _log(session: Session, logger: Mate3Logger, definitions: Definitions, duration_s: float | None) -> int:
    columns = sum(len(table.columns) for table in definitions.tables)
    names = ", ".join(table.table.name for table in definitions.tables)
    _tell(session, f"Logging {columns} columns of {names} to {logger.target.health().place}; Ctrl-C ends.")
    logger.start()
    notify("READY=1")
    end = time.monotonic() + (float("inf") if duration_s is None else duration_s)
    pause, alive_at = threading.Event(), 0.0
    while (now := time.monotonic()) < end:
        if now - alive_at >= ALIVE_S and now - logger.began_s < STUCK_S + logger.tick_s:
            alive_at = now
            notify(f"WATCHDOG=1\nSTATUS={logger.summary()}")
        pause.wait(min(LOOK_S, end - now))
    return OK


def _once(logger: Mate3Logger) -> int:
    """One row of each table, into the database."""
    logger.sample()
    deadline, pause = time.monotonic() + ONCE_S, threading.Event()
    while logger.pending and not logger.target.health().last_error and time.monotonic() < deadline:
        pause.wait(0.02)
    if logger.pending:
        return DEVICE
    if logger.target.health().refused:
        return REFUSED
    return OK if logger.sampled.rows else CONFIGURATION


def _check(session: Session, logger: Mate3Logger) -> int:
    """What each column would get now, and what is in the way."""
    poll = logger.poll()
    absent = logger.absent(poll)
    found = {id(table): values for table, values in logger.rows(poll)}
    shown = []
    for table in logger.definitions.tables:
        for each in table.columns:
            value = found.get(id(table), {}).get(each.column.name)
            text = "" if value is None else str(value)
            shown.append((table.table.name, each.column.name, each.column.type, text, each.named))
    session.table(("table", "column", "type", "value", "of"), shown)
    for said in absent:
        session.tell(said)
    if logger.target.health().last_error:
        return DEVICE
    return CONFIGURATION if absent else OK
