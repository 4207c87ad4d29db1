"""docs/moving-from-mate3.md: its programs run, its names and links exist."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from energy_hw.sim.mate3 import SimMate3

PAGE = Path(__file__).parents[3] / "docs" / "moving-from-mate3.md"
TEXT = PAGE.read_text()
SECTIONS = [section.partition("\n") for section in TEXT.split("\n## ")]
CODE = re.compile(r"```python\n(.*?)```", re.DOTALL)
PROGRAMS = [(heading, code) for heading, _, body in SECTIONS for code in CODE.findall(body)]


@pytest.mark.parametrize(("heading", "program"), PROGRAMS, ids=[heading for heading, _ in PROGRAMS])
def test_a_program_of_the_page_runs_as_it_stands(
    run: Callable[..., CompletedProcess[str]], house: SimMate3, heading: str, program: str
) -> None:
    done = run(program, house)
    assert (done.returncode, done.stderr) == (0, "")
    assert house.get(64112, "absorb_volts", 3) == 576


def test_every_program_of_the_page_is_run() -> None:
    assert len(PROGRAMS) == TEXT.count("```python") == 3


@pytest.mark.parametrize("link", re.findall(r"\]\((?!http)([^)#]+)\)", TEXT))
def test_a_link_leads_somewhere(link: str) -> None:
    assert (PAGE.parent / link).exists()


@pytest.mark.parametrize(
    "module", re.findall(r"`(base_\w+|structures|devices|field_values|exceptions|sunspec\.\w+)`", TEXT)
)
def test_a_module_of_the_page_exists(module: str) -> None:
    found = import_module(f"energy_hw.compat.mate3.{module}")
    assert all(getattr(found, name) is not None for name in getattr(found, "__all__", []))
