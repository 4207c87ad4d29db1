"""A radio board: a bus, the pins around it, and a clock, as one thing with a name.

Wiring. Sources: pyenergenie drv/radio.c (ENER314-RT), Adafruit's RFM69 bonnet
examples, the rpi-rfm69 README. BCM numbers; NSS is the node's chip select.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Protocol

from energy_hw.links.clock import Clock
from energy_hw.links.spi import SpiBus


class Pins(Protocol):
    """The lines beside SPI: RESET, two LEDs, DIO0.

    Thread safety: one thread at a time, except wake(), which any thread may call.
    """

    has_reset: bool
    has_dio0: bool

    def reset(self, high: bool) -> None:
        """Drive RESET; nothing happens where it is not wired."""

    def leds(self, receive: bool, transmit: bool) -> None:
        """Light the green (receive) and red (transmit) LED, where there are any."""

    def wait(self, timeout_s: float) -> bool:
        """Sleep until DIO0 rises (True), wake() is called or timeout_s is over (False).

        True also when edges were lost: look at the chip's flags, never at this alone.
        """

    def wake(self) -> None:
        """End the wait() under way, or the next one."""

    def close(self) -> None:
        """Release the lines; the LEDs go out. May be called twice."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """Where a board's lines are, as BCM numbers; None is "not wired"."""

    name: str
    reset: int | None
    dio0: int | None = None
    led_receive: int | None = None
    led_transmit: int | None = None
    high_power: bool = False


# fmt: off
WIRINGS = {wiring.name: wiring for wiring in (
    #      name         RESET DIO0  green red  HCW
    Wiring("ener314-rt", 25,  None, 27,   22,  False),  # no source shows a DIO on its header
    Wiring("bonnet",     25,  22,   None, None, True),   # Adafruit RFM69HCW radio bonnet
    Wiring("rpi-rfm69",  5,   24,   None, None, False),  # default wiring of that library
    Wiring("bare",       None, None, None, None, False),  # SPI only
)}
# fmt: on


@dataclass(frozen=True, slots=True)
class Board:
    """A bus, its pins and its clock. A context manager; close() may be called twice."""

    name: str
    spi: SpiBus
    pins: Pins
    clock: Clock

    def close(self) -> None:
        """Release lines and node, in this order: the LEDs go out while the chip still listens."""
        self.pins.close()
        self.spi.close()

    def __enter__(self) -> Board:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def open_bus(device: str, **options: object) -> Board:
    """The board behind a device that starts with `sim:`; the simulator is found by name, not by import."""
    simulator = importlib.import_module("energy_hw.sim.board")
    board: Board = simulator.open_board(device, **options)
    return board
