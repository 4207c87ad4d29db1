"""The scanner of Teleinfo frames in Python; csrc/tic.c says the same in C, function by function.

Where a frame is as it should be, a chunk is cut by split() and each group checked by one regular expression and one
sum; whatever is unusual goes through _walk(), a byte at a time. Both give the same.

    HUNT     outside a frame: skip until LF or STX
    BETWEEN  inside, after STX or CR: LF, ETX, EOT or STX must follow; anything else begins a group whose LF was
             damaged, for a group must not get lost unnoticed
    GROUP    after LF, until CR

Bit 7, with Parity.SOFT: the CR of a meter is 8D where the parity arrives, 0D where something has stripped it. The
first group that is sound in one of the two ways decides, and from then on a byte of the other way is a bad one. 256
bytes without a sound group undo that at the next LF: a wrong decision can neither refuse everything nor let damage
pass for long, and each group that it costs is counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import IntEnum
from zlib import adler32

from energy_hw.teleinfo.tic import CR, EOT, ETX, EVEN, HT, LF, SP, STX, Event, Mark, Parity, TicCounters

LONGEST = 127  # characters of a group; the longest that is known, PJOURF+1, has 109
DROUGHT = 256  # bytes without a sound group until the way of bit 7 is open again
STRAIGHT = 8  # groups in a row whose checksum holds in the other way, until that way is the stream's
SLICE = 16384  # bytes looked at together
BAD = 0x80  # what a byte of wrong parity becomes

LINE = re.compile(rb"[\w+-]{2,9}(?:\t(?:[ EHeh][0-9]{12}\t)?[ -~]*\t| [ -~]+ )[ -_]\r")
LABEL = re.compile(rb"[\w+-]*(?:[ \t]|\Z)")  # or what stands in its place, if all its characters may be in one
MARKED = re.compile(rb"\xff(?:\x00[\s\S]|\xff|(\x00?\Z)|)")

IGNORED = bytes(byte & 0x7F for byte in range(256))
STRIPPED = bytes(byte if byte < 0x80 else BAD for byte in range(256))
CARRIED = bytes(byte & 0x7F if EVEN[byte] == byte else BAD for byte in range(256))
OPEN = bytes(map(min, STRIPPED, CARRIED))  # not known yet: bad is what is bad in both ways
TABLES = {Parity.SOFT: OPEN, Parity.HARD: STRIPPED, Parity.OFF: IGNORED}

HIGH, LOW = 1, 2
WAYS = bytes(HIGH if byte >= 0x80 else LOW if EVEN[byte] != byte else 0 for byte in range(256))
"""What a byte says of bit 7: that it is in use, that it is not, or nothing."""


class State(IntEnum):
    """Where the scanner is."""

    HUNT = 0
    BETWEEN = 1
    GROUP = 2


class PythonScanner:
    """tic.Scanner. Thread safety: one thread at a time."""

    def __init__(self, parity: Parity) -> None:
        self._parity = parity
        self._counts = dict.fromkeys(TicCounters.__slots__, 0)
        self._owed: list[Event] = []
        self._forget()

    def _forget(self) -> None:
        self._table = TABLES[self._parity]
        self._wanted = {
            HT: 0,
            SP: 32,
        }  # what _difference() must be; SP: 0 where the separator before the checksum counts
        self._marked = b""  # FF or FF 00 at the end of what was fed, with Parity.HARD
        self._since = 0  # bytes after the last sound group
        self._straight = 0
        self._state = State.HUNT
        self._skipped = False
        self._end_frame()
        self._begin_group()

    def _begin_group(self) -> None:
        self._text = bytearray()
        self._fault = ""
        self._ways = 0

    def _end_frame(self) -> None:
        self._started = self._has_groups = self._has_rejected = False

    # ---- what others call ----

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
        self._forget()

    @property
    def counters(self) -> TicCounters:
        """See tic.Scanner."""
        return TicCounters(**self._counts)

    @property
    def parity_seen(self) -> bool | None:
        """See tic.Scanner."""
        return None if self._table is OPEN else self._table is CARRIED

    # ---- many groups at once ----

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
            and self._difference(line) == self._wanted[line[-3]]
        )

    @staticmethod
    def _difference(line: bytes) -> int:
        """Checksum of everything up to the last separator, less the one that the group carries, modulo 64.

        Adler-32 begins with 1, and its low half is a sum, modulo 65521; a group with its CR has less than that.
        """
        return (adler32(line) - 1 - CR - 2 * line[-2] + 0x20) & 0x3F

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

    # ---- a byte at a time ----

    def _walk(self, data: bytes, at: int, end: int, events: list[Event]) -> int:
        """Take data from `at`; returns up to where: `end`, or where the way of bit 7 was decided or is open again."""
        table = self._table
        while at < end and self._table is table:
            byte = table[data[at]]
            self._ways |= WAYS[data[at]]
            self._since += 1
            if byte in CONTROLS:
                CONTROLS[byte](self, events)
            else:
                self._add(byte)
            at += 1
        return at

    def _start(self, events: list[Event]) -> None:
        """STX."""
        self._break_off(events)
        if self._has_groups:
            self._count_frame("cut", Mark.TRUNCATED, events)
        self._end_frame()
        self._started = True
        self._state = State.BETWEEN
        events.append(Mark.START)

    def _end(self, events: list[Event]) -> None:
        """ETX."""
        self._break_off(events)
        complete = self._started and self._has_groups and not self._has_rejected
        self._close("complete" if complete else "incomplete", Mark.END, events)

    def _interrupt(self, events: list[Event]) -> None:
        """EOT."""
        self._break_off(events)
        self._close("interrupted", Mark.INTERRUPTED, events)

    def _line_feed(self, events: list[Event]) -> None:
        """LF."""
        if self._since >= DROUGHT and self._parity is Parity.SOFT:
            self._table = OPEN
        self._break_off(events)
        self._state = State.GROUP
        self._begin_group()

    def _carriage_return(self, events: list[Event]) -> None:
        """CR."""
        if self._state is State.HUNT:
            self._skipped = True
            return
        if self._state is State.BETWEEN:
            self._begin_group()
            self._fault = "format"
        text = bytes(self._text)
        reason = self._fault or self._refusal(text)
        if reason:
            self._reject(reason, events)
        else:
            self._accept(text, events)
        self._state = State.BETWEEN

    def _add(self, byte: int) -> None:
        """A character, a control character that means nothing here, or BAD."""
        if self._state is State.HUNT:
            self._skipped = True
            return
        fault = "parity" if byte == BAD else "" if 0x20 <= byte <= 0x7E or byte == HT else "charset"
        if self._state is State.BETWEEN:
            self._begin_group()
            self._state, self._fault = State.GROUP, fault or "format"
        elif not self._fault:
            self._fault = fault or ("overflow" if len(self._text) == LONGEST else "")
            self._text.append(byte)

    # ---- what it comes to ----

    def _refusal(self, text: bytes) -> str:
        """Why a group without a fault in it is refused, or nothing."""
        if self._table is OPEN and self._ways == HIGH | LOW:
            return "parity"
        line = text + b"\r"
        if not LINE.fullmatch(line):
            return "format" if LABEL.match(text) else "charset"
        separator, difference = text[-2], self._difference(line)
        if difference == self._wanted[separator]:
            return ""
        self._learn(separator, difference)
        return "checksum"

    def _learn(self, separator: int, difference: int) -> None:
        """Some meters of after 2013 count the separator before the checksum in historique, too."""
        if separator != SP or difference != 32 - self._wanted[SP]:
            self._straight = 0
            return
        self._straight += 1
        if self._straight == STRAIGHT:
            self._wanted[SP] = difference
            self._straight = 0

    def _accept(self, text: bytes, events: list[Event]) -> None:
        if self._table is OPEN:
            self._table = CARRIED if self._ways & HIGH else STRIPPED
        self._counts["groups"] += 1
        self._since = self._straight = 0
        self._has_groups = True
        events.append(text)

    def _reject(self, reason: str, events: list[Event]) -> None:
        self._counts[reason] += 1
        self._has_rejected = True
        events.append(Mark.REJECTED)

    def _break_off(self, events: list[Event]) -> None:
        """End what was under way, by something else than CR."""
        if self._state is State.GROUP:
            self._reject("truncated", events)
        self._resync()

    def _resync(self) -> None:
        self._counts["resyncs"] += self._skipped
        self._skipped = False

    def _close(self, outcome: str, mark: Mark, events: list[Event]) -> None:
        """End the frame, if there is one."""
        if self._started or self._has_groups or self._has_rejected:
            self._count_frame(outcome, mark, events)
        self._end_frame()
        self._state = State.HUNT

    def _count_frame(self, outcome: str, mark: Mark, events: list[Event]) -> None:
        self._counts[outcome] += 1
        events.append(mark)


CONTROLS: dict[int, Callable[[PythonScanner, list[Event]], None]] = {
    STX: PythonScanner._start,
    ETX: PythonScanner._end,
    EOT: PythonScanner._interrupt,
    LF: PythonScanner._line_feed,
    CR: PythonScanner._carriage_return,
}
