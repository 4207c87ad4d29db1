"""Objects and readings of every captured telegram, and of every odd line that meters were seen to send."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

import p1_corpus as corpus
from energy_hw.p1.cosem import parse_body
from energy_hw.p1.value import P1Telegram
from energy_hw.reading import Quantity as Q
from energy_hw.reading import dumps

BAD = {
    # case -> its bad lines: all captures but those of this table have none
}
NO_QUANTITY = {
    "meter_time",  # as Teleinfo's DATE
    # types 303, 909 and the like, and one device without a type
    "mbus_reading_ch1", "mbus_reading_ch2", "mbus_reading_ch3", "mbus_reading_ch4",
    "valve_ch4",  # state 3, which no standard has
    "unknown_1_0_42_1_0",
}  # fmt: skip


@pytest.mark.parametrize("case", corpus.CASES, ids=lambda case: case.name)
def test_every_reading_of_a_capture(case: Path) -> None:
    found = [list(reading.to_json().values()) for reading in P1Telegram(corpus.raw_of(case.name))]
    assert json.loads(dumps(found), parse_float=Decimal) == corpus.expected(case)
    assert dumps(found) == dumps(corpus.expected(case))  # the digits that were sent: 0.000 is not 0


def test_there_are_48_captures() -> None:
    assert len(corpus.CASES) == 48


@pytest.mark.parametrize("case", corpus.CASES, ids=lambda case: case.name)
def test_every_line_is_a_reading_or_a_bad_line_of_the_list(case: Path) -> None:
    telegram = P1Telegram(corpus.raw_of(case.name))
    wanted = [line for line in corpus.lines_of(case.name) if not line.startswith("(")]
    assert len(telegram.objects) + len(telegram.bad_lines) == len(wanted)
    assert {item.code for item in telegram.objects} <= {reading.code.partition("/")[0] for reading in telegram}
    assert [bad.raw for bad in telegram.bad_lines] == BAD.get(case.name, [])


@pytest.mark.parametrize("case", corpus.CASES, ids=lambda case: case.name)
def test_only_these_have_no_quantity(case: Path) -> None:
    assert {
        reading.name for reading in P1Telegram(corpus.raw_of(case.name)) if reading.quantity is Q.OTHER
    } <= NO_QUANTITY


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("1-0:72:32.0(00000)", "1-0:72.32.0"),
        ("1-0:21.7.0.255(00.193*kW)", "1-0:21.7.0"),
        ("1-0:21.7.0*255(00.193*kW)", "1-0:21.7.0"),
        ("1-0:99:97.0(0)(0:96.7.19)", "1-0:99.97.0"),
    ],
)
def test_misprints_of_the_standards(line: str, code: str) -> None:
    assert corpus.only(line).code == code


def test_a_value_of_an_earlier_period_is_not_the_one_of_now() -> None:
    telegram = corpus.telegram("1-0:1.8.0*01(000001.000*kWh)", "1-0:1.8.0(000002.000*kWh)")
    assert telegram["energy_import"].value == Decimal("2.000")
    assert telegram["1-0:1.8.0*1"].quantity is Q.OTHER


def test_double_brackets_are_one() -> None:
    assert corpus.only("0-0:96.5.5((ER11))").value == "ER11"


def test_continuation_belongs_to_the_line_before() -> None:
    (item,) = corpus.telegram("0-1:24.3.0(090212160000)(00)(60)(1)(0-1:24.2.1)(m3)", "(00001.001)").objects
    assert item.groups == ("090212160000", "00", "60", "1", "0-1:24.2.1", "m3", "00001.001")


def test_gas_of_dsmr_3_without_line_break() -> None:
    found = corpus.telegram("0-1:24.1.0(3)", "0-1:24.3.0(160410130000)(00)(60)(1)(0-1:24.2.1)(m3)(07890.693)")[
        "gas_volume"
    ]
    assert (found.value, found.unit, found.time) == (Decimal("7890.693"), "m3", datetime(2016, 4, 10, 11, tzinfo=UTC))


@pytest.mark.parametrize(
    "line",
    [
        "garbage",
        "(00001.001)",  # continues nothing
        "1-0:1.8.1",
        "1-0:1.8.1(000123.456*kWh",
        "1-0:1.8(000123.456*kWh)",
        "1-0:1.7.0(00.x19*kW)",
        "1-0:1.7.0(1e3*kW)",
        "1-0:1.7.0(NaN*kW)",
        "1-0:1.7.0(1_0*kW)",
        "1-0:1.7.0(00.193*kW)(00.193*kW)",
        "0-0:96.7.21(1.5)",
        "0-0:96.3.10(on)",
        "1-0:99.97.0(x)(0-0:96.7.19)",
        "0-1:24.2.1(101209112500W)",
        "0-1:24.3.0(090212160000)(00)(60)(2)(0-1:24.2.1)(m3)(1)",
        "1-0:1.6.0(200509134558S)(200509134558S)",
        "0-0:98.1.0(3)(1-0:1.6.0)(1-0:1.6.0)(200501000000S)(200423192538S)(x*kW)",
    ],
)
def test_bad_line_is_kept_and_costs_itself_alone(line: str) -> None:
    telegram = corpus.telegram(line, "1-0:2.7.0(00.444*kW)")
    assert telegram["power_export"].value == Decimal("0.444")
    (bad,) = telegram.bad_lines
    assert bad.raw == line
    assert "expected" in bad.why


def test_what_does_not_parse_is_no_reading() -> None:
    assert corpus.telegram("1-0:1.7.0(00.x19*kW)").get("power_import") is None


def test_parse_body_gives_the_same_parts() -> None:
    body = parse_body(corpus.raw("1-0:1.8.1(1*kWh)", "garbage"))
    assert (body.header, [item.code for item in body.objects], len(body.bad)) == (corpus.HEADER, ["1-0:1.8.1"], 1)


@pytest.mark.parametrize("ending", ["\r\n", "\n"])
@pytest.mark.parametrize("blank", ["", "\n", "\n\n"])
def test_line_ends_and_blank_lines(ending: str, blank: str) -> None:
    text = f"/{corpus.HEADER}\n{blank}1-0:1.8.1(000001.000*kWh)\n{blank}1-0:1.8.2(000002.000*kWh)\n!\n"
    telegram = P1Telegram(text.replace("\n", ending).encode())
    assert [reading.value for reading in telegram] == [Decimal("1.000"), Decimal("2.000")]


def test_end_mark_in_the_line_of_the_last_object() -> None:
    assert P1Telegram(b"/ADN9 6534\r\n\r\n1-0:31.7.0(004.2*A)!7945\r\n")["current_l1"].value == Decimal("4.2")


def test_slash_and_exclamation_mark_in_a_message() -> None:
    assert corpus.only("0-0:96.13.0(/a!b)").value == "/a!b"


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("1-0:1.8.0(00052185.7825309*kWh)", "52185.7825309"),
        ("1-0:1.8.0(000201282*Wh)", "201282"),
        ("1-0:13.7.0(-0.910)", "-0.910"),
        ("1-0:1.8.0(12345678901234567890.123*kWh)", "12345678901234567890.123"),
        ("1-0:1.8.0(0.1000000000000000000*kWh)", "0.1000000000000000000"),
        ("1-0:1.8.0(+5*kWh)", "5"),
    ],
)
def test_numbers_have_the_digits_sent(line: str, value: str) -> None:
    assert str(corpus.only(line).value) == value


@pytest.mark.parametrize("unit", ["kWh", "Wh", "kVArh", "varh", "GJ"])
def test_unit_is_the_one_sent(unit: str) -> None:
    assert corpus.only(f"1-0:3.8.0(1*{unit})").unit == unit


def test_no_unit_sent_is_no_unit() -> None:
    assert corpus.only("1-0:1.8.0(1)").unit is None


def test_empty_brackets_are_no_value() -> None:
    assert corpus.only("1-0:1.8.0()").value is None


@pytest.mark.parametrize(
    ("group", "text"),
    [
        ("4B384547303034303436333935353037", "K8EG004046395507"),
        ("204B413655303031363630323937393132", "KA6U001660297912"),  # a blank before
        ("4b38", "K8"),
        ("", None),
        ("ADC3100000158491", "ADC3100000158491"),  # Warmtelink
        ("621848012D2C0B0C", "621848012D2C0B0C"),
        ("453xxxxxxxxxx", "453xxxxxxxxxx"),
        ("123", "123"),  # odd
        ("00000000000000", "00000000000000"),
        ("2020202020", None),
        ("FFFFFFFF", None),
        ("\xff" * 1024, None),  # bytes, not digits
        ("48656C6C6F2F2148", "Hello/!H"),
        ("caf\xe9", "caf\xe9"),
    ],
)
def test_texts_in_hexadecimal(group: str, text: str | None) -> None:
    telegram = corpus.telegram(f"0-0:96.13.0({group})")
    assert telegram["message"].value == text
    assert telegram.objects[0].groups == (group,)  # as sent


@pytest.mark.parametrize(("group", "text"), [("50", "50"), ("42", "42"), ("50217", "50217"), ("3530323137", "50217")])
def test_versions_are_digits_also_of_iskra(group: str, text: str) -> None:
    assert corpus.only(f"0-0:96.1.4({group})").value == text


@pytest.mark.parametrize(("group", "value"), [("0", False), ("1", True), ("2", False), ("", None)])
def test_breaker(group: str, value: bool | None) -> None:
    found = corpus.only(f"0-0:96.3.10({group})")
    assert (found.value, found.quantity) == (value, Q.SWITCH)


@pytest.mark.parametrize(("group", "value"), [("ON", True), ("OFF", False)])
def test_relay_of_hungary(group: str, value: bool) -> None:
    assert corpus.only(f"0-0:96.50.68({group})").value is value


@pytest.mark.parametrize(
    ("group", "quantity"), [("999*A", Q.CURRENT), ("0999.00*kW", Q.POWER), ("069.0*kVA", Q.APPARENT_POWER)]
)
def test_limiter_is_what_its_unit_says(group: str, quantity: Q) -> None:
    assert corpus.only(f"0-0:17.0.0({group})").quantity is quantity


def test_two_values_of_luxembourg() -> None:
    over, under = corpus.telegram("1-1:31.4.0(100*A)(-063*A)")
    assert [(r.code, r.name, r.value, r.unit) for r in (over, under)] == [
        ("1-1:31.4.0/1", "fuse_threshold_1", Decimal(100), "A"),
        ("1-1:31.4.0/2", "fuse_threshold_2", Decimal(-63), "A"),
    ]


def test_unknown_number_unknown_text_unknown_groups() -> None:
    found = corpus.telegram(
        "7-0:3.0.0(12.5*m3)", "1-0:250.1.2(ABC)", "1-0:250.1.3(a)(b)", "1-0:250.1.4(200509134558S)(02.589*kW)",
        "1-0:250.1.5()",
    )  # fmt: skip
    assert [(r.name, r.value, r.unit) for r in found] == [
        ("unknown_7_0_3_0_0", Decimal("12.5"), "m3"),
        ("unknown_1_0_250_1_2", "ABC", None),
        ("unknown_1_0_250_1_3", "(a)(b)", None),
        ("unknown_1_0_250_1_4", Decimal("2.589"), "kW"),
        ("unknown_1_0_250_1_5", None, None),
    ]
    assert {r.quantity for r in found} == {Q.OTHER}
    assert found["1-0:250.1.4"].time == datetime(2020, 5, 9, 11, 45, 58, tzinfo=UTC)
    assert found.unknown == found.readings
