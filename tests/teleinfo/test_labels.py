"""The label tables against the standard's, row by row, and against the page that users read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import teleinfo_corpus as corpus
from energy_hw.reading import Quantity
from energy_hw.teleinfo.labels import ALIASES, find, unknown
from energy_hw.teleinfo.labels_historique import HISTORIQUE, LINKY_PMAX
from energy_hw.teleinfo.labels_standard import STANDARD
from energy_hw.teleinfo.rows import Format, Label, Presence

PAGE = (Path(__file__).parents[2] / "docs" / "teleinfo-labels.md").read_text()
TABLES = {"historique": HISTORIQUE, "standard": STANDARD}
ALL = [*HISTORIQUE.values(), *STANDARD.values()]


def test_all_71_labels_of_the_standard_in_its_order() -> None:
    assert len(STANDARD) == 71
    assert list(STANDARD) == [row.label for row in corpus.STANDARD]


def test_every_historique_label_has_its_row_by_hand() -> None:
    assert set(HISTORIQUE) == {row.label for row in corpus.HISTORIQUE}


@pytest.mark.parametrize("row", corpus.STANDARD, ids=lambda row: row.label)
def test_row_of_the_standard(row: corpus.Row) -> None:
    ours = STANDARD[row.label]
    assert (ours.code, ours.name, ours.unit, ours.chars) == (row.label, row.name, row.unit, (len(row.data),))
    assert ours.stamped == (row.stamp is not None)


@pytest.mark.parametrize("row", corpus.HISTORIQUE, ids=lambda row: f"{row.label}-{row.data}")
def test_row_of_the_historique_mode(row: corpus.Row) -> None:
    ours = HISTORIQUE[row.label]
    assert (ours.code, ours.name, ours.unit) == (row.label, row.name, row.unit)
    assert len(row.data) in ours.chars
    assert not ours.stamped


@pytest.mark.parametrize("row", ALL, ids=lambda row: row.code)
def test_names_are_snake_case_and_say_phase_and_tariff(row: Label) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", row.name)
    assert (f"_l{row.phase}" in row.name) == (row.phase is not None)
    assert row.tariff is None or row.name.endswith(f"_t{row.tariff}")


def test_no_name_stands_for_two_labels_of_the_standard() -> None:
    assert len({row.name for row in STANDARD.values()}) == 71


def test_one_meter_keeps_its_names_when_its_mode_is_switched() -> None:
    def name(code: str) -> str:
        return (HISTORIQUE.get(code) or STANDARD[code]).name

    pairs = [
        ("ADCO", "ADSC"), ("BASE", "EAST"), ("HCHC", "EASF01"), ("HCHP", "EASF02"), ("EJPHN", "EASF01"),
        ("EJPHPM", "EASF02"), ("BBRHCJB", "EASF01"), ("BBRHPJB", "EASF02"), ("BBRHCJW", "EASF03"),
        ("BBRHPJW", "EASF04"), ("BBRHCJR", "EASF05"), ("BBRHPJR", "EASF06"), ("IINST", "IRMS1"), ("IINST1", "IRMS1"),
        ("IINST2", "IRMS2"), ("IINST3", "IRMS3"), ("PAPP", "SINSTS"), ("PTEC", "LTARF"),
    ]  # fmt: skip
    assert [(name(old), old) for old, _ in pairs] == [(name(new), old) for old, new in pairs]
    assert LINKY_PMAX.name == name("SMAXSN-1")


@pytest.mark.parametrize(
    ("code", "quantity"),
    [
        ("EAST", Quantity.ENERGY_IMPORT),
        ("EAIT", Quantity.ENERGY_EXPORT),
        ("ERQ3", Quantity.REACTIVE_ENERGY),
        ("SINSTS", Quantity.APPARENT_POWER),
        ("CCASN", Quantity.POWER),
        ("NTARF", Quantity.TARIFF),
        ("GAZ", Quantity.GAS_VOLUME),
        ("PEJP", Quantity.DURATION),
    ],
)
def test_quantity(code: str, quantity: Quantity) -> None:
    assert (STANDARD.get(code) or HISTORIQUE[code]).quantity is quantity


def test_units_are_those_of_the_quantities() -> None:
    units = {(row.quantity, row.unit) for row in ALL if row.unit}
    assert units == {
        (Quantity.ENERGY_IMPORT, "Wh"), (Quantity.ENERGY_EXPORT, "Wh"), (Quantity.REACTIVE_ENERGY, "VArh"),
        (Quantity.APPARENT_POWER, "VA"), (Quantity.APPARENT_POWER, "kVA"), (Quantity.POWER, "W"),
        (Quantity.CURRENT, "A"), (Quantity.VOLTAGE, "V"), (Quantity.DURATION, "min"),
        (Quantity.GAS_VOLUME, "daL"), (Quantity.OTHER, "daL"),
    }  # fmt: skip


@pytest.mark.parametrize("code", ["ADPS", "PEJP", "ADIR1", "ADIR2", "ADIR3", "DPM1", "FPM3", "PPOINTE"])
def test_what_is_sent_only_while_it_lasts(code: str) -> None:
    assert (STANDARD.get(code) or HISTORIQUE[code]).presence is Presence.WHILE


def test_the_ultra_short_message_comes_once() -> None:
    assert [row.code for row in ALL if row.presence is Presence.ONCE] == ["MSG2"]


@pytest.mark.parametrize(("pilot", "code"), ALIASES.items())
def test_label_of_the_pilot_linky(pilot: str, code: str) -> None:
    assert find(pilot, standard=True) is STANDARD[code]
    assert not find(pilot, standard=False).known


def test_a_label_means_nothing_in_the_other_mode() -> None:
    assert not find("DATE", standard=False).known  # a PME-PMI's
    assert not find("PAPP", standard=True).known


@pytest.mark.parametrize(
    ("label", "name"),
    [("EA_s", "unknown_ea_s"), ("ER+_s", "unknown_er_plus_s"), ("ER-_s", "unknown_er_minus_s")],
)
def test_unknown_label_is_passed_on_under_a_name_of_its_own(label: str, name: str) -> None:
    row = unknown(label)
    assert (row.code, row.name, row.quantity, row.format, row.known) == (
        label,
        name,
        Quantity.OTHER,
        Format.TEXT,
        False,
    )


def page_rows(mode: str) -> list[list[str]]:
    section = PAGE.split(f"## {mode.capitalize()}")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


@pytest.mark.parametrize("mode", TABLES)
def test_the_page_shows_the_table(mode: str) -> None:
    shown = [cells[:5] for cells in page_rows(mode)]
    ours = [
        [row.code, row.name, row.quantity.value, row.unit or "", " or ".join(map(str, row.chars))]
        for row in TABLES[mode].values()
    ]
    assert shown == ours


@pytest.mark.parametrize("mode", TABLES)
def test_the_page_says_when_a_label_is_sent(mode: str) -> None:
    shown = {cells[0]: cells[5] for cells in page_rows(mode)}
    assert shown == {row.code: row.presence.value for row in TABLES[mode].values()}
