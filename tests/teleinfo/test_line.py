"""What is believed of a line's bytes, however they are cut, glued, damaged or set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from energy_hw.sim.tic_contract import CONTRACTS
from energy_hw.sim.tic_meter import TicMeter
from energy_hw.teleinfo.dataset import Dataset
from energy_hw.teleinfo.encode import dataset, encode_frame, encode_interrupted, horodate, with_parity
from energy_hw.teleinfo.frame import Mode, Parity
from energy_hw.teleinfo.frames import Frame
from energy_hw.teleinfo.line import Item, Line
from energy_hw.teleinfo.report import to_report

START = datetime(2026, 3, 1, tzinfo=UTC)
AT_ONCE = (9600,)
SEARCHING = (9600, 1200)
GROUPS = [
    dataset("ADCO", "041876543210", mode=Mode.HISTORIQUE),
    dataset("BASE", 12345678, mode=Mode.HISTORIQUE),
    dataset("PAPP", 540, mode=Mode.HISTORIQUE),
]
FRAME = encode_frame(GROUPS)


def line(speeds: tuple[int, ...] = AT_ONCE, parity: Parity = Parity.SOFT) -> Line:
    return Line(speeds, 0.0, parity)


def given(line: Line, *chunks: bytes) -> list[Item]:
    for number, chunk in enumerate(chunks):
        line.take(chunk, float(number))
    return line.items()


def values(items: list[Item]) -> list[bytes]:
    return [item.raw for item in items if isinstance(item, Dataset)]


def frames(items: list[Item]) -> list[Frame]:
    return [item for item in items if isinstance(item, Frame)]


def sent(contract: str) -> bytes:
    meter = TicMeter(CONTRACTS[contract], START, 5)
    meter.advance_to(7.0)
    return with_parity(meter.frame())


# -- cut, glued, damaged -----------------------------------------------------


@pytest.mark.parametrize("contract", ["base", "linky"])
def test_it_makes_no_difference_where_a_frame_is_cut(contract: str) -> None:
    frame = sent(contract)
    whole = values(given(line(), frame))
    assert len(whole) > 5
    for at in range(len(frame)):
        items = given(line(), frame[:at], frame[at:])
        assert values(items) == whole
        assert frames(items)[0].complete


def test_of_a_frame_that_ends_early_no_value_is_wrong() -> None:
    frame = sent("base")
    whole = values(given(line(), frame))
    for at in range(len(frame)):
        cut = line()
        items = given(cut, frame[:at], frame)
        assert set(values(items)) == set(whole)
        assert frames(items)[-1].complete
        assert not any(item.complete for item in frames(items)[:-1])


def test_one_character_lost_anywhere_gives_no_wrong_value() -> None:
    frame = sent("base")
    whole = set(values(given(line(), frame)))
    for at in range(len(frame)):
        assert set(values(given(line(), frame[:at] + frame[at + 1 :]))) <= whole


def test_two_frames_glued_together_are_two() -> None:
    assert [frame.complete for frame in frames(given(line(), with_parity(FRAME + FRAME)))] == [True, True]


@pytest.mark.parametrize("group", range(3))
def test_a_wrong_checksum_costs_its_group_alone(group: int) -> None:
    damaged = [*GROUPS]
    damaged[group] = damaged[group][:-2] + bytes([damaged[group][-2] ^ 1]) + b"\r"
    poor = line()
    items = given(poor, with_parity(encode_frame(damaged)))
    poor.end()
    items += poor.items()
    assert values(items) == [good[1:-1] for number, good in enumerate(GROUPS) if number != group]
    assert not frames(items)[0].complete
    assert poor.counters().wire.checksum == 1


def test_a_right_checksum_over_nonsense_is_refused_and_counted_apart() -> None:
    impossible = dataset("PAPP", "0216p", mode=Mode.HISTORIQUE)
    poor = line()
    items = given(poor, with_parity(encode_frame([*GROUPS[:2], impossible])))
    assert values(items) == [good[1:-1] for good in GROUPS[:2]]
    assert poor.counters().implausible == 1
    assert poor.counters().wire.checksum == 0


def test_a_frame_that_is_broken_off_keeps_what_came() -> None:
    frame = frames(given(line(), with_parity(encode_interrupted(GROUPS[:2]))))[0]
    assert (frame.interrupted, frame.complete, len(frame)) == (True, False, 2)


# -- 7E1 and 8N1 -------------------------------------------------------------


@pytest.mark.parametrize(
    ("parity", "carried", "count"),
    [
        (Parity.SOFT, True, 3),
        (Parity.SOFT, False, 3),  # some link has stripped bit 7
        (Parity.OFF, True, 3),
        (Parity.OFF, False, 3),
        (Parity.HARD, False, 3),
        (Parity.HARD, True, 0),  # a port that was told 7E1 and gives 8N1: every CR is a bad character
    ],
)
def test_the_shape_of_a_character_may_hide_values_and_never_changes_one(
    parity: Parity, carried: bool, count: int
) -> None:
    poor = line(parity=parity)
    items = given(poor, with_parity(FRAME) if carried else FRAME)
    assert values(items) == [group[1:-1] for group in GROUPS][:count]


def test_a_flipped_bit_is_a_parity_error() -> None:
    frame = bytearray(with_parity(FRAME))
    frame[30] ^= 0x40
    poor = line()
    given(poor, with_parity(FRAME), bytes(frame))
    assert poor.counters().wire.parity == 1


# -- before the speed is proven ----------------------------------------------


def test_groups_are_held_until_the_speed_is_proven_and_then_given() -> None:
    searching = line(SEARCHING)
    assert given(searching, with_parity(b"\x02" + GROUPS[0])) == []
    assert values(given(searching, with_parity(GROUPS[1]))) == [group[1:-1] for group in GROUPS[:2]]
    items = given(searching, with_parity(GROUPS[2] + b"\x03"))
    assert frames(items)[0].complete


def test_a_group_of_noise_is_not_believed() -> None:
    searching = line(SEARCHING)
    given(searching, with_parity(GROUPS[0]))
    searching.break_off()
    searching.detector.next(1.0)
    assert given(searching, with_parity(GROUPS[1])) == []


# -- who the meter is --------------------------------------------------------


def test_a_frame_heard_in_part_is_of_the_meter_that_names_itself_next() -> None:
    line_ = line()
    assert frames(given(line_, with_parity(b"".join(GROUPS[1:]) + b"\x03"))) == []
    items = frames(given(line_, with_parity(FRAME)))
    assert [(frame.address, len(frame), frame.complete) for frame in items] == [
        ("041876543210", 2, False),
        ("041876543210", 3, True),
    ]


def test_a_meter_that_never_names_itself_is_called_by_its_link() -> None:
    items = frames(given(line(), with_parity(encode_frame(GROUPS[1:]))))
    assert to_report(items[0], START, "/dev/ttyUSB0").device == "teleinfo:/dev/ttyUSB0"


def test_what_is_under_way_at_the_end_is_given() -> None:
    line_ = line()
    given(line_, with_parity(b"\x02" + GROUPS[1]))
    line_.end()
    last = frames(line_.items())
    assert [(frame.complete, len(frame)) for frame in last] == [(False, 1)]


# -- the meter's clock -------------------------------------------------------


def dated(moment: datetime, degraded: bool = False) -> bytes:
    stamp = horodate(moment, degraded=degraded)
    groups = [dataset("ADSC", "041876543210"), dataset("DATE", "", stamp), dataset("SINSTS", 540)]
    return with_parity(encode_frame(groups))


def test_a_jump_of_the_meters_clock_is_told_as_it_is() -> None:
    winter = datetime.fromisoformat("2026-03-01T12:00:00+01:00")
    items = frames(given(line(), dated(winter), dated(winter + timedelta(hours=1)), dated(winter - timedelta(days=1))))
    times = [to_report(frame, START, "").time for frame in items]
    assert times == [winter, winter + timedelta(hours=1), winter - timedelta(days=1)]


def test_the_repeated_hour_of_october_has_two_times() -> None:
    summer = datetime.fromisoformat("2026-10-25T02:30:00+02:00")
    winter = datetime.fromisoformat("2026-10-25T02:30:00+01:00")
    items = frames(given(line(), dated(summer), dated(winter)))
    times = [to_report(frame, START, "").time for frame in items]
    assert times == [summer, winter]
    assert times[0] != times[1]


def test_a_degraded_clock_gives_no_time() -> None:
    winter = datetime.fromisoformat("2026-03-01T12:00:00+01:00")
    items = given(line(), dated(winter, degraded=True))
    assert to_report(frames(items)[0], START, "").time is None
    assert any(item.clock_degraded for item in items if isinstance(item, Dataset))
