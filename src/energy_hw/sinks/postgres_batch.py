"""A batch in one transaction: COPY into a temporary table, INSERT ... SELECT ... ON CONFLICT DO NOTHING.

Few rows go in without the detour. If the server refuses some of them, halves are tried, each behind a savepoint, until
the rows at fault are alone; for no longer than is good for the rest, which then comes again and is known by its ids.
Source: PostgreSQL documentation, COPY, INSERT (ON CONFLICT) and SAVEPOINT.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import psycopg
from psycopg import sql

from energy_hw.sinks.postgres_errors import Verdict, explain, reason, verdict
from energy_hw.sinks.postgres_schema import Ready
from energy_hw.sinks.postgres_session import Connection
from energy_hw.sinks.postgres_table import ID

FEW = 20
"""Up to here the detour costs more than it saves."""
STAGE = sql.Identifier("pg_temp", "energy_hw_batch")


class Entry(NamedTuple):
    """A row as its columns can take it. place: in the batch."""

    place: int
    seq: int
    values: tuple[object, ...]


@dataclass(slots=True)
class Group:
    """Rows of one table that have values for the same columns; time and id are the first two of them."""

    ready: Ready
    columns: tuple[str, ...]
    entries: list[Entry] = field(default_factory=list)


@dataclass(slots=True)
class Written:
    """What became of a batch. left: the place of the first row for which there was no time."""

    inserted: int = 0
    taken: int = 0
    drop: dict[int, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    left: int | None = None


def write(
    connection: Connection,
    groups: Sequence[Group],
    budget_s: float,
    now: Callable[[], float] = time.monotonic,
    stage: bool = True,
) -> Written:
    """All of it, or nothing of it. stage: the role may make temporary tables.

    Raises psycopg.Error for what no row is at fault for.
    """
    writer = _Writer(connection, now() + budget_s, now, stage)
    with connection.transaction():
        for group in groups:
            writer.put(group, group.entries)
    return writer.written


class _Writer:
    """Within one transaction."""

    def __init__(self, connection: Connection, deadline: float, now: Callable[[], float], stage: bool) -> None:
        self._connection, self._deadline, self._now, self._stage = connection, deadline, now, stage
        self.written = Written()

    def put(self, group: Group, entries: Sequence[Entry]) -> None:
        """These, except the ones that the server refuses."""
        written = self.written
        if (written.taken or written.drop) and self._now() > self._deadline:
            places = [entry.place for entry in entries]
            written.left = min(places if written.left is None else [*places, written.left])
            return
        try:
            with self._connection.transaction():
                many = self._stage and len(entries) > FEW
                inserted = self._copy(group, entries) if many else self._insert(group, entries)
        except psycopg.Error as error:
            if verdict(error) is not Verdict.ROW:
                raise
            self._refused(group, entries, error)
        else:
            written.inserted += inserted
            written.taken += len(entries)

    def _refused(self, group: Group, entries: Sequence[Entry], error: psycopg.Error) -> None:
        if len(entries) == 1:
            self.written.drop[entries[0].seq] = reason(error)
            self.written.said.append(f"{group.ready.table.name}: {explain(error)}")
            return
        middle = len(entries) // 2
        self.put(group, entries[:middle])
        self.put(group, entries[middle:])

    def _insert(self, group: Group, entries: Sequence[Entry]) -> int:
        head = sql.SQL("INSERT INTO {} ({})").format(group.ready.name, _columns(group))
        places = ", ".join(["%s"] * len(group.columns))
        query = f"{self._doubled(head)} VALUES ({places}) {self._doubled(_once(group))}"
        with self._connection.cursor() as cursor:
            cursor.executemany(query.encode(), [entry.values for entry in entries])
            return max(0, cursor.rowcount)

    def _doubled(self, query: sql.Composed) -> str:
        """A % in a quoted name is no placeholder."""
        return query.as_string(self._connection).replace("%", "%%")

    def _copy(self, group: Group, entries: Sequence[Entry]) -> int:
        names = _columns(group)
        with self._connection.cursor() as cursor:
            cursor.execute(
                sql.SQL("CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA").format(
                    sql.Identifier("energy_hw_batch"), names, group.ready.name
                )
            )
            with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(STAGE)) as copy:
                for entry in entries:
                    copy.write_row(entry.values)
            cursor.execute(
                sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {} {}").format(
                    group.ready.name, names, names, STAGE, _once(group)
                )
            )
            inserted = cursor.rowcount
            cursor.execute(sql.SQL("DROP TABLE {}").format(STAGE))
            return max(0, inserted)


def _columns(group: Group) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, group.columns))


def _once(group: Group) -> sql.Composed:
    """Only for the id of a row: what conflicts with an index of somebody else's is an error, and told."""
    return sql.SQL("ON CONFLICT ({}, {}) DO NOTHING").format(
        sql.Identifier(group.ready.table.time_column), sql.Identifier(ID)
    )
