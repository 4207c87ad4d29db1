"""The wire of a simulated meter: when each character is through, and what happens to it on the way.

    line = TicLine(TicMeter(CONTRACTS["linky"], start))
    line.until(0.5)        # the characters complete by half a second, as a port with 8N1 sees them
    line.pause(2.0)        # faults: see the methods

A character takes 10 bit times; a gap of 16.7 to 33.4 ms follows each frame (Enedis-NOI-CPT_54E v3).
Pure: time is what the caller says, chance what the seed says. Thread safety: one thread at a time.
"""

from __future__ import annotations

from random import Random

from energy_hw.sim.tic_contract import CONTRACTS
from energy_hw.sim.tic_meter import TicMeter
from energy_hw.teleinfo.encode import with_parity

BITS = 10
GAP_S = (0.0167, 0.0334)
LF = 0x0A
MOST_BEHIND_S = 5.0
"""Who has not looked for so long has lost what came: a tty keeps 4 KiB."""


class TicLine:
    """Characters by time, in seconds since the start. noise: the share of characters of which a bit flips."""

    def __init__(self, meter: TicMeter, seed: int = 0, noise: float = 0.0) -> None:
        self.meter = meter
        self.noise = noise
        self.frames = 0
        """Begun so far."""
        self._dice = Random(f"{seed}/line")
        self._frame, self._sent, self._start_s = b"", 0, 0.0
        self._baudrate = meter.contract.baudrate
        self._flips: list[int] = []
        self._begin(0.0)

    @property
    def baudrate(self) -> int:
        """Of the frame under way."""
        return self._baudrate

    def until(self, now_s: float) -> bytes:
        """The characters that came since the last call, even parity in bit 7."""
        if now_s - self._due_s(self._sent) > MOST_BEHIND_S:
            self._begin(now_s - MOST_BEHIND_S)
        came = bytearray()
        while True:
            count = max(0, min(len(self._frame), int((now_s - self._start_s) * self._baudrate / BITS + 1e-6)))
            came += self._frame[self._sent : count]
            self._sent = max(self._sent, count)
            if self._sent < len(self._frame) or self._due_s(self._sent) + self._gap_s > now_s:
                return self._damaged(bytes(came))
            self._begin(self._due_s(self._sent) + self._gap_s)

    def next_s(self, ends: bytes = b"") -> float:
        """When the next character is through; with ends, the next that is one of these or LF, or the frame's last."""
        if self._sent >= len(self._frame):
            return self._due_s(self._sent) + self._gap_s + BITS / self._baudrate
        rest = self._frame[self._sent :]
        at = [rest.find(end) for end in (*ends, LF) if end in rest] if ends else [0]
        return self._due_s(self._sent + (min(at) if at else len(rest) - 1) + 1)

    def _due_s(self, count: int) -> float:
        """When so many characters of the frame are through."""
        return self._start_s + count * BITS / self._baudrate

    def _begin(self, now_s: float) -> None:
        """A new frame, as the meter is now."""
        self.meter.advance_to(max(now_s, 0.0))
        self._baudrate = self.meter.contract.baudrate
        self._frame, self._sent, self._start_s = with_parity(self.meter.frame()), 0, now_s
        self._gap_s = self._dice.uniform(*GAP_S)
        self.frames += 1

    def _damaged(self, came: bytes) -> bytes:
        if not came or not (self.noise or self._flips):
            return came
        masks = [self._flips.pop(0) if self._flips else self._mask() for _ in came]
        return bytes(byte ^ mask for byte, mask in zip(came, masks, strict=True))

    def _mask(self) -> int:
        return 1 << self._dice.randrange(8) if self._dice.random() < self.noise else 0

    # ---- faults ----

    def flip(self, mask: int, after: int = 0) -> None:
        """Bits flip in the character that is `after` characters away."""
        self._flips += [0] * (after + 1 - len(self._flips))
        self._flips[after] ^= mask

    def cut(self) -> None:
        """The rest of the frame under way does not come."""
        self._frame = self._frame[: self._sent]

    def pause(self, seconds: float) -> None:
        """Silence, in the middle of whatever is under way."""
        self._start_s += seconds

    def switch(self, name: str) -> None:
        """The grid operator changes mode or contract: with the next frame the meter is another."""
        self.meter.contract = CONTRACTS[name]


def resampled(chars: bytes, sent_baud: int, read_baud: int) -> bytes:
    """What a port at one speed makes of characters (8 bits each) at another: nonsense, as a real UART's.

    Every bit is sampled in its middle, from the edge of what looks like a start bit on.
    """
    if sent_baud == read_baud:
        return chars
    bits = [bit for char in chars for bit in (0, *(char >> n & 1 for n in range(8)), 1)] + [1] * BITS
    per_bit = sent_baud / read_baud
    out, at = bytearray(), 0.0
    while int(at) < len(bits):
        if bits[int(at)] or bits[min(int(at + per_bit / 2), len(bits) - 1)]:  # idle, or a glitch
            at += 1.0 - at % 1.0 if at % 1.0 else 1.0
            continue
        samples = [int(at + (n + 1.5) * per_bit) for n in range(8)]
        out.append(sum(bits[s] << n if s < len(bits) else 1 << n for n, s in enumerate(samples)))
        at += 9.5 * per_bit
    return bytes(out)
