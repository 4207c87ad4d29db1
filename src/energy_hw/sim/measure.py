"""What the chip measures when told to: frequency error, RSSI, its own temperature.

Source: SX1231 data sheet, chapters 3.5.6, 3.5.7, 3.5.9 and 3.4.8.
"""

from __future__ import annotations

from functools import partial

from energy_hw.sim import settings
from energy_hw.sim.air import Modulation
from energy_hw.sim.registers import Reg
from energy_hw.sim.rx import OFF, Receiver
from energy_hw.sim.state import State

TEMPERATURE_NS = 100_000
FEI_DONE, FEI_START, AFC_DONE, AFC_CLEAR, AFC_START = 0x40, 0x20, 0x10, 0x02, 0x01
RSSI_DONE, RSSI_START = 0x02, 0x01
TEMP_START, TEMP_RUNNING = 0x08, 0x04
DAGC_ON = 0x30


class Measure:
    """Starts measurements and files their results. `temperature_c` is what the chip feels."""

    def __init__(self, state: State, receiver: Receiver) -> None:
        self.temperature_c = 25
        self._state = state
        self._receiver = receiver

    def afc_fei(self, value: int) -> None:
        """RegAfcFei was written: clear the correction, or measure the frequency error (four bits long)."""
        regs = self._state.regs
        if value & AFC_CLEAR:
            regs[Reg.AFCMSB] = regs[Reg.AFCLSB] = 0
        for start, done, result in ((FEI_START, FEI_DONE, Reg.FEIMSB), (AFC_START, AFC_DONE, Reg.AFCMSB)):
            if value & start:
                regs[Reg.AFCFEI] &= ~done
                due = round(4 * settings.chip_ns(regs))
                self._state.clock.call_in(due, partial(self._file_error, done, int(result)))

    def rssi(self, value: int) -> None:
        """RegRssiConfig was written: measure once. With DAGC on the measurement never gets done."""
        regs = self._state.regs
        if value & RSSI_START and self._receiver.phase != OFF:
            regs[Reg.RSSICONFIG] &= ~RSSI_DONE
            if regs[Reg.TESTDAGC] != DAGC_ON:
                self._state.clock.call_in(settings.rssi_ns(regs), partial(self._done, Reg.RSSICONFIG, RSSI_DONE))

    def temperature(self, value: int) -> None:
        """RegTemp1 was written: measure for 100 us; a packet under way is lost."""
        if value & TEMP_START:
            self._state.regs[Reg.TEMP1] |= TEMP_RUNNING
            self._receiver.restart()
            self._state.clock.call_in(TEMPERATURE_NS, self._file_temperature)

    def _file_temperature(self) -> None:
        regs = self._state.regs
        if regs[Reg.TEMP1] & TEMP_RUNNING:
            regs[Reg.TEMP1] &= ~TEMP_RUNNING
            regs[Reg.TEMP2] = 166 - self.temperature_c & 0xFF  # falls by 1 per degC

    def _file_error(self, done: int, result: int) -> None:
        steps = round(self._error_hz() / settings.FSTEP_HZ)
        self._state.regs[result : result + 2] = steps.to_bytes(2, signed=True)
        self._done(Reg.AFCFEI, done)

    def _done(self, register: int, bit: int) -> None:
        self._state.regs[register] |= bit

    def _error_hz(self) -> float:
        """How far the strongest signal on the channel is off; without one, what noise looks like."""
        tuned, air = self._receiver.tuned_hz, self._state.air
        heard = [sent for sent in air.active if self._audible(sent.sender) and sent.on_channel(tuned)]
        meant = [sent for sent in heard if sent.modulation is not Modulation.NOISE]
        if self._receiver.phase == OFF or not meant:
            return self._state.dice.uniform(-0.5, 0.5) * settings.bandwidth_hz(self._state.regs)
        strongest = max(meant, key=lambda sent: air.received_dbm(sent, self._state.name))
        return strongest.frequency_hz - tuned

    def _audible(self, sender: str) -> bool:
        return sender != self._state.name
