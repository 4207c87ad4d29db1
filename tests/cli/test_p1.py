"""`energy-hw p1` and `energy-hw decode p1`: options in, exit codes out."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from energy_hw.cli.commands import energy_hw
from energy_hw.cli.p1 import PROFILES
from energy_hw.p1.encode import encrypt
from energy_hw.p1.options import AUTO
from energy_hw.p1.profiles import PROFILES as TABLE
from p1_reader_rig import telegram
from serial_rig import BOUND_S

KEY = "0123456789ABCDEF0123456789ABCDEF"
FAST = "sim:p1?speed=20"


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ENERGY_HW_P1", "ENERGY_HW_P1_KEY", "ENERGY_HW_P1_AUTH_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def recording(tmp_path: Path) -> str:
    path = tmp_path / "meter.bin"
    path.write_bytes(telegram("00.001") + telegram("00.002"))
    return str(path)


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(energy_hw, arguments)


def test_the_profiles_offered_are_those_there_are() -> None:
    assert list(PROFILES) == [AUTO, *TABLE]


@pytest.mark.parametrize(
    "arguments", [["p1"], ["p1", "monitor"], ["p1", "once"], ["p1", "republish"], ["decode", "p1"]], ids=" ".join
)
def test_help(arguments: list[str]) -> None:
    done = invoke(*arguments, "--help")
    assert done.exit_code == 0
    assert "Usage:" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["p1", "monitor", "--profile", "atlantis"],
        ["p1", "monitor", "--count", "-1"],
        ["p1", "once", "--style", "poem"],
        ["p1", "republish", "--nonsense"],
        ["decode", "p1"],
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_exits_2(arguments: list[str]) -> None:
    assert invoke(*arguments).exit_code == 2


# -- monitor -----------------------------------------------------------------


def test_monitor_of_the_meter_that_the_environment_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENERGY_HW_P1", FAST)
    done = invoke("p1", "monitor", "--count", "2", "--json")
    assert done.exit_code == 0, done.stderr
    assert [json.loads(line)["source"] for line in done.stdout.splitlines()] == ["p1", "p1"]
    assert done.stderr.splitlines()[-1] == "2 telegrams shown, 0 refused."


def test_monitor_of_a_recording_ends_with_it(recording: str) -> None:
    done = invoke("p1", "monitor", recording, "--profile", "be")
    assert done.exit_code == 0
    assert done.stdout.count("power_import") == 2


def test_monitor_verbose_shows_the_telegram_as_it_came(recording: str) -> None:
    done = invoke("p1", "monitor", recording, "-v", "--count", "1", "-q")
    assert "/KFM5KAIFA-METER\n\n1-3:0.2.8(42)\n" in done.stderr


def test_monitor_of_silence_exits_4(tmp_path: Path) -> None:
    empty = tmp_path / "empty.bin"
    empty.write_bytes(b"")
    assert invoke("p1", "monitor", str(empty)).exit_code == 4
    with socket.create_server(("127.0.0.1", 0)) as server:
        silent = f"socket://127.0.0.1:{server.getsockname()[1]}"
        assert invoke("p1", "monitor", silent, "--duration", "0.1").exit_code == 4


# -- once --------------------------------------------------------------------


def test_once_is_take_one_reading(recording: str) -> None:
    done = invoke("p1", "once", recording)
    assert done.exit_code == 0
    shown = json.loads(done.stdout)
    assert done.stdout == json.dumps(shown, indent=3) + "\n", "as takeOneReading.py prints it"
    assert shown["currentElectricityUsage"] == {"value": 0.001, "unit": "kW"}
    assert shown["p1MessageHeader"] == {"value": "42", "unit": None}


def test_once_in_other_styles(recording: str) -> None:
    assert json.loads(invoke("p1", "once", recording, "--json").stdout)["source"] == "p1"
    raw = invoke("p1", "once", recording, "--style", "raw").stdout
    assert raw.startswith("/KFM5KAIFA-METER")
    assert re.search(r"![0-9A-F]{4}\n$", raw)


def test_once_without_a_telegram_exits_4_and_says_what_is_wrong(tmp_path: Path) -> None:
    noise = tmp_path / "noise.bin"
    noise.write_bytes(b"U" * 100)
    done = invoke("p1", "once", str(noise), "--timeout", "5")
    assert done.exit_code == 4
    assert "expected a telegram" in done.stderr


def test_a_missing_port_exits_4_and_a_missing_name_3() -> None:
    assert invoke("p1", "once", "/dev/ttyNOWHERE").exit_code == 4
    done = invoke("p1", "once")
    assert done.exit_code == 3
    assert "ENERGY_HW_P1" in done.stderr


def test_keys_come_from_a_file(tmp_path: Path) -> None:
    path, keys = tmp_path / "meter.bin", tmp_path / "keys"
    path.write_bytes(encrypt(telegram(), KEY, title=b"SAG10307", invocation=1))
    keys.write_text(f"{KEY}\n")
    assert invoke("p1", "once", str(path), "--key-file", str(keys), "--style", "raw").stdout.startswith("/KFM5")
    done = invoke("p1", "monitor", str(path))
    assert done.exit_code == 4
    assert "1 of 1 encrypted ones not read" in done.stderr


# -- republish ---------------------------------------------------------------


@pytest.mark.parametrize("whole", [[], ["--whole"]], ids=["every byte", "whole telegrams"])
def test_republish_serves_several_programs_until_ctrl_c(whole: list[str]) -> None:
    command = [sys.executable, "-m", "energy_hw", "p1", "republish", FAST, "--listen", "127.0.0.1:0", *whole]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    ) as process:
        try:
            assert process.stdout is not None
            port = int(re.search(r":(\d+);", process.stdout.readline())[1])  # type: ignore[index]
            for _ in range(2):
                with socket.create_connection(("127.0.0.1", port), BOUND_S) as client:
                    got = b""
                    while b"\n!" not in got:
                        got += client.recv(4096)
                    assert got.startswith(b"/ISK5") or not whole
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=BOUND_S)
        finally:
            process.kill()
    assert process.returncode == 130
    assert "Traceback" not in errors


def test_republish_of_a_recording_ends_with_it(recording: str) -> None:
    done = invoke("p1", "republish", recording, "--listen", "127.0.0.1:0", "--whole")
    assert done.exit_code == 0
    assert "0 programs came" in done.stderr


@pytest.mark.parametrize(("listen", "code"), [("nowhere", 3), ("192.0.2.1:0", 4)])
def test_republish_at_an_address_that_is_none(listen: str, code: int, recording: str) -> None:
    assert invoke("p1", "republish", recording, "--listen", listen).exit_code == code


# -- decode ------------------------------------------------------------------


def test_decode_of_a_recording(recording: str) -> None:
    done = invoke("decode", "p1", recording, "--json")
    assert done.exit_code == 0
    assert [json.loads(line)["device"] for line in done.stdout.splitlines()] == ["p1:4530303236"] * 2
    assert done.stderr == "2 accepted, 0 refused\n"


def test_decode_of_nothing_good_exits_7(tmp_path: Path) -> None:
    noise = tmp_path / "noise.bin"
    noise.write_bytes(b"U" * 100)
    assert invoke("decode", "p1", str(noise)).exit_code == 7
