"""Raw value bytes to values and back, for every type nibble."""

from __future__ import annotations

from decimal import Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_hw.core.message import FRACTION_BITS, Message, Value, decode_value, encode_value, value_range
from energy_hw.errors import OutOfRange

INTEGERS = (0x0, 0x8)
LONG = Context(prec=80)
NUMBERS = (*INTEGERS, *FRACTION_BITS)


@pytest.mark.parametrize(
    ("kind", "data", "value"),
    [
        (0x0, "f9", 249),
        (0x0, "ff" * 15, 2**120 - 1),
        (0x8, "fffe", -2),
        (0x8, "80", -128),
        (0x8, "80" + "00" * 14, -(2**119)),
        (0x1, "12", Decimal("1.125")),
        (0x2, "31f3", Decimal("49.94921875")),
        (0x3, "3168", Decimal("3.087890625")),
        (0x4, "8000", Decimal("0.5")),
        (0x5, "040000", Decimal("0.25")),
        (0x6, "000001", Decimal("0.000000059604644775390625")),
        (0x9, "fe80", Decimal("-1.5")),
        (0xA, "fee065", Decimal("-1.1234588623046875")),
        (0xB, "ff000000", Decimal(-1)),
        (0x7, "42", "B"),
        (0xF, "3c00", Decimal(1)),
        (0xF, "3f800000", Decimal(1)),
        (0xF, "3ff8000000000000", Decimal("1.5")),
        (0xF, "7fc00000", None),
        (0xF, "ff800000", None),
        (0x0, "", None),
    ],
)
def test_decode_value(kind: int, data: str, value: Value) -> None:
    decoded = decode_value(kind, bytes.fromhex(data))
    assert decoded == value
    assert type(decoded) is type(value)


def test_a_fixed_point_value_has_no_more_digits_than_it_needs() -> None:
    assert str(decode_value(0x9, b"\x15\x80")) == "21.5"
    assert str(decode_value(0x9, b"\x32\x00")) == "50"
    assert str(decode_value(0x6, b"\x00\x00\x00")) == "0"


def test_the_longest_fixed_point_value_keeps_every_digit() -> None:
    exact = Decimal("79228162514264337593543950335.999999940395355224609375")
    assert decode_value(0x6, b"\xff" * 15) == exact


@given(kind=st.sampled_from([*NUMBERS, 0x7]), data=st.binary(min_size=1, max_size=15))
def test_decoded_value_encodes_to_the_same_bytes(kind: int, data: bytes) -> None:
    assert encode_value(kind, len(data), decode_value(kind, data)) == data


@given(length=st.sampled_from([4, 8]), number=st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_float_encodes_and_decodes(length: int, number: float) -> None:
    assert decode_value(0xF, encode_value(0xF, length, number)) == Decimal(number)


@pytest.mark.parametrize(
    ("kind", "value", "data"),
    [
        (0x9, 21.5, "1580"),
        (0x9, Decimal("-5.5"), "fa80"),
        (0x8, -3, "fffd"),
        (0x1, Decimal("17.03"), "0110"),  # 272.48 sixteenths, rounded to nearest
        (0x1, Decimal("17.04"), "0111"),
        (0x0, True, "0001"),
    ],
)
def test_encode_value(kind: int, value: Value, data: str) -> None:
    assert encode_value(kind, 2, value).hex() == data


def test_a_request_has_no_bytes() -> None:
    assert encode_value(0x0, 0, None) == b""


@pytest.mark.parametrize("kind", NUMBERS)
@pytest.mark.parametrize("length", [1, 2, 15])
def test_limits_fit_and_one_step_beyond_does_not(kind: int, length: int) -> None:
    low, high = value_range(kind, length)
    step = Decimal(2) ** -FRACTION_BITS.get(kind, 0)
    assert len(encode_value(kind, length, low)) == len(encode_value(kind, length, high)) == length
    for beyond in (LONG.subtract(low, step), LONG.add(high, step)):
        with pytest.raises(OutOfRange) as caught:
            encode_value(kind, length, beyond)
        assert (caught.value.low, caught.value.high) == (low, high)


@pytest.mark.parametrize(
    ("kind", "length", "value"),
    [
        (0x0, 1, None),
        (0x0, 0, 5),
        (0x0, 1, -1),
        (0x0, 1, "5"),
        (0x9, 2, Decimal("NaN")),
        (0x9, 2, float("inf")),
        (0x7, 2, "abc"),
        (0x7, 1, "€"),
        (0xF, 3, 1.0),
        (0xF, 2, 1e6),
        (0xF, 4, "1"),
    ],
)
def test_value_that_does_not_fit(kind: int, length: int, value: Value | float) -> None:
    with pytest.raises(OutOfRange):
        encode_value(kind, length, value)


def test_address_is_manufacturer_product_sensor() -> None:
    assert Message(4, 2, 1, 0x373, ()).address == "04:02:000373"
