"""A radio board: a bus, the pins around it, and a clock, as one thing with a name.

Wiring. Sources: pyenergenie drv/radio.c (ENER314-RT), Adafruit's RFM69 bonnet
examples, the rpi-rfm69 README. BCM numbers; NSS is the node's chip select.
"""

from __future__ import annotations

import importlib
import logging
import os
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qsl

from energy_hw.errors import ConfigError
from energy_hw.links.clock import Clock, SystemClock
from energy_hw.links.spi import SpiBus, SpidevBus

logger = logging.getLogger(__name__)


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
    names: Mapping[int, str] = field(default_factory=dict)
    """What a simulated house calls its sensors; empty on a real board."""
    simulated: bool = False
    devices: tuple[tuple[str, str, str], ...] = ()
    """Name, device id and SKU of what a simulated house has; empty on a real board."""

    def close(self) -> None:
        """Release lines and node, in this order: the LEDs go out while the chip still listens."""
        self.pins.close()
        self.spi.close()

    def __enter__(self) -> Board:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def open_board(device: str, wiring: Wiring, speed_hz: int = 4_000_000) -> Board:
    """A board through the spidev and RPi.GPIO packages; see SpidevBus and RpiGpioPins for what they raise."""
    spi = SpidevBus(device, speed_hz)
    try:
        pins = RpiGpioPins(wiring)
    except BaseException:
        spi.close()
        raise
    return Board(f"{wiring.name} on {device}", spi, pins, SystemClock())


def open_bus(device: str) -> Board:
    """The board behind `sim:...`, options as in a URL: `sim:house?speed=20&seed=3`.

    The simulator is found by name, not by import, so that no driver knows it. Raises ConfigError.
    """
    simulator = importlib.import_module("energy_hw.sim.board")
    name, _, query = device.partition("?")
    try:
        options = {key: float(value) for key, value in parse_qsl(query, strict_parsing=bool(query))}
        board: Board = simulator.open_board(name, **options)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"expected something like sim:house?speed=20, got {device!r}: {error}") from None
    return board


class RpiGpioPins:
    """Lines through the RPi.GPIO module, whether RPi.GPIO or rpi-lgpio provides it.

    Where neither can be used the radio still works: it is loaded without a reset
    pulse and polled instead of awaited. That is logged once, with the remedy.
    """

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._awake = threading.Event()
        self._rose = False
        self._gpio = _rpi_gpio()
        self.has_dio0 = False
        if self._gpio is not None:
            self._try_set_up(self._gpio)
        self.has_reset = self._gpio is not None and wiring.reset is not None

    def _try_set_up(self, gpio: Any) -> None:
        """Take the lines; without them where that fails: no root, a Pi 5 with RPi.GPIO, a line that another holds."""
        try:
            self._set_up(gpio)
        except Exception as error:  # lgpio.error derives from nothing narrower
            logger.warning("no RESET, LEDs or DIO0, the radio works without them: RPi.GPIO says %s", error)
            self.has_dio0 = False
            self.close()

    def _set_up(self, gpio: Any) -> None:
        gpio.setwarnings(False)  # its warning is about a process that ended without cleaning up
        gpio.setmode(gpio.BCM)
        for line in self._outputs():
            gpio.setup(line, gpio.OUT, initial=gpio.LOW)
        if self._wiring.dio0 is not None:
            self.has_dio0 = self._watch(gpio, self._wiring.dio0)

    def _watch(self, gpio: Any, line: int) -> bool:
        """Ask for edges on DIO0; False where this module and kernel cannot give them."""
        gpio.setup(line, gpio.IN)
        try:
            gpio.add_event_detect(line, gpio.RISING, callback=self._rise)
        except RuntimeError as error:
            logger.warning("no edges on GPIO%d (%s): polling instead; rpi-lgpio gives edges", line, error)
            return False
        return True

    def _outputs(self) -> list[int]:
        lines = (self._wiring.reset, self._wiring.led_receive, self._wiring.led_transmit)
        return [line for line in lines if line is not None]

    def reset(self, high: bool) -> None:
        if self._gpio is not None and self._wiring.reset is not None:
            self._gpio.output(self._wiring.reset, high)

    def leds(self, receive: bool, transmit: bool) -> None:
        for line, lit in ((self._wiring.led_receive, receive), (self._wiring.led_transmit, transmit)):
            if self._gpio is not None and line is not None:
                self._gpio.output(line, lit)

    def _rise(self, _line: int) -> None:
        """Called by RPi.GPIO, in a thread of its own."""
        self._rose = True
        self._awake.set()

    def wait(self, timeout_s: float) -> bool:
        self._awake.wait(timeout_s)
        self._awake.clear()
        rose, self._rose = self._rose, False
        return rose

    def wake(self) -> None:
        self._awake.set()

    def close(self) -> None:
        gpio, self._gpio = self._gpio, None
        if gpio is not None:
            with suppress(Exception):  # lines that were never taken
                gpio.cleanup([*self._outputs(), *([self._wiring.dio0] if self._wiring.dio0 is not None else [])])


def _rpi_gpio() -> Any:
    """The RPi.GPIO module, or None where it is missing or refuses this machine."""
    os.environ.setdefault("LG_WD", tempfile.gettempdir())  # rpi-lgpio's lgpio makes a FIFO in its working directory
    try:
        import RPi.GPIO
    except (ImportError, RuntimeError) as error:
        logger.warning("no RESET, LEDs or DIO0 without RPi.GPIO (%s): apt install python3-rpi-lgpio", error)
        return None
    return RPi.GPIO
