"""Dictionaries in the shape of others, against what the others made of the same bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import p1_corpus as corpus
from energy_hw.p1.dsmr_names import NAMES, seed_name
from energy_hw.p1.value import P1Telegram

THEIRS = json.loads((corpus.CAPTURES / "dsmr_parser_1_11_2.json").read_text())
SEED = json.loads((corpus.CAPTURES / "dsmr_parser_0_23.json").read_text())

# fmt: off
BETTER = {
    # what dsmr_parser has wrong                                           why
    ("be_iskraie_isk5_mie5t_200_3c0126", "P1_MESSAGE_TIMESTAMP"),        # S in February is an offset, too
    ("be_iskraie_isk5_mie5t_200_3c0126", "EQUIPMENT_IDENTIFIER_GAS"),    # the id of the meter, not of a gas meter
    ("be_iskraie_isk5_mie5t_200_3c0126", "MBUS_DEVICES"),                # an id of nothing
    ("be_node_emucs_p1_v2_1_1_spec_example_1", "ACTUAL_SWITCH_POSITION"),            # the breaker's
    ("be_node_emucs_p1_v2_1_1_spec_example_1", "BELGIUM_MAXIMUM_DEMAND_13_MONTHS"),  # S in March is an offset, too
    ("lt_eso_lt_7773", "P1_MESSAGE_TIMESTAMP"),                          # Lithuania is two hours from UTC
    ("nl_4_0_node_dsmr_4_0_isk_1", "POWER_EVENT_FAILURE_LOG"),           # 1-0:99:97.0
    ("nl_4_0_node_dsmr_4_0_isk_1", "VOLTAGE_SAG_L3_COUNT"),              # 1-0:72:32.0
    ("nl_5_0_test_v5_telegram_8fb84b", "MBUS_DEVICES"),                  # S in December is an offset, too
}
# fmt: on


def ours(case: str, style: Any, **options: bool) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(json.dumps(P1Telegram(corpus.raw_of(case)).to_dict(style, **options)))
    return result


@pytest.mark.parametrize("case", THEIRS)
def test_as_dsmr_parser(case: str) -> None:
    found, theirs = ours(case, "dsmr_parser"), THEIRS[case]
    assert {key for key in {**found, **theirs} if found.get(key) != theirs.get(key)} == {
        key for name, key in BETTER if name == case
    }


@pytest.mark.parametrize("case", SEED)
def test_as_the_rest_server(case: str) -> None:
    found = ours(case, "seed", strict=True)
    theirs = {seed_name(attribute): value for attribute, value in SEED[case].items()}
    better = {seed_name(key) for name, key in BETTER if name == case}
    assert [(key, value) for key, value in found.items() if key not in better] == list(theirs.items())  # and the order


def test_text_of_the_rest_server() -> None:
    lines = ("1-3:0.2.8(50)", "0-0:1.0.0(200927202614S)", "1-0:1.8.1(003466.018*kWh)", "0-0:96.14.0(0001)",
             "1-0:2.7.0(00.000*kW)", "0-0:96.7.21(00004)", "0-0:96.13.0()", "0-1:24.1.0(003)", "1-0:51.7.0(002*A)",
             "0-1:24.2.1(200927202504S)(03297.485*m3)",
             "1-0:99.97.0(1)(0-0:96.7.19)(181203192015W)(0000009884*s)")  # fmt: skip
    expected = {
        "p1MessageHeader": {"value": "50", "unit": None},
        "p1MessageTimestamp": {"value": "2020-09-27T20:26:14+02:00", "unit": None},
        "electricityUsedTariff1": {"value": 3466.018, "unit": "kWh"},
        "electricityActiveTariff": {"value": "0001", "unit": None},
        "currentElectricityDelivery": {"value": 0.0, "unit": "kW"},
        "shortPowerFailureCount": {"value": 4, "unit": None},
        "powerEventFailureLog": {
            "buffer_length": 1,
            "buffer_type": "0-0:96.7.19",
            "buffer": [{"datetime": "2018-12-03T19:20:15+01:00", "value": 9884, "unit": "s"}],
        },
        "textMessage": {"value": None, "unit": None},
        "deviceType": {"value": 3, "unit": None},
        "instantaneousCurrentL2": {"value": 2.0, "unit": "A"},
        "hourlyGasMeterReading": {"datetime": "2020-09-27T20:25:04+02:00", "value": 3297.485, "unit": "m3"},
    }
    found = corpus.telegram(*lines).to_dict("seed")
    assert json.dumps(found, indent=3) == json.dumps(expected, indent=3)


def test_voltages_stand_behind_the_swells() -> None:
    keys = list(ours("nl_5_0_isk5_2m550t_1013_335ab0", "seed"))
    at = keys.index("voltageSwellL3Count")
    assert keys[at + 1 : at + 5] == [f"instantaneousVoltageL{phase}" for phase in (1, 2, 3)] + ["textMessage"]
    assert "instantaneousVoltageL1" not in ours("nl_5_0_isk5_2m550t_1013_335ab0", "seed", strict=True)


@pytest.mark.parametrize("case", corpus.CASES, ids=lambda case: case.name)
def test_additional_keys_change_no_other(case: Path) -> None:
    name = case.name
    strict, loose = ours(name, "seed", strict=True), ours(name, "seed")
    gas = {"deviceType", "equipmentIdentifierGas", "hourlyGasMeterReading"}
    assert {key: value for key, value in loose.items() if key in strict and key not in gas} == {
        key: value for key, value in strict.items() if key not in gas
    }
    assert gas & strict.keys() <= loose.keys()


@pytest.mark.parametrize(
    ("case", "keys"),
    [
        ("lu_lux_spec_1_1_3_example", {"luxembourgEquipmentIdentifier", "electricityImportedTotal", "msnCtRatio"}),
        ("be_node_emucs_p1_v2_1_1_spec_example_1", {"belgiumVersionInformation", "belgiumMaximumDemand13Months"}),
        ("derived_derived_hu_slash_header", {"frequency", "cosemLogicalDeviceName", "equipmentSerialNumber"}),
        ("de_q3d_esy5q3db1024_v3_04_8a9d17", {"q3DEquipmentIdentifier", "q3DEquipmentSerialnumber"}),
        ("nl_2_2_3_0_isk5_2mt382_1003_59812b", {"gasMeterReading", "valvePositionGas", "actualSwitchPosition"}),
    ],
)
def test_keys_of_other_countries(case: str, keys: set[str]) -> None:
    assert keys <= ours(case, "seed").keys()


def test_belgian_gas_is_under_the_name_that_readers_know() -> None:
    found = ours("be_node_emucs_p1_v2_1_1_spec_example_1", "seed")
    assert found["hourlyGasMeterReading"] == {"datetime": "2020-05-12T13:45:58+02:00", "value": 112.384, "unit": "m3"}


def test_gas_meter_is_the_one_that_lives_unless_strict() -> None:
    lines = ("0-1:24.1.0(003)", "0-1:96.1.0(01)", "0-1:24.2.1(700101010000W)(00000000)",
             "0-2:24.1.0(003)", "0-2:96.1.0(02)", "0-2:24.2.1(260115120000W)(00005.000*m3)")  # fmt: skip
    found = corpus.telegram(*lines).to_dict("seed")
    assert (found["equipmentIdentifierGas"]["value"], found["hourlyGasMeterReading"]["value"]) == ("02", 5.0)
    assert [device["CHANNEL_ID"] for device in found["mbusDevices"]] == [1, 2]
    strict = corpus.telegram(*lines).to_dict("seed", strict=True)
    assert (strict["equipmentIdentifierGas"]["value"], "mbusDevices" in strict) == ("01", False)


def test_gas_meter_that_was_never_read_has_no_reading_unless_strict() -> None:
    telegram = corpus.telegram("0-1:24.1.0(003)", "0-1:24.2.1(700101010000W)(00000000)")
    assert telegram.to_dict("seed").keys() == {"deviceType"}
    assert telegram.to_dict("seed", strict=True)["hourlyGasMeterReading"]["value"] == 0.0


def test_sweden_in_its_own_offset() -> None:
    found = corpus.telegram("0-0:1.0.0(210606170840W)", header="ELL5\\2")
    assert found.to_dict("seed")["p1MessageTimestamp"]["value"] == "2021-06-06T17:08:40+01:00"
    assert found.to_dict("dsmr_parser")["P1_MESSAGE_TIMESTAMP"]["value"] == "2021-06-06T16:08:40+00:00"


def test_message_code_that_is_text() -> None:
    found = [
        corpus.telegram(f"0-0:96.13.1({text})").to_dict("seed")["textMessageCode"] for text in ("123", "49206C", "")
    ]
    assert [code["value"] for code in found] == [123, "49206C", None]


def test_bad_lines_are_left_out() -> None:
    assert corpus.telegram("1-0:1.7.0(x*kW)", "1-0:2.7.0(1*kW)").to_dict("seed").keys() == {
        "currentElectricityDelivery"
    }


@pytest.mark.parametrize("style", ["seed", "dsmr_parser"])
@pytest.mark.parametrize("case", corpus.CASES, ids=lambda case: case.name)
def test_every_capture_can_be_written(case: Path, style: str) -> None:
    assert ours(case.name, style) or case.name == "synthetic"


def test_every_name_has_one_spelling() -> None:
    assert len({seed_name(name.attribute) for name in NAMES}) == len({name.attribute for name in NAMES})
