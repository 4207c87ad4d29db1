"""`mate3_write`: scripts of mate3 0.4 keep working, with every check in force."""

# ruff: noqa: F811

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from energy_hw.outback.tables import point
from energy_hw.sim import mate3_houses
from energy_hw.sim.mate3 import SimMate3
from mate3_cli_rig import (  # noqa: F401
    ABSORB_3,
    AUX_1,
    CAPTURE,
    at,
    controller,
    house,
    hurry,
    journal,
    lines_of_json,
    mate3_write,
    untouched,
)

ABSORB = "charge_controller_configuration.absorb_volts"
AUX = "radian_inverter_configuration.aux_control"
RELAY = "radian_inverter_configuration.aux_relay_control"
RELAY_1 = 40724


@pytest.mark.parametrize(
    "arguments",
    [
        ["--host", "HOST", "--port", "PORT", "--set", f"{ABSORB}=330", "--hub-port", "3"],
        ["-H", "HOST", "-p", "PORT", "-s", f"{ABSORB}=330", "-P", "3"],
        ["-P3", f"-s{ABSORB}= 330 ", "-H", "HOST", "-p", "PORT"],
    ],
    ids=" ".join,
)
def test_a_raw_number_is_written_and_done_is_said(controller: SimMate3, arguments: list[str]) -> None:
    words = {"HOST": controller.host, "PORT": str(controller.port)}
    done = mate3_write(*(words.get(word, word) for word in arguments))
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.splitlines() == [
        "FM60-150VDC at port 3, no serial: absorb_volts 58.8 -> 33.0 V (register 40946, raw 588 -> 330)", "Done",
    ]  # fmt: skip
    assert controller.registers[ABSORB_3] == 330


def test_several_fields_each_say_done(controller: SimMate3) -> None:
    float_volts = "charge_controller_configuration.float_volts=540"
    done = mate3_write(*at(controller), "-s", f"{ABSORB}=570", "-s", float_volts, "-P", "3")
    assert done.stderr.splitlines()[1::2] == ["Done", "Done"]
    assert (controller.registers[ABSORB_3], controller.registers[40950]) == (570, 540)


def test_a_wrong_second_field_leaves_the_first_unwritten(controller: SimMate3) -> None:
    before = dict(controller.registers)
    done = mate3_write(*at(controller), "-s", f"{ABSORB}=570", "-s", f"{ABSORB}x=1", "-P", "3")
    assert done.exit_code == 3
    assert controller.registers == before


def test_one_field_twice_is_written_one_after_the_other(controller: SimMate3) -> None:
    done = mate3_write(*at(controller), "-P", "1", "-s", f"{AUX}=2", "-s", f"{AUX}=0")
    assert done.exit_code == 0, done.stderr
    assert done.stderr.count("Done") == 2
    assert [values for function, address, values in controller.requests if function == 6 and address == AUX_1] == [
        (2,),
        (0,),
    ]


def test_aux_control_needs_no_consent(controller: SimMate3) -> None:
    assert mate3_write(*at(controller), "-s", f"{AUX}=2", "-P", "1").exit_code == 0
    assert controller.registers[AUX_1] == 2


def test_a_device_without_a_port_is_written(controller: SimMate3) -> None:
    assert mate3_write(*at(controller), "-s", "outback_system_control.grid_tie_mode=2").exit_code == 0


def test_a_disputed_field_is_refused_with_what_is_disputed(untouched: SimMate3) -> None:
    done = mate3_write(*at(untouched), "-s", f"{RELAY}=2", "-P", "1")
    assert done.exit_code == 6
    assert "sources disagree: sheet 0=off 1=on 2=auto, vendor tool" in done.stderr
    assert "[--force]" in done.stderr
    assert untouched.registers[RELAY_1] == 0xFFFF


def test_force_writes_a_disputed_field_and_says_what_is_disputed(controller: SimMate3) -> None:
    done = mate3_write(*at(controller), "-s", f"{RELAY}=2", "-P", "1", "--force")
    assert done.exit_code == 0
    assert "Doubtful: sources disagree" in done.stderr
    assert controller.registers[RELAY_1] == 2


def test_a_locked_class_is_refused_until_it_is_allowed(controller: SimMate3) -> None:
    refused = mate3_write(*at(controller), "-s", "mate3.modbus_port=503")
    assert refused.exit_code == 6
    assert "[--allow network]" in refused.stderr
    assert mate3_write(*at(controller), "-s", "mate3.modbus_port=503", "--allow", "network").exit_code == 0


def test_a_reset_takes_the_complement_of_what_is_read(controller: SimMate3) -> None:
    name = "charge_controller_configuration.clear_data_log_write_complement"
    offset = point(64112, "clear_data_log_read").offset
    good = ~controller.registers[40936 + offset] & 0xFFFF
    assert mate3_write(*at(controller), "-s", f"{name}={good}", "-P", "3").exit_code == 6  # locked
    wrong = mate3_write(*at(controller), "-s", f"{name}={good ^ 1}", "-P", "3", "--allow", "reset")
    assert wrong.exit_code == 6
    assert f"expected {good}, the one's complement" in wrong.stderr
    assert not [request for request in controller.requests if request[0] != 3]
    done = mate3_write(*at(controller), "-s", f"{name}={good}", "-P", "3", "--allow", "reset")
    assert done.exit_code == 0
    assert "clears for good" in done.stderr
    assert (6, 40936 + offset + 1, (good,)) in controller.requests


