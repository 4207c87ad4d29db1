"""What a column can take, and what it would change."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_hw.sinks.postgres_values import Kind, Unfit

D = Decimal
NUMERIC_6_1 = (6 << 16 | 1) + 4
HUNDREDS = (3 << 16 | (-2 & 0x7FF)) + 4
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)

# fmt: off
FIT = [
    # base          modifier      value                    stored
    ("int2",        -1,           -32768,                  -32768),
    ("int2",        -1,           D("81.0"),               81),
    ("int4",        -1,           True,                    1),
    ("int8",        -1,           2**63 - 1,               2**63 - 1),
    ("float8",      -1,           D("57.6"),               57.6),
    ("float8",      -1,           2**53,                   2.0**53),
    ("float8",      -1,           D("NaN"),                pytest.approx(float("nan"), nan_ok=True)),
    ("float4",      -1,           D("57.6"),               57.6),
    ("float4",      -1,           D(2**24),                2.0**24),
    ("numeric",     -1,           D("1.10"),               D("1.10")),
    ("numeric",     NUMERIC_6_1,  D("-99999.9"),           D("-99999.9")),
    ("numeric",     NUMERIC_6_1,  0,                       D(0)),
    ("numeric",     HUNDREDS,     D(99900),                D(99900)),
    ("text",        -1,           D("52.40"),              "52.40"),
    ("text",        -1,           False,                   "false"),
    ("varchar",     100 + 4,      "x" * 100,               "x" * 100),
    ("bool",        -1,           1,                       True),
    ("timestamptz", -1,           "2026-01-01T14:00+0200", NOON),
    ("timestamp",   -1,           NOON,                    NOON.replace(tzinfo=None)),
    ("citext",      -1,           "Text",                  "Text"),
    ("json",        -1,           None,                    None),
]
UNFIT = [
    # base          modifier      value                    reason
    ("int2",        -1,           32768,                   "range"),
    ("int4",        -1,           D("57.6"),               "digits"),
    ("int8",        -1,           D("1E+999999"),          "range"),
    ("int8",        -1,           D("NaN"),                "range"),
    ("int4",        -1,           "81",                    "type"),
    ("float8",      -1,           2**53 + 1,               "digits"),
    ("float8",      -1,           D("1E+400"),             "range"),
    ("float8",      -1,           D("1E-400"),             "range"),
    ("float4",      -1,           D("1E+39"),              "range"),
    ("float4",      -1,           D("1E-60"),              "range"),
    ("float4",      -1,           D("52.40001"),           "digits"),
    ("numeric",     NUMERIC_6_1,  D("1.25"),               "digits"),
    ("numeric",     NUMERIC_6_1,  D("100000"),             "range"),
    ("numeric",     NUMERIC_6_1,  D("1E+5000"),            "range"),
    ("numeric",     HUNDREDS,     D(150),                  "digits"),
    ("text",        -1,           "a\0b",                  "text"),
    ("text",        -1,           "\ud800",                "text"),
    ("varchar",     100 + 4,      "x" * 101,               "length"),
    ("bpchar",      2 + 4,        "abc",                   "length"),
    ("bool",        -1,           2,                       "type"),
    ("timestamptz", -1,           "noon",                  "type"),
    ("timestamptz", -1,           "2026-01-01T12:00",      "type"),
    ("timestamptz", -1,           5,                       "type"),
    ("json",        -1,           5,                       "type"),
]
# fmt: on


@pytest.mark.parametrize(("base", "modifier", "value", "stored"), FIT)
def test_it_fits(base: str, modifier: int, value: object, stored: object) -> None:
    found = Kind(base, modifier).fit(value)
    assert found == stored
    assert type(found) is type(stored) or base == "float8"


@pytest.mark.parametrize(("base", "modifier", "value", "reason"), UNFIT)
def test_it_would_be_changed(base: str, modifier: int, value: object, reason: str) -> None:
    with pytest.raises(Unfit, match="expected") as caught:
        Kind(base, modifier).fit(value)
    assert caught.value.reason == reason


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_fits_its_own_column(number: float) -> None:
    assert Kind("float8").fit(D(repr(number))) == number


def test_who_asks_for_double_precision_gets_it() -> None:
    long = D("0.12345678901234567890")
    assert Kind("float8", rounds=True).fit(long) == float(long)
    with pytest.raises(Unfit, match="exactly"):
        Kind("float8").fit(long)
