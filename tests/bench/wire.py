"""What crosses the socket between shim.c and the server, and the kernel's own structures in it.

Sources: linux/spi/spidev.h and linux/gpio.h (uAPI v2); the sizes are the same
on 32-bit and 64-bit machines. Byte order is the machine's own.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import NamedTuple


class Ask(IntEnum):
    """First word of a request; the other side of `enum asked` in shim.h."""

    OPEN = 1
    STAT = 2
    ACCESS = 3
    LIST = 4
    IOCTL = 5
    MESSAGE = 6
    LINES = 7
    EVENTS = 8
    CONTROL = 9
    """Not from the shim: a JSON object in, a JSON value out (server.py)."""


LARGEST = 1 << 18
"""More than a datagram of the shim can have: 511 transfers and all that the socket takes."""
ASK = struct.Struct("=II")
STATUS = struct.Struct("=i")
NODE = struct.Struct("=QQIIIII4x")
"""struct node in shim.h: device and inode of the file that stands for it, mode, owner, group, major, minor."""

WRITE, READ = 1, 2
SPI, GPIO = ord("k"), 0xB4


def request(direction: int, kind: int, number: int, size: int) -> int:
    """An ioctl request as asm-generic/ioctl.h lays it out: 2 bits direction, 14 size, 8 type, 8 number."""
    return direction << 30 | size << 16 | kind << 8 | number


TRANSFER = struct.Struct("=QQIIHBBBBBx")
"""struct spi_ioc_transfer."""
CHIP_INFO = struct.Struct("=32s32sI")
LINE_INFO = struct.Struct("=32s32sIIQ160s16s")
"""struct gpio_v2_line_info: name, consumer, offset, number of attributes, flags, attributes, padding."""
LINE_CONFIG = struct.Struct("=QI20s240s")
"""Flags, number of attributes, padding, ten attributes."""
LINE_ATTRIBUTE = struct.Struct("=IIQQ")
"""Id, padding, value, mask of the lines that it is for."""
LINE_REQUEST = struct.Struct("=256s32s272sII20si")
"""struct gpio_v2_line_request: offsets, consumer, config, number of lines, event buffer size, padding, fd."""
LINE_VALUES = struct.Struct("=QQ")
LINE_EVENT = struct.Struct("=QIIII24x")
"""Time in ns, id (1 rising, 2 falling), offset, sequence number in the request, and of the line."""

SPI_MODE, SPI_LSB_FIRST, SPI_BITS, SPI_SPEED, SPI_MODE32 = 1, 2, 3, 4, 5
GET_CHIP_INFO = request(READ, GPIO, 0x01, CHIP_INFO.size)
GET_LINE_INFO = request(READ | WRITE, GPIO, 0x05, LINE_INFO.size)
GET_LINE = request(READ | WRITE, GPIO, 0x07, LINE_REQUEST.size)
SET_CONFIG = request(READ | WRITE, GPIO, 0x0D, LINE_CONFIG.size)
GET_VALUES = request(READ | WRITE, GPIO, 0x0E, LINE_VALUES.size)
SET_VALUES = request(READ | WRITE, GPIO, 0x0F, LINE_VALUES.size)


class Transfer(NamedTuple):
    """One transfer of an SPI message, as the program asks for it."""

    tx: bytes | None
    """What is sent, or None: then zeros are."""
    receives: bool
    length: int
    speed_hz: int = 0
    bits: int = 0
    cs_change: bool = False


def transfers(payload: bytes, count: int) -> list[Transfer]:
    """The transfers of an ASK_MESSAGE: `count` structures, and after them what those with a tx_buf send."""
    found, at = [], count * TRANSFER.size
    for tx_buf, rx_buf, length, speed_hz, _delay, bits, cs_change, *_ in TRANSFER.iter_unpack(payload[:at]):
        tx = payload[at : at + length] if tx_buf else None
        at += len(tx or b"")
        found.append(Transfer(tx, bool(rx_buf), length, speed_hz, bits, bool(cs_change)))
    return found
