"""From groups and marks to frames: what is whole, what is kept of what is not, and whose it is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

import teleinfo_corpus as corpus
from energy_hw.teleinfo.address import parse_address
from energy_hw.teleinfo.dataset import Dataset
from energy_hw.teleinfo.frame import Mark, Mode, TicParser
from energy_hw.teleinfo.frames import MEMORY, MOST_DATASETS, Frame, FrameBuilder, Kind
from teleinfo_corpus import group

ADDRESS, OTHER = "021728123456", "021728999999"


def old(label: str, data: str) -> bytes:
    return group(label, data, separator=" ")


FIELDS = {"ADCO": ADDRESS, "OPTARIF": "BASE", "BASE": "002815235", "IINST": "001", "PAPP": "00260"}
LONG = tuple(old(label, data) for label, data in FIELDS.items())
SHORT = (old("ADIR1", "031"), old("ADCO", ADDRESS), *(old(f"IINST{n}", f"03{n}") for n in (1, 2, 3)))
BAD = old("PAPP", "0216p")


def frames(*events: bytes | Mark, builder: FrameBuilder | None = None) -> list[Frame]:
    builder = builder or FrameBuilder()
    return [frame for event in events if (frame := builder.feed(event))]


def only(*events: bytes | Mark) -> Frame:
    (frame,) = frames(*events)
    return frame


def test_whole_frame() -> None:
    frame = only(Mark.START, *LONG, Mark.END)
    assert (frame.complete, frame.interrupted, frame.rejected, frame.kind) == (True, False, 0, Kind.LONG)
    assert (frame.mode, frame.address, frame.phases) == (Mode.HISTORIQUE, ADDRESS, 1)
    assert list(frame) == ["ADCO", "OPTARIF", "BASE", "IINST", "PAPP"]
    assert frame["PAPP"].value == 260
    assert frame.meter == parse_address(ADDRESS)
    assert (frame.time, frame.producer) == (None, None)


def test_one_damaged_group_costs_itself_alone() -> None:
    frame = only(Mark.START, *LONG[:3], Mark.REJECTED, *LONG[4:], Mark.END)
    assert (frame.complete, frame.rejected, len(frame)) == (False, 1, 4)


def test_content_that_is_refused_counts_as_damage_and_says_why() -> None:
    builder = FrameBuilder()
    (frame,) = frames(Mark.START, *LONG[:4], BAD, Mark.END, builder=builder)
    assert (frame.complete, frame.rejected, builder.refused, "PAPP" in frame) == (False, 1, 1, False)
    assert "expected 5 digits, got '0216p'" in str(builder.last_refused)


def test_frame_that_the_meter_breaks_off_keeps_its_groups() -> None:
    first, second = frames(Mark.START, *LONG[:2], Mark.INTERRUPTED, Mark.START, *LONG, Mark.END)
    assert (first.complete, first.interrupted, len(first)) == (False, True, 2)
    assert (second.complete, second.interrupted, len(second)) == (True, False, 5)


def test_groups_before_the_first_start_are_kept() -> None:
    frame = only(*LONG[2:], Mark.END)
    assert (frame.complete, frame.started, frame.address, len(frame)) == (False, False, None, 3)


def test_frame_without_an_end_is_over_with_the_next_start() -> None:
    first, second = frames(Mark.START, *LONG, Mark.TRUNCATED, Mark.START, *LONG, Mark.END)
    assert (first.complete, len(first), second.complete) == (False, 5, True)


@pytest.mark.parametrize("events", [(Mark.START, Mark.END), (Mark.END,), (Mark.REJECTED, Mark.END), (Mark.START,) * 3])
def test_nothing_is_no_frame(events: tuple[Mark, ...]) -> None:
    assert frames(*events) == []


def test_damage_of_one_frame_is_not_held_against_the_next() -> None:
    first, second = frames(Mark.START, *LONG, Mark.REJECTED, Mark.END, Mark.START, *LONG, Mark.END)
    assert (first.complete, second.complete) == (False, True)


def test_stream_without_marks_is_cut() -> None:
    (frame,) = frames(*(old(f"X{n}", "1") for n in range(MOST_DATASETS + 1)))
    assert (len(frame.datasets), frame.complete) == (MOST_DATASETS, False)


def test_two_frames_whose_marks_between_them_were_lost_are_two_and_neither_is_whole() -> None:
    first, second, third = frames(Mark.START, *LONG, *LONG, Mark.END, Mark.START, *LONG, Mark.END)
    assert [(len(frame), frame.complete, frame.started) for frame in (first, second, third)] == [
        (5, False, True),
        (5, False, False),
        (5, True, True),
    ]


def test_the_last_groups_of_one_and_the_first_of_the_next_may_be_lost_as_well() -> None:
    first, second = frames(Mark.START, *LONG[:3], *LONG[2:], Mark.END)
    assert (list(first), first.complete) == (["ADCO", "OPTARIF", "BASE"], False)
    assert (list(second), second.complete) == (["BASE", "IINST", "PAPP"], False)


def test_an_overload_may_be_told_where_it_begins_and_again_in_its_place() -> None:
    early, late = old("ADPS", "046"), old("ADPS", "047")
    frame = only(Mark.START, *LONG[:2], early, *LONG[2:4], late, LONG[4], Mark.END)
    assert (frame.complete, frame["ADPS"].value) == (True, 47)


def test_each_dataset_is_told_at_once() -> None:
    told: list[Dataset] = []
    builder = FrameBuilder(on_dataset=told.append)
    builder.feed(LONG[4])
    builder.feed(BAD)
    assert [(dataset.label, dataset.value) for dataset in told] == [("PAPP", 260)]


# ---- kinds ----


def test_short_frame_of_an_overload() -> None:
    frame = only(Mark.START, *SHORT, Mark.END)
    assert (frame.kind, frame.complete, frame.phases) == (Kind.SHORT, True, 3)


def test_short_frame_with_all_phases_over_or_hardly_anything_left() -> None:
    over = [old(f"ADIR{n}", "031") for n in (1, 2, 3)]
    assert only(Mark.START, *over, *SHORT[1:], Mark.END).kind is Kind.SHORT
    assert only(Mark.START, *SHORT[1:3], Mark.REJECTED, Mark.END).kind is Kind.SHORT


def test_beginning_of_a_long_frame_is_not_a_short_one() -> None:
    assert only(Mark.START, *LONG[:1], Mark.INTERRUPTED).kind is Kind.LONG
    assert only(Mark.START, *LONG[:2], Mark.INTERRUPTED).kind is Kind.LONG


def test_meter_that_is_switched_off_sends_its_address_alone() -> None:
    assert only(Mark.START, LONG[0], Mark.END).kind is Kind.VEILLE
    assert only(Mark.START, LONG[0], Mark.REJECTED, Mark.END).kind is Kind.LONG  # who knows what it was


# ---- labels that no table knows ----


def with_label(label: str) -> list[bytes | Mark]:
    return [Mark.START, *LONG, old(label, "00001"), Mark.END]


def test_new_label_of_a_known_meter_is_believed_with_its_second_frame() -> None:
    builder = FrameBuilder()
    first, second, third = frames(*with_label("NEW") * 3, builder=builder)
    assert ["NEW" in frame for frame in (first, second, third)] == [False, True, True]
    assert [frame.complete for frame in (first, second, third)] == [False, True, True]  # something was damaged, perhaps
    assert (builder.newcomers, first.rejected) == (1, 1)


def test_labels_that_noise_makes_are_never_believed() -> None:
    builder = FrameBuilder()
    found = frames(*(event for n in range(300) for event in with_label(f"N{n}")), builder=builder)
    assert all(list(frame) == list(FIELDS) for frame in found)
    assert builder.newcomers == 300


def test_twice_in_one_frame_is_once() -> None:
    ghost = old("GHOST", "00001")
    assert "GHOST" not in only(Mark.START, *LONG, ghost, ghost, Mark.END)


@pytest.mark.parametrize(("between", "believed"), [(MEMORY - 1, True), (MEMORY, False)])
def test_a_label_is_remembered_for_some_frames(between: int, believed: bool) -> None:
    whole = [Mark.START, *LONG, Mark.END]
    *_, last = frames(*with_label("RARE"), *whole * between, *with_label("RARE"))
    assert ("RARE" in last) == believed


def test_meter_of_which_no_table_knows_a_label_is_believed_at_once() -> None:
    frame = only(Mark.START, old("JAUNE", "07:45"), old("ENERG", "012345"), Mark.END)
    assert (list(frame), frame.complete) == (["JAUNE", "ENERG"], True)


# ---- who it is ----


def test_frame_whose_address_was_damaged_is_still_the_same_meters() -> None:
    _, second = frames(Mark.START, *LONG, Mark.END, Mark.START, *LONG[1:], Mark.END)
    assert second.address == ADDRESS


def test_one_frame_with_another_address_is_left_out() -> None:
    builder = FrameBuilder()
    stranger = (old("ADCO", OTHER), *LONG[1:])
    events = [Mark.START, *LONG, Mark.END, Mark.START, *stranger, Mark.END, Mark.START, *LONG, Mark.END]
    assert [frame.address for frame in frames(*events, builder=builder)] == [ADDRESS, ADDRESS]
    assert (builder.strangers, builder.frames) == (1, 2)


def test_meter_that_was_changed_is_believed_with_its_second_frame() -> None:
    other = (Mark.START, old("ADCO", OTHER), *LONG[1:], Mark.END)
    assert [f.address for f in frames(Mark.START, *LONG, Mark.END, *other * 3)] == [ADDRESS, OTHER, OTHER]


def test_two_strangers_that_do_not_agree_are_both_left_out() -> None:
    strangers = [(Mark.START, old("ADCO", f"02172800000{n}"), Mark.END) for n in (1, 2, 1)]
    assert len(frames(Mark.START, *LONG, Mark.END, *(event for stranger in strangers for event in stranger))) == 1


def test_reset_forgets_the_meter() -> None:
    builder = FrameBuilder()
    frames(Mark.START, *LONG, Mark.END, *SHORT[:2], builder=builder)
    builder.reset()
    (frame,) = frames(Mark.START, old("ADCO", OTHER), Mark.END, builder=builder)
    assert (frame.address, len(frame)) == (OTHER, 1)


def test_address_of_a_pme_pmi() -> None:
    assert only(Mark.START, old("ADS", "021036123456"), old("EA_s", "72Wh"), Mark.END).address == "021036123456"
    assert only(Mark.START, old("ADS", "02103612345q"), old("EA_s", "72Wh"), Mark.END).address is None


def test_three_phases_stay_three_when_a_frame_shows_one() -> None:
    _, second = frames(Mark.START, *SHORT, Mark.END, Mark.START, *SHORT[:3], Mark.REJECTED, Mark.END)
    assert second.phases == 3


@pytest.mark.parametrize(("label", "phases"), [("IRMS1", 1), ("IRMS2", 3), ("IRMS3", 3)])
def test_phases_by_one_label(label: str, phases: int) -> None:
    assert only(Mark.START, group(label, "001"), Mark.END).phases == phases


def test_phases_that_nothing_tells() -> None:
    assert only(Mark.START, old("JAUNE", "07:45"), Mark.END).phases == 0


def test_three_phases_by_the_type_of_the_meter() -> None:
    assert only(Mark.START, old("ADCO", "041526123456"), old("PAPP", "00260"), Mark.END).phases == 3


# ---- standard mode ----


def whole_linky() -> Frame:
    return only(Mark.START, *map(corpus.standard, corpus.STANDARD), Mark.END)


def test_all_labels_of_a_linky() -> None:
    frame = whole_linky()
    assert (len(frame), frame.mode, frame.phases, frame.complete) == (71, Mode.STANDARD, 3, True)
    assert [frame[row.label].value for row in corpus.STANDARD] == [row.value for row in corpus.STANDARD]
    assert frame.time == datetime(2026, 1, 15, 11, 30, tzinfo=UTC)
    assert frame.producer is False


def test_a_degraded_clock_gives_no_time() -> None:
    frame = only(Mark.START, group("DATE", "h260115123000", ""), Mark.END)
    assert frame.time is None
    assert frame["DATE"].value is not None


def test_pilot_label_is_found_under_both_names() -> None:
    frame = only(Mark.START, group("SINST1", "01234"), Mark.END)
    assert frame["SINSTS"] is frame["SINST1"]
    assert list(frame) == ["SINSTS"]
    with pytest.raises(KeyError):
        frame["SMAXN"]


@pytest.mark.parametrize("events", [(Mark.START, *LONG, Mark.END), (Mark.START, *LONG[:2], Mark.INTERRUPTED)])
def test_raw_bytes_make_the_same_frame_again(events: tuple[bytes | Mark, ...]) -> None:
    frame = only(*events)
    (again,) = frames(*TicParser().feed(frame.raw))
    assert (again.datasets, again.complete, again.interrupted) == (frame.datasets, frame.complete, frame.interrupted)


def test_another_meter_begins_with_its_own_phases() -> None:
    builder = FrameBuilder()
    frames(Mark.START, *SHORT, Mark.END, builder=builder)
    other = (old("ADCO", OTHER), *LONG[1:])
    (frame,) = frames(*(Mark.START, *other, Mark.END) * 2, builder=builder)
    assert (frame.address, frame.phases) == (OTHER, 1)
