"""Definitions of mate3_pg: files as mate3 0.4 takes them, what is new, and every fault with its line."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from energy_hw.app.pg_definitions import Definitions, DefinitionsError, read_definitions
from energy_hw.app.pg_names import devices, fields, matching
from energy_hw.app.pg_types import column_type, common_type
from energy_hw.errors import ConfigError, ExtraMissing
from energy_hw.outback.tables import models, points
from energy_hw.sinks.postgres_table import TYPES

OLD = """
tables:
  # as the example of mate3 0.4 is written
  my_database_table:
    - port: 1
      device: "single_phase_radian_inverter"
      field: "battery_voltage"
      db_column: "battery_voltage"
    - port: 1
      device: "single_phase_radian_inverter"
      field: "output_kw"
      db_column: "output_kw"

    - port: "2"
      device: "charge_controller"
      field: "watts"
      db_column: "cc1_watts"
    - port: 2
      device: "charge_controller"
      field: "temperature_output_fets"
      db_column: "cc1_celsius"
    - {port: 2, device: charge_controller, field: charger_state, db_column: cc1_state}
    - {port: 5, device: flexnet_dc, field: state_of_charge, db_column: soc}
  device_text:
    - {port: 1, device: radian_inverter_configuration, field: model_number, db_column: inverter1_model}
"""


def read(tmp_path: Path, text: str, name: str = "house.yaml", compat_raw: bool = False) -> Definitions:
    path = tmp_path / name
    path.write_text(text)
    return read_definitions(path, compat_raw)


def faults(tmp_path: Path, text: str, name: str = "house.yaml") -> list[str]:
    with pytest.raises(DefinitionsError) as caught:
        read(tmp_path, text, name)
    return [fault.removeprefix(f"{tmp_path}/{name}") for fault in caught.value.faults]


def types(found: Definitions, number: int = 0) -> dict[str, str]:
    return {column.name: column.type for column in found.tables[number].table.columns}


def test_a_file_of_mate3_is_taken_as_it_is_and_its_numbers_keep_their_digits(tmp_path: Path) -> None:
    found = read(tmp_path, OLD)
    assert [table.table.name for table in found.tables] == ["my_database_table", "device_text"]
    assert types(found) == {
        "battery_voltage": "numeric",
        "output_kw": "numeric",
        "cc1_watts": "numeric",
        "cc1_celsius": "numeric",
        "cc1_state": "text",
        "soc": "integer",
    }
    assert types(found, 1) == {"inverter1_model": "varchar(100)"}
    assert [each.port for each in found.tables[0].columns] == [1, 1, 2, 2, 2, 5]
    assert found.tables[0].table.time_column == "timestamp"


def test_raw_as_before_makes_the_columns_of_before(tmp_path: Path) -> None:
    found = read(tmp_path, OLD, compat_raw=True)
    assert set(types(found).values()) == {"integer"}
    assert types(found, 1) == {"inverter1_model": "varchar(100)"}
    assert not any(each.scaled for each in found.tables[0].columns)


def test_what_is_new(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        """
        x-port: &here {port: 3}
        tables:
          settings:
            interval: 300
            key: {house: cabin, number: 7}
            time: ts
            schema: solar
            columns:
              - {<<: *here, device: charge_controller_settings, field: absorb_volts, db_column: absorb, scale: false}
              - {<<: *here, device: charge_controllers, field: 64111/watts, db_column: watts, type: Double  Precision}
              - {device: gateway, field: temp_battery, db_column: celsius}
              - {device: outback_system_control, field: gen_last_run_start_time_gmt, db_column: started}
              - {device: sunspec_inverter_single_phase, field: ac_power, db_column: ac}
              - {port: 1, device: inverter, field: battery_voltage, db_column: volts}
        """,
    )
    table = found.tables[0]
    assert (table.interval_s, dict(table.key), table.table.time_column, table.table.schema) == (
        300.0,
        {"house": "cabin", "number": 7},
        "ts",
        "solar",
    )
    assert types(found) == {
        "house": "text",
        "number": "bigint",
        "absorb": "integer",
        "watts": "double precision",
        "celsius": "numeric",
        "started": "timestamptz",
        "ac": "numeric",
        "volts": "numeric",
    }
    assert [each.port for each in table.columns] == [3, 3, None, None, None, 1]
    assert set(table.columns[5].points) == {64113, 64115, 64117}


def test_json_and_toml_say_the_same(tmp_path: Path) -> None:
    column = {"port": 5, "device": "flexnet_dc", "field": "state_of_charge", "db_column": "s°c"}
    text = json.dumps({"tables": {"power": [column]}}, indent="\t")
    in_json, in_yaml = read(tmp_path, text, "d.json"), read(tmp_path, text.replace("\t", "  "))
    rows = "\n".join(f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in column.items())
    in_toml = read(tmp_path, f"[[tables.power]]\n{rows}\n", "d.toml")
    assert in_json.tables[0].table == in_toml.tables[0].table == in_yaml.tables[0].table


def test_every_fault_is_told_at_once_with_its_line_and_what_may_be_meant(tmp_path: Path) -> None:
    text = f"""tabels: 3
