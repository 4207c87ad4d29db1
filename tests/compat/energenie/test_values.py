"""OpenThings.Value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_hw.compat.energenie.OpenThings import Value

SIGNED = [Value.SINT, Value.SINT_BP8, Value.SINT_BP16, Value.SINT_BP24]
FIXED = [Value.UINT_BP4, Value.UINT_BP8, Value.UINT_BP12, Value.UINT_BP16, Value.UINT_BP20, Value.UINT_BP24]


@pytest.mark.parametrize(
    ("value", "typeid", "length", "data"),
    [
        (0, Value.UINT, None, [0]),
        (1, Value.UINT, None, [1]),
        (256, Value.UINT, None, [1, 0]),
        (1, Value.UINT, 3, [0, 0, 1]),
        (True, Value.UINT, 1, [1]),
        (-3, Value.SINT, None, [0xFD]),
        (-3, Value.SINT, 2, [0xFF, 0xFD]),
        (-129, Value.SINT, None, [0xFF, 0x7F]),
        (200, Value.SINT, None, [0, 200]),  # one byte would be -56
        (-5.5, Value.SINT_BP8, 2, [0xFA, 0x80]),
        (20.5, Value.SINT_BP8, 2, [0x14, 0x80]),
        (49.8515625, Value.UINT_BP8, 2, [0x31, 0xDA]),
        (5, Value.UINT_BP8, None, [5]),  # an int is what goes on air, as in pyenergenie
        (int(20.5 * 256), Value.SINT_BP8, 2, [0x14, 0x80]),
        ("ok", Value.CHAR, None, [0x6F, 0x6B]),
        ("ok", Value.CHAR, 4, [0x6F, 0x6B, 0, 0]),
        (7, Value.CHAR, 1, [0x37]),
        (1.5, Value.FLOAT, 4, [0x3F, 0xC0, 0, 0]),
        (21.5, 0x92, None, [0x15, 0x80]),  # the length may stand in the type byte
    ],
)
def test_a_value_becomes_bytes(value: object, typeid: int, length: int | None, data: list[int]) -> None:
    assert Value.encode(value, typeid, length) == data


@pytest.mark.parametrize(
    ("value", "typeid", "length"),
    [(256, Value.UINT, 1), (-1, Value.UINT, None), (128, Value.SINT, 1), ("long", Value.CHAR, 2),
     ("\u20ac", Value.CHAR, 1),
     (1.0, Value.FLOAT, 3), (float("nan"), Value.SINT_BP8, 2)],
)  # fmt: skip
def test_what_does_not_fit_is_a_value_error(value: object, typeid: int, length: int | None) -> None:
    with pytest.raises(ValueError, match="expected"):
        Value.encode(value, typeid, length)


@pytest.mark.parametrize(
    ("data", "typeid", "value"),
    [
        ([0xFF, 0xFD], Value.SINT, -3),
        ([0xFF, 0xFD], Value.UINT, 0xFFFD),
        ([0x31, 0xDA], Value.UINT_BP8, 49.8515625),
        ([0x61, 0x62], Value.CHAR, "ab"),
        ([0x3F, 0xC0, 0, 0], Value.FLOAT, 1.5),
        ([], Value.UINT, None),
    ],
)
def test_bytes_become_a_value(data: list[int], typeid: int, value: object) -> None:
    assert Value.decode(data, typeid, len(data)) == value


@pytest.mark.parametrize(("data", "typeid"), [([1], 0xD0), ([1], 0xE0), ([1, 2, 3], Value.FLOAT)])
def test_a_type_without_values_is_a_value_error(data: list[int], typeid: int) -> None:
    with pytest.raises(ValueError, match="expected a type that has a value"):
        Value.decode(data, typeid)


@given(st.integers(-(1 << 119), (1 << 119) - 1))
def test_every_integer_comes_back(number: int) -> None:
    assert Value.decode(Value.encode(number, Value.SINT), Value.SINT) == number


@given(st.sampled_from([*FIXED, *SIGNED[1:]]), st.integers(0, 1 << 20))
def test_every_fraction_comes_back(typeid: int, raw: int) -> None:
    value = raw / (1 << Value.typebits(typeid))
    assert Value.decode(Value.encode(value, typeid, 6), typeid) == value


def test_bits_of_types_and_numbers() -> None:
    assert [Value.typebits(typeid) for typeid in FIXED] == [4, 8, 12, 16, 20, 24]
    assert [Value.valuebits(number) for number in (-1, -2, -128, -129)] == [2, 2, 8, 9]
    assert [Value.highestClearBit(number, 8) for number in (0xFF, 0xF7, 0)] == [None, 3, 7]
    with pytest.raises(ValueError, match="binary point"):
        Value.typebits(Value.UINT)
    with pytest.raises(RuntimeError, match="negative"):
        Value.valuebits(1)
