"""Scrambled registers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from energy_hw.outback.chain import MARKER
from energy_hw.outback.marker import scrambling_key

WORDS = st.integers(0, 0xFFFF)


def scrambled(word: int, key: int) -> int:
    turned = f"{word ^ 0x0BCC:016b}"
    return int(turned[-7:] + turned[:-7], 2) ^ key


@given(WORDS)
def test_the_marker_gives_the_key_away(key: int) -> None:
    assert scrambling_key([scrambled(word, key) for word in MARKER]) == key


@given(WORDS, WORDS)
def test_anything_else_has_no_key_unless_both_registers_agree(first: int, second: int) -> None:
    key = scrambling_key((first, second))
    assert key is None or [scrambled(word, key) for word in MARKER] == [first, second]
    assert scrambling_key(MARKER) is None
