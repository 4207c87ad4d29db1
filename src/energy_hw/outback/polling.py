"""When to poll a controller, and how much: live values often, settings now and then, less while it is away."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from energy_hw.errors import EnergyHwError
from energy_hw.links.backoff import Backoff
from energy_hw.links.clock import Clock
from energy_hw.outback.diagnose import Health, kind_of
from energy_hw.outback.poll import Mode
from energy_hw.outback.snapshot import Snapshot

logger = logging.getLogger(__name__)

LONGEST_PAUSE_S = 60.0
"""Between two tries while the controller is away."""
REST_S = 0.1
"""At least, where a poll takes longer than its interval: others want to read and write, too."""


class Stop(Protocol):
    """What threading.Event has."""

    def wait(self, timeout: float) -> object:
        """Wait so long, or until all is to end."""

    def is_set(self) -> bool:
        """Whether all is to end."""


class Polling:
    """One poll after the other, start to start interval_s apart; one that comes late makes none come sooner.

    No threads in here; what waits, waits for `stop`. One thread calls everything; polls and failed may be read by any.
    """

    def __init__(
        self,
        name: str,
        read: Callable[[Mode], Snapshot],
        interval_s: float,
        settings_every_s: float,
        clock: Clock,
        stop: Stop,
    ) -> None:
        """name: for the log. stop: waits so long, or until all is to end; a poll that this broke off is no trouble."""
        self._name, self._read, self._clock, self._stop = name, read, clock, stop
        self._interval_s, self._settings_every_s = interval_s, settings_every_s
        self._backoff = Backoff(min(interval_s, LONGEST_PAUSE_S), LONGEST_PAUSE_S)
        self._told: set[Health] = set()
        self._settings_due = self._began = clock.monotonic()
        self._wait_s = 0.0
        self.polls = self.failed = 0

    def poll(self, done: Snapshot | None = None) -> Snapshot | None:
        """Poll; None if it failed, which is told. done: of everything, that was read a moment ago instead."""
        self._began = self._clock.monotonic()
        settings = self._began >= self._settings_due
        try:
            snapshot = done or self._read(Mode.EVERYTHING if settings else Mode.LIVE)
        except EnergyHwError as error:
            self._fail(error)
            return None
        self.polls += 1
        if settings:
            self._settings_due = self._began + self._settings_every_s
        if not snapshot.complete:  # blocks moved, and their settings were not asked for
            self._settings_due = self._began
        self._work()
        return snapshot

    def rest(self) -> None:
        """Until the next poll is due."""
        due = self._began + self._interval_s - self._clock.monotonic()
        self._stop.wait(self._wait_s or max(due, REST_S))

    def _work(self) -> None:
        if self._told:
            logger.warning("%s answers again", self._name)
        self._told.clear()
        self._backoff.reset()
        self._wait_s = 0.0

    def _fail(self, error: EnergyHwError) -> None:
        """One line for each kind of trouble, until it is over."""
        if self._stop.is_set():
            return
        self.failed += 1
        self._wait_s = self._backoff.next_s()
        kind = kind_of(error)
        logger.log(logging.DEBUG if kind in self._told else logging.WARNING, "%s; trying again", error)
        self._told.add(kind)