tables:
  a:
    - {{port: 5, device: flexnet_d, field: state_of_charge, db_column: a}}
    - {{port: 5, device: flexnet_dc, field: stat_of_charge, db_column: b}}
    - {{port: 55, device: flexnet_dc, field: state_of_charge, db_column: c}}
    - {{device: flexnet_dc, field: state_of_charge, db_colum: d}}
    - {{port: 5, device: flexnet_dc, field: state_of_charge, db_column: e, type: float, scale: yess}}
    - {{port: 5, device: flexnet_dc, field: state_of_charge, db_column: f}}
    - port: 5
      device: flexnet_dc
      field: battery_voltage
      db_column: f
    - {{device: gateway, field: ftp_password, db_column: g}}
    - 5
    - {{port: 5, device: flexnet_dc, field: state_of_charge, db_column: on}}
    - {{port: 5, device: flexnet_dc, field: state_of_charge, db_column: {"h" * 64}}}
    - {{port: 5, device: flexnet_dc, field: state_of_charge, db_column: i, type: timestamptz}}
    - {{port: 3, device: charge_controller, field: absorb_volts, db_column: j}}
  b:
  c: {{colums: [], interval: 0.5, key: 3, time: [x]}}
  {"t" * 64}: [{{device: gateway, field: year, db_column: timestamp}}]
"""
    told = faults(tmp_path, text)
    expected = [
        ", line 1: at the top: unknown 'tabels': did you mean tables?",
        ", line 4: table a: there is no device 'flexnet_d': did you mean flexnet_dc or flexnet_dc_config?",
        ", line 5: table a: flexnet_dc has no field 'stat_of_charge': did you mean state_of_charge",
        ", line 6: table a: expected a hub port of 1 to 10, or 0 without a hub, got 55",
        ", line 7: table a: unknown 'db_colum': did you mean db_column?",
        ", line 7: table a: expected 'db_column' beside device, field, db_colum",
        ", line 7: table a: expected 'port' of flexnet_dc: the hub port that it is on",
        ", line 8: table a: expected true or false for scale, got 'yess'",
        ", line 8: table a: expected a type of smallint, integer, bigint, double precision, numeric, text",
        ", line 10: table a: column 'f' is there twice, first on line 9",
        ", line 14: table a: gateway.ftp_password is a secret: it is not logged",
        ", line 15: table a: expected {port, device, field, db_column}, got 5",
        ", line 16: table a: expected text for db_column, got True",
        ", line 17: table a: expected the name of a column of at most 63 bytes",
        ", line 18: table a: values of this kind go into bigint, boolean, double precision, integer, numeric",
        ", line 19: table a: charge_controller has no field 'absorb_volts'",
        ", line 20: table b: expected a list of columns, with one at least",
        ", line 21: table c: unknown 'colums': did you mean columns?",
        ", line 21: table c: expected a list of columns",
        ", line 22: expected the name of a table of at most 63 bytes",
    ]
    assert [fault[: len(start)] for fault, start in zip(told, expected, strict=True)] == expected
    assert "charge_controller_settings have one of that name" in told[15]


def test_options_of_a_table_that_cannot_be(tmp_path: Path) -> None:
    columns = "columns: [{device: gateway, field: year, db_column: year}]"
    text = f"""tables:
  a: {{interval: 0.5, {columns}}}
  b: {{interval: soon, {columns}}}
  c: {{key: 3, {columns}}}
  d: {{key: {{year: x}}, {columns}}}
  e: {{time: [x], {columns}}}
  f: {{time: year, {columns}}}
