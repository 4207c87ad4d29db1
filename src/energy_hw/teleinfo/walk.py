"""Teleinfo a byte at a time; csrc/tic.c says the same in C, function by function.

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
BAD = 0x80  # what a byte of wrong parity becomes

LINE = re.compile(rb"[\w+-]{2,9}(?:\t(?:[ EHeh][0-9]{12}\t)?[ -~]*\t| [ -~]+ )[ -_]\r")
LABEL = re.compile(rb"[\w+-]*(?:[ \t]|\Z)")  # or what stands in its place, if all its characters may be in one

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


def difference_of(line: bytes) -> int:
    """Checksum of a group's characters up to the last separator, less the one that it carries, modulo 64.

    line: the group with its CR. Adler-32 begins with 1, and its low half is a sum, modulo 65521: a group has less.
    """
    return (adler32(line) - 1 - CR - 2 * line[-2] + 0x20) & 0x3F


class Walker:
    """The state of a stream, and what each byte does to it."""

    def __init__(self, parity: Parity) -> None:
        self._parity = parity
        self._counts = dict.fromkeys(TicCounters.__slots__, 0)
        self._forget()

    def _forget(self) -> None:
        self._table = TABLES[self._parity]
        self._wanted = {HT: 0, SP: 32}  # of difference_of(); SP: 0 where the separator before the checksum counts
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
                self._on_other(byte)
            at += 1
        return at

    def _on_stx(self, events: list[Event]) -> None:
        self._break_off(events)
        if self._has_groups:
            self._count_frame("cut", Mark.TRUNCATED, events)
        self._end_frame()
        self._started = True
        self._state = State.BETWEEN
        events.append(Mark.START)

    def _on_etx(self, events: list[Event]) -> None:
        self._break_off(events)
        complete = self._started and self._has_groups and not self._has_rejected
        self._close("complete" if complete else "incomplete", Mark.END, events)

    def _on_eot(self, events: list[Event]) -> None:
        self._break_off(events)
        self._close("interrupted", Mark.INTERRUPTED, events)

    def _on_lf(self, events: list[Event]) -> None:
        if self._since >= DROUGHT and self._parity is Parity.SOFT:
            self._table = OPEN
        self._break_off(events)
        self._state = State.GROUP
        self._begin_group()

    def _on_cr(self, events: list[Event]) -> None:
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

    def _on_other(self, byte: int) -> None:
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
        separator, difference = text[-2], difference_of(line)
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


CONTROLS: dict[int, Callable[[Walker, list[Event]], None]] = {
    STX: Walker._on_stx,
    ETX: Walker._on_etx,
    EOT: Walker._on_eot,
    LF: Walker._on_lf,
    CR: Walker._on_cr,
}
