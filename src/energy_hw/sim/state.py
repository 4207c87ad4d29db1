"""What the parts of the simulated chip share: registers, flags, FIFO, clock, air, and what tests count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from energy_hw.sim import settings
from energy_hw.sim.air import Air
from energy_hw.sim.clock import VirtualClock
from energy_hw.sim.fifo import Fifo
from energy_hw.sim.registers import Reg, reset_values


@dataclass(slots=True)
class Statistics:
    """What happened to the chip; only ever counts up. Survives resets."""

    spi_frames: int = 0
    spi_bytes: int = 0
    resets: int = 0
    empty_reads: int = 0
    """Bytes read from an empty FIFO."""
    ignored_writes: int = 0
    """Bytes written to the FIFO in Sleep or receive mode."""
    tx_ns: int = 0
    """Time with the power amplifier on."""
    idle_preamble_ns: int = 0
    """Time of it without a packet, sending preamble."""
    constant_carrier_ns: int = 0
    """Time of it without a packet and without preamble: constant 0 or 1."""
    packets_sent: int = 0
    truncated_frames: int = 0
    """Packets under way when the chip left TX."""
    underruns: int = 0
    """Packets whose next byte was not there in time."""
    packets_received: int = 0
    overruns: int = 0
    refused_length: int = 0
    refused_address: int = 0
    crc_errors: int = 0
    timeouts: int = 0
    pll_failures: int = 0


@dataclass(slots=True)
class State:
    """One chip's insides.

    flags: those of RegIrqFlags1 and 2 that are latched, without the FIFO's own.
    frf_hz: carrier in use. changed: called after every change that a pin may show.
    """

    clock: VirtualClock
    air: Air
    name: str
    dice: Random
    high_power: bool = False
    version: int = int(Reg.VERSION.reset)
    regs: bytearray = field(default_factory=reset_values)
    fifo: Fifo = field(default_factory=Fifo)
    flags: int = 0
    frf_hz: float = 0.0
    stats: Statistics = field(default_factory=Statistics)
    changed: Callable[[], None] = lambda: None
    emptied: Callable[[], None] = lambda: None
    """Called when the FIFO has become empty."""

    def reset(self) -> None:
        """Registers and flags as after a reset."""
        self.regs[:] = reset_values()
        self.regs[Reg.VERSION] = self.version
        self.fifo.clear()
        self.fifo.threshold = self.regs[Reg.FIFOTHRESH] & 0x7F
        self.flags = 0
        self.frf_hz = settings.frequency_hz(self.regs)

    @property
    def now_ns(self) -> int:
        """Time of the clock."""
        return self.clock.now_ns

    @property
    def all_flags(self) -> int:
        """Both flag registers as a reader sees them."""
        return self.flags | self.fifo.flags

    def raise_flags(self, mask: int) -> None:
        """Set flags."""
        self.flags |= mask
        self.changed()

    def drop_flags(self, mask: int) -> None:
        """Clear flags."""
        self.flags &= ~mask
        self.changed()

    def clear_fifo(self) -> None:
        """Empty the FIFO, and everything that lasts as long as it has content."""
        had = bool(self.fifo.data)
        self.fifo.clear()
        if had:
            self.emptied()
        self.changed()
