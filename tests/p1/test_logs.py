"""Logs: power failures, peaks of thirteen months, registers at the end of a month."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

import p1_corpus as corpus
from energy_hw.p1.logs import HUNGARIAN
from energy_hw.reading import Quantity as Q

LOG, PEAKS = "1-0:99.97.0", "0-0:98.1.0"


def failures(groups: str) -> list[tuple[str, object, str | None, datetime | None]]:
    return [(r.name, r.value, r.unit, r.time) for r in corpus.telegram(LOG + groups)]


def test_two_failures() -> None:
    assert failures("(2)(0-0:96.7.19)(101208152415W)(0000000240*s)(200708151004S)(0000000301*s)") == [
        ("power_failure_log", 2, None, None),
        ("power_failure_1", 240, "s", datetime(2010, 12, 8, 14, 24, 15, tzinfo=UTC)),
        ("power_failure_2", 301, "s", datetime(2020, 7, 8, 13, 10, 4, tzinfo=UTC)),
    ]


@pytest.mark.parametrize(("groups", "count"), [("()", None), ("(0)(0-0:96.7.19)", 0), ("(3)(0-0:96.7.19)", 3)])
def test_log_without_failures(groups: str, count: int | None) -> None:
    assert failures(groups) == [("power_failure_log", count, None, None)]


def test_more_announced_than_there_are_and_fewer() -> None:
    pair = "(200708151004S)(0000000301*s)"
    assert [name for name, *_ in failures(f"(9)(0-0:96.7.19){pair}")][1:] == ["power_failure_1"]
    assert [name for name, *_ in failures(f"(1)(0-0:96.7.19){pair * 2}")][1:] == ["power_failure_1", "power_failure_2"]


def test_eleven_failures() -> None:
    assert len(failures("(11)(0-0:96.7.19)" + "(200708151004S)(0000000301*s)" * 11)) == 12


def test_clock_that_was_not_set_and_a_duration_beyond_32_bits() -> None:
    assert failures("(1)(0-0:96.7.19)(000102000003W)(2317482647*s)")[1] == ("power_failure_1", 2317482647, "s", None)


def test_without_units() -> None:
    assert failures("(1)(0-0:96.7.19)(000000000000S)(23)")[1] == ("power_failure_1", 23, "s", None)


def test_log_of_israel() -> None:
    assert corpus.only("1-0:99.1.0(0)(0-0:96.7.19)").name == "power_failure_log"


def test_belgian_peaks_have_their_moment_and_the_end_of_their_month() -> None:
    month = "(200501000000S)(200423192538S)(03.695*kW)"
    found = corpus.telegram(f"{PEAKS}(1)(1-0:1.6.0)(1-0:1.6.0){month}")
    assert (found["demand_history"].value, found["demand_history"].quantity) == (1, Q.COUNT)
    peak = found["max_demand_month_1"]
    assert (peak.code, peak.value, peak.unit, peak.time) == (
        "0-0:98.1.0/1", Decimal("3.695"), "kW", datetime(2020, 4, 23, 17, 25, 38, tzinfo=UTC)
    )  # fmt: skip
    assert found["max_demand_month_1_end"].value == datetime(2020, 4, 30, 22, tzinfo=UTC)


def test_thirteen_months() -> None:
    month = "(200501000000S)(200423192538S)(03.695*kW)"
    assert len(corpus.telegram(f"{PEAKS}(13)(1-0:1.6.0)(1-0:1.6.0){month * 13}").readings) == 27


@pytest.mark.parametrize("rest", ["()", "", "(rubbish)"])
def test_no_months(rest: str) -> None:
    assert corpus.only(f"{PEAKS}(0)(1-0:1.6.0)(1-0:1.6.0){rest}").value == 0


def test_month_without_a_peak() -> None:
    found = corpus.telegram(f"{PEAKS}(1)(1-0:1.6.0)(1-0:1.6.0)(200501000000S)(632525252525W)(00.000*kW)")
    assert found["max_demand_month_1"].time is None


def test_swiss_history_is_a_number() -> None:
    assert corpus.only(f"{PEAKS}(12)").value == 12


def test_hungarian_month_has_19_registers() -> None:
    units = ["kWh"] * 6 + ["kvarh"] * 6 + ["kWh"] + ["kW"] * 6
    groups = "".join(f"({number:06}.000*{unit})" for number, unit in enumerate(units, 1))
    end, *registers = corpus.telegram(f"{PEAKS}(230701000000S){groups}")
    assert end.value == datetime(2023, 6, 30, 22, tzinfo=UTC)
    assert [(r.name, r.quantity) for r in registers] == [
        (f"{name}_month_end", quantity) for name, quantity in HUNGARIAN
    ]
    assert [r.value for r in registers] == [Decimal(f"{number}.000") for number in range(1, 20)]
    assert {r.time for r in registers} == {end.value}


def test_hungarian_register_beyond_the_nineteenth() -> None:
    *_, last = corpus.telegram(f"{PEAKS}(230701000000S)" + "(1*kWh)" * 20)
    assert (last.name, last.quantity) == ("register_20_month_end", Q.OTHER)


@pytest.mark.parametrize("line", ["1-0:1.6.0(200509134558S)(02.589*kW)", "1-0:1.6.0(02.589*kW)(200509134558)"])
def test_peak_of_the_month_in_either_order(line: str) -> None:
    found = corpus.only(line)
    assert (found.value, found.time) == (Decimal("2.589"), datetime(2020, 5, 9, 11, 45, 58, tzinfo=UTC))


def test_peak_of_the_month_alone() -> None:
    found = corpus.only("1-1:1.6.0(15.206*kW)")
    assert (found.name, found.value, found.time) == ("max_demand_import", Decimal("15.206"), None)
