"""Times by flag and base offset: the day that has 23 hours, the one that has 25, countries without either."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from energy_hw.p1.profiles import PROFILES
from energy_hw.p1.times import Clock, believed, parse_time

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
SWEDEN, FINLAND = PROFILES["se"].clock, PROFILES["fi"].clock


def utc(stamp: str, clock: Clock = PROFILES["nl5"].clock, near: datetime | None = None) -> str | None:
    moment = parse_time(stamp, clock, near)
    return moment and moment.astimezone(UTC).isoformat().removesuffix("+00:00")


@pytest.mark.parametrize(
    ("stamp", "moment"),
    [
        ("101209113020W", "2010-12-09T10:30:20"),
        ("200512135409S", "2020-05-12T11:54:09"),
        ("161030025959S", "2016-10-30T00:59:59"),  # the hour that there is twice
        ("161030020000W", "2016-10-30T01:00:00"),
        ("161030025959W", "2016-10-30T01:59:59"),
        ("200329015959W", "2020-03-29T00:59:59"),  # the hour that there is not
        ("200329030000S", "2020-03-29T01:00:00"),
        ("230202132747S", "2023-02-02T11:27:47"),  # the letter is an offset, also in February
        ("000101000001W", "1999-12-31T23:00:01"),
    ],
)
def test_letter_is_an_offset(stamp: str, moment: str) -> None:
    assert utc(stamp) == moment


def test_offset_is_kept_as_the_meter_means_it() -> None:
    moment = parse_time("200512135409S")
    assert moment is not None
    assert moment.isoformat() == "2020-05-12T13:54:09+02:00"


@pytest.mark.parametrize(("stamp", "moment"), [("210606170840W", "16:08:40"), ("210217184019W", "17:40:19")])
def test_sweden_says_w_all_year(stamp: str, moment: str) -> None:
    assert str(utc(stamp, SWEDEN)).endswith(moment)


@pytest.mark.parametrize("name", ["fi", "lt", "il"])
def test_countries_an_hour_further_east(name: str) -> None:
    assert utc("240214101855W", PROFILES[name].clock) == "2024-02-14T08:18:55"
    assert utc("240714101855S", PROFILES[name].clock) == "2024-07-14T07:18:55"


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("161030000000S", "161031000000W", 25),
        ("160327000000W", "160328000000S", 23),
        ("160401000000S", "160402000000S", 24),
    ],
)
def test_day_of_23_and_of_25_hours(start: str, end: str, hours: int) -> None:
    first, last = parse_time(start), parse_time(end)
    assert first is not None
    assert last is not None
    assert last - first == timedelta(hours=hours)


@pytest.mark.parametrize(
    "stamp",
    ["632525252525S", "632525252525W", "123412341234W", "250000000000W", "213112235959W", "", "W", "10120911302W",
     "101209113020X", "101209113020w", "1012091130201", "xxxxxxxxxxxxW", "101209113020WW", "٠٠١٢٠٩١١٣٠٢٠W"],
)  # fmt: skip
def test_what_is_no_moment(stamp: str) -> None:
    assert parse_time(stamp) is None


@pytest.mark.parametrize("stamp", ["700101010000W", "000101010000W", "000104180320W", "630101000000W"])
def test_clocks_that_were_never_set_are_not_believed(stamp: str) -> None:
    moment = parse_time(stamp)
    assert moment is not None
    assert (believed(moment) is None) == (not 2007 <= moment.year <= 2069)


def test_year_70_is_1970() -> None:
    moment = parse_time("700101010000W")
    assert moment is not None
    assert (moment.year, believed(moment), believed(None)) == (1970, None, None)


@pytest.mark.parametrize("month", range(1, 13))
def test_without_a_letter_as_the_time_zone_of_amsterdam(month: int) -> None:
    for year, day, hour in [(2009, 12, 16), (2024, 28, 1), (2038, 1, 0), (2025, 26, 3)]:
        local = datetime(year, month, day, hour, 30, tzinfo=AMSTERDAM)
        assert parse_time(f"{local:%y%m%d%H%M%S}") == local


def test_hours_around_the_changes_without_a_letter() -> None:
    for day in ("160327", "161030"):
        for hour in (0, 1, 3, 4):
            local = datetime.strptime(f"{day}{hour:02}", "%y%m%d%H").replace(tzinfo=AMSTERDAM)
            assert parse_time(f"{day}{hour:02}0000") == local


@pytest.mark.parametrize(("near", "moment"), [(None, "00:30"), ("00:31", "00:30"), ("01:29", "01:30")])
def test_hour_that_there_is_twice_without_a_letter_is_the_one_nearest_to_us(near: str | None, moment: str) -> None:
    host = near and datetime.fromisoformat(f"2016-10-30T{near}:00+00:00")
    assert utc("161030023000", near=host or None) == f"2016-10-30T{moment}:00"


def test_hour_that_there_is_not_without_a_letter() -> None:
    assert utc("160327023000") == "2016-03-27T01:30:00"  # as a clock that was not put forward shows it


def test_country_that_never_saves_daylight() -> None:
    assert utc("210606170840", SWEDEN) == "2021-06-06T16:08:40"
