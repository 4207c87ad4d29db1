"""M-Bus devices: by their type and channel, and which of several is the house's."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

import p1_corpus as corpus
from energy_hw.p1.mbus import MEDIA
from energy_hw.p1.value import P1Telegram
from energy_hw.reading import Quantity as Q

NOON, HOUR_BEFORE = "260115120000W", "260115110000W"
AT_NOON = datetime(2026, 1, 15, 11, tzinfo=UTC)


def device(channel: int, kind: str, stamp: str, value: str, code: str = "24.2.1") -> tuple[str, str]:
    return f"0-{channel}:24.1.0({kind})", f"0-{channel}:{code}({stamp})({value})"


@pytest.mark.parametrize(
    ("kind", "unit", "name", "quantity"),
    [
        ("002", "kWh", "energy", Q.ENERGY),
        ("003", "m3", "gas_volume", Q.GAS_VOLUME), ("3", "m3", "gas_volume", Q.GAS_VOLUME),
        ("03", "m³", "gas_volume", Q.GAS_VOLUME), ("004", "GJ", "heat", Q.HEAT), ("012", "kWh", "heat", Q.HEAT),
        ("006", "m3", "warm_water_volume", Q.WATER_VOLUME), ("007", "m3", "water_volume", Q.WATER_VOLUME),
        ("010", "GJ", "cold", Q.HEAT), ("011", "MJ", "cold", Q.HEAT), ("013", "GJ", "heat_and_cold", Q.HEAT),
        ("008", "HCA", "heat_cost", Q.COUNT),
    ],
)  # fmt: skip
def test_type_of_the_device_says_what_it_measures(kind: str, unit: str, name: str, quantity: Q) -> None:
    telegram = corpus.telegram(*device(1, kind, NOON, f"00012.345*{unit}"))
    found = telegram[f"{name}_ch1"]
    assert (found.value, found.unit, found.quantity, found.channel, found.time) == (
        Decimal("12.345"), unit, quantity, 1, AT_NOON
    )  # fmt: skip
    assert telegram[name].code == f"derived/{name}"


@pytest.mark.parametrize(
    "lines", [device(1, "303", NOON, "1*m3"), device(1, "003", NOON, "1*kWh"), (f"0-1:24.2.1({NOON})(1*m3)",)]
)
def test_what_it_measures_is_not_guessed(lines: tuple[str, ...]) -> None:
    telegram = corpus.telegram(*lines)
    assert (telegram["mbus_reading_ch1"].quantity, telegram.gas) == (Q.OTHER, None)


def test_type_may_come_after_the_reading() -> None:
    assert corpus.telegram(*reversed(device(1, "003", NOON, "1*m3"))).gas is not None


@pytest.mark.parametrize("channel", range(1, 10))
def test_channels_one_to_nine(channel: int) -> None:
    found = corpus.telegram(*device(channel, "003", NOON, "1*m3"))["gas_volume"]
    assert found.channel == channel


def test_replaced_meter_that_goes_on_being_sent_is_not_the_gas_meter() -> None:
    frozen, live = device(1, "003", "220615180000S", "09999.999*m3"), device(2, "003", NOON, "00000.107*m3")
    for order in ((*frozen, *live), (*live, *frozen)):
        telegram = corpus.telegram(*order)
        assert telegram.gas is not None
        assert (telegram.gas.channel, telegram.gas.value, telegram.gas.time) == (2, Decimal("0.107"), AT_NOON)
        assert telegram["gas_volume_ch1"].value == Decimal("9999.999")  # still told, under its channel


def test_of_two_as_fresh_the_higher_channel() -> None:
    telegram = corpus.telegram(
        *device(2, "003", NOON, "2*m3"), *device(4, "003", NOON, "4*m3"), *device(1, "003", NOON, "1*m3")
    )
    assert telegram.gas is not None
    assert telegram.gas.channel == 4


@pytest.mark.parametrize("stamp", ["632525252525S", "632525252525W", "700101010000W", "000101010000W", ""])
def test_reading_that_was_never_read_is_no_zero(stamp: str) -> None:
    telegram = corpus.telegram(*device(1, "007", stamp, "00000.000"))
    found = telegram["water_volume_ch1"]
    assert (found.value, found.time, telegram.water) == (None, None, None)


def test_dead_channel_beside_a_live_one() -> None:
    telegram = corpus.telegram(*device(1, "003", NOON, "5*m3"), *device(2, "003", "700101010000W", "00000000"))
    assert telegram.gas is not None
    assert telegram.gas.channel == 1


def test_every_medium_by_itself() -> None:
    telegram = corpus.telegram(
        *device(1, "007", NOON, "7*m3"), *device(2, "003", HOUR_BEFORE, "3*m3"), *device(3, "004", NOON, "4*GJ")
    )
    assert [(found.channel, found.value) for found in (telegram.gas, telegram.water, telegram.heat) if found] == [
        (2, 3), (1, 7), (3, 4)
    ]  # fmt: skip


@pytest.mark.parametrize(("profile", "value"), [("be", 3), ("nl5", 1)])
def test_of_two_codes_of_one_channel_the_one_of_the_country(profile: str, value: int) -> None:
    lines = (*device(1, "003", NOON, "1*m3"), f"0-1:24.2.3({NOON})(3*m3)")
    found = corpus.telegram(*lines, profile=profile).gas
    assert found is not None
    assert found.value == value


def test_status_of_dsmr_3_may_be_hexadecimal_and_the_code_another() -> None:
    telegram = corpus.telegram("0-1:24.1.0(03)", "0-1:24.3.0(090212160000)(2C)(60)(1)(0-1:24.2.0)(m3)", "(00001.001)")
    assert telegram["gas_volume"].value == Decimal("1.001")


@pytest.mark.parametrize(("utc_minute", "offset"), [("00:31", 2), ("01:29", 1)])
@pytest.mark.parametrize(
    "lines",
    [
        ("0-1:24.1.0(03)", "0-1:24.3.0(161030023000)(00)(60)(1)(0-1:24.2.1)(m3)", "(00001.001)"),
        ("1-0:1.6.0(02.589*kW)(161030023000)",),
        ("0-0:1.0.0(161030023000)",),
    ],
)
def test_hour_that_there_is_twice_is_the_one_in_which_it_came(
    lines: tuple[str, ...], utc_minute: str, offset: int
) -> None:
    received = datetime.fromisoformat(f"2016-10-30T{utc_minute}:00+00:00")
    found = P1Telegram(corpus.raw(*lines), None, received).readings[-1]
    moment = found.value if found.name == "meter_time" else found.time
    assert moment == datetime.fromisoformat(f"2016-10-30T02:30:00+0{offset}:00")


def test_same_line_under_another_type_is_another_reading() -> None:
    names = [corpus.telegram(*device(1, kind, NOON, "1*m3")).readings[1].name for kind in ("003", "007", "303", "003")]
    assert names == ["gas_volume_ch1", "water_volume_ch1", "mbus_reading_ch1", "gas_volume_ch1"]


def test_cold_of_dsmr_3() -> None:
    telegram = corpus.telegram("0-2:24.1.0(010)", "0-2:24.3.1(090212160000)(00)(60)(1)(0-2:24.2.1)(GJ)", "(00001.001)")
    assert telegram["cold"].code == "derived/cold"


def test_mbus_gives_what_one_device_says() -> None:
    telegram = corpus.telegram(
        *device(1, "003", NOON, "1*m3"), "0-1:96.1.0(4730)", "0-1:24.4.0(1)", *device(2, "007", NOON, "1*m3")
    )
    assert [found.name for found in telegram.mbus(1)] == ["mbus_type_ch1", "gas_volume_ch1", "mbus_id_ch1", "valve_ch1"]


@pytest.mark.parametrize("value", ["1", "0", "2"])
def test_valve(value: str) -> None:
    assert corpus.only(f"0-1:24.4.0({value})").value is (value == "1")


def test_every_medium_has_a_name_of_its_own_or_its_twin_of_inlet_and_outlet() -> None:
    names = [medium.name for medium in MEDIA.values()]
    assert {name for name in names if names.count(name) > 1} == {"heat", "cold"}
