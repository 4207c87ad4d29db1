"""The mode machine: Sleep, Standby, FS, TX, RX, and how long the ways between them are.

Source: SX1231 data sheet, chapters 4.1, 4.2 and table 18 (FIFO clearing). Times are the
typical ones: crystal 250 us, PLL 80 us.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from energy_hw.sim import flags, settings
from energy_hw.sim.clock import Event
from energy_hw.sim.state import State

SLEEP, STANDBY, FS, TX, RX = range(5)

# Mode changes that empty the FIFO. Every other way keeps it: Standby <-> Sleep,
# Standby or Sleep -> TX, RX -> Standby or Sleep.
CLEARS_FIFO = {(SLEEP, RX), (STANDBY, RX), (FS, RX), (RX, TX)} | {(TX, mode) for mode in (SLEEP, STANDBY, FS, RX)}


class Engine(Protocol):
    """What runs in a mode."""

    def start(self) -> None:
        """The mode is reached."""

    def stop(self) -> None:
        """The mode is left."""


class Modes:
    """Which mode the chip is in or on its way to, with ModeReady, PllLock, TxReady.

    pll_faults: how many of the next attempts to lock the PLL fail; the chip then stays in FS until
    Standby or Sleep is commanded.
    """

    def __init__(self, state: State, transmitter: Engine, receiver: Engine) -> None:
        self.mode = STANDBY
        self.pll_faults = 0
        self._state = state
        self._engines = {TX: transmitter, RX: receiver}
        self._running: Engine | None = None
        self._next: Event | None = None
        self._stuck = False

    def reset(self) -> None:
        """Standby at once and everything else as after a reset, whatever was under way."""
        self._leave()
        self.mode = STANDBY
        self._stuck = False
        self._state.reset()
        self._state.raise_flags(flags.MODE_READY)

    def go(self, mode: int) -> None:
        """Change the mode; nothing happens, and ModeReady does not pulse, if the chip is there or on its way."""
        if mode == self.mode or (self._stuck and mode not in (SLEEP, STANDBY)):
            return
        old, self.mode = self.mode, mode
        self._stuck = False
        self._leave()
        if (old, mode) in CLEARS_FIFO:
            self._state.clear_fifo()
        crystal_ns = settings.CRYSTAL_NS if old == SLEEP else 0
        if mode in (SLEEP, STANDBY):
            self._after(crystal_ns if mode == STANDBY else 0, self._ready)
        else:
            self._after(crystal_ns + settings.PLL_NS, self._lock)

    def _leave(self) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None
        self._state.drop_flags(flags.MODE_READY | flags.PLL_LOCK)
        if self._running is not None:
            self._running.stop()
            self._running = None

    def _after(self, ns: int, step: Callable[[], None]) -> None:
        if ns:
            self._next = self._state.clock.call_in(ns, step)
        else:
            step()

    def _lock(self) -> None:
        """The PLL has locked, or has not."""
        if self.pll_faults > 0:
            self.pll_faults -= 1
            self._state.stats.pll_failures += 1
            self._stuck = True
            return
        self._state.raise_flags(flags.PLL_LOCK)
        self._after(self._start_ns(), self._ready)

    def _start_ns(self) -> int:
        if self.mode == TX:
            return settings.tx_start_ns(self._state.regs)
        return settings.rx_start_ns(self._state.regs) if self.mode == RX else 0

    def _ready(self) -> None:
        self._next = None
        self._state.raise_flags(flags.MODE_READY | (flags.TX_READY if self.mode == TX else 0))
        self._running = self._engines.get(self.mode)
        if self._running is not None:
            self._running.start()
