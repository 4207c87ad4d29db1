"""Every product of the catalogue, against the table that was gathered from the other projects."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from energy_hw.core.message import encode_value
from energy_hw.energenie.parameters import parameter_id
from energy_hw.energenie.profiles import (
    BATTERY,
    MAINS,
    OOK,
    OOK_DIMMER,
    OPENTHINGS,
    PROFILES,
    Profile,
    by_product,
    by_sku,
)

ROWS = json.loads((Path(__file__).parents[1] / "captures" / "energenie_devices.json").read_text())
FSK = [row for row in ROWS if row["proto"] == OPENTHINGS]
SWITCHES = [row for row in ROWS if row["proto"] == OOK]
DIMMERS = [row for row in ROWS if row["proto"] == OOK_DIMMER]


def profile_of(row: dict[str, Any]) -> Profile:
    profile = by_sku(row["sku"])
    assert profile is not None
    assert profile.kind == row["proto"]
    return profile


@pytest.mark.parametrize("row", FSK, ids=lambda row: row["sku"])
def test_two_way_device(row: dict[str, Any]) -> None:
    profile = profile_of(row)
    assert (profile.product, profile.interval_s) == (row["product"], row["interval_s"])
    assert [item.code for item in profile.reports if item.code != "BUTTON"] == [
        item["param"] for item in row["reports"] if item["param"] != "BUTTON"
    ]
    assert profile.power == (MAINS if row["power"] == "mains" else BATTERY)
    assert f"{profile.cells} cells" == row["power"] or not profile.cells


@pytest.mark.parametrize("row", FSK, ids=lambda row: row["sku"])
def test_types_of_reported_values(row: dict[str, Any]) -> None:
    stated = {item["param"]: int(item["type_desc"], 16) for item in row["reports"] if len(item["type_desc"]) == 2}
    ours = {item.code: item.type_length for item in profile_of(row).reports}
    assert {code: ours[code] for code in stated} == stated


@pytest.mark.parametrize("row", FSK, ids=lambda row: row["sku"])
def test_commands_that_it_obeys(row: dict[str, Any]) -> None:
    """Each stated as `NAME id type_len ...`: the id has the command bit."""
    stated = {}
    for text in row["commands"]:
        words = text.split()
        stated[int(words[1], 16) & 0x7F] = int(words[2], 16)
    ours = {parameter_id(command.code): command.type_length for command in profile_of(row).obeys}
    assert ours == stated


@pytest.mark.parametrize("row", SWITCHES, ids=lambda row: row["sku"])
def test_switch(row: dict[str, Any]) -> None:
    profile = profile_of(row)
    assert (profile.gangs, profile.repeats, profile.product) == (row["gangs"], row["repeats"], None)
    assert profile.bursts == (2 if row["repeats"] == 22 else 1)
    assert profile.silence_s == (3.0 if row["repeats"] == 22 else 0.0)


@pytest.mark.parametrize("row", DIMMERS, ids=lambda row: row["sku"])
def test_dimmer_levels(row: dict[str, Any]) -> None:
    profile = profile_of(row)
    ours = {level: f"gang{gang} {'on' if on else 'off'}" for level, gang, on in profile.levels}
    assert ours == row["levels"]
    assert profile.repeats == 75


def test_the_catalogue_is_complete_and_unambiguous() -> None:
    assert {profile.sku for profile in PROFILES} == {row["sku"] for row in ROWS}
    assert max(Counter(profile.sku for profile in PROFILES).values()) == 1
    products = [profile.product for profile in PROFILES if profile.product is not None]
    assert len(products) == len(set(products)) == 8


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.sku)
def test_limits_of_a_command_fit_its_type(profile: Profile) -> None:
    for command in profile.obeys:
        kind, length = command.type_length >> 4, command.type_length & 15
        values = [value for value in (command.low, command.high, *command.options) if value is not None]
        assert all(len(encode_value(kind, length, value)) == length for value in values)
        assert bool(values) == bool(length)


def test_lookup_by_product() -> None:
    plug = by_product(2)
    assert plug is not None
    assert (plug.model, plug.listens) == ("MIHO005 Smart Plug+", "always")
    assert by_product(0x2A) is None


def test_lookup_by_sku_ignores_case() -> None:
    assert by_sku("miho013") is by_product(3)
    assert by_sku("MIHO999") is None


def test_valve_listens_200_ms_after_its_report() -> None:
    valve = by_product(3)
    assert valve is not None
    assert (valve.listens, valve.window_s, valve.cells) == ("after report", 0.2, 2)


def test_reply_of_a_command() -> None:
    valve, plug = by_product(3), by_product(2)
    assert valve is not None
    assert plug is not None
    replies = {command.code: command.reply for command in valve.obeys if command.reply}
    assert replies == {"EXERCISE_VALVE": "DIAGNOSTICS", "DIAGNOSTICS": "DIAGNOSTICS", "BATTERY_LEVEL": "VOLTAGE"}
    switch = plug.command("SWITCH_STATE")
    assert switch is not None
    assert switch.reply == "SWITCH_STATE"
    assert plug.command("TARGET_TEMP") is None
