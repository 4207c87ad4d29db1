"""One group in brackets: numbers with the digits sent, whole numbers, and whatever else may stand there."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

import p1_corpus as corpus
from energy_hw.p1 import values
from energy_hw.p1.value import P1Telegram
from energy_hw.reading import dumps

DIGITS = st.text("0123456789", min_size=1, max_size=20)
LINES = st.sampled_from(sorted({line for case in corpus.CASES for line in corpus.lines_of(case.name)}))


@given(DIGITS, DIGITS, st.sampled_from(["", "-", "+"]))
def test_number_is_exact(whole: str, part: str, sign: str) -> None:
    value, unit = values.number(f"{sign}{whole}.{part}*kWh")
    assert value is not None
    assert (value, unit) == (Decimal(f"{sign}{whole}.{part}"), "kWh")
    assert len(value.as_tuple().digits) - 1 <= len(whole + part)
    assert value.as_tuple().exponent == -len(part)


@pytest.mark.parametrize(
    "group", ["x", "1*", "*kWh", "1**kWh", "1*kWh*h", "1.2.3", ".5", "--1", "1 ", " 1", "0x1", "١", "1" * 21, "inf"]
)
def test_what_is_no_number(group: str) -> None:
    with pytest.raises(ValueError, match="expected a number"):
        values.number(group)


@pytest.mark.parametrize(
    ("group", "value"), [("", None), ("00004", 4), ("4.0", 4), ("-1", -1), ("2317482647*s", 2317482647)]
)
def test_whole_number(group: str, value: int | None) -> None:
    assert values.integer(group) == value


def test_what_is_no_whole_number() -> None:
    with pytest.raises(ValueError, match=r"expected a whole number, got '4\.5'"):
        values.integer("4.5")


@given(st.binary(max_size=300))
def test_no_noise_is_an_error(noise: bytes) -> None:
    for data in (noise, b"/ISK5\r\n\r\n" + noise + b"\r\n!\r\n", b"/ISK5\r\n1-0:1.8.1(" + noise + b")\r\n!"):
        telegram = P1Telegram(data)
        assert dumps([reading.to_json() for reading in telegram]) is not None
        assert telegram.redacted().header is not None
        assert telegram.to_dict("seed") is not None


@given(st.lists(LINES, max_size=12), st.integers(0, 400), st.integers(0, 255))
def test_lines_in_any_order_with_a_byte_changed(lines: list[str], at: int, byte: int) -> None:
    data = bytearray(corpus.raw(*lines))
    data[at % len(data)] = byte
    telegram = P1Telegram(bytes(data))
    assert all(bad.why for bad in telegram.bad_lines)
    assert telegram.to_dict("dsmr_parser") is not None
    assert telegram.to_dict()["readings"] is not None
