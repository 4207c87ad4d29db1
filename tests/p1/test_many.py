"""Columns of many telegrams: the same in C and in Python, and the same as one telegram after the other."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from energy_hw import core
from energy_hw.p1.many import TEXT, UNITS, Columns, packed, parse_many
from energy_hw.p1.telegram import P1Framer, Telegram, scan_lines
from p1_wire import CASES, CIPHERED, DSMR5, EVEN, SHORT, STREAM, with_header

every_implementation = pytest.mark.parametrize("implementation", core.NAMES)
CORPUS = [(case / "input.bin").read_bytes() for case in CASES]


@every_implementation
def test_a_line_is_a_row(implementation: str) -> None:
    columns = parse_many(b"noise" + DSMR5 * 2, implementation=implementation)
    at = columns.first[1] + 4
    assert list(columns.telegram) == [5, 5 + len(DSMR5)]
    assert (columns.code[at], columns.mantissa[at], columns.scale[at]) == (packed(b"1-0:1.8.2"), 2948827, 3)
    assert UNITS[columns.unit[at]] == "kWh"
    assert (b"noise" + DSMR5 * 2)[columns.offset[at] :].startswith(b"1-0:1.8.2(002948.827*kWh)")
    assert memoryview(columns.mantissa).format == "q"
    assert (len(columns.code), columns.taken, columns.counters.ok) == (70, 5 + 2 * len(DSMR5), 2)


@every_implementation
def test_every_capture_has_a_row_for_each_line(implementation: str) -> None:
    for raw in CORPUS:
        columns = parse_many(raw, "report", implementation)
        lines = scan_lines(raw)
        assert list(columns.code) == [packed(code) for code, *_ in lines]
        for at, (_, *groups) in enumerate(lines):
            number = groups[-1].decode("latin-1").partition("*")[0]
            if columns.scale[at] != TEXT:
                assert columns.mantissa[at] == int(number.replace(".", ""))


@every_implementation
def test_the_stream_of_a_meter_comes_whole(implementation: str) -> None:
    data = (STREAM / "input.bin").read_bytes()
    columns = parse_many(data, implementation=implementation)
    assert (len(columns.crc), columns.taken, columns.telegram[0]) == (283, len(data), 320)


@every_implementation
def test_the_beginning_of_a_telegram_is_left(implementation: str) -> None:
    columns = parse_many(SHORT + SHORT[:50], implementation=implementation)
    assert (len(columns.crc), columns.taken) == (1, len(SHORT))
    assert list(parse_many(b"", implementation=implementation).code) == []


@every_implementation
def test_many_short_lines_have_room(implementation: str) -> None:
    raw = with_header(b"KFM5", *[b"1"] * 2000) * 20 + b"/ABC5\r\n1-0:1.8.0(1)\r\n!\r\n" * 500
    columns = parse_many(raw, implementation=implementation)
    assert (len(columns.code), len(columns.crc), columns.taken) == (40_000 + 500, 520, len(raw))


@pytest.mark.parametrize("code", [b"", b"1-0:1.8", b"1-0:256.8.0", b"1-0:1.8.0x"])
def test_what_is_no_code_is_packed_as_0(code: bytes) -> None:
    assert packed(code) == 0


def damaged(dice: Random) -> bytes:
    """Telegrams of all sorts one after the other, a few bits flipped, a few bytes lost."""
    parts = [dice.choice([*CORPUS, *CIPHERED, SHORT.translate(EVEN), b"/ABC\r\n1(x\x01)\r\n!"]) for _ in range(6)]
    data = bytearray(b"".join(parts))
    for _ in range(dice.randrange(12)):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    del data[(at := dice.randrange(len(data))) : at + dice.choice((0, 3, 300))]
    return bytes(data)


def test_c_and_python_fill_the_same_columns_of_what_a_framer_finds() -> None:
    dice = Random(20260101)
    for number in range(150):
        data, policy = damaged(dice), dice.choice(["if_present", "require", "report"])
        python = parse_many(data, policy, "python")
        assert bare(parse_many(data, policy, "c")) == bare(python), number
        framer = P1Framer(policy)
        events = framer.feed(data) + framer.idle()
        telegrams = [event for event in events if isinstance(event, Telegram)]
        assert len(python.crc) == len(telegrams)
        assert len(python.code) == sum(len(scan_lines(telegram.raw)) for telegram in telegrams)


def bare(columns: Columns) -> Columns:
    """Bytes that are left count for a framer, and not in place."""
    return columns._replace(counters=replace(columns.counters, bytes=0))
