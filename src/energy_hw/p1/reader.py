"""The read loop of a meter, one step at a time: wait, read, and find the meter's speed.

    open -> listen 12 s at a speed -> telegrams .. none for three intervals -> listen anew, this speed first
      ^                                   |
      +-------- unplugged, or a minute without a byte

The port is read byte by byte, not line by line: an encrypted frame has no lines, and the last digit of the checksum
ends a telegram, not the line end behind it. No threads in here; what waits, waits in the link or in the keeper.
"""

from __future__ import annotations

import logging

from energy_hw.errors import LinkError
from energy_hw.links.clock import Clock
from energy_hw.links.keeper import Keeper
from energy_hw.links.stream import SerialLink, SerialSettings
from energy_hw.links.teller import Teller
from energy_hw.p1.line import Accepted, Line

logger = logging.getLogger(__name__)

IDLE_S = 0.1
"""A pause that ends a telegram without checksum digits: 1,000 characters at 115200 baud, 100 at 9600."""
NETWORK_IDLE_S = 1.0
"""Over TCP a pause may be the network's."""
QUIET_S = 3.0
SILENCE_S = 60.0
"""Longer than a meter needs to start. Source: HAN-P1 (Sweden) 2.0, 5.4."""
LOOK_AFTER_S = 0.25
"""With bytes every millisecond there is no need to look after the line at each."""
REDETECT_S = 30.0
"""At least so long without a telegram, though bytes come, before the speed is doubted."""


class Reader:
    """A port and its line. One thread calls everything but wake()."""

    def __init__(self, keeper: Keeper, line: Line, clock: Clock, outputs: SerialSettings) -> None:
        """outputs: the DTR and RTS of these settings hold at every speed."""
        self.keeper, self._line, self._clock, self._outputs = keeper, line, clock, outputs
        self._teller = Teller(logger, clock)
        self._pending = False
        self._heard_at = self._doubted_at = self._look_at = clock.monotonic()
        self.speed_changes = 0

    def open(self) -> None:
        """Open the port now. Raises LinkError or ConfigError."""
        self.keeper.open()
        self._begin()

    def _begin(self) -> None:
        """The port is open, anew."""
        now = self._heard_at = self._doubted_at = self._clock.monotonic()
        self._pending = False
        self._line.break_off()
        self._line.detector.doubt(now, self.keeper.state.has_speed)

    # -- one step ----------------------------------------------------------

    def step(self) -> list[Accepted]:
        """Wait for bytes; the telegrams that they complete. Raises nothing that a line can cause."""
        if (link := self.keeper.link) is not None:
            self._read(link)
        elif not self.keeper.state.ended and self.keeper.open_again():
            self._begin()
        return self._line.items()

    def _read(self, link: SerialLink) -> None:
        try:
            data = link.read(self._patience(link))
            now = self._clock.monotonic()
            if data:
                self._take(data, now)
            elif self._pending:
                self._pending = False
                self._line.idle(now)
            if not link.finite and now >= min(self._look_at, self._line.detector.due_at):
                self._look_at = now + LOOK_AFTER_S
                self._look_after(link, now)
        except LinkError as error:
            self.keeper.lose(error)
            self._line.idle(self._clock.monotonic())

    def _take(self, data: bytes, now: float) -> None:
        self.keeper.heard()
        self._pending, self._heard_at = True, now
        self._line.take(data, now)

    def _patience(self, link: SerialLink) -> float:
        """Until something is due that no byte will announce."""
        idle_s = NETWORK_IDLE_S if "://" in link.name else IDLE_S
        due_s = self._line.detector.due_at - self._clock.monotonic()
        return max(0.0, min(idle_s if self._pending else QUIET_S, due_s))

    def _look_after(self, link: SerialLink, now: float) -> None:
        """What the time that has passed makes necessary."""
        if now - self._heard_at >= SILENCE_S:
            self.keeper.renew(f"not a byte for {SILENCE_S:.0f} s")
            return
        detector = self._line.detector
        if now >= detector.due_at:
            self._line.break_off()
            self._line.detector.next(now)
            self.speed_changes += 1
        elif detector.locked and now - self._good_at >= max(REDETECT_S, self._line.stale_s):
            self._doubt(link, now)
        self.keeper.configure(self.settings())

    @property
    def _good_at(self) -> float:
        """When the last telegram came, even one that no key opens, or else when the search for one began."""
        state = self._line.state
        return max(state.good_at or 0.0, state.encrypted_at or 0.0, self._doubted_at)

    def _doubt(self, link: SerialLink, now: float) -> None:
        """No telegram for long: perhaps the meter was changed for another one."""
        if now - self._heard_at < now - self._good_at:
            self._teller.tell("%s: bytes, but no telegram for %.0f s", link.name, now - self._good_at)
        self._doubted_at = now
        self._line.break_off()
        self._line.detector.doubt(now, link.has_speed)

    def settings(self) -> SerialSettings:
        """Eight bits at every speed: where the meter sends seven, the parity comes in bit 7 and is checked there."""
        return SerialSettings(self._line.detector.baudrate, dtr=self._outputs.dtr, rts=self._outputs.rts)

    # -- for others --------------------------------------------------------

    def wake(self) -> None:
        """End the wait of the step under way; from any thread."""
        self.keeper.wake()

    def close(self) -> None:
        """Release the port. May be called twice."""
        self.keeper.let_go()
