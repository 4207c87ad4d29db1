"""Counters that pass every check and still cannot be: held back under another name, never hidden.

A counter that falls, or rises faster than any meter of a house can, is doubted until the third telegram in a row
agrees with it: neither a bad value nor a changed meter latches. Meters of DSMR 2.2 and 3.0 have no checksum, and a
CRC of 16 bits lets one of 65,536 broken telegrams through.

No I/O, no clock: the caller says when a telegram came. Thread safety: one thread at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from decimal import Decimal
from typing import NamedTuple

from energy_hw.reading import Quantity as Q
from energy_hw.reading import Reading, Report

CONFIRMATIONS = 3

# fmt: off
MOST_PER_HOUR = {
    # in the unit sent: far beyond a connection with current transformers (1 MW), a G65 gas meter, a DN 100 water meter
    Q.ENERGY_IMPORT: 2_000, Q.ENERGY_EXPORT: 2_000, Q.ENERGY: 2_000, Q.REACTIVE_ENERGY: 2_000,
    Q.GAS_VOLUME: 200, Q.WATER_VOLUME: 200, Q.HEAT: 20,
}
# fmt: on
SLACK_S = 60.0
MBUS_SLACK_S = 2 * 3600.0
"""A reading of a gas, water or heat meter comes every five minutes or every hour."""
THOUSANDS = ("Wh", "varh")
"""Units of Austrian meters, in which a counter runs a thousand times as fast."""

DERIVED = "derived/"
"""The freshest gas meter under a name of its own: as doubtful as the reading that it repeats."""

Key = tuple[str, int | None, int]
"""Code, channel, and which of the readings with these."""


class _Level(NamedTuple):
    value: Decimal
    at_s: float
    telegrams: int = 0
    falls: bool = False


class Plausibility:
    """Remembers what one meter said, and doubts what does not follow from it.

    >>> report = plausibility.check(report, time.monotonic())          # doctest: +SKIP
    """

    def __init__(self) -> None:
        self.doubted = 0
        """Values held back so far."""
        self.why = ""
        """The last of them, in words."""
        self._device = ""
        self._forget()

    def _forget(self) -> None:
        self._believed: dict[Key, _Level] = {}
        self._rivals: dict[Key, _Level] = {}

    def check(self, report: Report, at_s: float) -> Report:
        """The report, or one in which what is doubted comes under another name. at_s: monotonic time, in seconds.

        A reading in doubt has `_doubtful` behind its name, `?` behind its code, and quantity other. Another meter
        than the last starts afresh. Builds the readings.
        """
        if report.device != self._device:
            self._device = report.device
            self._forget()
        doubts = {
            key: why
            for key, reading in _keyed(report)
            if _is_counter(reading) and (why := self._check(key, reading, at_s))
        }
        for (code, *_), why in doubts.items():
            self.doubted += 1
            self.why = f"{code} {why}"
        return _with_doubts(report, doubts) if doubts else report

    def _check(self, key: Key, reading: Reading, at_s: float) -> str | None:
        value = reading.value
        if not isinstance(value, Decimal):
            return None
        believed = self._believed.get(key)
        why = _problem(believed, reading, value, at_s) if believed else None
        if believed and why and not self._is_confirmed(key, _Level(value, at_s, 1, value < believed.value)):
            return why
        self._believed[key] = _Level(value, at_s)
        self._rivals.pop(key, None)
        return None

    def _is_confirmed(self, key: Key, now: _Level) -> bool:
        """Whether enough telegrams in a row agreed on a new level, now being the latest of them."""
        rival = self._rivals.get(key)
        if rival and rival.falls == now.falls and now.value >= rival.value:
            now = now._replace(telegrams=rival.telegrams + 1)
        self._rivals[key] = now
        return now.telegrams >= CONFIRMATIONS


def _keyed(report: Report) -> Iterator[tuple[Key, Reading]]:
    """Each reading with its key: a code may come twice in a telegram."""
    seen = Counter[tuple[str, int | None]]()
    for reading in report:
        pair = (reading.code, reading.channel)
        yield (*pair, seen[pair]), reading
        seen[pair] += 1


def _is_counter(reading: Reading) -> bool:
    """Whether it only ever rises; entries of logs and histories do not."""
    code = reading.code.removeprefix(DERIVED)
    return reading.quantity in MOST_PER_HOUR and not set("/*").intersection(code)


def _problem(before: _Level, reading: Reading, value: Decimal, at_s: float) -> str | None:
    """Why a counter cannot have come from one value to the next, or None."""
    rise, seconds = value - before.value, at_s - before.at_s
    if rise < 0:
        return f"fell from {before.value} to {value}"
    slack_s = SLACK_S if reading.channel is None else MBUS_SLACK_S
    most = MOST_PER_HOUR[reading.quantity] * (seconds + slack_s) / 3600 * (1000 if reading.unit in THOUSANDS else 1)
    return f"rose from {before.value} to {value} in {seconds:.0f} s" if rise > Decimal(most) else None


def _with_doubts(report: Report, doubts: Collection[Key]) -> Report:
    readings = tuple(_doubted(reading) if key in doubts else reading for key, reading in _keyed(report))
    return Report(
        report.source,
        report.device,
        report.model,
        report.time,
        report.received,
        report.integrity,
        report.raw,
        lambda: readings,
    )


def _doubted(reading: Reading) -> Reading:
    return Reading(
        f"{reading.code}?",
        f"{reading.name}_doubtful",
        Q.OTHER,
        reading.value,
        reading.unit,
        reading.phase,
        reading.tariff,
        reading.channel,
        reading.time,
    )
