"""Counters that fall or leap are held back until three telegrams agree (P17)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from energy_hw.p1.plausible import Plausibility
from energy_hw.p1.report import to_report
from energy_hw.p1.telegram import P1Framer, Telegram
from energy_hw.reading import Quantity, Report
from energy_hw.sim.p1 import Setup, make_line
from p1_reader_rig import START, telegram

GAS = "0-1:24.1.0(003)\r\n0-1:96.1.0(473030)\r\n0-1:24.2.1(260115110000W)({}*m3)\r\n"


def report(energy: str = "001000.000", gas: str = "", meter: str = "") -> Report:
    raw = telegram(energy=energy, lines=GAS.format(gas) if gas else "")
    if meter:
        raw = telegram(energy=energy, lines=f"0-0:42.0.0({meter})\r\n").replace(b"0-0:96.1.1(4530303236)\r\n", b"")
    (found,) = P1Framer("ignore").feed(raw)
    assert isinstance(found, Telegram)
    return to_report(found, START, "link")


def believed(energies: list[str], step_s: float = 1.0) -> list[Decimal | None]:
    """What comes under the counter's name, telegram by telegram."""
    plausibility = Plausibility()
    came = []
    for number, energy in enumerate(energies):
        reading = plausibility.check(report(energy), number * step_s).get("energy_import_t1")
        came.append(reading.value if reading else None)
    return came  # type: ignore[return-value]


def values(*texts: str | None) -> list[Decimal | None]:
    return [None if text is None else Decimal(text) for text in texts]


def test_a_counter_that_rises_passes_as_it_is() -> None:
    one = report()
    plausibility = Plausibility()
    assert plausibility.check(one, 0.0) is one
    assert plausibility.check(report("001000.001"), 1.0)["energy_import_t1"].value == Decimal("1000.001")
    assert plausibility.doubted == 0


def test_a_single_dip_is_never_seen_under_the_counters_name() -> None:
    came = believed(["001000.000", "000100.000", "001000.001", "001000.002"])
    assert came == values("1000.000", None, "1000.001", "1000.002")


def test_a_single_leap_is_never_seen_and_does_not_latch() -> None:
    came = believed(["001000.000", "901000.000", "001000.001", "001000.002"])
    assert came == values("1000.000", None, "1000.001", "1000.002")


def test_a_new_level_is_believed_with_the_third_telegram_in_a_row() -> None:
    came = believed(["001000.000", "000100.000", "000100.001", "000100.002", "000100.003"])
    assert came == values("1000.000", None, None, "100.002", "100.003")


def test_three_bad_values_that_do_not_agree_are_not_believed() -> None:
    assert believed(["001000.000", "000300.000", "000200.000", "000100.000"])[1:] == values(None, None, None)


def test_a_good_value_in_between_begins_the_count_anew() -> None:
    came = believed(["001000.000", "000100.000", "000100.001", "001000.001", "000100.002", "001000.002"])
    assert came == values("1000.000", None, None, "1000.001", None, "1000.002")


def test_what_is_held_back_comes_under_another_name() -> None:
    plausibility = Plausibility()
    plausibility.check(report(), 0.0)
    doubtful = plausibility.check(report("000100.000"), 1.0)
    reading = doubtful["energy_import_t1_doubtful"]
    assert (reading.code, reading.value, reading.quantity) == ("1-0:1.8.1?", Decimal("100.000"), Quantity.OTHER)
    assert doubtful["power_import"].value == Decimal("0.540"), "the rest is as it was"
    assert doubtful.raw == report("000100.000").raw
    assert plausibility.doubted == 1
    assert plausibility.why == "1-0:1.8.1 fell from 1000.000 to 100.000"


def test_a_gas_meter_and_what_repeats_it_are_held_back_together() -> None:
    plausibility = Plausibility()
    assert plausibility.check(report(gas="00500.000"), 0.0)["gas_volume"].value == Decimal("500.000")
    doubtful = plausibility.check(report(gas="00050.000"), 1.0)
    assert [reading.name for reading in doubtful if reading.quantity is Quantity.GAS_VOLUME] == []
    assert doubtful["gas_volume_doubtful"].value == Decimal("50.000")


def test_an_hour_of_gas_may_come_at_once() -> None:
    plausibility = Plausibility()
    plausibility.check(report(gas="00500.000"), 0.0)
    plausibility.check(report(gas="00506.500"), 1.0)
    assert plausibility.doubted == 0


def test_after_a_night_without_the_adapter_the_counter_may_have_risen() -> None:
    assert believed(["001000.000", "001050.000"], step_s=8 * 3600.0) == values("1000.000", "1050.000")


def test_another_meter_starts_afresh() -> None:
    plausibility = Plausibility()
    plausibility.check(report(), 0.0)
    assert plausibility.check(report("000001.000", meter="4142434445"), 1.0).get("energy_import_t1") is not None
    assert plausibility.doubted == 0


@pytest.mark.parametrize("profile", ["nl2", "be", "at", "hu"])
def test_of_a_days_telegrams_of_a_simulated_house_none_is_doubted(profile: str) -> None:
    line = make_line(Setup(profile, devices=("gas",) if profile in ("nl2", "be") else (), pv_w=4000))
    plausibility = Plausibility()
    for at in range(0, 26 * 3600, 1800):
        line.meter.advance_to(at)
        (found, *_) = P1Framer("ignore").feed(line.meter.telegram())
        assert isinstance(found, Telegram)
        plausibility.check(to_report(found, START, "link"), float(at))
    assert plausibility.doubted == 0, plausibility.why


def test_a_house_whose_counter_steps_back_once_never_dips() -> None:
    line, plausibility = make_line(Setup("nl5")), Plausibility()
    seen: list[Decimal] = []
    for at in range(60):
        line.meter.advance_to(float(at))
        raw = line.meter.telegram()
        if at == 30:
            line.meter.house.step_back(5.0)
            raw = line.meter.telegram()
            line.meter.house.step_back(-5.0)
        (found, *_) = P1Framer("ignore").feed(raw)
        assert isinstance(found, Telegram)
        reading = plausibility.check(to_report(found, START, "link"), float(at)).get("energy_import_t2")
        if reading is not None:
            seen.append(reading.value)  # type: ignore[arg-type]
    assert seen == sorted(seen)
    assert len(seen) >= 59
