"""Datasets as bytes: what the parser takes back, padded as the meter pads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

import teleinfo_corpus as corpus
from energy_hw.errors import OutOfRange
from energy_hw.teleinfo.dataset import parse_dataset
from energy_hw.teleinfo.encode import dataset, encode_frame, encode_interrupted, horodate, mode_2, with_parity
from energy_hw.teleinfo.frame import Mode, TicParser
from energy_hw.teleinfo.horodate import legal_time, parse_horodate
from energy_hw.teleinfo.labels_standard import STANDARD
from energy_hw.teleinfo.rows import Format

HISTORIQUE = Mode.HISTORIQUE


@pytest.mark.parametrize(
    ("encoded", "captured"),
    [
        (dataset("EAST", 21849106), b"\nEAST\t021849106\t.\r"),
        (dataset("STGE", "463A0800"), b"\nSTGE\t463A0800\tK\r"),
        (dataset("SMAXSN1-1", 3129, "H200213085118"), b"\nSMAXSN1-1\tH200213085118\t03129\tJ\r"),
        (dataset("DATE", "", "H200214230804"), b"\nDATE\tH200214230804\t\t;\r"),
        (dataset("DPM1", 0, " 200214060000"), b"\nDPM1\t 200214060000\t00\t\\\r"),
        (dataset("MSG1", "PAS DE          MESSAGE"), b"\nMSG1\tPAS DE          MESSAGE         \t<\r"),
        (dataset("PAPP", 260, mode=HISTORIQUE), b"\nPAPP 00260 )\r"),
        (dataset("PTEC", "TH", mode=HISTORIQUE), b"\nPTEC TH.. $\r"),
        (dataset("OPTARIF", "BBR(", mode=HISTORIQUE), b"\nOPTARIF BBR( S\r"),
        (dataset("BASE", 2815235, mode=HISTORIQUE), b"\nBASE 002815235 %\r"),
        (dataset("MOTDETAT", 0, mode=HISTORIQUE, width=6), b"\nMOTDETAT 000000 B\r"),
    ],
)
def test_as_captured(encoded: bytes, captured: bytes) -> None:
    assert encoded == captured


@pytest.mark.parametrize("row", corpus.STANDARD, ids=lambda row: row.label)
def test_each_label_as_by_hand(row: corpus.Row) -> None:
    value = row.value if isinstance(row.value, int) else row.data
    assert dataset(row.label, value, row.stamp) == b"\n" + corpus.standard(row) + b"\r"


@pytest.mark.parametrize("row", corpus.HISTORIQUE, ids=lambda row: f"{row.label}-{row.data}")
def test_each_historique_label_as_by_hand(row: corpus.Row) -> None:
    value = row.value if isinstance(row.value, int) else row.data
    encoded = dataset(row.label, value, mode=HISTORIQUE, width=len(row.data))
    assert encoded == b"\n" + corpus.historique(row) + b"\r"


@given(label=st.sampled_from([row.code for row in STANDARD.values() if row.format is Format.NUMBER]), data=st.data())
def test_every_number_comes_back(label: str, data: st.DataObject) -> None:
    value = data.draw(st.integers(0, 10 ** STANDARD[label].chars[0] - 1))
    assert parse_dataset(dataset(label, value)[1:-1]).value == value


@pytest.mark.parametrize(("label", "value"), [("PREF", 100), ("NGTF", "seventeen letters"), ("PRM", "0" * 15)])
def test_a_value_too_long_for_its_label(label: str, value: int | str) -> None:
    with pytest.raises(OutOfRange, match=f"{label}: expected at most"):
        dataset(label, value)


def test_label_that_no_table_knows_goes_out_as_it_is() -> None:
    raw = dataset("MESURES1", "BT 4 SUP36", mode=HISTORIQUE)[1:-1]
    assert (parse_dataset(raw).label, parse_dataset(raw).value) == ("MESURES1", "BT 4 SUP36")


# ---- horodates ----


@given(moment=st.datetimes(datetime(2010, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC)), degraded=st.booleans())
def test_every_moment_comes_back(moment: datetime, degraded: bool) -> None:
    stamp = horodate(legal_time(moment), degraded=degraded)
    assert parse_horodate(stamp) == moment.replace(microsecond=0)
    assert stamp[0].islower() == degraded


def test_both_letters_of_the_repeated_hour() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert horodate(legal_time(first)) == "E261025023000"
    assert horodate(legal_time(first + timedelta(hours=1))) == "H261025023000"
    assert horodate(legal_time(first), season=False) == " 261025023000"


def test_a_time_of_elsewhere_has_no_letter() -> None:
    with pytest.raises(OutOfRange, match="expected a time in one of the zone's offsets"):
        horodate(datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=4))))


# ---- frames ----


def test_frame_goes_through_the_parser() -> None:
    groups = [dataset("EAST", 1), dataset("PREF", 9)]
    events = TicParser().feed(encode_frame(groups))
    assert [event for event in events if isinstance(event, bytes)] == [group[1:-1] for group in groups]


def test_interrupted_frame_ends_with_eot() -> None:
    assert encode_interrupted([dataset("PREF", 9)]) == b"\x02\nPREF\t09\tH\r\x04"


def test_parity_is_even_in_bit_seven() -> None:
    characters = with_parity(encode_frame([dataset("PREF", 9)]))
    assert all(character.bit_count() % 2 == 0 for character in characters)
    assert (characters[0], characters[1], characters[-2], characters[-1]) == (0x82, 0x0A, 0x8D, 0x03)


def test_mode_2_counts_the_last_separator() -> None:
    group = dataset("PAPP", 540, mode=HISTORIQUE)
    both = group[-2], mode_2(group)[-2]
    assert (both[1] - both[0]) % 64 == 0x20
    assert mode_2(group)[:-2] == group[:-2]
