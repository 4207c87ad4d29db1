"""Bytes as they come: what every serial link promises, and the one way to wait for them."""

from __future__ import annotations

import os
import select
import termios
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from energy_hw.errors import LinkClosed
from energy_hw.links.waker import Waker

READ_BYTES = 4096
"""The most that a tty hands over at once: the kernel's buffer."""


@dataclass(frozen=True, slots=True)
class SerialSettings:
    """Speed and shape of a character, and when a read of a tty returns (see links.tty.set_reading)."""

    baudrate: int = 9600
    bytesize: int = 8
    parity: str = "N"
    stopbits: float = 1
    line_ends: bytes = b""
    check_parity: bool = False
    lf_ends: bool = True
    """False: after LF it does not return; a byte 0D comes as LF then, so only where bit 7 makes CR another one."""
    dtr: bool | None = None
    rts: bool | None = None
    """Outputs from opening on, where an adapter has them wired; None: as the driver does it, which is high."""

    def __str__(self) -> str:
        return f"{self.baudrate} baud {self.bytesize}{self.parity}{self.stopbits:g}"


class SerialLink(Protocol):
    """Bytes as they come.

    Thread safety: one thread at a time, except wake(), which any thread may call at any time.
    """

    name: str
    """As it was opened, for messages and where a meter gives no name of its own."""
    finite: bool
    """It ends (a recording) instead of being opened again."""
    has_speed: bool
    """configure() makes a difference to what is received."""

    def read(self, timeout_s: float) -> bytes:
        """What came, 1 to 4096 bytes, as soon as it is there; nothing after timeout_s or wake().

        Raises LinkClosed at the end of a recording and when the port is gone, else LinkError.
        """

    def configure(self, settings: SerialSettings) -> None:
        """Change speed and shape; what was received at another speed is thrown away. Raises LinkError."""

    def wake(self) -> None:
        """End the read() under way, or the next one."""

    def close(self) -> None:
        """Release the port. May be called twice."""


class FdLink:
    """Anything with a file descriptor: a tty, a socket, a file, a FIFO. It is awaited together with a wake-up."""

    closed_error: type[LinkClosed] = LinkClosed
    has_speed = False

    def __init__(self, name: str, fd: int, close: Callable[[], None], finite: bool) -> None:
        self.name, self.finite = name, finite
        self._fd, self._close = fd, close
        self._waker = Waker()
        self._poll = select.poll()
        self._poll.register(fd, select.POLLIN)
        self._poll.register(self._waker.fd, select.POLLIN)
        self._open = True

    def read(self, timeout_s: float) -> bytes:
        if not self._open:
            raise self.closed_error(f"{self.name} is closed: open it again")
        ready = {fd for fd, _ in self._poll.poll(max(timeout_s, 0) * 1000)}
        if self._waker.fd in ready:
            self._waker.clear()
            return b""
        return self._take() if ready else b""

    def _take(self) -> bytes:
        try:
            data = os.read(self._fd, READ_BYTES)
        except BlockingIOError:
            return b""  # half a line, or another process was quicker
        except OSError as error:
            raise self._gone(str(error), error.errno) from None
        if not data:
            raise self._gone("end of file", None)
        return data

    def _gone(self, why: str, number: int | None) -> LinkClosed:
        ended = "is at its end" if self.finite else f"is gone ({why}): unplugged, or closed at the other end"
        error = self.closed_error(f"{self.name} {ended}")
        error.errno = number
        return error

    def configure(self, settings: SerialSettings) -> None:
        """A recording and a bare connection have no speed."""

    def wake(self) -> None:
        self._waker.wake()

    def close(self) -> None:
        if self._open:
            self._open = False
            self._waker.close()
            with suppress(OSError, termios.error):
                self._close()
