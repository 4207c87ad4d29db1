"""The C core behind the interface of core/interface.py: codecs here, board and radio beside.

Only bytes and integers cross: C fills one flat struct ehw_message, and its raw value
bytes become values in core/message.py, as they do for the Python core.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from struct import Struct
from struct import error as StructError
from typing import NoReturn

from energy_hw._core import ffi, lib
from energy_hw._version import __version__
from energy_hw.core.c_board import open_board
from energy_hw.core.c_lines import NativeLines
from energy_hw.core.c_radio import CRadio
from energy_hw.core.interface import OokCode, OokHeard, RadioConfig
from energy_hw.core.message import KEYS, PROBLEMS, Message, Record, decode_value
from energy_hw.core.python import ook, openhems
from energy_hw.errors import ChecksumError, FrameTooLong, FrameTruncated, OutOfRange, RecordError
from energy_hw.links.board import WIRINGS, Board, Wiring

built_from: str = ffi.string(lib.ehw_version()).decode()
if built_from != __version__:
    raise ImportError(f"expected a C core of version {__version__}, got {built_from}: build it again")

MESSAGE = ffi.typeof("struct ehw_message *")
SIZE: int = ffi.sizeof("struct ehw_message")
HEADER = Struct(f"=IHHHBB?BBB{lib.EHW_FIFO_SIZE}s")
"""struct ehw_message up to its records: sensor, pip, received, computed, manufacturer, product,
encrypted, length, fault, count, plain."""
ROW = Struct("=B?BBBBB")
"""struct ehw_record: parameter, command, type, index, problem, start, end."""

FAULTS = {
    lib.EHW_FAULT_NO_END: "expected 0x00 at the end of the records, got the CRC",
    lib.EHW_FAULT_OVERRUN: "expected every record to end before the CRC, one reaches into it",
    lib.EHW_FAULT_NESTED: "expected a plain type in an enumeration, got another enumeration",
    lib.EHW_FAULT_UNUSABLE: "expected a usable record, got only reserved types, odd floats or index 0",
}
_PLAIN: int = lib.EHW_PLAIN
_TEXTS = tuple(PROBLEMS.get(number, "") for number in range(lib.EHW_PROBLEM_ENUMERATION + 1))
_decode, _buffer, _new = lib.ehw_decode, ffi.from_buffer, tuple.__new__


class CCore:
    """core.interface.Core in C. Thread safety: stateless."""

    name = "c"

    def decode(self, frame: bytes, keys: Mapping[int, int] = KEYS) -> Message:
        """As core.interface.Core.decode."""
        key = keys.get(frame[1] & 0x7F, _PLAIN) if len(frame) > 1 else _PLAIN
        flat = bytearray(SIZE)
        status = _decode(frame, len(frame), key, _buffer(MESSAGE, flat))
        if status:
            _refuse(status, frame, flat)
        sensor, pip, _, _, manufacturer, product, encrypted, _, _, count, plain = HEADER.unpack_from(flat)
        rows = ROW.iter_unpack(flat[HEADER.size : HEADER.size + ROW.size * count])
        records = tuple(
            [
                _new(
                    Record,
                    (
                        name,
                        set_,
                        kind,
                        data := plain[start:end],
                        None if bad else decode_value(kind, data),
                        index,
                        _TEXTS[bad],
                    ),
                )
                for name, set_, kind, index, bad, start, end in rows
            ]
        )
        return _new(Message, (manufacturer, product, pip, sensor, records, encrypted))

    def encode(self, message: Message, keys: Mapping[int, int] = KEYS) -> bytes:
        """As core.interface.Core.encode."""
        key = keys.get(message.manufacturer, _PLAIN) if message.encrypted else _PLAIN
        frame = bytearray(lib.EHW_FIFO_SIZE)
        try:
            status = lib.ehw_encode(_buffer(MESSAGE, _pack(message)), key, _buffer("uint8_t *", frame))
        except (StructError, OverflowError):
            status = lib.EHW_ERR_RANGE
        if status < 0:
            raise _why(lambda: openhems.encode(message, keys))
        return bytes(frame[:status])

    def ook_encode(self, code: OokCode) -> bytes:
        """As core.interface.Core.ook_encode."""
        frame = bytearray(lib.EHW_OOK_SIZE)
        try:
            status = lib.ehw_ook_encode(ffi.new("struct ehw_ook *", tuple(code)), _buffer("uint8_t *", frame))
        except OverflowError:
            status = lib.EHW_ERR_RANGE
        if status:
            raise _why(lambda: ook.ook_encode(code))
        return bytes(frame)

    def ook_decode(self, frame: bytes) -> OokCode:
        """As core.interface.Core.ook_decode."""
        code = ffi.new("struct ehw_ook *")
        status = lib.ehw_ook_decode(frame, len(frame), code)
        if status:
            _refuse_ook(status, frame)
        return OokCode(code.house, code.gang, bool(code.on))

    def ook_ear(self) -> COokEar:
        """As core.interface.Core.ook_ear."""
        return COokEar()

    def open_board(self, device: str, wiring: Wiring = WIRINGS["ener314-rt"], speed_hz: int = 4_000_000) -> Board:
        """A board through /dev/spidevB.C and /dev/gpiochipN. Raises LinkError and its kin."""
        return open_board(device, wiring, speed_hz)

    def open_lines(self, numbers: Sequence[int]) -> NativeLines:
        """As core.interface.Core.open_lines."""
        return NativeLines(numbers)

    def radio(self, board: Board, config: RadioConfig | None = None) -> CRadio:
        """A driver on that board; nothing is touched before start(). Raises OutOfRange for a power."""
        return CRadio(board, config or RadioConfig())


class COokEar:
    """core.interface.OokEar in C. Not thread-safe."""

    def __init__(self) -> None:
        self._ear = ffi.new("struct ehw_ook_ear *")
        self._heard = ffi.new("struct ehw_ook_heard[]", lib.EHW_MOST_HEARD)

    def hear(self, samples: bytes) -> list[OokHeard]:
        """As core.interface.OokEar.hear."""
        codes = []
        for start in range(0, len(samples), lib.EHW_MOST_SAMPLES):
            part = samples[start : start + lib.EHW_MOST_SAMPLES]
            count = lib.ehw_ook_hear(self._ear, part, len(part), self._heard)
            codes += [OokHeard(code.bits, code.chip_us) for code in self._heard[0:count]]
        return codes


def _refuse(status: int, frame: bytes, flat: bytearray) -> NoReturn:
    """Raise what a status of ehw_decode() means."""
    if status == lib.EHW_ERR_TRUNCATED:
        raise FrameTruncated(_length_text(frame), frame)
    if status == lib.EHW_ERR_TOO_LONG:
        raise FrameTooLong(_length_text(frame), frame)
    _, _, received, computed, _, _, _, _, fault, _, _ = HEADER.unpack_from(flat)
    if status == lib.EHW_ERR_CHECKSUM:
        text = f"expected CRC 0x{received:04X}, computed 0x{computed:04X}"
        raise ChecksumError(text, frame, received, computed)
    raise RecordError(FAULTS[fault], frame)


def _length_text(frame: bytes) -> str:
    length = frame[0] if frame else None
    if length is None or not 10 <= length <= 65:
        return f"expected a length byte of 10 to 65, got {length}"
    return f"expected {length + 1} bytes for length byte {length}, got {len(frame)}"


def _refuse_ook(status: int, frame: bytes) -> NoReturn:
    """Raise what a status of ehw_ook_decode() means."""
    if status == lib.EHW_ERR_RECORD:
        raise RecordError(f"expected sync 80000000, symbols 8 and E and the code of a gang, got {frame.hex()}", frame)
    refusal = FrameTruncated if status == lib.EHW_ERR_TRUNCATED else FrameTooLong
    raise refusal(f"expected {lib.EHW_OOK_SIZE} bytes, got {len(frame)}", frame)


def _pack(message: Message) -> bytes:
    """struct ehw_message for ehw_encode(). Raises struct.error for what fits no field of it."""
    data = b"".join(record.data for record in message.records)
    fields = message.sensor, message.pip, 0, 0, message.manufacturer, message.product, False, 0, 0
    rows, end = [HEADER.pack(*fields, len(message.records), data)], 0
    for record in message.records:
        start, end = end, end + len(record.data)
        rows.append(ROW.pack(record.parameter, record.command, record.type, record.index, 0, start, end))
    return b"".join(rows).ljust(SIZE, b"\0")


def _why(reference: Callable[[], object]) -> OutOfRange:
    """The Python core says which field does not fit, and its limits."""
    try:
        reference()
    except OutOfRange as error:
        return error.with_traceback(None)
    return OutOfRange("expected a message that fits a frame")
