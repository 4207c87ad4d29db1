"""An RFM69 (SX1231) at register level: SPI, RESET and DIO lines outside, mode machine and modem inside.

    chip = Chip(clock, Air(clock))
    chip.transfer(bytes([0x10, 0]))          # read RegVersion: b"\\x00\\x24"

Written from the SX1231 data sheet alone. What it does not simulate it refuses with
NotImplementedError when it is switched on: Listen mode, AES, whitening, continuous mode.
Nothing is received without a sync word, noise is never taken for one, AfcAuto does nothing,
and of several transmissions the receiver stays with the one whose sync word it saw first.

Thread safety: every public method takes the clock's lock; DIO callbacks run with it held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random

from energy_hw.errors import LinkError
from energy_hw.sim.air import Air, Transmission
from energy_hw.sim.automodes import AutoModes
from energy_hw.sim.clock import Event, VirtualClock
from energy_hw.sim.dio import Dio
from energy_hw.sim.fifo import Fifo
from energy_hw.sim.measure import Measure
from energy_hw.sim.modes import Modes
from energy_hw.sim.port import Port
from energy_hw.sim.registers import Reg
from energy_hw.sim.rx import Receiver
from energy_hw.sim.state import State, Statistics
from energy_hw.sim.tx import Transmitter

RESET_PULSE_NS = 100_000
RESET_WAIT_NS = 5_000_000
POWER_ON_NS = 10_000_000


class Chip:
    """One RFM69 on the air.

    high_power: an RFM69HCW, whose antenna is on PA1 and PA2. miso: None, or the level (0x00, 0xFF) at which the
    line is stuck. absent: no chip, transfer() raises LinkError.
    """

    def __init__(
        self,
        clock: VirtualClock,
        air: Air | None = None,
        *,
        name: str = "rfm69",
        seed: int = 0,
        high_power: bool = False,
    ) -> None:
        self.clock = clock
        self.air = air or Air(clock, seed)
        self.name = name
        self.miso: int | None = None
        self.absent = False
        self._state = State(clock, self.air, name, Random(f"{seed}/{name}"), high_power)
        self.transmitter = Transmitter(self._state)
        self.receiver = Receiver(self._state, self._watches_bytes)
        self.modes = Modes(self._state, self.transmitter, self.receiver)
        self.measure = Measure(self._state, self.receiver)
        self._dio = Dio(self._state, lambda: self.modes.mode)
        self._auto = AutoModes(self._state, self.modes)
        self._reset_due: Event | None = None
        self._in_reset = False
        self._silent_until_ns = 0
        self._state.emptied = self.receiver.fifo_emptied
        self._state.changed = self._changed
        self._port = Port(self._state, self.modes, self.receiver, self.measure)
        self.air.attach(self)
        self.brown_out()

    @property
    def statistics(self) -> Statistics:
        """What happened so far. Alive: copy what should stay."""
        return self._state.stats

    @property
    def fifo(self) -> Fifo:
        """The FIFO, to look at."""
        return self._state.fifo

    def transfer(self, frame: bytes) -> bytes:
        """One access under NSS: address, bit 7 set to write, then data. What came back, byte for byte.

        The address goes up with every byte, except at 0x00, the FIFO. A write answers with the old value.
        """
        with self.clock.lock:
            self.clock.pump()
            self._state.stats.spi_frames += 1
            self._state.stats.spi_bytes += len(frame)
            if self.absent:
                raise LinkError(f"{self.name}: no chip on the bus")
            answer = self._port.access(frame) if frame and not self._silent() else b"\xff" * len(frame)
            return answer if self.miso is None else bytes([self.miso]) * len(frame)

    def reset_pin(self, high: bool) -> None:
        """Drive RESET. High for 100 us resets; 5 ms after it is low again, SPI works."""
        with self.clock.lock:
            self.clock.pump()
            if high and self._reset_due is None:
                self._reset_due = self.clock.call_in(RESET_PULSE_NS, self._enter_reset)
            elif not high and self._reset_due is not None:
                self._reset_due.cancel()
                self._reset_due = None
                self._leave_reset()

    def power_cycle(self) -> None:
        """Off and on again: SPI works 10 ms later."""
        self.brown_out()
        self._silent_until_ns = self.clock.now_ns + POWER_ON_NS

    def brown_out(self) -> None:
        """Everything back to reset values at once, as a short dip of the supply does."""
        with self.clock.lock:
            self.clock.pump()
            self.modes.reset()

    def dio(self, line: int) -> bool:
        """Level of DIO0..DIO5."""
        with self.clock.lock:
            self.clock.pump()
            self.receiver.catch_up()
            return self._dio.level(line)

    def on_dio(self, callback: Callable[[int, bool], object], lines: Iterable[int] = range(6)) -> None:
        """callback(line, level) at every edge of the lines; it must not use the chip."""
        for line in lines:
            self._dio.watch(line, callback)

    def peek(self, register: int) -> int:
        """A register as a read would show it, without SPI and without effect on the FIFO."""
        with self.clock.lock:
            self.receiver.catch_up()
            return self._port.read(register) if register else 0

    def poke(self, register: int, value: int) -> None:
        """Change a register behind the host's back, as a disturbance does."""
        with self.clock.lock:
            self._state.regs[register] = value

    def set_version(self, version: int) -> None:
        """Be another chip: RegVersion says so from now on, resets included."""
        self._state.version = version
        self.poke(Reg.VERSION, version)

    def on_air(self, transmission: Transmission) -> None:
        """Told by the air."""
        self.receiver.on_air(transmission)

    def _silent(self) -> bool:
        return self._in_reset or self.clock.now_ns < self._silent_until_ns

    def _enter_reset(self) -> None:
        self.brown_out()
        self._in_reset = True
        self._state.stats.resets += 1

    def _leave_reset(self) -> None:
        if self._in_reset:
            self._in_reset = False
            self._silent_until_ns = self.clock.now_ns + RESET_WAIT_NS

    def _changed(self) -> None:
        self.transmitter.look()
        self._auto.refresh()
        self._dio.refresh()

    def _watches_bytes(self) -> bool:
        return self._auto.on or self._dio.watches_bytes()
