"""Connect, look at the tables, write a batch, and say what came of it. Imported when a PostgresTarget is built.

A batch that takes too long is halved until it does not, and grows again after that.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping

import psycopg

from energy_hw.links.clock import Clock
from energy_hw.links.teller import Teller
from energy_hw.sinks import postgres_hyper as hyper
from energy_hw.sinks.postgres_batch import Written, write
from energy_hw.sinks.postgres_errors import Verdict, explain, verdict
from energy_hw.sinks.postgres_schema import Misfits, Ready, SchemaError, prepare
from energy_hw.sinks.postgres_session import Connection, Session, Times
from energy_hw.sinks.postgres_sort import sort
from energy_hw.sinks.postgres_table import Table
from energy_hw.sinks.row import Batch, Result, Row

logger = logging.getLogger(__name__)

MOST_ROWS = 10_000
SLOW_S = 60.0
"""Between tries, where somebody has to change something: a password, a permission, a database."""
MOST_NOTES = 100
CANCELED = "57014"


class Delivery:
    """Thread safety: deliver() from one thread at a time; what is public is only read by others."""

    def __init__(
        self,
        session: Session,
        tables: Mapping[str, Table],
        hypertables: bool,
        migrate: bool,
        times: Times,
        clock: Clock,
    ) -> None:
        self._session, self._tables, self._times = session, tables, times
        self._hypertables, self._migrate = hypertables, migrate
        self._clock, self._teller = clock, Teller(logger, clock)
        self._ready: dict[str, Ready] = {}
        self._most, self._stage = MOST_ROWS, True
        self.forms: dict[str, str] = {}
        self.notes: dict[str, None] = {}
        self.misfits: tuple[str, ...] = ()
        self.refused: Counter[str] = Counter()
        self.inserted = self.doubled = 0
        self.last_error = ""

    def deliver(self, batch: Batch) -> Result:
        """All of it bounded; every failure but a bug of ours ends in a Result."""
        rows = batch.rows[: self._most]
        try:
            connection, fresh = self._session.connection()
            if fresh:
                self._prepare(connection)
            result = self._write(connection, rows)
        except psycopg.Error as error:
            result = self._failed(error, len(rows))
        except SchemaError as error:
            self._session.drop()
            result = Result.retry(self._session.clean(str(error)), SLOW_S)
        except BaseException:
            self._session.drop()
            raise
        self.last_error = result.reason
        return result

    def _prepare(self, connection: Connection) -> None:
        """A fresh look after each connect: the server may be another one, or back from a backup."""
        with self._session.bounded(self._times.statement_s):
            row = connection.execute("SELECT has_database_privilege(current_database(), 'TEMPORARY')").fetchone()
        self._stage = bool(row and row[0])
        self._look(connection)
        for name, ready in self._ready.items():
            self.forms[name] = self._form(connection, ready)
            for note in ready.notes:
                self._note(note)

    def _look(self, connection: Connection) -> None:
        """At all of them, so that all misfits are told at once."""
        self.misfits = ()
        for name, table in self._tables.items():
            try:
                self._ready[name] = prepare(self._session, connection, table, self._times)
            except Misfits as error:
                self.misfits += error.said
        if self.misfits:
            raise Misfits(self.misfits)

    def _form(self, connection: Connection, ready: Ready) -> str:
        if not self._hypertables:
            return hyper.PLAIN
        with self._session.bounded(self._times.schema_s):
            form, note = hyper.make(connection, ready, self._migrate, round(self._times.schema_s * 1000))
        if note:
            self._note(note)
        return form

    def _note(self, text: str) -> None:
        text = self._session.clean(text)
        if text not in self.notes and len(self.notes) < MOST_NOTES:
            self.notes[text] = None
            logger.warning("%s: %s", self._session.place, text)

    def _write(self, connection: Connection, rows: tuple[Row, ...]) -> Result:
        found = sort(rows, self._ready)
        statement_s = self._times.statement_s
        with self._session.bounded(1.5 * statement_s):
            written = write(connection, found.groups, statement_s / 2, self._clock.monotonic, self._stage)
        self._most = min(MOST_ROWS, self._most + max(1, self._most // 8))
        return self._count(written, found.drop, found.said, len(rows))

    def _count(self, written: Written, drop: dict[int, str], said: list[str], rows: int) -> Result:
        """It is committed."""
        drop = drop | written.drop
        self.inserted += written.inserted
        self.doubled += written.taken - written.inserted
        self.refused.update(drop.values())
        for text in [*said, *written.said][:1]:
            self._teller.tell(
                "%s: %d rows cannot be stored and are dropped, such as: %s",
                self._session.place,
                len(drop),
                self._session.clean(text),
            )
        return Result(rows if written.left is None else written.left, drop)

    def _failed(self, error: psycopg.Error, rows: int) -> Result:
        """Whether the last commit went through is not known; if it did, the ids say so next time."""
        cut = self._session.was_cut
        if rows and (cut or error.sqlstate == CANCELED):
            self._most = max(1, min(self._most, rows) // 2)
        self._session.drop()
        said = "it did not answer in time and was cut off" if cut else explain(error)
        slow = verdict(error) is Verdict.SLOW
        return Result.retry(f"{self._session.place}: {self._session.clean(said)}", SLOW_S if slow else None)
