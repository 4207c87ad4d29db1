"""Telegrams out of a stream: captures, every way to end one, and everything that must not cost one."""

from __future__ import annotations

from pathlib import Path

import pytest

from energy_hw import core
from energy_hw.errors import ConfigError
from energy_hw.p1.telegram import Ciphered, Crc, CrcPolicy, Mark, P1Framer, Telegram, crc16
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
    closed,
    expected_of,
    hdlc,
    raws,
    tell,
    with_header,
)

pytestmark = pytest.mark.parametrize("implementation", core.NAMES)
DAMAGED = [Mark.DAMAGED]
GROWS = "bytes resync_bytes ok absent bad refused oversize truncated parity ciphered hdlc repaired seven_bit telnet"


# ---- captures ----


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_capture_has_the_crc_that_it_has(case: Path, implementation: str) -> None:
    raw, expected = (case / "input.bin").read_bytes(), expected_of(case)
    events, counters = tell(raw, implementation)
    if expected["crc"] == "bad":
        assert (events, counters.bad) == (DAMAGED, 1)
        events, _ = tell(raw, implementation, policy="report")
    (telegram,) = events
    assert isinstance(telegram, Telegram)
    printed = None if telegram.printed is None else f"{telegram.printed:04X}"
    assert (telegram.raw, telegram.crc, printed) == (raw, expected["crc"], expected["printed"])
    assert f"{telegram.computed:04X}" == expected["computed"] or case.name == AIDON


def test_a_stream_gives_every_whole_telegram(implementation: str) -> None:
    data, expected = (STREAM / "input.bin").read_bytes(), expected_of(STREAM)
    events, counters = tell(data, implementation, idle=True)
    assert b"".join(raws(events)) == data[expected["first_at"] :]  # type: ignore[misc]
    assert (counters.ok, counters.resync_bytes) == (expected["ok"], expected["resync_bytes"])
    assert len(events) == counters.ok


@pytest.mark.parametrize("frame", CIPHERED, ids=len)
def test_a_ciphered_frame_comes_whole(frame: bytes, implementation: str) -> None:
    events, counters = tell(frame + frame + DSMR5, implementation)
    assert events[:2] == [Ciphered(frame)] * 2
    assert raws(events)[2:] == [DSMR5]
    assert (counters.ciphered, counters.resync_bytes) == (2, 0)


def test_a_stream_of_ciphered_frames_gives_every_whole_one(implementation: str) -> None:
    data = (STREAM.parents[1] / "encrypted/lux_encrypted_20/input.bin").read_bytes()
    expected = expected_of(STREAM.parents[1] / "encrypted/lux_encrypted_20")
    events, counters = tell(data, implementation, idle=True)
    assert b"".join(raws(events)) == data[expected["first_at"] :]  # type: ignore[misc]
    assert counters.ciphered == expected["frames"]


# ---- how a telegram ends ----


@pytest.mark.parametrize("form", [b"%04X\r\n", b"%04x\r\n", b"%04X\n", b"%04X\r", b"%X\r\n", b"%x\n"])
def test_the_crc_may_be_printed_so(form: bytes, implementation: str) -> None:
    body = next(body for at in range(99999) if crc16(body := b"/ABC5\r\n\r\n1-0:1.8.0(%05d)\r\n!" % at) < 0x0FFF)
    raw = closed(body, form)
    events, _ = tell(raw + b"/", implementation)
    assert events == [Telegram(raw, Crc.OK, crc16(body), crc16(body))]


@pytest.mark.parametrize("digits", [1, 2, 3])
def test_a_crc_with_leading_zeros_may_lack_them(digits: int, implementation: str) -> None:
    wanted = range(16 ** (digits - 1), 16**digits)
    bodies = (b"/ABC5\r\n\r\n1-0:1.8.0(%05d)\r\n!" % number for number in range(99999))
    raw = closed(next(body for body in bodies if crc16(body) in wanted), b"%X\r\n")
    assert raws(tell(raw, implementation)[0]) == [raw]
    assert raws(tell(raw[:-2], implementation, idle=True)[0]) == [raw[:-2]]
    assert raws(tell(raw[:-2] + b"/ABC", implementation)[0]) == [raw[:-2]]


@pytest.mark.parametrize("cut", [1, 2])
def test_the_last_telegram_of_a_file_needs_idle(cut: int, implementation: str) -> None:
    framer = P1Framer(implementation=implementation)
    assert framer.feed(DSMR5[:-cut]) == []
    assert raws(framer.idle()) == [DSMR5[:-cut]]
    assert framer.feed(DSMR5[-cut:] + DSMR5)[0].raw == DSMR5  # type: ignore[union-attr]


@pytest.mark.parametrize("at", range(1, 7))
def test_a_pause_within_the_crc_costs_nothing(at: int, implementation: str) -> None:
    framer = P1Framer(implementation=implementation)
    framer.feed(DSMR5)
    events = framer.feed(DSMR5[:-at]) + framer.idle() + framer.feed(DSMR5[-at:]) + framer.feed(DSMR5)
    assert all(isinstance(event, Telegram) and event.crc is Crc.OK for event in events)
    assert len(events) == 2


