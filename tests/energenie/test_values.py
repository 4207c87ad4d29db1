"""Codes in words, and a battery's charge."""

from __future__ import annotations

from decimal import Decimal

import pytest

from energy_hw.energenie import values
from energy_hw.reading import Value


@pytest.mark.parametrize(
    ("number", "value", "words"),
    [
        (values.ALARM, 0x42, "low battery"),
        (values.ALARM, 0x62, "low battery cleared"),
        (values.ALARM, "BZ", "low battery, tamper"),
        (values.ALARM, "Q", "alarm Q"),
        (values.ALARM, 0, None),
        (values.ALARM, None, None),
        (values.VALVE_STATE, 2, "auto"),
        (values.VALVE_STATE, 7, None),
        (values.THERMOSTAT_MODE, 1, "auto"),
        (values.BUTTON, 255, "long"),
        (values.DIAGNOSTICS, 512, "exercise succeeded"),
        (values.DIAGNOSTICS, 0, "no flags"),
        (values.DIAGNOSTICS, 0x2001, "motor current below expectation, battery below 2.2 V, valve opened"),
        (0x70, 3, None),
        (0x73, True, None),
        (values.BUTTON, Decimal(1), None),
    ],
)
def test_describe(number: int, value: Value, words: str | None) -> None:
    assert values.describe(number, value) == words


def test_diagnostic_masks_name_the_flags_they_should() -> None:
    errors = values.diagnostic_flags(values.ERROR_FLAGS)
    assert len(values.DIAGNOSTIC_FLAGS) == 16
    assert errors == (*values.DIAGNOSTIC_FLAGS[:6], *(values.DIAGNOSTIC_FLAGS[bit] for bit in (8, 10, 13)))
    assert values.diagnostic_flags(values.REFRESH_FLAGS) == tuple(values.DIAGNOSTIC_FLAGS[bit] for bit in (7, 11, 12))
    assert values.diagnostic_flags(values.LOW_BATTERY_FLAG) == ("battery below 2.2 V, valve opened",)


@pytest.mark.parametrize(
    ("volts", "cells", "percent"),
    [
        ("3.2", 2, 100),
        ("3.1", 2, 100),
        ("3.09", 2, 95),
        ("2.7", 2, 60),
        ("2.36", 2, 3),
        ("2.35", 2, 5),
        ("2.20", 2, 5),
        ("2.19", 2, 0),
        ("4.566", 3, 95),
        ("0", 2, 0),
    ],
)
def test_battery_percent(volts: str, cells: int, percent: int) -> None:
    assert round(values.battery_percent(Decimal(volts), cells)) == percent
