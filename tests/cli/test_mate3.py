"""`mate3`: what 0.4 and 0.6 printed, every option that they had, and what a user is told who has it wrong."""

# ruff: noqa: F811

from __future__ import annotations

import ast
import csv
import json
import logging
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from energy_hw.cli.commands import energy_hw
from energy_hw.cli.mate3_options import LEVELS
from energy_hw.cli.mate3_options import LOCKED as OFFERED
from energy_hw.outback.permits import LOCKED
from energy_hw.sim.mate3 import SimMate3
from mate3_cli_rig import CAPTURE, REGISTERS, at, house, hurry, journal, lines_of_json, mate3  # noqa: F401

BOUND_S = 60
TITLES = [
    "Sunspec Header", "Mate3", "Outback System Control", "Sunspec Inverter Single Phase",
    "Single Phase Radian Inverter", "Radian Inverter Configuration",
    "Single Phase Radian Inverter", "Radian Inverter Configuration",
    "Charge Controller", "Charge Controller Configuration", "Charge Controller", "Charge Controller Configuration",
    "Flexnet Dc", "Flexnet Dc Configuration",
]  # fmt: skip
LOW_WORD_FIRST = ("gen_last_run_start_time_gmt", "todays_minimum_battery_time", "todays_maximum_battery_time")
ROW = "\t{:<50} | {:>4} | {:>2} | {:>8} | {:<20}"
# Lines that mate3 0.6.2 (PyPI, on Python 3.7) printed for the captured Mate3s.
READ_0_6 = (
    ROW.format("name", "impl", "sf", "unscaled", "value"),
    ROW.format("-" * 50, "----", "--", "--------", "-" * 20),
    ROW.format("did", "Y", "-", "-", "64110"),
    ROW.format("mac_address", "Y", "-", "-", "'0090EA-000000'"),
    ROW.format("enable_dhcp", "Y", "-", "-", "<enable_dhcp.DHCP Enabled: 1>"),
    ROW.format("tcpip_dns_2_msw", "N", "-", "-", "-"),
    ROW.format("smtp_ssl_enable", "N", "-", "-", "-"),
)
DEVICES_0_6 = """\
name                                               address    port
----                                               -------    ----
Mate3                                              40069      None
ChargeController                                   40908      3
ChargeControllerConfiguration                      40936      3
ChargeController                                   41026      4
ChargeControllerConfiguration                      41054      4
FNDC                                               41144      5
FLEXnetDCConfiguration                             41222      5
SinglePhaseRadianInverter                          40630      1
RadianInverterConfiguration                        40678      1
SinglePhaseRadianInverter                          40769      2
RadianInverterConfiguration                        40817      2
""".splitlines()


# -- as mate3 0.4 --------------------------------------------------------------


