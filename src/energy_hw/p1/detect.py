"""At which speed the meter talks: try, listen, go on.

No handshake exists. DSMR 4 and later, and all that descend from it, send at 115200 baud 8N1, DSMR 2.2 and 3.0 at 9600
baud 7E1. The longest interval is 10 s, so that after 12 s a meter that is awake has been heard. What proves a speed is
a whole telegram, or a whole encrypted frame. The port has eight data bits at both: it reads 7E1 as well, on any
adapter (some have no parity), and the parity comes in bit 7, where the framer checks it.
Sources: DSMR P1 companion standard 2.2 to 5.0.2, 5.1; Luxembourg P1 specification 1.1.3, 2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

SPEEDS = (115200, 9600)
DWELL_S = 12.0
"""Longer than the longest interval, and the telegram after it."""
GARBLED_BYTES = 64
"""So many bytes that are no text and then a pause, and nothing that begins like a telegram: it is another speed."""
PLAIN = (0x0A, 0x0D, *range(0x20, 0x7F))
TEXT = bytes({*PLAIN, *(byte | byte.bit_count() % 2 << 7 for byte in PLAIN)})
"""Characters of a telegram, also with an even parity in bit 7."""
SEVEN = bytes(byte & 0x7F for byte in range(256))


class Detector:
    """Says which speed to try, from what it is told of the bytes that came.

    baudrate: the speed to set now. locked: it is the meter's. Where there is nothing to choose it is so from the
    start. Thread safety: one thread at a time.
    """

    def __init__(self, speeds: Sequence[int], now: float) -> None:
        self._speeds = list(speeds)
        self.baudrate = self._speeds[0]
        self.locked = len(self._speeds) == 1
        self._begin(now)

    def _begin(self, now: float) -> None:
        self._began_at, self._garbled, self._tail = now, 0, b""

    @property
    def due_at(self) -> float:
        """When the next speed is to be tried, in monotonic seconds; never, once locked."""
        return math.inf if self.locked else self._began_at + DWELL_S

    def heard(self, data: bytes, now: float) -> None:
        """Bytes came, parity taken off: a beginning among them keeps the speed for another while."""
        if self.locked:
            return
        recent = self._tail + data
        if begins(recent) or begins(recent.translate(SEVEN)):
            self._begin(now)
        self._garbled += len(data.translate(None, TEXT))
        self._tail = data[-5:]

    def paused(self, now: float) -> None:
        """The line went quiet: if all that came was nonsense, it is time for the next speed."""
        if not self.locked and self._garbled >= GARBLED_BYTES:
            self._began_at = now - DWELL_S

    def proven(self) -> bool:
        """A telegram came, or a whole encrypted frame; whether that is news."""
        news, self.locked = not self.locked, True
        return news

    def next(self, now: float) -> int:
        """Go on to the next speed; returns it."""
        at = self._speeds.index(self.baudrate) + 1
        self.baudrate = self._speeds[at % len(self._speeds)]
        self._begin(now)
        return self.baudrate

    def doubt(self, now: float, has_speed: bool = True) -> None:
        """Nothing good came for long, or the port was opened anew: prove it again, this speed first.

        has_speed: whether it makes a difference to the port; a recording and a TCP connection have none.
        """
        self.locked = len(self._speeds) == 1 or not has_speed
        self._begin(now)


def begins(data: bytes) -> bool:
    """Whether something in here may begin a telegram (`/ABC` at the beginning of a line) or an encrypted frame."""
    at = data.find(b"/")
    while at >= 0:
        header = data[at + 1 : at + 4]
        if len(header) == 3 and header.isalpha() and data[max(at - 1, 0) : at] in (b"", b"\n", b"\r"):
            return True
        at = data.find(b"/", at + 1)
    return b"\xdb\x08" in data
