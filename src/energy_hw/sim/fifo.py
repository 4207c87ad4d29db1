"""The FIFO: 66 bytes between the SPI and the modem.

Source: SX1231 data sheet, chapter 5.2.2. The host's bytes count while NSS is low,
but FifoNotEmpty is only seen to change when NSS is released: settle().
"""

from __future__ import annotations

from energy_hw.sim import flags

SIZE = 66


class Fifo:
    """Bytes in order, with the flags as a reader sees them."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.threshold = 0
        self.not_empty = False
        self.level = False
        self.overrun = False

    def push(self, byte: int) -> None:
        """Append a byte; when full the byte is lost and the overrun flag set."""
        if len(self.data) < SIZE:
            self.data.append(byte)
        else:
            self.overrun = True
        self._update_level()

    def pop(self) -> int | None:
        """Take the oldest byte; None if there is none."""
        byte = self.data.pop(0) if self.data else None
        self._update_level()
        return byte

    def settle(self) -> None:
        """The access is over: NSS was released, or the modem moved its byte."""
        self.not_empty = bool(self.data)

    def clear(self) -> None:
        """Empty it, overrun flag included."""
        self.data.clear()
        self.not_empty = self.level = self.overrun = False

    @property
    def flags(self) -> int:
        """Its bits of RegIrqFlags2."""
        return (
            (flags.FIFO_FULL if len(self.data) == SIZE else 0)
            | (flags.FIFO_NOT_EMPTY if self.not_empty else 0)
            | (flags.FIFO_LEVEL if self.level else 0)
            | (flags.FIFO_OVERRUN if self.overrun else 0)
        )

    def _update_level(self) -> None:
        """Only an access looks at the threshold: changing the register alone changes nothing."""
        self.level = len(self.data) > self.threshold
