"""docs/moving-from-pyenergenie.md: its program runs, its names and links exist."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from energy_hw.compat import energenie

PAGE = Path(__file__).parents[3] / "docs" / "moving-from-pyenergenie.md"
TEXT = PAGE.read_text()


def test_the_program_of_the_page_runs_as_it_stands(tmp_path: Path) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, timeout=60, cwd=tmp_path
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "MIHO005(0x373) AP:" in done.stdout
    assert list(tmp_path.iterdir()) == []  # a simulated house leaves no registry behind


@pytest.mark.parametrize("link", re.findall(r"\]\((?!http)([^)#]+)\)", TEXT))
def test_a_link_leads_somewhere(link: str) -> None:
    assert (PAGE.parent / link).exists()


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`(?:energenie\.)?((?:Devices|radio|registry)\.\w+)", TEXT))))
def test_a_name_of_the_page_exists(path: str) -> None:
    home, name = path.split(".")
    if path == "registry.kvs":
        return
    place = energenie.Registry.DeviceRegistry if home == "registry" else getattr(energenie, home)
    assert hasattr(place, name)