def test_a_meter_without_crc_may_end_with_its_mark(implementation: str) -> None:
    assert tell(DSMR2[:-2], implementation)[0] == []
    (telegram,) = tell(DSMR2[:-2], implementation, idle=True)[0]
    assert isinstance(telegram, Telegram)
    assert (telegram.raw, telegram.crc, telegram.printed) == (DSMR2[:-2], Crc.ABSENT, None)


@pytest.mark.parametrize("behind", [b"1F2X\r\n", b"G\r\n", b" \r\n", b"1F\x00", b"\xff"])
def test_what_is_no_crc_is_a_bad_one(behind: bytes, implementation: str) -> None:
    raw = DSMR5[:-6] + behind
    events, counters = tell(raw + DSMR5, implementation)
    assert (events[0], raws(events), counters.bad) == (Mark.DAMAGED, [DSMR5], 1)
    (reported, _) = tell(raw + DSMR5, implementation, policy="report")[0]
    assert isinstance(reported, Telegram)
    assert (reported.crc, reported.printed, reported.computed) == (Crc.BAD, None, 0x1F28)


@pytest.mark.parametrize("behind", [b"\r\n", b"\n", b"B49F\r\n"])
def test_a_mark_behind_a_bracket_ends_a_telegram_that_can_be_handed_over(behind: bytes, implementation: str) -> None:
    body = AIDON[:-3] + b"!"
    raw = closed(body) if len(behind) > 2 else body + behind
    assert raws(tell(raw, implementation)[0]) == [raw]


@pytest.mark.parametrize("text", [b"(Hello (you)!\r\n)", b"(a)!1234\r\n", b"(a)!12\r\n", b"(a)!x", b"(b)!\x01"])
def test_a_mark_within_a_text_ends_nothing(text: bytes, implementation: str) -> None:
    raw = with_header(b"KFM5", b"0-0:96.13.0" + text, b"1-0:1.8.1(1*kWh)")
    options = {"policy": "require"} if b"you" in text else {}
    assert raws(tell(raw, implementation, **options)[0]) == [raw]


# ---- policies ----

BROKEN = DSMR5.replace(b"2948.827", b"2948.837")


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (CrcPolicy.IF_PRESENT, [Crc.OK, None, Crc.ABSENT]),
        (CrcPolicy.REQUIRE, [Crc.OK, None, None]),
        (CrcPolicy.REPORT, [Crc.OK, Crc.BAD, Crc.ABSENT]),
        (CrcPolicy.IGNORE, [Crc.OK, Crc.BAD, Crc.ABSENT]),
    ],
)
def test_a_policy_lets_through(policy: CrcPolicy, expected: list[Crc | None], implementation: str) -> None:
    events, counters = tell(DSMR5 + BROKEN + DSMR2, implementation, policy=policy)
    assert [event.crc if isinstance(event, Telegram) else None for event in events] == expected
    assert (counters.ok, counters.bad, counters.absent) == (1, 1, 1)


def test_a_policy_that_is_none_is_refused(implementation: str) -> None:
    with pytest.raises(ValueError, match="sometimes"):
        P1Framer(policy="sometimes", implementation=implementation)
    with pytest.raises(ConfigError, match="fortran"):
        P1Framer(implementation="fortran")


# ---- what must not cost a telegram ----


@pytest.mark.parametrize("raw", [HUNGARIAN, with_header(b"HLY5/ABC-METER", b"0-0:96.13.0(see http://abc.eu/news)")])
def test_a_slash_in_a_header_or_a_text_begins_nothing(raw: bytes, implementation: str) -> None:
    assert raws(tell(raw * 3, implementation)[0]) == [raw] * 3


@pytest.mark.parametrize("line", [b"/ABC5", b"/ABC5\r\n\r\n1-0:1.8.0(1)", b"Hello!", b"\xe9\xff\xb3", b"\xff" * 1024])
def test_a_message_may_hold_anything_if_the_crc_holds(line: bytes, implementation: str) -> None:
    raw = with_header(b"KFM5", b"0-0:96.13.0(" + line + b")", b"1-0:1.8.1(1*kWh)")
    assert raws(tell(raw, implementation)[0]) == [raw]


def test_truncated_anywhere_a_telegram_does_not_cost_the_next(implementation: str) -> None:
    for at in range(len(SHORT) - 2):
        events, counters = tell(SHORT[:at] + SHORT, implementation)
        assert raws(events) == [SHORT], at
        assert counters.truncated + counters.bad == len(events) - 1 == (at >= len("/KFM")), at


def test_truncated_anywhere_one_without_crc_does_not_cost_the_next_nor_change_it(implementation: str) -> None:
    for at in range(len(DSMR2)):
        events, _ = tell(DSMR2[:at] + DSMR2, implementation)
        assert raws(events)[-1] == DSMR2, at


