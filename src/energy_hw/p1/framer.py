"""The framer of the P1 port in Python; csrc/p1.c says the same in C, function by function.

    /ISK5\\2M550T-1012 CR LF  CR LF  1-0:1.8.1(...) CR LF ... ! 3B12 CR LF       telegram; CRC of 1 to 4 digits, or none
    DB 08 title[8] length control counter[4] ciphertext [tag]                    ciphered frame
    7E A0 length ... FCS 7E                                                      HDLC, of a binary DLMS meter

Between frames, `/` and three letters begin a telegram wherever they stand: behind noise, too. In it, only `!` as the
first byte of a line ends it. What does not verify is dropped from its first byte alone, and everything behind that is
looked at again: a truncated telegram, or noise that looks like a header, never costs the telegram that begins inside.

Whatever is decided is decided by bytes that came, never by how they were divided into chunks.

Source: DSMR P1 companion standard 5.0.2, 5.2; IEC 62056-21, 5.8; Luxmetering E-Meter P1 specification 1.1.3, 3.2.5;
HDLC: ISO/IEC 13239, frame format type 3.
"""

from __future__ import annotations

import re
from binascii import crc_hqx
from enum import Enum
from typing import NamedTuple

from energy_hw.p1.crc import REVERSED, crc16
from energy_hw.p1.shape import CONTROL, NONE, UNKNOWN, header_end, innermost, is_text, starts_after
from energy_hw.p1.telnet import TelnetFilter
from energy_hw.p1.wire import MOST, Ciphered, Crc, CrcPolicy, Event, Mark, P1Counters, Telegram

SLICE = 65536  # bytes looked at together
EVEN_LETTERS = bytes(
    c | (c.bit_count() & 1) << 7 for c in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)  # as 7E1 looks with eight data bits; `/` is AF
OPENER = re.compile(
    rb"/(?:[A-Za-z]{3}|[A-Za-z]{0,2}\Z)|\xaf(?:[%b]{3}|[%b]{0,2}\Z)|\xdb(?:\x08|\Z)|~(?:[\xa0-\xa7]|\Z)"
    % (EVEN_LETTERS, EVEN_LETTERS)
)
WHOLE = {ord("/"): 4, 0xAF: 4, 0xDB: 2, ord("~"): 2}  # bytes of an opener
BARE = re.compile(rb"(?<!\r)\n")
DIGITS = re.compile(rb"[0-9A-Fa-f]{0,4}")
ODD = 0x80  # what a character of wrong parity becomes
SEVEN = bytes(byte & 0x7F if byte.bit_count() % 2 == 0 else ODD for byte in range(256))
CIPHER = re.compile(rb"\xdb\x08[A-Za-z]{3}[\s\S]{5}(?:\x82([\s\S]{2})|\x81([\s\S])|([\x11-\x7f]))[\x00\x20\x30]")
CIPHER_HEAD = 14  # bytes that tell whether it is one
TITLE_END = 10  # tag, length of the title, title: what all frames of a meter begin with
LEAST_CIPHERED, MOST_CIPHERED = 17, MOST + 17  # control, counter, tag; and a telegram
LEAST_HDLC = 7  # format, addresses, control, FCS
GOOD_FCS = 0x1D0F  # CRC-16/X-25 over all with the FCS

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


