"""Reports as DSMR-reader's API v2 wants them: telegrams of real meters, and a few that are made."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from energy_hw.app.p1_dsmr_values import dsmr_values
from energy_hw.p1.report import to_report
from energy_hw.p1.telegram import Crc, Telegram
from energy_hw.reading import Report
from p1_seed import SEED_TELEGRAM

CAPTURES = Path(__file__).parent.parent / "captures" / "p1"
ARRIVED = datetime(2021, 1, 1, tzinfo=UTC)


def report(raw: bytes) -> Report:
    return to_report(Telegram(raw, Crc.OK, 0, 0), ARRIVED, "here")


def made(*lines: str, header: str = "/ISK5\\2M550T-1012") -> dict[str, str]:
    return dsmr_values(report("\r\n".join((header, "", *lines, "!")).encode()))


def test_every_field_of_a_dutch_meter() -> None:
    assert dsmr_values(report(SEED_TELEGRAM)) == {
        "timestamp": "2020-09-27T18:26:14Z",
        "electricity_delivered_1": "3466.018",
        "electricity_returned_1": "341.672",
        "electricity_delivered_2": "4076.197",
        "electricity_returned_2": "757.504",
        "electricity_currently_delivered": "0.355",
        "electricity_currently_returned": "0.000",
        "phase_currently_delivered_l1": "0.000",
        "phase_currently_delivered_l2": "0.346",
        "phase_currently_delivered_l3": "0.010",
        "phase_currently_returned_l1": "0.000",
        "phase_currently_returned_l2": "0.000",
        "phase_currently_returned_l3": "0.000",
        "phase_voltage_l1": "231.0",
        "phase_voltage_l2": "232.5",
        "phase_voltage_l3": "230.9",
        "phase_power_current_l1": "0",
        "phase_power_current_l2": "2",
        "phase_power_current_l3": "0",
        "extra_device_timestamp": "2020-09-27T18:25:04Z",
        "extra_device_delivered": "3297.485",
    }


def test_one_register_is_the_first_tariff() -> None:
    values = made("1-0:1.8.0(000123.456*kWh)", "1-0:2.8.0(000001.5*kWh)", "1-0:1.7.0(00.5*kW)")
    assert (values["electricity_delivered_1"], values["electricity_delivered_2"]) == ("123.456", "0.000")
    assert (values["electricity_returned_1"], values["electricity_currently_returned"]) == ("1.500", "0.000")


def test_watts_become_kilowatts() -> None:
    values = made("1-0:1.8.0(0000123456*Wh)", "1-0:1.7.0(00500*W)")
    assert (values["electricity_delivered_1"], values["electricity_currently_delivered"]) == ("123.456", "0.500")


def test_a_meter_without_a_time_has_that_of_its_arrival() -> None:
    assert made("1-0:1.8.1(1*kWh)", "1-0:1.7.0(1*kW)")["timestamp"] == "2021-01-01T00:00:00Z"


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("1-0:1.8.1(1*kWh)",),
        ("1-0:1.7.0(1*kW)",),
        ("1-0:1.8.1()", "1-0:1.7.0(1*kW)"),
        ("1-0:1.8.1(1000000*kWh)", "1-0:1.7.0(1*kW)"),
    ],
)
def test_without_what_the_server_insists_on_there_is_nothing(lines: tuple[str, ...]) -> None:
    assert made(*lines) == {}


@pytest.mark.parametrize(
    ("group", "told"), [("01234.567*m3", "1234.567"), ("1234567*dm3", "1234.567"), ("5*l", "0.005")]
)
def test_gas_is_told_in_cubic_metres(group: str, told: str) -> None:
    gas = ("0-1:24.1.0(003)", f"0-1:24.2.1(200927182504S)({group})")
    values = made("1-0:1.8.0(000123.456*kWh)", "1-0:1.7.0(00.5*kW)", *gas)
    assert values["extra_device_delivered"] == told


def test_gas_that_was_never_read_is_left_out() -> None:
    lines = ("0-1:24.1.0(003)", "0-1:24.2.1(632525252525S)(00000.000*m3)")
    assert not any(name.startswith("extra") for name in made("1-0:1.8.1(1*kWh)", "1-0:1.7.0(1*kW)", *lines))


def test_a_value_beyond_the_field_is_left_out() -> None:
    values = made("1-0:1.8.1(1*kWh)", "1-0:1.7.0(1*kW)", "1-0:31.7.0(1000*A)", "1-0:51.7.0(003.6*A)")
    assert "phase_power_current_l1" not in values
    assert values["phase_power_current_l2"] == "4"


@pytest.mark.parametrize("case", sorted(CAPTURES.glob("*/input.*")), ids=lambda path: path.parent.name)
def test_telegrams_of_real_meters_fit_the_fields(case: Path) -> None:
    values = dsmr_values(report(case.read_bytes()))
    assert not values or {"timestamp", "electricity_delivered_1", "electricity_returned_2"} <= set(values)
    for name, text in values.items():
        if "timestamp" not in name:
            assert 0 <= float(text) < 1_000_000
