"""OpenHEMS frames, as the FIFO delivers them: bytes in, Message out, and back.

    LL MM PP II II | SS SS SS  (NN TL VV..)*  00  CC CC      | = encrypted from here
    length, manufacturer, product, pip   sensor   parameter, type+length, value   end, CRC

Source: Sentec OpenThings specification 1.02; the captures under tests/captures/openhems
decide where it leaves room. What a record may look like:

    NN TL VV..                   NN: bit 7 command, 6-0 parameter.  TL: type << 4 | length
    NN Cx TL VV.. (Cx TL VV..)*  enumeration: value x = 1.. of parameter NN, each with a type
                                 of its own; Cx goes on only directly after such a value

Only the byte 00 ends the records (80 is a command of parameter 0), and what follows it up to
the CRC means nothing. Index x = 0 is an enumerated value with a problem, whatever its type.
"""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Mapping

from energy_hw.core.message import KEYS, PROBLEMS, Message, Record, decode_value
from energy_hw.errors import ChecksumError, FrameError, FrameTooLong, FrameTruncated, OutOfRange, RecordError

SHORTEST = 10
"""Length byte of a frame without records: header 4, sensor 3, terminator 1, CRC 2."""
LONGEST = 65
"""Length byte of a frame that, with that byte, fills the 66-byte FIFO."""
ENUMERATION = 0xC
_BODY_SIZE = LONGEST - 4  # bytes 5..65, the longest encrypted part


def _problem(type_length: int) -> str:
    kind, length = type_length >> 4, type_length & 15
    if kind == 0xF and length not in (0, 2, 4, 8):
        return PROBLEMS[3]
    return {0xD: PROBLEMS[1], 0xE: PROBLEMS[2]}.get(kind, "")


_PROBLEM_OF = tuple(map(_problem, range(256)))


def _key_bytes(state: int) -> int:
    """61 key bytes from a 16-bit state, as one number. Source: OpenThings 1.02, encryption.

    A Galois shift register with taps 0xF5F5, of period 65535, is shifted five times before
    each byte; its low byte is the key byte.
    """
    stream = 0
    for _ in range(_BODY_SIZE):
        for _ in range(5):
            state = (state >> 1) ^ (0xF5F5 if state & 1 else 0)
        stream = stream << 8 | state & 0xFF
    return stream


def _combinations(shift: int, constant: int) -> list[int]:
    """Key bytes of every value of one byte of the state, `shift` bits up, each XOR constant.

    A shift register is linear: the key bytes of a XOR b are those of a XOR those of b.
    """
    table = [constant]
    for bit in range(8):
        stream = _key_bytes(1 << bit + shift)
        table += [other ^ stream for other in table]
    return table


_LOW = _combinations(0, 0)
_HIGH = _combinations(8, int.from_bytes(b"\x5a" * _BODY_SIZE))  # each byte is also XOR 0x5A


def crypt(body: bytes, key: int, pip: int) -> bytes:
    """Encrypt or decrypt bytes 5..L, which is the same: XOR with the key bytes of (key << 8) XOR pip."""
    size, state = len(body), (key << 8 ^ pip) & 0xFFFF
    stream = (_HIGH[state >> 8] ^ _LOW[state & 0xFF]) >> 8 * (_BODY_SIZE - size)
    return (int.from_bytes(body) ^ stream).to_bytes(size)


def decode(frame: bytes, keys: Mapping[int, int] = KEYS) -> Message:
    """Decode one frame, which starts with its length byte and has no byte more than that says.

    keys: manufacturer id -> encryption id. A manufacturer that is not in it, and a frame with
    pip 0 whose CRC holds only as it is, are taken as plain.
    Raises FrameTruncated, FrameTooLong, ChecksumError, RecordError, each with the frame in `raw`.
    """
    _check_length(frame)
    manufacturer, pip = frame[1] & 0x7F, frame[3] << 8 | frame[4]
    body, encrypted = _open(frame, keys.get(manufacturer), pip)
    try:
        records = _records(body)
    except RecordError as error:
        error.raw = frame
        raise
    return Message(manufacturer, frame[2], pip, int.from_bytes(body[:3]), records, encrypted)


def _check_length(frame: bytes) -> None:
    length = frame[0] if frame else 0
    if not SHORTEST <= length <= LONGEST:
        refusal: type[FrameError] = FrameTooLong if length > LONGEST else FrameTruncated
        got = length if frame else "no byte at all"
        raise refusal(f"expected a length byte of {SHORTEST} to {LONGEST}, got {got}", frame)
    if len(frame) != length + 1:
        refusal = FrameTooLong if len(frame) > length else FrameTruncated
        raise refusal(f"expected {length + 1} bytes for length byte {length}, got {len(frame)}", frame)


