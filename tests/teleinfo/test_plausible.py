"""What passes every check and still cannot be is flagged; nothing latches."""

from __future__ import annotations

import pytest

from energy_hw.teleinfo.frame import Mark
from energy_hw.teleinfo.frames import Frame, FrameBuilder
from energy_hw.teleinfo.plausible import LARGEST_VA, Plausibility, subscribed_va
from teleinfo_corpus import group

ADDRESS = "041861123456"


def width(label: str) -> int:
    return 9 if label in ("EAST", "EAIT", "ERQ1") else 2 if label == "PREF" else 5 if "SINST" in label else 3


def frame_of(address: str = ADDRESS, **values: int) -> Frame:
    builder = FrameBuilder()
    groups = [group(label, f"{value:0{width(label)}}") for label, value in values.items()]
    events: list[bytes | Mark] = [Mark.START, group("ADSC", address), *groups, Mark.END]
    (frame,) = [frame for event in events if (frame := builder.feed(event))]
    return frame


def old_frame(address: str = "021728123456", **values: str) -> Frame:
    builder = FrameBuilder()
    groups = [group(label, data, separator=" ") for label, data in ({"ADCO": address} | values).items()]
    (frame,) = [frame for event in [Mark.START, *groups, Mark.END] if (frame := builder.feed(event))]
    return frame


def doubted(counts: list[int], step_s: float = 1.0) -> list[int]:
    """The values of EAST that were flagged, a frame a second."""
    plausible = Plausibility()
    return [
        count for n, count in enumerate(counts) if "EAST" in plausible.check(frame_of(EAST=count, PREF=9), n * step_s)
    ]


def test_a_counter_that_counts_is_believed() -> None:
    assert doubted([1000, 1000, 1001, 1003, 1003, 1010]) == []


def test_one_wrong_digit_is_flagged_and_the_good_values_after_it_are_not() -> None:
    # teleinfo2mqtt issue 103: 001656439 for 001056439
    assert doubted([1056438, 1056439, 1656439, 1056440, 1056441]) == [1656439]


def test_a_counter_that_goes_back_once_is_flagged_once() -> None:
    assert doubted([1000, 1001, 901, 1002, 1003]) == [901]


def test_a_bad_first_value_does_not_latch() -> None:
    assert doubted([1656439, 1056439, 1056440, 1056440, 1056441]) == [1056439, 1056440]


@pytest.mark.parametrize("level", [500, 900_000])
def test_a_new_level_is_believed_with_its_third_frame(level: int) -> None:
    assert doubted([10_000, level, level + 1, level + 1, level + 2]) == [level, level + 1]


def test_bad_values_that_do_not_agree_are_never_believed() -> None:
    bad = [500, 90_000, 300, 70_000, 200, 800_000]
    assert doubted([10_000, *bad, 10_001]) == bad


def test_a_good_value_between_ends_the_count() -> None:
    assert doubted([10_000, 500, 500, 10_000, 500, 500, 10_000]) == [500, 500, 500, 500]


def test_after_a_silence_a_counter_may_have_counted() -> None:
    assert doubted([10_000, 19_000], step_s=3600) == []
    assert doubted([10_000, 60_000], step_s=3600) == [60_000]


def test_the_reason_says_from_what_to_what() -> None:
    plausible = Plausibility()
    plausible.check(frame_of(EAST=1000, PREF=9), 0.0)
    assert plausible.check(frame_of(EAST=900, PREF=9), 1.0) == {"EAST": "fell from 1000 to 900"}
    (why,) = plausible.check(frame_of(EAST=5000, PREF=9), 2.0).values()
    assert why == "rose from 1000 to 5000 in 2 s, 60 is possible"
    assert plausible.doubted == 2


@pytest.mark.parametrize("label", ["EAIT", "ERQ1"])
def test_all_counters_are_watched(label: str) -> None:
    plausible = Plausibility()
    plausible.check(frame_of(**{label: 1000}), 0.0)
    assert list(plausible.check(frame_of(**{label: 900}), 1.0)) == [label]


