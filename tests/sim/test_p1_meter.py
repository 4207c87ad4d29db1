"""Telegrams of simulated P1 meters: those of each country, and the same values through the package's own reading."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from energy_hw.p1.cipher import Decipher, Policy
from energy_hw.p1.report import to_report
from energy_hw.p1.telegram import P1Framer, Telegram
from energy_hw.sim.p1_meter import P1Meter
from energy_hw.sim.p1_setup import LAYOUTS, Setup
from p1_sim_rig import MIDSUMMER, START, checksum, meter_of, telegrams_in, text, value

KEY = "88DBF612972C594A2C2F6DDE493EF1C4"
GAS = ("nl2", "nl3", "nl4", "nl5", "be", "lu", "at", "hu", "ch")


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("options", [{}, {"phases": 1}, {"pv_w": 6000.0}], ids=["three", "single", "sun"])
def test_every_meter_sends_whole_telegrams(name: str, options: dict[str, object]) -> None:
    meter = meter_of(name, MIDSUMMER, **options)
    meter.advance_to(100.0)
    raw = meter.telegram()
    assert telegrams_in(raw) == [raw]
    codes = [line.split(b"(")[0] for line in raw.split(b"\r\n") if re.match(rb"\d", line)]
    assert len(codes) == len(set(codes)) >= 6


@pytest.mark.parametrize("name", LAYOUTS)
def test_what_the_package_reads_is_what_the_house_measured(name: str) -> None:
    meter = meter_of(name, MIDSUMMER, pv_w=5000.0, devices=("gas", "water") if name in GAS else ())
    meter.advance_to(1234.0)
    (event,) = [event for event in P1Framer().feed(meter.telegram()) if isinstance(event, Telegram)]
    report = to_report(event, START, "sim")
    house = meter.house
    for reading in report.readings:
        if reading.name in ("energy_import_t1", "energy_import"):
            assert isinstance(reading.value, Decimal)
            wanted = sum(house.import_kwh.values()) if reading.name == "energy_import" else house.import_kwh[1]
            scale = 1000 if reading.unit == "Wh" else 1
            assert 0 <= wanted - float(reading.value) / scale < 0.0011
    names = {reading.name for reading in report.readings}
    assert names & {"power_import", "net_power"}
    assert not [name for name in names if name.startswith("unknown")]
    if report.time is not None and name != "fi":  # a Finnish telegram looks like a Swedish one
        assert report.time == house.now


# ---- what stands in them ----


def test_single_phase_meters_send_one_phase() -> None:
    raw = meter_of("nl5", phases=1).telegram()
    assert b"1-0:32.7.0(" in raw
    assert b"1-0:52.7.0(" not in raw


def test_import_and_export_exclude_each_other() -> None:
    meter = meter_of("nl5", MIDSUMMER, pv_w=9000.0)
    sunny = meter.telegram()
    assert (value(sunny, "1-0:1.7.0"), value(sunny, "1-0:2.7.0") > 5) == (0.0, True)
    meter.house.loads_w = [9000.0, 9000.0, 9000.0]
    hungry = meter.telegram()
    assert (value(hungry, "1-0:1.7.0") > 15, value(hungry, "1-0:2.7.0")) == (True, 0.0)


def test_phases_add_up() -> None:
    meter = meter_of("nl5", MIDSUMMER, pv_w=3000.0)
    for minute in range(20):
        meter.advance_to(minute * 60.0)
        raw = meter.telegram()
        phases = sum(value(raw, f"1-0:{c}.7.0") - value(raw, f"1-0:{c + 1}.7.0") for c in (21, 41, 61))
        assert phases == pytest.approx(value(raw, "1-0:1.7.0") - value(raw, "1-0:2.7.0"), abs=0.0021)


def test_current_apparent_and_reactive_power_follow_from_the_load() -> None:
    meter = meter_of("lu")
    meter.house.loads_w = [4600.0, 2300.0, 1000.0]  # a quarter of each is reactive
    raw = meter.telegram()
    assert [value(raw, f"1-0:{c}.7.0") for c in (3, 4)] == [1.975, 0.0]
    assert (value(raw, "1-0:9.7.0"), value(raw, "1-0:10.7.0")) == (8.143, 0.0)  # hypot(7900, 1975)
    assert value(raw, "1-0:31.7.0") == pytest.approx(1.0308 * 4600 / value(raw, "1-0:32.7.0"), abs=0.6)


def test_apparent_power_goes_the_way_of_the_active_one() -> None:
    raw = meter_of("lu", MIDSUMMER, pv_w=9000.0).telegram()
    assert value(raw, "1-0:9.7.0") == 0.0
    assert value(raw, "1-0:10.7.0") >= value(raw, "1-0:2.7.0") > 5


def test_reactive_energy_of_both_ways_is_that_of_the_quadrants() -> None:
    raw = meter_of("hu").telegram()
    import_q, export_q, *quadrants = (value(raw, f"1-0:{c}.8.0") for c in range(3, 9))
    assert import_q == pytest.approx(quadrants[0] + quadrants[1], abs=0.0021)
    assert export_q == pytest.approx(quadrants[2] + quadrants[3], abs=0.0021)


def test_power_over_a_minute_is_what_the_counter_gains() -> None:
    meter = meter_of("se")
    meter.advance_to(60.0)
    raw = meter.telegram()
    before, power = value(raw, "1-0:1.8.0"), value(raw, "1-0:1.7.0")
    meter.advance_to(120.0)
    assert value(meter.telegram(), "1-0:1.8.0") - before == pytest.approx(power / 60, abs=0.0011)


def test_a_german_meter_is_signed() -> None:
    raw = meter_of("q3d", MIDSUMMER, pv_w=9000.0).telegram()
    assert value(raw, "1-0:1.7.0*255") < -5000
    assert raw.endswith(b"\r\n!\r\n")


def test_belgium() -> None:
    meter = meter_of("be", devices=("gas", "water"))
    meter.house.loads_w = [3000.0, 0.0, 0.0]
    meter.advance_to(900.0)
    raw = meter.telegram()
    assert text(raw, "0-0:96.14.0") == "0001"  # the day
    assert text(raw, "1-0:1.6.0") == "260115121500W|03.000*kW"
    assert text(raw, "0-0:98.1.0").startswith(
        "2|1-0:1.6.0|1-0:1.6.0|251201000000W|251123000000W|03.695*kW|260101000000W"
    )
    assert text(raw, "0-1:24.2.3") == "260115121500W|04836.951*m3" or value(raw, "0-1:24.2.3") >= 4836.851
    assert text(raw, "0-2:24.1.0") == "007"


def test_dutch_gas_of_dsmr_3_and_5() -> None:
    old, new = (meter_of(name, devices=("gas",)).telegram() for name in ("nl3", "nl5"))
    assert b"0-1:24.3.0(260115120000)(00)(60)(1)(0-1:24.2.1)(m3)\r\n(04836.851)\r\n" in old
    assert b"0-1:24.2.1(260115120000W)(04836.851*m3)\r\n" in new


def test_a_channel_whose_device_was_taken_away_is_not_the_gas_meter() -> None:
    raw = meter_of("lu", devices=("dead", "gas")).telegram()
    assert (text(raw, "0-1:96.1.0"), text(raw, "0-1:24.2.1")) == ("", "632525252525W|00000.000*m3")
    (event,) = [event for event in P1Framer().feed(raw) if isinstance(event, Telegram)]
    assert to_report(event, START, "sim")["gas_volume"].value == Decimal("4836.851")


def test_each_seed_is_another_meter() -> None:
    raws = [P1Meter(Setup("nl5"), START, seed).telegram() for seed in (1, 2)]
    assert [bytes.fromhex(text(raw, "0-0:96.1.1")) for raw in raws] == [b"E0026000024153616", b"E0026000024153617"]


def test_the_log_of_failures_stays_as_it_is() -> None:
    meter = meter_of("nl5")
    first = text(meter.telegram(), "1-0:99.97.0")
    meter.advance_to(1000.0)
    assert (
        first
        == text(meter.telegram(), "1-0:99.97.0")
        == ("2|0-0:96.7.19|250619130000S|0000004982*s|251010130000S|0000000240*s")
    )


def test_letters_around_the_change_of_the_clocks() -> None:
    meter = meter_of("nl5", datetime(2026, 10, 25, 0, 59, 59, tzinfo=UTC), devices=("gas",))
    assert text(meter.telegram(), "0-0:1.0.0") == "261025025959S"
    meter.advance_to(1.0)
    raw = meter.telegram()
    assert text(raw, "0-0:1.0.0") == "261025020000W"
    assert text(raw, "0-1:24.2.1").startswith("261025020000W")


# ---- encryption ----


@pytest.mark.parametrize("name", ["lu", "at", "lt"])
def test_encrypted(name: str) -> None:
    meter, twin = meter_of(name, key=KEY), meter_of(name)
    decipher = Decipher(KEY, policy=Policy.TAG)
    frames = [meter.telegram() for _ in range(3)]
    opened = [decipher.decipher(frame) for frame in frames]
    assert {one.plain for one in opened} == {twin.telegram()}
    assert [one.invocation for one in opened] == [1001, 1002, 1003]
    assert (decipher.unverified, decipher.replays) == (0, 0)


def test_encrypted_under_an_authentication_key_that_nobody_has() -> None:
    meter = meter_of("at", key=KEY, auth_key="D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF")
    assert Decipher(KEY).decipher(meter.telegram()).verified == "crc-only"


def test_replayed() -> None:
    meter, decipher = meter_of("lu", key=KEY), Decipher(KEY)
    decipher.decipher(meter.telegram())
    meter.invocation -= 1
    assert decipher.decipher(meter.telegram()).replayed


@pytest.mark.parametrize("name", ["nl5", "nl3"])
def test_wrong_checksum(name: str) -> None:
    raw = meter_of(name).telegram(wrong_crc=True)
    end = raw.rindex(b"!") + 1
    assert raw[end:-2] != checksum(raw[:end])
    assert len(raw[end:-2]) == 4


def test_the_same_seed_is_the_same_meter() -> None:
    assert meter_of("nl5").telegram() == meter_of("nl5").telegram()
