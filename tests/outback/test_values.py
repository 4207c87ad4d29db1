"""Registers become values: every type, every pattern, and no register content that raises."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime
from decimal import Context, Decimal, localcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy_hw.outback.tables import HEADER, models, point, points
from energy_hw.outback.types import Point
from energy_hw.outback.values import PointValue, decode_block, decode_point
from energy_hw.reading import Value, dumps

BASE = 40000
WORDS = st.integers(0, 0xFFFF)
EDGES = st.sampled_from([0, 1, 0x7FFF, 0x8000, 0x8001, 0xFF00, 0xFFF5, 0xFFF6, 0xFFFE, 0xFFFF])


def block(did: int, length: int | None = None, /, **registers: int | tuple[int, ...]) -> list[int]:
    """A block of zeros with its header and what the points are to read."""
    length = max(models()[did].lengths) if length is None else length
    words = [did, length] + [0] * length
    for name, values in registers.items():
        found = point(did, name)
        words[found.offset : found.end] = values if isinstance(values, tuple) else (values,)
    return words


def read(did: int, name: str, /, *registers: int, **others: int) -> PointValue:
    return decode_point(point(did, name), block(did, **{name: registers}, **others), BASE)


@pytest.mark.parametrize(
    ("did", "name", "registers", "value"),
    [
        (64118, "state_of_charge", (87,), 87),
        (64118, "state_of_charge", (0xFFFF,), None),
        (64118, "did", (0xFFFF,), 0xFFFF),  # a header has no such pattern
        (101, "ac_current_scale_factor", (0xFFFE,), -2),
        (101, "ac_current_scale_factor", (0x8000,), None),
        (64119, "relay_invert_logic", (1,), "normal"),
        (64119, "relay_invert_logic", (0xFFFF,), None),
        (64119, "relay_invert_logic", (15,), "code 15 (unknown)"),
        (64110, "sched_1_ac_mode", (0xFFFF,), "disabled"),  # -1, a real value
        (64110, "sched_1_ac_mode", (5,), "mini grid"),
        (64110, "sched_1_ac_mode", (0x8000,), None),
        (64110, "sched_1_ac_mode", (0xFFFD,), "code -3 (unknown)"),
        (64110, "tcpip_address", (0xC0A8, 0x0040), "192.168.0.64"),
        (64110, "tcpip_address", (0xFFFF, 0xFFFF), "255.255.255.255"),
        (64110, "tcpip_address", (0, 0), None),
        (64110, "ags_total_generator_run_time", (0x0001, 0x0002), 0x20001),  # low word first
        (64110, "ags_total_generator_run_time", (0xFFFF, 0xFFFF), None),
        (64110, "ags_total_generator_run_time", (0xFFFF, 0), 0xFFFF),
        (64120, "gen_last_start_run_duration", (0x0E10, 0), 3600),
    ],
)
def test_unscaled(did: int, name: str, registers: tuple[int, ...], value: Value) -> None:
    found = read(did, name, *registers)
    assert (found.value, found.implemented, found.registers) == (value, value is not None, registers)
    assert type(found.value) is type(value)


@pytest.mark.parametrize(
    ("register", "scale", "value"),
    [
        (589, -1, "58.9"),
        (590, -1, "59.0"),  # digits are kept
        (5, 0, "5"),
        (5, 2, "5E+2"),
        (12345, -10, "0.0000012345"),
        (0, -2, "0.00"),
        (0xFFFE, 10, "6.5534E+14"),
    ],
)
def test_scaled_is_the_exact_decimal(register: int, scale: int, value: str) -> None:
    found = read(64118, "battery_voltage", register, dc_voltage_scale_factor=scale & 0xFFFF)
    assert str(found.value) == str(Decimal(value))
    assert (found.raw, found.scale, found.unit) == (register, scale, "V")


def test_a_callers_decimal_context_changes_no_value() -> None:
    with localcontext(Context(prec=2)):
        assert str(read(64118, "battery_voltage", 12345, dc_voltage_scale_factor=0xFFFF).value) == "1234.5"


@pytest.mark.parametrize("register", [0x8000, 11, 0xFFF5, 0x7FFF, 0x00FF])
def test_a_scale_factor_that_says_nothing_leaves_no_value(register: int) -> None:
    found = read(64118, "battery_voltage", 589, dc_voltage_scale_factor=register)
    assert (found.value, found.implemented, found.scale, found.raw) == (None, False, None, 589)


@pytest.mark.parametrize("register", [10, 0xFFF6])
def test_the_widest_scale_factors_apply(register: int) -> None:
    assert read(64118, "battery_voltage", 1, dc_voltage_scale_factor=register).implemented


def test_a_scale_factor_behind_the_end_of_the_block_leaves_no_value() -> None:
    zone = point(64110, "set_time_zone")
    registers = block(64110, set_time_zone=2)
    factor = point(64110, "time_zone_scale_factor").offset
    assert decode_point(zone, registers[: factor + 1], BASE).value == 2
    assert decode_point(zone, registers[:factor], BASE).value is None


@pytest.mark.parametrize(
    ("register", "value"),
    [(65370, "-16.6"), (65499, "-3.7"), (0xFFFF, "-0.1"), (0x8001, "-3276.7"), (0x7FFF, "3276.7"), (0, "0.0")],
)
def test_signed_is_plain_twos_complement(register: int, value: str) -> None:
    found = read(64118, "shunt_b_current", register, dc_current_scale_factor=0xFFFF)
    assert found.value == Decimal(value)
    assert found.raw == Decimal(value) * 10


def test_the_shunts_of_a_battery_monitor_add_up_to_its_current() -> None:
    shunts = [
        read(64118, f"shunt_{letter}_current", raw).raw for letter, raw in zip("abc", (128, 65370, 1), strict=True)
    ]
    assert shunts[1] == -166
    assert sum(shunts) == read(64118, "battery_current", 65499).raw == -37


@pytest.mark.parametrize("register", [0x8000, 0xFFFF])
@pytest.mark.parametrize(("name"), ["l1_inverter_output_current", "inverter_operating_mode", "error_flags"])
def test_a_split_phase_radian_has_two_patterns_of_nothing(name: str, register: int) -> None:
    found = read(64115, name, register)
    assert (found.value, found.implemented, found.labels) == (None, False, ())


def test_an_accumulator_of_zero_is_not_implemented() -> None:
    assert not read(101, "ac_energy_wh", 0, 0).implemented
    assert read(101, "ac_energy_wh", 1, 2).value == Decimal(0x10002)


@pytest.mark.parametrize(
    ("did", "name", "registers", "labels"),
    [
        (64110, "error", (0,), ()),
        (64110, "error", (0x0401,), ("write above limit", "write while locked")),
        (64110, "error", (0x8002,), ("write below limit", "bit 15 (unknown)")),
        (
            64118,
            "status_flags",
            (0x8003,),
            ("AUX relay on", "charge parameters met", *(f"bit {n} (unknown)" for n in [15])),
        ),
        (101, "event_1", (0, 0x0040), ("inverter off",)),
        (101, "event_1", (0x8000, 0), ("bit 31 (unknown)",)),  # high word first
        (64110, "update_device_firmware_port", (0x3207,), ("hub port 7", "percent done 50")),
    ],
)
def test_bits_are_labels_lowest_first(did: int, name: str, registers: tuple[int, ...], labels: tuple[str, ...]) -> None:
    found = read(did, name, *registers)
    assert (found.labels, found.value, found.implemented) == (labels, ", ".join(labels), True)


@pytest.mark.parametrize(
    ("words", "raw", "time"),
    [
        ((0x741D, 0x5FED), 0x5FED741D, datetime(2020, 12, 31, 6, 47, 57, tzinfo=UTC)),
        ((0xE3E0, 0xFFFF), -7200, None),  # never, shifted by a zone of +2 h
        ((0, 0), 0, None),
        ((0x1C20, 0), 7200, None),  # never, west of Greenwich
        ((0x3380, 0x01E1), 0x01E13380, datetime(1971, 1, 1, tzinfo=UTC)),
        ((0x0000, 0x8000), -(2**31), None),
        ((0xFFFF, 0x7FFF), 2**31 - 1, datetime(2038, 1, 19, 3, 14, 7, tzinfo=UTC)),
    ],
)
def test_a_time_is_utc_and_one_of_1970_means_never(words: tuple[int, int], raw: int, time: datetime | None) -> None:
    found = read(64120, "gen_last_run_start_time_gmt", *words)
    assert (found.value, found.raw, found.unit) == (time, raw, None)
    assert found.implemented == (raw != -(2**31))


@pytest.mark.parametrize("name", ["todays_minimum_battery_time", "todays_maximum_battery_time"])
def test_an_unsigned_time_reaches_2106(name: str) -> None:
    assert read(64118, name, 0xFFFE, 0xFFFF).value == datetime(2106, 2, 7, 6, 28, 14, tzinfo=UTC)
    assert read(64118, name, 0xFFFF, 0xFFFF).value is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"FM80-150VDC", "FM80-150VDC"),
        (b"  FLEXnet DC ", "FLEXnet DC"),
        (b"old\0remains", "old"),
        (b" ", ""),
        (b"caf\xe9", "caf\\xe9"),
        (b"A" * 18, "A" * 18),
        (b"\xff\xffA", "\\xff\\xffA"),
        (b"\0A", ""),
    ],
)
def test_text_is_trimmed_and_never_raises(text: bytes, value: str) -> None:
    padded = text.ljust(18, b"\0")
    words = tuple(int.from_bytes(padded[at : at + 2], "big") for at in range(0, 18, 2))
    found = read(64119, "model_number", *words)
    assert (found.value, found.implemented) == (value, True)
    assert str(found.raw).encode("latin-1") == padded


@pytest.mark.parametrize("word", [0, 0xFFFF])
def test_text_of_nothing_but_one_pattern_is_not_implemented(word: int) -> None:
    found = read(64119, "model_number", *[word] * 9)
    assert (found.value, found.implemented) == (None, False)


@pytest.mark.parametrize(("name", "register"), [("inverter_ac_drop_use", 0), ("inverter_ac_drop_use", 2)])
def test_what_a_write_only_register_answers_is_no_value(name: str, register: int) -> None:
    found = read(64120, name, register)
    assert (found.value, found.raw) == (None, register)


def test_a_write_only_text_has_no_value() -> None:
    assert read(64110, "write_password", *[0x4142] * 8).value is None


def test_a_point_behind_the_end_of_the_block_is_not_implemented() -> None:
    registers = block(64117, 46)
    found = decode_point(point(64117, "gt_number"), registers, BASE)
    assert (found.value, found.raw, found.registers, found.implemented) == (None, None, (), False)
    assert "gt_number" not in decode_block(64117, registers, BASE)


def test_a_block_by_name_in_the_order_of_its_registers() -> None:
    values = decode_block(64118, block(64118), BASE)
    assert list(values) == [row.name for row in points(64118)]
    assert [found.address for found in values.values()] == [BASE + row.offset for row in points(64118)]


@pytest.mark.parametrize(("since", "name"), [(True, "system_name"), (False, "alarm_email_subject_line")])
def test_the_layout_of_a_gateway_is_chosen(since: bool, name: str) -> None:
    words = (0x4142, *[0] * (point(64110, name).size - 1))
    values = decode_block(64110, block(64110, **{name: words}), BASE, since)
    assert values[name].value == "AB"
    assert len({"system_name", "alarm_email_subject_line"} & set(values)) == 1


def test_an_unknown_model_has_no_values() -> None:
    assert decode_block(120, [120, 3, 1, 2, 3], BASE) == {}


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_a_block_that_ends_early_has_what_fits(count: int) -> None:
    assert len(decode_block(64118, block(64118)[:count], BASE)) == count


def test_json_keeps_digits_and_times() -> None:
    registers = block(64118, battery_voltage=590, dc_voltage_scale_factor=0xFFFF)
    text = dumps(decode_block(64118, registers, BASE)["battery_voltage"].to_json())
    assert '"value":59.0,"unit":"V","raw":590,"scale":-1' in text
    time = json.loads(dumps(read(64118, "todays_minimum_battery_time", 0x741D, 0x5FED).to_json()))
    assert (time["value"], time["code"]) == ("2020-12-31T06:47:57Z", "64118/todays_minimum_battery_time")
    bits = json.loads(dumps(read(64110, "error", 0x0401).to_json()))
    assert bits["labels"] == ["write above limit", "write while locked"]


def test_a_value_travels_between_processes() -> None:
    found = read(64118, "battery_voltage", 590, dc_voltage_scale_factor=0xFFFF)
    assert pickle.loads(pickle.dumps(found)) == found  # noqa: S301


def sane(found: PointValue) -> None:
    assert found.implemented or (found.value is None and found.labels == ())
    assert found.value is None or isinstance(found.value, Decimal | int | str | datetime)
    assert not isinstance(found.value, datetime) or found.value.tzinfo is UTC
    json.loads(dumps(found.to_json()))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(models())), st.lists(WORDS | EDGES, max_size=120), st.integers(0, 450), st.booleans())
def test_no_register_content_raises(did: int, words: list[int], length: int, since: bool) -> None:
    registers = (words * (length // max(len(words), 1) + 1))[:length] or [0] * length
    values = decode_block(did, registers, BASE, since)
    assert list(values) == [row.name for row in points(did, len(registers) - HEADER, since)]
    for found in values.values():
        sane(found)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([row for did in models() for row in points(did)]), st.data())
def test_no_register_content_of_a_point_raises(row: Point, data: st.DataObject) -> None:
    registers = block(row.did)
    registers[row.offset : row.end] = data.draw(st.lists(WORDS | EDGES, min_size=row.size, max_size=row.size))
    if row.scale:
        registers[point(row.did, row.scale).offset] = data.draw(WORDS | EDGES)
    sane(decode_point(row, registers, BASE))


@pytest.mark.parametrize(
    ("value", "text", "shown"),
    [
        (read(64118, "state_of_charge", 87), "state_of_charge: 87 %", "<64118/state_of_charge 87 %, 87 at 40027>"),
        (
            read(64118, "shunt_b_current", 0xFF5A, dc_current_scale_factor=0xFFFF),
            "shunt_b_current: -16.6 A",
            "<64118/shunt_b_current -16.6 A, -166 at 40009>",
        ),
        (
            read(64118, "state_of_charge", 0xFFFF),
            "state_of_charge: not implemented",
            "<64118/state_of_charge not implemented, 65535 at 40027>",
        ),
        (read(64118, "status_flags", 0), "status_flags: none", "<64118/status_flags none, 0 at 40014>"),
        (
            read(64118, "todays_minimum_battery_time", 0x741D, 0x5FED),
            "todays_minimum_battery_time: 2020-12-31T06:47:57Z",
            "<64118/todays_minimum_battery_time 2020-12-31T06:47:57Z, 1609397277 at 40039>",
        ),
    ],
)
def test_a_value_is_printed_in_a_few_words(value: PointValue, text: str, shown: str) -> None:
    assert (str(value), repr(value)) == (text, shown)


def test_a_password_is_not_printed() -> None:
    secrets = [row for did in models() for row in points(did) if "secret" in row.flags]
    assert secrets
    for row in secrets:
        registers = block(row.did) + [0] * row.size
        registers[row.offset : row.end] = [0x6161] * row.size
        value = decode_point(row, registers, BASE)
        for printed in (str(value), repr(value)):
            assert "aa" not in printed
            assert "not shown" in printed
