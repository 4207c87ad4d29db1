"""Noise on the line: C and Python tell the same story of it, telegrams in it are found, flips are, nothing grows."""

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
from energy_hw.p1.framer import PythonFramer
from energy_hw.p1.telegram import Crc, CrcPolicy, Mark, P1Framer, Telegram, crc16
from p1_wire import (
    AIDON,
    CASES,
    CIPHERED,
    DSMR2,
    DSMR5,
    EVEN,
    HUNGARIAN,
    SHORT,
    STREAM,
    Story,
    closed,
    expected_of,
    hdlc,
    in_chunks,
    raws,
    tell,
    with_header,
)

SOUND = [DSMR5, DSMR2, HUNGARIAN, SHORT, AIDON, *CIPHERED[:2], hdlc(b"12345678"), SHORT.translate(EVEN)]
SOUND += [with_header(b"KFM5", b"0-0:96.13.0(" + text + b")") for text in (b"/ABC5\r\n\r\n", b"\xff\xff", b"a)!\r\n")]
SPECIAL = [
    b"/",
    b"/ABC5\r\n\r\n",
    b"!",
    b"\r\n!",
    b"\n!\r\n",
    b")!\r\n",
    b"!12",
    b"1-0:1.8.0(1)\r\n",
    b"\r",
    b"\n",
    b"\xdb",
]
SPECIAL += [
    b"\xdb\x08",
    b"~\xa0",
    b"\xff\xfb\x01",
    b"\xff\xff",
    b"\xff\xfa\x01\xff\xf0",
    b"\x00",
    b"\xaf",
    b"/a",
    b"/AB",
]
HOUR = 11520 * 3600
EVERY = 11520 * 10


def story(implementation: str, chunks: list[bytes], verbs: dict[int, str], options: dict[str, object]) -> Story:
    """Everything that a framer says of these chunks, and of what is done after some of them."""
    framer, events = P1Framer(implementation=implementation, **options), []  # type: ignore[arg-type]
    for number, chunk in enumerate(chunks):
        events += framer.feed(chunk)
        if verbs.get(number) == "idle":
            events += framer.idle()
        elif verbs.get(number) == "reset":
            framer.reset()
    return events, framer.counters


# ---- the same story ----


def damaged(dice: Random, raw: bytes) -> bytes:
    """A beginning, an end, a middle, or all of it with a few bits flipped."""
    start, end = (dice.randrange(len(raw)) if dice.random() < 0.2 else limit for limit in (0, len(raw)))
    data = bytearray(raw[start:end])
    for _ in range(dice.choice((0, 0, 0, 1, 3)) if data else 0):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    return bytes(data)


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    """Telegrams and frames, sound and not, what looks like a part of one, and noise."""
    dice = draw(st.randoms(use_true_random=False))
    parts = st.one_of(
        st.sampled_from(SOUND).map(lambda raw: damaged(dice, raw)),
        st.sampled_from(SPECIAL),
        st.binary(max_size=40),
        st.just(dice.randbytes(dice.choice((0, 0, 9000)))),
        st.lists(st.sampled_from(SPECIAL), max_size=9).map(
            lambda lines: closed(b"/KFM5\r\n" + b"".join(lines) + b"\r\n!")
        ),
    )
    return b"".join(draw(st.lists(parts, max_size=12)))


OPTIONS = st.fixed_dictionaries(
    {"policy": st.sampled_from(CrcPolicy), "repair_line_ends": st.booleans(), "telnet": st.booleans()}
)
VERBS = st.dictionaries(st.integers(0, 15), st.sampled_from(["idle", "idle", "reset"]), max_size=4)


@settings(max_examples=200, deadline=None)
@given(streams(), OPTIONS, st.randoms(use_true_random=False), VERBS)
def test_c_and_python_tell_the_same_story_however_it_is_cut(
    data: bytes, options: dict[str, object], dice: Random, verbs: dict[int, str]
) -> None:
    chunks = in_chunks(data, dice)
    expected = story("python", chunks, verbs, options)
    assert story("c", chunks, verbs, options) == expected
    singles, at = byte_by_byte(chunks, verbs)
    assert story("c", singles, at, options) == expected
    if len(data) < 4000:
        assert story("python", singles, at, options) == expected
    counters = expected[1]
    assert sum(map(len, raws(expected[0]))) + counters.resync_bytes + counters.telnet <= len(data)


def byte_by_byte(chunks: list[bytes], verbs: dict[int, str]) -> tuple[list[bytes], dict[int, str]]:
    """The same in chunks of one byte, with the verbs at the same places."""
    singles: list[bytes] = []
    at = {}
    for number, chunk in enumerate(chunks):
        singles += [bytes((byte,)) for byte in chunk] or [b""]
        if number in verbs:
            at[len(singles) - 1] = verbs[number]
    return singles, at


@pytest.mark.parametrize("implementation", core.NAMES)
@pytest.mark.parametrize("raw", [DSMR5, DSMR2, CIPHERED[0], DSMR2.translate(EVEN)], ids=len)
def test_a_telegram_in_two_pieces_is_the_same(raw: bytes, implementation: str) -> None:
    expected = tell(raw, implementation, idle=True)
    for at in range(len(raw) + 1):
        assert story(implementation, [raw[:at], raw[at:]], {1: "idle"}, {}) == expected, at


