"""A telegram in the bytes behind its `/`: header, body, end, CRC; framer.py says what the stream is like.

Whatever is decided is decided by bytes that came, never by how they were divided into chunks.

Source: DSMR P1 companion standard 5.0.2, 5.2; IEC 62056-21, 5.8.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

from energy_hw.p1.crc import crc16
from energy_hw.p1.shape import CONTROL, NONE, UNKNOWN, header_end, innermost, is_text, starts_after
from energy_hw.p1.wire import MOST, Crc, CrcPolicy, Event, Mark, P1Counters, Telegram

BARE = re.compile(rb"(?<!\r)\n")
DIGITS = re.compile(rb"[0-9A-Fa-f]{0,4}")

WAIT, NO_END = -1, -2


class View(NamedTuple):
    """Where a telegram is looked for. at: of its `/` in text. base: of text in the data. odd: the first character of
    wrong parity, at or behind the end of text if there is none.
    """

    text: bytes
    at: int
    base: int
    odd: int
    is_seven: bool


class Close(Enum):
    """What is behind the digits of a CRC."""

    OPEN = 0  # nothing yet
    OPEN_CR = 1  # CR, and nothing yet
    LINE_END = 2
    BARE = 3  # something else, behind four digits; or the next telegram, behind fewer
    WRONG = 4  # something else: this is no CRC


class Tail(NamedTuple):
    """What is behind `!`. mark: where that is. end: behind digits and line end."""

    mark: int
    digits: bytes
    end: int
    close: Close


def tail_of(text: bytes, mark: int) -> Tail:
    """What is behind the `!` at mark."""
    match = DIGITS.match(text, mark + 1)
    digits = match[0] if match else b""
    end = mark + 1 + len(digits)
    rest = text[end : end + 2]
    if rest == b"\r\n":
        return Tail(mark, digits, end + 2, Close.LINE_END)
    if rest[:1] in (b"\r", b"\n"):
        return Tail(mark, digits, end + 1, Close.OPEN_CR if rest == b"\r" else Close.LINE_END)
    if not rest:
        return Tail(mark, digits, end, Close.OPEN)
    return Tail(mark, digits, end, Close.BARE if len(digits) == 4 or (digits and rest[:1] == b"/") else Close.WRONG)


class Cutter:
    """The state of a stream, and what comes of a `/` in it. Places are where to go on, or WAIT for more bytes."""

    def __init__(self, policy: CrcPolicy, repair_line_ends: bool) -> None:
        self._policy, self._repair = policy, repair_line_ends
        self._counts = dict.fromkeys(P1Counters.__slots__, 0)
        self._forget()

    def _forget(self) -> None:
        self._data = b""
        self._at = 0  # of what is not consumed yet, in _data; the next four are places in it as well
        self._clean = 0  # up to here no `!` ends a line
        self._dead = [0, 0]  # up to here none begins that verifies; with seven bits
        self._blamed = 0  # up to here damage was told
        self._is_open = False  # a frame is under way
        self._has_crc = False  # a telegram with a good one came

    def _skip(self, to: int) -> None:
        self._counts["resync_bytes"] += to - self._at
        self._at = to

    def _on_header(self, view: View, events: list[Event], idle: bool) -> int:
        begin = header_end(view.text, view.at)
        if begin == NONE or view.odd < max(begin, len(view.text) * (begin == UNKNOWN)):
            return view.base + view.at + 1
        if begin == UNKNOWN:
            return view.base + view.at + 1 if idle and CONTROL.search(view.text, view.at) else WAIT
        self._is_open = True
        end = self._on_body(view, begin, events, idle)
        return self._no_end(view, events, idle) if end == NO_END else end

    def _on_body(self, view: View, begin: int, events: list[Event], idle: bool) -> int:
        """Find the end. Behind `)`, as some Aidon print it, `!` is one only if what it ends can be handed over."""
        at = begin if view.is_seven else max(begin, self._clean)
        stop, clean = min(view.at + MOST, view.odd), -1
        while (at := view.text.find(b"!", at, stop)) >= 0:
            if view.text[at - 1] in b"\r\n)":
                end = self._on_mark(view, at, events, idle)
                if end != NO_END:
                    return end
                clean = at if clean < 0 else clean
            at += 1
        if not view.is_seven:
            self._clean = stop if clean < 0 else clean
        return NO_END

    def _no_end(self, view: View, events: list[Event], idle: bool) -> int:
        length = len(view.text) - view.at
        if view.odd < min(len(view.text), view.at + MOST):
            return self._reject("parity", view, view.odd, events)
        if length >= MOST:
            return self._reject("oversize", view, view.at + MOST, events)
        if idle and CONTROL.search(view.text, view.at):
            return self._reject("truncated", view, len(view.text), events)
        return WAIT

    def _on_mark(self, view: View, mark: int, events: list[Event], idle: bool) -> int:
        """`!` where an end may be."""
        tail = tail_of(view.text, mark)
        if view.text[mark - 1] == ord(")"):
            if tail.close in (Close.OPEN, Close.OPEN_CR):
                return WAIT
            is_end = tail.close is Close.LINE_END and len(tail.digits) in (0, 4)
            return self._on_end(view, tail, events, is_glued=True) if is_end else NO_END
        if tail.close is Close.OPEN and not (idle and self._is_over(view, tail)):
            return WAIT
        if tail.close is Close.OPEN_CR and not idle:
            return WAIT
        return self._on_end(view, tail, events, is_glued=False)

    def _is_over(self, view: View, tail: Tail) -> bool:
        """Whether a pause behind the digits is the end: a pause may as well be in the middle of them."""
        if not tail.digits:
            return not self._has_crc
        return len(tail.digits) == 4 or self._verify(view.text[view.at : tail.mark + 1], tail) is not None

    def _verify(self, text: bytes, tail: Tail) -> tuple[int, bool] | None:
        """CRC, and whether line ends were repaired, if it is the printed one."""
        if not tail.digits or tail.close is Close.WRONG:
            return None
        printed, computed = int(tail.digits, 16), crc16(text)
        if computed == printed:
            return computed, False
        if self._repair and (repaired := BARE.sub(b"\r\n", text)) != text and crc16(repaired) == printed:
            return printed, True
        return None

    def _on_end(self, view: View, tail: Tail, events: list[Event], is_glued: bool) -> int:
        text = view.text[view.at : tail.mark + 1]
        verified = self._verify(text, tail)
        if verified is not None:
            self._has_crc = True
            self._counts["repaired"] += verified[1]
            return self._deliver(view, view.at, tail, Crc.OK, verified[0], events)
        if not tail.digits and tail.close is not Close.WRONG:
            return self._on_absent(view, tail, events, is_glued)
        return NO_END if is_glued else self._on_bad(view, tail, events)

    def _on_absent(self, view: View, tail: Tail, events: list[Event], is_glued: bool) -> int:
        text = view.text[view.at : tail.mark]
        start = innermost(text)
        reason = "absent" if self._policy is CrcPolicy.REQUIRE else "" if is_text(text[start:]) else "refused"
        if reason and is_glued:
            return NO_END
        if reason:
            return self._reject_all(reason, view, tail, events)
        if start:
            self._reject("truncated", view, tail.end, events)
        return self._deliver(view, view.at + start, tail, Crc.ABSENT, crc16(text[start:] + b"!"), events)

    def _on_bad(self, view: View, tail: Tail, events: list[Event]) -> int:
        mark = tail.mark + 1
        starts = starts_after(view.text, view.at, mark)
        inner = next((at for at in starts if self._verify(view.text[at:mark], tail)), None)
        if inner is not None:
            self._dead[view.is_seven] = view.base + inner
            return self._reject("truncated", view, tail.end, events)
        if self._policy in (CrcPolicy.IF_PRESENT, CrcPolicy.REQUIRE):
            return self._reject_all("bad", view, tail, events)
        start = view.at + innermost(view.text[view.at : tail.mark])
        if start > view.at:
            self._reject("truncated", view, tail.end, events)
        return self._deliver(view, start, tail, Crc.BAD, crc16(view.text[start:mark]), events)

    # ---- what comes of it ----

    def _deliver(self, view: View, start: int, tail: Tail, crc: Crc, computed: int, events: list[Event]) -> int:
        printed = int(tail.digits, 16) if tail.digits and tail.close is not Close.WRONG else None
        self._counts[crc] += 1
        self._counts["seven_bit"] += view.is_seven
        self._skip(view.base + start)
        self._is_open = False
        events.append(Telegram(view.text[start : tail.end], crc, printed, computed))
        return view.base + tail.end

    def _reject(self, reason: str, view: View, end: int, events: list[Event]) -> int:
        """Drop the first byte of what was looked at up to end, and look at the rest again."""
        if view.base + end > self._blamed:
            self._count(reason, events)
            self._blamed = view.base + end
        self._is_open = False
        return view.base + view.at + 1

    def _reject_all(self, reason: str, view: View, tail: Tail, events: list[Event]) -> int:
        """The same, and no other telegram that ends there needs to be looked at."""
        self._dead[view.is_seven] = view.base + tail.mark
        return self._reject(reason, view, tail.end, events)

    def _count(self, reason: str, events: list[Event]) -> None:
        self._counts[reason] += 1
        events.append(Mark.DAMAGED)