class PythonFramer:
    """wire.Framer. Thread safety: one thread at a time."""

    def __init__(self, policy: CrcPolicy, repair_line_ends: bool, telnet: bool) -> None:
        self._policy, self._repair, self._with_telnet = policy, repair_line_ends, telnet
        self._counts = dict.fromkeys(P1Counters.__slots__, 0)
        self._owed: list[Event] = []
        self._forget()

    def _forget(self) -> None:
        self._telnet = TelnetFilter() if self._with_telnet else None
        self._data = b""
        self._at = 0  # of what is not consumed yet, in _data; the next four are places in it as well
        self._clean = 0  # up to here no `!` ends a line
        self._dead = [0, 0]  # up to here none begins that verifies; with seven bits
        self._blamed = 0  # up to here damage was told
        self._is_open = False  # a frame is under way
        self._has_crc = False  # a telegram with a good one came

    def feed(self, data: bytes) -> list[Event]:
        """See wire.Framer."""
        events, self._owed = self._owed, []
        self._counts["bytes"] += len(data)
        for start in range(0, len(data), SLICE):
            self._add(data[start : start + SLICE])
            self._take(events, idle=False)
        return events

    def idle(self) -> list[Event]:
        """See wire.Framer."""
        events, self._owed = self._owed, []
        self._take(events, idle=True)
        return events

    def reset(self) -> None:
        """See wire.Framer."""
        if self._is_open:
            self._count("truncated", self._owed)
        self._counts["resync_bytes"] += len(self._data) - self._at
        self._forget()

    @property
    def counters(self) -> P1Counters:
        """See wire.Framer."""
        return P1Counters(**self._counts)

    # ---- the stream ----

    def _add(self, data: bytes) -> None:
        if self._telnet:
            data = self._telnet.feed(data)
            self._counts["telnet"] += self._telnet.take_removed()
        gone, self._at = self._at, 0
        self._data = self._data[gone:] + data
        self._clean, self._blamed = self._clean - gone, self._blamed - gone
        self._dead = [place - gone for place in self._dead]

    def _take(self, events: list[Event], idle: bool) -> None:
        """Take from what is there until more bytes are needed."""
        self._is_open = False
        while opener := OPENER.search(self._data, self._at):
            self._skip(opener.start())
            end = self._on_opener(opener, events, idle)
            if end == WAIT:
                return
            if end == opener.start() + 1:  # it was none
                self._skip(end)
            self._at = end
        self._skip(len(self._data))

    def _skip(self, to: int) -> None:
        self._counts["resync_bytes"] += to - self._at
        self._at = to

    def _on_opener(self, opener: re.Match[bytes], events: list[Event], idle: bool) -> int:
        """Where to go on; WAIT: when more bytes came."""
        at, kind = opener.start(), opener[0][0]
        if len(opener[0]) < WHOLE[kind]:
            return WAIT
        if kind == 0xDB:
            return self._on_cipher(at, events, idle)
        if kind == ord("~"):
            return self._on_hdlc(at, events, idle)
        if at < self._dead[kind == 0xAF]:
            return at + 1
        if kind == 0xAF:
            text = self._data[at : at + MOST + 8].translate(SEVEN)
            odd = text.find(ODD)
            return self._on_header(View(text, 0, at, len(text) if odd < 0 else odd, True), events, idle)
        return self._on_header(View(self._data, at, 0, len(self._data), False), events, idle)

    # ---- telegrams ----

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

    # ---- binary frames ----

    def _on_cipher(self, at: int, events: list[Event], idle: bool) -> int:
        if len(self._data) - at < CIPHER_HEAD:
            return WAIT
        match = CIPHER.match(self._data, at)
        length = int.from_bytes(match[1] or match[2] or match[3], "big") if match else 0
        if match is None or not LEAST_CIPHERED <= length <= MOST_CIPHERED:
            return at + 1
        self._is_open = True
        end = match.end() - 1 + length
        if len(self._data) < end:
            return WAIT
        return self._on_ciphered(at, end, events, idle)

    def _on_ciphered(self, at: int, end: int, events: list[Event], idle: bool) -> int:
        """All of it is there; unless it broke off and is the next one by now, which begins with the same title."""
        data, head = self._data, self._data[at : at + TITLE_END]
        again = data.find(head, at + 1, end + TITLE_END - 1)
        if again >= 0:
            return self._reject("truncated", View(data, at, 0, 0, False), again, events)
        begin = max(at + 1, len(data) - TITLE_END + 1)
        if not idle and any(head.startswith(data[place:]) for place in range(begin, end)):
            return WAIT
        self._counts["ciphered"] += 1
        self._is_open = False
        events.append(Ciphered(data[at:end]))
        return end

    def _on_hdlc(self, at: int, events: list[Event], idle: bool) -> int:
        """The flag at its end may be the one at the next one's beginning, so it is left there."""
        frame = self._data[at + 1 : at + 3]
        length = int.from_bytes(frame, "big") & 0x7FF
        end = at + 1 + length
        if len(frame) == 2 and length < LEAST_HDLC:
            return at + 1
        if len(frame) < 2 or len(self._data) <= end:
            return at + 1 if idle else WAIT
        good = crc_hqx(self._data[at + 1 : end].translate(REVERSED), 0xFFFF) == GOOD_FCS
        if self._data[end] != ord("~") or not good:
            return at + 1
        self._counts["hdlc"] += 1
        self._skip(end)
        events.append(Mark.HDLC)
        return end
