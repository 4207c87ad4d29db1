"""`mate3 write` and `mate3 undo`: shown, asked for, written; and never where nobody can be asked."""

# ruff: noqa: F811

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from energy_hw.app import mate3_write
from energy_hw.links.modbus import ModbusLink
from energy_hw.sim.mate3 import SimMate3
from energy_hw.sim.mate3_faults import Connections
from mate3_cli_rig import (  # noqa: F401
    ABSORB_3,
    ABSORB_4,
    REGISTERS,
    at,
    controller,
    house,
    hurry,
    journal,
    lines_of_json,
    mate3,
    untouched,
)

ABSORB = "charge_controllers[3].config.absorb_volts"
SHOWN = "FM60-150VDC at port 3, no serial: absorb_volts 58.8 -> 57.6 V (register 40946, raw 588 -> 576)"


@pytest.fixture
def at_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """click's runner takes what it is given for standard input; a person sits there."""
    from click import testing

    def isatty(_: Any) -> bool:
        return True

    monkeypatch.setattr(testing._NamedTextIOWrapper, "isatty", isatty, raising=False)


def write(controller: SimMate3, *sets: str, options: tuple[str, ...] = (), **more: Any) -> Result:
    given = [word for text in sets for word in ("-s", text)]
    return mate3("write", *at(controller), *given, *options, **more)


def writes(controller: SimMate3) -> list[Any]:
    return [request for request in controller.requests if request[0] != 3]


# -- asking --------------------------------------------------------------------


@pytest.mark.parametrize("answer", ["y\n", "yes\n", "Y\n"])
def test_a_yes_writes(controller: SimMate3, at_terminal: None, answer: str) -> None:
    done = write(controller, f"{ABSORB}=57.6", input=answer)
    assert done.exit_code == 0
    assert SHOWN in done.stderr
    assert "[y/N]" in done.stderr
    assert "absorb_volts 57.6 V: confirmed" in done.stdout
    assert controller.registers[ABSORB_3] == 576


@pytest.mark.parametrize("answer", ["n\n", "\n", "", "maybe\n"])
def test_anything_else_does_not(untouched: SimMate3, at_terminal: None, answer: str) -> None:
    done = write(untouched, f"{ABSORB}=57.6", input=answer)
    assert done.exit_code == 6
    assert "Nothing was written." in done.stderr


def test_where_nobody_can_be_asked_nothing_is_written(untouched: SimMate3) -> None:
    done = write(untouched, f"{ABSORB}=57.6", input="y\n")
    assert done.exit_code == 6
    assert "--yes writes without asking" in done.stderr


def test_yes_on_the_command_line_writes_unasked(controller: SimMate3) -> None:
    done = write(controller, f"{ABSORB}=57.6", options=("--yes",))
    assert done.stdout.splitlines() == [SHOWN, "FM60-150VDC at port 3: absorb_volts 57.6 V: confirmed"]
    assert controller.registers[ABSORB_3] == 576


def test_the_only_connection_is_not_held_while_somebody_thinks(
    controller: SimMate3, at_terminal: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    controller.faults.connections = Connections.REFUSE_SECOND
    other: list[int] = []

    def think(_session: object, _count: int) -> bool:
        with ModbusLink(controller.host, controller.port) as link:
            other.extend(link.read(40000, 2))
        return True

    monkeypatch.setattr(mate3_write, "_agreed", think)
    assert write(controller, f"{ABSORB}=57.6").exit_code == 0
    assert other == [0x5375, 0x6E53]
    assert controller.registers[ABSORB_3] == 576


def test_dry_run_needs_no_terminal(untouched: SimMate3) -> None:
    done = write(untouched, f"{ABSORB}=57.6", options=("--dry-run",))
    assert (done.exit_code, done.stdout) == (0, f"{SHOWN}\n")


def test_several_are_all_shown_before_the_first_is_written(controller: SimMate3, at_terminal: None) -> None:
    done = write(controller, f"{ABSORB}=57.6", "charge_controllers[4].settings.absorb_volts=57.5", input="y\n")
    assert done.stderr.index("57.6 V (register 40946") < done.stderr.index("57.5 V (register 41064")
    assert "Write these 2 to the controller?" in done.stderr
    assert (controller.registers[ABSORB_3], controller.registers[ABSORB_4]) == (576, 575)


def test_a_wrong_one_among_them_leaves_all_unwritten(untouched: SimMate3) -> None:
    done = write(untouched, f"{ABSORB}=57.6", "charge_controllers[4].config.absorb_volts=57.65", options=("-y",))
    assert done.exit_code == 6
    assert "the nearest are 57.6 V and 57.7 V" in done.stderr


# -- what is written -----------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "value", "address", "raw"),
    [
        ("charge_controllers[4].config.absorb_volts", "57.6", 41064, 576),
        ("inverters[1].settings.aux_control", "on", 40718, 2),
        ("inverters[1].settings.aux_control", "2", 40718, 2),
        ("single_phase_radian_inverters[1].config.aux_control", "On", 40718, 2),
        ("outback:MA0000F0000000/3.absorb_volts", "57.6", 40946, 576),
        ("outback:MA0000F0000000/3.settings.absorb_volts", "57.6", 40946, 576),
        ("charge controller 3.absorb_volts", "57.6", 40946, 576),
        ("fndc.config.charged_volts", "56", 41232, 560),
    ],
)
def test_each_way_to_name_a_point(controller: SimMate3, path: str, value: str, address: int, raw: int) -> None:
    done = write(controller, f"{path}={value}", options=("-y",))
    assert done.exit_code == 0, done.stderr
    assert controller.registers[address] == raw