def test_one_label_is_doubted_alone() -> None:
    plausible = Plausibility()
    plausible.check(frame_of(EAST=1000, EAIT=1000), 0.0)
    assert list(plausible.check(frame_of(EAST=900, EAIT=1001), 1.0)) == ["EAST"]


def test_another_meter_starts_afresh() -> None:
    plausible = Plausibility()
    plausible.check(frame_of(EAST=1000), 0.0)
    assert plausible.check(frame_of("041861999999", EAST=3), 1.0) == {}


def test_counters_of_the_historique_mode() -> None:
    plausible = Plausibility()
    plausible.check(old_frame(HCHC="000010000"), 0.0)
    assert list(plausible.check(old_frame(HCHC="000000100"), 3.0)) == ["HCHC"]


@pytest.mark.parametrize(
    ("frame", "limit"),
    [
        (frame_of(PREF=12), 12_000),
        (frame_of(PREF=1), 3_000),
        (frame_of(SINSTS=1), LARGEST_VA),
        (old_frame(ISOUSC="45"), 45 * 230),
        (old_frame("041526123456", ISOUSC="30"), 30 * 230 * 3),
    ],
)
def test_subscribed_power(frame: Frame, limit: int) -> None:
    assert subscribed_va(frame) == limit


# ---- SINSTSx ----

NONSENSE = {"SINSTS": 1407, "SINSTS1": 48370, "SINSTS2": 17742, "SINSTS3": 41187}  # Zlinky_TIC issue 96
CURRENTS = {"IRMS1": 2, "IRMS2": 3, "IRMS3": 2, "URMS1": 236, "URMS2": 237, "URMS3": 236}


def test_phase_powers_that_the_meter_sends_wrong_with_a_right_checksum() -> None:
    doubts = Plausibility().check(frame_of(PREF=12, **NONSENSE, **CURRENTS), 0.0)
    assert list(doubts) == ["SINSTS1", "SINSTS3"]  # 17742 is below 1.5 * 12 kVA: with the next frame
    assert doubts["SINSTS1"] == "48370 VA at 2 A and 236 V"


def test_moderate_excess_needs_two_frames_in_a_row() -> None:
    plausible = Plausibility()
    straddling = frame_of(PREF=9, SINSTS1=3000, IRMS1=1, URMS1=236)  # a kettle was switched on in between
    settled = frame_of(PREF=9, SINSTS1=3000, IRMS1=13, URMS1=236)
    assert [list(plausible.check(frame, 0.0)) for frame in (straddling, settled, straddling, straddling)] == [
        [], [], [], ["SINSTS1"],
    ]  # fmt: skip


@pytest.mark.parametrize("phase", [1, 2, 3])
@pytest.mark.parametrize(("power", "doubted"), [(814, False), (815, True)])  # 1.5 * 1 A * 236 V, and 2 A more
def test_limit_of_a_phase(phase: int, power: int, doubted: bool) -> None:
    plausible = Plausibility()
    frame = frame_of(PREF=9, **{f"SINSTS{phase}": power, f"IRMS{phase}": 1, f"URMS{phase}": 236})
    plausible.check(frame, 0.0)
    assert list(plausible.check(frame, 1.0)) == [f"SINSTS{phase}"] * doubted


def test_captured_phase_powers_are_believed() -> None:
    captured = frame_of(
        PREF=30, SINSTS=2701, SINSTS1=666, SINSTS2=1371, SINSTS3=664,
        IRMS1=3, IRMS2=6, IRMS3=3, URMS1=237, URMS2=238, URMS3=236,
    )  # fmt: skip
    plausible = Plausibility()
    assert [plausible.check(captured, at) for at in (0.0, 1.0, 2.0)] == [{}, {}, {}]


def test_without_current_or_voltage_nothing_is_said() -> None:
    assert Plausibility().check(frame_of(PREF=9, SINSTS1=48370, IRMS1=2), 0.0) == {}
