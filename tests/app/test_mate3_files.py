"""`mate3 dump`, `replay`, `daylog` and `watch`."""

# ruff: noqa: F811

from __future__ import annotations

import errno
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from energy_hw.app.mate3 import Mate3Session, file_faults
from energy_hw.app.session import Options
from energy_hw.outback import daylog
from energy_hw.outback.dump import Dump
from energy_hw.outback.mate3 import Mate3
from energy_hw.sim.mate3 import SimMate3, capture
from energy_hw.sim.mate3_faults import Connections
from mate3_cli_rig import REGISTERS, at, controller, hurry, journal, lines_of_json, mate3  # noqa: F401

BOUND_S = 60
MAC = range(40075, 40082)


# -- dump ----------------------------------------------------------------------


def test_a_dump_is_really_written_and_redacted(controller: SimMate3, tmp_path: Path) -> None:
    path = tmp_path / "dump.json"
    done = mate3("dump", *at(controller), path)
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        f"All 1278 registers are in the file '{path}'.",
        "Serial numbers, addresses, names and passwords read 0 in it: it may be shown to others.",
    ]
    registers = Dump.load(path).registers
    assert set(registers) == set(controller.registers)
    assert {registers[address] for address in MAC} == {0}
    assert registers[40946] == controller.registers[40946]


def test_a_dump_that_is_not_redacted_holds_all_and_warns(controller: SimMate3, tmp_path: Path) -> None:
    path = tmp_path / "dump.json"
    done = mate3("dump", *at(controller), path, "--no-redact")
    assert "SENSITIVE INFORMATION" in done.stdout
    assert Dump.load(path).registers == controller.registers
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_dump_takes_the_place_of_an_older_one(controller: SimMate3, tmp_path: Path) -> None:
    path = tmp_path / "dump.json"
    path.write_text("old")
    assert mate3("dump", *at(controller), path).exit_code == 0
    assert len(Dump.load(path).registers) == 1278


def test_a_dump_into_no_folder_says_so(controller: SimMate3, tmp_path: Path) -> None:
    done = mate3("dump", *at(controller), tmp_path / "none" / "dump.json")
    assert done.exit_code == 3
    assert "cannot be written: No such file or directory" in done.stderr


@pytest.mark.parametrize(("command", "ways"), [("devices", ("read", "written")), ("read", ("used", "used"))])
def test_a_cache_that_cannot_be_used_is_told_with_its_name(
    controller: SimMate3, tmp_path: Path, command: str, ways: tuple[str, str]
) -> None:
    folder = mate3(command, *at(controller), "-c", tmp_path)
    assert (folder.exit_code, f"{tmp_path} cannot be {ways[0]}: Is a directory" in folder.stderr) == (3, True)
    path = tmp_path / "none" / "cache.json"
    nowhere = mate3(command, *at(controller), "-c", path)
    assert (nowhere.exit_code, f"{path} cannot be {ways[1]}: No such file" in nowhere.stderr) == (3, True)


def test_a_file_of_somebody_else_ends_with_5_and_no_simulation_is_offered(capsys: pytest.CaptureFixture[str]) -> None:
    def work() -> int:
        with file_faults(Path("x.json"), "written"):
            raise PermissionError(errno.EACCES, "Permission denied")

    assert Mate3Session(Options()).run("dump", work) == 5
    assert capsys.readouterr().err == (
        "mate3 dump: x.json cannot be written: Permission denied: choose a folder of your own\n"
    )


def test_where_nothing_answers_an_older_dump_stays(tmp_path: Path) -> None:
    path = tmp_path / "dump.json"
    path.write_text("old")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        assert mate3("dump", "-H", "127.0.0.1", "-p", closed.getsockname()[1], path).exit_code == 4
    assert path.read_text() == "old"


# -- replay --------------------------------------------------------------------


