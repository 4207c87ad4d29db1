"""The DIO lines: which flag each shows, by mode and mapping, and its edges.

Source: SX1231 data sheet, table 22 (packet mode). Clock output and the raw data stream are not simulated:
such a line stays low.
"""

from __future__ import annotations

from collections.abc import Callable

from energy_hw.sim import flags as f
from energy_hw.sim.modes import FS, RX, SLEEP, STANDBY, TX
from energy_hw.sim.registers import Reg
from energy_hw.sim.state import State

# fmt: off
# By mode and mapping; in each row DIO5 to DIO0.
_IDLE = (
    (0,            0,             f.FIFO_FULL,    f.FIFO_NOT_EMPTY, f.FIFO_LEVEL,     0),
    (0,            0,             0,              0,                f.FIFO_FULL,      0),
    (0,            0,             0,              0,                f.FIFO_NOT_EMPTY, 0),
)
TABLE = {
    STANDBY: (*_IDLE,
    (f.MODE_READY, 0,             0,              f.AUTO_MODE,      0,                0)),
    FS: (*_IDLE,
    (f.MODE_READY, f.PLL_LOCK,    f.PLL_LOCK,     f.AUTO_MODE,      f.PLL_LOCK,       f.PLL_LOCK)),
    RX: (
    (0,            f.TIMEOUT,     f.FIFO_FULL,    f.FIFO_NOT_EMPTY, f.FIFO_LEVEL,     f.CRC_OK),
    (0,            f.RSSI,        f.RSSI,         0,                f.FIFO_FULL,      f.PAYLOAD_READY),
    (0,            f.RX_READY,    f.SYNC_ADDRESS, 0,                f.FIFO_NOT_EMPTY, f.SYNC_ADDRESS),
    (f.MODE_READY, f.PLL_LOCK,    f.PLL_LOCK,     f.AUTO_MODE,      f.TIMEOUT,        f.RSSI)),
    TX: (
    (0,            f.MODE_READY,  f.FIFO_FULL,    f.FIFO_NOT_EMPTY, f.FIFO_LEVEL,     f.PACKET_SENT),
    (0,            f.TX_READY,    f.TX_READY,     0,                f.FIFO_FULL,      f.TX_READY),
    (0,            0,             0,              0,                f.FIFO_NOT_EMPTY, 0),
    (f.MODE_READY, f.PLL_LOCK,    f.PLL_LOCK,     f.AUTO_MODE,      f.PLL_LOCK,       f.PLL_LOCK)),
}
# fmt: on
TABLE[SLEEP] = TABLE[STANDBY]


class Dio:
    """Levels and edges of the six lines.

    mode: the mode the chip is in, or on its way to: it decides the meaning of a mapping.
    """

    def __init__(self, state: State, mode: Callable[[], int]) -> None:
        self._state = state
        self._mode = mode
        self._watchers: dict[int, list[Callable[[int, bool], object]]] = {}
        self._levels: dict[int, bool] = {}

    def level(self, line: int) -> bool:
        """Whether DIO0..DIO5 is high."""
        return bool(self._state.all_flags & self._source(line))

    def watch(self, line: int, callback: Callable[[int, bool], object]) -> None:
        """callback(line, level) at every edge from now on."""
        self._levels.setdefault(line, self.level(line))
        self._watchers.setdefault(line, []).append(callback)

    def watches_bytes(self) -> bool:
        """Whether a watched line follows a flag that may change with every byte."""
        return any(self._source(line) & f.FIFO_FLAGS for line in self._watchers)

    def refresh(self) -> None:
        """Something changed: tell of the edges."""
        for line, callbacks in self._watchers.items():
            level = self.level(line)
            if level != self._levels[line]:
                self._levels[line] = level
                for callback in callbacks:
                    callback(line, level)

    def _source(self, line: int) -> int:
        regs = self._state.regs
        mapping = regs[Reg.DIOMAPPING1] << 8 | regs[Reg.DIOMAPPING2]
        return TABLE[self._mode()][mapping >> 14 - 2 * line & 3][5 - line]
