"""Telegrams from values: each country's forms against telegrams that its meters, or its standard, print."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal as D

import pytest

from energy_hw.errors import ConfigError, OutOfRange
from energy_hw.p1.cipher import Decipher
from energy_hw.p1.encode import (
    belgian_peaks,
    demand,
    encrypt,
    failure_log,
    frame,
    hungarian_month,
    line,
    mbus,
    number,
    stamp,
    telegram,
)
from energy_hw.p1.forms import STYLES, Form
from energy_hw.p1.profiles import PROFILES
from energy_hw.p1.times import Clock
from energy_hw.reading import Quantity as Q

WINTER, SUMMER, EAST = (timezone(timedelta(hours=hours)) for hours in (1, 2, 3))
BE, NL3, NL5 = STYLES["be"], STYLES["nl3"], STYLES["nl5"]


def at(text: str, zone: timezone = SUMMER) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


# ---- whole telegrams, whose checksum somebody else computed ----

LUXEMBOURG = {
    "1-3:0.2.8": "42",
    "0-0:1.0.0": at("2020-07-06T10:41:57"),
    "0-0:42.0.0": "SAG1030790002574",
    "1-0:1.8.0": D("25.653"),
    "1-0:2.8.0": D("0.040"),
    "1-0:3.8.0": D("0.835"),
    "1-0:4.8.0": D("63.781"),
    "1-0:1.7.0": D("0.005"),
    **dict.fromkeys(("1-0:2.7.0", "1-0:3.7.0", "1-0:4.7.0"), 0),
    "0-0:17.0.0": 69,
    "1-0:9.7.0": D("0.021"),
    "1-0:10.7.0": 0,
    "1-1:31.4.0": ("100*A", "-063*A"),
    "0-0:96.3.10": True,
    "0-1:96.3.10": False,
    "0-2:96.3.10": False,
    "0-0:96.7.21": 99,
    "1-0:32.32.0": 40,
    "1-0:52.32.0": 3,
    "1-0:72.32.0": 2,
    **dict.fromkeys(("1-0:32.36.0", "1-0:52.36.0", "1-0:72.36.0"), 0),
    **dict.fromkeys(("0-0:96.13.0", "0-0:96.13.2", "0-0:96.13.3", "0-0:96.13.4", "0-0:96.13.5"), ""),
    "1-0:32.7.0": 233,
    "1-0:52.7.0": 0,
    "1-0:72.7.0": 1,
    **dict.fromkeys(("1-0:31.7.0", "1-0:51.7.0", "1-0:71.7.0"), 0),
    "1-0:21.7.0": D("0.005"),
    **dict.fromkeys(("1-0:41.7.0", "1-0:61.7.0", "1-0:22.7.0", "1-0:42.7.0", "1-0:62.7.0"), 0),
    **dict.fromkeys(("1-0:23.7.0", "1-0:43.7.0", "1-0:63.7.0", "1-0:24.7.0", "1-0:44.7.0", "1-0:64.7.0"), 0),
    "0-1:24.1.0": 3,
    "0-1:96.1.0": "FLO189900060355",
    "0-1:24.2.1": ("200706103140S", "00000.006*m3"),
    "0-1:24.4.0": False,
    **{
        f"0-{channel}:{code}": value
        for channel in (2, 3)
        for code, value in (
            ("24.1.0", 7),
            ("96.1.0", ""),
            ("24.2.1", ("632525252525S", "00000.000")),
            ("24.4.0", True),
        )
    },
    "0-4:24.1.0": 3,
    "0-4:96.1.0": "ELS353589980300",
    "0-4:24.2.1": ("200706102900S", "00028.103*m3"),
    "0-4:24.4.0": True,
}

KAIFA_FAILURES = (
    "7", "0-0:96.7.19", "220826145825S", "0000004982*s", "181218162232W", "0000000817*s", "161025122518S",
    "0000002667*s", "000101000001W", "2147483647*s", "000101185853W", "0000067432*s", "000101001416W", "0000000620*s",
    "000101000001W", "2147483647*s",
)  # fmt: skip
KAIFA = {
    "1-3:0.2.8": "42",
    "0-0:1.0.0": at("2022-09-01T15:22:01"),
    "0-0:96.1.1": "E0026000024153615",
    "1-0:1.8.1": 6285.065,
    "1-0:1.8.2": 6758.327,
    "1-0:2.8.1": 0.0,
    "1-0:2.8.2": 0.0,
    "0-0:96.14.0": 2,
    "1-0:1.7.0": 0.335,
    "1-0:2.7.0": 0.0,
    "0-0:96.7.21": 3,
    "0-0:96.7.9": 4,
    "1-0:99.97.0": KAIFA_FAILURES,
    "1-0:32.32.0": 2,
    **dict.fromkeys(("1-0:52.32.0", "1-0:72.32.0", "1-0:32.36.0", "1-0:52.36.0", "1-0:72.36.0"), 0),
    "0-0:96.13.1": "",
    "0-0:96.13.0": "",
    "1-0:31.7.0": 1,
    "1-0:51.7.0": 0,
    "1-0:71.7.0": 0,
    "1-0:21.7.0": 0.254,
    "1-0:41.7.0": 0.083,
    **dict.fromkeys(("1-0:61.7.0", "1-0:22.7.0", "1-0:42.7.0", "1-0:62.7.0"), 0),
    "0-1:24.1.0": 3,
    "0-1:96.1.0": "G0025003276855515",
    "0-1:24.2.1": mbus(STYLES["nl4"], 1, at("2022-09-01T15:00:00"), 4836.851, Q.GAS_VOLUME),
}


@pytest.mark.parametrize(
    ("name", "values", "length", "end"),
    [
        ("lu", LUXEMBOURG, 1489, b"\r\n!8B52\r\n"),  # Smarty P1 specification 1.1.3, appendix A
        ("nl4", KAIFA, 1009, b"\r\n!E56C\r\n"),  # a Kaifa MA304 in the field
    ],
)
def test_telegram_of_a_real_meter_from_its_values(
    name: str, values: dict[str, object], length: int, end: bytes
) -> None:
    made = telegram(STYLES[name], values)  # type: ignore[arg-type]
    assert (len(made), made[-len(end) :]) == (length, end)


def test_q3d_to_the_byte() -> None:
    values = {"1-0:0.0.0": "0272031312565", "1-0:1.8.0": D("52185.7825309"), "1-0:1.7.0": D("2.12486")}
    assert telegram(STYLES["q3d"], values) == (
        b"/ESY5Q3DB1024 V3.04\r\n\r\n1-0:0.0.0*255(0272031312565)\r\n"
        b"1-0:1.8.0*255(00052185.7825309*kWh)\r\n1-0:1.7.0*255(002124.86*W)\r\n!\r\n"
    )


def test_frame_of_lines_with_a_header_of_ones_own() -> None:
    assert frame("XMX5LG", ["1-0:1.7.0(00.001*kW)"], NL5).startswith(b"/XMX5LG\r\n\r\n1-0:1.7.0(00.001*kW)\r\n!")
    assert telegram(NL5, {}, header="/x").startswith(b"//x\r\n\r\n!")


# ---- lines, as telegrams from the field have them ----


@pytest.mark.parametrize(
    ("name", "code", "value", "expected"),
    [
        ("nl2", "1-0:1.8.1", D("7041.882"), "1-0:1.8.1(07041.882*kWh)"),
        ("nl3", "1-0:1.7.0", D("0.67"), "1-0:1.7.0(0000.67*kW)"),
        ("nl3", "0-0:17.0.0", 999, "0-0:17.0.0(0999.00*kW)"),
        ("nl4", "0-0:17.0.0", D("16.1"), "0-0:17.0.0(016.1*kW)"),
        ("nl5", "1-0:1.8.2", D("123456.789"), "1-0:1.8.2(123456.789*kWh)"),
        ("nl5", "0-0:96.1.1", "K8EG004046395507", "0-0:96.1.1(4B384547303034303436333935353037)"),
        ("nl5", "1-0:32.7.0", D("220.1"), "1-0:32.7.0(220.1*V)"),
        ("nl5", "1-0:31.7.0", 1, "1-0:31.7.0(001*A)"),
        ("nl5", "0-0:96.7.21", 4, "0-0:96.7.21(00004)"),
        ("nl5", "0-0:96.14.0", 2, "0-0:96.14.0(0002)"),
        ("nl5", "0-0:1.0.0", at("2010-12-09T11:30:20", WINTER), "0-0:1.0.0(101209113020W)"),
        ("be", "0-0:96.1.2", "541440010234567890", "0-0:96.1.2(353431343430303130323334353637383930)"),
        ("be", "1-0:31.7.0", D("0"), "1-0:31.7.0(000.00*A)"),
        ("be", "0-0:17.0.0", D("99.999"), "0-0:17.0.0(99.999*kW)"),
        ("at", "1-0:1.8.0", D("201.282"), "1-0:1.8.0(000201282*Wh)"),
        ("at", "1-0:2.7.0", D("3.996"), "1-0:2.7.0(000003996*W)"),
        ("at", "1-0:3.8.0", D("36.520"), "1-0:3.8.0(000036520*varh)"),
        ("at", "1-0:4.7.0", D("0.221"), "1-0:4.7.0(000000221*var)"),
        ("se", "1-0:1.8.0", D("6678.394"), "1-0:1.8.0(00006678.394*kWh)"),
        ("se", "1-0:4.7.0", D("0.309"), "1-0:4.7.0(0000.309*kvar)"),
        ("se", "1-0:31.7.0", D("4.2"), "1-0:31.7.0(004.2*A)"),
        ("lt", "1-0:14.7.0", D("49"), "1-0:14.7.0(49.0*Hz)"),
        ("lt", "1-0:13.7.0", -1, "1-0:13.7.0(-1.000)"),
        ("hu", "1-0:14.7.0", 50, "1-0:14.7.0(50.00*Hz)"),
        ("hu", "1-0:5.8.0", D("0.668"), "1-0:5.8.0(000000.668*kvarh)"),
        ("hu", "0-0:17.0.0", 90, "0-0:17.0.0(90.000*kW)"),
        ("ch", "1-1:1.8.1", D("1595.070"), "1-1:1.8.1(001595.070*kWh)"),
        ("ch", "1-0:51.7.0", D("17.19"), "1-0:51.7.0(017.19*A)"),
        ("q3d", "1-0:21.7.0", D("0.74785"), "1-0:21.7.0*255(000747.85*W)"),
        ("nl5", "1-0:123.45.6", ("anything", "goes"), "1-0:123.45.6(anything)(goes)"),
    ],
)
def test_line_of_each_country(name: str, code: str, value: object, expected: str) -> None:
    assert line(STYLES[name], code, value) == expected  # type: ignore[arg-type]


def test_gas_of_dsmr_3_goes_on_in_the_next_line() -> None:
    groups = mbus(NL3, 2, at("2021-11-23T20:00:00", WINTER), D("13376.292"), Q.GAS_VOLUME)
    assert line(NL3, "0-2:24.3.0", groups) == ("0-2:24.3.0(211123200000)(00)(60)(1)(0-2:24.2.1)(m3)\r\n(13376.292)")


def test_gas_of_belgium() -> None:
    groups = mbus(BE, 1, at("2020-05-12T13:45:58"), D("112.384"), Q.GAS_VOLUME)
    assert line(BE, "0-1:24.2.3", groups) == "0-1:24.2.3(200512134558S)(00112.384*m3)"


def test_heat_in_gigajoules() -> None:
    groups = mbus(NL5, 3, at("2020-05-12T13:45:58"), D("12.5"), Q.HEAT)
    assert groups == ("200512134558S", "000012.50*GJ")


def test_failure_log_of_the_swiss_example() -> None:
    log = failure_log(STYLES["ch"], [(at("2024-05-23T14:49:34"), 5564711), (at("2024-11-09T08:31:38", WINTER), 124)])
    assert line(STYLES["ch"], "1-0:99.97.0", log) == (
        "1-0:99.97.0(2)(0-0:96.7.19)(240523144934S)(0005564711*s)(241109083138W)(0000000124*s)"
    )
    assert line(NL5, "1-0:99.97.0", failure_log(NL5, [])) == "1-0:99.97.0(0)(0-0:96.7.19)"


def test_peaks_of_the_emucs_example() -> None:
    months = [
        (at("2020-05-01T00:00:00"), at("2020-04-23T19:25:38"), D("3.695")),
        (at("2020-04-01T00:00:00"), at("2020-03-05T12:21:39"), D("5.980")),
        (at("2020-03-01T00:00:00"), at("2020-02-10T03:54:21", WINTER), D("4.318")),
    ]
    assert line(BE, "0-0:98.1.0", belgian_peaks(BE, months)) == (
        "0-0:98.1.0(3)(1-0:1.6.0)(1-0:1.6.0)(200501000000S)(200423192538S)(03.695*kW)"
        "(200401000000S)(200305122139S)(05.980*kW)(200301000000S)(200210035421W)(04.318*kW)"
    )
    assert line(BE, "0-0:98.1.0", belgian_peaks(BE, [])) == "0-0:98.1.0(0)(1-0:1.6.0)(1-0:1.6.0)()"
    assert demand(BE, at("2020-05-09T13:45:58"), D("2.589")) == ("200509134558S", "02.589*kW")


def test_month_of_the_hungarian_example() -> None:
    energies = ["40.777", "8.950", "31.827", "142.250", "111.164", "31.086", "0.030", "73.988", "0.205", "0.048"]
    values = [*energies, "39.199", "35.020", "183.027", "3.564", "2.156", "3.564", "4.104", "4.104", "0"]
    groups = hungarian_month(STYLES["hu"], at("2023-07-01T00:00:00"), [D(text) for text in values])
    assert len(groups) == 20
    assert groups[:2] == ("230701000000S", "000040.777*kWh")
    assert groups[7:9] == ("000000.030*kvarh", "000073.988*kvarh")
    assert groups[13:16] == ("000183.027*kWh", "03.564*kW", "02.156*kW")
    with pytest.raises(ValueError, match="shorter"):
        hungarian_month(STYLES["hu"], at("2023-07-01T00:00:00"), [1.0])


# ---- numbers and times ----


def test_a_counter_never_runs_ahead_and_a_power_is_rounded() -> None:
    assert number(D("1.9999"), Form(6, 3, "kWh"), is_counter=True) == "000001.999*kWh"
    assert number(D("1.9995"), Form(2, 3, "kW")) == "02.000*kW"
    assert number(0.1 + 0.2, Form(2, 3, "kW")) == "00.300*kW"


def test_a_sign_stands_before_the_digits() -> None:
    assert number(D("-0.910"), Form(1, 3, "")) == "-0.910"
    assert number(-63, Form(3, 0, "A")) == "-063*A"


@pytest.mark.parametrize("value", [D("999999.9999"), 1_000_000, D("-1000000")])
def test_what_does_not_fit(value: D | int) -> None:
    form = Form(6, 3, "kWh")
    with pytest.raises(OutOfRange, match="at most 6 digits"):
        number(value, form)


def test_counter_that_just_fits() -> None:
    assert number(D("999999.9999"), Form(6, 3, "kWh"), is_counter=True) == "999999.999*kWh"


def test_the_letter_is_the_offset() -> None:
    clock = PROFILES["nl5"].clock
    assert stamp(at("2026-10-25T02:30:00", SUMMER), clock) == "261025023000S"
    assert stamp(at("2026-10-25T02:30:00", WINTER), clock) == "261025023000W"
    assert stamp(at("2026-06-01T12:00:00", EAST), PROFILES["lt"].clock) == "260601120000S"
    assert stamp(at("2026-06-01T12:00:00", WINTER), clock, letter=False) == "260601120000"


@pytest.mark.parametrize("zone", [EAST, UTC, None])
def test_a_time_in_another_offset_is_refused(zone: timezone | None) -> None:
    moment = datetime(2026, 6, 1, tzinfo=zone)
    with pytest.raises(OutOfRange, match="one of the clock's offsets"):
        stamp(moment, Clock(1))


@pytest.mark.parametrize(
    ("code", "value", "message"),
    [("1.8.0", 1, "an OBIS code"), ("0-0:96.13.0", 5, "expected text"), ("1-0:1.8.0", ["x"], "expected text")],
)
def test_values_that_a_code_cannot_have(code: str, value: object, message: str) -> None:
    with pytest.raises(OutOfRange, match=message):
        line(NL5, code, value)  # type: ignore[arg-type]


def test_every_style_has_its_profile() -> None:
    assert set(STYLES) <= set(PROFILES)
    assert {name for name, style in STYLES.items() if not style.crc} == {"nl2", "nl3", "q3d"}


# ---- encryption ----

KEY = "88DBF612972C594A2C2F6DDE493EF1C4"


def test_encrypted_and_back() -> None:
    plain = telegram(STYLES["lu"], LUXEMBOURG)  # type: ignore[arg-type]
    sealed = encrypt(plain, KEY, title=b"SAG\x67\x1b\x05\x5c\x0f", invocation=0x3E9)
    assert sealed[:18].hex() == "db08534147671b055c0f8205e230000003e9"
    assert len(sealed) == len(plain) + 30
    opened = Decipher(KEY).decipher(sealed)
    assert (opened.plain, opened.verified, opened.invocation) == (plain, "tag", 1001)


@pytest.mark.parametrize(("title", "invocation"), [(b"SAG", 1), (bytes(9), 1), (bytes(8), -1), (bytes(8), 1 << 32)])
def test_a_title_and_a_counter_that_do_not_fit(title: bytes, invocation: int) -> None:
    with pytest.raises(OutOfRange, match="8 bytes and a counter"):
        encrypt(b"/x", KEY, title=title, invocation=invocation)


def test_key_that_is_none() -> None:
    with pytest.raises(ConfigError, match="4 hex digits"):
        encrypt(b"/x", "AABB", title=bytes(8), invocation=1)