def golden_0_4() -> list[dict[str, Any]]:
    """Blocks as 0.4.0 read them."""
    blocks: list[dict[str, Any]] = []
    before = None
    with open(CAPTURE / "mate3_0.4_values.csv", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if (row["block"], row["port"]) != before:
                before = row["block"], row["port"]
                blocks.append({})
            blocks[-1][row["field"]] = ast.literal_eval(row["value"])
    return blocks


def is_explained(name: str, then: Any, now: Any) -> bool:
    """Where ours is not what 0.4 read: no value, where it gave the pattern for none; a negative number, which it had
    too high by one, scale factors among them; a time in the other word order."""
    if now in (None, "") or name in LOW_WORD_FIRST:
        return True
    return isinstance(now, int) and now < 0 and now in (then - 1, then - 65536)


def test_without_a_command_every_block_is_printed_as_0_4_did(house: SimMate3) -> None:
    done = mate3(*at(house))
    assert done.exit_code == 0
    blocks = done.stdout.removesuffix("\n\n").split("\n\n")
    assert [block.splitlines()[0] for block in blocks] == [f"{title}:" for title in TITLES]
    for block, then in zip(blocks, golden_0_4(), strict=True):
        lines = block.splitlines()
        assert lines[1] == f"    device: Device.{lines[0][:-1].replace(' ', '_').lower()}"
        now = dict(line.removeprefix("    ").split(": ", 1) for line in lines[2:])
        assert set(now) == set(then)
        differing = {name: (value, typed(now[name])) for name, value in then.items() if now[name] != str(value)}
        assert {name: pair for name, pair in differing.items() if not is_explained(name, *pair)} == {}


def typed(text: str) -> int | str | None:
    """What Python had printed."""
    if text == "None":
        return None
    return int(text) if text.lstrip("-").isdigit() else text


@pytest.mark.parametrize("format", ["json", "prettyjson"])
def test_json_of_0_4_has_every_block_and_raw_value(house: SimMate3, format: str) -> None:
    done = mate3(*at(house), "-f", format)
    blocks = json.loads(done.stdout)
    assert [block.pop("device").replace("_", " ").title() for block in blocks] == TITLES
    for now, then in zip(blocks, golden_0_4(), strict=True):
        assert set(now) == set(then)
        differing = {name: (then[name], value) for name, value in now.items() if value != then[name]}
        assert {name: pair for name, pair in differing.items() if not is_explained(name, *pair)} == {}
    assert (done.stdout.count("\n") == 1) == (format == "json")
    assert ("\n    {\n        " in done.stdout) == (format == "prettyjson")


def test_a_raw_number_is_a_raw_number(house: SimMate3) -> None:
    blocks = json.loads(mate3(*at(house), "--format", "json").stdout)
    settings = next(block for block in blocks if block["device"] == "charge_controller_configuration")
    assert settings["absorb_volts"] == 588


# -- as mate3 0.6 --------------------------------------------------------------


def test_read_prints_the_columns_of_0_6(house: SimMate3) -> None:
    done = mate3("read", *at(house))
    lines = done.stdout.splitlines()
    assert lines[0] == "Mate3DeviceValues"
    assert [line for line in READ_0_6 if line not in lines] == []
    titles = [line for line in lines if line and not line.startswith("\t")]
    assert titles[1:3] == ["ChargeControllerDeviceValues on port 3", "ChargeControllerConfigurationValues on port 3"]
    assert len(titles) == 11
    assert sum(line == READ_0_6[0] for line in lines) == 11


def test_json_of_0_6_has_every_value(house: SimMate3) -> None:
    devices = json.loads(mate3("read", *at(house), "-f", "json").stdout)
    assert list(devices[0]) == ["name", "address", "values"]
    with open(CAPTURE / "mate3_0.6_values.csv", encoding="utf-8") as file:
        then = [row for row in csv.DictReader(file) if row["implemented"] == "1" and row["value"].isdigit()]
    values = {(device["name"], row["address"]): row for device in devices for row in device["values"].values()}
    places = [(row, (row["device"], int(row["address"]))) for row in then]
    compared = [(row, values[place]) for row, place in places if place in values]
    assert len(compared) > 300
    different = [row["field"] for row, now in compared if now["value"] != int(row["value"])]
    assert sorted(set(different)) == [
        "gt_number", "mini_grid_lbx_delay", "todays_maximum_battery_time", "todays_minimum_battery_time",
    ]  # fmt: skip


def test_devices_are_those_of_0_6_with_model_and_serial_and_then_the_rest(house: SimMate3) -> None:
    lines = mate3("devices", *at(house)).stdout.splitlines()
    assert [line[:66].rstrip() for line in lines[:13]] == DEVICES_0_6
    assert lines[3].split()[-3:] == ["FM60-150VDC", "no", "serial"]
    assert lines[9].endswith("VFXR3048E            serial …FXR")
    assert [line.split()[0] for line in lines[13:]] == [
        "SunSpecCommon", "OutBackSystemControl", "SunSpecInverterSinglePhase", "OPTICSPacketStatistics",
    ]  # fmt: skip


def test_devices_as_json(house: SimMate3) -> None:
    rows = lines_of_json(mate3("devices", *at(house), "--json"))
    assert [row["name"] for row in rows][:4] == ["gateway", "system", "inverter 1", "inverter 2"]
    assert rows[4]["blocks"] == [
        {"did": 64111, "address": 40908, "length": 26}, {"did": 64112, "address": 40936, "length": 88},
    ]  # fmt: skip
    assert not any("MA0000F0000000" in row["serial"] for row in rows)


def test_read_json_gives_our_reports(house: SimMate3) -> None:
    reports = lines_of_json(mate3("read", *at(house), "--json"))
    assert [report["source"] for report in reports] == ["outback"] * 7
    readings = {reading["code"]: reading for reading in reports[-1]["readings"]}
    assert readings["64118/state_of_charge"]["value"] == 96


# -- options -------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        # 0.4: without a command
        ["--host", "HOST", "--port", "PORT"],
        ["-H", "HOST", "-p", "PORT", "-f", "text"],
        ["-H", "HOST", "-p", "PORT", "--format", "prettyjson"],
        ["-H", "HOST", "-p", "PORT", "--format=json"],
        # 0.6: options before or behind the command
        ["-H", "HOST", "-p", "PORT", "read"],
        ["read", "-H", "HOST", "-p", "PORT"],
        ["--host", "HOST", "read", "--port", "PORT"],
        ["read", "-H", "HOST", "-p", "PORT", "--format", "prettyjson"],
        ["-f", "json", "-H", "HOST", "-p", "PORT", "read"],
        ["read", "-H", "HOST", "-p", "PORT", "--cache-path", "NEW"],
        ["read", "-c", "CACHE", "-H", "HOST", "-p", "PORT"],
        ["read", "-c", "CACHE", "--cache-only"],
        ["devices", "-c", "CACHE", "--cache-only"],
        ["devices", "-H", "HOST", "-p", "PORT", "-c", "CACHE"],
        ["dump", "-H", "HOST", "-p", "PORT", "NEW"],
        ["-H", "HOST", "-p", "PORT", "dump", "NEW"],
        *(["-l", level, "devices", "-H", "HOST", "-p", "PORT"] for level in LEVELS),
        ["devices", "--loglevel", "INFO", "-H", "HOST", "-p", "PORT"],
        ["write", "-H", "HOST", "-p", "PORT", "-s", "mate3.system_name=x", "--dry-run"],
        ["write", "-c", "CACHE", "--cache-only", "--set=mate3.system_name='x'", "--yes"],
        ["write", "-c", "CACHE", "--cache-only", "--cache-writeable", "-s", "mate3.system_name=x", "--yes"],
        ["write", "-c", "CACHE", "-H", "HOST", "-p", "PORT", "-s", "mate3.system_name=x", "--dry-run"],
        # ours
        ["devices", "-q", "-H", "HOST", "-p", "PORT"],
        ["watch", "-i", "1", "--count", "0", "-H", "HOST", "-p", "PORT"],
    ],
    ids=" ".join,
)
def test_every_option_is_taken(house: SimMate3, tmp_path: Path, arguments: list[str]) -> None:
    cache = tmp_path / "cache.json"
    cache.write_text(REGISTERS.read_text())
    words = {"HOST": house.host, "PORT": str(house.port), "CACHE": str(cache), "NEW": str(tmp_path / "new.json")}
    done = mate3(*(words.get(word, word) for word in arguments))
    assert done.exit_code == 0, done.output
    assert done.stdout or "--count" in arguments


