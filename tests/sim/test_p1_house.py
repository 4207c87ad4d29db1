"""A simulated P1 house: counters integrate powers, tariffs follow the clock, devices are read now and then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from energy_hw.sim.p1_house import House, quadrant
from energy_hw.sim.p1_setup import Setup
from p1_sim_rig import MIDSUMMER, START


def house_of(name: str = "nl5", start: datetime = START, **options: object) -> House:
    return House(Setup(name, **options), start, seed=1)  # type: ignore[arg-type]


# ---- counters ----


def test_a_kilowatt_for_an_hour_is_a_kilowatt_hour() -> None:
    house = house_of()
    house.loads_w = [500.0, 300.0, 200.0]
    before = dict(house.import_kwh)
    house.advance_to(3600.0)
    assert house.import_kwh[2] - before[2] == pytest.approx(1.0)
    assert house.import_kwh[1] == before[1]


def test_however_often_one_looks_the_counters_are_the_same() -> None:
    often, seldom = (house_of("be", MIDSUMMER, pv_w=4000.0, devices=("gas", "water")) for _ in range(2))
    for tenths in range(1, 3000):
        often.advance_to(tenths * 0.7)
    seldom.advance_to(2999 * 0.7)
    for counter in ("import_kwh", "export_kwh", "quadrant_kvarh"):
        assert getattr(often, counter) == pytest.approx(getattr(seldom, counter))
    assert [gauge.time for gauge in often.gauges] == [gauge.time for gauge in seldom.gauges]
    assert [gauge.value for gauge in often.gauges] == pytest.approx([gauge.value for gauge in seldom.gauges])


def test_the_sun_turns_the_meter_back() -> None:
    house = house_of(start=MIDSUMMER, pv_w=6000.0)
    house.loads_w = [100.0, 0.0, 0.0]
    before = dict(house.export_kwh)
    house.advance_to(1800.0)
    gained = house.export_kwh[2] - before[2]
    assert sum(house.net_w()) < -5000
    assert gained == pytest.approx((6000 - 100) * 0.5 / 1000, rel=0.05)


def test_the_night_has_no_sun_and_without_a_roof_nothing_is_exported() -> None:
    assert house_of(start=datetime(2026, 7, 15, 23, 0, tzinfo=UTC), pv_w=6000.0).pv_w() == 0
    house = house_of(start=MIDSUMMER)
    house.advance_to(86400.0)
    assert house.export_kwh == {1: 0.0, 2: 0.0}


def test_reactive_energy_is_filed_by_quadrant() -> None:
    assert [quadrant(*pair) for pair in ((1, 1), (-1, 1), (-1, -1), (1, -1))] == [1, 2, 3, 4]
    house = house_of("hu")
    house.loads_w = [1000.0, 1000.0, 1000.0]
    before = dict(house.quadrant_kvarh)
    house.advance_to(3600.0)
    assert {q: round(kvarh - before[q], 6) for q, kvarh in house.quadrant_kvarh.items()} == {1: 0.75, 2: 0, 3: 0, 4: 0}


# ---- tariffs ----


@pytest.mark.parametrize(
    ("name", "moment", "tariff"),
    [
        ("nl5", "2026-01-15T05:59:59", 1),  # 06:59:59 in Amsterdam, a Thursday
        ("nl5", "2026-01-15T06:00:00", 2),
        ("nl5", "2026-01-15T21:00:00", 1),
        ("nl5", "2026-01-17T11:00:00", 1),  # Saturday
        ("be", "2026-01-15T11:00:00", 1),
        ("be", "2026-01-17T11:00:00", 2),
        ("nl5", "2026-07-15T05:00:00", 2),  # summer: 07:00
        ("lt", "2026-01-15T05:00:00", 1),  # 07:00 in Vilnius
    ],
)
def test_which_tariff_counts(name: str, moment: str, tariff: int) -> None:
    assert house_of(name, datetime.fromisoformat(moment).replace(tzinfo=UTC)).tariff == tariff


def test_the_tariff_switches_under_a_running_counter() -> None:
    house = house_of(start=datetime(2026, 1, 15, 5, 30, tzinfo=UTC))
    house.loads_w = [1000.0, 0.0, 0.0]
    before = dict(house.import_kwh)
    house.advance_to(3600.0)
    assert {t: round(kwh - before[t], 6) for t, kwh in house.import_kwh.items()} == {1: 0.5, 2: 0.5}


# ---- devices on the M-Bus ----


@pytest.mark.parametrize(("name", "every_s"), [("nl5", 300), ("be", 300), ("nl4", 3600), ("nl3", 3600)])
def test_gas_is_read_every_five_minutes_or_every_hour(name: str, every_s: int) -> None:
    house = house_of(name, devices=("gas",))
    seen: dict[datetime, set[float]] = {}
    for second in range(0, 7300, 50):
        house.advance_to(float(second))
        seen.setdefault(house.gauges[0].time, set()).add(house.gauges[0].value)
    assert sorted(seen) == [START + timedelta(seconds=s) for s in range(0, 7300, every_s)]
    assert all(len(values) == 1 for values in seen.values())
    volumes = [value for time in sorted(seen) for value in seen[time]]
    assert volumes == sorted(volumes)
    assert volumes[-1] > volumes[0]


# ---- demand ----


def test_demand_of_the_quarter_and_peak_of_the_month() -> None:
    house = house_of("be")
    house.loads_w = [3000.0, 0.0, 0.0]
    house.advance_to(450.0)
    assert (house.demand_kw(), house.peak.power_kw) == (pytest.approx(1.5), 0.0)
    house.advance_to(900.0)
    assert (house.demand_kw(), house.peak.power_kw) == (0.0, pytest.approx(3.0))
    assert house.peak.time == START + timedelta(minutes=15)
    house.loads_w = [1000.0, 0.0, 0.0]
    house.advance_to(1800.0)
    assert house.peak.power_kw == pytest.approx(3.0)


def test_what_the_sun_gives_lowers_no_demand() -> None:
    house = house_of("be", MIDSUMMER, pv_w=6000.0)
    house.loads_w = [9000.0, 9000.0, 0.0]
    house.advance_to(300.0)
    before = house.demand_kw()
    house.loads_w = [0.0, 0.0, 0.0]
    house.advance_to(600.0)
    assert house.demand_kw() == before > 3


def test_a_new_month_has_a_new_peak() -> None:
    house = house_of("be", datetime(2026, 1, 31, 22, 30, tzinfo=UTC))
    house.loads_w = [3000.0, 0.0, 0.0]
    house.advance_to(1795.0)
    assert house.peak.power_kw == pytest.approx(3.0)
    house.advance_to(1800.0)  # midnight in Brussels
    assert house.peak.power_kw == 0.0


# ---- clock, and faults ----


def test_the_hour_that_october_has_twice() -> None:
    house = house_of(start=datetime(2026, 10, 25, 0, 59, 59, tzinfo=UTC))
    assert house.now.isoformat() == "2026-10-25T02:59:59+02:00"
    house.advance_to(1.0)
    assert house.now.isoformat() == "2026-10-25T02:00:00+01:00"


def test_sweden_has_no_summer_and_finland_is_an_hour_ahead() -> None:
    assert house_of("se", MIDSUMMER).now.isoformat() == "2026-07-15T11:00:00+01:00"
    assert house_of("fi", MIDSUMMER).now.isoformat() == "2026-07-15T13:00:00+03:00"


def test_a_clock_that_jumps_stays_off_and_counts_as_before() -> None:
    house, right = house_of(), house_of()
    house.jump(-7200.0)
    house.advance_to(60.0)
    right.advance_to(60.0)
    assert right.now - house.now == timedelta(hours=2)
    assert house.import_kwh == right.import_kwh


def test_the_tariff_follows_the_clock_of_the_meter() -> None:
    house = house_of()
    assert house.tariff == 2
    house.jump(11 * 3600)
    assert house.tariff == 1


def test_a_counter_that_steps_back() -> None:
    house = house_of()
    before = house.import_kwh[2]
    house.step_back(5.0)
    assert house.import_kwh[2] == pytest.approx(before - 5.0)
    house.step_back(1e9)
    assert house.import_kwh[2] == 0.0


def test_voltage_and_frequency_are_those_of_a_grid() -> None:
    house = house_of(start=MIDSUMMER, pv_w=8000.0)
    for second in range(0, 7200, 60):
        house.advance_to(float(second))
        assert all(225 < volts < 236 for volts in house.voltages())
        assert 49.9 < house.frequency() < 50.1


@pytest.mark.parametrize(
    "options",
    [
        {"name": "nl9"},
        {"phases": 2},
        {"devices": ("steam",)},
        {"devices": ("gas",) * 5},
        {"pv_w": -1},
        {"interval_s": -1},
    ],
)
def test_setups_that_no_meter_has(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="expected"):
        Setup(**options)  # type: ignore[arg-type]