"""
    assert faults(tmp_path, text) == [
        ", line 2: table a: expected an interval of 1 to 604800 s, got 0.5",
        ", line 3: table b: expected an interval of 1 to 604800 s, got 'soon'",
        ", line 4: table c: expected a key like {house: cabin}, of text or whole numbers",
        ", line 5: table d: expected each column once, got year more than once",
        ", line 6: table e: expected a name for time, got a list",
        ", line 7: table f: expected each column once, got year more than once",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: expected `tables:`"),
        ("[]", "line 1: expected `tables:`"),
        ("tables: [", "line 1: while parsing a flow node"),
        ("tables:\n\ta: []\n", "token: use spaces, YAML takes no tabs"),
        ("tables:\n  a: 1\n  a: 2\n", "line 3: 'a' is there twice, first on line 2"),
        ("tables:\n  7: []\n", "line 2: expected text for a name, got '7': put it in quotes"),
        ("tables:\n  ? [a]\n  : 1\n", "line 2: expected text for a name, got a list or a mapping"),
        ("tables: !!python/object/apply:os.system [ls]\n", "line 1: expected plain lists and mappings"),
        ("tables: !!python/name:os.system x\n", "line 1: could not determine a constructor"),
        ("a: {<<: 3}\n", "line 1: expected a mapping, or a list of them, behind <<"),
        ("tables: &t [*t]\n", "at most 12 deep"),
        ("[" * 3000, "at most 12 deep"),
        ("tables: {}\n" + "#" * 300_000, "at most 256 KB"),
        ("a: &a {x: 1, x: 2}\n", "twice"),
    ],
)
def test_text_that_is_no_definitions(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    assert said in str(caught.value)
    assert str(tmp_path / "house.yaml") in str(caught.value)


def test_other_text_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"d\.json, line 2: Expecting"):
        read(tmp_path, '{"tables":\n 3', "d.json")
    with pytest.raises(ConfigError, match=r"d\.toml: .*line 1"):
        read(tmp_path, "tables = ]", "d.toml")
    with pytest.raises(ConfigError, match="No such file"):
        read_definitions(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"tables:\n  \xff: 1\n")
    with pytest.raises(ConfigError, match="line 2: expected UTF-8"):
        read_definitions(tmp_path / "latin.yaml")


def test_anchors_that_multiply_are_bounded(tmp_path: Path) -> None:
    column = "x-c: &c {device: gateway, field: year, db_column: year}\n"
    table = "x-t: &t [" + ", ".join(["*c"] * 1400) + "]\n"
    tables = "tables:\n" + "".join(f"  t{number}: *t\n" for number in range(10_000))
    told = faults(tmp_path, column + table + tables)
    assert any("at most 1500 columns in a table, and 5000 in all" in fault for fault in told)


def test_merges_of_merges_cost_no_more_than_they_say(tmp_path: Path) -> None:
    lines = ["x-0: &a0 {k: v}"] + [
        f"x-{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 30)}]}}" for n in range(1, 9)
    ]  # 30^8 of them, if each were followed
    text = "\n".join(lines) + "\ntables: {a: [{device: gateway, field: year, db_column: y}]}\n"
    assert types(read(tmp_path, text)) == {"y": "integer"}


def test_what_can_only_be_written_is_told_and_no_fault(tmp_path: Path) -> None:
    found = read(tmp_path, "tables:\n  a:\n    - {device: system, field: grid_tie_mode, db_column: mode}\n")
    assert found.notes == (
        f"{tmp_path}/house.yaml, line 3: table a: system.grid_tie_mode can be written, and not read: "
        "its column stays empty",
    )


def test_every_name_of_mate3_is_known() -> None:
    for did, model in models().items():
        for point in points(did):
            if point.mate3_04 and points(did):
                assert matching(model.mate3_04, point.mate3_04)[did].name == point.name
            assert fields(did)[point.name].name == fields(did)[point.code].name == point.name
    assert {"charge_controllers", "fndcs", "inverter", "battery_monitor_settings"} < set(devices())


def test_each_point_has_a_type_of_column() -> None:
    for did in models():
        for point in points(did):
            for scaled in (True, False):
                assert column_type(point, scaled) in TYPES
            assert column_type(point, False, old=True) in ("integer", "varchar(100)")


def test_models_that_differ_share_the_wider_type() -> None:
    assert common_type(["numeric", "integer", "numeric"]) == "numeric"
    assert common_type(["text", "integer"]) == "text"
    assert common_type(["timestamptz", "integer"]) == "text"


def test_the_definitions_of_the_page_are_read(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "postgres.md").read_text()
    found = read(tmp_path, page.partition("```yaml\n")[2].partition("```")[0])
    assert [table.table.name for table in found.tables] == ["house_power", "settings"]
    assert not found.notes


def test_without_pyyaml_toml_is_still_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(ExtraMissing, match=r"needs the \[outback\] extra: .*, or write it in TOML"):
        read(tmp_path, OLD)
    text = '[[tables.t]]\ndevice = "gateway"\nfield = "year"\ndb_column = "year"\n'
    assert types(read(tmp_path, text, "d.toml")) == {"year": "integer"}


def test_faults_of_toml_name_the_table(tmp_path: Path) -> None:
    text = '[[tables.t]]\ndevice = "gateway"\nfield = "yeer"\ndb_column = "year"\n'
    assert faults(tmp_path, text, "d.toml") == [": table t: gateway has no field 'yeer': did you mean year?"]
