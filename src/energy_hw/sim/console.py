"""A chip's registers by hand: what somebody with an SPI prompt would type.

    console = Console(Chip(VirtualClock()))
    console.write(Reg.OPMODE, RX)
    console.run(ms=2)
    console.has(flags.MODE_READY)

For tests of the simulator, and for trying out what a driver's author reports.
"""

from __future__ import annotations

from collections.abc import Iterable

from energy_hw.sim.air import Air
from energy_hw.sim.registers import Reg
from energy_hw.sim.rfm69 import Chip

SLEEP, STANDBY, FS, TX, RX = (mode << 2 for mode in range(5))
"""RegOpMode."""

# Registers of MiHome FSK reception and transmission, and of OOK transmission.
# Source: SX1231 data sheet for the meaning, Sentec OpenThings specification 1.02 for the values.
# fmt: off
FSK = (
    (0x02, 0x00), (0x03, 0x1A), (0x04, 0x0B), (0x05, 0x01), (0x06, 0xEC),  # 4800 chips/s, 30 kHz
    (0x07, 0x6C), (0x08, 0x93), (0x09, 0x33), (0x19, 0x43), (0x29, 0xE4),  # 434.3 MHz, 62.5 kHz, -114 dBm
    (0x2C, 0x00), (0x2D, 0x03), (0x2E, 0x88), (0x2F, 0x2D), (0x30, 0xD4),  # AA AA AA, 2D D4
    (0x37, 0xA2), (0x38, 0x41), (0x39, 0x04), (0x3C, 0x8F), (0x3D, 0x02),  # variable, Manchester, manufacturer 4
)
OOK = (
    (0x02, 0x08), (0x03, 0x1A), (0x04, 0x0B), (0x05, 0x00), (0x06, 0x00),
    (0x07, 0x6C), (0x08, 0x7A), (0x09, 0xE1), (0x19, 0x41),                # 433.92 MHz
    (0x2C, 0x00), (0x2D, 0x00), (0x2E, 0x00), (0x37, 0x00), (0x38, 0x10),  # one code of 16 bytes, as it is
    (0x3C, 0x8F),
)
# fmt: on


class Console:
    """Registers by name or address, and time by the millisecond."""

    def __init__(self, chip: Chip) -> None:
        self.chip = chip
        self.clock = chip.clock

    @property
    def air(self) -> Air:
        """The air around the chip."""
        return self.chip.air

    def write(self, register: int, *values: int) -> bytes:
        """Write from a register on; the old values."""
        return self.chip.transfer(bytes((register | 0x80, *values)))[1:]

    def read(self, register: int) -> int:
        """Read one register."""
        return self.chip.transfer(bytes((register, 0)))[1]

    def burst(self, register: int, count: int) -> bytes:
        """Read from a register on."""
        return self.chip.transfer(bytes((register,)) + bytes(count))[1:]

    def load(self, table: Iterable[tuple[int, int]]) -> None:
        """Write a table of registers and values."""
        for register, value in table:
            self.write(register, value)

    def fill(self, data: bytes) -> None:
        """Write to the FIFO."""
        self.write(Reg.FIFO, *data)

    def drain(self, count: int) -> bytes:
        """Read from the FIFO."""
        return self.burst(Reg.FIFO, count)

    def mode(self, mode: int, settle_ms: float = 5.0) -> None:
        """Change the mode and let it settle."""
        self.write(Reg.OPMODE, mode)
        self.run(settle_ms)

    def run(self, ms: float) -> None:
        """Let time pass."""
        self.clock.advance(round(ms * 1_000_000))

    def flags(self) -> int:
        """Both flag registers as one number, as in flags.py."""
        return int.from_bytes(self.burst(Reg.IRQFLAGS1, 2))

    def has(self, mask: int) -> bool:
        """Whether all these flags are set."""
        return self.flags() & mask == mask

    def until(self, mask: int, value: int, limit_ms: float = 400.0) -> float:
        """Poll every 50 us until the flags under the mask have the value; how many ms that took.

        Raises TimeoutError.
        """
        start = self.clock.now_ns
        while self.flags() & mask != value:
            self.run(0.05)
            if self.clock.now_ns - start > limit_ms * 1e6:
                raise TimeoutError(f"flags 0x{self.flags():04X}, expected 0x{value:04X} under 0x{mask:04X}")
        return (self.clock.now_ns - start) / 1e6
