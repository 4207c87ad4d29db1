"""Values that are there while the meter sends them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from energy_hw.teleinfo.encode import dataset
from energy_hw.teleinfo.frame import Mark, Mode
from energy_hw.teleinfo.frames import FrameBuilder
from energy_hw.teleinfo.live_table import LiveTable

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LONG = {"ADCO": "041876543210", "OPTARIF": "BASE", "IINST1": 1, "IINST2": 2, "IINST3": 3, "PAPP": 540}
SHORT = {"ADIR1": 31, "ADCO": "041876543210", "IINST1": 31, "IINST2": 2, "IINST3": 3}


class Feed:
    """A table that is given frames as the meter's thread gives them."""

    def __init__(self) -> None:
        self.table = LiveTable()
        self.t = 0.0
        self._builder = FrameBuilder(on_dataset=lambda item: self.table.take(item, self.t, NOW))

    def frame(self, values: dict[str, int | str], end: Mark = Mark.END, mode: Mode = Mode.HISTORIQUE) -> None:
        self.t += 1.0
        self._builder.feed(Mark.START)
        for label, value in values.items():
            self._builder.feed(dataset(label, value, mode=mode)[1:-1])
        frame = self._builder.feed(end)
        assert frame is not None
        self.table.end(frame, self.t)

    @property
    def labels(self) -> set[str]:
        return set(self.table.snapshot(self.t))


@pytest.fixture
def feed() -> Feed:
    return Feed()


def test_a_value_comes_with_age_and_stamp(feed: Feed) -> None:
    feed.frame(LONG)
    live = feed.table.snapshot(feed.t + 2.5)["PAPP"]
    assert (live.value, live.age_s, live.received) == (540, 2.5, NOW)


def test_a_warning_that_is_not_sent_any_more_is_over(feed: Feed) -> None:
    feed.frame({**LONG, "ADPS": 31})
    assert "ADPS" in feed.labels
    feed.frame(LONG)
    assert "ADPS" not in feed.labels


@pytest.mark.parametrize("end", [Mark.INTERRUPTED, Mark.TRUNCATED])
def test_an_incomplete_frame_lets_nothing_expire(end: Mark, feed: Feed) -> None:
    feed.frame({**LONG, "ADPS": 31})
    feed.frame({"ADCO": "041876543210"}, end)
    assert feed.labels == {*LONG, "ADPS"}


def test_short_frames_leave_the_values_of_long_ones(feed: Feed) -> None:
    feed.frame(LONG)
    for _ in range(20):
        feed.frame(SHORT)
    assert feed.labels == {*LONG, "ADIR1"}
    assert feed.table.snapshot(feed.t)["IINST1"].value == 31


def test_a_phase_that_is_not_over_any_more_expires_with_the_next_short_frame(feed: Feed) -> None:
    feed.frame(LONG)
    feed.frame({"ADIR2": 33, **SHORT})
    feed.frame(SHORT)
    assert feed.labels == {*LONG, "ADIR1"}


def test_the_long_frame_of_a_cycle_keeps_the_overload_and_the_end_of_it_does_not(feed: Feed) -> None:
    feed.frame(LONG)
    feed.frame(SHORT)
    feed.frame(LONG)
    assert "ADIR1" in feed.labels
    feed.frame(LONG)
    assert feed.labels == set(LONG)


def test_a_meter_in_veille_says_nothing_else_any_more(feed: Feed) -> None:
    feed.frame(LONG)
    feed.frame({"ADCO": "041876543210"})
    feed.frame({"ADCO": "041876543210"})
    assert feed.labels == {"ADCO"}


def test_another_mode_is_another_table(feed: Feed) -> None:
    feed.frame(LONG)
    feed.frame({"ADSC": "041876543210", "SINSTS": 540}, mode=Mode.STANDARD)
    assert feed.labels == {"ADSC", "SINSTS"}


def test_connected_for_five_seconds_after_a_good_group(feed: Feed) -> None:
    assert not feed.table.connected(0.0)
    feed.frame(LONG)
    feed.frame(LONG)
    assert feed.table.connected(feed.t + 5.0)
    assert not feed.table.connected(feed.t + 5.1)


def test_connected_for_two_frames_where_they_are_long(feed: Feed) -> None:
    feed.frame(LONG)
    feed.t += 2.5  # a frame every 3.5 s
    feed.frame(LONG)
    assert feed.table.connected(feed.t + 7.0)
    assert not feed.table.connected(feed.t + 7.1)


def test_a_gap_between_frames_is_not_taken_for_their_length(feed: Feed) -> None:
    feed.frame(LONG)
    feed.t += 1000.0
    feed.frame(LONG)
    assert not feed.table.connected(feed.t + 10.1)
