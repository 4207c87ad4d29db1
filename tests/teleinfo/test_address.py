"""What a meter's address says."""

from __future__ import annotations

import pytest

from energy_hw.teleinfo.address import MAKERS, TYPES, address_key, parse_address


@pytest.mark.parametrize(
    ("digits", "model", "year", "phases", "linky"),
    [
        ("021728123456", "Sagemcom single-phase, model 2007", 2017, 1, False),
        ("041961123456", "Landis+Gyr Linky single-phase 60 A G3, top entry", 2019, 1, True),
        ("811976000001", "Sagemcom Linky three-phase 60 A G3", 2019, 3, True),
        ("840967000001", "Sagemcom Linky single-phase, pilot", 2009, 1, True),
        ("049801000001", "Landis+Gyr single-phase multi-tariff, 1st generation", 1998, 1, False),
        ("031586000001", "Schlumberger/Actaris/Itron Linky SEI (islands) single-phase", 2015, 1, True),
        ("021036123456", "Sagemcom PME-PMI", 2010, 3, False),
        ("021265000001", "Sagemcom Linky G3, trial", 2012, 0, True),
    ],
)
def test_address(digits: str, model: str, year: int, phases: int, linky: bool) -> None:
    address = parse_address(digits)
    assert (address.model, address.year, address.digits) == (model, year, digits)
    assert address.type is not None
    assert (address.type.phases, address.type.linky) == (phases, linky)


def test_codes_that_no_list_knows() -> None:
    address = parse_address("999999123456")
    assert (address.maker, address.type, address.model) == (None, None, "maker 99 type 99")


@pytest.mark.parametrize("digits", ["", "04196112345", "0419611234567", "04196112345q", "04196112345²"])
def test_no_address(digits: str) -> None:
    with pytest.raises(ValueError, match="expected an address of 12 digits"):
        parse_address(digits)


@pytest.mark.parametrize(
    ("digits", "key"),
    [
        ("000000000000", "00"),
        ("000000000001", "11"),  # N1 = 1: 1 and 1 * 1
        ("100000000000", "11"),  # N12 = 1: 1 and 12 mod 11
        ("000000000010", "12"),
        ("001000000000", "10"),  # N10 = 1: 1 and 10, which becomes 0
        ("021728123456", "83"),  # 41 and 223, modulo 11
    ],
)
def test_key_by_hand(digits: str, key: str) -> None:
    assert address_key(digits) == key


def test_the_key_sees_each_wrong_digit_and_most_swaps() -> None:
    right = "021728123456"
    for at in range(12):
        wrong = right[:at] + str((int(right[at]) + 1) % 10) + right[at + 1 :]
        assert address_key(wrong) != address_key(right)
    assert address_key("201728123456") != address_key(right)


SINGLE_PHASE = {1, 5, 15, 20, 22, 23, 25, 28, 29, 60, 61, 62, 64, 67, 75, 86}
THREE_PHASE = {6, 7, 9, 10, 21, 26, 27, 30, 31, 33, 34, 36, 63, 68, 76, 87}
LINKY = {60, 61, 62, 63, 64, 65, 67, 68, 70, 71, 75, 76, 86, 87}


def test_phases_of_every_type() -> None:
    assert {code for code, row in TYPES.items() if row.phases == 1} == SINGLE_PHASE
    assert {code for code, row in TYPES.items() if row.phases == 3} == THREE_PHASE
    assert {code for code, row in TYPES.items() if row.phases == 0} == {3, 4, 19, 65, 70, 71}


def test_linky_types() -> None:
    assert {code for code, row in TYPES.items() if row.linky} == LINKY
    assert {code for code, row in TYPES.items() if "Linky" in row.name} == LINKY
    assert {code for code in LINKY if "three" in TYPES[code].name} == LINKY & THREE_PHASE
    assert {code for code in LINKY if "90 A" in TYPES[code].name} == {62, 75}
    assert {code for code in LINKY if "G3" in TYPES[code].name} == {61, 64, 65, 70, 71, 75, 76}


@pytest.mark.parametrize(
    ("code", "maker"),
    [
        (1, "Crouzet"), (2, "Sagemcom"), (3, "Actaris"), (4, "Landis+Gyr"), (5, "Sauter"), (6, "Itron"), (7, "MAEC"),
        (8, "Enerdis"), (9, "Faure-Herman"), (10, "Sevme"), (11, "Elster"), (12, "Gaz Thermique"), (14, "Ghielmetti"),
        (15, "Mecelec"), (16, "Legrand"), (17, "SERD"), (18, "Schneider"), (19, "GE"), (20, "Pignone"), (21, "SCLE"),
        (22, "EDF"), (23, "GDF"), (24, "Hager"), (25, "Delta Dore"), (26, "RIZ"), (27, "Iskraemeco"), (28, "GMT"),
        (29, "Analog Device"), (30, "Michaud"), (31, "Hexing"), (32, "Siame"), (33, "Toubro"), (34, "Honeywell"),
        (35, "Azma"), (36, "Advanced"), (37, "AEM"), (38, "Chint"), (39, "ZIV"), (70, "Landis"), (71, "Stepper"),
        (81, "Sagemcom"), (82, "Landis+Gyr"), (83, "Elster"), (84, "Sagemcom"), (85, "Itron"),
    ],
)  # fmt: skip
def test_maker(code: int, maker: str) -> None:
    assert maker in MAKERS[code]
    assert len(MAKERS) == 45


def test_lists_have_no_code_out_of_range() -> None:
    assert all(0 < code < 100 for code in (*MAKERS, *TYPES))
    assert all(code == row.code for code, row in TYPES.items())
