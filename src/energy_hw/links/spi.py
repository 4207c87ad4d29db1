"""SPI: full-duplex exchanges framed by NSS, over the spidev package.

The node, the clock and the mode: /dev/spidevB.C, 4 MHz, mode 0, MSB first.
Source: SX1231 data sheet (10 MHz at most, CPOL 0, CPHA 0).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class SpiBus(Protocol):
    """What moves bytes to and from one chip.

    Thread safety: one thread at a time.
    """

    name: str
    """For messages: `/dev/spidev0.1`, `sim:`."""

    def transfer(self, frames: Sequence[bytes]) -> list[bytes]:
        """Exchange each frame under an NSS of its own, all in one message where the bus can.

        Returns what came back, byte for byte; the first byte of each answer means nothing.
        Raises LinkError.
        """

    def sleep_us(self, us: int) -> None:
        """Sleep at least us microseconds of the bus's time (virtual in the simulator)."""

    def close(self) -> None:
        """Release the node. May be called twice."""
