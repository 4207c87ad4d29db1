"""The database as the outbox sees it. What is wrong is told when it begins, once an hour, and when it is over."""

from __future__ import annotations

import logging
import threading

from energy_hw.app.pg_definitions import Definitions
from energy_hw.errors import ConfigError
from energy_hw.links.clock import Clock
from energy_hw.sinks.postgres import BATCH, HIGH_S, LOW_S, PostgresTarget
from energy_hw.sinks.row import Batch, Result, Target

logger = logging.getLogger(__name__)

TARGET = "postgres"
"""What the outbox keeps its progress under: rows that wait go to the database that is named now."""
REMIND_S = 3600.0
MOST_TOLD = 20
MOST_READY_S = 1800.0
"""An index over a large table may be built before the first row."""


class Doorway:
    """The outbox is opened before the target: what waits there says which tables are still needed.

    Thread safety: deliver() from the outbox's thread, the rest from one other.
    """

    def __init__(self, definitions: Definitions, waiting_room: str, clock: Clock) -> None:
        """waiting_room: where rows wait, for messages."""
        self._definitions, self._waiting_room = definitions, waiting_room
        self._clock = clock
        self._target: PostgresTarget | None = None
        self._owned: PostgresTarget | None = None
        self._ready = threading.Event()
        self._told: dict[str, float] = {}
        self._refused: dict[str, float] = {}

    def target(self) -> Target:
        """For the outbox."""
        return Target(TARGET, self.deliver, batch=BATCH, low_s=LOW_S, high_s=HIGH_S)

    def open(self, target: PostgresTarget) -> None:
        """Make the tables, or tell what is in the way. Raises ConfigError for columns of another kind."""
        self._owned = target
        reason = target.check()
        if target.health().misfits:
            raise ConfigError(reason + self._hint(), str(self._definitions.path))
        self._tell(target, reason)
        self._target = target
        self._ready.set()

    def release(self) -> None:
        """Before the outbox is closed: nobody waits for a target that will not come."""
        self._ready.set()

    def close(self) -> None:
        """After the outbox was closed. May be called twice."""
        if self._owned is not None:
            self._owned.close()

    def deliver(self, batch: Batch) -> Result:
        """As the target does, once it is there."""
        self._ready.wait(MOST_READY_S)
        target = self._target
        if target is None:
            return Result.retry("it is being closed")
        result = target.deliver(batch)
        if result.drop:
            reasons = ", ".join(sorted(set(result.drop.values())))
            self._once_an_hour(self._refused, f"{target.health().place} refuses rows, they are lost: {reasons}")
        hint = self._hint() if target.health().misfits else ""
        self._tell(target, result.reason + hint if result.failed else "")
        return result

    def _tell(self, target: PostgresTarget, reason: str) -> None:
        if reason:
            self._once_an_hour(self._told, f"{reason}; rows wait in {self._waiting_room}")
            return
        if self._told:
            logger.error("%s takes rows again", target.health().place)
        self._told.clear()

    def _once_an_hour(self, told: dict[str, float], text: str) -> None:
        now = self._clock.monotonic()
        again = now - told.get(text, now - REMIND_S) < REMIND_S
        if not again and len(told) < MOST_TOLD:
            told[text] = now
        logger.log(logging.DEBUG if again else logging.ERROR, "%s", text)

    def _hint(self) -> str:
        scaled = any(each.scaled for table in self._definitions.tables for each in table.columns)
        hint = (
            "if mate3_pg of before made it, --compat-raw goes on with its raw integers"
            if scaled
            else "if it was made for scaled values, leave --compat-raw away"
        )
        return f": {hint}; else name another table in {self._definitions.path}, or change the column"
