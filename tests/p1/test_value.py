"""The face of a telegram, and the telegram that may be shown to others."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

import p1_corpus as corpus
from energy_hw.p1.profiles import PROFILES
from energy_hw.p1.redact import crc_state
from energy_hw.p1.report import to_report
from energy_hw.p1.value import P1Telegram

SECRETS = (
    "0-0:96.1.1(4B384547)", "0-0:96.1.0(1234)", "0-0:96.1.2(5414)", "0-0:42.0.0(5341)", "0-0:0.0.0(9876)",
    "0-1:96.1.0(4730)", "0-1:96.1.1(4730)", "0-0:96.13.0(48656C6C6F)", "0-0:96.13.1((12))", "1-0:0.0.0*255(027)",
    "0-0:96.1.255*255(1ESY13)",
)  # fmt: skip
SHOWN = ("1-3:0.2.8(50)", "0-0:96.1.4(50217)", "1-0:1.8.1(000123.456*kWh)", "0-1:24.2.1(200512134558S)(00112.384*m3)")


def test_by_name_by_code_and_what_there_is_not() -> None:
    telegram = corpus.telegram(*SHOWN)
    assert telegram["1-0:1.8.1"] is telegram["energy_import_t1"]
    assert telegram.get("power_import") is None
    with pytest.raises(KeyError, match=r"power_import; this telegram has p1_version, emucs_version, energy_import_t1"):
        telegram["power_import"]


def test_header_in_its_parts_and_version() -> None:
    telegram = corpus.telegram(*SHOWN)
    assert (telegram.header, telegram.manufacturer, telegram.version) == (corpus.HEADER, "ISK", "50")
    assert corpus.telegram("0-0:96.1.4(50217)").version == "50217"
    assert corpus.telegram().version is None


@pytest.mark.parametrize("name", ["fi", "se", "nl5", "lt", "il"])
def test_profile_that_the_user_named_for_the_report(name: str) -> None:
    data = corpus.raw("0-0:1.0.0(210606190840S)", header="ELL5\\2")
    report = to_report(corpus.cut(data), corpus.RECEIVED, "link", PROFILES[name])
    assert P1Telegram.of(report).time == report.time
    assert P1Telegram.of(report, PROFILES["lt"]).profile is PROFILES["lt"]


def test_what_the_report_doubts_is_in_no_dictionary_of_others() -> None:
    data = corpus.raw("1-0:1.8.1(999999.999*kWh)", "1-0:1.8.2(000002.000*kWh)")
    honest = to_report(corpus.cut(data), corpus.RECEIVED, "link")
    first = dataclasses.replace(honest.readings[0], code="1-0:1.8.1?", name="energy_import_t1_doubtful")
    doubting = dataclasses.replace(honest, build=lambda: (first, *honest.readings[1:]), _built=[])
    assert P1Telegram.of(honest).to_dict("seed").keys() == {"electricityUsedTariff1", "electricityUsedTariff2"}
    assert P1Telegram.of(doubting).to_dict("seed").keys() == {"electricityUsedTariff2"}
    assert P1Telegram.of(doubting).to_dict("dsmr_parser").keys() == {"ELECTRICITY_USED_TARIFF_2"}


def test_bytes_come_back_as_they_came() -> None:
    data = corpus.raw_of("derived_derived_msg_hex_1024")
    assert P1Telegram(data).to_bytes() == data


@pytest.mark.parametrize("case", corpus.CASES, ids=lambda case: case.name)
def test_crc_of_a_capture(case: Path) -> None:
    note = " ".join((case / "origin.txt").read_text().split())
    data = (case / "input.bin").read_bytes()
    digits = data[data.rindex(b"!") + 1 :].strip()
    doubtful = any(word in note for word in ("placeholder", "CRC invalid", "CRC does not verify"))
    assert P1Telegram(data).crc == ("absent" if not digits else "bad" if doubtful else "ok")


def test_canonical_dictionary_is_that_of_the_report() -> None:
    report = to_report(corpus.cut(corpus.raw_of("nl_5_0_isk5_2m550t_1013_335ab0")), corpus.RECEIVED, "link")
    assert P1Telegram.of(report).to_dict() == report.to_json()
    assert P1Telegram(report.raw, None, corpus.RECEIVED).to_dict() == report.to_json()


@pytest.mark.parametrize("case", corpus.CASES, ids=lambda case: case.name)
def test_redacted_telegram_has_all_but_ids_and_messages(case: Path) -> None:
    telegram = P1Telegram(corpus.raw_of(case.name))
    redacted = telegram.redacted()
    assert len(redacted.raw) == len(telegram.raw)
    assert redacted.crc == telegram.crc
    hidden = {"equipment_id", "serial_number", "delivery_point", "logical_device_name", "meter_address"}
    for before, after in zip(telegram, redacted, strict=True):
        is_secret = before.name in hidden or before.name.startswith(("message", "mbus_id", "delivery_point"))
        assert (before.code, before.name) == (after.code, after.name)
        assert before == after or is_secret
        assert not is_secret or not str(after.value or "").strip("0")


@pytest.mark.parametrize("line", SECRETS)
def test_what_is_hidden(line: str) -> None:
    before = corpus.telegram(line)
    after = before.redacted()
    assert set("".join(after.objects[0].groups)) <= {"0"}
    assert [len(group) for group in after.objects[0].groups] == [len(group) for group in before.objects[0].groups]
    assert after.crc == "ok"


def test_what_is_shown() -> None:
    telegram = corpus.telegram(*SHOWN)
    assert telegram.redacted().raw == telegram.raw


@pytest.mark.parametrize(
    ("header", "shown"),
    [
        ("KMP5 KA6U001660297912", "KMP5 KA6U000000000000"), ("FLU5\\253769484_A", "FLU5\\000000000_A"),
        ("ISK5\\2M550T-1012", "ISK5\\2M550T-1012"), ("ADN9 6534", "ADN9 6534"),
    ],
)  # fmt: skip
def test_serial_number_in_the_header(header: str, shown: str) -> None:
    assert corpus.telegram(header=header).redacted().header == shown


def test_wrong_crc_stays_wrong_and_none_stays_none() -> None:
    data = corpus.raw("0-0:96.1.1(4B38)")
    assert P1Telegram(data[:-6] + b"0000\r\n").redacted().raw.endswith(b"!0000\r\n")
    assert P1Telegram(data[:-6] + b"\r\n").redacted().raw.endswith(b"!\r\n")


@pytest.mark.parametrize(("digits", "state"), [(b"", "absent"), (b"0", "bad"), (b"zz", "absent")])
def test_state_of_the_crc(digits: bytes, state: str) -> None:
    assert crc_state(b"/ISK5\r\n\r\n!" + digits + b"\r\n") == state


def test_crc_in_small_letters() -> None:
    data = corpus.raw("1-0:1.8.1(1*kWh)")
    assert crc_state(data[:-6] + data[-6:].lower()) == "ok"
