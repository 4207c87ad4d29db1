"""The wire of a simulated P1 meter: when each character is through, and what happens to it on the way.

    line = P1Line(P1Meter(Setup("nl5"), start))
    line.until(0.5)        # the characters complete by half a second, as a port with 8N1 sees them
    line.cut()             # faults: see the methods

A telegram begins at each multiple of the meter's interval (when it can: the one before may take longer), a character
takes 10 bit times. Pure: time is what the caller says, chance what the seed says. Thread safety: one thread at a time.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from energy_hw.sim.p1_meter import P1Meter
from energy_hw.teleinfo.encode import with_parity

BITS = 10
LOOK_CHARACTERS = 64
MOST_BEHIND_S = 15.0
"""Who has not looked for so long has lost what came before: a tty keeps 4 KiB."""


class Faults(NamedTuple):
    """Shares: of characters with a flipped bit; of telegrams cut, glued to the next, with a wrong checksum."""

    noise: float = 0.0
    cut: float = 0.0
    glued: float = 0.0
    wrong_crc: float = 0.0


class P1Line:
    """Characters by time, in seconds since the start."""

    def __init__(self, meter: P1Meter, seed: int = 0, faults: Faults | None = None) -> None:
        self.meter, self.faults = meter, faults or Faults()
        shape = meter.setup.profile.serial[0]
        self.baudrate = shape.baud
        self._has_parity = shape.frame == "7E1"
        self._dice = Random(f"{seed}/line")
        self._chars, self._sent, self._start_s = b"", 0, 0.0
        self._flips: list[int] = []
        self._wanted: dict[str, int] = {}
        self._begin(0.0)

    def until(self, now_s: float) -> bytes:
        """The characters that came since the last call."""
        if now_s - self._next_begin_s() > MOST_BEHIND_S:
            self._begin(self._grid_s(now_s - MOST_BEHIND_S))
        came = bytearray()
        while True:
            count = max(0, min(len(self._chars), int((now_s - self._start_s) * self.baudrate / BITS + 1e-6)))
            came += self._chars[self._sent : count]
            self._sent = max(self._sent, count)
            if self._sent < len(self._chars) or self._next_begin_s() > now_s:
                return self._damaged(bytes(came))
            self._begin(self._next_begin_s())

    def next_s(self, ends: bytes = b"") -> float:
        """When the next character is through; with ends, a good part of a telegram, or its last character."""
        if self._sent >= len(self._chars):
            return self._next_begin_s() + BITS / self.baudrate
        return self._due_s(min(self._sent + (LOOK_CHARACTERS if ends else 1), len(self._chars)))

    def _due_s(self, count: int) -> float:
        """When so many characters of the telegram are through."""
        return self._start_s + count * BITS / self.baudrate

    def _grid_s(self, after_s: float) -> float:
        """The first multiple of the interval that is later."""
        every_s = self.meter.setup.every_s
        return (int(after_s / every_s + 1e-9) + 1) * every_s

    def _next_begin_s(self) -> float:
        return max(self._grid_s(self._begun_s), self._due_s(len(self._chars)))

    def _begin(self, now_s: float) -> None:
        """What comes next, as the meter is now: a telegram, or what the faults make of it."""
        self.meter.advance_to(max(now_s, 0.0))
        self._begun_s = now_s
        data = self._telegram()
        if self._wants("cut"):
            data = data[: self._dice.randrange(1, len(data) - 8)]
        if self._wants("glued"):
            data += self._telegram()
        self._chars = with_parity(data) if self._has_parity else data
        self._sent, self._start_s = 0, now_s

    def _telegram(self) -> bytes:
        return self.meter.telegram(wrong_crc=self._wants("wrong_crc"))

    def _wants(self, fault: str) -> bool:
        """Whether it happens to this one: asked for, or by chance."""
        if self._wanted.get(fault, 0):
            self._wanted[fault] -= 1
            return True
        share: float = getattr(self.faults, fault)
        return share > 0 and self._dice.random() < share

    def _damaged(self, came: bytes) -> bytes:
        if not came or not (self.faults.noise or self._flips):
            return came
        masks = [self._flips.pop(0) if self._flips else self._mask() for _ in came]
        return bytes(byte ^ mask for byte, mask in zip(came, masks, strict=True))

    def _mask(self) -> int:
        return 1 << self._dice.randrange(8) if self._dice.random() < self.faults.noise else 0

    # ---- faults ----

    def expect(self, fault: str, times: int = 1) -> None:
        """`cut`, `glued` or `wrong_crc` happens to the next telegrams that begin."""
        self._wanted[fault] = self._wanted.get(fault, 0) + times

    def flip(self, mask: int, after: int = 0) -> None:
        """Bits flip in the character that is `after` characters away."""
        self._flips += [0] * (after + 1 - len(self._flips))
        self._flips[after] ^= mask

    def cut(self) -> None:
        """The rest of the telegram under way does not come."""
        self._chars = self._chars[: self._sent]

    def pause(self, seconds: float) -> None:
        """Silence, in the middle of whatever is under way."""
        self._start_s += seconds
        self._begun_s += seconds
