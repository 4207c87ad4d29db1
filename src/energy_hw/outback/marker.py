"""The marker "SunS" in front of the chain, and what it looks like when the registers are scrambled.

Source: SunSpec Alliance, SunSpec Information Model Specification (base addresses 40000, 0, 50000); scrambling:
register table of the manufacturer's C tool, github.com/prafull1249/OutBack_C_Interface cfc5b26 (facts only).
"""

from __future__ import annotations

from collections.abc import Sequence

from energy_hw.outback.chain import MARKER

BASES = (40000, 0, 50000)
SCRAMBLER, TURN = 0x0BCC, 7


def scrambling_key(marker: Sequence[int]) -> int | None:
    """The key with which these two registers are "SunS", scrambled; None if there is none.

    scrambled = rotate_right(plain ^ 0x0BCC, 7) ^ key: the first register gives the key, the second proves it.
    """
    first, second = (_right(word ^ SCRAMBLER) for word in MARKER)
    key = marker[0] ^ first
    return key if marker[1] ^ key == second else None


def _right(word: int) -> int:
    return (word >> TURN | word << 16 - TURN) & 0xFFFF
