"""Faults by the clock: what breaks, and when.

    faults = Faults(board)
    faults.at(12.0, "brown_out")                # seconds of simulated time
    faults.at(30.0, "miso", level=0xFF)
    faults.at(31.0, "miso", level=None)         # and it works again
    faults.now("spi_error", count=2)

| fault          | arguments      | what happens |
|----------------|----------------|--------------|
| spi_error      | count=1        | the next transfers fail with EIO |
| short_transfer | count=1        | the next transfers come back one byte short |
| register_flip  | address, mask  | bits of a register change |
| brown_out      |                | every register back to its reset value, in the middle of everything |
| power_cycle    |                | the same, and 10 ms without an answer |
| miso           | level          | MISO stuck at 0x00 or 0xFF; None frees it |
| absent         | absent=True    | the bus says that nothing is there |
| version        | version        | another chip |
| stall          | ms             | the driver's thread stands still |
| pll            | count=1        | the PLL does not lock |
| packet_sent    | count=1        | PacketSent does not rise |
| edge           | count=1        | the next DIO0 edges get lost |
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from energy_hw.sim.board import SimBoard
from energy_hw.sim.clock import SECOND, Event


class Faults:
    """A script of faults for one board."""

    def __init__(self, board: SimBoard) -> None:
        self._board = board

    def at(self, seconds: float, fault: str, **arguments: Any) -> Event:
        """Let a fault happen at a time of the clock; cancel() the event to spare it. Raises KeyError if unknown."""
        return self._board.clock.call_at(round(seconds * SECOND), partial(FAULTS[fault], self._board, **arguments))

    def now(self, fault: str, **arguments: Any) -> None:
        """Let a fault happen now."""
        with self._board.clock.lock:
            self._board.clock.pump()
            FAULTS[fault](self._board, **arguments)


def spi_error(board: SimBoard, count: int = 1) -> None:
    """The next transfers fail."""
    board.spi.errors += count


def short_transfer(board: SimBoard, count: int = 1) -> None:
    """The next transfers come back short."""
    board.spi.short += count


def register_flip(board: SimBoard, address: int, mask: int) -> None:
    """Bits of a register change."""
    board.chip.poke(address, board.chip.peek(address) ^ mask)


def brown_out(board: SimBoard) -> None:
    """Reset values at once."""
    board.chip.brown_out()


def power_cycle(board: SimBoard) -> None:
    """Off and on."""
    board.chip.power_cycle()


def miso(board: SimBoard, level: int | None) -> None:
    """MISO gets stuck, or free."""
    board.chip.miso = level


def absent(board: SimBoard, absent: bool = True) -> None:
    """The chip is not there."""
    board.chip.absent = absent


def version(board: SimBoard, version: int) -> None:
    """Another chip."""
    board.chip.set_version(version)


def stall(board: SimBoard, ms: float) -> None:
    """The thread stands still."""
    board.host.stall(ms / 1000)


def pll(board: SimBoard, count: int = 1) -> None:
    """The PLL does not lock."""
    board.chip.modes.pll_faults += count


def packet_sent(board: SimBoard, count: int = 1) -> None:
    """PacketSent does not rise."""
    board.chip.transmitter.packet_sent_faults += count


def edge(board: SimBoard, count: int = 1) -> None:
    """Edges get lost."""
    board.pins.lose_edges += count


FAULTS: dict[str, Callable[..., None]] = {
    fault.__name__: fault
    for fault in (
        spi_error,
        short_transfer,
        register_flip,
        brown_out,
        power_cycle,
        miso,
        absent,
        version,
        stall,
        pll,
        packet_sent,
        edge,
    )
}
