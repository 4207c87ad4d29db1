"""What /dev/spidev0.1 and a GPIO chip answer, as one JSON object: the fidelity probe.

    python probe.py GPIOCHIP pull:/sys/devices/.../sim_gpio%d/pull
    python probe.py GPIOCHIP socket:/tmp/.../socket

The same on a real kernel, with lines of gpio-sim, and under the shim. Values are
what the call returned, or the name of its errno.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import json
import os
import select
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bench.drive import Drive, driver

SPIDEV = "/dev/spidev0.1"
WRITE, READ = 1, 2
RISING, BOTH = 0x10, 0x30
ACTIVE_LOW, INPUT, OUTPUT = 0x2, 0x4, 0x8
GET_LINE, GET_VALUES, SET_VALUES, LINE_INFO = 0xC250B407, 0xC010B40E, 0xC010B40F, 0xC100B405
FREE, OTHER = 10, 11
"""Lines that the probe requests."""
Transfers = list[tuple[int, int, int]]
"""Address to send from, address to receive at (0: none), length."""

answers: dict[str, object] = {}


def record(what: str, call: Callable[[], object]) -> None:
    """Note what call returns, or its errno by name."""
    try:
        answers[what] = call()
    except OSError as error:
        answers[what] = errno.errorcode[error.errno or 0]


def spi(direction: int, number: int, size: int, kind: str = "k") -> int:
    return direction << 30 | size << 16 | ord(kind) << 8 | number


def message(fd: int, transfers: Transfers, size: int | None = None, bits: int = 0) -> int:
    """SPI_IOC_MESSAGE; size overrides the size in the request."""
    rows = b"".join(struct.pack("=QQIIHBBBBBx", tx, rx, length, 0, 0, bits, 0, 0, 0, 0) for tx, rx, length in transfers)
    argument = ctypes.create_string_buffer(rows, max(len(rows), 1))
    request = spi(WRITE, 0, len(rows) if size is None else size)
    result = LIBC.ioctl(fd, ctypes.c_ulong(request), argument)
    if result < 0:
        raise OSError(ctypes.get_errno(), "SPI_IOC_MESSAGE")
    return int(result)


LIBC = ctypes.CDLL(None, use_errno=True)


def probe_messages(fd: int) -> None:
    buffer = ctypes.create_string_buffer(16384)
    at = ctypes.addressof(buffer)
    for name, transfers in {
        "message of 4096 bytes": [(at, at, 4096)],
        "message of 4097 bytes": [(at, at, 4097)],
        "two transfers of 3000 bytes": [(at, at, 3000)] * 2,
        "4096 bytes out, then 4096 in": [(at, 0, 4096), (0, at, 4096)],
        "4096 bytes out, then 8 out": [(at, 0, 4096), (at, 0, 8)],
        "transfer of no bytes": [(at, at, 0)],
        "bufferless transfer of no bytes": [(0, 0, 0)],
        "512 bytes in 32 transfers": [(at, at, 16)] * 32,
        "511 transfers of 8 bytes": [(at, at, 8)] * 511,
        "transfer from a bad address": [(1, at, 8)],
        "transfer to a bad address": [(at, 1, 8)],
        "no transfers": [],
    }.items():
        record(name, lambda transfers=transfers: message(fd, transfers))  # type: ignore[misc]
    record("message of 40 bytes of transfers", lambda: message(fd, [(at, at, 2)] * 2, size=40))
    record("transfer of 9-bit words", lambda: message(fd, [(at, at, 2)], bits=9))
    record("transfer of 8-bit words", lambda: message(fd, [(at, at, 2)], bits=8))


def probe_read_write(fd: int) -> None:
    record("write of 4096 bytes", lambda: os.write(fd, bytes(4096)))
    record("write of 4097 bytes", lambda: os.write(fd, bytes(4097)))
    record("write of no bytes", lambda: os.write(fd, b""))
    record("read of 4096 bytes", lambda: len(os.read(fd, 4096)))
    record("read of 5000 bytes", lambda: len(os.read(fd, 5000)))


def setting(fd: int, number: int, size: int, value: int) -> int:
    """Write a setting; what it then reads."""
    fcntl.ioctl(fd, spi(WRITE, number, size), value.to_bytes(size, sys.byteorder))
    return int.from_bytes(fcntl.ioctl(fd, spi(READ, number, size), bytes(size)), sys.byteorder)


def probe_settings(fd: int) -> None:
    for name, number, size, value in (
        ("mode 3", 1, 1, 3),
        ("mode CS_HIGH", 1, 1, 0x04),
        ("mode LSB_FIRST", 1, 1, 0x08),
        ("mode LOOP", 1, 1, 0x20),
        ("mode READY", 1, 1, 0x80),
        ("mode of 32 bits, TX_DUAL", 5, 4, 0x100),
        ("mode of 32 bits, CS_WORD", 5, 4, 0x1000),
        ("mode 0", 1, 1, 0),
        ("LSB first", 2, 1, 1),
        ("MSB first", 2, 1, 0),
        ("0 bits a word", 3, 1, 0),
        ("9 bits a word", 3, 1, 9),
        ("33 bits a word", 3, 1, 33),
        ("8 bits a word", 3, 1, 8),
        ("0 Hz", 4, 4, 0),
        ("100 MHz", 4, 4, 100_000_000),
        ("4 MHz", 4, 4, 4_000_000),
    ):
        record(name, lambda number=number, size=size, value=value: setting(fd, number, size, value))  # type: ignore[misc]
    record("request of another kind", lambda: fcntl.ioctl(fd, 0x5401, bytes(64)) and 0)
    record("unknown request", lambda: fcntl.ioctl(fd, spi(READ, 9, 1), bytes(1)) and 0)
    record("message with the direction of a read", lambda: fcntl.ioctl(fd, spi(READ, 0, 32), bytes(32)) and 0)


def probe_spidev() -> None:
    fd = os.open(SPIDEV, os.O_RDWR)
    probe_settings(fd)
    probe_messages(fd)
    probe_read_write(fd)
    record("second open of the same node", lambda: os.close(os.open(SPIDEV, os.O_RDWR)))
    other = os.open(SPIDEV, os.O_RDWR)
    record("first lock", lambda: fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB))
    record("second lock", lambda: fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB))
    os.close(fd)
    record("second lock after the first is closed", lambda: fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB))
    os.close(other)
    record("open of a node that is not there", lambda: os.open("/dev/spidev7.7", os.O_RDWR))


def request(chip: int, flags: int, offsets: tuple[int, ...] = (FREE,), size: int = 0, count: int | None = None) -> int:
    """GPIO_V2_GET_LINE_IOCTL: the descriptor of the lines."""
    rows = struct.pack("=64I", *offsets, *[0] * (64 - len(offsets)))
    config = struct.pack("=QI20x240x", flags, 0)
    lines = len(offsets) if count is None else count
    argument = bytearray(rows + b"probe".ljust(32, b"\0") + config + struct.pack("=II20xi", lines, size, -1))
    fcntl.ioctl(chip, GET_LINE, argument)
    return int(struct.unpack_from("=i", argument, 588)[0])


@contextmanager
def requested(chip: int, flags: int, offsets: tuple[int, ...] = (FREE,), size: int = 0) -> Iterator[int]:
    fd = request(chip, flags, offsets, size)
    os.set_blocking(fd, False)
    try:
        yield fd
    finally:
        os.close(fd)


def attempt(what: str, chip: int, flags: int, *rest: object) -> None:
    """Note whether a request is granted, and give it back."""

    def granted() -> str:
        os.close(request(chip, flags, *rest))  # type: ignore[arg-type]
        return "granted"

    record(what, granted)


def probe_requests(chip: int, node: str) -> None:
    attempt("input", chip, INPUT)
    attempt("no direction", chip, 0)
    attempt("input and output", chip, INPUT | OUTPUT)
    attempt("output with edges", chip, OUTPUT | RISING)
    attempt("edges without direction", chip, RISING)
    attempt("open drain without output", chip, INPUT | 0x40)
    attempt("bias without direction", chip, 0x100)
    attempt("pull-up and pull-down", chip, INPUT | 0x300)
    attempt("unknown flag", chip, INPUT | 1 << 40)
    attempt("line 1000", chip, INPUT, (1000,))
    attempt("no lines", chip, INPUT, (), 0, 0)
    attempt("65 lines", chip, INPUT, (FREE,), 0, 65)
    attempt("the same line twice in one request", chip, INPUT, (FREE, FREE))
    attempt("edges with room for one event", chip, INPUT | RISING, (FREE,), 1)
    with requested(chip, INPUT):
        attempt("a line that is held", chip, INPUT)
        attempt("a held line and a free one", chip, INPUT, (OTHER, FREE))
        attempt("the free one", chip, INPUT, (OTHER,))
        info = fcntl.ioctl(chip, LINE_INFO, struct.pack("=64xI188x", FREE))
        answers["flags of a held line"] = struct.unpack_from("=Q", info, 72)[0]
        answers["its consumer"] = info[32:64].rstrip(b"\0").decode()
    record("another request to a chip", lambda: fcntl.ioctl(chip, 0x8010B4FF, bytes(16)) and 0)
    read_only = os.open(node, os.O_RDONLY)
    attempt("request through a chip opened read-only", read_only, INPUT)
    os.close(read_only)
    record("chip closed while lines are held", lambda: values_after_close(node))


def values(fd: int, bits: int, mask: int, which: int) -> int:
    argument = fcntl.ioctl(fd, which, struct.pack("=QQ", bits, mask))
    return int(struct.unpack("=QQ", argument)[0])


def values_after_close(node: str) -> int:
    chip = os.open(node, os.O_RDWR)
    lines = request(chip, OUTPUT)
    os.close(chip)
    values(lines, 1, 1, SET_VALUES)
    level = values(lines, 0, 1, GET_VALUES)
    os.close(lines)
    return level


def probe_values(chip: int) -> None:
    with requested(chip, INPUT) as lines:
        record("setting an input", lambda: values(lines, 1, 1, SET_VALUES))
        record("reading no line", lambda: values(lines, 0, 0, GET_VALUES))
        record("reading beyond the request", lambda: values(lines, 0, 2, GET_VALUES))
        record("reading a line and beyond", lambda: values(lines, 0, 3, GET_VALUES))
        record("another request to lines", lambda: fcntl.ioctl(lines, 0x8010B4FF, bytes(16)) and 0)
        record("read without edges", lambda: len(os.read(lines, 48)))
    with requested(chip, OUTPUT, (FREE, OTHER)) as lines:
        record("setting one of two outputs", lambda: values(lines, 3, 2, SET_VALUES))
        record("reading both", lambda: values(lines, 0, 3, GET_VALUES))
    with requested(chip, OUTPUT | ACTIVE_LOW) as lines:
        record("setting an active-low output", lambda: values(lines, 1, 1, SET_VALUES))
        record("reading it", lambda: values(lines, 0, 1, GET_VALUES))


def events(fd: int) -> list[tuple[int, ...]]:
    """All that wait: id, offset, number in the request, number of the line, of each."""
    data = os.read(fd, 48 * 64)
    return [struct.unpack_from("=IIII", data, at + 8) for at in range(0, len(data), 48)]


def probe_edges(chip: int, drive: Drive) -> None:
    def pulse(times: int, offset: int = FREE, falls: bool = False) -> None:
        for _ in range(times):
            drive(offset, True, True)
            drive(offset, False, falls)

    with requested(chip, INPUT | RISING) as lines:
        record("read of an empty queue", lambda: len(os.read(lines, 48)))
        answers["poll of an empty queue"] = bool(select.select([lines], [], [], 0)[0])
        pulse(1)
        answers["one edge"] = events(lines)
        pulse(1)
        record("read of 47 bytes", lambda: len(os.read(lines, 47)))
        record("read of 100 bytes", lambda: len(os.read(lines, 100)))
        pulse(40)
        answers["40 edges unread"] = [row[3] for row in events(lines)]
    for size in (2, 20):
        with requested(chip, INPUT | RISING, (FREE,), size) as lines:
            pulse(40)
            answers[f"40 edges unread, room for {size}"] = [row[3] for row in events(lines)]
    with requested(chip, INPUT | BOTH, (FREE, OTHER)) as lines:
        pulse(2, falls=True)
        pulse(1, OTHER, falls=True)
        answers["edges of two lines"] = events(lines)
    with requested(chip, INPUT | BOTH | ACTIVE_LOW) as lines:
        pulse(1, falls=True)
        answers["edges of an active-low line"] = events(lines)


def main(node: str, how: str) -> None:
    probe_spidev()
    chip = os.open(node, os.O_RDWR)
    probe_requests(chip, node)
    probe_values(chip)
    probe_edges(chip, driver(how))
    os.close(chip)
    rows = (f" {json.dumps(name)}: {json.dumps(answer)}" for name, answer in answers.items())
    print("{\n" + ",\n".join(rows) + "\n}")


if __name__ == "__main__":
    main(*sys.argv[1:])
