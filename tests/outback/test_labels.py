"""Labels of enums and bits become numbers; what no table knows is refused with what it does know."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from energy_hw.errors import OutOfRange
from energy_hw.outback.encode import encode, encode_raw
from energy_hw.outback.tables import models, point, points
from energy_hw.outback.types import Point
from energy_hw.outback.values import decode_point


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("auto", 1),
        ("AUTO", 1),
        (" Auto ", 1),
        (1, 1),
        ("1", 1),
        ("0", 0),
        ("on", 2),
    ],
)
def test_an_enum_by_label_or_code(value: object, code: int) -> None:
    assert encode(point(64112, "aux_control"), value) == (code,)


@pytest.mark.parametrize("label", ["grid tied", "grid-tied", "Grid_Tied", "GRIDTIED", "grid  tied"])
def test_case_dash_underscore_and_space_make_no_difference(label: str) -> None:
    assert encode(point(64110, "sched_1_ac_mode"), label) == (2,)


@pytest.mark.parametrize("value", ["disabled", -1, "-1"])
def test_minus_one_is_a_code_where_the_table_has_it(value: object) -> None:
    assert encode(point(64110, "sched_1_ac_mode"), value) == (0xFFFF,)


@pytest.mark.parametrize("value", ["of", "", 3, "3", -1, "1.0", 1.0, Decimal(1), "code 15 (unknown)", 0xFFFF, None])
def test_an_unknown_label_or_code_lists_what_there_is(value: object) -> None:
    told = r"64112/aux_control: expected one of off \(0\), auto \(1\), on \(2\), got "
    with pytest.raises(OutOfRange, match=told):
        encode(point(64112, "aux_control"), value)


@pytest.mark.parametrize("value", ["x" * 10_000, ["x"] * 10_000, Decimal("1e999999999999"), Decimal("1." + "0" * 9000)])
def test_a_message_stays_short_whatever_came(value: object) -> None:
    with pytest.raises(OutOfRange) as caught:
        encode(point(64112, "aux_control"), value)
    assert len(str(caught.value)) < 250


ENUMS = [row for did in models() for row in points(did) if row.enum and row.writable]


@pytest.mark.parametrize("row", ENUMS, ids=lambda row: row.code)
def test_every_label_and_every_code_can_be_written(row: Point) -> None:
    for code, label in row.enum.items():
        assert encode(row, label) == encode(row, code) == encode(row, str(code)) == encode_raw(row, code)
        block = [0] * row.offset + list(encode(row, label))
        assert decode_point(row, block, 40000).value == (label if row.readable else None)


FLAGS = replace(point(64118, "status_flags"), access="RW")
PARTS = point(64110, "update_device_firmware_port")


@pytest.mark.parametrize(
    ("row", "value", "register"),
    [
        (FLAGS, "AUX relay on", 1),
        (FLAGS, "aux-relay-on, charge parameters met", 3),
        (FLAGS, ["charge parameters met"], 2),
        (FLAGS, ("AUX relay on", "AUX relay on"), 1),
        (FLAGS, "", 0),
        (FLAGS, [], 0),
        (FLAGS, "AUX relay on,", 1),
        (FLAGS, 3, 3),
        (FLAGS, "2", 2),
        (PARTS, "hub port 7, percent done 50", 0x3207),
        (PARTS, "hub port 7", 7),
        (PARTS, "hub port 7, hub port 7", 7),
        (PARTS, 7, 7),
    ],
)
def test_a_bit_field_by_labels_or_as_a_number(row: Point, value: object, register: int) -> None:
    assert encode(row, value) == (register,)


@pytest.mark.parametrize(
    ("row", "value"),
    [
        (FLAGS, "AUX"),
        (FLAGS, "bit 15 (unknown)"),
        (FLAGS, 4),
        (FLAGS, -1),
        (FLAGS, 0xFFFF),
        (FLAGS, 2.0),
        (FLAGS, None),
        (PARTS, "hub port 256"),
        (PARTS, "hub port"),
        (PARTS, "hub port -1"),
        (PARTS, "hub port 7, hub port 8"),  # 15 together
        (FLAGS, [1]),
        (FLAGS, b"AUX"),
    ],
)
def test_unknown_bits_are_refused_with_the_labels(row: Point, value: object) -> None:
    with pytest.raises(
        OutOfRange, match=r"expected an integer or labels of (AUX relay on, charge|hub port N, percent)"
    ):
        encode(row, value)


def test_a_bit_field_that_would_read_as_not_implemented_is_refused() -> None:
    with pytest.raises(OutOfRange, match="expected 0 to 65534, got 65535"):
        encode(PARTS, 0xFFFF)
