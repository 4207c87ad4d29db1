"""/dev/spidevB.C as drivers/spi/spidev.c of Linux 6.1 answers it, above a chip that is a program.

test_fidelity.py holds this page to what a real kernel said.
"""

from __future__ import annotations

import errno
import sys
import threading
from collections.abc import Callable, Iterable, Sequence

from bench import wire
from bench.wire import Transfer

BUFFER = 4096
"""The module parameter bufsiz: as much as one message may send, and as much as it may receive."""
INT_MAX = 0x7FFFFFFF
LSB_FIRST = 0x08
HOST_MODES = 0x47
"""Mode bits of the host: CPHA, CPOL, CS_HIGH, NO_CS. Source: spi-bcm2835.c, which has no LSB_FIRST."""
MULTI_WIRE = 0x6F00
"""Dual, quad and octal bits: spi_setup() drops what the host does not have, and says nothing."""
HOST_BITS = 8
"""The one word length of that host, in bits."""
DMA_ALIGN = 128
"""ARCH_DMA_MINALIGN of 64-bit ARM: every transfer of a message takes a multiple of it from BUFFER."""

Exchange = Callable[[bytes], bytes]


def frames(message: Sequence[Transfer]) -> Iterable[bytes]:
    """What the chip sees between two edges of NSS: transfers up to one with cs_change, or to the last.

    cs_change on the last transfer would leave NSS low into the next message (spi.h): refused
    here with EPROTO, because no driver of ours may do that on a bus with a second chip select.
    """
    if message and message[-1].cs_change:
        raise OSError(errno.EPROTO, "NSS left low after the message")
    frame = b""
    for transfer in message:
        frame += transfer.tx if transfer.tx is not None else bytes(transfer.length)
        if transfer.cs_change:
            yield frame
            frame = b""
    if frame:
        yield frame


def answers(message: Sequence[Transfer], received: bytes) -> bytes:
    """The part of what came back that lands in a receive buffer."""
    kept, at = b"", 0
    for transfer in message:
        if transfer.receives:
            kept += received[at : at + transfer.length]
        at += transfer.length
    return kept


class Spidev:
    """One chip select. Its settings belong to the node, not to who opened it.

    Thread safety: call from any thread; messages do not overlap.
    """

    def __init__(self, exchange: Exchange, dma_align: int = DMA_ALIGN) -> None:
        self._exchange = exchange
        self._align = dma_align
        self._lock = threading.Lock()
        self.mode = 0
        self.speed_hz = 10_000_000
        self.fastest_hz = 0
        """Highest clock that any message asked for."""
        self.messages = 0
        self.bytes = 0

    def message(self, message: Sequence[Transfer]) -> tuple[int, bytes]:
        """Run one message. Returns its length in bytes and what is received. Raises OSError as the kernel would."""
        self._check(message)
        with self._lock:
            received = b"".join([self._exchange(frame) for frame in frames(message)])
            self.messages += 1
            self.bytes += len(received)
            self.fastest_hz = max([self.fastest_hz, *(t.speed_hz or self.speed_hz for t in message)])
        return len(received), answers(message, received)

    def _check(self, message: Sequence[Transfer]) -> None:
        total = sent = received = 0
        for transfer in message:
            room = -(-transfer.length // self._align) * self._align
            total += transfer.length
            sent += room if transfer.tx is not None else 0
            received += room if transfer.receives else 0
            if total > INT_MAX or sent > BUFFER or received > BUFFER:
                raise OSError(errno.EMSGSIZE, "message too long")
        if any(transfer.bits not in (0, HOST_BITS) for transfer in message):
            raise OSError(errno.EINVAL, "a word length that the host does not have")

    def ioctl(self, request: int, argument: bytes) -> bytes:
        """Any request but a message of whole transfers. Returns what is copied back."""
        direction, size, kind, number = request >> 30, request >> 16 & 0x3FFF, request >> 8 & 0xFF, request & 0xFF
        if kind == wire.SPI and number == 0 and direction == wire.WRITE:
            raise OSError(errno.EINVAL, "not a whole number of transfers")
        if kind != wire.SPI or size != _SIZES.get(number) or direction not in (wire.READ, wire.WRITE):
            raise OSError(errno.ENOTTY, "no such request")
        if direction == wire.WRITE:
            self._set(number, int.from_bytes(argument, sys.byteorder))
            return b""
        return (self._get(number) & (1 << 8 * size) - 1).to_bytes(size, sys.byteorder)

    def _get(self, number: int) -> int:
        if number == wire.SPI_LSB_FIRST:
            return int(bool(self.mode & LSB_FIRST))
        return {wire.SPI_BITS: HOST_BITS, wire.SPI_SPEED: self.speed_hz}.get(number, self.mode)

    def _set(self, number: int, value: int) -> None:
        if number == wire.SPI_BITS:
            if value not in (0, HOST_BITS):
                raise OSError(errno.EINVAL, f"{value} bits in a word")
        elif number == wire.SPI_SPEED:
            self._set_speed(value)
        elif number == wire.SPI_LSB_FIRST:
            self._set_mode(self.mode | LSB_FIRST if value else self.mode & ~LSB_FIRST)
        else:
            self._set_mode(value)

    def _set_speed(self, speed_hz: int) -> None:
        if speed_hz == 0:
            raise OSError(errno.EINVAL, "a speed of 0 Hz")
        self.speed_hz = speed_hz

    def _set_mode(self, mode: int) -> None:
        if mode & ~MULTI_WIRE & ~HOST_MODES:
            raise OSError(errno.EINVAL, f"mode 0x{mode:X} is not one of the host")
        self.mode = mode & HOST_MODES


_SIZES = {wire.SPI_MODE: 1, wire.SPI_LSB_FIRST: 1, wire.SPI_BITS: 1, wire.SPI_SPEED: 4, wire.SPI_MODE32: 4}
