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

import struct

from energy_hw.errors import FrameError, FrameTooLong

LENGTH_AT = 6
"""Bytes up to and with the length field, which counts from here on."""
READ, WRITE_ONE, WRITE_SEVERAL, EXCEPTION = 0x03, 0x06, 0x10, 0x80
MOST_READ, MOST_WRITTEN = 125, 123
"""Registers in one request."""

# fmt: off
EXCEPTIONS = {  # what the standard calls it, what to do about it
    0x01: ("illegal function", "it knows no such request: is this an OutBack controller?"),
    0x02: ("illegal data address", "it has no such registers: discover its blocks again"),
    0x03: ("illegal data value", "it refuses the value, or so many registers in one request: try a smaller max_read"),
    0x04: ("device failure", "it failed while it was at it: look at the controller itself"),
    0x05: ("acknowledge", "it needs longer for this: read after some seconds what became of it"),
    0x06: ("busy", "it is at work on something else: try again later, and ask less often"),
    0x08: ("memory parity error", "its memory is damaged: look at the controller itself"),
    0x0A: ("gateway path unavailable", "a gateway knows no way to this unit: give another unit id"),
    0x0B: ("gateway target failed to respond", "nobody has this unit id behind the gateway: give another one"),
}
# fmt: on
BUSY, ILLEGAL_VALUE = 0x06, 0x03
NO_SUCH_UNIT = frozenset({0x0A, 0x0B})
UNCLEAR_AFTER_WRITE = frozenset({0x04, 0x05, 0x0B})
"""With these the value may have been written all the same."""


def announced(request: bytes, head: bytes) -> int:
    """Bytes of the whole answer, of which head, at least LENGTH_AT bytes, came.

    Raises FrameError if no answer to this request has such a head.
    """
    protocol, length = struct.unpack_from(">2xHH", head)
    if protocol:
        raise FrameError(f"expected a Modbus answer (protocol 0), got protocol {protocol}: {head.hex(' ')}", head)
    if LENGTH_AT + length not in (wanted := answer_sizes(request)):
        sizes = " or ".join(map(str, wanted))
        raise FrameError(f"expected an answer of {sizes} bytes, got one of {LENGTH_AT + length}: {head.hex(' ')}", head)
    return LENGTH_AT + length


def answer_sizes(request: bytes) -> tuple[int, int]:
    """Bytes of the good answer and of an exception, header included."""
    function = request[7]
    good = 9 + 2 * int.from_bytes(request[10:12]) if function == READ else 12
    return good, 9


def check_answer(request: bytes, frame: bytes) -> None:
    """Raises FrameError (or FrameTooLong) unless frame is the answer to request, or an exception to it."""
    size = announced(request, frame)
    if len(frame) > size:
        raise FrameTooLong(f"expected {size} bytes, got {len(frame)}: {frame.hex(' ')}", frame)
    _same("transaction", request[0:2], frame[0:2], frame)
    _same("unit", request[6:7], frame[6:7], frame)
    _same("function", request[7:8], bytes((frame[7] & ~EXCEPTION,)), frame)
    if frame[7] & EXCEPTION:
        _same("length of an exception", b"\x03", frame[5:6], frame)
    elif frame[7] == READ:
        _same("byte count", bytes((size - 9,)), frame[8:9], frame)
    else:
        _same("echo", request[8:12], frame[8:12], frame)


def _same(what: str, expected: bytes, came: bytes, frame: bytes) -> None:
    if expected != came:
        raise FrameError(f"expected {what} {expected.hex(' ')}, got {came.hex(' ')}: {frame.hex(' ')}", frame)
