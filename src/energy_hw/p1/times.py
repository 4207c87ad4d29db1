"""Times as the P1 port writes them: YYMMDDhhmmssX.

    X   S daylight saving time is on, W it is off; DSMR 2.2 and 3.0 send none

The letter is an offset, not a season: UTC is the time shown minus the base offset of the country, minus one hour more
with S. So the hour that October has twice is two hours here, and Sweden, which sends W all year, is right in summer.

    winter + base 1 h, `210606170840W`: 16:08:40 UTC       Amsterdam's time zone would say 15:08:40

Without a letter the rule of the European Union gives the offset (directive 2000/84/EC), by arithmetic: a small system
has no time zone database.

Source: DSMR P1 companion standard 5.0.2, 6.4 (TST); HAN-P1 of Energiföretagen 2.0 (normal time all year).
"""

from __future__ import annotations

import re
from calendar import SUNDAY, monthrange
from datetime import UTC, datetime, timedelta, timezone
from functools import cache, lru_cache
from typing import NamedTuple

STAMP = re.compile(r"[0-9]{12}[SW]?")
UNFLAGGED = 12
"""Characters of a stamp without a letter."""
HOUR = timedelta(hours=1)
FIRST_YEAR, LAST_YEAR = 2007, 2069
"""The first P1 meters are of 2007. A clock that was never set shows 1970, 2000 or year 63 month 25."""


@cache
def _zone(hours: int) -> timezone:
    return timezone(timedelta(hours=hours))


class Clock(NamedTuple):
    """How a country's meters tell the time. base_h: hours from UTC without daylight saving time.

    saves: whether a stamp without a letter may be daylight saving time.
    """

    base_h: int = 1
    saves: bool = True

    @property
    def winter(self) -> timezone:
        """The offset of W."""
        return _zone(self.base_h)

    @property
    def summer(self) -> timezone:
        """The offset of S."""
        return _zone(self.base_h + 1)


CENTRAL = Clock()


@lru_cache(maxsize=512)  # a telegram repeats most stamps of the one before
def parse_time(stamp: str, clock: Clock = CENTRAL, near: datetime | None = None) -> datetime | None:
    """The moment, in the offset that the stamp says; None for what is no moment (`632525252525S`, nothing, xs).

    near: which of the two is meant in the hour that October has twice, where the stamp has no letter: the one
    nearest to this moment, or the first. It is for stamps without a letter only: for others leave it out.
    """
    if not STAMP.fullmatch(stamp):
        return None
    century = "20" if stamp[0] < "7" else "19"
    try:
        local = datetime.fromisoformat(f"{century}{stamp[:6]}T{stamp[6:UNFLAGGED]}")
    except ValueError:
        return None
    if len(stamp) > UNFLAGGED:
        return local.replace(tzinfo=clock.summer if stamp[UNFLAGGED] == "S" else clock.winter)
    return _guess(local, clock, near)


def is_believable(moment: datetime | None) -> bool:
    """Whether a value may be filed under this moment: not one of a clock that was never set."""
    return moment is not None and FIRST_YEAR <= moment.year <= LAST_YEAR


def believed(moment: datetime | None) -> datetime | None:
    """The moment, or None if no value may be filed under it."""
    return moment if is_believable(moment) else None


def _guess(local: datetime, clock: Clock, near: datetime | None) -> datetime:
    """The moment of a local time without a letter."""
    early, late = local.replace(tzinfo=clock.summer), local.replace(tzinfo=clock.winter)
    if not clock.saves:
        return late
    early_fits, late_fits = _in_summer(early), not _in_summer(late)
    if early_fits and late_fits and near is not None:
        return min(early, late, key=lambda moment: abs(moment - near))
    return early if early_fits else late


def _in_summer(moment: datetime) -> bool:
    """Whether the clocks of the European Union are an hour ahead then."""
    start, end = _changes(moment.year)
    return start <= moment < end


@lru_cache(maxsize=64)
def _changes(year: int) -> tuple[datetime, datetime]:
    """01:00 UTC on the last Sundays of March and October."""
    return _last_sunday(year, 3) + HOUR, _last_sunday(year, 10) + HOUR


def _last_sunday(year: int, month: int) -> datetime:
    last = datetime(year, month, monthrange(year, month)[1], tzinfo=UTC)
    return last - timedelta(days=(last.weekday() - SUNDAY) % 7)
