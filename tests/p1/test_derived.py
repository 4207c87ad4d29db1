"""Readings that no line has: what flows in all, which way a current flows, what the tariff is called."""

from __future__ import annotations

from decimal import Decimal

import pytest

import p1_corpus as corpus
from energy_hw.reading import Quantity as Q

PHASE = ("1-0:31.7.0(002*A)", "1-0:21.7.0(00.676*kW)", "1-0:22.7.0(00.000*kW)")


def test_all_derived_readings_are_marked_and_at_the_end() -> None:
    readings = corpus.telegram(*PHASE, "1-0:1.7.0(1*kW)", "1-0:2.7.0(0*kW)").readings
    assert [reading.code.startswith("derived/") for reading in readings] == [False] * 5 + [True] * 3


@pytest.mark.parametrize(("taken", "given", "net"), [("01.193", "00.000", "1.193"), ("00.000", "22.222", "-22.222")])
def test_net_power(taken: str, given: str, net: str) -> None:
    found = corpus.telegram(f"1-0:1.7.0({taken}*kW)", f"1-0:2.7.0({given}*kW)").net_power
    assert found is not None
    assert (found.code, str(found.value), found.unit, found.quantity) == ("derived/net_power", net, "kW", Q.POWER)


@pytest.mark.parametrize(
    ("exported", "amperes"), [("00.000", Decimal(2)), ("00.676", Decimal(2)), ("00.677", Decimal(-2))]
)
def test_current_is_below_zero_while_the_phase_exports(exported: str, amperes: Decimal) -> None:
    telegram = corpus.telegram(PHASE[0], PHASE[1], f"1-0:22.7.0({exported}*kW)")
    found = telegram.signed_current(1)
    assert found is not None
    assert (found.value, found.unit, found.phase, found.name) == (amperes, "A", 1, "signed_current_l1")
    assert telegram["current_l1"].value == 2


def test_no_current_has_no_sign() -> None:
    found = corpus.telegram("1-0:51.7.0(000*A)", "1-0:41.7.0(0*kW)", "1-0:42.7.0(0.1*kW)").signed_current(2)
    assert found is not None
    assert str(found.value) == "0"


@pytest.mark.parametrize(
    "lines",
    [
        ("1-0:1.7.0(1*kW)",),
        ("1-0:1.7.0(1*kW)", "1-0:2.7.0()"),
        ("1-0:1.7.0(1*kW)", "1-0:2.7.0(1*W)"),
        ("1-0:31.7.0(1*A)", "1-0:21.7.0(1*kW)"),
        ("1-0:31.7.0()", "1-0:21.7.0(1*kW)", "1-0:22.7.0(1*W)"),
    ],
)
def test_nothing_is_made_of_halves(lines: tuple[str, ...]) -> None:
    assert not [reading for reading in corpus.telegram(*lines) if reading.code.startswith("derived/")]


def test_net_power_of_a_meter_that_says_it_itself() -> None:
    telegram = corpus.telegram("1-0:16.7.0(-00.500*kW)", "1-0:1.7.0(1*kW)", "1-0:2.7.0(0*kW)")
    assert [reading.code for reading in telegram if reading.name == "net_power"] == ["1-0:16.7.0"]


@pytest.mark.parametrize(
    ("profile", "tariff", "name"),
    [("nl5", "0001", "low"), ("nl5", "0002", "normal"), ("be", "0001", "normal"), ("be", "0002", "low"),
     ("hu", "0001", None), ("nl5", "0003", None)],
)  # fmt: skip
def test_name_of_the_tariff(profile: str, tariff: str, name: str | None) -> None:
    telegram = corpus.telegram(f"0-0:96.14.0({tariff})", profile=profile)
    found = telegram.get("tariff_name")
    assert (found and found.value) == name
    assert telegram["tariff"].value == int(tariff)
