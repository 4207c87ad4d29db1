"""Lines as readline() of a 7E1 port cuts them, whatever the port."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_hw.teleinfo.frame import with_parity
from energy_hw.teleinfo.line_cutter import LONGEST, LineCutter
from energy_hw.teleinfo.parser import ParserException, parse_line
from teleinfo_rig import BASE, historique

TWO_FRAMES = historique(*BASE) * 2


def cut(data: bytes, size: int = 10**6) -> list[bytes]:
    cutter = LineCutter()
    return [line for at in range(0, len(data), size) for line in cutter.feed(data[at : at + size])]


def readline_would(data: bytes) -> list[bytes]:
    """What a port that waits for LF gives after the STX LF at the start, once the next STX LF has come."""
    return BytesIO(data.split(b"\n", 1)[1] + b"\x02\n").readlines()


@pytest.mark.parametrize("parity", [False, True])
@pytest.mark.parametrize("size", [1, 2, 7, 10**6])
def test_the_lines_are_those_of_readline_and_come_no_later_than_their_end(parity: bool, size: int) -> None:
    data = with_parity(TWO_FRAMES) if parity else TWO_FRAMES
    assert cut(data, size) == readline_would(TWO_FRAMES)


@pytest.mark.parametrize("parity", [False, True])
def test_an_interrupted_frame_keeps_its_last_line(parity: bool) -> None:
    data = historique(("PAPP", "00540"))[:-1] + b"\x04\x02\n"
    lines = cut(b"\n" + (with_parity(data) if parity else data))
    assert parse_line(lines[-1]) == ("PAPP", "00540", True)


def test_each_flipped_bit_of_a_group_with_parity_is_seen() -> None:
    group = with_parity(historique(("BASE", "000804220"))[1:-1] + b"\n")
    for at in range(1, len(group)):
        for bit in range(8):
            damaged = bytearray(group)
            damaged[at] ^= 1 << bit
            for line in cut(bytes(damaged))[1:]:
                with pytest.raises(ParserException):
                    parse_line(line)


def test_bytes_without_an_end_are_given_up() -> None:
    lines = cut(b"U" * (4 * LONGEST), 100)
    assert lines
    assert max(map(len, lines)) <= LONGEST + 100


@given(st.lists(st.sampled_from([b"\r", b"\n", b"\x02", b"\x03", b"\x04", b"\x8d", b"\x84", b"A 1 x"]), max_size=40))
def test_it_makes_no_difference_how_the_bytes_come(parts: list[bytes]) -> None:
    data = b"".join(parts)
    assert cut(data, 1) == cut(data)
