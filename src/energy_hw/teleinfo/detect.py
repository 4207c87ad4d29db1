"""At which speed the meter talks: try, listen, go on.

No handshake exists, and the meter may be switched by its operator at any time. What proves a speed is groups whose
checksum holds, in a row: two whose label a table knows (one of ten thousand pieces of noise would pass for one of
them), or eight of any label, for meters that no table describes. Standard mode is sent at 9600 baud and historique at
1200; the separator of the groups tells the mode, not the speed, for a PME-PMI is set to speeds of its own.
Source: Enedis-NOI-CPT_54E v3, 5.1 and 6.1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

SPEEDS = {"auto": (9600, 1200), "standard": (9600,), "historique": (1200,)}
DWELL_S = {9600: 0.7, 1200: 1.2}
"""Long enough for the pause between two frames and several groups after it."""
LONG_DWELL_S = 1.2
KNOWN_IN_A_ROW = 2
ANY_IN_A_ROW = 8


class Detector:
    """Says which speed to try, from what it is told of the groups that came.

    baudrate: the speed to set now. locked: it is the meter's. Where there is nothing to choose it is so from the
    start. Thread safety: one thread at a time.
    """

    def __init__(self, speeds: Sequence[int], now: float) -> None:
        self._speeds = list(speeds)
        self.baudrate = self._speeds[0]
        self.locked = len(self._speeds) == 1
        self._begin(now)

    def _begin(self, now: float) -> None:
        self._known = self._any = 0
        self._heard_at = now

    @property
    def due_at(self) -> float:
        """When the next speed is to be tried, in monotonic seconds; never, once locked."""
        return math.inf if self.locked else self._heard_at + DWELL_S.get(self.baudrate, LONG_DWELL_S)

    def group(self, known: bool, now: float) -> bool:
        """A good group came, its label is known or not; whether the speed is proven now."""
        self._any += 1
        self._known = self._known + 1 if known else 0
        self._heard_at = now
        self.locked = self.locked or self._known >= KNOWN_IN_A_ROW or self._any >= ANY_IN_A_ROW
        return self.locked

    def damage(self) -> None:
        """A group was refused: what came before it does not count."""
        self._known = self._any = 0

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
