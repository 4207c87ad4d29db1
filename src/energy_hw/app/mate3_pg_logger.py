"""What stands between a controller and a database: a poll, an outbox, a target. Neither waits for the other.

controller ──► poll ──► outbox (on disk) ──► PostgreSQL
   away: no rows, tried again         away: rows wait
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from energy_hw.app.mate3_pg_doorway import TARGET, Doorway
from energy_hw.app.mate3_pg_kept import KeptTables
from energy_hw.app.mate3_pg_sample import SampleCounts, Sampler
from energy_hw.app.mate3_pg_settings import Settings
from energy_hw.app.mate3_pg_ticks import Ticks
from energy_hw.app.pg_definitions import Defined, Definitions
from energy_hw.errors import EnergyHwError, SinkError
from energy_hw.links.backoff import Backoff
from energy_hw.links.clock import Clock, SystemClock
from energy_hw.links.teller import Teller
from energy_hw.outback.diagnose import Health, kind_of
from energy_hw.outback.options import Connection, LinkOptions
from energy_hw.outback.poll import Poll, Poller
from energy_hw.outback.registers import Registers
from energy_hw.reading import Value
from energy_hw.sinks.outbox import Outbox
from energy_hw.sinks.postgres import KIND, PostgresTarget, encode_row
from energy_hw.sinks.ticket import Ticket

logger = logging.getLogger(__name__)

ROOM_S = 1.0
REST_S = 0.1
LONGEST_PAUSE_S = 60.0
JOIN_S = 10.0
TOO_LONG = {"memory": "for want of memory", "quota": "for want of room", "age": "of old age"}
"""Why an outbox lets rows go."""


@dataclass(slots=True)
class Counts:
    """Since the start. polls: that worked; failed: that did not. lost: rows for which the outbox had no room."""

    polls: int = 0
    failed: int = 0
    lost: int = 0


class Mate3Logger:
    """Owns connection, outbox and target. A context manager; start() polls in a thread of its own.

    Thread safety: step() from one thread at a time, never beside start(); the rest from any.
    """

    def __init__(
        self,
        definitions: Definitions,
        settings: Settings,
        *,
        registers: Registers | None = None,
        clock: Clock | None = None,
    ) -> None:
        """registers: poll these, not a host. Looks at the database: one that is away is no error, and is told.

        Raises ConfigError for a URL, or for tables whose columns are of another kind than the definitions need;
        LinkBusy if another process has the outbox, ExtraMissing without pymodbus or psycopg.
        """
        self.definitions, self.settings = definitions, settings
        self._clock = clock or SystemClock()
        self._sampler = Sampler(definitions)
        self._ticks = Ticks(definitions.tables, settings.interval_s)
        self._backoff = Backoff(min(self._ticks.tick_s, LONGEST_PAUSE_S), LONGEST_PAUSE_S)
        self._told: set[Health] = set()
        self._room, self._losses = Teller(logger, self._clock), Teller(logger, self._clock)
        self._gone = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="energy-hw-mate3-pg", daemon=True)
        self.counts = Counts()
        self.began_s = self._clock.monotonic()
        with ExitStack() as opening:
            link: LinkOptions = {} if registers else {"close_after_poll": settings.close_after_poll}
            self._connection = Connection(settings.host, settings.port, settings.simulate, registers, link)
            opening.callback(self._connection.close)
            self._poller = Poller(self._connection.registers, clock=self._clock, sleep=self._stop.wait)
            doorway = Doorway(definitions, settings.waiting_room, self._clock)
            opening.callback(doorway.close)
            self.outbox = opening.enter_context(Outbox(settings.outbox, [doorway.target()], settings.limits))
            opening.callback(doorway.release)
            self.target = self._target()
            doorway.open(self.target)
            self._opened = opening.pop_all()

    def _target(self) -> PostgresTarget:
        """For the tables that are defined, and those that rows still wait for."""
        tables, kept = [each.table for each in self.definitions.tables], KeptTables(self.settings.outbox)
        if self.pending:
            tables = kept.merged(tables)
        kept.keep(tables)
        return PostgresTarget(self.settings.url, tables, hypertables=self.settings.hypertables)

    # -- polling -----------------------------------------------------------

    def start(self) -> None:
        """Poll from now on."""
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                wait_s = self.step()
            except Exception:
                logger.exception("a fault of this program in the thread of mate3_pg; it goes on")
                wait_s = self._backoff.next_s()
            self._stop.wait(wait_s)

    def step(self) -> float:
        """Poll, if a table is due, and put its rows into the outbox. Seconds until the next one."""
        self.began_s = began = self._clock.monotonic()
        due = self._ticks.due(began)
        if due:
            try:
                self.sample(due)
            except EnergyHwError as error:
                return self._failed(error)
            self._ticks.done(due, began)
        return max(began + self.tick_s - self._clock.monotonic(), REST_S)

    def sample(self, due: Sequence[Defined] = ()) -> None:
        """Poll now, and put a row of these tables, or of all, into the outbox. Raises LinkError, ProtocolError."""
        poll = self.poll(due)
        self._works()
        self._put(poll, due or self.definitions.tables)
        self._look_for_losses()

    def poll(self, due: Sequence[Defined] = ()) -> Poll:
        """Read what these tables, or all, need. Raises LinkError, ProtocolError."""
        tables = due or self.definitions.tables
        return self._poller.read_blocks(self._sampler.keys(tables, self._poller.layout))

    def _put(self, poll: Poll, due: Sequence[Defined]) -> None:
        for table, values in self._sampler.rows(poll, due):
            body = encode_row(table.table, poll.time, values)
            try:
                name = table.table.name
                ticket = self.outbox.put(body, key=name, kind=KIND, time=poll.time, wait_s=ROOM_S)
                ticket.tell(partial(_settled, name, poll.time))
            except SinkError as error:
                self.counts.lost += 1
                self._room.tell("a row is lost: %s", error)

    def _look_for_losses(self) -> None:
        """Rows that waited for too long, or are too many."""
        health = self.outbox.health()
        dropped = {reason: number for reason, number in health.dropped.items() if reason in TOO_LONG}
        if sum(dropped.values()) > self._gone:
            self._gone = sum(dropped.values())
            said = ", ".join(f"{number} {TOO_LONG[reason]}" for reason, number in dropped.items())
            self._losses.tell("rows that waited are gone (%s): more may wait with --max-mb and --max-days", said)

    def _works(self) -> None:
        self.counts.polls += 1
        if self._told:
            logger.error("%s answers again", self._connection.name)
        self._told.clear()
        self._backoff.reset()

    def _failed(self, error: EnergyHwError) -> float:
        """One line for each kind of trouble, until it is over."""
        if self._stop.is_set():
            return 0.0
        self.counts.failed += 1
        kind = kind_of(error)
        level = logging.DEBUG if kind in self._told else logging.ERROR
        logger.log(level, "%s; there are no rows until it answers, trying again", error)
        self._told.add(kind)
        return self._backoff.next_s()

    # -- what there is to say ----------------------------------------------

    @property
    def tick_s(self) -> float:
        """Between two polls."""
        return self._ticks.tick_s

    @property
    def sampled(self) -> SampleCounts:
        """What became of values."""
        return self._sampler.counts

    @property
    def pending(self) -> int:
        """Rows that are not in the database yet."""
        return self.outbox.health().targets[TARGET].pending

    def rows(self, poll: Poll) -> list[tuple[Defined, dict[str, Value]]]:
        """What a poll of all tables would put into them."""
        return list(self._sampler.rows(poll, self.definitions.tables))

    def absent(self, poll: Poll) -> list[str]:
        """Definitions of which this controller has nothing, with their lines."""
        return self._sampler.absent(poll.layout)

    def summary(self) -> str:
        """One line: what became of all polls and rows."""
        health, database, sampled = self.outbox.health(), self.target.health(), self._sampler.counts
        gone = {**health.dropped, **database.refused}
        rest = {
            "polls that failed": self.counts.failed,
            "values not there": sampled.missing,
            "values that do not fit": sampled.misfits,
            "rows without a value": sampled.empty,
            "rows lost": self.counts.lost + health.refused,
            **{f"rows lost ({reason})": number for reason, number in gone.items()},
        }
        more = "".join(f", {number} {what}" for what, number in rest.items() if number)
        waiting = health.targets[TARGET].pending
        return f"{self.counts.polls} polls, {database.inserted} rows to {database.place}, {waiting} waiting{more}"

    # -- closing -----------------------------------------------------------

    def close(self) -> None:
        """End the poll under way, commit what is left, end. May be called twice."""
        self._stop.set()
        self._connection.close()
        if self._thread.ident is not None:
            self._thread.join(JOIN_S)
        self._opened.close()

    def __enter__(self) -> Mate3Logger:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def _settled(table: str, time: datetime, ticket: Ticket) -> None:
    logger.debug("row of %s of %s: %s", table, time.isoformat(), ticket.outcome)
