"""`energy-hw teleinfo` and `energy-hw decode teleinfo`: options in, exit codes out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from energy_hw.cli.commands import energy_hw
from web_rig import BOUND_S

ROOT = Path(__file__).parent.parent.parent
CAPTURE = str(ROOT / "tests/captures/teleinfo/linky_base_historique/input.bin")


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(energy_hw, arguments)


@pytest.mark.parametrize(
    "arguments", [["teleinfo"], ["teleinfo", "monitor"], ["teleinfo", "serve"], ["decode", "teleinfo"]]
)
def test_help(arguments: list[str]) -> None:
    done = invoke(*arguments, "--help")
    assert done.exit_code == 0
    assert "Usage:" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["teleinfo", "monitor", "--mode", "linky"],
        ["teleinfo", "monitor", "--count", "-1"],
        ["teleinfo", "serve", "--nonsense"],
        ["decode", "teleinfo"],
    ],
)
def test_a_wrong_command_line_exits_2(arguments: list[str]) -> None:
    assert invoke(*arguments).exit_code == 2


def test_monitor_of_a_simulated_meter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENERGY_HW_TELEINFO", "sim:teleinfo?contract=base&speed=20")
    done = invoke("teleinfo", "monitor", "--mode", "historique", "--count", "1", "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["source"] == "teleinfo"


def test_decode_of_a_recording() -> None:
    done = invoke("decode", "teleinfo", CAPTURE, "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["device"] == "teleinfo:021728123456"
    assert done.stderr == "1 accepted; groups: 10 good, refused: none\n"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--listen", "0.0.0.0:0"], 3, "set USERS_PASSWORD"),
        (["--listen", "8000"], 3, "expected host:port"),
        (["/nowhere.ini"], 3, "/nowhere.ini"),
        (["--listen", "192.0.2.1:0"], 3, "set USERS_PASSWORD"),
    ],
)
def test_serve_refuses_with_the_exit_code_of_a_configuration(
    arguments: list[str], code: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("USERS_PASSWORD", raising=False)
    done = invoke("teleinfo", "serve", "--simulate", *arguments)
    assert done.exit_code == code
    assert words in done.stderr


def test_serve_without_the_extra_names_it() -> None:
    code = (
        "import sys; sys.modules['starlette'] = None; sys.argv[1:] = ['teleinfo', 'serve']; "
        "import energy_hw.cli as cli; cli.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=BOUND_S)
    assert done.returncode == 2
    assert "energy-hw[web]" in done.stderr