def test_an_option_without_effect_says_so_once() -> None:
    done = mate3("write", "--simulate", "--cache-writeable", "-s", "mate3.system_name=x", "--dry-run")
    assert done.exit_code == 0
    assert done.stderr.count("--cache-writeable has no effect") == 1


def test_the_classes_that_may_be_allowed_are_those_that_are_locked() -> None:
    assert set(OFFERED) == LOCKED


@pytest.mark.parametrize(
    "arguments",
    [[], ["devices"], ["read"], ["read", "--json"], ["watch", "--count", "7"], ["read", "-f", "json"]],
    ids=" ".join,
)
def test_simulate_shows_a_house_without_any_hardware(arguments: list[str]) -> None:
    done = mate3(*arguments, "--simulate")
    assert done.exit_code == 0, done.output
    assert done.stdout


@pytest.mark.parametrize("command", ["", "read", "write", "devices", "dump", "replay", "undo", "daylog", "watch"])
def test_help(command: str) -> None:
    done = mate3(*filter(None, [command]), "-h")
    assert done.exit_code == 0
    assert "--host" in done.stdout


def test_the_environment_may_name_the_controller(monkeypatch: pytest.MonkeyPatch, house: SimMate3) -> None:
    monkeypatch.setenv("ENERGY_HW_MATE3", house.host)
    assert mate3("devices", "-p", house.port).exit_code == 0


