"""Codes of the historique mode in words."""

from __future__ import annotations

import pytest

from energy_hw.teleinfo.historique import (
    PERIODS,
    Heating,
    contract_name,
    missing_phases,
    sagem_status,
    tempo_colour,
    tempo_programmes,
)


@pytest.mark.parametrize(
    ("contract", "water", "heating"),
    [("BBR(", 1, 0), ("BBR.", 1, 6), ("BBR/", 1, 7), ("BBR0", 2, 0), ("BBR7", 2, 7), ("BBR8", 3, 0), ("BBR?", 3, 7)],
)
def test_programmes_of_a_tempo_contract(contract: str, water: int, heating: int) -> None:
    assert tempo_programmes(contract) == Heating(water, heating)


@pytest.mark.parametrize("contract", ["BASE", "HC..", "BBR", "BBR ", "BBR'", "BBR@"])
def test_no_programmes(contract: str) -> None:
    assert tempo_programmes(contract) is None


@pytest.mark.parametrize(
    ("contract", "name"),
    [("BASE", "base"), ("HC..", "off-peak"), ("EJP.", "ejp"), ("BBR(", "tempo"), ("BBR.", "tempo"), ("XX..", None)],
)
def test_contract(contract: str, name: str | None) -> None:
    assert contract_name(contract) == name


@pytest.mark.parametrize(
    ("period", "number", "colour"),
    [
        ("TH..", 1, None), ("HC..", 1, None), ("HP..", 2, None), ("HN..", 1, None), ("PM..", 2, None),
        ("HCJB", 1, "blue"), ("HPJB", 2, "blue"), ("HCJW", 3, "white"), ("HPJW", 4, "white"),
        ("HCJR", 5, "red"), ("HPJR", 6, "red"),
    ],
)  # fmt: skip
def test_period(period: str, number: int, colour: str | None) -> None:
    assert (PERIODS[period.rstrip(".")], tempo_colour(period)) == (number, colour)


@pytest.mark.parametrize("period", ["", "HPJ", "HPXW", "HPJX", "HPJBB"])
def test_no_colour(period: str) -> None:
    assert tempo_colour(period) is None


@pytest.mark.parametrize(
    ("data", "missing"), [("00", ()), ("02", (1,)), ("04", (2,)), ("08", (3,)), ("06", (1, 2)), ("0E", (1, 2, 3))]
)
def test_phases_without_voltage(data: str, missing: tuple[int, ...]) -> None:
    assert missing_phases(data) == missing


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("000000", ()),
        ("3F0000", tuple(f"index {n} implausible" for n in range(1, 7))),
        ("0A0000", ("index 2 implausible", "index 4 implausible")),
        ("24000A", ("index 3 implausible", "index 6 implausible", "phase 1 break", "phase 3 break")),
        ("100005", ("index 5 implausible", "memory error", "phase 2 break")),
        ("400000", ("cover-opening counter wrapped",)),
        ("810000", ("index 1 implausible", "over-voltage above 350 V")),
        ("003200", ("2 watchdog resets", "3 resets with loss of data")),
        ("00000F", ("memory error", "phase 1 break", "phase 2 break", "phase 3 break")),
    ],
)
def test_status_word_of_a_sagem(data: str, words: tuple[str, ...]) -> None:
    assert sagem_status(data) == words


@pytest.mark.parametrize("data", ["40000p", "400000000B", ""])
def test_status_word_that_is_none_of_a_sagem(data: str) -> None:
    with pytest.raises(ValueError, match=r"expected 6 hex|invalid literal"):
        sagem_status(data)
