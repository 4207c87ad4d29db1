"""When which table is due: start to start, and never made up for."""

from __future__ import annotations

from collections.abc import Sequence

from energy_hw.app.pg_definitions import Defined


class Ticks:
    """Polls come tick_s apart, the shortest of all intervals; a table is due in the poll that is nearest to its time.

    No threads and no clock in here; times are monotonic seconds.
    """

    def __init__(self, tables: Sequence[Defined], interval_s: float) -> None:
        """interval_s: of the tables that do not name one."""
        self._intervals_s = {id(table): table.interval_s or interval_s for table in tables}
        self._tables = tables
        self._next: dict[int, float] = {}
        self.tick_s = min(self._intervals_s.values())

    def due(self, now: float) -> list[Defined]:
        """Tables of which a poll that begins now should make a row."""
        return [table for table in self._tables if now >= self._next.get(id(table), now) - self.tick_s / 2]

    def done(self, tables: Sequence[Defined], began: float) -> None:
        """A poll that began then has made rows of them."""
        for table in tables:
            interval_s = self._intervals_s[id(table)]
            following = self._next.get(id(table), began) + interval_s
            late = following <= began + self.tick_s / 2
            self._next[id(table)] = began + interval_s if late else following
