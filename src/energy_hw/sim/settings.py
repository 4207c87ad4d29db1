"""What register values mean: rates, frequencies, powers, times. Pure functions of the register file.

Source: SX1231 data sheet, chapters 3.3 to 3.5, 4.2 and 6.
"""

from __future__ import annotations

from typing import NamedTuple

from energy_hw.sim import chips as coding
from energy_hw.sim.hearing import Modulation
from energy_hw.sim.registers import Reg

FXOSC_HZ = 32_000_000
FSTEP_HZ = FXOSC_HZ / 2**19

# PaRamp in microseconds, by the low nibble of RegPaRamp.
PA_RAMP_US = (3400, 2000, 1000, 500, 250, 125, 100, 62, 50, 40, 31, 25, 20, 15, 12, 10)

CRYSTAL_NS = 250_000
PLL_NS = 80_000
RX_START_NS = 400_000
NO_OUTPUT_DBM = -100.0


def word(regs: bytearray, high: int) -> int:
    """Two registers, high byte first."""
    return regs[high] << 8 | regs[high + 1]


def modulation(regs: bytearray) -> Modulation:
    """FSK or OOK."""
    return Modulation.OOK if regs[Reg.DATAMODUL] & 0x18 == 0x08 else Modulation.FSK


def chip_ns(regs: bytearray) -> float:
    """One chip: the data sheet's bit time, before Manchester coding."""
    return max(word(regs, Reg.BITRATEMSB), 1) * 1e9 / FXOSC_HZ


def frequency_hz(regs: bytearray) -> float:
    """Carrier as the three bytes say, whether they are in use or not."""
    return (regs[Reg.FRFMSB] << 16 | word(regs, Reg.FRFMID)) * FSTEP_HZ


def deviation_hz(regs: bytearray) -> float:
    """Frequency deviation of one chip."""
    return word(regs, Reg.FDEVMSB) * FSTEP_HZ


def bandwidth_hz(regs: bytearray) -> float:
    """Single-side bandwidth of the channel filter: 0x43 is 62.5 kHz in FSK, 0x41 is 125 kHz in OOK."""
    value = regs[Reg.RXBW]
    mantissa = (16, 20, 24, 24)[value >> 3 & 3]
    shift = 3 if modulation(regs) is Modulation.OOK else 2
    return FXOSC_HZ / (mantissa << (value & 7) + shift)


def tx_start_ns(regs: bytearray) -> int:
    """From PLL lock to ModeReady in TX: 5 us + half a bit, and in FSK 1.25 ramps. Data sheet, 4.2.1."""
    ramp = 0 if modulation(regs) is Modulation.OOK else 1250 * PA_RAMP_US[regs[Reg.PARAMP] & 15]
    return 5000 + ramp + round(chip_ns(regs) / 2)


def rx_start_ns(regs: bytearray) -> int:
    """From PLL lock to ModeReady in RX: 1.7 ms at 10 kHz as in the data sheet, 0.6 ms at 62.5 kHz."""
    return RX_START_NS + round(13e9 / bandwidth_hz(regs))


def rssi_ns(regs: bytearray) -> int:
    """One RSSI measurement."""
    return round(2e9 / bandwidth_hz(regs))


def power_dbm(regs: bytearray, high_power: bool) -> float:
    """Output at the antenna. An RFM69W has it on PA0, an HCW on PA1 and PA2: the other amplifier sends nothing."""
    value = regs[Reg.PALEVEL]
    amplifiers, level = value >> 5, value & 31
    if not high_power:
        return level - 18.0 if amplifiers & 4 else NO_OUTPUT_DBM
    if amplifiers & 3 == 3:
        boosted = (regs[Reg.TESTPA1], regs[Reg.TESTPA2]) == (0x5D, 0x7C) and not regs[Reg.OCP] & 0x10
        return level - (11.0 if boosted else 14.0)
    return max(level, 16) - 18.0 if amplifiers & 2 else NO_OUTPUT_DBM


class Packet(NamedTuple):
    """How the packet handler cuts and joins, taken when a packet starts."""

    variable: bool
    manchester: bool
    crc: bool
    keep_bad: bool
    filter: int
    """0 none, 1 node address, 2 node and broadcast address."""
    length: int
    sync: str
    """The sync word in chips, empty if it is off."""
    tolerance: int
    preamble: int
    """Preamble bytes to send."""
    fill: bool
    """FifoFillCondition: what comes goes into the FIFO without a sync word."""

    @property
    def unlimited(self) -> bool:
        """No length at all: the packet ends when somebody ends it."""
        return not self.variable and self.length == 0

    @property
    def streams(self) -> bool:
        """Received without a beginning and without an end."""
        return self.unlimited and self.fill and not self.sync

    @property
    def chips_per_byte(self) -> int:
        """Chips of one payload byte."""
        return 16 if self.manchester else 8


def packet(regs: bytearray) -> Packet:
    """The packet format that the registers ask for."""
    config, sync = regs[Reg.PACKETCONFIG1], regs[Reg.SYNCCONFIG]
    size = (sync >> 3 & 7) + 1 if sync & 0x80 else 0
    return Packet(
        variable=bool(config & 0x80),
        manchester=config & 0x60 == 0x20,
        crc=bool(config & 0x10),
        keep_bad=bool(config & 0x08),
        filter=config >> 1 & 3,
        length=regs[Reg.PAYLOADLEN],
        sync=coding.from_bytes(bytes(regs[Reg.SYNCVALUE1 : Reg.SYNCVALUE1 + size])),
        tolerance=sync & 7,
        preamble=word(regs, Reg.PREAMBLEMSB),
        fill=bool(sync & 0x40),
    )
