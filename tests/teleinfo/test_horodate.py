"""Legal time against the time zone database, and stamps that name no moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_hw.teleinfo.horodate import Zone, in_summer, legal_time, parse_horodate

PARIS = ZoneInfo("Europe/Paris")
ONE = Zone(timezone(timedelta(hours=-4)), timezone(timedelta(hours=-4)))


def test_season_follows_the_date_as_in_the_time_zone_database() -> None:
    hour = datetime(2025, 1, 1, 0, 30)
    while hour.year < 2028:
        assert in_summer(hour) == bool(hour.replace(tzinfo=PARIS).dst()), hour
        hour += timedelta(hours=1)


@given(moment=st.datetimes(datetime(2010, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC)))
def test_legal_time_is_that_of_paris(moment: datetime) -> None:
    assert legal_time(moment) == moment
    assert legal_time(moment).utcoffset() == moment.astimezone(PARIS).utcoffset()


def test_a_zone_without_summer_time_has_none() -> None:
    assert not in_summer(datetime(2026, 7, 15, 12), ONE)
    assert legal_time(datetime(2026, 7, 15, 12, tzinfo=UTC), ONE).utcoffset() == timedelta(hours=-4)


@pytest.mark.parametrize(
    "stamp",
    ["", "H", "H2601151200000", "H26011512000", "H260230120000", "X260115120000", "H26011512000²", "H2601151200٣0"],
)
def test_no_moment(stamp: str) -> None:
    with pytest.raises(ValueError, match=r"expected a season|day is out of range|must be in"):
        parse_horodate(stamp)


def test_never() -> None:
    assert parse_horodate("H000000000000") is None


@pytest.mark.parametrize(
    ("stamp", "hours"),
    [("h260715120000", 1), ("e260115120000", 2), (" 260329015959", 1), (" 260329030000", 2), (" 261025025959", 2),
     (" 261025030000", 1)],
)  # fmt: skip
def test_a_letter_decides_also_of_a_degraded_clock_and_without_one_the_change_does_to_the_second(
    stamp: str, hours: int
) -> None:
    moment = parse_horodate(stamp)
    assert moment is not None
    assert moment.utcoffset() == timedelta(hours=hours)
