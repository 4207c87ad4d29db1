"""OOK without packets: the demodulator's output, bit by bit into the FIFO.

Source: SX1231 data sheet, chapter 3.4.12 (OOK demodulator, peak mode) and 5.5.2.3: packets
without end and without a sync word fill the FIFO as long as FifoFillCondition is set.

The slicer's threshold is 6 dB below the last peak. It falls by a step every so many bits, down
to a floor some dB above the noise, where the noise itself gets through now and then. How the
bit synchroniser places its samples no source says: here in the middle of each bit.
"""

from __future__ import annotations

from random import Random

from energy_hw.sim import settings
from energy_hw.sim.air import Hearing, Modulation, Transmission
from energy_hw.sim.registers import Reg
from energy_hw.sim.state import State

BELOW_PEAK_DB = 6.0
NOISE_SPREAD_DB = 3.0
"""Of the noise, sample by sample: 2 in 100 pass a floor 6 dB above it."""
STEPS_DB = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0)
DECREMENTS_PER_BIT = (1.0, 0.5, 0.25, 0.125, 2.0, 4.0, 8.0, 16.0)


class Stream:
    """Bits from since_ns on, while the registers ask for them.

    Thread safety: with the clock's lock held, as everything of the chip.
    """

    def __init__(self, state: State, since_ns: int) -> None:
        peak = state.regs[Reg.OOKPEAK]
        if peak & 0xC0 != 0x40:
            raise NotImplementedError("of the OOK thresholds only the peak one is simulated")
        self._state, self._since_ns = state, since_ns
        self._chip_ns = settings.chip_ns(state.regs)
        self._fall_db = STEPS_DB[peak >> 3 & 7] * DECREMENTS_PER_BIT[peak & 7]
        self._threshold_dbm = -200.0
        self._hearings: dict[Transmission, Hearing] = {}
        self._bits = self._count = 0
        self._dice = Random(f"{state.air.seed}/{state.name}/{since_ns}/stream")

    def follow(self, sent: Transmission) -> None:
        """Something to hear started, or goes on."""
        if sent not in self._hearings:
            self._hearings[sent] = Hearing(self._state.air, sent, self._state.name)

    def forget(self, sent: Transmission) -> None:
        """It is over."""
        self._hearings.pop(sent, None)

    def arrive(self, now_ns: int) -> None:
        """Take the bits that are over by now."""
        fifo, whole = self._state.fifo, int((now_ns - self._since_ns) / self._chip_ns)
        lost = fifo.overrun
        while self._count < whole:
            if fifo.overrun:
                self._count = whole - whole % 8  # a full FIFO takes nothing: what comes is lost
                break
            self._take(self._since_ns + round((self._count + 0.5) * self._chip_ns))
        self._state.stats.overruns += fifo.overrun and not lost
        fifo.settle()

    def _take(self, at_ns: int) -> None:
        self._bits = self._bits << 1 & 0xFF | self._slice(self._level_dbm(at_ns))
        self._count += 1
        if self._count % 8 == 0:
            self._state.fifo.push(self._bits)

    def _level_dbm(self, at_ns: int) -> float:
        """What the demodulator sees: the strongest carrier that is on, or the noise."""
        noise = self._state.air.noise_dbm + self._dice.gauss(0.0, NOISE_SPREAD_DB)
        return max(
            (level for hearing in self._hearings.values() if (level := self._carrier(hearing, at_ns))), default=noise
        )

    def _carrier(self, hearing: Hearing, at_ns: int) -> float | None:
        """Its level if it is on at this time."""
        sent = hearing.transmission
        if sent.modulation is Modulation.NOISE:
            return hearing.rssi_dbm if self._dice.random() < 0.5 else None
        chip = int((at_ns - sent.start_ns) / sent.chip_ns)
        on = 0 <= chip < len(sent.chips) and hearing.chips(chip + 1)[chip] == "1"
        return hearing.rssi_dbm if on else None

    def _slice(self, level_dbm: float) -> int:
        floor = self._state.air.noise_dbm + self._state.regs[Reg.OOKFIX]
        bit = level_dbm > self._threshold_dbm
        self._threshold_dbm = max(self._threshold_dbm - self._fall_db, level_dbm - BELOW_PEAK_DB, floor)
        return int(bit)
