"""A report as a person reads it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from energy_hw.app.report_text import report_text
from energy_hw.reading import Quantity, Reading, Report

AT = datetime(2026, 11, 21, 16, 42, tzinfo=UTC)


@pytest.fixture(autouse=True)
def paris(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def lines(*readings: Reading) -> list[str]:
    report = Report("teleinfo", "teleinfo:041861123456", "Linky", AT, AT, "checksum", b"", lambda: readings)
    return report_text(report).splitlines()


def test_columns_are_as_wide_as_what_is_in_them() -> None:
    (_, first, second) = lines(
        Reading("EAST", "energy_import", Quantity.ENERGY_IMPORT, 81541940, "Wh"),
        Reading("STGE/distributor_tariff", "max_apparent_power_export_yesterday", Quantity.TARIFF, 1),
    )
    assert first.index("energy_import") == second.index("max_apparent")
    assert first.index("81541940") == second.index("1")


def test_short_ones_stand_where_they_always_do() -> None:
    assert lines(Reading("URMS1", "voltage_l1", Quantity.VOLTAGE, Decimal("236.0"), "V"))[1] == (
        "  URMS1      voltage_l1                   236.0 V"
    )


def test_every_time_is_of_the_clock_on_the_wall() -> None:
    head, date, smax = lines(
        Reading("DATE", "meter_time", Quantity.OTHER, AT),
        Reading("SMAXSN", "max_apparent_power_today", Quantity.APPARENT_POWER, 540, "VA", time=AT),
    )
    assert head.startswith("2026-11-21 17:42:00  teleinfo:041861123456  Linky")
    assert date.endswith(" 2026-11-21 17:42:00")
    assert smax.endswith(" 540 VA  (2026-11-21 17:42:00)")


def test_words_for_what_is_no_number_and_nothing_that_moves_a_cursor() -> None:
    told = lines(
        Reading("a", "a", Quantity.CONTACT, True), Reading("b", "b", Quantity.CONTACT, False),
        Reading("c", "c", Quantity.TEXT, None), Reading("d", "d", Quantity.TEXT, "x\x1b[2J"),
    )  # fmt: skip
    assert [line.split()[2:] for line in told[1:4]] == [["yes"], ["no"], ["-"]]
    assert "\x1b" not in told[4]
