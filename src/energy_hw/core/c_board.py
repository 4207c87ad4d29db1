"""A real board through the C core: /dev/spidevB.C, and the GPIO chip of the header by its label.

Source: csrc/spidev.c, csrc/gpiochip.c. No GPIO library is needed, and nothing goes through sysfs.
"""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from energy_hw._core import ffi, lib
from energy_hw.errors import LinkBusy, LinkClosed, LinkError, NodeMissing, OutOfRange
from energy_hw.links.board import Board, Wiring
from energy_hw.links.clock import SystemClock
from energy_hw.links.diagnose import explain_open

MAX_SPEED_HZ = 10_000_000


class NativeSpi:
    """links.spi.SpiBus over spidev.c; `handle` is for the C driver, which then needs no Python at all.

    Thread safety: one thread at a time.
    """

    def __init__(self, device: str, speed_hz: int = 4_000_000) -> None:
        """Open and lock the node. Raises SpiDisabled, NodeMissing, PermissionDenied, LinkBusy or LinkError."""
        if not 1 <= speed_hz <= MAX_SPEED_HZ:
            raise OutOfRange(f"expected an SPI clock of 1 Hz to 10 MHz, got {speed_hz} Hz", 1, MAX_SPEED_HZ)
        self.name = device
        handle = ffi.new("struct ehw_spi **")
        if lib.ehw_spi_open(os.fsencode(device), speed_hz, handle):
            raise explain_open(device, _os_error(device))
        self._handle = ffi.gc(handle[0], lib.ehw_spi_close)

    @property
    def handle(self) -> Any:
        """struct ehw_spi *. Raises LinkClosed."""
        if self._handle is None:
            raise LinkClosed(f"{self.name} is closed: open a new board")
        return self._handle

    def transfer(self, frames: Sequence[bytes]) -> list[bytes]:
        tx = b"".join(frames)
        rx = bytearray(len(tx))
        lengths = [len(frame) for frame in frames]
        if lib.ehw_spi_transfer(self.handle, tx, ffi.from_buffer("uint8_t *", rx), lengths, len(lengths)):
            raise LinkError(f"{self.name}: the transfer failed: {os.strerror(ffi.errno)}")
        return cut(bytes(rx), lengths)

    def sleep_us(self, us: int) -> None:
        lib.ehw_sleep_us(ffi.NULL, us)

    def close(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            ffi.release(handle)


class NativePins:
    """links.board.Pins over gpiochip.c. Thread safety: one thread at a time, except wake()."""

    def __init__(self, wiring: Wiring, label: str | None = None) -> None:
        """Request the lines. label: of the GPIO chip, by default that of a Raspberry Pi, up to the 5.

        Raises NodeMissing, PermissionDenied, LinkBusy (naming line and holder) or LinkError.
        """
        self._closing = threading.RLock()  # wake() may come from any thread, or a signal, while the board closes
        self.has_reset, self.has_dio0 = wiring.reset is not None, wiring.dio0 is not None
        handle, culprit = ffi.new("struct ehw_pins **"), ffi.new("struct ehw_culprit *")
        name = ffi.NULL if label is None else ffi.new("char[]", label.encode())
        lines = [_offset(line) for line in (wiring.reset, wiring.dio0, wiring.led_receive, wiring.led_transmit)]
        status = lib.ehw_pins_open(ffi.new("struct ehw_wiring *", [name, *lines]), handle, culprit)
        if status:
            raise _explain_pins(status, culprit, label)
        self._handle = ffi.gc(handle[0], lib.ehw_pins_close)

    @property
    def handle(self) -> Any:
        """struct ehw_pins *. Raises LinkClosed."""
        if self._handle is None:
            raise LinkClosed("the GPIO lines are released: open a new board")
        return self._handle

    @property
    def lost(self) -> int:
        """Edges that the kernel counted and dropped."""
        return int(lib.ehw_pins_lost(self.handle))

    def reset(self, high: bool) -> None:
        _check(lib.ehw_pins_reset(self.handle, high))

    def leds(self, receive: bool, transmit: bool) -> None:
        _check(lib.ehw_pins_leds(self.handle, receive, transmit))

    def wait(self, timeout_s: float) -> bool:
        return bool(_check(lib.ehw_pins_wait(self.handle, round(timeout_s * 1e6))))

    def wake(self) -> None:
        with self._closing:
            if self._handle is not None:
                lib.ehw_pins_wake(self._handle)

    def close(self) -> None:
        with self._closing:
            handle, self._handle = self._handle, None
            if handle is not None:
                ffi.release(handle)


def open_board(device: str, wiring: Wiring, speed_hz: int = 4_000_000, label: str | None = None) -> Board:
    """A board through the kernel alone; see NativeSpi and NativePins for what they raise."""
    spi = NativeSpi(device, speed_hz)
    try:
        pins = NativePins(wiring, label)
    except BaseException:
        spi.close()
        raise
    return Board(f"{wiring.name} on {device}", spi, pins, SystemClock())


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    """Consecutive parts of data, of these sizes."""
    return [data[end - size : end] for size, end in zip(sizes, accumulate(sizes), strict=True)]


def _offset(line: int | None) -> int:
    return lib.EHW_NOT_WIRED if line is None else line


def _os_error(path: str) -> OSError:
    """What C left in errno."""
    return OSError(ffi.errno, os.strerror(ffi.errno), path)


def _check(status: int) -> int:
    if status < 0:
        raise LinkError(f"GPIO: {os.strerror(ffi.errno)}")
    return status


def _explain_pins(status: int, culprit: Any, label: str | None) -> LinkError:
    """The exception for a failed ehw_pins_open()."""
    error = _os_error(node := ffi.string(culprit.node).decode())
    if status == lib.EHW_ERR_BUSY and culprit.line >= 0:
        holder = ffi.string(culprit.consumer).decode(errors="replace") or "another process"
        return LinkBusy(f"GPIO{culprit.line} of {node} is held by {holder}: stop it (`gpioinfo` lists all lines)")
    if status == lib.EHW_ERR_NO_NODE and not node:
        wanted = label or "pinctrl-bcm2835, pinctrl-bcm2711 or pinctrl-rp1"
        return NodeMissing(f"expected a GPIO chip labelled {wanted}, found none: is this a Raspberry Pi?")
    if error.errno == errno.EINVAL:
        return LinkError(f"{node} does not have these lines: check the wiring")
    return explain_open(node or "/dev/gpiochip0", error)
