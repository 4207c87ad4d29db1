"""From a checked group to a typed value, and what is refused although its checksum holds."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

import teleinfo_corpus as corpus
from energy_hw.errors import RecordError
from energy_hw.teleinfo.dataset import parse_dataset
from energy_hw.teleinfo.frame import Mode, TicParser
from energy_hw.teleinfo.horodate import Zone, parse_horodate
from energy_hw.teleinfo.rows import Format
from teleinfo_corpus import Row, group

REUNION = Zone(timezone(timedelta(hours=4)), timezone(timedelta(hours=4)))


def old(label: str, data: str) -> bytes:
    return group(label, data, separator=" ")


@pytest.mark.parametrize("row", corpus.STANDARD, ids=lambda row: row.label)
def test_each_label_of_the_standard(row: Row) -> None:
    dataset = parse_dataset(raw := corpus.standard(row))
    assert (dataset.label, dataset.code, dataset.data, dataset.stamp) == (row.label, row.label, row.data, row.stamp)
    assert (dataset.value, type(dataset.value), dataset.unit) == (row.value, type(row.value), row.unit)
    assert (dataset.mode, dataset.known, dataset.raw) == (Mode.STANDARD, True, raw)


@pytest.mark.parametrize("row", corpus.HISTORIQUE, ids=lambda row: f"{row.label}-{row.data}")
def test_each_historique_label(row: Row) -> None:
    dataset = parse_dataset(raw := corpus.historique(row))
    assert (dataset.label, dataset.data, dataset.stamp, dataset.horodate) == (row.label, row.data, None, None)
    assert (dataset.value, type(dataset.value), dataset.unit) == (row.value, type(row.value), row.unit)
    assert (dataset.mode, dataset.known, dataset.raw) == (Mode.HISTORIQUE, True, raw)


@pytest.mark.parametrize(
    ("raw", "label", "value"),
    [  # as captured, checksums and all
        (b"PAPP 00260 )", "PAPP", 260),
        (b"PTEC HP..  ", "PTEC", "HP"),  # the checksum is a space
        (b"SMAXSN-1\tH200213085118\t09562\t ", "SMAXSN-1", 9562),
        (b"SMAXSN1-1\tH200213085118\t03129\tJ", "SMAXSN1-1", 3129),  # nine characters
        (b"OPTARIF BBR( S", "OPTARIF", "BBR("),
        (b"UMOY1\tH200214230000\t237\t(", "UMOY1", 237),
    ],
)
def test_captured_group(raw: bytes, label: str, value: object) -> None:
    assert parse_dataset(raw)[:1] + parse_dataset(raw)[2:3] == (label, value)


def test_date_has_its_value_in_the_horodate() -> None:
    dataset = parse_dataset(b"DATE\tH200214230804\t\t;")
    assert dataset.value == dataset.horodate == datetime(2020, 2, 14, 22, 8, 4, tzinfo=UTC)
    assert dataset.data == ""


# ---- times ----


@pytest.mark.parametrize(
    ("stamp", "utc"),
    [
        ("E261025013000", "2026-10-24T23:30:00"),
        ("E261025023000", "2026-10-25T00:30:00"),  # the hour that comes twice: first
        ("H261025023000", "2026-10-25T01:30:00"),  # and again
        ("H261025033000", "2026-10-25T02:30:00"),
        ("H260329013000", "2026-03-29T00:30:00"),
        ("E260329033000", "2026-03-29T01:30:00"),
        ("e260715120000", "2026-07-15T10:00:00"),
        ("h260115120000", "2026-01-15T11:00:00"),
        (" 260115120000", "2026-01-15T11:00:00"),
        (" 260715120000", "2026-07-15T10:00:00"),
        (" 261025023000", "2026-10-25T00:30:00"),  # of the hour that comes twice the first
    ],
)
def test_offset_comes_from_the_letter(stamp: str, utc: str) -> None:
    moment = parse_dataset(group("SMAXSN", stamp, "00100")).horodate
    assert moment is not None
    assert moment.astimezone(UTC).replace(tzinfo=None).isoformat() == utc
    assert moment.utcoffset() == parse_horodate(stamp).utcoffset()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("letter", "degraded", "ambiguous"), [("H", 0, 0), ("E", 0, 0), ("h", 1, 0), ("e", 1, 0), (" ", 0, 1)]
)
def test_what_the_season_says_of_the_clock(letter: str, degraded: bool, ambiguous: bool) -> None:
    dataset = parse_dataset(group("DPM1", f"{letter}260115120000", "00"))
    assert (dataset.clock_degraded, dataset.season_ambiguous) == (degraded, ambiguous)


def test_without_a_horodate_nothing_is_said_of_the_clock() -> None:
    dataset = parse_dataset(b"PREF\t30\tB")
    assert (dataset.clock_degraded, dataset.season_ambiguous, dataset.horodate) == (False, False, None)


@pytest.mark.parametrize("letter", "HE ")
def test_an_overseas_meter_has_offsets_of_its_own(letter: str) -> None:
    dataset = parse_dataset(group("SMAXSN", f"{letter}260715120000", "00100"), REUNION)
    assert dataset.horodate == datetime(2026, 7, 15, 8, tzinfo=UTC)


@pytest.mark.parametrize("label", ["SMAXSN", "DATE"])
def test_zeros_are_a_time_that_never_was(label: str) -> None:
    data = "00000" if label == "SMAXSN" else ""
    dataset = parse_dataset(group(label, "H000000000000", data))
    assert (dataset.horodate, dataset.stamp) == (None, "H000000000000")


@pytest.mark.parametrize(
    "stamp", ["H261315120000", "H260230120000", "H260115250000", "X260115120000", "H26011512000", "H26011512000p"]
)
def test_a_time_that_cannot_be_is_refused(stamp: str) -> None:
    with pytest.raises(RecordError, match="SMAXSN: "):
        parse_dataset(group("SMAXSN", stamp, "00100"))


# ---- what the checksum does not see ----


def test_bit_six_makes_a_letter_of_a_digit_under_the_same_checksum() -> None:
    good, bad = old("PAPP", "02160"), old("PAPP", "0216p")
    assert good[-1] == bad[-1]
    with pytest.raises(RecordError, match=r"PAPP: expected 5 digits, got '0216p'") as caught:
        parse_dataset(bad)
    assert caught.value.raw == bad


@pytest.mark.parametrize("trimmed", [" TEMPO    ", "TEMPO ", "  TEMPO ", "TEMPO      "])
def test_text_that_lost_pairs_of_spaces_is_still_itself(trimmed: str) -> None:
    assert parse_dataset(group("NGTF", trimmed)).value == "TEMPO"


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (old("ADCO", "02187653q123"), "expected 12 digits"),
        (old("ADCO", "0217281234"), "expected 12 digits"),
        (old("BASE", "0028152"), "expected 8 or 9 digits, got '0028152'"),
        (old("BASE", "0002815235"), "expected 8 or 9 digits"),
        (old("IINST", "  1"), "expected 3 digits"),
        (old("IINST", "-01"), "expected 3 digits"),
        (old("PTEC", "HPn."), "expected 4 capitals"),
        (old("PTEC", "HP"), "expected 4 capitals"),
        (old("MOTDETAT", "40000p"), "expected 6 or 10 hexadecimal digits"),
        (group("STGE", "463A080"), "expected 8 hexadecimal digits"),
        (group("STGE", "463A080x"), "expected 8 hexadecimal digits"),
        (group("NGTF", "17 characters ..."), "at most 16 characters"),
        (group("EAST", "02184910 "), "9 digits"),
        (group("DPM1", "00"), "expected a horodate"),
        (group("DPM1", " 260115070000", "p0"), "expected a horodate, then 00"),
        (group("NGTF", " `  TEMPO       "), "at most 16 characters"),
        (group("PJOURF+1", "0000p001 NONUTILE"), "expected blocks HHMMSSSS"),
        (group("PJOURF+1", "00004001 NONUTIHE"), "expected blocks HHMMSSSS"),
        (group("PPOINTE", " 056C001 NONUTILE"), "expected blocks HHMMSSSS"),
        (group("PPOINTE", "0056C001NONUTILE"), "expected blocks HHMMSSSS"),
        (group("DATE", "H200214230804"), "expected a horodate"),
        (group("EAST", "021849106", "021849106", "021849106"), "expected 3 or 4 fields"),
    ],
)
def test_content_that_is_not_of_its_label_is_refused(raw: bytes, message: str) -> None:
    with pytest.raises(RecordError, match=message):
        parse_dataset(raw)


@pytest.mark.parametrize("raw", [b"EAST\t0218491\xb06\t.", b"MSG1\tPAS\x01DE\t.", b"EA_s 7\xb2Wh ."])
def test_characters_that_no_meter_sends_are_refused(raw: bytes) -> None:
    with pytest.raises(RecordError):
        parse_dataset(raw)


@pytest.mark.parametrize(
    "row", [row for row in corpus.STANDARD if isinstance(row.value, int)], ids=lambda row: row.label
)
def test_no_flip_of_bit_six_passes_in_a_number(row: Row) -> None:
    for at in range(len(row.data)):
        flipped = row.data[:at] + chr(ord(row.data[at]) ^ 0x40) + row.data[at + 1 :]
        assert corpus.standard(row)[-1] == corpus.standard(row._replace(data=flipped))[-1]
        with pytest.raises(RecordError):
            parse_dataset(corpus.standard(row._replace(data=flipped)))


@pytest.mark.parametrize("row", [*corpus.STANDARD, *corpus.HISTORIQUE], ids=lambda row: f"{row.label}-{row.data[:14]}")
def test_no_single_flip_that_the_checksum_misses_becomes_a_value(row: Row) -> None:
    """But of a digit in the free text of a message, which may hold any letter."""
    good = corpus.standard(row) if row in corpus.STANDARD else corpus.historique(row)
    for bit in range(7 * len(good)):
        flipped = bytearray(good)
        flipped[bit // 7] ^= 1 << bit % 7
        for group_ in (event for event in TicParser().feed(b"\n%b\r" % flipped) if isinstance(event, bytes)):
            with suppress(RecordError):
                found = parse_dataset(group_)
                assert found.row.format is Format.TEXT
                assert row.data[(bit // 7) - len(row.label) - 1].isdigit()


@pytest.mark.parametrize(
    ("label", "whole"),
    [("EASFp1", "EASF01"), ("SMAXSNqmq", "SMAXSN1-1"), ("NJOURFkq", "NJOURF+1"), ("SINSTq", "SINST1")],
)
def test_label_with_bit_six_flipped_is_not_taken_for_an_unknown_one(label: str, whole: str) -> None:
    with pytest.raises(RecordError, match=rf"{label}: expected a label, got {re.escape(whole)} with bit 6 flipped"):
        parse_dataset(group(label, "00000"))


@given(raw=st.binary(min_size=2, max_size=127))
def test_anything_is_a_dataset_or_a_record_error(raw: bytes) -> None:
    with suppress(RecordError):
        assert parse_dataset(raw).raw == raw


# ---- other meters ----


@pytest.mark.parametrize(
    ("label", "data"),
    [
        ("EA_s", "72Wh"),
        ("MESURES1", "BT 4 SUP36"),
        ("DATE", "15/07/15 17:59:40"),
        ("JAUNE", "07:45:16:11:HPH:HPE:012345:1"),
        ("EAPP_i", "0VAh"),
    ],
)
def test_label_that_no_table_knows_is_delivered_as_text(label: str, data: str) -> None:
    dataset = parse_dataset(old(label, data))
    assert (dataset.label, dataset.value, dataset.known, dataset.unit) == (label, data, False, None)


@pytest.mark.parametrize(("pilot", "code", "stamp"), [("SINST1", "SINSTS", None), ("SMAXN", "SMAXSN", corpus.WINTER)])
def test_pilot_linky_keeps_its_word_and_gets_the_standards(pilot: str, code: str, stamp: str | None) -> None:
    dataset = parse_dataset(corpus.standard(Row(pilot, stamp, "01234", 1234, "VA", "")))
    assert (dataset.label, dataset.code, dataset.value, dataset.known) == (pilot, code, 1234, True)
