"""Cutting a stream into checked groups and marks: by C and by Python, which must say the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from energy_hw import core
from energy_hw.errors import ConfigError
from energy_hw.teleinfo.frame import (
    Event,
    Mark,
    Mode,
    Parity,
    TicParser,
    checksum,
    encode_frame,
    encode_group,
    mode_of,
    with_parity,
)

CAPTURES = sorted((Path(__file__).parents[1] / "captures/teleinfo").iterdir())
H = Mode.HISTORIQUE
PAPP, IINST = b"\nPAPP 00540 *\r", b"\nIINST 002 Y\r"
EAST, DATE = b"\nEAST\t021849106\t.\r", b"\nDATE\tH200214230804\t\t;\r"
MODE_2 = b"\nPAPP 00540 J\r"  # counts the separator before the checksum
R = Mark.REJECTED

Make = Callable[..., TicParser]


@pytest.fixture(params=core.NAMES)
def make(request: pytest.FixtureRequest) -> Make:
    """TicParser in each of its implementations."""
    return lambda parity=Parity.SOFT: TicParser(parity, request.param)


def groups(events: list[Event]) -> list[bytes]:
    return [event for event in events if isinstance(event, bytes)]


def in_steps(parser: TicParser, data: bytes, step: int) -> list[Event]:
    return [event for at in range(0, len(data), step) for event in parser.feed(data[at : at + step])]


# ---- what meters sent ----


@pytest.mark.parametrize("parity", [False, True], ids=["stripped", "8n1"])
@pytest.mark.parametrize("case", CAPTURES, ids=lambda case: case.name)
def test_capture(case: Path, parity: bool, make: Make) -> None:
    data, expected = (case / "input.bin").read_bytes(), json.loads((case / "expected.json").read_text())
    parser = make()
    events = parser.feed(with_parity(data) if parity else data)
    counters = parser.counters
    assert {name: getattr(counters, name) for name in expected["counters"]} == expected["counters"]
    assert {mode_of(group) for group in groups(events)} == {expected["mode"]}
    assert (counters.bytes, parser.parity_seen) == (len(data), parity)
    assert counters.groups == len(groups(events))
    assert counters.rejected == events.count(R)
    assert counters.complete + counters.incomplete == events.count(Mark.END)


@pytest.mark.parametrize("step", [1, 2, 7, 64, 1000])
@pytest.mark.parametrize("case", CAPTURES, ids=lambda case: case.name)
def test_the_chunks_of_a_stream_make_no_difference(case: Path, step: int, make: Make) -> None:
    for data in ((case / "input.bin").read_bytes(), with_parity((case / "input.bin").read_bytes())):
        whole, parts = make(), make()
        assert in_steps(parts, data, step) == whole.feed(data)
        assert parts.counters == whole.counters


# ---- groups ----


def test_a_group_is_given_with_its_carriage_return(make: Make) -> None:
    parser = make()
    assert parser.feed(b"\x02" + PAPP[:-1]) == [Mark.START]
    assert parser.feed(b"\r") == [b"PAPP 00540 *"]
    assert parser.feed(b"") == []


def test_a_group_loses_its_parity_bits(make: Make) -> None:
    assert make().feed(with_parity(PAPP)) == [b"PAPP 00540 *"]


def test_a_checksum_may_be_a_space(make: Make) -> None:
    assert make().feed(b"\nPTEC HP..  \r") == [b"PTEC HP..  "]


def test_a_horodate_may_stand_alone(make: Make) -> None:
    assert make().feed(DATE) == [DATE[1:-1]]


def test_what_looks_like_a_horodate_may_be_data(make: Make) -> None:
    group = encode_group("DATE", "H200214230804")
    assert make().feed(group) == [group[1:-1]]


def test_data_may_hold_spaces(make: Make) -> None:
    group = encode_group("MESURES1", "BT 4 SUP36", mode=H)
    assert make().feed(group) == [group[1:-1]]


def test_groups_before_the_first_start_are_given_and_make_no_complete_frame(make: Make) -> None:
    parser = make()
    assert parser.feed(b"540 *\r" + PAPP + b"\x03") == [b"PAPP 00540 *", Mark.END]
    assert (parser.counters.complete, parser.counters.incomplete, parser.counters.resyncs) == (0, 1, 1)


@pytest.mark.parametrize(
    ("damaged", "reason"),
    [
        (b"\nPAPP 00541 *\r", "checksum"),
        (b"\nEAST\t021849107\t.\r", "checksum"),
        (b"\nPAPP 0\x060540 *\r", "charset"),
        (b"\nP@PP 00540 *\r", "charset"),
        (b"\n\r", "format"),
        (b"\nHHPHC A\r", "format"),
        (b"\nPAPP\t\\\r", "format"),
        (b"\nEAST 021849106\t.\r", "format"),
        (b"\nP 00540 *\r", "format"),
        (b"\nABCDEFGHIJ 00540 *\r", "format"),
        (b"\nDATE\tX200214230804\t\t;\r", "format"),
        (b"PAPP 00540 *\r", "format"),  # its LF is lost
        (b"\r", "format"),
        (b"\nPA\x90P 00540 *\r", "parity"),
        (b"\nMSG1\t" + b"@" * 130 + b"\tJ\r", "overflow"),
        (b"\nPAPP 00540 *", "truncated"),
        (b"\nPA\x90P\x06", "truncated"),
    ],
    ids=repr,
)
def test_a_damaged_group_is_counted_by_its_reason_and_hides_no_other(damaged: bytes, reason: str, make: Make) -> None:
    parser = make()
    events = parser.feed(encode_frame((PAPP, damaged, EAST)))
    assert events == [Mark.START, b"PAPP 00540 *", R, b"EAST\t021849106\t.", Mark.END]
    counters = parser.counters
    assert (getattr(counters, reason), counters.rejected, counters.incomplete) == (1, 1, 1)


def test_the_longest_group_has_127_characters(make: Make) -> None:
    longest, longer = encode_group("MSG1", "@" * 120), encode_group("MSG1", "@" * 121)
    assert len(longest) == 1 + 127 + 1
    assert make().feed(longest + longer) == [longest[1:-1], R]


# ---- frames ----


def test_a_frame_is_complete_from_its_start_to_its_end(make: Make) -> None:
    parser = make()
    events = parser.feed(encode_frame((EAST, DATE)))
    assert events == [Mark.START, EAST[1:-1], DATE[1:-1], Mark.END]
    assert parser.counters.complete == 1


def test_an_interrupted_frame_keeps_its_groups(make: Make) -> None:
    parser = make()
    assert parser.feed(b"\x02" + PAPP + b"\x04\x02") == [Mark.START, b"PAPP 00540 *", Mark.INTERRUPTED, Mark.START]
    assert parser.feed(PAPP[:6] + b"\x04") == [R, Mark.INTERRUPTED]
    assert parser.counters.interrupted == 2


def test_a_frame_without_an_end_is_truncated_by_the_next(make: Make) -> None:
    parser = make()
    assert parser.feed(b"\x02" + PAPP + b"\x02") == [Mark.START, b"PAPP 00540 *", Mark.TRUNCATED, Mark.START]
    assert parser.counters.cut == 1


def test_damaged_end_and_start_do_not_make_one_complete_frame_of_two(make: Make) -> None:
    parser = make()
    parser.feed(with_parity(encode_frame((PAPP,))[:-1]) + b"\x83\x02" + with_parity(encode_frame((IINST,))[1:]))
    assert (parser.counters.complete, parser.counters.incomplete) == (0, 1)


def test_ends_without_a_frame_are_noise(make: Make) -> None:
    parser = make()
    assert parser.feed(b"\x03\x04\r\x03x\x03") == []
    assert parser.counters.resyncs == 2


def test_reset_ends_the_open_frame_and_learns_anew(make: Make) -> None:
    parser = make()
    parser.feed(with_parity(b"\x02" + PAPP + b"\nPAP"))
    parser.reset()
    assert parser.parity_seen is None
    assert parser.feed(b"P 00540 *\r" + PAPP) == [Mark.TRUNCATED, b"PAPP 00540 *"]
    assert (parser.counters.cut, parser.counters.groups, parser.parity_seen) == (1, 2, False)


def test_reset_without_a_frame_says_nothing(make: Make) -> None:
    parser = make()
    parser.reset()
    assert parser.feed(b"\x02") == [Mark.START]


# ---- the two checksums ----


def test_the_other_checksum_is_taken_after_eight_in_a_row(make: Make) -> None:
    parser = make()
    assert groups(parser.feed(MODE_2 * 7 + PAPP + MODE_2 * 8)) == [b"PAPP 00540 *"]
    assert parser.feed(MODE_2 + PAPP + IINST) == [b"PAPP 00540 J", R, R]


def test_the_other_checksum_is_given_up_in_the_same_way(make: Make) -> None:
    parser = make()
    parser.feed(MODE_2 * 8 + PAPP * 7)
    assert parser.feed(MODE_2) == [b"PAPP 00540 J"]
    parser.feed(PAPP * 8)
    assert parser.feed(PAPP + MODE_2) == [b"PAPP 00540 *", R]


def test_noise_between_breaks_the_row(make: Make) -> None:
    parser = make()
    parser.feed((MODE_2 * 7 + b"\nPAPP 00540 B\r") * 20)
    assert parser.counters.groups == 0


def test_a_change_of_speed_forgets_the_other_checksum(make: Make) -> None:
    parser = make()
    parser.feed(MODE_2 * 9)
    parser.reset()
    assert groups(parser.feed(MODE_2 + PAPP)) == [b"PAPP 00540 *"]


def test_in_standard_mode_the_separator_always_counts(make: Make) -> None:
    wrong = b"\nEAST\t021849106\t%c\r" % checksum(b"EAST\t021849106")
    assert groups(make().feed(wrong * 20)) == []


# ---- bit 7 ----


def flips(group: bytes) -> list[bytes]:
    """The group with every one of its bits flipped in turn, LF and CR included."""
    return [
        group[:at] + bytes((group[at] ^ 1 << bit,)) + group[at + 1 :] for at in range(len(group)) for bit in range(8)
    ]


@pytest.mark.parametrize("case", CAPTURES, ids=lambda case: case.name)
def test_every_flipped_bit_of_every_group_is_noticed(case: Path, make: Make) -> None:
    sound = groups(make().feed((case / "input.bin").read_bytes()))
    before, after = with_parity(encode_frame((PAPP,)) + b"\x02" + IINST), with_parity(EAST + b"\x03")
    count = 0
    for group in sorted(set(sound)):
        parser = make()
        for damaged in flips(with_parity(b"\n%b\r" % group)):
            events = parser.feed(before + damaged + after)
            assert groups(events) == [PAPP[1:-1], IINST[1:-1], EAST[1:-1]], damaged
            assert R in events
            count += 1
        assert parser.counters.complete == parser.counters.incomplete  # none of the frames with damage in them
    assert count >= 1000


@pytest.mark.parametrize("flipped", flips(with_parity(EAST)), ids=bytes.hex)
def test_before_anything_is_known_a_group_must_hold_in_one_way(flipped: bytes, make: Make) -> None:
    """The very last bit is the parity of CR: it says nothing of the group, and must not decide for the next ones."""
    parser = make()
    assert groups(parser.feed(flipped)) == []
    assert groups(parser.feed(with_parity(EAST) * 2)) == [EAST[1:-1]] * 2


@pytest.mark.parametrize(("first", "then"), [(PAPP, with_parity(PAPP)), (with_parity(PAPP), PAPP)])
def test_a_link_that_begins_or_ceases_to_strip_parity_is_followed(first: bytes, then: bytes, make: Make) -> None:
    parser = make()
    parser.feed(first * 100)
    seen = parser.parity_seen
    events = parser.feed(then * 100)
    assert parser.parity_seen is not seen
    assert len(groups(events)) == 81  # 256 bytes are 19 groups
    counters = parser.counters
    assert (counters.groups, counters.rejected) == (181, len(events) - 81)


@pytest.mark.parametrize(("count", "found"), [(254, 0), (255, 1)])
def test_the_256th_byte_opens_the_question_of_parity(count: int, found: int, make: Make) -> None:
    parser = make()
    parser.feed(with_parity(b"\x02" + PAPP))
    assert len(groups(parser.feed(b"\x00" * count + PAPP))) == found


def test_damage_does_not_open_the_question_of_parity(make: Make) -> None:
    parser = make()
    parser.feed(with_parity(PAPP))
    for _ in range(50):
        parser.feed(b"\x00\xff\x31" * 80)  # under 256 bytes
        assert groups(parser.feed(with_parity(b"\x02" + PAPP))) == [PAPP[1:-1]]
        assert groups(parser.feed(PAPP)) == []


def test_where_parity_was_stripped_a_byte_with_bit_7_is_bad(make: Make) -> None:
    parser = make()
    assert parser.feed(PAPP + b"\nPAPP 0\xb0540 *\r") == [PAPP[1:-1], R]
    assert (parser.counters.parity, parser.parity_seen) == (1, False)


def test_a_port_that_checks_parity_marks_what_is_bad(make: Make) -> None:
    for step in (1, 2, 3, 100):
        parser = make(Parity.HARD)
        marked = PAPP + b"\nPAPP\xff\x00 00540 *\r\nPAPP 00540\xff\xff *\r\nPAPP\xff 00540 *\r" + IINST
        assert in_steps(parser, marked, step) == [PAPP[1:-1], R, R, R, IINST[1:-1]]
        assert (parser.counters.parity, parser.counters.bytes, parser.parity_seen) == (3, len(marked), False)


def test_a_marked_control_character_does_not_act(make: Make) -> None:
    parser = make(Parity.HARD)
    assert parser.feed(b"\x02" + PAPP + b"\nIIN\xff\x00\x02ST 002 Y\r\x03") == [Mark.START, PAPP[1:-1], R, Mark.END]


def test_parity_may_be_off(make: Make) -> None:
    parser = make("off")
    assert parser.feed(b"\nPAPP 0\xb0540 *\r" + with_parity(PAPP)) == [PAPP[1:-1]] * 2
    assert parser.parity_seen is False


# ---- the choice, and what goes the other way ----


def test_the_environment_chooses_the_implementation(monkeypatch: pytest.MonkeyPatch) -> None:
    scanners = set()
    for name in ("c", "python"):
        monkeypatch.setenv("ENERGY_HW_CORE", name)
        scanners.add(type(TicParser()._scanner).__name__)
    assert scanners == {"CScanner", "PythonScanner"}


def test_unknown_choices_are_refused() -> None:
    with pytest.raises(ConfigError, match="expected ENERGY_HW_CORE="):
        TicParser(implementation="fortran")
    with pytest.raises(ValueError, match="odd"):
        TicParser("odd")


def test_what_is_encoded_is_accepted(make: Make) -> None:
    frame = encode_frame(
        (encode_group("SMAXSN-1", "H200213085118", "09562"), encode_group("DATE", "E200601000000", ""))
    )
    assert len(groups(make().feed(frame))) == 2
    assert encode_group("PAPP", "00540", mode=H) == PAPP


def test_with_parity_makes_every_byte_even() -> None:
    assert all(byte.bit_count() % 2 == 0 for byte in with_parity(bytes(range(128))))
    assert with_parity(b"\x02\n\r \x03\x04\t") == b"\x82\n\x8d\xa0\x03\x84\t"
