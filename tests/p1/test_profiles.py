"""Which country a telegram is from, and what follows from it."""

from __future__ import annotations

from pathlib import Path

import pytest

import p1_corpus as corpus
from energy_hw.p1.profiles import CENTRAL, EASTERN, HEADERS, PROFILES, Profile, Use, detect

DETECTED = {
    "at_": "at", "be_isk": "be_iskra", "be_node": "be", "ch_": "ch", "de_": "q3d", "derived_derived_hu": "hu",
    "lt_": "lt",
    "lu_": "lu", "nl_2_2": "nl3", "nl_4": "nl4", "nl_5": "nl5", "se_fi": "se", "derived_derived_msg": "nl5",
    "other_": "nl5", "synthetic_": "nl5",
}  # fmt: skip


@pytest.mark.parametrize("case", corpus.CASES, ids=lambda case: case.name)
def test_profile_of_a_capture(case: Path) -> None:
    name = case.name
    wanted = next(profile for start, profile in DETECTED.items() if name.startswith(start))
    assert detect(corpus.cut(corpus.raw_of(name))) is PROFILES[wanted]


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("FLU5\\253769484_A", "be"), ("Lux5\\253694471_M", "lu"), ("EST5\\253710000_A", "at"),
        ("ELL5\\253833635_A", "se"),
        ("ADN9 6534", "se"), ("KAM5", "se"), ("HLY5/D545-METER", "hu"), ("SAG5SAG-METER", "hu"), ("ESO5\\VMMmm", "lt"),
        ("GRE5\\\\12341234_A", "ch"), ("ESY5Q3DA1004 V3.04", "q3d"), ("ISk5\\2MIE5T-200", "be_iskra"),
    ],
)  # fmt: skip
def test_header(header: str, name: str) -> None:
    assert corpus.telegram("1-3:0.2.8(50)", header=header).profile.name == name


@pytest.mark.parametrize(
    ("line", "name"),
    [("1-3:0.2.8(50)", "nl5"), ("1-3:0.2.8(42)", "nl4"), ("1-3:0.2.8(40)", "nl4"), ("0-0:96.1.4(50217)", "be"),
     ("1-0:0.2.8(50)", "nl5"), ("1-0:1.8.1(1*kWh)", "nl5")],
)  # fmt: skip
def test_version_where_the_header_does_not_tell(line: str, name: str) -> None:
    assert corpus.telegram(line, header="Ene5\\T210-D ESMR5.0").profile.name == name


def test_no_version_and_no_crc_is_dsmr_3() -> None:
    assert detect(corpus.cut(b"/KMP5 ZABF001587315111\r\n\r\n1-0:1.8.1(00185.000*kWh)\r\n!\r\n")) is PROFILES["nl3"]


def test_letters_in_the_text_of_another_meter_do_not_count() -> None:
    assert corpus.telegram("0-0:96.13.0(FLU5)", header="XMX5FLU5").profile.name == "nl5"


def test_user_may_name_another() -> None:
    assert corpus.telegram("0-0:1.0.0(240214101855W)", header="ELL5", profile="fi").profile is PROFILES["fi"]


def test_belgian_tariffs_are_the_reverse_of_dutch_ones() -> None:
    assert dict(PROFILES["be"].tariffs) == {1: "normal", 2: "low"}
    assert dict(PROFILES["nl5"].tariffs) == {1: "low", 2: "normal"}


def test_belgian_gas_is_not_corrected_to_a_temperature() -> None:
    assert (PROFILES["be"].gas, PROFILES["nl5"].gas) == ("24.2.3", "24.2.1")


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
def test_profile_is_whole(profile: Profile) -> None:
    assert all(setting.baud in (9600, 38400, 115200) and setting.frame in ("7E1", "8N1") for setting in profile.serial)
    assert 1 <= profile.interval_s <= 10
    assert profile.clock.base_h in (1, 2)


def test_what_has_no_crc() -> None:
    assert [name for name, row in PROFILES.items() if row.crc is Use.NEVER] == ["nl2", "nl3", "q3d"]


def test_what_may_be_encrypted() -> None:
    assert [name for name, row in PROFILES.items() if row.encryption is not Use.NEVER] == ["lu", "at", "lt"]


def test_base_offsets() -> None:
    assert {name for name, row in PROFILES.items() if row.clock == EASTERN} == {"fi", "lt", "il"}
    assert PROFILES["nl5"].clock == CENTRAL
    assert not PROFILES["se"].clock.saves


def test_every_header_leads_to_a_profile() -> None:
    assert {name for _, name in HEADERS} <= set(PROFILES)
