"""A port that is kept open: what goes away is opened again, patiently, for as long as it takes.

    open -> read .. -> gone -> look every half second for a node that is missing
      ^                  |     else try after 0.5 s, 1 s, 2 s .. patience_s (in use, refused, no answer)
      +------------------+

No threads in here; what waits, waits in `pause`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from energy_hw.errors import ConfigError, LinkBusy, LinkClosed, LinkError, NodeMissing
from energy_hw.links.backoff import Backoff
from energy_hw.links.clock import Clock
from energy_hw.links.stream import SerialLink, SerialSettings
from energy_hw.links.teller import Teller

logger = logging.getLogger(__name__)

LOOK_S = 0.5
"""How often to look whether a port that was unplugged is back: it costs next to nothing."""
PATIENT_S = 30.0

OpenLink = Callable[[SerialSettings], SerialLink]


@dataclass(slots=True)
class PortState:
    """What the port is like. trouble: why it is not open, empty while it is. opened_at: monotonic seconds."""

    trouble: str = ""
    busy: bool = False
    ended: bool = False
    """A recording is over."""
    has_speed: bool = True
    opened_at: float | None = None
    lost: int = 0
    """Times that it went away."""
    reopened: int = 0


class Keeper:
    """Owns the link. One thread calls everything but wake()."""

    def __init__(
        self,
        open_link: OpenLink,
        settings: SerialSettings,
        clock: Clock,
        pause: Callable[[float], object],
        patience_s: float = PATIENT_S,
    ) -> None:
        """open_link: opens the port, again and again. pause: sleeps so long, or until all is to end.

        patience_s: the longest wait before another try.
        """
        self._open_link, self._clock, self._pause = open_link, clock, pause
        self._teller = Teller(logger, clock)
        self._backoff = Backoff(high_s=patience_s)
        self._wait_s = 0.0
        self._told = False
        self.settings = settings
        self.link: SerialLink | None = None
        self.state = PortState()

    def open(self) -> None:
        """Open the port now. Raises LinkError or ConfigError."""
        link = self._open_link(self.settings)
        if link.finite and self.state.opened_at is not None:  # a recording is never opened again
            link.close()
            raise LinkError(f"expected the serial port {link.name} to come back, it is a file now: remove it")
        self.link = link
        self.state.has_speed = self.link.has_speed
        if self.state.trouble or self.state.opened_at is None:
            self.state.opened_at = self._clock.monotonic()
        self.state.trouble, self.state.busy = "", False

    def persist(self, error: LinkError | ConfigError) -> None:
        """The port is not open because of this: go on trying in open_again()."""
        self.state.trouble, self.state.busy = str(error), isinstance(error, LinkBusy)
        if isinstance(error, NodeMissing):
            self._backoff.reset()
            self._wait_s = LOOK_S
        else:
            self._wait_s = self._backoff.next_s()
        self._told |= self._teller.tell("%s; trying again", error)

    def open_again(self) -> bool:
        """Wait as long as is due, then try once; whether the port is open."""
        self._pause(self._wait_s)
        try:
            self.open()
        except (LinkError, ConfigError) as error:  # what came back may refuse what the one before took
            self.persist(error)
            return False
        self.state.reopened += 1
        logger.log(logging.WARNING if self._told else logging.DEBUG, "the port is open again")
        self._told = False
        return True

    def heard(self) -> None:
        """A byte came: the port does not only open, it works."""
        self._backoff.reset()

    def lose(self, error: LinkError) -> None:
        """Reading failed: the port is gone, or a recording is over."""
        if self.link is None:
            return
        finite = self.link.finite
        self.let_go()
        if finite and isinstance(error, LinkClosed):
            self.state.ended = True
        else:
            self.state.lost += 1
            self.persist(error)

    def renew(self, why: str) -> None:
        """Close the port, and open it again at once with the next open_again()."""
        if self.link is not None:
            self._teller.tell("%s: %s; opening it again", self.link.name, why)
            self.let_go()
            self._wait_s = 0.0

    def configure(self, settings: SerialSettings) -> None:
        """Change speed and shape, if it is a change. Raises LinkError."""
        if settings != self.settings and self.link is not None:
            self.link.configure(settings)
        self.settings = settings

    def let_go(self) -> None:
        """Release the port. May be called twice."""
        link, self.link = self.link, None
        if link is not None:
            link.close()

    def wake(self) -> None:
        """End the read under way; from any thread."""
        if (link := self.link) is not None:
            link.wake()
