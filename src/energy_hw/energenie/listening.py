"""Listen before talk: nothing goes on air while something else is there.

The channel is taken while a sync word was matched and the frame is not complete, or while the
signal is above -85 dBm: MiHome devices in a house arrive with -50 to -80, noise lies at -110.
Who finds it taken waits one frame at most, then sends anyway: no frame is longer. When it is free
again each waits a random while more, for a second gateway may have waited for the same end.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from enum import Enum, auto
from random import Random

from energy_hw.energenie.course import Course
from energy_hw.energenie.receiver import Receiver
from energy_hw.errors import LinkError

logger = logging.getLogger(__name__)

BUSY_DBM = -85.0
FRAME_S = 0.230
"""The longest frame lasts 228 ms."""
LOOK_S = 0.005
MARGIN_S = 0.010
"""Before the last moment of an order: this host may be late for it."""
SPREAD_S = 0.040
FORGET_S = 1.0
TELL_S = 60.0


class Channel(Enum):
    """What was found."""

    CLEAR = auto()
    BUSY = auto()
    """Look again in LOOK_S."""
    JAMMED = auto()
    """Still busy after all this waiting: send anyway."""
    HEARD = auto()
    """A frame was complete: judge it first, it may be the answer."""
    AWAY = auto()
    """The radio does not answer."""


@dataclass(slots=True)
class ListenCounters:
    """Orders that found the channel taken."""

    listened: int = 0
    """Had to wait for it."""
    jammed: int = 0
    """Were sent while it was still taken."""


@dataclass(slots=True)
class _Wait:
    """One try of one order that found the channel taken."""

    course: Course
    tries: int
    since: float
    go_at: float | None = None
    """When it may go, now that the channel is free again."""


class Listening:
    """Looks at the channel on behalf of one order after the other. The radio's thread alone uses it."""

    def __init__(self, receiver: Receiver, random: Random, busy_dbm: float = BUSY_DBM) -> None:
        self._receiver, self._random, self._busy_dbm = receiver, random, busy_dbm
        self.counters = ListenCounters()
        self._busy_since: float | None = None
        self._looked_at = self._told_at = -math.inf
        self._wait: _Wait | None = None

    def look(self, course: Course, now: float) -> Channel:
        """Whether this order may go now."""
        try:
            heard, level_dbm = self._receiver.sense()
        except LinkError:
            return Channel.AWAY
        if heard:
            return Channel.HEARD
        arriving = self._receiver.arriving
        if arriving or level_dbm > self._busy_dbm:
            return self._busy(course, now, arriving)
        self._busy_since = None
        return self._clear(course, now)

    def _clear(self, course: Course, now: float) -> Channel:
        """Two gateways that wait for the end of one frame must not both begin there: each waits a random time more."""
        wait = self._wait_of(course)
        if wait is not None and not course.may_use_reserve:
            if wait.go_at is None:
                wait.go_at = now + self._random.uniform(0.0, SPREAD_S)
            if now < min(wait.go_at, wait.since + FRAME_S):
                return Channel.BUSY
        self._wait = None
        return Channel.CLEAR

    def _busy(self, course: Course, now: float, arriving: bool) -> Channel:
        """A jam that others waited out already need not be waited out again; a frame that arrives always is."""
        wait, jam = self._wait_of(course), self._jammed_since(now)
        if wait is None:
            self._wait = wait = _Wait(course, course.ticket.tries, now)
            self.counters.listened += 1
        wait.go_at = None
        since = wait.since if arriving else min(wait.since, jam)
        if now < min(since + FRAME_S, max(wait.since, course.order.not_after - MARGIN_S)):
            return Channel.BUSY
        self.counters.jammed += 1
        self._wait = None
        self._tell(now)
        return Channel.JAMMED

    def _wait_of(self, course: Course) -> _Wait | None:
        """The wait of this try, if it waits already."""
        wait = self._wait
        ours = wait is not None and wait.course is course and wait.tries == course.ticket.tries
        return wait if ours else None

    def _jammed_since(self, now: float) -> float:
        """Since when nobody who looked saw the channel free; what was seen a second ago is forgotten."""
        if self._busy_since is None or now - self._looked_at > FORGET_S:
            self._busy_since = now
        self._looked_at = now
        return self._busy_since

    def _tell(self, now: float) -> None:
        """Once a minute."""
        fresh = now - self._told_at >= TELL_S
        text = "the channel is busy for %.0f ms: sent anyway; is there another transmitter near?"
        logger.log(logging.WARNING if fresh else logging.DEBUG, text, FRAME_S * 1e3)
        if fresh:
            self._told_at = now
