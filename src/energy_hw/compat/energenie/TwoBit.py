"""pyenergenie's TwoBit: OOK frames of the green-button devices, two bits to a byte.

Decoding works too. Sources: pyenergenie, TwoBit.py; the layout is in core/python/ook.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from energy_hw import core as cores
from energy_hw.core.interface import OokCode
from energy_hw.errors import RecordError

ALL_SOCKETS = 0
PREAMBLE = [0x80, 0x00, 0x00, 0x00]
DEFAULT_ADDR = 0x6C6C6
ENCODER = [0x88, 0x8E, 0xE8, 0xEE]
HOUSE_BITS = 0xFFFFF
_frame = bytes
"""The built-in: pyenergenie calls a parameter of its decoders `bytes`."""


def encode_switch_message(
    state: bool, device_address: int = ALL_SOCKETS, house_address: int | None = None
) -> list[int]:
    """The 16 bytes of on or off for a socket, 0 for all. Of a house code its lower 20 bits count.

    Raises ValueError for a socket that is not 0 to 6.
    """
    house = (DEFAULT_ADDR if house_address is None else house_address) & HOUSE_BITS
    return list(cores.get().ook_encode(OokCode(house, device_address, bool(state))))


def encode_relay_message(relayState: bool = False) -> list[int]:
    """Preamble and code of socket 1, without a house code."""
    return PREAMBLE + encode_bits(0x0F if relayState else 0x0E, 4)


def encode_test_message(pattern: int) -> list[int]:
    """The default house code with any four bits behind it."""
    return PREAMBLE + encode_bits(DEFAULT_ADDR, 20) + encode_bits(pattern & 0x0F, 4)


def encode_bytes(data: Iterable[int]) -> list[int]:
    """Each byte as four."""
    return [symbol for byte in data for symbol in encode_bits(byte, 8)]


def encode_bits(data: int, number: int) -> list[int]:
    """The lower `number` bits, an even number, as half as many bytes."""
    return [ENCODER[data >> shift & 0x03] for shift in range(number - 2, -1, -2)]


DEFAULT_ADDR_ENC = encode_bits(DEFAULT_ADDR, 20)
SW1_ON_ENC, SW1_OFF_ENC = encode_bits(0x0F, 4), encode_bits(0x0E, 4)


def decode_switch_message(bytes: Sequence[int]) -> tuple[int, int, bool]:
    """House address, socket (0: all) and state of the 16 bytes. Raises FrameError, a ValueError."""
    code = cores.get().ook_decode(_frame(bytes))
    return code.house, code.gang, code.on


def decode_command(bytes: Sequence[int]) -> tuple[int, bool]:
    """Socket and state of the last two bytes. Raises FrameError, a ValueError."""
    house = PREAMBLE + DEFAULT_ADDR_ENC
    return decode_switch_message([*house, *bytes])[1:]


def decode_bytes(bytes: Sequence[int]) -> list[int]:
    """The inverse of encode_bytes(). Raises ValueError."""
    return [decode_bits(bytes[at : at + 4], 8)[0] for at in range(0, len(bytes), 4)]


def decode_bits(bits: Sequence[int], number: int) -> list[int]:
    """The inverse of encode_bits(): one number in a list. Raises ValueError."""
    value = 0
    for symbol in bits[: number // 2]:
        if symbol not in ENCODER:
            raise RecordError(f"expected 0x88, 0x8E, 0xE8 or 0xEE, got 0x{symbol:02X}")
        value = value << 2 | ENCODER.index(symbol)
    return [value]


def ashex(payload: Iterable[int]) -> str:
    """Bytes for people to read: `0x80 0x0 `."""
    return "".join(f"{byte:#x} " for byte in payload)