def test_truncated_anywhere_a_ciphered_frame_does_not_cost_the_next(implementation: str) -> None:
    frame = CIPHERED[0]
    for at in range(14, len(frame)):
        events, counters = tell(frame[:at] + frame, implementation, idle=True)
        assert events == [Mark.DAMAGED, Ciphered(frame)], at
        assert counters.truncated == 1


@pytest.mark.parametrize(
    "between", [b"", b"\r\n", b"\x00" * 9, b"/", b"/ab", b"\xdb\x08", b"~\xa0", b"!", b"~\xa7\xff"]
)
def test_telegrams_follow_each_other_with_anything_between(between: bytes, implementation: str) -> None:
    events, counters = tell((DSMR5 + between) * 3, implementation, idle=True)
    assert raws(events) == [DSMR5] * 3
    assert counters.resync_bytes + 3 * len(DSMR5) <= 3 * len(DSMR5 + between) == counters.bytes


@pytest.mark.parametrize("glue", [b"", b"\r"])
def test_telegrams_without_line_ends_between_them_are_two(glue: bytes, implementation: str) -> None:
    assert raws(tell(DSMR5[:-2] + glue + DSMR5, implementation)[0]) == [DSMR5[:-2] + glue, DSMR5]


@pytest.mark.parametrize("blank", [b"\r\n", b"\r\n\r\n\r\n", b"\n", b"\r\n\n"])
def test_blank_lines_behind_the_header_may_be_more_or_none(blank: bytes, implementation: str) -> None:
    raw = closed(b"/KFM5KAIFA" + blank + b"1-0:1.8.1(1*kWh)\r\n!")
    assert raws(tell(raw, implementation)[0]) == [raw]


def test_more_than_eight_kibibytes_are_no_telegram(implementation: str) -> None:
    line = b"0-0:96.13.0(" + b"3" * 1000 + b")"
    most = with_header(b"KFM5", *[line] * 8)
    assert raws(tell(most, implementation)[0]) == [most]
    long = with_header(b"KFM5", *[line] * 9)
    events, counters = tell(long + DSMR5, implementation)
    assert (events[0], raws(events), counters.oversize) == (Mark.DAMAGED, [DSMR5], 1)


def test_the_last_byte_that_may_be_the_end(implementation: str) -> None:
    for size, expected in ((8192, 1), (8193, 0)):
        raw = closed(b"/KFM5\r\n\r\n1-0:1.8.1(".ljust(size - 3, b"1") + b"\r\n!")
        assert len(raws(tell(raw, implementation)[0])) == expected


def test_a_header_has_128_bytes_at_most(implementation: str) -> None:
    for size, expected in ((127, 1), (128, 0)):
        raw = closed(b"/KFM".ljust(size, b"5") + b"\r\n1-0:1.8.1(1)\r\n!")
        assert len(raws(tell(raw, implementation)[0])) == expected


def test_without_crc_only_text_in_the_form_of_a_telegram_is_believed(implementation: str) -> None:
    for damage in (b"\x00", b"\x1b", b"?", b"-"):
        events, counters = tell(DSMR2.replace(b"1-0:1.7.0", damage + b"-0:1.7.0"), implementation)
        assert (events, counters.refused) == (DAMAGED, 1)
    assert tell(b"/ABC5\r\n\r\n!\r\n", implementation)[0] == DAMAGED


def test_reset_ends_what_is_open_and_says_so(implementation: str) -> None:
    framer = P1Framer(implementation=implementation)
    framer.feed(DSMR5 + DSMR5[:100])
    framer.reset()
    assert framer.counters.truncated == 1
    assert [*framer.feed(b""), *framer.feed(DSMR5[100:])] == DAMAGED
    assert framer.idle() == []
    assert raws(framer.feed(DSMR5)) == [DSMR5]
    framer.reset()
    assert framer.feed(b"") == []


def test_a_pause_ends_noise_that_looked_like_a_header(implementation: str) -> None:
    for noise in (b"/abc\x00\x12", b"/abc\r\n\x00\x12"):
        framer = P1Framer(implementation=implementation)
        framer.feed(noise)
        framer.idle()
        assert raws(framer.feed(CIPHERED[0]) + framer.idle()) == [CIPHERED[0]]


def test_every_byte_is_in_something(implementation: str) -> None:
    data = b"noise" + DSMR5 + BROKEN + CIPHERED[0] + hdlc(b"12345") + DSMR2 + b"\xdb\x09" + DSMR2.translate(EVEN)
    events, counters = tell(data, implementation, idle=True)
    assert sum(map(len, raws(events))) + counters.resync_bytes == len(data) == counters.bytes


def test_counters_are_those_that_are_named(implementation: str) -> None:
    assert sorted(P1Framer(implementation=implementation).counters.__slots__) == sorted(GROWS.split())
