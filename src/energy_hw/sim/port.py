"""The SPI side of the simulated chip: registers read and written, and what a write sets off.

Source: SX1231 data sheet, chapters 5.2.1 (SPI) and 6 (registers).
"""

from __future__ import annotations

from collections.abc import Callable

from energy_hw.sim import flags as f
from energy_hw.sim import settings
from energy_hw.sim.measure import Measure
from energy_hw.sim.modes import RX, SLEEP, Modes
from energy_hw.sim.registers import SIZE, WRITABLE, WRITE_ONLY, Reg
from energy_hw.sim.rx import OFF, Receiver
from energy_hw.sim.state import State


class Port:
    """What the host can reach."""

    def __init__(self, state: State, modes: Modes, receiver: Receiver, measure: Measure) -> None:
        self._state = state
        self._modes = modes
        self._receiver = receiver
        self._writers: dict[int, Callable[[int], None]] = {
            Reg.OPMODE: self._write_mode,
            Reg.DATAMODUL: self._write_data_mode,
            Reg.FRFLSB: self._write_frequency,
            Reg.AFCFEI: measure.afc_fei,
            Reg.RSSICONFIG: measure.rssi,
            Reg.IRQFLAGS1: self._write_flags_1,
            Reg.IRQFLAGS2: self._write_flags_2,
            Reg.PACKETCONFIG1: self._write_packet_config_1,
            Reg.PACKETCONFIG2: self._write_packet_config_2,
            Reg.FIFOTHRESH: self._write_threshold,
            Reg.TEMP1: measure.temperature,
        }

    def access(self, frame: bytes) -> bytes:
        """One frame of at least the address byte; the first byte of the answer means nothing."""
        self._receiver.catch_up()
        address, write = frame[0] & 0x7F, frame[0] & 0x80
        answer = bytearray(1)
        for byte in frame[1:]:
            answer.append(self._write(address, byte) if write else self.read(address))
            address = (address + 1) % SIZE if address else 0
        if write or address == Reg.FIFO:
            self._settle()
        return bytes(answer)

    def _settle(self) -> None:
        """NSS is released."""
        fifo = self._state.fifo
        emptied = fifo.not_empty and not fifo.data
        fifo.settle()
        if emptied:
            self._state.emptied()
        self._state.changed()

    def read(self, address: int) -> int:
        """A register as a read shows it; a byte taken out if it is the FIFO."""
        if address == Reg.FIFO:
            return self._read_fifo()
        if address == Reg.IRQFLAGS1:
            return self._state.flags >> 8
        if address == Reg.IRQFLAGS2:
            return self._state.all_flags & 0xFF
        if address == Reg.RSSIVALUE:
            return self._rssi() if self._receiver.phase != OFF else 0xFF
        return 0 if address in WRITE_ONLY else self._state.regs[address]

    def _read_fifo(self) -> int:
        byte = self._state.fifo.pop()
        self._state.stats.empty_reads += byte is None
        return byte or 0

    def _rssi(self) -> int:
        return min(max(round(-2 * self._receiver.rssi_dbm()), 0), 0xFF)

    def _write(self, address: int, value: int) -> int:
        """Write a register; its old value."""
        if address == Reg.FIFO:
            return self._write_fifo(value)
        old = self.read(address)
        mask = WRITABLE[address]
        self._state.regs[address] = self._state.regs[address] & ~mask | value & mask
        writer = self._writers.get(address)
        if writer is not None:
            writer(value)
        return old

    def _write_fifo(self, value: int) -> int:
        stats, fifo = self._state.stats, self._state.fifo
        if self._modes.mode in (SLEEP, RX):
            stats.ignored_writes += 1
            return 0
        overrun = fifo.overrun
        fifo.push(value)
        stats.overruns += fifo.overrun and not overrun
        return 0

    def _write_mode(self, value: int) -> None:
        """The sequencer goes where the mode bits say; switched off, it goes nowhere."""
        if value & 0x40:
            raise NotImplementedError("Listen mode is not simulated")
        mode = value >> 2 & 7
        if mode > RX:
            raise NotImplementedError(f"mode {mode} does not exist")
        if not value & 0x80:
            self._state.flags &= ~f.AUTO_MODE
            self._modes.go(mode)

    def _write_data_mode(self, value: int) -> None:
        if value & 0x60 or value & 0x18 not in (0x00, 0x08):
            raise NotImplementedError(f"RegDataModul 0x{value:02X}: only packet mode with FSK or OOK is simulated")

    def _write_frequency(self, value: int) -> None:
        """The three bytes are taken over together, when the last one is written."""
        self._state.frf_hz = settings.frequency_hz(self._state.regs)

    def _write_flags_1(self, value: int) -> None:
        if value & 0x08:
            self._state.flags &= ~f.RSSI

    def _write_flags_2(self, value: int) -> None:
        """Writing 1 to FifoOverrun empties the FIFO."""
        if value & f.FIFO_OVERRUN:
            self._state.clear_fifo()

    def _write_packet_config_1(self, value: int) -> None:
        if value & 0x40:
            raise NotImplementedError("whitening is not simulated")

    def _write_packet_config_2(self, value: int) -> None:
        if value & 0x01:
            raise NotImplementedError("AES is not simulated")
        if value & 0x04:
            self._receiver.restart()

    def _write_threshold(self, value: int) -> None:
        self._state.fifo.threshold = value & 0x7F
