"""SPI: full-duplex exchanges framed by NSS, over the spidev package.

The node, the clock and the mode: /dev/spidevB.C, 4 MHz, mode 0, MSB first.
Source: SX1231 data sheet (10 MHz at most, CPOL 0, CPHA 0).
"""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Sequence
from typing import Any, Protocol

from energy_hw.errors import LinkError, OutOfRange
from energy_hw.links.diagnose import explain_open

MAX_SPEED_HZ = 10_000_000


class SpiBus(Protocol):
    """What moves bytes to and from one chip.

    Thread safety: one thread at a time.
    """

    name: str
    """For messages: `/dev/spidev0.1`, `sim:`."""

    def transfer(self, frames: Sequence[bytes]) -> list[bytes]:
        """Exchange each frame under an NSS of its own, all in one message where the bus can.

        Returns what came back, byte for byte; the first byte of each answer means nothing.
        Raises LinkError.
        """

    def sleep_us(self, us: int) -> None:
        """Sleep at least us microseconds of the bus's time (virtual in the simulator)."""

    def close(self) -> None:
        """Release the node. May be called twice."""


class SpidevBus:
    """/dev/spidevB.C through the spidev package.

    The kernel lets two processes open the same node and mix their messages, so the
    node is locked; whoever comes second gets LinkBusy with the holder's process id.

    Thread safety: one thread at a time.
    """

    def __init__(self, device: str, speed_hz: int = 4_000_000) -> None:
        """Open and lock the node. Raises SpiDisabled, NodeMissing, PermissionDenied, LinkBusy or LinkError."""
        if not 1 <= speed_hz <= MAX_SPEED_HZ:
            raise OutOfRange(f"expected an SPI clock of 1 Hz to 10 MHz, got {speed_hz} Hz", 1, MAX_SPEED_HZ)
        self.name = device
        try:
            os.close(
                os.open(os.path.realpath(device), os.O_RDWR | os.O_CLOEXEC)
            )  # the node's own trouble comes before a missing package
        except OSError as error:
            raise explain_open(device, error) from None
        try:
            import spidev
        except ImportError as error:
            text = (
                f"the Python core needs spidev ({error}): sudo apt install python3-spidev, which a virtual environment "
                "sees with --system-site-packages; or install a C compiler and this package again for the C core"
            )
            raise LinkError(text) from None
        self._spi = spidev.SpiDev()
        try:
            _open(self._spi, device)
            fcntl.flock(self._spi.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._spi.mode = 0
            self._spi.max_speed_hz = speed_hz
        except OSError as error:
            self._spi.close()
            raise explain_open(device, error) from None

    def transfer(self, frames: Sequence[bytes]) -> list[bytes]:
        try:
            return [bytes(self._spi.xfer2(frame)) for frame in frames]
        except OSError as error:
            raise LinkError(f"{self.name}: the transfer failed: {error}") from None

    def sleep_us(self, us: int) -> None:
        time.sleep(us / 1e6)

    def close(self) -> None:
        self._spi.close()


def _open(spi: Any, device: str) -> None:
    """Open by bus and chip select: Debian 12's spidev 3.6 has no open_path()."""
    numbers = re.fullmatch(r"/dev/spidev(\d+)\.(\d+)", os.path.realpath(device))
    if numbers:
        spi.open(int(numbers[1]), int(numbers[2]))
    else:
        spi.open_path(device)
