"""The parameter table against the specification's, row by row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from energy_hw.energenie.parameters import BATTERY_VOLTAGE, PARAMETERS, parameter, parameter_id
from energy_hw.reading import Quantity

ROWS = json.loads((Path(__file__).parents[1] / "captures" / "openthings_params.json").read_text())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_row_of_the_specification(row: dict[str, Any]) -> None:
    ours = PARAMETERS[int(row["id"], 16)]
    assert (ours.code, ours.unit or "") == (row["name"], row["unit"])


def test_no_row_but_those_of_the_specification() -> None:
    assert set(PARAMETERS) == {int(row["id"], 16) for row in ROWS}
    assert all(number == row.id for number, row in PARAMETERS.items())


def test_names_are_unique_and_snake_case() -> None:
    names = [row.name for row in PARAMETERS.values()]
    assert len(set(names)) == len(names)
    assert all(name == name.lower() and name.replace("_", "").isalnum() for name in names)


@pytest.mark.parametrize(
    ("number", "name", "quantity", "unit"),
    [
        (0x70, "real_power", Quantity.POWER, "W"),
        (0x76, "voltage", Quantity.VOLTAGE, "V"),
        (0x62, "battery_voltage", Quantity.BATTERY_VOLTAGE, "V"),
        (0x4B, "target_temperature", Quantity.TEMPERATURE, "degC"),
        (0x59, "wakeup", Quantity.EVENT, None),
        (0x6A, "join", Quantity.EVENT, None),
        (0x73, "switch_state", Quantity.SWITCH, None),
    ],
)
def test_what_a_parameter_means(number: int, name: str, quantity: Quantity, unit: str | None) -> None:
    row = parameter(number)
    assert (row.name, row.quantity, row.unit) == (name, quantity, unit)


def test_unknown_parameter_says_its_number() -> None:
    assert parameter(0x1F) == (0x1F, "UNKNOWN_1F", "unknown_1f", Quantity.OTHER, None, None)


def test_phases_are_numbered() -> None:
    assert [parameter(number).phase for number in (0x79, 0x7A, 0x7B, 0x7C)] == [1, 2, 3, None]


def test_battery_voltage_keeps_the_code_of_voltage() -> None:
    assert (BATTERY_VOLTAGE.code, BATTERY_VOLTAGE.quantity) == ("VOLTAGE", Quantity.BATTERY_VOLTAGE)


def test_id_by_either_name() -> None:
    assert parameter_id("TARGET_TEMP") == parameter_id("target_temperature") == 0x4B
    with pytest.raises(KeyError):
        parameter_id("TEST")