def test_a_replayed_dump_answers_until_ctrl_c(tmp_path: Path) -> None:
    dump = tmp_path / "dump.json"
    dump.write_text(json.dumps({str(address): value for address, value in (capture() | {40946: 571}).items()}))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = "from energy_hw.cli.mate3 import main; main()"
    command = [sys.executable, "-c", program, "replay", str(dump), "--port", str(port), "--delay", "0.01"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as served:
        try:
            assert served.stdout is not None
            line = served.stdout.readline()
            assert re.fullmatch(rf"A simulated Mate3 with 5 devices answers at 127.0.0.1:{port}; Ctrl-C ends.\n", line)
            with Mate3("127.0.0.1", port) as there:
                assert there.read().charge_controllers[3].settings["absorb_volts"].raw == 571
            served.send_signal(signal.SIGINT)
            assert served.wait(BOUND_S) == 130
            assert served.stderr is not None
            assert served.stderr.read() == ""
        finally:
            served.kill()


def test_without_a_dump_a_house_is_simulated() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert "5 devices" in mate3("replay", "-p", port, "--duration", "0").stdout


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (None, 3, "cannot be read: No such file"),
        ("{", 3, 'dump.json:1: expected {"40000": 21365, ...}'),
        ('{"40000": 1}', 7, "expected the SunSpec marker"),
    ],
)
def test_what_is_no_dump_is_not_replayed(tmp_path: Path, text: str | None, code: int, said: str) -> None:
    if text is not None:
        (tmp_path / "dump.json").write_text(text)
    done = mate3("replay", tmp_path / "dump.json", "--duration", "0")
    assert done.exit_code == code
    assert said in done.stderr


def test_a_port_in_use_is_told(controller: SimMate3) -> None:
    done = mate3("replay", REGISTERS, "-p", controller.port, "--duration", "0")
    assert done.exit_code == 4
    assert "Choose another with --port" in done.stderr


# -- daylog --------------------------------------------------------------------


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day is looked for again without a pause; a slow one is waited for as long as ever."""
    monkeypatch.setattr(daylog, "LOOK_EVERY_S", 0.01)


def test_yesterday_of_a_charge_controller(controller: SimMate3, impatient: None) -> None:
    done = mate3("daylog", "charge_controllers[3]", *at(controller))
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "charge controller 3 (FM60-150VDC), yesterday:"
    assert any(re.fullmatch(r" +data_log_daily_kwh +\d+\.\d kWh", line) for line in lines)


def test_several_days_as_json_and_today_is_shown_again(controller: SimMate3, impatient: None) -> None:
    rows = lines_of_json(mate3("daylog", "fndc", "0-2", *at(controller), "--json"))
    assert [row["days_ago"] for row in rows] == [0, 1, 2]
    assert all("datalog_minimum_soc" in row["values"] for row in rows)
    assert controller.registers[41247] == 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["inverters[1]"], 6, "keeps no daily log"),
        (["charge_controllers[3]", "129"], 6, "expected 0..128 days ago"),
        (["charge_controllers[9]"], 3, "there is one on 3, 4"),
    ],
)
def test_a_day_that_there_is_not(controller: SimMate3, arguments: list[str], code: int, said: str) -> None:
    done = mate3("daylog", *arguments, *at(controller))
    assert done.exit_code == code
    assert said in done.stderr


# -- watch ---------------------------------------------------------------------


def test_watch_shows_a_line_for_each_device(controller: SimMate3) -> None:
    done = mate3("watch", *at(controller), "--count", "7")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert len(lines) == 5
    assert re.match(r"\d\d:\d\d:\d\d  5 +FLEXnet DC +charge 96 %, battery \d\d\.\d V", lines[-1])


def test_watch_as_json_gives_reports_and_goes_on_polling(controller: SimMate3) -> None:
    rows = lines_of_json(mate3("watch", *at(controller), "-i", "1", "--count", "8", "--json"))
    assert len({row["received"] for row in rows}) == 2
    assert [row["device"] for row in rows].count("outback:MA0000F0000000/system") == 1


def test_a_controller_that_another_program_holds_is_told() -> None:
    with SimMate3() as busy:
        busy.faults.connections = Connections.MUTE
        program = (
            "from energy_hw.links import modbus, modbus_settings; from energy_hw.cli import mate3;"
            "import functools; modbus.ModbusLink = functools.partial(modbus.ModbusLink, timeout_s=0.2);"
            "mate3.main()"
        )
        done = subprocess.run(
            [sys.executable, "-c", program, "devices", *at(busy)],
            capture_output=True, text=True, timeout=BOUND_S, env=dict(os.environ),
        )  # fmt: skip
    assert done.returncode == 4
    assert "another program may hold its only connection" in done.stderr
    assert done.stderr.count("\n") == 1
