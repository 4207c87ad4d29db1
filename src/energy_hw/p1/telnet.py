"""Telnet commands in the stream of a serial server: taken out, where there are any.

A server that speaks telnet says so first: IAC (FF) and one of WILL, WONT, DO, DONT (FB..FE). A stream that begins
otherwise is passed on as it is, as meters are allowed to send bytes of FF.

    FF FB..FE option     FF FA ... FF F0     FF F0..F9     FF FF, which is one byte FF

Source: RFC 854, RFC 855.
"""

from __future__ import annotations

from enum import IntEnum

SE, SB, WILL, DONT, IAC = 0xF0, 0xFA, 0xFB, 0xFE, 0xFF
LONGEST = 255  # bytes of a subnegotiation; a lost end must not silence the meter


class State(IntEnum):
    """Where the filter is."""

    START = 0
    FIRST = 1  # the stream began with IAC
    DATA = 2
    COMMAND = 3  # after IAC
    OPTION = 4  # after WILL, WONT, DO, DONT
    SUB = 5
    SUB_COMMAND = 6  # after IAC in a subnegotiation
    OFF = 7


class TelnetFilter:
    """Thread safety: one thread at a time."""

    def __init__(self) -> None:
        self._state = State.START
        self._length = 0
        self._removed = 0

    def take_removed(self) -> int:
        """Bytes of commands since the last call."""
        removed, self._removed = self._removed, 0
        return removed

    def feed(self, data: bytes) -> bytes:
        """What is left of these bytes; FF at the very start waits for the byte after it."""
        if self._state is State.OFF or (self._state is State.DATA and IAC not in data):
            return data
        out = bytearray()
        for byte in data:
            self._take(byte, out)
        return bytes(out)

    def _take(self, byte: int, out: bytearray) -> None:
        state = self._state
        if state is State.START:
            self._state = State.FIRST if byte == IAC else State.OFF
            if byte != IAC:
                out.append(byte)
        elif state is State.FIRST:
            self._on_first(byte, out)
        elif state is State.DATA and byte == IAC:
            self._state = State.COMMAND
        elif state in (State.DATA, State.OFF):
            out.append(byte)
        elif state is State.COMMAND:
            self._on_command(byte, out)
        elif state is State.OPTION:
            self._removed += 1
            self._state = State.DATA
        else:
            self._on_sub(byte)

    def _on_first(self, byte: int, out: bytearray) -> None:
        if WILL <= byte <= DONT:
            self._state = State.OPTION
            self._removed += 2
        else:
            self._state = State.OFF
            out += bytes((IAC, byte))

    def _on_command(self, byte: int, out: bytearray) -> None:
        self._state = State.OPTION if WILL <= byte <= DONT else State.SUB if byte == SB else State.DATA
        self._length = 0
        self._removed += 1 if byte == IAC else 0 if byte < SE else 2
        if byte == IAC:
            out.append(IAC)
        elif byte < SE:  # no command: FF was no IAC
            out += bytes((IAC, byte))

    def _on_sub(self, byte: int) -> None:
        self._length += 1
        self._removed += 1
        over = self._length >= LONGEST or (self._state is State.SUB_COMMAND and byte == SE)
        escaped = byte == IAC and self._state is State.SUB
        self._state = State.DATA if over else State.SUB_COMMAND if escaped else State.SUB
