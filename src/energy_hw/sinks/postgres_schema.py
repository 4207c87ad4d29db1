"""Tables as they are, and what they lack: made if the role may, else told with the SQL to run.

Nothing is made that is there, so that a role that may only INSERT and SELECT is enough once the tables stand. Several
loggers that start at once take turns (an advisory lock). Source: PostgreSQL documentation, chapter 53.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import errors, sql

from energy_hw.sinks.postgres_session import Connection, Session, Times
from energy_hw.sinks.postgres_table import ID, TYPES, Table
from energy_hw.sinks.postgres_values import Kind

LOCK_KEY = 0x656E657267796877
"""'energyhw': one logger at a time changes tables."""
MOMENTS = ("timestamptz", "timestamp")
TABLE_KINDS = ("r", "p")
WIDER = {
    "smallint": ("int4", "int8", "numeric"),
    "integer": ("int8", "numeric"),
    "bigint": ("numeric",),
    "varchar(100)": ("text",),
}
"""Columns of another type into which every value goes as it is."""

FIND = """
SELECT c.oid, n.nspname, c.relkind::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname = %(table)s AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND CASE WHEN %(schema)s::text IS NULL THEN pg_table_is_visible(c.oid) ELSE n.nspname = %(schema)s END
"""
COLUMNS = """
SELECT a.attname, COALESCE(b.typname, t.typname), CASE WHEN b.oid IS NULL THEN a.atttypmod ELSE t.typtypmod END,
       format_type(a.atttypid, a.atttypmod), a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
     LEFT JOIN pg_type b ON t.typtype = 'd' AND b.oid = t.typbasetype
WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped
"""
UNIQUE = """
SELECT EXISTS (
    SELECT FROM pg_index i WHERE i.indrelid = %(oid)s AND i.indisunique AND i.indisvalid AND i.indimmediate
      AND i.indpred IS NULL AND i.indexprs IS NULL AND i.indnkeyatts = 2
      AND (SELECT count(*) FROM pg_attribute a WHERE a.attrelid = i.indrelid AND a.attname = ANY (%(names)s)
           AND a.attnum IN (i.indkey[0], i.indkey[1])) = 2)