# -- what goes wrong -----------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Usage: mate3"),
        (["read"], "Missing option '--host'"),
        (["-f", "json"], "Missing option '--host'"),
        (["read", "--cache-only"], "--cache-only needs --cache-path"),
        (["read", "-c", "x", "--cache-only", "-H", "h"], "--cache-only reads no controller"),
        (["read", "-c", "x", "--cache-only", "-p", "1"], "--cache-only reads no controller"),
        (["read", "-H", "h", "--simulate"], "--simulate needs no --host"),
        (["read", "-H", "h", "-p", "70000"], "70000 is not in the range"),
        (["read", "-H", "h", "-f", "yaml"], "'yaml' is not one of"),
        (["nothing"], "No such command"),
        (["write", "--simulate"], "Missing option '--set'"),
        (["write", "--simulate", "-s", "absorb=1"], "expected something like charge_controllers[3]"),
        (["write", "--simulate", "-s", "a.b"], "expected something like charge_controllers[3]"),
        (["write", "--simulate", "-s", "a.b=1", "--allow", "all"], "'all' is not one of"),
        (["daylog", "fndc", "9-1", "--simulate"], "expected days ago"),
        (["daylog", "fndc", "x", "--simulate"], "expected days ago"),
    ],
)
def test_wrong_usage_ends_with_2(arguments: list[str], said: str) -> None:
    done = mate3(*arguments)
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())


def test_modbus_switched_off_is_told_with_the_next_step() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        done = mate3("-H", "127.0.0.1", "-p", closed.getsockname()[1])
    assert done.exit_code == 4
    assert done.stderr.count("\n") == 1
    assert "switch Modbus (SunSpec) on in the controller's network menu" in done.stderr
    assert "--simulate" in done.stderr


def test_a_host_that_does_not_exist_is_told() -> None:
    done = mate3("devices", "-H", "mate3.invalid")
    assert done.exit_code == 4
    assert done.stderr.startswith("mate3 devices: mate3.invalid:502: ")
    assert done.stderr.count("\n") == 1


def test_a_server_that_is_no_controller_is_told() -> None:
    with SimMate3(dict.fromkeys(range(40000, 40100), 7)) as other:
        done = mate3("read", *at(other))
    assert done.exit_code == 7
    assert "expected the SunSpec marker" in done.stderr
    assert "Traceback" not in done.output


def test_a_damaged_cache_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text('{"40000": 21365,\n"40001": 70000}')
    done = mate3("read", "-c", tmp_path / "cache", "--cache-only")
    assert done.exit_code == 3
    assert "cache:2: expected a register" in done.stderr


def test_a_cache_that_is_not_there_is_told(tmp_path: Path) -> None:
    done = mate3("read", "-c", tmp_path / "none", "--cache-only")
    assert done.exit_code == 3
    assert "there is no such cache" in done.stderr


@pytest.mark.parametrize("arguments", [[], ["devices"]], ids=" ".join)
def test_a_reader_that_has_seen_enough_ends_it_in_silence(arguments: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    program = "from energy_hw.cli.mate3 import main; main()"
    try:
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments, "--simulate"],
            stdout=writer, stderr=subprocess.PIPE, timeout=BOUND_S,
        )  # fmt: skip
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("module", ["mate3", "mate3_write"])
def test_without_the_extra_the_command_names_it(module: str) -> None:
    program = f"import sys; sys.modules['click'] = None; from energy_hw.cli.{module} import main; main()"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=BOUND_S)
    assert done.returncode == 2
    assert f"{module}: the command line needs the [gateway] extra" in done.stderr


def test_without_pymodbus_the_command_names_its_extra() -> None:
    program = "import sys; sys.modules['pymodbus'] = None; from energy_hw.cli.mate3 import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "-H", "127.0.0.1"], capture_output=True, text=True, timeout=BOUND_S
    )
    assert done.returncode == 2
    assert "[outback] extra" in done.stderr


def test_decode_outback_is_among_the_commands_of_energy_hw() -> None:
    done = CliRunner().invoke(energy_hw, ["decode", "outback", str(REGISTERS), "--json"])
    assert done.exit_code == 0
    assert len(lines_of_json(done)) == 7
    assert done.stderr == "7 accepted; blocks: 15 good, 0 refused; registers: 0 refused\n"


def test_no_byte_of_an_answer_is_told_however_much_is_asked_for(
    house: SimMate3, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    done = mate3(*at(house), "-l", "DEBUG", "devices")
    assert done.exit_code == 0
    assert [record for record in caplog.records if record.name.startswith("pymodbus")] == []
    assert logging.getLogger("pymodbus").level == logging.NOTSET