def test_dry_run_shows_and_writes_nothing(untouched: SimMate3) -> None:
    done = mate3_write(*at(untouched), "-s", f"{ABSORB}=330", "-P", "3", "--dry-run")
    assert done.exit_code == 0
    assert "58.8 -> 33.0 V (register 40946, raw 588 -> 330)" in done.stdout
    assert "Done" not in done.output


def test_json_tells_what_became_of_it(controller: SimMate3) -> None:
    (told,) = lines_of_json(mate3_write(*at(controller), "-s", f"{ABSORB}=330", "-P", "3", "--json"))
    assert (told["code"], told["raw_old"], told["raw_new"], told["outcome"]) == (
        "64112/absorb_volts", 588, 330, "confirmed",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (
            [f"{ABSORB}=330"],
            3,
            "on hub ports 3, 4: say which with --hub-port",
        ),
        (
            [f"{ABSORB}=330", "-P", "7"],
            3,
            "on hub port 7: there is one on 3, 4",
        ),
        (["charge_controller_config.absorb_volts=1"], 3, "did you mean charge_controller_configuration"),
        (["fx_inverter_configuration.absorb_volts=1"], 3, "no device fx_inverter_configuration here"),
        (["charge_controller_configuration.absorb_volt=1", "-P", "3"], 3, "did you mean absorb_volts"),
        (["charge_controller.battery_voltage=1", "-P", "3"], 6, "is read-only"),
        ([f"{AUX}=7", "-P", "1"], 6, "expected one of off (0), auto (1), on (2)"),
        ([f"{ABSORB}=65536", "-P", "3"], 6, "expected 0 to"),
        ([f"{ABSORB}=65535", "-P", "3"], 6, "expected 0 to"),
        ([f"{ABSORB}=57.6"], 2, "Must be an integer"),
        ([f"{ABSORB}="], 2, "expected something like"),
        (["absorb_volts=330"], 2, "expected something like"),
    ],
)
def test_what_cannot_be_written_is_refused(untouched: SimMate3, arguments: list[str], code: int, said: str) -> None:
    done = mate3_write(*at(untouched), "-s", *arguments)
    assert done.exit_code == code
    assert said in " ".join(done.stderr.split())


def test_nothing_to_do_is_wrong_usage() -> None:
    assert mate3_write("--simulate").exit_code == 2
    assert mate3_write("-l").exit_code == 2


def test_devices_that_change_places_in_the_midst_are_told_apart(controller: SimMate3) -> None:
    seen: list[int] = []

    def swap(function: int, address: int, _what: object) -> None:
        seen.append(function)
        if len(seen) == 20:  # everything was read by then
            controller.swap_ports(3, 4)

    controller.on_request(swap)
    done = mate3_write(*at(controller), "-s", f"{ABSORB}=330", "-P", "3")
    assert done.exit_code == 6
    assert "nothing was written: what stands at register 40936" in done.stderr
    assert 6 not in seen


def test_what_was_written_is_in_the_journal(controller: SimMate3, journal: Path) -> None:
    mate3_write(*at(controller), "-s", f"{ABSORB}=330", "-P", "3")
    assert '"point":"absorb_volts"' in journal.read_text()


def test_a_simulated_write_is_in_no_journal(journal: Path) -> None:
    assert mate3_write("--simulate", "-s", f"{ABSORB}=330", "-P", "3").exit_code == 0
    assert not journal.exists()


def test_list_fields_shows_the_tables_of_0_4(untouched: SimMate3) -> None:
    for flag in ("-l", "--list-fields"):
        done = mate3_write(*at(untouched), flag)
        assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0] == f"{' Devices ':=^80}"
    assert lines[2] == f"{'DEVICE NAME':<35} HUB PORT(S)"
    assert f"{'charge_controller_configuration':<40} 3, 4" in lines
    assert f"{'outback_system_control':<40} N/A" in lines
    assert f"{' Fields ':=^80}" in lines
    assert f"{'FIELD NAME':<68} {'HUB PORT(S)':<12}" in lines
    shown = {line[:68].strip(): line[69:82].strip() for line in lines[lines.index(f"{' Fields ':=^80}") + 3 :]}
    with open(CAPTURE / "mate3_write_0.4_fields.csv") as file:
        then = {row["field"]: row["ports"].replace(" ", ", ") for row in csv.DictReader(file)}
    missing = {name for name in then if name not in shown}  # read-only in OutBack.Power.SunSpec.Map.xlsx (2019-07)
    assert {name.partition(".")[2] for name in missing} == {"spare_reg_2", "serial_number", "ac_coupled"}
    assert {name: shown[name] for name in then if name not in missing} == {
        name: ports for name, ports in then.items() if name not in missing
    }


def test_list_fields_of_a_house_without_a_hub() -> None:
    with SimMate3(mate3_houses.house("no-hub")) as other:
        done = mate3_write(*at(other), "-l")
    assert f"{'charge_controller_configuration':<40} 0" in done.stdout
