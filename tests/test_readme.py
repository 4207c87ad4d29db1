"""Every block of the README runs, as it stands, in the simulated house."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tomllib
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
PYTHON = [text for language, text in BLOCKS if language == "python"]
SHELL = [line for language, text in BLOCKS if language == "sh" for line in text.splitlines()]
BOUND_S = 30


def environment() -> dict[str, str]:
    """The simulated house, twenty times as fast; this interpreter's commands first in the path."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {
        **os.environ,
        "PATH": path,
        "PYTHONPATH": str(ROOT / "src"),
        "ENERGY_HW_DEVICE": "sim:house?speed=20",
        "ENERGY_HW_TELEINFO": "sim:teleinfo?speed=5",
        "ENERGY_HW_P1": "sim:p1?speed=5",
        "ENERGY_HW_MATE3": "sim:mate3",
        "PYTHONUNBUFFERED": "1",
    }


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Journals and queues of the programs are not the user's."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def first_line_then_interrupt(command: list[str]) -> tuple[str, str]:
    """The first line that a program prints, and the rest until Ctrl-C ends it and its children."""
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        try:
            first = process.stdout.readline()
            with suppress(ProcessLookupError):  # it may have ended by itself
                os.killpg(process.pid, signal.SIGINT)
            rest, errors = process.communicate(timeout=BOUND_S)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    return first + rest, errors


@pytest.mark.parametrize("block", PYTHON, ids=lambda block: block.splitlines()[0])
def test_a_python_block_prints_what_the_house_says(block: str) -> None:
    printed, errors = first_line_then_interrupt([sys.executable, "-c", block])
    assert printed.strip(), errors
    last_words = errors.strip().splitlines()[-1:]
    assert last_words in ([], ["KeyboardInterrupt"]), errors


@pytest.mark.parametrize("line", [line for line in SHELL if "pip install" not in line])
def test_a_shell_line_does_what_it_says(line: str) -> None:
    runnable = line.removeprefix("sudo ").replace("python ", f"{sys.executable} ", 1)
    if "--count" not in line and "decode" not in line:
        printed, errors = first_line_then_interrupt(["bash", "-c", f"exec {runnable}"])
    else:
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", runnable],
            cwd=ROOT,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=BOUND_S,
        )
        assert done.returncode == 0, done.stderr
        printed, errors = done.stdout, done.stderr
    assert printed.strip(), errors


def test_the_lines_that_install_name_what_is_there() -> None:
    """They need a network; the continuous run's dist stage installs for real."""
    lines = [line for line in SHELL if "pip install" in line]
    extras = {extra for line in lines for extra in re.findall(r"\.\[(\w+)\]", line)}
    known = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert lines
    assert extras <= set(known)


def test_the_readme_has_all_its_blocks() -> None:
    assert len(PYTHON) >= 5
    assert len(SHELL) >= 5
