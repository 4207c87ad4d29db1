"""The database as the outbox sees it. What is wrong is told when it begins, once an hour, and when it is over."""

from __future__ import annotations

import logging
from dataclasses import replace

from energy_hw.app.pg_definitions import Definitions
from energy_hw.errors import ConfigError
from energy_hw.links.clock import Clock
from energy_hw.sinks.postgres import PostgresTarget
from energy_hw.sinks.row import Batch, Result, Target

logger = logging.getLogger(__name__)

TARGET = "postgres"
"""What the outbox keeps its progress under: rows that wait go to the database that is named now."""
REMIND_S = 3600.0
MOST_TOLD = 20


class Doorway:
    """Thread safety: look() before the outbox is there, deliver() from its thread."""

    def __init__(self, target: PostgresTarget, definitions: Definitions, waiting_room: str, clock: Clock) -> None:
        """waiting_room: where rows wait, for messages."""
        self._target, self._definitions, self._waiting_room = target, definitions, waiting_room
        self._clock = clock
        self._told: dict[str, float] = {}

    def target(self) -> Target:
        """For the outbox."""
        return replace(self._target.target(), name=TARGET, deliver=self.deliver)

    def look(self) -> None:
        """Make the tables, or tell what is in the way. Raises ConfigError for columns of another kind."""
        reason = self._target.check()
        if self._target.health().misfits:
            raise ConfigError(reason + self._hint(), str(self._definitions.path))
        self._tell(reason)

    def deliver(self, batch: Batch) -> Result:
        """As the target does."""
        result = self._target.deliver(batch)
        hint = self._hint() if self._target.health().misfits else ""
        self._tell(result.reason + hint if result.failed else "")
        return result

    def _tell(self, reason: str) -> None:
        if not reason:
            if self._told:
                logger.error("%s takes rows again", self._target.health().place)
            self._told.clear()
            return
        now = self._clock.monotonic()
        again = now - self._told.get(reason, now - REMIND_S) < REMIND_S
        if not again and len(self._told) < MOST_TOLD:
            self._told[reason] = now
        logger.log(logging.DEBUG if again else logging.ERROR, "%s; rows wait in %s", reason, self._waiting_room)

    def _hint(self) -> str:
        scaled = any(each.scaled for table in self._definitions.tables for each in table.columns)
        hint = (
            "if mate3_pg of before made it, --compat-raw goes on with its raw integers"
            if scaled
            else "if it was made for scaled values, leave --compat-raw away"
        )
        return f": {hint}; else name another table in {self._definitions.path}, or change the column"
