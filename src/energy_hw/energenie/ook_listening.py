"""Listening to hand controllers for a while: the radio leaves FSK, and comes back by itself.

    learn.listen() -> Receiver.listen_ook() -> OokListening.look()   every 10 ms, in the radio's thread
                                               samples -> codes -> equal twice -> HeardOok

The chip has one receiver: while it listens to OOK, what MiHome devices say is missed. So it is
never for longer than was asked, counted as missed_s, and told.

A code counts when it was heard twice within half a second. A button sends it eight times or more,
26.7 ms each; noise that looks like a sync and 24 symbols does not come twice the same.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from energy_hw.core.interface import Core, OokCode, OokHeard, OokSamples, Radio
from energy_hw.core.python.ook import SYNC
from energy_hw.errors import FrameError, RadioLost
from energy_hw.links.board import Board

logger = logging.getLogger(__name__)

LOOK_S = 0.010
"""Samples of 40 ms fit the FIFO beside those that wait to be read."""
MOST_LISTEN_S = 300.0
TWICE_S = 0.5
QUIET_S = 0.3
"""A code that was not heard for so long is pressed anew."""
MOST_CODES = 64
STUCK_S = 0.5
"""Six hundred bytes come in that time, of silence too."""
MOST_STUCK = 3
"""So often it is reset; then it goes back to what it can do."""
NO_SAMPLES = f"expected {STUCK_S * 1200:.0f} bytes of OOK samples in {STUCK_S:g} s, got none"


class HeardOok(NamedTuple):
    """A button that was pressed.

    code: None of a controller that is not of Energenie's kind; its 24 bits say what it is.
    """

    code: OokCode | None
    bits: int
    chip_us: int
    rssi_dbm: float
    received: datetime
    at: float
    """Monotonic seconds of the board's clock."""

    def __str__(self) -> str:
        if self.code is None:
            return f"24 bits 0x{self.bits:06X}, chips of {self.chip_us} us"
        return f"house 0x{self.code.house:05X}, gang {self.code.gang or 'all'}, {'on' if self.code.on else 'off'}"


class _Tally(NamedTuple):
    """When a code was last heard, and whether that is told already."""

    at: float
    told: bool


class OokListening:
    """One time of listening. Everything in the radio's thread.

    until: monotonic seconds of the board's clock. tell: gets each HeardOok. ended: called once.
    """

    def __init__(
        self, core: Core, board: Board, seconds: float, tell: Callable[[HeardOok], None], ended: Callable[[], None]
    ) -> None:
        self._core, self._board = core, board
        self.began = board.clock.monotonic()
        self.until = self.began + min(seconds, MOST_LISTEN_S)
        self.tell, self.ended = tell, ended
        self._ear = core.ook_ear()
        self._tallies: dict[int, _Tally] = {}
        self._rssi_dbm = -127.5
        self._fed_at = self.began
        self._stuck = 0

    @property
    def over(self) -> bool:
        """Whether it is time to go back."""
        return self._board.clock.monotonic() >= self.until

    def deafened(self) -> None:
        """The radio did something else meanwhile: what comes does not continue what came."""
        self._ear = self._core.ook_ear()
        self._fed_at = self._board.clock.monotonic()

    def look(self, radio: Radio) -> None:
        """Take what there is. Raises LinkError, also when the chip gives no samples at all."""
        samples = radio.poll_ook()
        self._check_stream(samples)
        if samples.gap:
            self.deafened()
        heard = self._ear.hear(samples.data)
        self._rssi_dbm = max(samples.rssi_dbm, self._rssi_dbm - 1.0)  # a look may fall into a silence of the code
        for code in heard:
            self._count(code, self._board.clock.monotonic())

    def _check_stream(self, samples: OokSamples) -> None:
        now = self._board.clock.monotonic()
        if samples.data or samples.gap:
            self._fed_at = now
        elif now - self._fed_at > STUCK_S:
            self._stuck += 1
            raise RadioLost(self._give_up(now) if self._stuck >= MOST_STUCK else f"{NO_SAMPLES}: it is reset")

    def _give_up(self, now: float) -> str:
        self.until = now
        text = f"{NO_SAMPLES}, {self._stuck} times: this radio does not hear hand controllers; back to MiHome devices"
        logger.error(text)
        return text

    def _count(self, heard: OokHeard, at: float) -> None:
        before = self._tallies.pop(heard.bits, None)
        again = before is not None and at - before.at < TWICE_S
        told = before is not None and before.told and at - before.at < QUIET_S
        if again and not told:
            self.tell(self._pressed(heard, at))
        self._tallies[heard.bits] = _Tally(at, again)
        if len(self._tallies) > MOST_CODES:
            del self._tallies[next(iter(self._tallies))]

    def _pressed(self, heard: OokHeard, at: float) -> HeardOok:
        code = hand_controller_code(self._core, heard.bits)
        return HeardOok(code, heard.bits, heard.chip_us, self._rssi_dbm, self._board.clock.now(), at)


def hand_controller_code(core: Core, bits: int) -> OokCode | None:
    """House, gang and on of 24 bits; None if no button of Energenie's sends them."""
    symbols = f"{bits:024b}".replace("1", "E").replace("0", "8")
    with suppress(FrameError):
        return core.ook_decode(SYNC + bytes.fromhex(symbols))
    return None