"""


class SchemaError(Exception):
    """A table cannot be used before somebody has changed something; the message says what."""


class Misfits(SchemaError):
    """Columns are of a kind that would make other values of those that come. said: of each."""

    def __init__(self, said: Sequence[str]) -> None:
        super().__init__("; ".join(said))
        self.said = tuple(said)


@dataclass(frozen=True, slots=True)
class Found:
    """A table of the database. columns: of all of them the name, and what it is; keyed: it has the unique index."""

    oid: int
    schema: str
    columns: Mapping[str, tuple[Kind, str]]
    demanded: tuple[str, ...]
    keyed: bool


@dataclass(frozen=True, slots=True)
class Ready:
    """A table that rows can go into. kinds: of its columns. notes: what somebody should know about it."""

    table: Table
    name: sql.Identifier
    oid: int
    kinds: Mapping[str, Kind]
    notes: tuple[str, ...]


def prepare(session: Session, connection: Connection, table: Table, times: Times) -> Ready:
    """Look at a table, and make what is missing. Raises SchemaError, psycopg.Error; then nothing is made."""
    with session.bounded(times.statement_s):
        found = look(connection, table)
    if said := _misfits(table, found):
        raise Misfits(said)
    if found is None or steps(table, found):
        with session.bounded(times.schema_s):
            found = _make(connection, table, round(times.schema_s * 1000))
    return _check(table, found)


def look(connection: Connection, table: Table) -> Found | None:
    """The table as it is; None if there is none."""
    row = connection.execute(FIND, {"table": table.name, "schema": table.schema}).fetchone()
    if row is None:
        return None
    oid, schema, kind = row
    if kind not in TABLE_KINDS:
        raise SchemaError(f"{_called(table)} is a view or foreign: expected a table of that name, or none")
    rounds = {column.name for column in table.columns if column.type == "double precision"}
    rows: list[tuple[Any, ...]] = connection.execute(COLUMNS, (oid,)).fetchall()
    columns = {name: (Kind(base, modifier, name in rounds), text) for name, base, modifier, text, _ in rows}
    demanded = tuple(name for name, *_, needed in rows if needed)
    keyed = connection.execute(UNIQUE, {"oid": oid, "names": [table.time_column, ID]}).fetchone()
    return Found(oid, schema, columns, demanded, bool(keyed and keyed[0]))


def steps(table: Table, found: Found | None) -> list[sql.Composed]:
    """What has to be run for what is missing."""
    there = found.columns if found else {table.time_column: None}
    name = _name(table, found)
    time = sql.Identifier(table.time_column)
    todo: list[sql.Composed] = []
    if found is None:
        todo.append(sql.SQL("CREATE TABLE IF NOT EXISTS {} ({} TIMESTAMPTZ NOT NULL)").format(name, time))
    wanted = [(column.name, column.type) for column in table.columns] + [(ID, "uuid")]
    adds = [
        sql.SQL("ADD COLUMN IF NOT EXISTS {} {}").format(sql.Identifier(column), sql.SQL(kind))
        for column, kind in wanted
        if column not in there
    ]
    if adds:
        todo.append(sql.SQL("ALTER TABLE {} {}").format(name, sql.SQL(", ").join(adds)))
    if found is None or not found.keyed:
        todo.append(sql.SQL("CREATE UNIQUE INDEX ON {} ({}, {})").format(name, time, sql.Identifier(ID)))
    return todo


def _make(connection: Connection, table: Table, schema_ms: int) -> Found:
    try:
        with connection.transaction():
            connection.execute(f"SET LOCAL statement_timeout = {schema_ms:d}".encode())
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK_KEY,))
            found = look(connection, table)
            if found is not None and table.time_column not in found.columns:
                raise SchemaError(f"{_called(table)} has no column {table.time_column!r} for the time of a row")
            for step in steps(table, found):
                connection.execute(step)
            found = look(connection, table)
    except errors.InsufficientPrivilege as error:
        raise SchemaError(_denied(connection, table, error)) from None
    if found is None:
        raise SchemaError(f"{_called(table)} was made and cannot be seen: is another schema first in the search_path?")
    return found


def _denied(connection: Connection, table: Table, error: psycopg.Error) -> str:
    todo = "; ".join(step.as_string(connection) for step in steps(table, look(connection, table)))
    said = error.diag.message_primary
    return f"{_called(table)}: {said}: let the owner run: {todo}; GRANT SELECT, INSERT to this role"


def _check(table: Table, found: Found) -> Ready:
    """What cannot be made right by adding something is told, with the SQL."""
    name, columns = _name(table, found), found.columns
    if table.time_column not in columns:
        raise SchemaError(f"{_called(table)} has no column {table.time_column!r} for the time of a row")
    time, said = columns[table.time_column]
    if time.base not in MOMENTS:
        raise SchemaError(_wrong(table, table.time_column, said, "timestamptz"))
    if columns[ID][0].base != "uuid":
        raise SchemaError(_wrong(table, ID, columns[ID][1], "uuid"))
    ours = {table.time_column, ID, *(column.name for column in table.columns)}
    alien = [column for column in found.demanded if column not in ours]
    if alien:
        raise SchemaError(
            f"{_called(table)}: column {alien[0]!r} may not be null and nobody fills it: give it a default, "
            f'or ALTER TABLE ... ALTER COLUMN "{alien[0]}" DROP NOT NULL'
        )
    kinds = {column: kind for column, (kind, _) in columns.items()}
    return Ready(table, name, found.oid, kinds, tuple(_notes(table, found)))


def _misfits(table: Table, found: Found | None) -> list[str]:
    there = found.columns if found else {}
    return [
        f"{_called(table)}: column {column.name!r} is {there[column.name][1]}, expected {column.type}"
        for column in table.columns
        if column.takes and column.name in there and there[column.name][0].base not in column.takes
    ]


def _notes(table: Table, found: Found) -> list[str]:
    notes = []
    if found.columns[table.time_column][0].base == "timestamp":
        notes.append(_wrong(table, table.time_column, "timestamp without time zone", "timestamptz") + "; it gets UTC")
    for column in table.columns:
        kind, said = found.columns[column.name]
        if not _same(kind, column.type):
            notes.append(
                _wrong(table, column.name, said, column.type)
                + "; values that fit without loss are stored, rows with other ones are refused"
            )
    return notes


def _same(kind: Kind, wanted: str) -> bool:
    """Whether each value of the wanted type can go in."""
    if kind.base != TYPES[wanted]:
        return kind.base in WIDER.get(wanted, ()) and kind.modifier < 0
    return kind.modifier < 0 or (wanted.startswith("varchar") and kind.modifier >= 100 + 4)


def _wrong(table: Table, column: str, said: str, wanted: str) -> str:
    return (
        f"{_called(table)}: column {column!r} is {said}, expected {wanted}"
        f' (ALTER TABLE ... ALTER COLUMN "{column}" TYPE {wanted} USING "{column}"::{wanted})'
    )


def _name(table: Table, found: Found | None) -> sql.Identifier:
    schema = found.schema if found else table.schema
    return sql.Identifier(table.name) if schema is None else sql.Identifier(schema, table.name)


def _called(table: Table) -> str:
    return f"table {table.name!r}" if table.schema is None else f"table {table.schema + '.' + table.name!r}"
