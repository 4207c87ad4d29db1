"""Rows of tables into PostgreSQL: each row of the outbox once, whatever happens on the way.

    power = Table("house_power", (Column("soc", "smallint"), Column("battery_voltage", "double precision")))
    target = PostgresTarget("postgresql://logger@db/house", [power])
    with Outbox(path, [target.target()], LIMITS) as outbox:
        outbox.put(encode_row(power, time, {"soc": 81}), key="house_power", kind=KIND, time=time)
    target.close()

What may go wrong and what happens then: docs/postgres.md.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from energy_hw.errors import ConfigError, ExtraMissing
from energy_hw.links.clock import Clock, SystemClock
from energy_hw.sinks.limits import MEGABYTE, Limits
from energy_hw.sinks.postgres_row import KIND, encode_row
from energy_hw.sinks.postgres_table import Column, Table
from energy_hw.sinks.row import Batch, Result, Target
from energy_hw.sinks.thinning import nothing

if TYPE_CHECKING:
    from energy_hw.sinks.postgres_delivery import Delivery
    from energy_hw.sinks.postgres_session import Connect, Session, Times

__all__ = ["KIND", "LIMITS", "Column", "PostgresHealth", "PostgresTarget", "Table", "encode_row"]

LIMITS = Limits(most_bytes=500 * MEGABYTE, most_age_s=90 * 86400.0, thin=nothing)
"""For an outbox of such rows: no row may make way for another one, and ten days of six rows in five seconds fit."""
BATCH, LOW_S, HIGH_S = 10_000, 1.0, 60.0
NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class PostgresHealth:
    """All of a target at one moment; counts since the start.

    place: host and database. tables: what each is (plain, hypertable), once it was looked at. inserted: rows that went
    into a table. doubled: rows that came again and were there. refused: rows that no column or constraint takes, by
    reason. notes: what somebody should know, told once. misfits: columns for which Column.takes says no, and rows wait.
    last_error: "" once a batch went through.
    """

    place: str
    connected: bool
    connects: int
    tables: Mapping[str, str]
    inserted: int
    doubled: int
    refused: Mapping[str, int]
    notes: tuple[str, ...]
    misfits: tuple[str, ...]
    last_error: str


class PostgresTarget:
    """Delivers to one database.

    url: postgresql://user:password@host:port/database or what else libpq takes; "" for PG... variables alone.
    hypertables: make hypertables of the tables, where TimescaleDB is installed; migrate: of tables with rows, too,
    which moves them and may take long. Nothing is connected before the first deliver() or check().

    Thread safety: call from any thread.
    """

    def __init__(
        self,
        url: str,
        tables: Sequence[Table],
        *,
        hypertables: bool = False,
        migrate: bool = False,
        name: str = "",
        times: Times | None = None,
        connect: Connect | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Raises ConfigError for a URL or tables that cannot be, ExtraMissing without the extra [postgres]."""
        known = {table.name: table for table in tables}
        if not known or len(known) < len(tables):
            raise ConfigError(f"expected tables with different names, got {[table.name for table in tables]}")
        self._session, self._delivery = _parts(url, known, hypertables, migrate, times, connect, clock or SystemClock())
        self.name = name or f"postgres {self._session.place}"
        self._busy = threading.Lock()

    def target(self) -> Target:
        """For the outbox."""
        return Target(self.name, self.deliver, batch=BATCH, low_s=LOW_S, high_s=HIGH_S)

    def deliver(self, batch: Batch) -> Result:
        """Write a batch in one transaction; (time, id) of each row keeps it from being there twice."""
        with self._busy:
            return self._delivery.deliver(batch)

    def check(self) -> str:
        """Connect and make the tables now: "" if rows can go in, else what is in the way."""
        return self.deliver(Batch(NOBODY, ())).reason

    def health(self) -> PostgresHealth:
        """Counts and state; never waits."""
        session, done = self._session, self._delivery
        return PostgresHealth(
            place=session.place,
            connected=session.open,
            connects=session.connects,
            tables=dict(done.forms),
            inserted=done.inserted,
            doubled=done.doubled,
            refused=dict(done.refused),
            notes=tuple(done.notes),
            misfits=done.misfits,
            last_error=done.last_error,
        )

    def close(self) -> None:
        """After the outbox was closed; cuts off what still waits for the server."""
        self._session.close(self._busy.locked())


def _parts(
    url: str,
    tables: Mapping[str, Table],
    hypertables: bool,
    migrate: bool,
    times: Times | None,
    connect: Connect | None,
    clock: Clock,
) -> tuple[Session, Delivery]:
    """What needs psycopg, which comes with the extra [postgres]."""
    try:
        import psycopg

        from energy_hw.sinks.postgres_delivery import Delivery
        from energy_hw.sinks.postgres_session import Session, Times
    except ImportError as error:  # also: psycopg is there and libpq is not
        raise ExtraMissing("PostgreSQL", "postgres", "where there is no binary package: apt install libpq5") from error
    times = times or Times()
    session = Session(url, times, connect or psycopg.connect)
    return session, Delivery(session, tables, hypertables, migrate, times, clock)
