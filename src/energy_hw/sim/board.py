"""A simulated board: the bus and the pins between a driver and a simulated chip.

    with sim_board(dio0=False, jitter_s=0.004, seed=3) as board:   # a links.board.Board, and more
        radio = core.radio(board)
        board.air.send_fsk(...)
        board.chip.statistics.underruns

`open_board("sim:")` is the same by name; "sim:house" has a house around it (house.py).
Time passes on the bus: 2 us a byte at 4 MHz, and what a system call costs.

Thread safety: as links.spi and links.board say; one thread drives, any thread may wake().
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from energy_hw.errors import ConfigError, LinkClosed, LinkError
from energy_hw.links.board import Board
from energy_hw.sim.air import Air
from energy_hw.sim.clock import SECOND, RealTimeClock, VirtualClock
from energy_hw.sim.rfm69 import Chip

EIO = 5
SPI_HZ = 4_000_000


class Host:
    """The computer's share of being late: scheduling jitter at every sleep, and stalls when told so.

    jitter_s: each sleep and wait takes longer by 0 to this, evenly distributed.
    """

    def __init__(self, clock: VirtualClock, jitter_s: float = 0.0, seed: int = 0) -> None:
        self.clock = clock
        self.jitter_s = jitter_s
        self._dice = Random(f"{seed}/host")
        self._stall_ns = 0

    def stall(self, seconds: float) -> None:
        """The thread stands still this long, the next time it does anything."""
        self._stall_ns += round(seconds * SECOND)

    def sleep(self, ns: int) -> None:
        """Sleep at least ns."""
        self.clock.advance(ns + self.late_ns())

    def late_ns(self) -> int:
        """How much longer a sleep takes this time."""
        return round(self._dice.uniform(0, self.jitter_s) * SECOND) if self.jitter_s else 0

    def work(self) -> None:
        """The thread is about to do something: stand still first if it must."""
        stall_ns, self._stall_ns = self._stall_ns, 0
        if stall_ns:
            self.clock.advance(stall_ns)


class SimBus:
    """links.spi.SpiBus over a simulated chip.

    overhead_us: what each transfer() costs beyond the bytes. messages: how many there were.
    errors, short: how many of the next ones fail with EIO, or come back one byte short.
    """

    def __init__(self, chip: Chip, host: Host, name: str = "sim:", overhead_us: float = 20.0) -> None:
        self.name = name
        self.chip = chip
        self.overhead_us = overhead_us
        self.messages = 0
        self.errors = 0
        self.short = 0
        self._host = host
        self._closed = False

    def transfer(self, frames: Sequence[bytes]) -> list[bytes]:
        """Exchange each frame under an NSS of its own. Raises LinkClosed, or LinkError where a fault says so."""
        self._host.work()
        if self._closed:
            raise LinkClosed(f"{self.name} was closed")
        self.messages += 1
        clock = self.chip.clock
        clock.advance(round(self.overhead_us * 1000))
        if self.errors > 0:
            self.errors -= 1
            raise LinkError(EIO, f"{self.name}: SPI transfer failed: input/output error")
        return self._cut([self._exchange(frame) for frame in frames])

    def sleep_us(self, us: int) -> None:
        """Sleep at least us microseconds of simulated time."""
        self._host.work()
        self._host.sleep(us * 1000)

    def close(self) -> None:
        """Release the bus."""
        self._closed = True

    def _exchange(self, frame: bytes) -> bytes:
        self.chip.clock.advance(len(frame) * 8 * SECOND // SPI_HZ)
        return self.chip.transfer(frame)

    def _cut(self, answers: list[bytes]) -> list[bytes]:
        if self.short > 0 and answers:
            self.short -= 1
            answers[-1] = answers[-1][:-1]
        return answers


class SimPins:
    """links.board.Pins over a simulated chip.

    lose_edges: how many of the next DIO0 edges get lost; edge_loss: share of all that do.
    leds_lit: (receive, transmit).
    wakeups: how often wait() returned; edges: rising edges delivered.
    """

    def __init__(
        self, chip: Chip, host: Host, *, has_reset: bool = True, has_dio0: bool = True, edge_loss: float = 0.0
    ) -> None:
        self.has_reset = has_reset
        self.has_dio0 = has_dio0
        self.edge_loss = edge_loss
        self.lose_edges = 0
        self.leds_lit = (False, False)
        self.wakeups = 0
        self.edges = 0
        self._chip = chip
        self._host = host
        self._dice = Random(f"{chip.name}/edges")
        self._risen = False
        self._woken = False
        if has_dio0:
            chip.on_dio(self._edge, lines=(0,))

    def reset(self, high: bool) -> None:
        """Drive RESET, where it is wired."""
        if self.has_reset:
            self._chip.reset_pin(high)

    def leds(self, receive: bool, transmit: bool) -> None:
        """Remember which LEDs are lit."""
        self.leds_lit = (receive, transmit)

    def wait(self, timeout_s: float) -> bool:
        """Let time pass until DIO0 rises (True), wake() or the time-out (False). An earlier edge counts."""
        self._host.work()
        self._chip.clock.wait(round(timeout_s * SECOND), lambda: self._risen or self._woken)
        if late := self._host.late_ns():
            self._chip.clock.advance(late)
        self.wakeups += 1
        if self._woken:  # cleared only when seen: another thread may set it right now
            self._woken = False
        risen = self._risen
        if risen:
            self._risen = False
        return risen

    def wake(self) -> None:
        """End a wait(), from any thread."""
        self._woken = True
        self._chip.clock.wake()

    def close(self) -> None:
        """The LEDs go out."""
        self.leds_lit = (False, False)

    def _edge(self, _line: int, level: bool) -> None:
        if not level:
            return
        if self.lose_edges > 0:
            self.lose_edges -= 1
        elif not self.edge_loss or self._dice.random() >= self.edge_loss:
            self.edges += 1
            self._risen = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SimBoard(Board):
    """A Board whose insides are open to tests: chip, air, host, and the narrower types of the rest."""

    spi: SimBus
    pins: SimPins
    clock: VirtualClock
    chip: Chip
    host: Host

    @property
    def air(self) -> Air:
        """The air around the chip."""
        return self.chip.air


def sim_board(
    *,
    clock: VirtualClock | None = None,
    air: Air | None = None,
    name: str = "sim:",
    chip_name: str = "gateway",
    seed: int = 0,
    speed: float | None = None,
    dio0: bool = True,
    reset: bool = True,
    high_power: bool = False,
    jitter_s: float = 0.0,
    edge_loss: float = 0.0,
    overhead_us: float = 20.0,
    names: Mapping[int, str] | None = None,
    devices: tuple[tuple[str, str, str], ...] = (),
) -> SimBoard:
    """A board with a chip on the air, which is empty unless one is given.

    chip_name: what it is called on the air; two boards on one air need two names.
    speed: None for virtual time, else how many times as fast as the wall clock. names, devices: see Board.
    """
    if clock is None:
        clock = air.clock if air else VirtualClock() if speed is None else RealTimeClock(speed)
    chip = Chip(clock, air, name=chip_name, seed=seed, high_power=high_power)
    host = Host(clock, jitter_s, seed)
    pins = SimPins(chip, host, has_reset=reset, has_dio0=dio0, edge_loss=edge_loss)
    bus = SimBus(chip, host, name, overhead_us)
    return SimBoard(
        name=name,
        spi=bus,
        pins=pins,
        clock=clock,
        names=names or {},
        simulated=True,
        devices=devices,
        chip=chip,
        host=host,
    )


def open_board(device: str, **options: Any) -> Board:
    """The board of a device `sim:` (empty air) or `sim:house`. options: those of sim_board() or sim.house.open_house().

    Raises ConfigError for another name.
    """
    if device == "sim:":
        return sim_board(**options)
    if device == "sim:house":
        board: Board = importlib.import_module("energy_hw.sim.house").open_house(**options)
        return board
    raise ConfigError(f"{device} is not simulated: expected `sim:` or `sim:house`")
