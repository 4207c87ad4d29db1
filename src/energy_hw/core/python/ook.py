"""OOK frames of the green-button devices: what a hand controller's button says, as 16 bytes.

    80 00 00 00 | HH HH HH HH HH HH HH HH HH HH | DD DD
    sync          house code, 20 bits             data, 4 bits

4800 chips a second. Sync is 1 chip on, 31 off. Each bit is 4 chips, MSB first, two bits a
byte: 0 = 1000, 1 = 1110, as the EV1527 encoder sends them. Source: pyenergenie TwoBit.py;
gangs 5 and 6: Achronite's energenie-ener314rt.
"""

from __future__ import annotations

from energy_hw.core.interface import OokCode
from energy_hw.errors import FrameTooLong, FrameTruncated, OutOfRange, RecordError

FRAME_SIZE = 16
SYNC = b"\x80\x00\x00\x00"
HOUSE_MAX = 0xFFFFF
GANG_MAX = 6

# Bits 3-1 of the data for each gang, 0 = all; bit 0 is on.
_GANG_BITS = (0b110, 0b111, 0b011, 0b101, 0b001, 0b010, 0b100)
_CODE_OF = {bits: gang for gang, bits in enumerate(_GANG_BITS)}
_SYMBOLS = {0x8: "0", 0xE: "1"}


def ook_encode(code: OokCode) -> bytes:
    """16 bytes: sync, house code, data. Raises OutOfRange."""
    if not 0 <= code.house <= HOUSE_MAX:
        raise OutOfRange(f"expected a house code of 0 to 0x{HOUSE_MAX:X}, got {code.house:#x}", 0, HOUSE_MAX)
    if not 0 <= code.gang <= GANG_MAX:
        raise OutOfRange(f"expected a gang of 0 (all) to {GANG_MAX}, got {code.gang}", 0, GANG_MAX)
    bits = f"{code.house:020b}{_GANG_BITS[code.gang]:03b}{bool(code.on):b}"
    return SYNC + bytes.fromhex(bits.replace("1", "E").replace("0", "8"))


def ook_decode(frame: bytes) -> OokCode:
    """Inverse of ook_encode. Raises FrameTruncated, FrameTooLong, RecordError."""
    if len(frame) != FRAME_SIZE:
        refusal = FrameTruncated if len(frame) < FRAME_SIZE else FrameTooLong
        raise refusal(f"expected {FRAME_SIZE} bytes, got {len(frame)}", frame)
    if frame[:4] != SYNC:
        raise RecordError(f"expected sync 80000000, got {frame[:4].hex()}", frame)
    word = _bits(frame)
    gang = _CODE_OF.get(word >> 1 & 0b111)
    if gang is None:
        raise RecordError(f"expected the code of gang 0 to {GANG_MAX}, got 0x{word & 0xF:X}", frame)
    return OokCode(word >> 4, gang, bool(word & 1))


def _bits(frame: bytes) -> int:
    """The 24 bits after the sync."""
    try:
        return int("".join(_SYMBOLS[nibble] for byte in frame[4:] for nibble in (byte >> 4, byte & 0xF)), 2)
    except KeyError as error:
        raise RecordError(f"expected symbols 8 and E, got {error.args[0]:X} in {frame.hex()}", frame) from None