@pytest.mark.parametrize("value", ['"testing"', "'testing'", "testing"])
def test_text_may_stand_in_quotes(controller: SimMate3, value: str) -> None:
    assert write(controller, f"mate3.system_name={value}", options=("-y",)).exit_code == 0
    assert controller.registers[40235] == int.from_bytes(b"te")
    assert controller.registers[40238] == int.from_bytes(b"g\0")


def test_the_controller_itself_is_shown_by_model_and_serial(untouched: SimMate3) -> None:
    done = write(untouched, "mate3.system_name=x", "system.grid_tie_mode=disable", options=("--dry-run",))
    assert [line.partition(": ")[0] for line in done.stdout.splitlines()] == [
        "MATE3S, serial …0000", "MATE3S system control, serial …0000",
    ]  # fmt: skip


def test_nothing_is_evaluated(untouched: SimMate3, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    done = write(untouched, f"{ABSORB}=__import__('pathlib').Path('{victim}').touch() or 57.6", options=("-y",))
    assert done.exit_code == 6
    assert not victim.exists()


def test_a_command_is_confirmed_by_the_status(controller: SimMate3) -> None:
    done = write(controller, "mate3.config.grid_tie_mode=disable", options=("-y",))
    assert done.exit_code == 0
    assert "grid_tie_mode disable: confirmed" in done.stdout


def test_a_reset_is_called_by_its_name(controller: SimMate3) -> None:
    setting = "charge_controllers[3].settings.clear_data_log_write_complement"
    done = write(controller, f"{setting}=reset", options=("-y", "--allow", "reset"))
    assert done.exit_code == 0, done.stderr
    assert "clears for good" in done.stdout
    assert write(controller, f"{setting}=yes", options=("-y", "--allow", "reset")).exit_code == 6


@pytest.mark.parametrize(
    ("setting", "code", "said"),
    [
        ("charge_controller.config.absorb_volts=57.6", 3, "on hub ports 3, 4: say charge_controllers[PORT]"),
        (
            "charge_controllers[7].config.absorb_volts=57.6",
            3,
            "no charge_controller on hub port 7",
        ),
        ("fx_inverters[1].config.absorb_volts=57.6", 3, "no fx_inverter here"),
        ("charge_controler[3].config.absorb_volts=57.6", 3, "did you mean charge_controller?"),
        ("outback:MA1/3.absorb_volts=57.6", 3, "no device 'outback:MA1/3'"),
        ("charge_controllers[3].config.absorb_vols=57.6", 3, "did you mean absorb_volts"),
        ("inverters[1].settings.output_kw=1", 3, "has no point output_kw"),
        ("inverters[1].output_kw=1", 6, "is read-only"),
        ("gateway.modbus_port=503", 6, "[--allow network]"),
        ("inverters[1].settings.aux_relay_control=auto", 6, "[--force]"),
        ("inverters[1].settings.aux_control=maybe", 6, "expected one of off (0), auto (1), on (2)"),
    ],
)
def test_what_cannot_be_written_is_told_with_the_way(untouched: SimMate3, setting: str, code: int, said: str) -> None:
    done = write(untouched, setting, options=("-y",))
    assert done.exit_code == code
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_value_that_it_holds_already_is_not_written(untouched: SimMate3) -> None:
    done = write(untouched, f"{ABSORB}=58.8", options=("-y",))
    assert done.exit_code == 0
    assert "It holds this value already: nothing will be written." in done.stdout


def test_a_value_that_the_controller_does_not_take_ends_with_6(controller: SimMate3) -> None:
    controller.faults.arm(code=4, functions=(6,))
    done = write(controller, f"{ABSORB}=57.6", options=("-y",))
    assert done.exit_code == 6
    assert "mate3 write: " in done.stderr


def test_json_is_one_object_for_each(controller: SimMate3) -> None:
    (told,) = lines_of_json(write(controller, f"{ABSORB}=57.6", options=("-y", "--json")))
    assert told == {
        "device": "outback:MA0000F0000000/3", "model": "FM60-150VDC", "code": "64112/absorb_volts",
        "name": "absorb_volts", "old": 58.8, "new": 57.6, "unit": "V", "register": 40946, "raw_old": 588,
        "raw_new": 576, "outcome": "confirmed", "notes": [],
    }  # fmt: skip


@pytest.mark.parametrize(("value", "times"), [("576", "10"), ("5.8", "0.1")])
def test_a_raw_number_in_place_of_volts_is_refused_and_with_force_remarked(
    untouched: SimMate3, value: str, times: str
) -> None:
    done = write(untouched, f"{ABSORB}={value}", options=("--yes",))
    assert done.exit_code == 6
    assert "V is far from the 58.8 V that it holds" in done.stderr
    assert "--force" in done.stderr
    done = write(untouched, f"{ABSORB}={value}", options=("--dry-run", "--force"))
    assert f"About {times} times what it holds: `mate3 write` takes numbers in V" in done.stdout
    assert "About" not in write(untouched, f"{ABSORB}=50", options=("--dry-run",)).stdout


# -- caches --------------------------------------------------------------------


def test_a_cache_is_written_only_where_that_is_said(tmp_path: Path, journal: Path) -> None:
    cache = tmp_path / "cache.json"
    cache.write_text(REGISTERS.read_text())
    words = ["write", "-c", cache, "--cache-only", "-s", f"{ABSORB}=57.6", "-y"]
    first = mate3(*words)
    assert (first.exit_code, json.loads(cache.read_text())["40946"]) == (0, 588)
    assert "--cache-writeable keeps it" in first.stderr
    assert mate3(*words, "--cache-writeable").exit_code == 0
    assert json.loads(cache.read_text())["40946"] == 576
    assert not journal.exists()


def test_what_a_cache_says_of_a_device_is_not_believed_for_a_write(controller: SimMate3, tmp_path: Path) -> None:
    cache = tmp_path / "cache.json"
    cache.write_text(json.dumps({**json.loads(REGISTERS.read_text()), "40946": 500, "40939": 0}))
    done = write(controller, f"{ABSORB}=57.6", options=("-y", "-c", str(cache)))
    assert done.exit_code == 0, done.stderr
    assert "58.8 -> 57.6 V" in done.stdout
    assert controller.registers[ABSORB_3] == 576


# -- undo ----------------------------------------------------------------------


def test_undo_takes_back_the_last_write(controller: SimMate3, at_terminal: None) -> None:
    write(controller, f"{ABSORB}=57.6", options=("-y",))
    done = mate3("undo", *at(controller), input="y\n")
    assert done.exit_code == 0
    assert "absorb_volts 57.6 -> 58.8 V" in done.stderr
    assert controller.registers[ABSORB_3] == 588


def test_undo_of_an_entry_by_the_beginning_of_its_id(controller: SimMate3) -> None:
    write(controller, f"{ABSORB}=57.6", "charge_controllers[4].config.absorb_volts=57.5", options=("-y",))
    listed = mate3("undo", "--list").stdout.splitlines()
    assert ["58.8 -> 57.6 V, confirmed" in line or "-> 57.5 V, confirmed" in line for line in listed] == [True, True]
    assert mate3("undo", listed[0].split()[0], *at(controller), "--yes").exit_code == 0
    assert (controller.registers[ABSORB_3], controller.registers[ABSORB_4]) == (588, 575)


def test_undo_of_an_entry_that_is_not_there_says_where_they_are(controller: SimMate3) -> None:
    done = mate3("undo", "zzzz", *at(controller), "--yes")
    assert done.exit_code == 3
    assert "got 'zzzz', with which none begins: --list shows them" in done.stderr


def test_undo_asks_only_where_somebody_can_answer(controller: SimMate3) -> None:
    write(controller, f"{ABSORB}=57.6", options=("-y",))
    assert mate3("undo", *at(controller), input="y\n").exit_code == 6
    assert controller.registers[ABSORB_3] == 576


def test_undo_is_refused_where_somebody_changed_it_since(controller: SimMate3) -> None:
    write(controller, f"{ABSORB}=57.6", options=("-y",))
    controller.registers[ABSORB_3] = 570
    done = mate3("undo", *at(controller), "-y")
    assert done.exit_code == 6
    assert "somebody changed it since" in done.stderr


def test_undo_without_a_write_says_so(controller: SimMate3, journal: Path) -> None:
    done = mate3("undo", *at(controller), "-y")
    assert done.exit_code == 6
    assert str(journal) in done.stderr
    assert "Nothing was written so far" in mate3("undo", "--list").stderr


def test_undo_of_an_entry_that_there_is_not(controller: SimMate3) -> None:
    done = mate3("undo", "abc", *at(controller), "-y")
    assert done.exit_code == 3
    assert "--list shows them" in done.stderr


def test_the_list_as_json(controller: SimMate3) -> None:
    write(controller, f"{ABSORB}=57.6", options=("-y",))
    (told,) = lines_of_json(mate3("undo", "--list", "--json"))
    assert (told["point"], told["old"], told["new"], told["outcome"]) == ("absorb_volts", "58.8", "57.6", "confirmed")
