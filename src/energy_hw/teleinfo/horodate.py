"""Times as a Linky writes them: SAAMMJJhhmmss.

    S season: H winter, E summer; h, e: the same, the clock runs on after its backup ran out (degraded);
      a space: no season is given (start and end of mobile peaks)
    AAMMJJhhmmss: year (of 20xx), month, day, hour, minute, second of the legal local time

Source: Enedis-NOI-CPT_54E v3, 6.2. With a letter the offset is exact, in the repeated hour of October too.
Without one it follows from the date, but for that hour, of which the first is meant here.
"""

from __future__ import annotations

from calendar import SUNDAY, monthrange
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple


class Zone(NamedTuple):
    """Offsets from UTC in winter and summer. Overseas meters may have others, or one for the whole year."""

    winter: timezone
    summer: timezone


FRANCE = Zone(timezone(timedelta(hours=1)), timezone(timedelta(hours=2)))

NEVER = "000000000000"


@lru_cache(maxsize=256)  # one frame repeats most stamps of the one before
def parse_horodate(stamp: str, zone: Zone = FRANCE) -> datetime | None:
    """The moment that the 13 characters name; None where the meter sends zeros for "never".

    Raises ValueError if they name none.
    """
    season, digits = stamp[:1], stamp[1:]
    if len(stamp) != 13 or season not in "HEhe " or not (digits.isascii() and digits.isdecimal()):
        raise ValueError(f"expected a season (H E h e or space) and 12 digits, got {stamp!r}")
    if digits == NEVER:
        return None
    pairs = [int(digits[at : at + 2]) for at in range(0, 12, 2)]
    local = datetime(2000 + pairs[0], *pairs[1:])  # type: ignore[arg-type]  # five more ints
    if season == " ":
        return local.replace(tzinfo=zone.summer if in_summer(local, zone) else zone.winter)
    return local.replace(tzinfo=zone.winter if season in "Hh" else zone.summer)


def in_summer(local: datetime, zone: Zone = FRANCE) -> bool:
    """Whether a naive local time is summer time: of two such hours in October the first, of none in March neither.

    From 01:00 UTC on the last Sunday of March to 01:00 UTC on that of October: directive 2000/84/EC.
    Computed, not looked up: a small system has no time zone database.
    """
    change = zone.summer.utcoffset(None) + timedelta(hours=1)  # both at 03:00 where the first hour counts
    start, end = (_last_sunday(local.year, month) + change for month in (3, 10))
    return zone.summer != zone.winter and start <= local < end


def legal_time(moment: datetime, zone: Zone = FRANCE) -> datetime:
    """An aware datetime in the offset that the zone has then."""
    summer = moment.astimezone(zone.summer)
    return summer if in_summer(summer.replace(tzinfo=None), zone) else moment.astimezone(zone.winter)


def _last_sunday(year: int, month: int) -> datetime:
    """Midnight of it, without a zone."""
    last = monthrange(year, month)[1]
    back = (date(year, month, last).weekday() - SUNDAY) % 7
    return datetime(year, month, last - back)
