"""One transmission, and what one receiver makes of it.

What is heard depends on who hears: on the path loss, on what else is on the
channel (the stronger one is heard if it is 6 dB stronger, else neither) and on
chance. Chance is drawn by (seed, transmission, receiver), so that one more
receiver changes nothing for the others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Protocol

from energy_hw.sim import chips as coding

FSK_HZ = 434_300_000.0
OOK_HZ = 433_920_000.0
DEVIATION_HZ = 30_000.0
CHIP_NS = 1e9 / coding.CHIP_RATE

CHANNEL_HZ = 125_000.0
"""Transmissions closer than this are on one channel and disturb each other."""
CAPTURE_DB = 6.0
"""How much stronger a transmission must be than everything else to be understood."""
RATE_TOLERANCE = 0.065
"""How far the chip rates may differ. SX1231 data sheet, 3.5.13."""
_UNKNOWN_END = 1 << 62


class Modulation(StrEnum):
    """How chips become radio. NOISE is power without meaning."""

    FSK = "FSK"
    OOK = "OOK"
    NOISE = "noise"


@dataclass(eq=False, slots=True)
class Transmission:
    """Something on the air. `end_ns` is None while nobody knows when it will end.

    chips: what is known to be sent so far; frequency_hz: as the sender really sends it, error included.
    truncated: it was switched off in the middle. serial, overlaps: filled in by the air.
    """

    sender: str
    start_ns: int
    chips: str = ""
    end_ns: int | None = None
    modulation: Modulation = Modulation.FSK
    frequency_hz: float = FSK_HZ
    deviation_hz: float = DEVIATION_HZ
    chip_ns: float = CHIP_NS
    power_dbm: float = 10.0
    truncated: bool = False
    serial: int = 0
    overlaps: list[Transmission] = field(default_factory=list, repr=False)

    def time_of(self, chip: int) -> int:
        """When a chip starts, which is when the one before it ends."""
        return self.start_ns + round(chip * self.chip_ns)

    def chip_at(self, ns: int) -> int:
        """Chips that are complete at a time."""
        return math.floor((ns - self.start_ns) / self.chip_ns + 1e-4)

    def on_channel(self, frequency_hz: float) -> bool:
        """Whether it is heard, or disturbs, on a frequency."""
        return abs(self.frequency_hz - frequency_hz) < CHANNEL_HZ

    def rate_matches(self, chip_ns: float) -> bool:
        """Whether a bit synchroniser set to chip_ns can follow."""
        return abs(chip_ns / self.chip_ns - 1) <= RATE_TOLERANCE


class Medium(Protocol):
    """What a hearing needs to know of the air."""

    seed: int
    noise_dbm: float
    bit_error_rate: float

    def received_dbm(self, transmission: Transmission, receiver: str) -> float:
        """Power of a transmission where the receiver is."""


class Hearing:
    """A transmission as one receiver hears it.

    rssi_dbm: its strength there. Not thread-safe: use it with the clock's lock held, as callbacks do.
    """

    def __init__(self, medium: Medium, transmission: Transmission, receiver: str) -> None:
        self.transmission = transmission
        self.receiver = receiver
        self.rssi_dbm = medium.received_dbm(transmission, receiver)
        self._medium = medium
        self._heard = ""
        self._random: Random | None = None

    @property
    def start_ns(self) -> int:
        """When it started."""
        return self.transmission.start_ns

    def chips(self, count: int | None = None) -> str:
        """The first chips, all there are by default, wrong ones included; past the end, noise.

        What was heard once stays as it was heard. Ask for no more than is over by now.
        """
        wanted = len(self.transmission.chips) if count is None else count
        if wanted > len(self._heard):
            self._heard += self._disturbed(len(self._heard), wanted)
        return self._heard[:wanted]

    def fsk_frame(self) -> bytes | None:
        """The frame that a MiHome receiver takes from it, length byte first; None if it hears none.

        It needs 12 chips of preamble, the sync word, its frequency within 31 kHz, its chip rate
        within 6.5 %, frequency modulation, and the whole frame. Wrong chips make wrong bytes.
        """
        sent = self.transmission
        heard = sent.modulation is Modulation.FSK and abs(sent.frequency_hz - FSK_HZ) <= 31_250.0
        if not heard or not sent.rate_matches(CHIP_NS) or not modulated(sent):
            return None
        return coding.fsk_frame(self.chips())

    def ook_frames(self) -> tuple[bytes, ...]:
        """Every whole 16-byte code that a MiHome OOK receiver takes from it, repeats included."""
        sent = self.transmission
        heard = sent.modulation is Modulation.OOK and sent.on_channel(OOK_HZ)
        return coding.ook_frames(self.chips()) if heard and sent.rate_matches(CHIP_NS) else ()

    def _disturbed(self, start: int, end: int) -> str:
        chips = self.transmission.chips[start:end]
        if len(chips) < end - start:
            chips += self._noise(end - start - len(chips))
        for low, high in self._ranges(start, end):
            chips = chips[: low - start] + self._noise(high - low) + chips[high - start :]
        return self._with_errors(chips) if self._medium.bit_error_rate else chips

    def _ranges(self, start: int, end: int) -> list[tuple[int, int]]:
        """Chips between start and end that something else drowns."""
        if self.rssi_dbm < self._medium.noise_dbm + CAPTURE_DB:
            return [(start, end)]
        spans = (self._span(other) for other in self.transmission.overlaps if self._drowned_by(other))
        cut = ((max(low, start), min(high, end)) for low, high in spans)
        return [(low, high) for low, high in cut if low < high]

    def _drowned_by(self, other: Transmission) -> bool:
        near = other.on_channel(self.transmission.frequency_hz) and other.sender != self.receiver
        return near and self.rssi_dbm < self._medium.received_dbm(other, self.receiver) + CAPTURE_DB

    def _span(self, other: Transmission) -> tuple[int, int]:
        """The chips that another transmission touches."""
        sent = self.transmission
        end = _UNKNOWN_END if other.end_ns is None else math.ceil((other.end_ns - sent.start_ns) / sent.chip_ns - 1e-4)
        return sent.chip_at(other.start_ns), end

    def _noise(self, count: int) -> str:
        return f"{self._dice().getrandbits(count):0{count}b}"

    def _with_errors(self, chips: str) -> str:
        """Flip chips at the bit error rate; the gaps between errors are geometric."""
        flipped = list(chips)
        at = -1
        while (at := at + self._gap()) < len(flipped):
            flipped[at] = "0" if flipped[at] == "1" else "1"
        return "".join(flipped)

    def _gap(self) -> int:
        rate = min(self._medium.bit_error_rate, 0.5)
        return 1 + int(math.log(1.0 - self._dice().random()) / math.log(1.0 - rate))

    def _dice(self) -> Random:
        if self._random is None:
            self._random = Random(f"{self._medium.seed}/{self.transmission.serial}/{self.receiver}")
        return self._random


def modulated(sent: Transmission) -> bool:
    """Whether a discriminator sees the deviation: modulation index of at least 0.5 (SX1231 data sheet, 3.4.5)."""
    return 2 * sent.deviation_hz * sent.chip_ns / 1e9 >= 0.5
