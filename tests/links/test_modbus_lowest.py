"""Everything about the link once more, with the lowest pymodbus that this package allows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from energy_hw.links.modbus_client import LOWEST

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
INSTALLED = Path(sys.prefix) / "pymodbus-lowest"
MODULES = ["test_modbus.py", "test_modbus_limits.py", "test_modbus_trouble.py", "test_modbus_write.py"]


def lowest_allowed() -> str:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    (found,) = [re.match(r"pymodbus>=([\d.]+),<4$", needed) for needed in extras["outback"] if "pymodbus" in needed]
    assert found, extras["outback"]
    return found[1]


def test_the_lowest_allowed_is_the_lowest_that_the_link_takes() -> None:
    assert lowest_allowed() == ".".join(map(str, LOWEST))


def test_the_link_with_the_lowest_pymodbus() -> None:
    assert (INSTALLED / "pymodbus").is_dir(), (
        f"{INSTALLED} is missing: `make test` installs pymodbus {lowest_allowed()}"
    )
    paths = [str(INSTALLED), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "EHW_PYMODBUS": lowest_allowed()}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *(str(HERE / module) for module in MODULES)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
