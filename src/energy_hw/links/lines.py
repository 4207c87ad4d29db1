"""GPIO lines that are only driven: all that a board without SPI needs."""

from __future__ import annotations

import importlib
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Any, Protocol
from urllib.parse import parse_qsl

from energy_hw.errors import ConfigError, LinkBusy, LinkClosed, LinkError
from energy_hw.links.board import _rpi_gpio
from energy_hw.links.clock import Clock, SystemClock


class Lines(Protocol):
    """Outputs, by BCM number. Thread safety: one thread at a time."""

    name: str
    clock: Clock

    def set(self, high: Collection[int]) -> None:
        """These high, all others low. Raises LinkError."""

    def sleep(self, seconds: float) -> None:
        """Let at least so much of the clock's time pass."""

    def close(self) -> None:
        """All low, released. May be called twice."""


class RpiGpioLines:
    """Through the RPi.GPIO module, whether RPi.GPIO or rpi-lgpio provides it."""

    def __init__(self, numbers: Sequence[int]) -> None:
        """Raises LinkBusy, or LinkError with the remedy: without these lines the board can do nothing."""
        self.name = "RPi.GPIO"
        self.clock: Clock = SystemClock()
        self._numbers = tuple(numbers)
        self._gpio = _rpi_gpio()
        if self._gpio is None:
            raise LinkError("expected the RPi.GPIO module, found none that works here: apt install python3-rpi-lgpio")
        try:
            self._set_up(self._gpio)
        except Exception as error:  # lgpio.error derives from nothing narrower
            self.close()
            raise _refused(error) from error

    def _set_up(self, gpio: Any) -> None:
        gpio.setwarnings(False)  # its warning is about a process that ended without cleaning up
        gpio.setmode(gpio.BCM)
        for number in self._numbers:
            gpio.setup(number, gpio.OUT, initial=gpio.LOW)

    def set(self, high: Collection[int]) -> None:
        if self._gpio is None:
            raise LinkClosed("the GPIO lines are released: open the board again")
        for number in self._numbers:
            self._gpio.output(number, number in high)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def close(self) -> None:
        gpio, self._gpio = self._gpio, None
        if gpio is not None:
            with suppress(Exception):  # lines that were never taken
                gpio.output(list(self._numbers), False)
            with suppress(Exception):
                gpio.cleanup(list(self._numbers))


def open_lines(device: str) -> Lines:
    """The lines behind `sim:...`, options as in a URL: `sim:ener314?speed=20`. Raises ConfigError.

    The simulator is found by name, not by import, so that no driver knows it.
    """
    simulator = importlib.import_module("energy_hw.sim.encoder")
    name, _, query = device.partition("?")
    try:
        options = {key: float(value) for key, value in parse_qsl(query, strict_parsing=bool(query))}
        lines: Lines = simulator.open_lines(name, **options)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"expected something like sim:ener314?speed=20, got {device!r}: {error}") from None
    return lines


def _refused(error: Exception) -> LinkError:
    if "busy" in str(error).lower():
        return LinkBusy(f"a GPIO line of the ENER314 is held by another process ({error}): `gpioinfo` lists all lines")
    return LinkError(f"expected to drive the GPIO lines, RPi.GPIO says {error}: is this user in the group gpio?")
