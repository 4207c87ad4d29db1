"""Teleinfo as lines, the way in which readline() of a 7E1 port cuts it, but as soon as a line is sure.

    STX LF PAPP 00540 , CR LF ... HHPHC A , CR ETX | STX LF        the last line ends at |, not after the gap

Where the port is open with eight bits, bit 7 holds the parity of the meter; the CR of each line tells: 8D with
parity, 0D where something has stripped it. A line with a wrong parity bit keeps its bytes, which no parser takes.
"""

from __future__ import annotations

import re

from energy_hw.teleinfo.frame import with_parity

LONGEST = 512
"""Bytes without an end that are given up as one line; the longest group has 109."""
_END = re.compile(rb"\n|([\r\x8d])(?:\x03|([\x04\x84]))")
_SEVEN = bytes(byte & 0x7F for byte in range(256))


class LineCutter:
    """Bytes in, lines out. Thread safety: one thread at a time."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that these bytes complete."""
        self._buffer += data
        lines = []
        while match := _END.search(self._buffer):
            line, self._buffer = self._buffer[: match.end()], self._buffer[match.end() :]
            if line.strip(b"\x02\x82\n"):  # STX LF, between ETX and the first group, is no line
                lines.append(_whole(line, match))
        if len(self._buffer) > LONGEST:
            lines.append(self._buffer)
            self._buffer = b""
        return lines


def _whole(line: bytes, match: re.Match[bytes]) -> bytes:
    """The line in seven bits, with the end that readline() would have waited for."""
    body = _seven(line[: match.start(1) + 1] if match[1] else line)
    if match[1] is None:
        return body
    return body + (b"\x04\x02\n" if match[2] else b"\x03\x02\n")


def _seven(line: bytes) -> bytes:
    """Without parity bits, if all are right."""
    plain = line.translate(_SEVEN)
    return plain if b"\x8d" in line and with_parity(plain) == line else line
