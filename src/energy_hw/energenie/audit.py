"""Who ordered what, when, and what became of it.

The last entries are kept in memory; with a path each is also a line of JSON in a file that is
rotated by size, written by a thread of its own:

    {"asked":"2026-01-01T00:00:00.1Z","settled":"...Z","origin":"python","device":"energenie:2:0x000373",
     "name":"SWITCH_STATE","value":1,"outcome":"confirmed","tries":1,"error":null}

A file that cannot be written never stops control: it is counted, told once, and tried again with
the next entry.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from os import PathLike
from queue import Full, Queue
from typing import NamedTuple

from energy_hw.energenie.orders import Outcome, Ticket

logger = logging.getLogger(__name__)

MOST_ENTRIES = 1000
MOST_UNWRITTEN = 1000
MOST_BYTES = 1_000_000
OLD_FILES = 3
CLOSE_S = 5.0


class Entry(NamedTuple):
    """One order, once it is settled; `asked` is None for one that was refused at once."""

    asked: datetime | None
    settled: datetime
    origin: str
    device: str
    name: str
    value: object
    outcome: Outcome
    tries: int
    error: str | None

    def to_json(self) -> str:
        """One line, times in UTC with Z."""
        fields = self._asdict() | {"asked": _iso(self.asked), "settled": _iso(self.settled)}
        return json.dumps(fields, default=str, ensure_ascii=False, separators=(",", ":"))


class Audit:
    """The last `most` entries, and the file, if there is to be one. now: the time of day, aware.

    failures: entries that did not reach the file.

    Thread safety: note() and entries() from any thread.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        path: str | PathLike[str] | None = None,
        *,
        most: int = MOST_ENTRIES,
        most_bytes: int = MOST_BYTES,
        old_files: int = OLD_FILES,
    ) -> None:
        self._now = now
        self._entries: deque[Entry] = deque(maxlen=most)
        self._lock = threading.Lock()
        self.failures = 0
        self._writer = None if path is None else _Writer(path, most_bytes, old_files, self._failed)

    def note(self, ticket: Ticket) -> None:
        """A ticket is settled, or was refused. Never raises, never waits for the disk."""
        error = None if ticket.error is None else f"{type(ticket.error).__name__}: {ticket.error}"
        what = ticket.origin, ticket.device, ticket.name, ticket.value, ticket.outcome, ticket.tries
        entry = Entry(ticket.asked, self._now(), *what, error)
        with self._lock:
            self._entries.append(entry)
        if self._writer is not None:
            self._writer.write(entry.to_json())

    def entries(self) -> list[Entry]:
        """What was noted, oldest first."""
        with self._lock:
            return list(self._entries)

    def close(self) -> None:
        """Write what is left. May be called twice."""
        if self._writer is not None:
            self._writer.close()

    def _failed(self, why: str) -> None:
        with self._lock:
            self.failures += 1
            first = self.failures == 1
        logger.log(logging.ERROR if first else logging.DEBUG, "a command is not in the audit file: %s", why)


class _Writer:
    """Lines into a file, in a thread of its own. failed: told why, for each line that is not in it."""

    def __init__(
        self, path: str | PathLike[str], most_bytes: int, old_files: int, failed: Callable[[str], None]
    ) -> None:
        self._queue: Queue[str | None] = Queue(MOST_UNWRITTEN)
        self._file = _File(path, most_bytes, old_files, failed)
        self._failed = failed
        self._thread = threading.Thread(target=self._run, name="energy-hw-audit", daemon=True)
        self._thread.start()

    def write(self, line: str) -> None:
        try:
            self._queue.put_nowait(line)
        except Full:
            self._failed(f"{MOST_UNWRITTEN} lines wait to be written")

    def _run(self) -> None:
        while (line := self._queue.get()) is not None:
            self._file.handle(logging.makeLogRecord({"msg": line}))
        self._file.close()

    def close(self) -> None:
        """Give it a moment to write what is left; a disk that hangs keeps nobody."""
        if self._thread.is_alive():
            with suppress(Full):
                self._queue.put(None, timeout=CLOSE_S)
            self._thread.join(CLOSE_S)


class _File(RotatingFileHandler):
    """Logging's own file that starts anew at a size."""

    def __init__(
        self, path: str | PathLike[str], most_bytes: int, old_files: int, failed: Callable[[str], None]
    ) -> None:
        super().__init__(path, maxBytes=most_bytes, backupCount=old_files, encoding="utf-8", delay=True)
        self._failed = failed

    def handleError(self, record: logging.LogRecord) -> None:
        self._failed(f"{self.baseFilename}: {sys.exc_info()[1]}")


def _iso(time: datetime | None) -> str | None:
    return None if time is None else time.astimezone(UTC).isoformat().replace("+00:00", "Z")
