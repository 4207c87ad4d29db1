"""The framer of the P1 port in C, csrc/p1.c, behind the same interface as framer.py; its lines and checksum, too."""

from __future__ import annotations

from struct import unpack_from
from typing import Any

from energy_hw.p1.lines import Line
from energy_hw.p1.wire import Ciphered, Crc, CrcPolicy, Event, Mark, P1Counters, Telegram

CRCS = (Crc.OK, Crc.BAD, Crc.ABSENT)


class CFramer:
    """wire.Framer. Thread safety: one thread at a time."""

    def __init__(self, native: Any, policy: CrcPolicy, repair_line_ends: bool, telnet: bool) -> None:
        """native: what core.native() gives."""
        self._lib, self._ffi = native.lib, native.ffi
        self._p1 = self._ffi.new("struct ehw_p1 *")
        self._event = self._ffi.new("struct ehw_p1_event *")
        self._lib.ehw_p1_init(self._p1, list(CrcPolicy).index(policy), repair_line_ends, telnet)
        self._marks = {self._lib.EHW_P1_HDLC: Mark.HDLC, self._lib.EHW_P1_DAMAGED: Mark.DAMAGED}

    @property
    def handle(self) -> Any:
        """`struct ehw_p1 *`."""
        return self._p1

    def feed(self, data: bytes) -> list[Event]:
        """See wire.Framer."""
        data = bytes(data)
        events: list[Event] = []
        taken = self._lib.ehw_p1_feed(self._p1, data, len(data))
        self._take(events, idle=False)
        while taken < len(data):
            rest = data[taken : taken + self._lib.EHW_P1_BUFFER]
            taken += self._lib.ehw_p1_feed(self._p1, rest, len(rest))
            self._take(events, idle=False)
        return events

    def idle(self) -> list[Event]:
        """See wire.Framer."""
        events: list[Event] = []
        self._take(events, idle=True)
        return events

    def _take(self, events: list[Event], idle: bool) -> None:
        event = self._event
        while kind := self._lib.ehw_p1_next(self._p1, idle, event):
            if kind == self._lib.EHW_P1_TELEGRAM:
                printed = event.printed
                raw = self._ffi.buffer(event.raw, event.length)[:]
                events.append(Telegram(raw, CRCS[event.crc], None if printed < 0 else printed, event.computed))
            elif kind == self._lib.EHW_P1_CIPHERED:
                events.append(Ciphered(self._ffi.buffer(event.raw, event.length)[:]))
            else:
                events.append(self._marks[kind])

    def reset(self) -> None:
        """See wire.Framer."""
        self._lib.ehw_p1_reset(self._p1)

    @property
    def counters(self) -> P1Counters:
        """See wire.Framer."""
        return P1Counters(*unpack_from(f"={len(P1Counters.__slots__)}Q", self._ffi.buffer(self._p1)))


def scan_lines(native: Any, raw: bytes) -> list[Line]:
    """See lines.scan_lines(). C writes the fields with CR between them, and split() makes bytes objects of them."""
    room = 2 * len(raw) + 2
    fields = bytearray(room)
    written = native.lib.ehw_p1_lines(raw, len(raw), native.ffi.from_buffer("uint8_t *", fields), room)
    return [line.split(b"\r") for line in bytes(fields[:written]).split(b"\n")[:-1]]
