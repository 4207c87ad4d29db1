"""Settings become registers exactly, or an error says what could be written instead."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from ipaddress import IPv4Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy_hw.errors import NotWritable, OutOfRange
from energy_hw.outback.encode import encode, encode_raw, limits, split
from energy_hw.outback.tables import models, point, points
from energy_hw.outback.types import Point, PointType
from energy_hw.outback.values import PointValue, decode_point

WRITABLE = [row for did in models() for row in points(did) if row.writable]
ABSORB = point(64112, "absorb_volts")  # tenths of a volt
HUGE = 10**5000  # Python refuses to print it
WORDS = st.integers(0, 0xFFFF) | st.sampled_from([0, 1, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF])


def read_back(row: Point, registers: tuple[int, ...], scale: int | None) -> PointValue:
    """What a block says whose point reads so, and its scale factor."""
    block = [0] * max(other.end for other in points(row.did))
    block[row.offset : row.end] = registers
    if row.scale and scale is not None:
        block[point(row.did, row.scale).offset] = scale & 0xFFFF
    return decode_point(row, block, 40000)


@pytest.mark.parametrize(
    ("value", "register"),
    [
        (Decimal("57.6"), 576),
        ("57.6", 576),
        (" 57.60 ", 576),
        ("+57.6", 576),
        ("5.76e1", 576),
        (57.6, 576),  # a float is what its repr shows, not 57.60000000000000142...
        (0.1 + 0.7, None),  # 0.7999999999999999
        (58, 580),
        (Decimal("58"), 580),
        (Decimal("5.8E+1"), 580),
        (0, 0),
        (Decimal("-0"), 0),
        (Decimal("6553.4"), 65534),
    ],
)
def test_a_number_in_its_unit(value: object, register: int | None) -> None:
    if register is None:
        with pytest.raises(OutOfRange, match=r"the nearest are 0.7 V and 0.8 V"):
            encode(ABSORB, value, -1)
        return
    assert encode(ABSORB, value, -1) == (register,)


@pytest.mark.parametrize(
    ("value", "scale", "nearest"),
    [
        ("57.65", -1, "57.6 V and 57.7 V"),
        (Decimal("57.60000000001"), -1, "57.6 V and 57.7 V"),
        ("57.6", 0, "57 V and 58 V"),
        ("57", 1, "50 V and 60 V"),
        ("0.05", -1, "0.0 V and 0.1 V"),
    ],
)
def test_nothing_is_rounded(value: object, scale: int, nearest: str) -> None:
    with pytest.raises(OutOfRange, match=f"64112/absorb_volts can not hold {value} V: the nearest are {nearest}$"):
        encode(ABSORB, value, scale)


def test_a_callers_decimal_context_changes_nothing() -> None:
    with localcontext(Context(prec=2)):
        assert encode(ABSORB, Decimal("1234.5"), -1) == (12345,)
        assert limits(ABSORB, -1) == (0, Decimal("6553.4"))
        with pytest.raises(OutOfRange, match=r"the nearest are 1234.5 V and 1234.6 V"):
            encode(ABSORB, "1234.56", -1)


def test_the_scale_factor_of_the_read_decides() -> None:
    assert [encode(ABSORB, 50, scale) for scale in (-2, -1, 0, 1)] == [(5000,), (500,), (50,), (5,)]


@pytest.mark.parametrize("scale", [None, 11, -11, -0x8000])
def test_without_a_scale_factor_nothing_scaled_is_written(scale: int | None) -> None:
    with pytest.raises(NotWritable, match=r"voltage_scale_factor reads .*: read the device again"):
        encode(ABSORB, 57, scale)


def test_an_unscaled_point_needs_no_scale_factor() -> None:
    assert encode(point(64110, "modbus_port"), 502) == (502,)
    with pytest.raises(OutOfRange, match="the nearest are 502 and 503"):
        encode(point(64110, "modbus_port"), "502.5")


@pytest.mark.parametrize(
    ("did", "name", "value", "scale", "told", "limit"),
    [
        (64110, "modbus_port", 0, None, "expected 1 to 65534, got 0", (1, 65534)),
        (64110, "modbus_port", 65535, None, "expected 1 to 65534, got 65535", (1, 65534)),  # not implemented
        (64110, "hour", 24, None, "expected 0 to 23", (0, 23)),
        (64110, "hour", "23.5", None, "expected 0 to 23", (0, 23)),
        (64110, "hour", -1, None, "expected 0 to 23", (0, 23)),
        (64110, "hour", "-0.5", None, "expected 0 to 23", (0, 23)),
        (64112, "u_pick_pwm_duty_cycle", 39, -1, "expected 40.0 to 90.0 %, got 39.0", (40, 90)),
        (64112, "u_pick_pwm_duty_cycle", 90.1, -1, "expected 40.0 to 90.0 %, got 90.1", (40, 90)),
        (64112, "absorb_volts", "6553.5", -1, "expected 0.0 to 6553.4 V", (0, Decimal("6553.4"))),
        (64112, "absorb_volts", 10**9, -1, "expected 0.0 to 6553.4 V", (0, Decimal("6553.4"))),
        (64112, "absorb_volts", "-57.6", -1, "expected 0.0 to 6553.4 V, got -57.6", (0, Decimal("6553.4"))),
        (64110, "ags_total_generator_run_time", 2**32, None, "expected 0 to 4294967294 s", (0, 2**32 - 2)),
    ],
)
def test_limits(
    did: int, name: str, value: object, scale: int | None, told: str, limit: tuple[Decimal | int, Decimal | int]
) -> None:
    with pytest.raises(OutOfRange, match=re.escape(told)) as caught:
        encode(point(did, name), value, scale)
    assert (caught.value.low, caught.value.high) == limit == limits(point(did, name), scale)


@pytest.mark.parametrize(("low", "high"), [(row.low, row.high) for row in WRITABLE if row.high is not None])
def test_limits_themselves_may_be_written(low: int, high: int) -> None:
    for row in WRITABLE:
        if (row.low, row.high) == (low, high):
            bottom, top = limits(row, -1)
            assert encode(row, bottom, -1) == (low,)
            assert encode(row, top, -1) == (min(high, 0xFFFE),)


@pytest.mark.parametrize(
    ("value", "register"),
    [("-0.1", 0xFFFF), (Decimal("-16.6"), 65370), (-3276.7, 0x8001), ("3276.7", 0x7FFF), ("-3276.8", None)],
)
def test_negative_numbers_are_twos_complement(value: object, register: int | None) -> None:
    row = point(64112, "battery_voltage_calibrate_offset")
    assert row.type is PointType.INT16
    if register is None:
        with pytest.raises(OutOfRange, match=r"expected -3276.7 to 3276.7"):
            encode(row, value, -1)
        return
    assert encode(row, value, -1) == (register,)


def test_words_of_a_long_number_are_in_the_points_order() -> None:
    time = point(64110, "ags_total_generator_run_time")
    assert (time.low_word_first, encode(time, 0x00012345)) == (True, (0x2345, 0x0001))
    assert split(replace(time, low_word_first=False), 0x00012345) == (0x0001, 0x2345)
    assert encode(point(64110, "url_update_lock"), 0x00012345) == (0x0001, 0x2345)


@pytest.mark.parametrize("value", [True, False])
@pytest.mark.parametrize("name", ["modbus_port", "enable_dhcp", "tcpip_address", "update_device_firmware_port"])
def test_true_and_false_are_no_numbers_and_no_codes(name: str, value: bool) -> None:
    with pytest.raises(OutOfRange, match=f"64110/{name}: expected .*, got {value}"):
        encode(point(64110, name), value)


@pytest.mark.parametrize(
    "value",
    [
        "NaN", "Infinity", "-inf", float("nan"), float("inf"), Decimal("NaN"), Decimal("sNaN"), Decimal("-Infinity"),
        "", " ", "57,6", "5_7", "\u0665", "0x20", "57.6 V", "--5", ".", "e5", None, [57], (57,), b"57", 57j,
        Fraction(576, 10), object(),
    ],
)  # fmt: skip
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(OutOfRange, match="64112/absorb_volts: expected a number in V, got "):
        encode(ABSORB, value, -1)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(HUGE, id="integer"),
        pytest.param(-HUGE, id="negative integer"),
        pytest.param(Decimal("1." + "0" * 5000), id="zeros"),
        pytest.param("9" * 99, id="text"),
        *(Decimal("1e999999"), Decimal("1e-999999"), "1e99", 1e300),
    ],
)
def test_numbers_of_too_many_digits_cost_nothing(value: object) -> None:
    with pytest.raises(OutOfRange, match="got one of too many digits"):
        encode(ABSORB, value, -1)


def test_a_comma_in_a_number_is_told() -> None:
    with pytest.raises(OutOfRange, match=r"expected a number in V, got '57,6': write a point for the comma"):
        encode(ABSORB, "57,6", -1)


def test_read_only_is_refused_before_the_value_is_looked_at() -> None:
    for row in (row for did in models() for row in points(did) if not row.writable):
        with pytest.raises(NotWritable, match=f"{row.code} is read-only"):
            encode(row, object(), None)
        with pytest.raises(NotWritable, match=f"{row.code} is read-only"):
            encode_raw(row, 0)


@pytest.mark.parametrize("value", ["192.168.0.64", " 192.168.0.64 ", IPv4Address("192.168.0.64")])
def test_an_address(value: object) -> None:
    assert encode(point(64110, "tcpip_address"), value) == (0xC0A8, 0x0040)


@pytest.mark.parametrize(
    "value", ["192.168.0", "192.168.0.256", "192.168.000.064", "::1", "mate3.local", "", None, 0xC0A80040, b"1"]
)
def test_what_is_no_address_is_refused(value: object) -> None:
    with pytest.raises(OutOfRange, match=r"expected an IPv4 address such as 192.168.0.64, got "):
        encode(point(64110, "tcpip_address"), value)


def test_a_number_that_python_refuses_to_print_is_no_address() -> None:
    with pytest.raises(OutOfRange, match="expected an IPv4 address"):
        encode(point(64110, "tcpip_address"), HUGE)


def test_no_address_at_all_can_not_be_written() -> None:
    with pytest.raises(OutOfRange, match="expected 1 to 4294967295, got 0"):
        encode(point(64110, "tcpip_dns_2_msw"), "0.0.0.0")  # noqa: S104


NAME = point(64110, "system_name")  # 30 registers


@pytest.mark.parametrize("text", ["House", "A" * 60, "", "a b", "~!@#"])
def test_text_is_padded_with_zeros(text: str) -> None:
    registers = encode(NAME, text)
    assert b"".join(word.to_bytes(2, "big") for word in registers) == text.encode().ljust(60, b"\0")
    assert read_back(NAME, registers, None).value == (text or None)


@pytest.mark.parametrize("value", ["A" * 61, "café", "a\nb", "a\0b", " a", "a ", " ", "\x7f", 5, None, b"House", True])
def test_text_that_would_not_read_back_is_refused(value: object) -> None:
    with pytest.raises(OutOfRange, match=r"64110/system_name: expected at most 60 printable ASCII characters"):
        encode(NAME, value)


@pytest.mark.parametrize(
    ("name", "value"), [("ftp_password", "hunter2 "), ("write_password", "hunter2" * 9), ("url_update_lock", "hunter2")]
)
def test_a_refused_secret_is_not_in_the_message(name: str, value: str) -> None:
    with pytest.raises(OutOfRange, match="not shown") as caught:
        encode(point(64110, name), value)
    assert "hunter2" not in str(caught.value)


def test_a_refused_secret_number_is_not_in_the_message() -> None:
    for value in (123456789012, "123456789012", "1234567.5"):
        with pytest.raises(OutOfRange, match="not shown") as caught:
            encode(point(64110, "url_update_lock"), value)
        assert "1234567" not in str(caught.value)


@pytest.mark.parametrize(
    ("did", "name", "raw", "registers"),
    [
        (64112, "absorb_volts", 330, (330,)),
        (64112, "battery_voltage_calibrate_offset", -166, (65370,)),
        (64112, "aux_control", 2, (2,)),
        (64110, "sched_1_ac_mode", -1, (0xFFFF,)),
        (64110, "tcpip_address", 0xC0A80040, (0xC0A8, 0x0040)),
        (64110, "ags_total_generator_run_time", 0x12345, (0x2345, 1)),
        (64110, "update_device_firmware_port", 0x3207, (0x3207,)),
    ],
)
def test_raw(did: int, name: str, raw: int, registers: tuple[int, ...]) -> None:
    assert encode_raw(point(did, name), raw) == registers


@pytest.mark.parametrize(
    ("did", "name", "raw", "told"),
    [
        (64112, "absorb_volts", 0x10000, "expected 0 to 65534 unscaled, got 65536"),
        (64112, "absorb_volts", 0xFFFF, "expected 0 to 65534 unscaled, got 65535"),
        (64112, "absorb_volts", -1, "expected 0 to 65534 unscaled, got -1"),
        (64112, "u_pick_pwm_duty_cycle", 399, "expected 400 to 900 unscaled, got 399"),
        (64112, "battery_voltage_calibrate_offset", 65370, "expected -32767 to 32767 unscaled, got 65370"),
        (64112, "battery_voltage_calibrate_offset", -32768, "expected -32767 to 32767 unscaled, got -32768"),
        (64112, "aux_control", 3, "expected one of off (0)"),
        (64112, "absorb_volts", True, "expected an unscaled integer, got True"),
        (64112, "absorb_volts", 57.0, "expected an unscaled integer, got 57.0"),
        (64110, "system_name", 5, "is text of up to 60 characters"),
    ],
)
def test_raw_numbers_are_checked_as_well(did: int, name: str, raw: int, told: str) -> None:
    with pytest.raises(OutOfRange, match=re.escape(told)):
        encode_raw(point(did, name), raw)


def test_a_number_that_python_refuses_to_print_is_told_by_its_size() -> None:
    for name in ("absorb_volts", "aux_control"):
        with pytest.raises(OutOfRange, match="got a number of 16610 bits"):
            encode_raw(point(64112, name), HUGE)
    with pytest.raises(OutOfRange, match="got a number of 16610 bits"):
        encode(point(64112, "aux_control"), HUGE)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(WRITABLE), st.data(), st.integers(-10, 10))
def test_what_was_decoded_encodes_to_its_registers_or_not_at_all(row: Point, data: st.DataObject, scale: int) -> None:
    """Refused: beyond the documents' limits, an unknown code or bit, text with remains behind its end."""
    registers = tuple(data.draw(st.lists(WORDS, min_size=row.size, max_size=row.size)))
    found = read_back(row, registers, scale)
    try:
        encoded = encode(row, found.value, found.scale)
    except OutOfRange:
        return
    assert encoded == registers or (
        row.type is PointType.STRING and (read_back(row, encoded, None).value or "") == found.value
    )


NUMBERS = [
    row for row in WRITABLE if row.readable and row.type in (PointType.UINT16, PointType.INT16, PointType.UINT32)
]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(NUMBERS),
    st.decimals(-70000, 70000, places=2) | st.integers(-70000, 70000) | st.floats(-70000, 70000),
    st.integers(-10, 10),
)
def test_what_is_accepted_reads_back_as_the_same_number(row: Point, value: Decimal | float, scale: int) -> None:
    try:
        registers = encode(row, value, scale)
    except OutOfRange:
        return
    assert read_back(row, registers, scale).value == Decimal(str(value))


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(WRITABLE),
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.decimals()
    | st.binary()
    | st.lists(st.text()),
)
def test_nothing_but_the_two_errors_is_raised(row: Point, value: object) -> None:
    try:
        registers = encode(row, value, -1)
    except (OutOfRange, NotWritable):
        return
    assert len(registers) == row.size
    assert all(0 <= word <= 0xFFFF for word in registers)
