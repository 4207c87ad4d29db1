"""Hypertables, where TimescaleDB is installed; elsewhere a plain table, and a word about it.

by_range() came with TimescaleDB 2.13, the positional form works on every 2.x; if_not_exists makes a second time
harmless.
Retention and compression, which not every edition has, are left to whoever runs the database.
Source: TimescaleDB documentation, create_hypertable().
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from energy_hw.sinks.postgres_errors import Verdict, explain, verdict
from energy_hw.sinks.postgres_schema import Ready
from energy_hw.sinks.postgres_session import Connection

INSTALLED = """
SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'timescaledb'
"""
AVAILABLE = "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb')"
FUNCTION = """
SELECT EXISTS (SELECT FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
               WHERE p.proname = 'by_range' AND n.nspname = %s)
"""
HYPERTABLE = """
SELECT EXISTS (SELECT FROM timescaledb_information.hypertables h JOIN pg_class c ON c.relname = h.hypertable_name
               JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = h.hypertable_schema WHERE c.oid = %s)
"""
BY_RANGE = "SELECT {}({}::regclass, {}({}), if_not_exists => true, migrate_data => {})"
POSITIONAL = "SELECT {}({}::regclass, {}, if_not_exists => true, migrate_data => {})"
HAS_BRIN = """
SELECT EXISTS (SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
               WHERE i.indrelid = %s AND m.amname = 'brin')
"""
HYPER, PLAIN = "hypertable", "plain"


def make(connection: Connection, ready: Ready, migrate: bool, schema_ms: int) -> tuple[str, str]:
    """Make a hypertable of it, if that can be done: what it is now, and a note if it is none. Raises psycopg.Error."""
    row = connection.execute(INSTALLED).fetchone()
    if row is None:
        _brin(connection, ready, schema_ms)
        return PLAIN, f"{ready.table.name}: {_absent(connection)}; it is a plain table"
    if is_hyper(connection, ready):
        return HYPER, ""
    if not migrate and _has_rows(connection, ready):
        call = statement(connection, ready, row[0], True).as_string(connection)
        return PLAIN, f"{ready.table.name} has rows and stays a plain table; to move them into a hypertable: {call}"
    try:
        with connection.transaction():
            connection.execute(f"SET LOCAL statement_timeout = {schema_ms:d}".encode())
            connection.execute(statement(connection, ready, row[0], migrate))
    except psycopg.Error as error:
        if connection.closed or (verdict(error) is Verdict.WAIT and not _timescale(error)):
            raise
        return PLAIN, f"{ready.table.name} stays a plain table: {explain(error)}"
    return HYPER, ""


def statement(connection: Connection, ready: Ready, schema: str, migrate: bool) -> sql.Composed:
    """The call, in the form that this TimescaleDB knows."""
    table, column = sql.Literal(ready.name.as_string(connection)), sql.Literal(ready.table.time_column)
    create = sql.Identifier(schema, "create_hypertable")
    row = connection.execute(FUNCTION, (schema,)).fetchone()
    if row and row[0]:
        return sql.SQL(BY_RANGE).format(create, table, sql.Identifier(schema, "by_range"), column, sql.Literal(migrate))
    return sql.SQL(POSITIONAL).format(create, table, column, sql.Literal(migrate))


def _timescale(error: psycopg.Error) -> bool:
    """Errors of the extension's own, TS...; `already a hypertable` is TS110."""
    return (error.sqlstate or "").startswith("TS")


def is_hyper(connection: Connection, ready: Ready) -> bool:
    """Whether it is one already."""
    row = connection.execute("SELECT to_regclass('timescaledb_information.hypertables') IS NOT NULL").fetchone()
    if not (row and row[0]):
        return False
    row = connection.execute(HYPERTABLE, (ready.oid,)).fetchone()
    return bool(row and row[0])


def _has_rows(connection: Connection, ready: Ready) -> bool:
    row = connection.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(ready.name)).fetchone()
    return bool(row and row[0])


def _absent(connection: Connection) -> str:
    row = connection.execute(AVAILABLE).fetchone()
    if row and row[0]:
        return "TimescaleDB is not installed in this database (CREATE EXTENSION timescaledb)"
    return "this server has no TimescaleDB"


def _brin(connection: Connection, ready: Ready, schema_ms: int) -> None:
    """A small index over the time, if the role may make it: rows come in the order of time."""
    row = connection.execute(HAS_BRIN, (ready.oid,)).fetchone()
    if row and row[0]:
        return
    index = sql.SQL("CREATE INDEX ON {} USING brin ({})").format(ready.name, sql.Identifier(ready.table.time_column))
    try:
        with connection.transaction():
            connection.execute(f"SET LOCAL statement_timeout = {schema_ms:d}".encode())
            connection.execute(index)
    except psycopg.errors.InsufficientPrivilege:
        return  # the unique index begins with the time, too
