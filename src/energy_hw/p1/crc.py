"""CRC-16/ARC, the checksum of a telegram: 0x8005 reflected, from 0, over everything from `/` to `!`.

The generator is P = x^16 + x^15 + x^2 + 1 = (x + 1) Q with Q = x^15 + x + 1. A byte at a time is what C does; in Python
the whole telegram is one integer, a polynomial over GF(2), and is reduced by three shifts at a time:

    modulo Q:       squaring is linear over GF(2), so Q^m = x^15m + x^m + 1 for m = 1, 2, 4, ..., and for every m
                    H x^15m + L = H x^m + H + L. The highest 15m bits fold onto the lowest, 256 bytes in one step.
    modulo x + 1:   what is left is the parity.
    modulo P:       r or r + Q, whichever has the parity, as Q itself is odd.

Source: DSMR P1 companion standard 5.0.2, 5.2. The parameters: "CRC-16/ARC" in the catalogue of Greg Cook.
"""

from __future__ import annotations

Q = 0x8003
REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
FOLDS = tuple((15 * m, m, (1 << 15 * m) - 1) for m in (4096, 2048, 1024, 512, 256, 128, 64, 32, 16, 8, 4, 2, 1))


def crc16(data: bytes) -> int:
    """CRC of data; 0xBB3D for `123456789`. Up to some KiB it takes a few microseconds."""
    number = int.from_bytes(data.translate(REVERSED), "big") << 16
    parity = number.bit_count() & 1
    for bits, shift, mask in FOLDS:
        while number > mask:
            high = number >> bits
            number = (number & mask) ^ high ^ (high << shift)
    if number.bit_count() & 1 != parity:
        number ^= Q
    return int.from_bytes(number.to_bytes(2, "big").translate(REVERSED), "little")
