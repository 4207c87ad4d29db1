"""Does this answer belong to that request? Asked before anybody looks at the registers in it.

    TT TT  00 00  LL LL  UU | FF ..           request, and answer
    transaction, protocol, length, unit       length counts from UU on; function and data after it

    03 AA AA NN NN      ->  03 BB VV VV ..    read holding registers: BB = 2 * NN bytes
    06 AA AA VV VV      ->  the same again    write one
    10 AA AA NN NN ..   ->  10 AA AA NN NN    write several
                        ->  (80 | FF) EE      an exception

Sources: Modbus Application Protocol V1.1b3, chapters 6 and 7; Modbus Messaging on TCP/IP V1.0b, 3.1.3.
"""

from __future__ import annotations

from collections.abc import Sequence

from energy_hw.errors import FrameError, FrameTooLong

LENGTH_AT = 6
"""Bytes up to and with the length field, which counts from here on."""
READ, REFUSED = 0x03, 0x80
EXCEPTION_SIZE = 9
MOST_READ, MOST_WRITTEN = 125, 123
"""Registers in one request."""
MOST_SHOWN = 16
"""Bytes of a frame in a message."""

# fmt: off
EXCEPTIONS = {  # what the standard calls it, what to do about it
    0x01: ("illegal function",               "it knows no such request: is this an OutBack controller?"),
    0x02: ("illegal data address",           "it has no such registers: discover its blocks again"),
    0x03: ("illegal data value",             "it refuses the value, or so many registers: try a lower max_read"),
    0x04: ("device failure",                 "it failed while it was at it: look at the controller itself"),
    0x05: ("acknowledge",                    "it needs longer for this: look after some seconds what became of it"),
    0x06: ("busy",                           "it is at work on something else: try again later, and ask less often"),
    0x08: ("memory parity error",            "its memory is damaged: look at the controller itself"),
    0x0A: ("gateway path unavailable",       "a gateway knows no way to this unit: give another unit id"),
    0x0B: ("gateway target did not respond", "nobody behind the gateway has this unit id: give another one"),
}
# fmt: on
BUSY, ILLEGAL_VALUE = 0x06, 0x03
NO_SUCH_UNIT = frozenset({0x0A, 0x0B})
UNCLEAR_AFTER_WRITE = frozenset({0x04, 0x05, 0x0B})
"""With these the value may have been written all the same."""


def check_span(address: int, count: int) -> None:
    """Raises ValueError unless there are such registers."""
    if count < 1 or address < 0 or address + count > 0x10000:
        raise ValueError(f"expected registers within 0..65535, got {count} from {address} on")


def check_values(address: int, values: Sequence[int]) -> None:
    """Raises ValueError unless values can be written in one request."""
    check_span(address, len(values))
    if len(values) > MOST_WRITTEN or not all(0 <= value <= 0xFFFF for value in values):
        raise ValueError(f"expected 1..{MOST_WRITTEN} registers of 0..65535, got {list(values)}")


def announced(request: bytes, head: bytes) -> int:
    """Bytes of the whole answer, of which head, at least LENGTH_AT bytes, came.

    Raises FrameError if no answer to this request has such a head.
    """
    protocol, length = int.from_bytes(head[2:4]), int.from_bytes(head[4:6])
    if protocol:
        raise FrameError(
            f"expected a Modbus answer (protocol 0), got protocol {protocol}: {_start(head)}: is this the port of a"
            " Modbus server?",
            head,
        )
    size, good = LENGTH_AT + length, good_size(request)
    if size not in (good, EXCEPTION_SIZE):
        raise FrameError(f"expected an answer of {good} bytes, got one of {size}: {_start(head)}", head)
    return size


def _start(data: bytes) -> str:
    """The first bytes in hex: a web server at this port says a lot."""
    return data[:MOST_SHOWN].hex(" ") + (" ..." if len(data) > MOST_SHOWN else "")


def good_size(request: bytes) -> int:
    """Bytes of the answer, header included, if it is no exception."""
    return 9 + 2 * int.from_bytes(request[10:12]) if request[7] == READ else 12


def check_answer(request: bytes, frame: bytes) -> None:
    """Raises FrameError (or FrameTooLong) unless frame, of the size announced, answers request or refuses it."""
    if len(frame) > (size := announced(request, frame)):
        raise FrameTooLong(f"expected {size} bytes, got {len(frame)}: {_start(frame)}", frame)
    _same("transaction", request[0:2], frame[0:2], frame)
    _same("unit", request[6:7], frame[6:7], frame)
    _same("function", request[7:8], bytes((frame[7] & ~REFUSED,)), frame)
    good = EXCEPTION_SIZE if frame[7] & REFUSED else good_size(request)
    if size != good:
        raise FrameError(f"expected {good} bytes for function {frame[7]}, got {size}: {frame.hex(' ')}", frame)
    if frame[7] == READ:
        _same("byte count", bytes((size - 9,)), frame[8:9], frame)
    elif not frame[7] & REFUSED:
        _same("echo", request[8:12], frame[8:12], frame)


def _same(what: str, expected: bytes, came: bytes, frame: bytes) -> None:
    if expected != came:
        raise FrameError(f"expected {what} {expected.hex(' ')}, got {came.hex(' ')}: {frame.hex(' ')}", frame)
