"""The command line: options in, exit codes out."""

from __future__ import annotations

import json
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner, Result

from energy_hw import __version__
from energy_hw.cli import main
from energy_hw.cli.commands import energy_hw

REPORT = "1c0402580b552423bcd2ac508d265ba2cf74b773474aa9f197f1f03f23"
FAST_HOUSE = "sim:house?speed=50"


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(energy_hw, arguments)


def test_version() -> None:
    assert __version__ in invoke("--version").stdout


@pytest.mark.parametrize(
    "arguments", [["--help"], ["monitor", "-h"], ["decode", "--help"], ["decode", "openhems", "-h"]]
)
def test_help_names_its_options(arguments: list[str]) -> None:
    done = invoke(*arguments)
    assert done.exit_code == 0
    assert "Usage:" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["monitor", "--nonsense"],
        ["monitor", "--count", "-1"],
        ["monitor", "--name", "kettle"],
        ["decode"],
    ],
)
def test_a_wrong_command_line_is_usage_and_exits_2(arguments: list[str]) -> None:
    assert invoke(*arguments).exit_code == 2


def test_monitor_shows_packets_of_the_simulated_house() -> None:
    done = invoke("monitor", "--device", FAST_HOUSE, "--count", "2", "--json")
    assert done.exit_code == 0, done.stderr
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(reports) == 2
    assert all(report["source"] == "energenie" and report["integrity"] == "crc" for report in reports)


def test_decode_prints_one_report_a_line() -> None:
    done = invoke("decode", "openhems", REPORT, "--json")
    assert done.exit_code == 0
    report = json.loads(done.stdout)
    assert report["device"] == "energenie:2:0x000373"
    assert {"code": "VOLTAGE", "value": 249}.items() <= report["readings"][2].items()


def test_decode_of_nothing_valid_exits_7() -> None:
    assert invoke("decode", "openhems", REPORT[:-2] + "00").exit_code == 7


def test_without_click_the_command_says_which_extra_to_install() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import sys; sys.modules['click'] = None; from energy_hw.cli import main; main()"],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 2
    assert "pip install 'energy-hw[gateway]'" in done.stderr


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, click.Abort])
def test_ctrl_c_before_a_command_is_there_ends_as_it_does_later(
    interrupt: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(**_: object) -> None:
        raise interrupt

    monkeypatch.setattr("energy_hw.cli.commands.energy_hw", interrupted)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130
