"""From a telegram to the Report that the rest of the package knows.

    Telegram  ->  Report(device "p1:4530303434303037313331363530363138", a reading for each object, then what follows)

`docs/p1-codes.md` has the names. Nothing but identity and time is read before the readings are asked for. Pure
functions: safe from any thread.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache, partial
from typing import Protocol

from energy_hw.p1.derived import derive
from energy_hw.p1.profiles import PROFILES, Profile, detect
from energy_hw.p1.readings import Context, to_readings
from energy_hw.p1.telegram import scan_lines
from energy_hw.p1.times import Clock, believed
from energy_hw.reading import Readings, Report

IDENTITIES = (b"\n0-0:96.1.1", b"\n0-0:42.0.0", b"\n0-0:96.1.0", b"\n1-0:0.0.0", b"\n0-0:0.0.0", b"\n0-0:96.1.255")
"""Where a meter says who it is, the best first."""
TIME = b"\n0-0:1.0.0"
GROUP = re.compile(rb"(?:[.*]255)?\(([^)\r\n]*)\)")
NO_IDENTITY = b"0Xx *"
"""An id of nothing but these is none: zeros of a meter that was not set up."""
INTEGRITY = {"ok": "crc", "absent": "absent"}


class Cut(Protocol):
    """What telegram.Telegram has. crc: `ok`, `bad` or `absent`."""

    @property
    def raw(self) -> bytes:
        """The bytes from `/` to the end."""

    @property
    def crc(self) -> str:
        """How the CRC came out."""


def to_report(telegram: Cut, received: datetime, link_name: str, profile: Profile | None = None) -> Report:
    """The report of a telegram; its readings are built when first asked for.

    link_name: stands for the meter where neither an object nor the header says who it is. profile: the telegram's own
    by default. integrity is `none` for a telegram whose CRC is wrong or was not looked at.
    """
    raw = telegram.raw
    profile = profile or detect(telegram)
    model = _model(raw[: raw.find(b"\n")])
    return Report(
        source="p1",
        device=f"p1:{_identity(raw) or (model if len(model) > 4 else link_name)}",
        model=model,
        time=_time(raw, profile.clock, received),
        received=received,
        integrity=INTEGRITY.get(str(telegram.crc), "none"),
        raw=raw,
        build=partial(build_readings, raw, profile, received),
    )


def build_readings(raw: bytes, profile: Profile, received: datetime | None = None) -> Readings:
    """All readings of a telegram, then the derived ones. Never raises: bad lines are left out, see value.py."""
    readings, _ = to_readings(scan_lines(raw), profile.clock, received)
    return readings + derive(readings, profile)


def profile_of(report: Report) -> Profile:
    """The profile that a report of the P1 source was made with, as far as its time tells.

    A user may have named another than the telegram's own: Finland, whose meters look like Swedish ones.
    """
    own = detect(report)
    if report.time is None or report.time == _time(report.raw, own.clock, report.received):
        return own
    alike = (row for row in PROFILES.values() if row.spec == own.spec)
    return next((row for row in alike if report.time == _time(report.raw, row.clock, report.received)), own)


@lru_cache(maxsize=64)
def _model(header: bytes) -> str:
    return header.decode("latin-1").strip()[1:]


def _identity(raw: bytes) -> str | None:
    """The first id that a meter says, as sent: two hexadecimal digits a character."""
    found = (_group(raw, mark) for mark in IDENTITIES)
    return next((group.decode("latin-1") for group in found if group.strip(NO_IDENTITY)), None)


def _time(raw: bytes, clock: Clock, received: datetime) -> datetime | None:
    return believed(Context(clock, None, received).time(_group(raw, TIME).decode("latin-1")))


def _group(raw: bytes, mark: bytes) -> bytes:
    """The group of the line that begins with a code; nothing if there is none."""
    at = raw.find(mark)
    match = GROUP.match(raw, at + len(mark)) if at >= 0 else None
    return match[1] if match else b""
