"""The file's tables, and how an older file becomes one of today.

    rows    seq key kind time_ms born_ms body crc     one thing to deliver, with the CRC-32 of all of it
    state   body crc                                  one row of JSON: who has got what; rewritten by each commit

PRAGMA user_version is the schema. Schema 1 had neither kind nor CRC, and a table of what was done.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from energy_hw.sinks.ranges import Pair
from energy_hw.sinks.row import Row

SCHEMA = 2
CREATE = """
CREATE TABLE rows (
    seq INTEGER PRIMARY KEY, key TEXT, kind TEXT, time_ms INTEGER, born_ms INTEGER, body BLOB, crc INTEGER);
CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1), body BLOB, crc INTEGER);
"""


@dataclass(frozen=True, slots=True)
class StoreState:
    """What has to be known beside the rows.

    reserved: no number up to here is given again. clock_ms: running time of the outbox, over all its runs.
    done: by target, what it needs no more.
    """

    outbox: UUID = field(default_factory=uuid4)
    serial: int = 0
    reserved: int = 0
    clock_ms: int = 0
    done: dict[str, tuple[Pair, ...]] = field(default_factory=dict)

    def same_as(self, written: StoreState) -> bool:
        """Whether a page can be saved: the running time alone is known by the newest row as well."""
        same = self.outbox == written.outbox and self.reserved == written.reserved and self.done == written.done
        return same and written.serial > 0

    def dump(self) -> bytes:
        """As JSON."""
        fields = {"outbox": str(self.outbox), "serial": self.serial, "reserved": self.reserved}
        return json.dumps(fields | {"clock_ms": self.clock_ms, "done": self.done}).encode("ascii")

    @classmethod
    def load(cls, body: object, crc: object) -> StoreState | None:
        """None where the checksum or the shape is wrong."""
        if not isinstance(body, bytes) or zlib.crc32(body) != crc:
            return None
        try:
            return cls._of(json.loads(body))
        except (ValueError, KeyError, TypeError):
            return None

    @classmethod
    def _of(cls, fields: dict[str, Any]) -> StoreState:
        done = {name: tuple((first, last) for first, last in pairs) for name, pairs in fields["done"].items()}
        return cls(UUID(fields["outbox"]), fields["serial"], fields["reserved"], fields["clock_ms"], done)


class NewerSchema(Exception):
    """The file is of a later version of this program. `version`: its schema."""

    def __init__(self, version: int) -> None:
        super().__init__(f"schema {version}, and this version knows {SCHEMA}")
        self.version = version


def prepare(connection: sqlite3.Connection) -> None:
    """Make the tables, or bring them up to date, in one transaction. Raises NewerSchema, sqlite3.Error."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == SCHEMA:
        return
    if version > SCHEMA:
        raise NewerSchema(version)
    connection.execute("BEGIN IMMEDIATE")
    try:
        _upgrade_1(connection) if version == 1 else _create(connection)
        connection.execute(f"PRAGMA user_version = {SCHEMA}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _create(connection: sqlite3.Connection) -> None:
    for statement in filter(str.strip, CREATE.split(";")):
        connection.execute(statement)


def _upgrade_1(connection: sqlite3.Connection) -> None:
    meta = dict(connection.execute("SELECT name, value FROM meta"))
    done: dict[str, list[Pair]] = {}
    for target, first, last in connection.execute("SELECT target, first, last FROM done ORDER BY first"):
        done.setdefault(target, []).append((first, last))
    connection.execute("ALTER TABLE rows RENAME TO rows_1")
    _create(connection)
    for old in connection.execute("SELECT seq, key, time_ms, born_ms, body FROM rows_1"):
        write_row(connection, Row(old[0], old[1], "", *old[2:]))
    for table in ("rows_1", "meta", "done"):
        connection.execute(f"DROP TABLE {table}")
    pairs = {name: tuple(ranges) for name, ranges in done.items()}
    write_state(connection, StoreState(UUID(meta["outbox"]), 1, int(meta["reserved"]), int(meta["clock_ms"]), pairs))


def write_row(connection: sqlite3.Connection, row: Row) -> None:
    """One row with its CRC; the same number twice is the same row, tried again."""
    connection.execute("INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?, ?, ?, ?)", (*row, row.crc()))


def write_state(connection: sqlite3.Connection, state: StoreState) -> None:
    """The one row of state."""
    body = state.dump()
    connection.execute("INSERT OR REPLACE INTO state VALUES (1, ?, ?)", (body, zlib.crc32(body)))
