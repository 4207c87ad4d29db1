"""The scanner of Teleinfo frames in Python: walk.py, and a faster way for what is as it should be.

A chunk is cut by split(), and each group checked by one regular expression and one sum; whatever is unusual is walked,
a byte at a time. Both ways give the same.
"""

from __future__ import annotations

import re

from energy_hw.teleinfo.tic import Event, Mark, Parity, TicCounters
from energy_hw.teleinfo.walk import CARRIED, LINE, LONGEST, OPEN, State, Walker, difference_of

SLICE = 16384  # bytes looked at together
MARKED = re.compile(rb"\xff(?:\x00[\s\S]|\xff|(\x00?\Z)|)")


class PythonScanner(Walker):
    """tic.Scanner. Thread safety: one thread at a time."""

    def __init__(self, parity: Parity) -> None:
        super().__init__(parity)
        self._owed: list[Event] = []
        self._marked = b""  # FF or FF 00 at the end of what was fed, with Parity.HARD

    def feed(self, data: bytes) -> list[Event]:
        """See tic.Scanner."""
        events, self._owed = self._owed, []
        self._counts["bytes"] += len(data)
        if self._parity is Parity.HARD:
            data = self._unmark(data)
        for start in range(0, len(data), SLICE):
            chunk, at = data[start : start + SLICE], 0
            while at < len(chunk):
                if self._table is OPEN:
                    at = self._walk(chunk, at, len(chunk), events)
                else:
                    at = self._sweep(chunk, at, events)
        return events

    def reset(self) -> None:
        """See tic.Scanner."""
        if self._has_groups:
            self._count_frame("cut", Mark.TRUNCATED, self._owed)
        self._marked = b""
        self._forget()

    @property
    def counters(self) -> TicCounters:
        """See tic.Scanner."""
        return TicCounters(**self._counts)

    @property
    def parity_seen(self) -> bool | None:
        """See tic.Scanner."""
        return None if self._table is OPEN else self._table is CARRIED

    def _sweep(self, chunk: bytes, at: int, events: list[Event]) -> int:
        """Take chunk from `at`; returns up to where. Stops when the way of bit 7 is open again."""
        table = self._table
        head, *lines = chunk[at:].translate(table).split(b"\n")
        at = self._walk(chunk, at, at + len(head), events)
        partial, mark = self._state is State.GROUP, len(events)
        for line in lines:
            whole = line if line.endswith(b"\r") else line[: line.find(b"\r") + 1]
            end, taken = at + 1 + len(line), 0
            if not partial and self._is_sound(whole):
                events.append(whole[:-1])
                taken = 1 + len(whole)
            if at + taken < end:
                self._swept(len(events) - mark)
                at = self._walk(chunk, at + taken, end, events)
                if self._table is not table:
                    return at
                partial, mark = self._state is State.GROUP, len(events)
            at = end
        self._swept(len(events) - mark)
        return at

    def _is_sound(self, line: bytes) -> bool:
        """Whether a group, with its CR, can be taken as it is."""
        return (
            len(line) <= LONGEST + 1
            and LINE.fullmatch(line) is not None
            and difference_of(line) == self._wanted[line[-3]]
        )

    def _swept(self, groups: int) -> None:
        """Note groups that came in one sweep, the last byte of the last one just now."""
        if not groups:
            return
        self._counts["groups"] += groups
        self._since = self._straight = 0
        self._has_groups = True
        self._resync()
        self._state = State.BETWEEN

    def _unmark(self, data: bytes) -> bytes:
        """FF 00 xx, a bad character, and FF FF, which is FF and as bad, become FF. Source: termios(3), PARMRK."""
        data, self._marked = self._marked + data, b""
        return MARKED.sub(self._bad, data)

    def _bad(self, match: re.Match[bytes]) -> bytes:
        if match[1] is None:
            return b"\xff"
        self._marked = match[0]
        return b""
