"""serial_teleinfo's values and its table of keys."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from energy_hw.teleinfo.parser import ParserException, UnknownKeyException
from energy_hw.teleinfo.types import Value, parse_str_remove_ellipsis, to_value, type_parsers, value_converter

KEYS = """ADCO OPTARIF BASE HCHC HCHP EJPHN EJPHPM GAZ AUTRE PTEC MOTDETAT ISOUSC BBRHCJB BBRHPJB BBRHCJW BBRHPJW
BBRHCJR BBRHPJR PEJP DEMAIN IINST ADPS IMAX HHPHC PAPP IINST1 IINST2 IINST3 IMAX1 IMAX2 IMAX3 PMAX PPOT"""


def test_the_table_has_the_old_keys_and_the_three_of_an_overload() -> None:
    assert set(type_parsers) == {*KEYS.split(), "ADIR1", "ADIR2", "ADIR3"}


@pytest.mark.parametrize(
    ("key", "text", "value", "unit"),
    [
        ("ADCO", "012345678901", "012345678901", None),
        ("OPTARIF", "HC..", "HC", None),
        ("OPTARIF", "BBR(", "BBR(", None),
        ("BASE", "000804220", 804220, "Wh"),
        ("HCHC", "00804220", 804220, "Wh"),
        ("BBRHPJR", "000000001", 1, "Wh"),
        ("GAZ", "0000012", 12, "dal"),
        ("PTEC", "TH..", "TH", None),
        ("MOTDETAT", "400000", "400000", None),
        ("ISOUSC", "30", 30, "A"),
        ("PEJP", "30", 30, "min"),
        ("DEMAIN", "----", "----", None),
        ("ADPS", "045", 45, "A"),
        ("ADIR2", "061", 61, "A"),
        ("HHPHC", "A", "A", None),
        ("PAPP", "00340", 340, "VA"),
        ("PMAX", "06030", 6030, "W"),
        ("PPOT", "00", "00", None),
        ("EAST", "001234567", 1234567, "Wh"),
        ("NGTF", "     TEMPO      ", "TEMPO", None),
        ("DATE", "E240615123456", datetime(2024, 6, 15, 10, 34, 56, tzinfo=UTC), None),
    ],
)
def test_value_and_unit(key: str, text: str, value: object, unit: str | None) -> None:
    made = to_value(key, text, True)
    assert (made.key, made.value, made.unit, made.end_of_frame) == (key, value, unit, True)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("PAPP", "0034"),
        ("PAPP", "0034p"),  # bit 6 of the last digit, which the checksum does not see
        ("PAPP", "+0340"),
        ("PAPP", "0_340"),
        ("PAPP", " 0340"),
        ("PAPP", "0034²"),
        ("ADCO", "02187653q123"),
        ("OPTARIF", "BASe"),
        ("HHPHC", "a"),
        ("MOTDETAT", "p00000"),
        ("EAST", "00123456p"),
        ("DATE", "E241315123456"),
    ],
)
def test_a_text_that_the_key_cannot_have_is_a_parser_exception(key: str, text: str) -> None:
    with pytest.raises(ParserException, match=key):
        to_value(key, text, False)


def test_a_key_that_no_table_knows() -> None:
    with pytest.raises(UnknownKeyException, match="FOO"):
        to_value("FOO", "1", False)


def test_a_program_may_add_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(type_parsers, "FOO", value_converter([2, 3], int, "W"))
    assert str(to_value("FOO", "07", False)) == "<FOO=7 W>"
    with pytest.raises(ParserException, match="expected 2 or 3 characters, got 1"):
        to_value("FOO", "7", False)


def test_a_converter_without_a_parser_goes_by_the_unit() -> None:
    assert value_converter(2, unit="A")("K", "07", False).value == 7
    assert value_converter([2])("K", "07", False).value == "07"
    assert parse_str_remove_ellipsis("HN..") == "HN"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Value("PAPP", 540, "VA"), "<PAPP=540 VA>"),
        (Value("PTEC", "HP"), '<PTEC="HP">'),
        (Value("PAPP", 540, "VA", True), "<PAPP=540 VA (END OF FRAME)>"),
        (Value("MOTDETAT", "000000", end_of_frame=True), '<MOTDETAT="000000" (END OF FRAME)>'),
    ],
)
def test_a_value_as_text(value: Value, text: str) -> None:
    assert str(value) == text
