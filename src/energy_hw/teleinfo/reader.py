"""The read loop of a meter, one step at a time: wait, read, and keep the port alive.

    open -> find the speed, reading byte by byte -> proven: read group by group
      ^          ^                                     |
      |          +---- 10 s of bytes, no good group ---+
      +--------------- unplugged, or 15 s without a byte

No threads in here; what waits, waits in the link or in `pause`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from energy_hw.errors import ConfigError, LinkError
from energy_hw.links.clock import Clock
from energy_hw.links.keeper import Keeper, OpenLink
from energy_hw.links.stream import SerialLink, SerialSettings
from energy_hw.links.teller import Teller
from energy_hw.teleinfo.frame import Parity
from energy_hw.teleinfo.line import Item, Line

logger = logging.getLogger(__name__)

REDETECT_S = 10.0
SILENCE_S = 15.0
QUIET_S = 3.0
"""Longer than the pauses of any meter. A tty that waits for line ends then gives every byte again: it hides noise."""
QUIET_BY_FRAMES_S = 7.0
"""The same where the kernel waits for whole frames: two of the longest, which take 2.97 s at 1200 baud."""
BY_GROUPS, BY_FRAMES = b"\x8d\x03", b"\x03\x84"
"""CR and ETX, ETX and EOT, as they come with their parity bits."""
LOOK_AFTER_S = 0.25
"""With a group every few milliseconds there is no need to look after the line at each."""
PATIENT_S = 10.0


class Reader:
    """A port and its line. One thread calls everything but wake()."""

    def __init__(
        self,
        open_link: OpenLink,
        line: Line,
        clock: Clock,
        pause: Callable[[float], object],
        parity: Parity = Parity.SOFT,
        *,
        by_frames: bool = False,
    ) -> None:
        """open_link: opens the port, again and again. pause: sleeps so long, or until the reader is to end.

        by_frames: nobody waits for a group, so the kernel may keep them until the frame is over: one wake-up for
        ten, where it can tell the end of a frame (not where the parity bits are gone, for LF ends a line then).
        """
        self._clock, self._line, self._parity, self._by_frames = clock, line, parity, by_frames
        self._teller = Teller(logger, clock)
        self._by_lines = False
        self._keeper = Keeper(open_link, self._settings(), clock, pause, PATIENT_S)
        self._heard_at = self._doubted_at = self._look_at = clock.monotonic()
        self.state = self._keeper.state
        self.speed_changes = 0

    # -- opening -----------------------------------------------------------

    def open(self) -> None:
        """Open the port now. Raises LinkError or ConfigError."""
        self._keeper.open()
        self._begin()

    def _begin(self) -> None:
        """The port is open, anew."""
        now = self._heard_at = self._doubted_at = self._clock.monotonic()
        self._line.detector.doubt(now, self.state.has_speed)

    def _settings(self) -> SerialSettings:
        """8N1, where bit 7 is the parity that the parser checks; 7E1 where the port is to check it."""
        hard, carried = self._parity is Parity.HARD, bool(self._line.parity_seen)
        ends = (BY_FRAMES if self._by_frames else BY_GROUPS) if carried else b"\r\x03"
        return SerialSettings(
            self._line.detector.baudrate,
            bytesize=7 if hard else 8,
            parity="E" if hard else "N",
            line_ends=ends if self._by_lines else b"",
            check_parity=hard,
            lf_ends=not (self._by_lines and carried),
        )

    def persist(self, error: LinkError | ConfigError) -> None:
        """The port is not open because of this: go on trying in step()."""
        self._keeper.persist(error)

    # -- one step ----------------------------------------------------------

    def step(self) -> list[Item]:
        """Wait for bytes; the datasets and frames that they complete. Raises nothing that a line can cause."""
        if (link := self._keeper.link) is not None:
            self._read(link)
        elif not self.state.ended and self._keeper.open_again():
            self._begin()
        return self._line.items()

    def _read(self, link: SerialLink) -> None:
        try:
            data = link.read(self._patience())
            now = self._clock.monotonic()
            if data:
                self._keeper.heard()
                self._heard_at = now
                self._line.take(data, now)
            if not link.finite and now >= min(self._look_at, self._line.detector.due_at):
                self._look_at = now + LOOK_AFTER_S
                self._look_after(link, now)
        except LinkError as error:
            self._lose(error)

    def _patience(self) -> float:
        """Until something is due that no byte will announce."""
        return max(0.0, min(self._quiet_s, self._line.detector.due_at - self._clock.monotonic()))

    def _look_after(self, link: SerialLink, now: float) -> None:
        """What the time that has passed makes necessary."""
        if now - self._heard_at >= SILENCE_S:
            self._break_off()
            self._keeper.renew(f"not a byte for {SILENCE_S:.0f} s")
            return
        if now >= self._line.detector.due_at:
            self._try_next_speed(now)
        elif self._line.detector.locked and now - self._good_at >= REDETECT_S:
            self._doubt(link, now)
        self._by_lines = self._may_read_lines(now)
        self._keeper.configure(self._settings())

    @property
    def _good_at(self) -> float:
        """When the last good group came, or else when the search for one began."""
        return max(self._line.state.good_at or 0.0, self._doubted_at)

    def _may_read_lines(self, now: float) -> bool:
        """Whether to let the kernel wait for whole groups: while there are good ones."""
        good_at = self._line.state.good_at
        return self._line.detector.locked and good_at is not None and now - good_at < self._quiet_s

    @property
    def _quiet_s(self) -> float:
        return QUIET_BY_FRAMES_S if self._by_frames else QUIET_S

    def _doubt(self, link: SerialLink, now: float) -> None:
        """Nothing good for long: perhaps the meter was switched to the other mode."""
        self._doubted_at = now
        if now - self._heard_at < REDETECT_S:
            self._teller.tell("%s: bytes, but no good group for %d s", link.name, REDETECT_S)
        self._line.break_off()
        self._line.detector.doubt(now, link.has_speed)

    def _try_next_speed(self, now: float) -> None:
        self._line.break_off()
        self._line.detector.next(now)
        self.speed_changes += 1

    def _lose(self, error: LinkError) -> None:
        """The port is gone, or a recording is over."""
        self._break_off()
        self._keeper.lose(error)
        if self.state.ended:
            self._line.end()

    def _break_off(self) -> None:
        """What was begun on this port is not continued on the next."""
        self._line.break_off()
        self._by_lines = False
        self._keeper.settings = self._settings()

    # -- for others --------------------------------------------------------

    def wake(self) -> None:
        """End the wait of the step under way; from any thread."""
        self._keeper.wake()

    def close(self) -> None:
        """Release the port. May be called twice."""
        self._line.break_off()
        self._keeper.let_go()