@pytest.mark.parametrize("implementation", core.NAMES)
def test_a_pause_anywhere_in_a_telegram_changes_nothing(implementation: str) -> None:
    for at in range(len(SHORT) - 2):
        events, _ = story(implementation, [SHORT, SHORT[:at], SHORT[at:]], {1: "idle", 2: "idle"}, {})
        assert raws(events) == [SHORT, SHORT], at


@pytest.mark.parametrize("size", [1, 7, 884, 4096, 65536, 1 << 20])
@pytest.mark.parametrize("implementation", core.NAMES)
def test_the_stream_of_a_meter_is_the_same_in_chunks_of(size: int, implementation: str) -> None:
    data = (STREAM / "input.bin").read_bytes()[: 60_000 if size < 100 else None]
    chunks = [data[at : at + size] for at in range(0, len(data), size)]
    assert story(implementation, chunks, {}, {}) == tell(data, implementation)


# ---- what a CRC finds ----


@pytest.mark.parametrize(
    "case", [case for case in CASES if expected_of(case)["crc"] == "ok"][::4], ids=lambda case: case.name
)
def test_every_flipped_bit_is_found(case: Path) -> None:
    raw = (case / "input.bin").read_bytes()
    flips = [(at, bit) for at in range(len(raw) - 2) for bit in range(8)]
    assert not [flip for flip in flips if accepted(raw, [flip])]


def test_every_two_flipped_bits_are_found() -> None:
    """As a CRC is linear it is enough to know what each flip does to it: none, and no two, do nothing."""
    raw = DSMR5[:-6]
    good = crc16(raw)
    effects = set()
    for at in range(len(raw)):
        for bit in range(8):
            flipped = raw[:at] + bytes((raw[at] ^ 1 << bit,)) + raw[at + 1 :]
            effects.add(good ^ crc16(flipped))
    assert len(effects | {0}) == 8 * len(raw) + 1


def test_two_flipped_bits_anywhere_are_found_by_the_framer() -> None:
    dice = Random(1)
    for _ in range(4000):
        flips = [(dice.randrange(len(DSMR5) - 2), dice.randrange(8)) for _ in range(2)]
        assert flips[0] == flips[1] or not accepted(DSMR5, flips), flips


def accepted(raw: bytes, flips: list[tuple[int, int]]) -> bool:
    """Whether a framer that knows the meter takes the damaged telegram for one. A CRC of lower case is the same one."""
    data = bytearray(raw)
    for at, bit in flips:
        data[at] ^= 1 << bit
    events = tell(raw + bytes(data) + raw, "c")[0]
    found = [event for event in events if isinstance(event, Telegram) and event.raw.upper() != raw.upper()]
    assert raws(events)[0] == raw == raws(events)[-1]
    assert all(event.crc is Crc.OK for event in events if isinstance(event, Telegram)) or found
    return bool(found)


# ---- an hour of it ----


def noise_of(kind: str) -> Iterator[bytes]:
    """Ten seconds at 115200 baud, again and again."""
    dice = Random(kind)
    fills = {"zeros": b"\x00" * EVERY, "ones": b"\xff" * EVERY, "slashes": (b"/ABC5\r\n" * EVERY)[:EVERY]}
    return cycle([fills[kind]]) if kind in fills else iter(lambda: dice.randbytes(EVERY), None)


@pytest.mark.parametrize(("implementation", "hours"), [("c", 1), ("python", 0.1)])
@pytest.mark.parametrize("kind", ["random", "zeros", "ones", "slashes"])
def test_each_telegram_in_an_hour_of_noise_is_found_and_nothing_else(
    kind: str, implementation: str, hours: float
) -> None:
    framer, noise = P1Framer(implementation=implementation), noise_of(kind)
    kinds = [DSMR5, DSMR2, CIPHERED[0], HUNGARIAN]
    count = int(HOUR // EVERY * (hours if kind != "slashes" else hours / 10))
    for number in range(count):
        raw = kinds[number % 4]
        events = framer.feed(next(noise) + raw) + framer.idle()
        assert raws(events) == [raw], number
        assert Mark.HDLC not in events
    counters = framer.counters
    assert counters.ok + counters.absent + counters.ciphered == count
    assert size_of(framer) < 70_000


@pytest.mark.parametrize("implementation", core.NAMES)
@pytest.mark.parametrize(
    "fill", [b"A", b"/ABC\r\n1", b"\xdb\x08SAGxxxxx\x82\x1f\xff\x30", b"~\xa7\xff", b"!\r\n", b"/"]
)
def test_ten_megabytes_without_a_telegram_keep_memory_flat(fill: bytes, implementation: str) -> None:
    framer = P1Framer(implementation=implementation)
    chunk = (fill * 65536)[:65536]
    for _ in range(160 if len(fill) == 1 else 4):
        framer.feed(chunk)
    assert size_of(framer) < 150_000
    assert raws(framer.feed(b"\r\n" + DSMR5 * 12))[-1] == DSMR5


def size_of(framer: P1Framer) -> int:
    """Bytes that the framer keeps; in C it is one struct of fixed size."""
    inner = framer._framer
    return sum(map(sys.getsizeof, vars(inner).values())) if isinstance(inner, PythonFramer) else 0
