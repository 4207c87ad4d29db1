"""What has to survive a restart, in one small file.

    8f14e45f {"energy_hw_pending": 1, "saved": "2026-01-01T00:00:00Z", "rows": 2}
    45c48cce {"device": "energenie:3:0x00097F", "code": "TEMPERATURE", "value": "20.5", ...}
    d3d94468 {...}

One JSON object a line with its CRC-32 before it; the first line says how many follow. Written as
a whole to a temporary file, synced, and renamed, so a kill or a power cut leaves the old or the new
one. A file with anything wrong in it is moved aside, never overwritten; its sound lines are used.

A thread of its own writes, always the newest state: an SD card may take a second, a valve listens
for a fifth of one.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import threading
import zlib
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from energy_hw.errors import LinkBusy

logger = logging.getLogger(__name__)

Row = dict[str, Any]
VERSION = 1
MOST_BYTES = 1 << 20
SYNC_S = 10.0
"""How long who hands in a command waits for the disk, at most."""
RETRY_S = 60.0
"""A disk that was full may have room again."""


class Loaded(NamedTuple):
    """What a file said. saved: None if its first line is lost. whole: nothing is missing or broken."""

    rows: list[Row]
    saved: datetime | None
    whole: bool


def default_folder() -> Path:
    """$ENERGY_HW_STATE; else /var/lib/energy-hw for root, $XDG_STATE_HOME/energy-hw for others."""
    named = os.environ.get("ENERGY_HW_STATE")
    if named:
        return Path(named)
    if os.geteuid() == 0:
        return Path("/var/lib/energy-hw")
    try:
        return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "energy-hw"
    except RuntimeError:  # a service's user without a home
        return Path("/var/lib/energy-hw")


def dump(rows: Sequence[Row], saved: datetime) -> bytes:
    """The file of some rows."""
    header = {"energy_hw_pending": VERSION, "saved": saved.isoformat(), "rows": len(rows)}
    return b"".join(map(_line, (header, *rows)))


def _line(row: Row) -> bytes:
    text = json.dumps(row).encode("ascii")
    return b"%08x %s\n" % (zlib.crc32(text), text)


def parse(data: bytes) -> Loaded:
    """What can be read of a file, whatever became of it."""
    lines = [_parse_line(line) for line in data.split(b"\n") if line]
    rows = [row for row in lines if row is not None and "energy_hw_pending" not in row]
    header = lines[0] if lines and lines[0] is not None else {}
    sound = header.get("energy_hw_pending") == VERSION and header.get("rows") == len(rows) == len(lines) - 1
    return Loaded(rows, _time(header.get("saved")), sound)


def _parse_line(line: bytes) -> Row | None:
    """One line, or None if its checksum or its shape is wrong."""
    checksum, _, text = line.partition(b" ")
    if checksum != b"%08x" % zlib.crc32(text):
        return None
    with suppress(ValueError):
        row = json.loads(text)
        return row if isinstance(row, dict) else None
    return None


def _time(text: object) -> datetime | None:
    with suppress(ValueError):
        time = datetime.fromisoformat(text) if isinstance(text, str) else None
        return time if time is None or time.tzinfo else time.replace(tzinfo=UTC)
    return None


class PendingFile:
    """One file, held by one hub.

    loaded: what it said when it was opened. writes, failures: since then.

    Thread safety: call from any thread.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Raises LinkBusy if another hub has it; a folder that cannot be written is warned of once."""
        self.path = Path(path)
        self.loaded = Loaded([], None, True)
        self.writes = self.failures = 0
        self._lock_file: int | None = None
        self._told = self._forbidden = self._closed = False
        self._news = threading.Condition()
        self._wanted, self._done, self._tried = 0, 0, 0
        self._content: tuple[Sequence[Row], datetime] = ((), datetime.now(UTC))
        self._thread: threading.Thread | None = None
        self._take_lock()
        try:
            self._load()
        except BaseException:
            self._release_lock()
            raise

    # -- opening -----------------------------------------------------------

    def _take_lock(self) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._lock_file = os.open(f"{self.path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(self._lock_file, 0)
            os.pwrite(self._lock_file, b"%d\n" % os.getpid(), 0)
        except BlockingIOError:
            raise self._busy() from None
        except OSError as error:
            self._forbidden = isinstance(error, PermissionError)  # another user's, whose hub may have it now
            self._tell(error)

    def _busy(self) -> LinkBusy:
        holder = self._holder()
        self._release_lock()
        return LinkBusy(
            f"{self.path} belongs to another hub (process {holder or 'unknown'}): close that one, "
            "or give each its own with Hub(state=...) or $ENERGY_HW_STATE",
            holder,
        )

    def _holder(self) -> int | None:
        with suppress(OSError, ValueError):
            return int(os.pread(self._lock_file or -1, 20, 0))
        return None

    def _release_lock(self) -> None:
        handle, self._lock_file = self._lock_file, None
        if handle is not None:
            with suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_UN)  # a forked process may have it open for long
            os.close(handle)

    def _load(self) -> None:
        try:
            with open(self.path, "rb") as file:
                self.loaded = parse(file.read(MOST_BYTES))
        except FileNotFoundError:
            return
        except OSError as error:
            self._forbidden = True  # what is in it is not ours to overwrite
            self._tell(error)
        if not self.loaded.whole:
            self._put_aside()

    def _put_aside(self) -> None:
        aside = Path(f"{self.path}.broken-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
        aside = next(free for n in range(1000) if not (free := aside if not n else Path(f"{aside}.{n}")).exists())
        text = "%s is damaged: %d commands could be read; it is kept as %s"
        logger.error(text, self.path, len(self.loaded.rows), aside.name)
        try:
            _keep(self.path, aside)
        except OSError as error:
            self._forbidden = True
            self._tell(error)

    # -- writing -----------------------------------------------------------

    def save(self, rows: Sequence[Row], saved: datetime) -> int:
        """Have these rows written soon, in place of what waits to be; the number to flush() by."""
        with self._news:
            self._wanted += 1
            self._content = rows, saved
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="energy-hw-pending", daemon=True)
                self._thread.start()
            self._news.notify_all()
            return self._wanted

    def flush(self, number: int | None = None, timeout_s: float = SYNC_S) -> bool:
        """Wait until what was saved under a number, or everything, is on the disk; False if it cannot be put there."""
        with self._news:
            wanted = self._wanted if number is None else number
            self._news.wait_for(lambda: self._tried >= wanted or self._closed, timeout_s)
            return self._done >= wanted

    def _run(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(self._has_work, RETRY_S if self._done < self._wanted else None)
                number, content, closed = self._wanted, self._content, self._closed
            written = self._done >= number or self._write(content)
            with self._news:
                self._tried = number
                self._done = number if written else self._done
                self._news.notify_all()
                if closed and number == self._wanted:
                    return

    def _has_work(self) -> bool:
        return self._closed or self._tried < self._wanted

    def _write(self, content: tuple[Sequence[Row], datetime]) -> bool:
        """To a temporary file, synced, renamed, the folder synced; what fails is counted, and told once."""
        if self._forbidden:
            self.failures += 1
            return False
        temporary = f"{self.path}.new"
        try:
            with open(temporary, "wb") as file:
                file.write(dump(*content))
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self.path)
            _sync_folder(self.path.parent)
        except OSError as error:
            self.failures += 1
            self._tell(error)
            return False
        self.writes += 1
        return True

    def _tell(self, error: OSError) -> None:
        level, self._told = (logging.DEBUG if self._told else logging.WARNING), True
        text = "%s cannot be kept (%s): queued commands do not survive a restart; free the disk, or set ENERGY_HW_STATE"
        logger.log(level, text, self.path, error.strerror or error)

    def close(self) -> None:
        """Write what is left, and let go of the file. May be called twice."""
        with self._news:
            self._closed = True
            self._news.notify_all()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(SYNC_S)
        if self._thread is None or not self._thread.is_alive():
            self._release_lock()


def _keep(path: Path, aside: Path) -> None:
    """A second name, so that the first one has something to read until it is replaced; or, without links, another."""
    try:
        os.link(path, aside)
    except (PermissionError, NotImplementedError):  # FAT knows one name for a file
        os.rename(path, aside)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
