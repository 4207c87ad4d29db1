"""Reports and readings: lookup, laziness, and the one JSON shape."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_hw.reading import Quantity, Reading, Readings, Report, dumps, json_time

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
IMPORT = Reading("1-0:1.8.1", "energy_import_t1", Quantity.ENERGY_IMPORT, Decimal("3466.018"), "kWh", tariff=1)
SWITCH = Reading("SWITCH_STATE", "switch_state", Quantity.SWITCH, False)


def report(*readings: Reading, time: datetime | None = None) -> Report:
    return Report("p1", "p1:4B38", "ISK5\\2M550T-1012", time, NOON, "crc", b"raw", lambda: readings)


def test_reading_by_name_or_by_code() -> None:
    meter = report(IMPORT, SWITCH)
    assert meter["energy_import_t1"] is meter["1-0:1.8.1"] is IMPORT
    assert meter.get("switch_state") is SWITCH
    assert meter.get("absent") is None
    assert list(meter) == [IMPORT, SWITCH]


def test_missing_reading_lists_what_there_is() -> None:
    with pytest.raises(KeyError, match="absent; this report has energy_import_t1, switch_state"):
        report(IMPORT, SWITCH)["absent"]
    with pytest.raises(KeyError, match="no readings"):
        report()["absent"]


def test_first_of_several_readings_with_one_name() -> None:
    second = Reading("SWITCH_STATE", "switch_state", Quantity.SWITCH, True, channel=2)
    assert report(SWITCH, second)["switch_state"] is SWITCH


def test_readings_are_built_once_and_only_when_asked_for() -> None:
    built: list[int] = []

    def build() -> Readings:
        built.append(1)
        return (SWITCH,)

    lazy = Report("p1", "p1:1", "meter", None, NOON, "crc", b"", build)
    assert built == []
    assert lazy.readings == lazy.readings == (SWITCH,)
    assert built == [1]


def test_reports_and_readings_are_immutable() -> None:
    with pytest.raises(FrozenInstanceError):
        SWITCH.value = True  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        report().device = "other"  # type: ignore[misc]


def test_json_shape() -> None:
    stamped = report(IMPORT, time=datetime(2020, 9, 27, 20, 26, 14, tzinfo=timezone(timedelta(hours=2))))
    assert dumps(stamped.to_json()) == (
        '{"source":"p1","device":"p1:4B38","model":"ISK5\\\\2M550T-1012","time":"2020-09-27T18:26:14Z",'
        '"received":"2026-01-01T12:00:00Z","integrity":"crc","readings":[{"code":"1-0:1.8.1",'
        '"name":"energy_import_t1","quantity":"energy_import","value":3466.018,"unit":"kWh","phase":null,'
        '"tariff":1,"channel":null,"time":null}]}'
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("3466.010"), "3466.010"),
        (Decimal("0.00"), "0.00"),
        (Decimal("1E+3"), "1000"),
        (Decimal("1E-9"), "0.000000001"),
        (Decimal("49.94921875"), "49.94921875"),
        (True, "true"),
        (None, "null"),
        (-2, "-2"),
        ("ça\n\x9b", '"\\u00e7a\\n\\u009b"'),
        (NOON, '"2026-01-01T12:00:00Z"'),
        (Quantity.POWER, '"power"'),
        ((1, [2]), "[1,[2]]"),
        ({}, "{}"),
    ],
)
def test_dumps(value: object, text: str) -> None:
    assert dumps(value) == text


@given(value=st.decimals(allow_nan=False, allow_infinity=False, places=9))
def test_a_number_keeps_its_digits(value: Decimal) -> None:
    assert json.loads(dumps({"value": value}), parse_float=Decimal)["value"] == value


@given(text=st.text())
def test_any_text_survives(text: str) -> None:
    assert json.loads(dumps({text: text})) == {text: text}


def test_no_time_is_null() -> None:
    assert json_time(None) is None
