"""The tables of OBIS codes: by code, by phase, tariff and channel, and against the page that users read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import p1_corpus as corpus
from energy_hw.p1.dsmr_names import NAMES, PATTERNS, seed_name
from energy_hw.p1.obis import ROWS, TABLE, find
from energy_hw.p1.obis_rows import Kind, Obis
from energy_hw.reading import Quantity as Q

PAGE = (Path(__file__).parents[2] / "docs" / "p1-codes.md").read_text()


def row(code: str) -> Obis:
    found = find(code)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("code", "name", "quantity", "unit"),
    [
        ("1-0:1.8.0", "energy_import", Q.ENERGY_IMPORT, "kWh"),
        ("1-0:1.8.1", "energy_import_t1", Q.ENERGY_IMPORT, "kWh"),
        ("1-0:1.8.13", "energy_import_t13", Q.ENERGY_IMPORT, "kWh"),  # Israel
        ("1-0:2.8.5", "energy_export_t5", Q.ENERGY_EXPORT, "kWh"),  # Iskra
        ("1-0:3.8.2", "reactive_energy_import_t2", Q.REACTIVE_ENERGY, "kvarh"),
        ("1-0:8.8.0", "reactive_energy_q4", Q.REACTIVE_ENERGY, "kvarh"),
        ("1-0:1.7.0", "power_import", Q.POWER, "kW"),
        ("1-0:2.7.0", "power_export", Q.POWER, "kW"),
        ("1-0:61.7.0", "power_import_l3", Q.POWER, "kW"),
        ("1-0:42.7.0", "power_export_l2", Q.POWER, "kW"),
        ("1-0:64.7.0", "reactive_power_export_l3", Q.REACTIVE_POWER, "kvar"),
        ("1-0:69.7.0", "apparent_power_l3", Q.APPARENT_POWER, "kVA"),
        ("1-0:51.7.0", "current_l2", Q.CURRENT, "A"),
        ("1-0:72.7.0", "voltage_l3", Q.VOLTAGE, "V"),
        ("1-0:73.7.0", "power_factor_l3", Q.POWER_FACTOR, None),
        ("1-0:91.7.0", "neutral_current", Q.CURRENT, "A"),
        ("1-0:14.7.0", "frequency", Q.FREQUENCY, "Hz"),
        ("1-0:71.4.0", "fuse_threshold_l3", Q.CURRENT, "A"),
        ("1-0:72.36.0", "voltage_swells_l3", Q.COUNT, None),
        ("1-0:52.33.0", "sag_duration_l2", Q.DURATION, "s"),
        ("1-0:1.4.0", "demand_import", Q.POWER, "kW"),
        ("0-0:96.14.0", "tariff", Q.TARIFF, None),
        ("0-0:96.1.1", "equipment_id", Q.TEXT, None),
        ("0-0:96.13.5", "message_5", Q.TEXT, None),
        ("0-3:24.1.0", "mbus_type_ch3", Q.TEXT, None),
        ("0-9:24.4.0", "valve_ch9", Q.SWITCH, None),
        ("0-2:96.3.10", "relay_2", Q.SWITCH, None),
    ],
)
def test_row(code: str, name: str, quantity: Q, unit: str | None) -> None:
    found = row(code)
    assert (found.code, found.name, found.quantity, found.unit) == (code, name, quantity, unit)


@pytest.mark.parametrize("found", ROWS.values(), ids=lambda found: found.code)
def test_names_are_snake_case_and_say_phase_and_tariff(found: Obis) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", found.name)
    assert (f"_l{found.phase}" in found.name) == (found.phase is not None)
    assert found.name.endswith(f"_t{found.tariff}") == (found.tariff is not None)


def test_no_name_stands_for_two_things() -> None:
    twice = {"serial_number", "meter_address", "tariff", "power_failure_log", "mbus_id_chn", "mbus_reading_chn"}
    names = [found.name for found in ROWS.values() if found.name not in twice]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("prefix", ["0-0", "1-0", "1-1"])
def test_registers_may_stand_under_any_of_these(prefix: str) -> None:
    assert row(f"{prefix}:1.8.1").name == "energy_import_t1"
    assert row(f"{prefix}:1.8.1").code == f"{prefix}:1.8.1"


@pytest.mark.parametrize("code", ["2-0:1.8.1", "0-1:1.8.1", "1-2:1.8.1", "0-10:24.1.0", "0-0:24.1.0", "1-1:24.2.1"])
def test_others_may_not(code: str) -> None:
    assert not row(code).known


def test_codes_that_differ_by_their_prefix_alone() -> None:
    assert [row(f"{prefix}:0.2.8").name for prefix in ("1-3", "1-0", "1-1")] == [
        "p1_version", "firmware_checksum", "firmware_checksum_2"
    ]  # fmt: skip
    assert [row(f"{prefix}:96.1.1").name for prefix in ("0-0", "0-1")] == ["equipment_id", "mbus_id_ch1"]
    assert [row(f"{prefix}:31.4.0").kind for prefix in ("1-0", "1-1")] == [Kind.NUMBER, Kind.PAIR]


def test_unknown_code_has_a_row_that_says_so() -> None:
    found = row("1-0:42.1.0")
    assert (found.name, found.quantity, found.known) == ("unknown_1_0_42_1_0", Q.OTHER, False)


@pytest.mark.parametrize(
    "text", ["", "1.8.1", "1-0:1.8", "a-0:1.8.1", "1-0:1.8.1.2.3", "1-0:1.8.1234", "x1-0:1.8.1", "1-0:1.8.١"]
)
def test_what_is_no_code(text: str) -> None:
    assert find(text) is None


def test_noise_does_not_fill_the_memory() -> None:
    for number in range(3000):
        find(f"{number % 255}-0:{number // 255}.250.250")
    assert find.cache_info().currsize <= 1024


@pytest.mark.parametrize(
    ("attribute", "name"),
    [
        ("P1_MESSAGE_HEADER", "p1MessageHeader"),
        ("INSTANTANEOUS_ACTIVE_POWER_L1_POSITIVE", "instantaneousActivePowerL1Positive"),
        ("BELGIUM_MAXIMUM_DEMAND_13_MONTHS", "belgiumMaximumDemand13Months"),
        ("Q3D_EQUIPMENT_IDENTIFIER", "q3DEquipmentIdentifier"),
        ("ACTUAL_TRESHOLD_ELECTRICITY", "actualTresholdElectricity"),
        ("HOURLY_GAS_METER_READING", "hourlyGasMeterReading"),
        ("MSN_TEXT_MESSAGE_2", "msnTextMessage2"),
    ],
)
def test_name_in_the_json_of_the_rest_server(attribute: str, name: str) -> None:
    assert seed_name(attribute) == name


def test_every_name_of_dsmr_parser_belongs_to_a_code_that_we_know() -> None:
    for name in NAMES:
        code = name.code.replace("n:", "0-1:").replace("0:", "0-0:") if name.code[1] == ":" else name.code
        candidates = [code] if "-" in code else [f"{prefix}:{code}" for prefix in ("1-0", "0-0")]
        assert any(row(candidate).known for candidate in candidates), name


GROUPS = {
    Kind.NUMBER: "(000123.456*X)", Kind.BARE: "(400)", Kind.COUNT: "(00004)", Kind.TARIFF: "(0002)", Kind.HEX: "(4B38)",
    Kind.TIME: "(200512134558S)", Kind.VERSION: "(50)", Kind.TEXT: "(abc)", Kind.SWITCH: "(1)", Kind.LIMIT: "(16*A)",
    Kind.PAIR: "(100*A)(-063*A)", Kind.DEMAND: "(200512134558S)(02.589*kW)", Kind.FAILURES: "(0)(0-0:96.7.19)",
    Kind.HISTORY: "(0)(1-0:1.6.0)(1-0:1.6.0)", Kind.MBUS_TYPE: "(003)", Kind.MBUS: "(200512134558S)(00112.384*m3)",
    Kind.MBUS_OLD: "(200512134558)(00)(60)(1)(0-1:24.2.1)(m3)(00112.384)",
}  # fmt: skip


@pytest.mark.parametrize("found", ROWS.values(), ids=lambda found: found.code)
def test_every_row_gives_a_reading(found: Obis) -> None:
    code = found.code.replace("*", "1-0").replace("0-n", "0-1")
    telegram = corpus.telegram(code + GROUPS[found.kind])
    assert not telegram.bad_lines
    first = telegram.readings[0]
    name = found.name[:-1] + "1" if found.code.startswith("0-n") else found.name
    assert first.code.removesuffix("/1") == code
    assert first.name.removesuffix("_1") == name.removesuffix("_1")
    assert (first.phase, first.tariff, first.channel) == (found.phase, found.tariff, 1 if "0-n" in found.code else None)
    assert first.value is not None


def page_rows() -> list[list[str]]:
    lines = [line for line in PAGE.splitlines() if re.match(r"\| `[0-9*]", line) and line.count("|") == 8]
    return [[cell.strip().replace("`", "") for cell in line[1:-1].split("|")] for line in lines]


def test_the_page_shows_the_table() -> None:
    ours = [[found.code, found.name, found.quantity.value, found.unit or "", found.kind.value] for found in TABLE]
    assert [cells[:5] for cells in page_rows()] == ours


def test_the_page_shows_the_names_of_dsmr_parser() -> None:
    def attributes(code: str) -> str:
        short = code.partition(":")[2]
        where = {code, short if not code.startswith("0-n") else "", ("n:" if code.startswith("0-n") else "0:") + short}
        return ", ".join(dict.fromkeys(name.attribute for name in PATTERNS if name.code in where))

    shown = {cells[0]: cells[6] for cells in page_rows() if not cells[0].endswith(".t")}
    assert shown == {code: attributes(code) for code in shown}
