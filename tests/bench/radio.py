"""The radio on the bus: the project's simulated chip, on an air of its own, in real time.

Its methods, and those of machine.Machine, are what a test calls, or names to the server.
"""

from __future__ import annotations

from energy_hw.sim.air import Air, Hearing
from energy_hw.sim.clock import RealTimeClock
from energy_hw.sim.rfm69 import Chip

PAUSE_NS = 50_000_000


class Radio:
    """A chip, the air around it, and what is wrong with it. Thread safety: call from any thread."""

    def __init__(self) -> None:
        self.clock = RealTimeClock(background=True)
        self.air = Air(self.clock)
        self.chip = Chip(self.clock, self.air, name="gateway")
        self._sent: list[str] = []
        self.air.listen(self._hear, "neighbour")

    def close(self) -> None:
        """Stop time."""
        self.clock.close()

    def _hear(self, hearing: Hearing) -> None:
        frame = hearing.fsk_frame()
        if frame is not None and hearing.transmission.sender == self.chip.name:
            self._sent.append(frame.hex())

    def transmit(self, frame: str, times: int = 1) -> None:
        """A device sends a frame, in hexadecimal, length byte first; again PAUSE_NS after it has ended."""
        data = bytes.fromhex(frame)
        with self.clock.lock:
            sent = self.air.send_fsk(data, sender="device")
            if times > 1 and sent.end_ns is not None:
                self.clock.call_at(sent.end_ns + PAUSE_NS, lambda: self.transmit(frame, times - 1))

    def heard(self) -> list[str]:
        """FSK frames that the radio sent, in hexadecimal."""
        return list(self._sent)

    def stick_miso(self, level: int | None) -> None:
        """Nothing drives MISO: every byte reads 0x00, or 0xFF, as if the radio were pulled out. None: it is back."""
        self.chip.miso = level

    def claim_version(self, version: int) -> None:
        """Another chip of the family answers: its version register reads differently."""
        self.chip.set_version(version)

    def brown_out(self) -> None:
        """A dip of the supply: every register back at its reset value."""
        self.chip.brown_out()

    def resets(self) -> int:
        """How often RESET was high for long enough."""
        return self.chip.statistics.resets
