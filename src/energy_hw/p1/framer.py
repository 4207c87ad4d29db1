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

from energy_hw.p1.crc import REVERSED
from energy_hw.p1.cut import WAIT, Cutter, View
from energy_hw.p1.telnet import TelnetFilter
from energy_hw.p1.wire import MOST, Ciphered, CrcPolicy, Event, Mark, P1Counters

SLICE = 65536  # bytes looked at together
EVEN_LETTERS = bytes(
    c | (c.bit_count() & 1) << 7 for c in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)  # as 7E1 looks with eight data bits; `/` is AF
OPENER = re.compile(
    rb"/(?:[A-Za-z]{3}|[A-Za-z]{0,2}\Z)|\xaf(?:[%b]{3}|[%b]{0,2}\Z)|\xdb(?:\x08|\Z)|~(?:[\xa0-\xa7]|\Z)"
    % (EVEN_LETTERS, EVEN_LETTERS)
)
WHOLE = {ord("/"): 4, 0xAF: 4, 0xDB: 2, ord("~"): 2}  # bytes of an opener
ODD = 0x80  # what a character of wrong parity becomes
SEVEN = bytes(byte & 0x7F if byte.bit_count() % 2 == 0 else ODD for byte in range(256))
CIPHER = re.compile(rb"\xdb\x08[A-Za-z]{3}[\s\S]{5}(?:\x82([\s\S]{2})|\x81([\s\S])|([\x11-\x7f]))[\x00\x20\x30]")
CIPHER_HEAD = 14  # bytes that tell whether it is one
TITLE_END = 10  # tag, length of the title, title: what all frames of a meter begin with
LEAST_CIPHERED, MOST_CIPHERED = 17, MOST + 17  # control, counter, tag; and a telegram
LEAST_HDLC = 7  # format, addresses, control, FCS
GOOD_FCS = 0x1D0F  # CRC-16/X-25 over all with the FCS


class PythonFramer(Cutter):
    """wire.Framer. Thread safety: one thread at a time."""

    def __init__(self, policy: CrcPolicy, repair_line_ends: bool, telnet: bool) -> None:
        self._with_telnet = telnet
        self._owed: list[Event] = []
        super().__init__(policy, repair_line_ends)

    def _forget(self) -> None:
        super()._forget()
        self._telnet = TelnetFilter() if self._with_telnet else None

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
