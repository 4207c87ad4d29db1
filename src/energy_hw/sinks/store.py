"""The file on disk: SQLite with a write-ahead log, each commit synced before it returns.

synchronous=FULL, because NORMAL in WAL mode syncs at checkpoints alone and a power cut takes what was committed since
(https://www.sqlite.org/pragma.html#pragma_synchronous). locking_mode=EXCLUSIVE keeps the index of the log in memory
of our own instead of a mapped file (https://www.sqlite.org/wal.html, section 8), which a full disk turns into SIGBUS.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from energy_hw.sinks.ranges import Pair
from energy_hw.sinks.row import Info, Row
from energy_hw.sinks.schema import StoreState, prepare, write_row, write_state

PAGE_BYTES = 1024
"""Of a new file. A commit of 25 short rows touches seven pages; with 4096 bytes a day of them would be 460 MB."""
WAL_BYTES = 4_096_000
"""The log is written back when it is so long."""
_PRAGMAS = (
    "locking_mode = EXCLUSIVE",
    f"page_size = {PAGE_BYTES}",
    "auto_vacuum = INCREMENTAL",
    "journal_mode = WAL",
    "synchronous = FULL",
    f"journal_size_limit = {WAL_BYTES}",
    "cache_size = -2000",
    "temp_store = MEMORY",
)


class Damaged(Exception):
    """The file is not what was written; what is sound in it can be salvaged.

    release: call it when that is done. The file stays open until then, because closing it would delete its log.
    """

    def __init__(self, message: str, release: Callable[[], None] = lambda: None) -> None:
        super().__init__(message)
        self.release = release


class Store:
    """One open file. Everything raises sqlite3.Error; damage found on opening raises Damaged.

    state: as last committed. rows: how many are in it.

    Thread safety: hold `lock` around every call.
    """

    def __init__(self, path: Path) -> None:
        """Open or make it. Raises Damaged, NewerSchema, sqlite3.Error, OSError."""
        self.path = path
        self.lock = threading.RLock()
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # a meter's readings are its owner's; the WAL is alike
        self._db = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
        self._db.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
        try:
            self._open()
        except Damaged:
            raise
        except sqlite3.Error as error:
            if is_damage(error):
                raise Damaged(str(error), self.close) from error
            self.close()
            raise
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        for pragma in _PRAGMAS:
            self._db.execute(f"PRAGMA {pragma}").fetchall()
        self._page_bytes = self._pragma("page_size")
        self._db.execute(f"PRAGMA wal_autocheckpoint = {WAL_BYTES // self._page_bytes}").fetchall()
        prepare(self._db)
        problems = self._db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if problems != "ok":
            raise Damaged(problems, self.close)
        self.state = self._load_state()
        self.recount()

    def recount(self) -> None:
        """Count the rows, which commit() otherwise does by what it wrote."""
        self.rows = int(self._db.execute("SELECT count(*) FROM rows").fetchone()[0])

    def log_frames(self) -> int:
        """How many frames of its log SQLite has read, up to the first that is not sound."""
        return int(self._db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()[1])

    def empty_log(self) -> None:
        """Write the log back and cut it to nothing."""
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _load_state(self) -> StoreState:
        found = self._db.execute("SELECT body, crc FROM state").fetchall()
        last = self.last_seq()
        if not found:
            if last:
                raise Damaged("rows without a state", self.close)
            return StoreState()
        state = StoreState.load(*found[0])
        if state is None or state.reserved < last:
            what = "the state's checksum is wrong" if state is None else "rows beyond the reserved numbers"
            raise Damaged(what, self.close)
        newest = self._db.execute("SELECT max(born_ms) FROM (SELECT born_ms FROM rows ORDER BY seq DESC LIMIT 1)")
        return replace(state, clock_ms=max(state.clock_ms, newest.fetchone()[0] or 0))

    def last_seq(self) -> int:
        """The highest number in it, 0 if empty."""
        return self._db.execute("SELECT max(seq) FROM rows").fetchone()[0] or 0

    def oldest_ms(self) -> int | None:
        """When its oldest row was born."""
        found = self._db.execute("SELECT born_ms FROM rows ORDER BY seq LIMIT 1").fetchone()
        return None if found is None else found[0]

    def commit(self, rows: Iterable[Row], delete: Iterable[Pair], state: StoreState) -> None:
        """Rows in, ranges out, and the state, synced when it returns; or nothing of it."""
        state = replace(state, serial=max(self.state.serial, state.serial) + 1)
        self._db.execute("BEGIN IMMEDIATE")
        try:
            count = self.rows
            for row in rows:
                write_row(self._db, row)
                count += 1
            for first, last in delete:
                count -= self._db.execute("DELETE FROM rows WHERE seq BETWEEN ? AND ?", (first, last)).rowcount
            if not state.same_as(self.state):
                write_state(self._db, state)
            self._db.execute("COMMIT")
        except BaseException:
            self.roll_back()
            raise
        self.rows, self.state = count, state

    def roll_back(self) -> None:
        """After a failure; SQLite may have done so itself."""
        with suppress(sqlite3.Error):
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def read(self, gaps: Sequence[Pair], most: int, newest: bool = False) -> tuple[list[Row], list[int]]:
        """Up to `most` rows of some ranges, oldest or newest first; and the seq of those whose CRC is wrong."""
        rows: list[Row] = []
        bad: list[int] = []
        down = " DESC" if newest else ""
        text = f"SELECT * FROM rows WHERE seq BETWEEN ? AND ? ORDER BY seq{down} LIMIT ?"  # noqa: S608 - a constant
        for first, last in reversed(gaps) if newest else gaps:
            for *fields, crc in self._db.execute(text, (first, last, most - len(rows))).fetchall():
                row = sound(fields, crc)
                rows.append(row) if row else bad.append(fields[0])
            if len(rows) >= most:
                break
        return rows, bad

    def count(self, ranges: Iterable[Pair]) -> int:
        """How many rows some ranges have."""
        text = "SELECT count(*) FROM rows WHERE seq BETWEEN ? AND ?"
        return sum(int(self._db.execute(text, pair).fetchone()[0]) for pair in ranges)

    def infos(self, after: int, most: int) -> list[Info]:
        """Rows beyond a number, without their bodies."""
        text = "SELECT seq, key, kind, born_ms, length(body) FROM rows WHERE seq > ? ORDER BY seq LIMIT ?"
        return [Info(*found) for found in self._db.execute(text, (after, most))]

    def seqs_born_before(self, born_ms: int, most: int) -> list[int]:
        """Of the oldest rows those that are too old."""
        found = self._db.execute("SELECT seq, born_ms FROM rows ORDER BY seq LIMIT ?", (most,)).fetchall()
        return [seq for seq, born in found if born < born_ms]

    def delete(self, seqs: Iterable[int]) -> int:
        """Take single rows out, in one transaction; how many there were."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            gone = self._db.executemany("DELETE FROM rows WHERE seq = ?", ((seq,) for seq in seqs)).rowcount
            self._db.execute("COMMIT")
        except BaseException:
            self.roll_back()
            raise
        self.rows -= max(gone, 0)
        return gone

    def used_bytes(self) -> int:
        """Pages in use; free ones are filled again before the file grows."""
        return (self._pragma("page_count") - self._pragma("freelist_count")) * self._page_bytes

    def free_bytes(self) -> int:
        """Pages of the file that nothing uses."""
        return self._pragma("freelist_count") * self._page_bytes

    def shrink(self, most_pages: int) -> None:
        """Give free pages at the end of the file back to the file system."""
        self._db.execute(f"PRAGMA incremental_vacuum({most_pages})").fetchall()

    def _pragma(self, name: str) -> int:
        return int(self._db.execute(f"PRAGMA {name}").fetchone()[0])

    def close(self) -> None:
        """Write the log back and let go of the file. Never raises; may be called twice."""
        with suppress(sqlite3.Error):
            self._db.close()


def sound(fields: Sequence[object], crc: object) -> Row | None:
    """A row if its CRC is that of its content."""
    try:
        row = Row(*fields)  # type: ignore[arg-type]
        return row if row.crc() == crc else None
    except (TypeError, ValueError):
        return None


def is_damage(error: BaseException) -> bool:
    """Whether SQLite says that the file is not sound, rather than that the disk is not."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def is_full(error: BaseException) -> bool:
    """Whether there was no room."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF == sqlite3.SQLITE_FULL
