"""The examples for devices, as somebody without a board runs them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
HOUSE = "sim:house?speed=5"
"""15 s in the house are 3 s here: enough on a machine with much to do."""
BOUND_S = 60


def run(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(EXAMPLES / name), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=BOUND_S)


@pytest.mark.parametrize(("state", "after"), [("off", "off"), ("toggle", "off"), ("on", "on")])
def test_a_plug_is_switched_and_confirms(state: str, after: str) -> None:
    done = run("switch_plug.py", "0x000373", state, "--device", HOUSE)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"energenie:2:0x000373 is {after}: confirmed, sent ")


def test_a_plug_shows_what_it_measures() -> None:
    done = run("read_plug.py", "0x000373", "--device", HOUSE, "--count", "1")
    assert (done.returncode, done.stderr) == (0, "")
    assert " W, " in done.stdout
    assert "None" not in done.stdout


@pytest.mark.parametrize("name", ["switch_plug.py", "read_plug.py"])
def test_without_a_board_the_next_step_is_named(name: str) -> None:
    done = run(name, "--device", "/dev/spidev9.9")
    assert done.returncode == 1
    assert done.stderr.rstrip().endswith("without a board: --simulate")


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.name)
def test_an_example_is_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 40