def _open(frame: bytes, key: int | None, pip: int) -> tuple[bytes, bool]:
    """Bytes 5..L in plain, and whether they had been encrypted. The CRC of bytes and CRC is 0."""
    plain = frame[5:]
    body = plain if key is None else crypt(plain, key, pip)
    if not crc_hqx(body, 0):
        return body, key is not None
    if key is not None and pip == 0 and not crc_hqx(plain, 0):
        return plain, False
    expected, computed = int.from_bytes(body[-2:]), crc_hqx(body[:-2], 0)
    raise ChecksumError(f"expected CRC 0x{expected:04X}, computed 0x{computed:04X}", frame, expected, computed)


def _records(body: bytes) -> tuple[Record, ...]:
    records: list[Record] = []
    at, end = 3, len(body) - 2
    while at < end and (parameter := body[at]):
        if body[at + 1] >> 4 == ENUMERATION:
            at = _enumeration(body, parameter, at + 1, end, records)
        else:
            at = _value(body, parameter, 0, at + 1, end, records)
    if at >= end:
        raise RecordError("expected 0x00 at the end of the records, got the CRC")
    if records and all(record.problem for record in records):
        raise RecordError(f"expected a usable record, got none: {records[0].problem}")
    return tuple(records)


def _enumeration(body: bytes, parameter: int, at: int, end: int, records: list[Record]) -> int:
    """The values of an enumeration whose first Cx is at `at`; returns where the next record begins."""
    while at < end and body[at] >> 4 == ENUMERATION:
        index = body[at] & 0x0F
        at += 1
        if body[at] >> 4 == ENUMERATION:
            raise RecordError(f"expected a plain type in an enumeration of 0x{parameter & 0x7F:02X}, got another one")
        at = _value(body, parameter, index, at, end, records)
        if not index:
            records[-1] = records[-1]._replace(value=None, problem=PROBLEMS[4])
    return at


def _value(body: bytes, parameter: int, index: int, at: int, end: int, records: list[Record]) -> int:
    """Append the record whose type+length is at `at`; returns where the next one begins.

    at <= end, so body[at] is there: at worst a byte of the CRC, and refused as such.
    """
    type_length = body[at]
    stop = at + 1 + (type_length & 0x0F)
    if stop > end:
        name = f"0x{parameter & 0x7F:02X}"
        raise RecordError(f"expected record {name} to end before the CRC, {stop - end} bytes reach into it")
    kind, data, problem = type_length >> 4, body[at + 1 : stop], _PROBLEM_OF[type_length]
    value = None if problem else decode_value(kind, data)
    records.append(Record(parameter & 0x7F, parameter > 0x7F, kind, data, value, index, problem))
    return stop


def encode(message: Message, keys: Mapping[int, int] = KEYS) -> bytes:
    """The frame of a message, encrypted if its manufacturer is in keys and `encrypted` is set.

    A record is sent as its type and data say; its value is not looked at. Raises OutOfRange if
    a field does not fit, the pip would stop the cipher, or the frame would pass 66 bytes.
    """
    _check_range("manufacturer", message.manufacturer, 0, 0x7F)
    _check_range("product", message.product, 0, 0xFF)
    _check_range("pip", message.pip, 0, 0xFFFF)
    _check_range("sensor", message.sensor, 0, 0xFFFFFF)
    body = message.sensor.to_bytes(3) + _encode_records(message.records) + b"\x00"
    length = len(body) + 6  # with manufacturer, product, pip and CRC
    _check_range("frame size", length + 1, SHORTEST + 1, LONGEST + 1)
    body += crc_hqx(body, 0).to_bytes(2)
    key = keys.get(message.manufacturer) if message.encrypted else None
    if key is not None:
        _check_pip(message.pip, key)
        body = crypt(body, key, message.pip)
    return bytes((length, message.manufacturer, message.product)) + message.pip.to_bytes(2) + body


def _check_pip(pip: int, key: int) -> None:
    if pip == key << 8:
        raise OutOfRange(f"expected any pip but 0x{pip:04X}, which stops the cipher", 0, 0xFFFF)


def _check_range(name: str, number: int, low: int, high: int) -> None:
    if not low <= number <= high:
        raise OutOfRange(f"expected a {name} of {low} to {high}, got {number}", low, high)


def _encode_records(records: tuple[Record, ...]) -> bytes:
    """All records; neighbours in one enumeration share its parameter byte."""
    data, before = bytearray(), None
    for record in records:
        _check_record(record)
        parameter = record.parameter | record.command << 7
        if before != parameter or not record.index:
            if before is not None and parameter >> 4 == ENUMERATION:
                raise OutOfRange(f"expected no command 0x{record.parameter:02X} directly after an enumerated value")
            data.append(parameter)
        if record.index:
            data.append(ENUMERATION << 4 | record.index)
        data.append(record.type << 4 | len(record.data))
        data += record.data
        before = parameter if record.index else None
    return bytes(data)


def _check_record(record: Record) -> None:
    """Raises OutOfRange. Type C is not a value's type: `index` says that a value is enumerated."""
    _check_range("parameter", record.parameter, 1, 0x7F)
    _check_range("type", record.type, 0, 0xF)
    _check_range("index", record.index, 0, 15)
    _check_range("value length", len(record.data), 0, 15)
    if record.type == ENUMERATION:
        raise OutOfRange("expected an index instead of type C", 0, 0xF)
