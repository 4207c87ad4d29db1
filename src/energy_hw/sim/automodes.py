"""The automatic modes: the chip changes its mode by itself when a flag rises.

Source: SX1231 data sheet, chapter 4.4 and RegAutoModes.
"""

from __future__ import annotations

from energy_hw.sim import flags as f
from energy_hw.sim.modes import RX, SLEEP, STANDBY, TX, Modes
from energy_hw.sim.registers import Reg
from energy_hw.sim.state import State

FIFO_EMPTY = 0x10000
"""Not a flag of a register: FifoNotEmpty has fallen."""

# By the three bits of the condition; 0 is off.
ENTER = (0, f.FIFO_NOT_EMPTY, f.FIFO_LEVEL, f.CRC_OK, f.PAYLOAD_READY, f.SYNC_ADDRESS, f.PACKET_SENT, FIFO_EMPTY)
EXIT = (
    0,
    FIFO_EMPTY,
    f.FIFO_LEVEL | f.TIMEOUT,
    f.CRC_OK | f.TIMEOUT,
    f.PAYLOAD_READY | f.TIMEOUT,
    f.SYNC_ADDRESS | f.TIMEOUT,
    f.PACKET_SENT,
    f.TIMEOUT,
)
INTERMEDIATE = (SLEEP, STANDBY, RX, TX)


class AutoModes:
    """Watches flags for the enter condition, then for the exit condition."""

    def __init__(self, state: State, modes: Modes) -> None:
        self._state = state
        self._modes = modes
        self._before = 0

    @property
    def on(self) -> bool:
        """Whether both conditions are set."""
        value = self._state.regs[Reg.AUTOMODES]
        return bool(value >> 5 and value >> 2 & 7)

    def refresh(self) -> None:
        """Something changed."""
        now = self._state.all_flags
        before, self._before = self._before, now
        if self.on:
            fallen = FIFO_EMPTY if before & ~now & f.FIFO_NOT_EMPTY else 0
            self._step(now & ~before | fallen)

    def _step(self, events: int) -> None:
        value = self._state.regs[Reg.AUTOMODES]
        if not self._state.flags & f.AUTO_MODE and events & ENTER[value >> 5]:
            self._state.flags |= f.AUTO_MODE
            self._modes.go(INTERMEDIATE[value & 3])
        elif self._state.flags & f.AUTO_MODE and events & EXIT[value >> 2 & 7]:
            self._state.flags &= ~f.AUTO_MODE
            self._modes.go(self._state.regs[Reg.OPMODE] >> 2 & 7)
