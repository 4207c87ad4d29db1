"""From the bytes of a line to telegrams that are believed: framing, decryption.

    bytes -> framer -> telegram ---------------------------> accepted
                    -> encrypted frame -> key -> framer -> accepted
                    -> mark: refused, counted

No I/O and no clock: the caller says when bytes came.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from energy_hw.errors import DecryptionError
from energy_hw.p1.cipher import Decipher, no_key
from energy_hw.p1.detect import Detector
from energy_hw.p1.telegram import Ciphered, Crc, CrcPolicy, Event, Mark, P1Framer, Telegram

logger = logging.getLogger(__name__)

STALE_INTERVALS = 3
INTERVALS = 9
"""So many of the last ones are remembered; the median is not that of a meter that was away."""
UNKNOWN_S = 10.0
"""The longest interval of any meter, while the meter's own is not known."""
SHORTEST_S = 1.0


class Accepted(NamedTuple):
    """A telegram, and what vouches for it if it was encrypted: see cipher.Deciphered. at: monotonic seconds."""

    telegram: Telegram
    at: float
    verified: str = ""


@dataclass(slots=True)
class LineState:
    """What the line is like. Times are monotonic seconds, None for never."""

    byte_at: float | None = None
    good_at: float | None = None
    encrypted_at: float | None = None
    """A whole encrypted frame came."""
    hdlc_at: float | None = None
    bytes_since_good: int = 0
    refused_since_good: int = 0
    """Telegrams with a wrong checksum."""
    trouble: str = ""
    """Why the last encrypted frame could not be read; has_key: for another reason than that there is no key."""
    has_key: bool = False
    seven_bits: bool = False
    """Bit 7 carries the parity of a 7E1 meter."""


class Line:
    """Everything between a port's bytes and its telegrams.

    detector: says the speed to listen at. wire, inner_wire: what the framers counted, of the line and inside encrypted
    frames. Thread safety: one thread at a time; any thread may read wire, inner_wire and state.
    """

    def __init__(
        self,
        speeds: Sequence[int],
        now: float,
        policy: CrcPolicy = CrcPolicy.IF_PRESENT,
        decipher: Decipher | None = None,
        tap: Callable[[bytes], object] | None = None,
        telnet: bool = False,
    ) -> None:
        """tap: gets every piece of bytes as it came; it must not wait. telnet: see P1Framer."""
        self.detector = Detector(speeds, now)
        self.state = LineState(has_key=decipher is not None)
        self.framer, self.inner = P1Framer(policy, telnet=telnet), P1Framer(policy)
        self.decipher, self._tap = decipher, tap
        self._items: list[Accepted] = []
        self._intervals: deque[float] = deque(maxlen=INTERVALS)
        self.wire = self.inner_wire = self.framer.counters
        self._bad_at_good = self._seven_bit = 0
        self._policy, self._sends_crc = policy, False
        self.no_key = self.crc_lost = 0

    # -- bytes in ----------------------------------------------------------

    def take(self, data: bytes, now: float) -> None:
        """Bytes came; items() has what they completed."""
        self._hand_on(data)
        self.state.byte_at = now
        self.state.bytes_since_good += len(data)
        self.detector.heard(data, now)
        self._sort(self.framer.feed(data), now)
        self.wire = self.framer.counters

    def _hand_on(self, data: bytes) -> None:
        """To the tap; one that fails is not asked again, and costs nobody a telegram."""
        try:
            if self._tap is not None:
                self._tap(data)
        except Exception:
            self._tap = None
            logger.exception("what the bytes are handed on to failed, and gets no more of them")

    def idle(self, now: float) -> None:
        """The line was quiet for long enough to end a telegram; or nothing will come any more."""
        self._sort(self.framer.idle(), now)
        self.wire = self.framer.counters
        self.detector.paused(now)

    def break_off(self) -> None:
        """What is under way will not be completed: another speed, another port."""
        self.framer.reset()
        self._sends_crc = False

    def items(self) -> list[Accepted]:
        """What is new; given once."""
        items, self._items = self._items, []
        return items

    # -- what the framer says ----------------------------------------------

    def _sort(self, events: Sequence[Event], now: float) -> None:
        if any(isinstance(event, Telegram) for event in events):
            seven_bit = self.framer.counters.seven_bit
            self.state.seven_bits, self._seven_bit = seven_bit > self._seven_bit, seven_bit
        for event in events:
            if isinstance(event, Telegram):
                self._accept(Accepted(event, now))
            elif isinstance(event, Ciphered):
                self._open(event, now)
            elif event is Mark.HDLC:
                self.state.hdlc_at = now
            else:
                self.state.refused_since_good = self._bad - self._bad_at_good

    @property
    def _bad(self) -> int:
        """Telegrams so far that were whole, and damaged."""
        outer, inner = self.framer.counters, self.inner.counters
        return outer.bad + outer.parity + inner.bad + self.crc_lost

    def _open(self, frame: Ciphered, now: float) -> None:
        """Decrypt a frame; what is in it goes through a framer of its own."""
        self.state.encrypted_at = now
        self.detector.proven()
        try:
            if self.decipher is None:
                self.no_key += 1
                raise no_key(frame.raw)
            opened = self.decipher.decipher(frame.raw)
        except DecryptionError as error:
            if not self.state.trouble:
                logger.warning("%s", error)
            self.state.trouble = str(error)
            return
        for event in (*self.inner.feed(opened.plain), *self.inner.idle()):
            if isinstance(event, Telegram):
                self._accept(Accepted(event, now, opened.verified))
        self.inner.reset()
        self.inner_wire = self.inner.counters
        self.state.refused_since_good = self._bad - self._bad_at_good

    def _accept(self, item: Accepted) -> None:
        """Believe it; but not one without a checksum of a meter that sends them: its digits were lost on the way."""
        state, now = self.state, item.at
        if item.telegram.crc is Crc.ABSENT and self._sends_crc and self._policy is CrcPolicy.IF_PRESENT:
            self.crc_lost += 1
            state.refused_since_good = self._bad - self._bad_at_good
            return
        self._sends_crc |= item.telegram.crc is Crc.OK
        if state.good_at is not None:
            self._intervals.append(now - state.good_at)
        if self.detector.proven():
            logger.info("the meter sends at %d baud", self.detector.baudrate)
        state.good_at = now
        state.bytes_since_good = state.refused_since_good = 0
        self._bad_at_good = self._bad
        state.trouble = ""
        self._items.append(item)

    # -- what is known -----------------------------------------------------

    @property
    def interval_s(self) -> float | None:
        """Between two telegrams, as measured; None while there was one at most."""
        return median(self._intervals) if self._intervals else None

    @property
    def stale_s(self) -> float:
        """A telegram older than this is stale: three intervals."""
        return STALE_INTERVALS * max(self.interval_s or UNKNOWN_S, SHORTEST_S)
