"""Every sound row of a damaged file, from its bytes.

A row is believed if the CRC that was written with it is right, whatever became of the pages above it. Rows in free
pages are found, too: those that the last readable state calls delivered are left out, others come twice at worst.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import reduce
from pathlib import Path

from energy_hw.sinks.ranges import Ranges
from energy_hw.sinks.record import records
from energy_hw.sinks.row import Row
from energy_hw.sinks.schema import StoreState
from energy_hw.sinks.store import PAGE_BYTES, sound

WAL_HEADER, FRAME_HEADER = 32, 24
"""https://www.sqlite.org/fileformat.html, section 4.1."""
_PAGE_SIZES = tuple(1 << power for power in range(9, 17))
_LOG_MAGIC = (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")
_ROW_COLUMNS, _STATE_COLUMNS = 7, 3


class Wreck:
    """A store's file and its log as bytes; both may be missing, cut short, or full of anything.

    state: the latest sound one, once scan() is through.

    Thread safety: one thread at a time. Raises OSError.
    """

    def __init__(self, path: Path, log: Path, first_frame: int = 0, whole: bool = True) -> None:
        """first_frame: of the log; whole=False leaves the file itself out."""
        self._file, self._log = _Bytes(path), _Bytes(log)
        self._page_bytes = self._page_size()
        self._frame_bytes = FRAME_HEADER + self._page_bytes
        self._frames = [at for at in self._all_frames() if at >= WAL_HEADER + first_frame * self._frame_bytes]
        self._latest = {self._number(at): at for at in self._frames}
        self._whole = whole
        self.state: StoreState | None = None

    def _page_size(self) -> int:
        """What the headers say, the one of a new file if they are damaged."""
        log, file = self._log.read(0, 12), self._file.read(0, 18)
        told = [int.from_bytes(log[8:12], "big")] if log[:4] in _LOG_MAGIC else []
        told += [int.from_bytes(file[16:18], "big")] if file.startswith(b"SQLite format 3\0") else []
        return next((size for size in told if size in _PAGE_SIZES), PAGE_BYTES)

    def _all_frames(self) -> Iterator[int]:
        """Where frames of the log begin that belong to it, by its salt; others were left by an earlier log."""
        salt = self._log.read(16, 8)
        for at in range(WAL_HEADER, self._log.size - FRAME_HEADER - 8, self._frame_bytes):
            if self._log.read(at + 8, 8) == salt:
                yield at

    @property
    def frames(self) -> int:
        """Frames of the log that may say something."""
        return len(self._frames)

    def scan(self) -> Iterator[Row]:
        """Rows as they come, some of them twice."""
        for page, first in self._pages():
            for rowid, fields in records(page, 100 if first else 0, self._overflow):
                if len(fields) == _ROW_COLUMNS and (row := sound([rowid, *fields[1:-1]], fields[-1])):
                    yield row
                elif len(fields) == _STATE_COLUMNS:
                    self._keep_latest(StoreState.load(fields[1], fields[2]))

    def _keep_latest(self, state: StoreState | None) -> None:
        if state is not None and (self.state is None or state.serial > self.state.serial):
            self.state = state

    def _pages(self) -> Iterator[tuple[bytes, bool]]:
        for at in self._frames:
            yield self._log.read(at + FRAME_HEADER, self._page_bytes), self._number(at) == 1
        for at in range(0, self._file.size, self._page_bytes) if self._whole else ():
            yield self._file.read(at, self._page_bytes), at == 0

    def _number(self, frame: int) -> int:
        return int.from_bytes(self._log.read(frame, 4), "big")

    def _overflow(self, number: int) -> bytes | None:
        """The latest image of a page."""
        if number in self._latest:
            return self._log.read(self._latest[number] + FRAME_HEADER, self._page_bytes)
        at = (number - 1) * self._page_bytes
        return self._file.read(at, self._page_bytes) if 0 <= at < self._file.size else None


class _Bytes:
    """A file of which any part may be missing or unreadable; such bytes are zero. Read piece by piece, not mapped:
    a card that cannot read a mapped page ends the process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.size = path.stat().st_size if path.exists() else 0
        self._file = path.open("rb", buffering=0) if self.size else None

    def read(self, at: int, size: int) -> bytes:
        """Exactly so many bytes."""
        data = b""
        if self._file is not None:
            with suppress(OSError):
                data = os.pread(self._file.fileno(), size, at)
        return data.ljust(size, b"\0")

    def __del__(self) -> None:
        if self._file is not None:
            self._file.close()


def settled(state: StoreState | None, targets: Sequence[str]) -> Ranges:
    """Numbers that nobody needs any more, by the state of a wreck."""
    if state is None or not all(name in state.done for name in targets):
        return Ranges()
    return reduce(Ranges.common, (Ranges(state.done[name]) for name in targets))
