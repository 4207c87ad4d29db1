"""Noise on the line: C and Python tell the same story of it, sound frames in it are found, and nothing grows."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy_hw import core
from energy_hw.teleinfo.frame import Event, Mark, Mode, Parity, TicParser, encode_frame, encode_group, with_parity
from energy_hw.teleinfo.scan import PythonScanner
from energy_hw.teleinfo.tic import TicCounters

STANDARD = (Path(__file__).parents[1] / "captures/teleinfo/linky_three_phase_standard/input.bin").read_bytes()
H = Mode.HISTORIQUE
SOUND = [
    *(encode_group("PAPP", "00540", mode=H), encode_group("PTEC", "HP..", mode=H), b"\nPAPP 00540 J\r"),
    *(encode_group("EAST", "021849106"), encode_group("DATE", "H200214230804", ""), encode_group("NGTF", " TEMPO ")),
]
SPECIAL = [b"\x02", b"\x03", b"\x04", b"\n", b"\r", b"\t", b" ", b"\x82", b"\x8d", b"\xff", b"\xff\x00", b"\x00"]
HOUR = 9600 // 10 * 3600
EVERY = 9600 // 10 * 10

Story = tuple[list[Event], TicCounters, bool | None]


def story(implementation: str, parity: Parity, chunks: list[bytes], reset_after: int = -1) -> Story:
    """Everything that a parser says of these chunks."""
    parser, events = TicParser(parity, implementation), []
    for number, chunk in enumerate(chunks):
        events += parser.feed(chunk)
        if number == reset_after:
            parser.reset()
    return events, parser.counters, parser.parity_seen


def cut(data: bytes, dice: Random) -> list[bytes]:
    ends = sorted(dice.randrange(len(data) + 1) for _ in range(dice.randrange(20)))
    return [data[start:end] for start, end in zip([0, *ends], [*ends, len(data)], strict=True)]


# ---- the same story ----


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    """Groups sound and not, marks, noise; then a few bits flipped."""
    parts = st.one_of(
        st.sampled_from(SOUND), st.sampled_from(SPECIAL), st.binary(max_size=12), st.sampled_from(SOUND).map(encode_one)
    )
    data = bytearray(b"".join(draw(st.lists(parts, max_size=60))))
    if draw(st.booleans()):
        data = bytearray(with_parity(data))
    for _ in range(draw(st.integers(0, 5)) if data else 0):
        data[draw(st.integers(0, len(data) - 1))] ^= 1 << draw(st.integers(0, 7))
    return bytes(data)


def encode_one(group: bytes) -> bytes:
    return encode_frame((group,))


@settings(max_examples=300, deadline=None)
@given(streams(), st.sampled_from(Parity), st.randoms(use_true_random=False), st.integers(-1, 10))
def test_c_and_python_tell_the_same_story_however_it_is_cut(
    data: bytes, parity: Parity, dice: Random, reset_after: int
) -> None:
    chunks = cut(data, dice)
    assert story("c", parity, chunks, reset_after) == story("python", parity, chunks, reset_after)
    whole = story("python", parity, [data])
    assert story("c", parity, chunks) == whole
    assert story("python", parity, chunks) == whole
    assert story("python", parity, [bytes((byte,)) for byte in data]) == whole


def damaged(dice: Random) -> bytes:
    """A captured stream with up to forty things wrong with it."""
    start = dice.randrange(8000)
    data = bytearray(STANDARD[start : start + 3000])
    if dice.random() < 0.7:
        data = bytearray(with_parity(data))
    for _ in range(dice.randrange(40)):
        at, verb = dice.randrange(len(data)), dice.randrange(4)
        if verb == 0:
            data[at] ^= 1 << dice.randrange(8)
        elif verb == 1:
            del data[at : at + dice.randrange(30)]
        elif verb == 2:
            data[at:at] = dice.randbytes(dice.choice((1, 5, 20, 600)))
        else:
            data[at:at] = dice.choice(SPECIAL)
    return bytes(data)


def test_c_and_python_tell_the_same_story_of_damaged_captures() -> None:
    dice = Random(20260101)
    told = 0
    for number in range(300):
        parity, data = list(Parity)[number % 3], damaged(dice)
        expected = story("python", parity, [data])
        assert story("c", parity, cut(data, dice)) == expected, number
        assert story("python", parity, cut(data, dice)) == expected, number
        told += len(expected[0])
    assert told > 10_000


# ---- an hour of it ----


def noise_of(kind: str) -> Iterator[bytes]:
    """Ten seconds at 9600 baud, again and again."""
    dice = Random(kind)
    fills = {"zeros": b"\x00" * EVERY, "ones": b"\xff" * EVERY}
    return cycle([fills[kind]]) if kind in fills else iter(lambda: dice.randbytes(EVERY), None)


@pytest.mark.parametrize("implementation", core.NAMES)
@pytest.mark.parametrize("kind", ["random", "zeros", "ones"])
def test_each_frame_in_an_hour_of_noise_is_found_and_nothing_else(kind: str, implementation: str) -> None:
    groups = SOUND[3:6]
    frame = with_parity(encode_frame(groups))
    expected = [Mark.START, *(group[1:-1] for group in groups), Mark.END]
    parser, noise = TicParser(implementation=implementation), noise_of(kind)
    marks = 0
    for number in range(HOUR // EVERY):
        *of_noise, _, _, _, _, _ = events = parser.feed(next(noise) + frame)
        assert events[-5:] == expected, number
        marks += len(of_noise)
        assert not any(isinstance(event, bytes) for event in of_noise)
    counters = parser.counters
    assert (counters.complete, counters.groups) == (360, 3 * 360)
    assert (marks > 0) == (kind == "random")
    assert counters.rejected <= marks
    assert size_of(parser) < 8192


@pytest.mark.parametrize("implementation", core.NAMES)
def test_a_group_that_never_ends_does_not_grow(implementation: str) -> None:
    parser = TicParser(implementation=implementation)
    parser.feed(SOUND[0] + b"\n")
    for _ in range(60):
        assert parser.feed(b"A" * EVERY) == []
    assert size_of(parser) < 8192
    assert parser.feed(b"\r" + SOUND[0]) == [Mark.REJECTED, SOUND[0][1:-1]]
    assert parser.counters.overflow == 1


@pytest.mark.parametrize("implementation", core.NAMES)
def test_frames_that_come_otherwise_after_each_burst_are_found(implementation: str) -> None:
    """Parity there, then stripped, then there: the way of bit 7 is open again after a burst."""
    parser, dice = TicParser(implementation=implementation), Random(1)
    frame = encode_frame(SOUND[3:6])
    for number in range(40):
        events = parser.feed(dice.randbytes(2000) + (with_parity(frame) if number % 2 else frame))
        assert [event for event in events if isinstance(event, bytes)] == [group[1:-1] for group in SOUND[3:6]]


def size_of(parser: TicParser) -> int:
    """Bytes that the parser keeps; in C it is one struct of fixed size."""
    scanner = parser._scanner
    return sum(map(sys.getsizeof, vars(scanner).values())) if isinstance(scanner, PythonScanner) else 0
