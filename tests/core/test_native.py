"""core.native(): what the sources with a scanner of their own get."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from energy_hw import core
from energy_hw._version import __version__
from energy_hw.errors import ConfigError

ROOT = Path(__file__).parents[2]
FALLBACK = """
import sys, warnings
sys.modules["energy_hw._core"] = None
from energy_hw.teleinfo.frame import TicParser
print(TicParser().feed(b"\\nPAPP 00540 *\\r"), TicParser().feed(b""))
"""


def test_the_compiled_core_has_lib_and_ffi() -> None:
    native = core.native("c")
    assert native is not None
    assert native.ffi.string(native.lib.ehw_version()).decode() == __version__


@pytest.mark.parametrize(("choice", "there"), [("c", True), ("auto", True), ("python", False)])
def test_the_environment_chooses(choice: str, there: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENERGY_HW_CORE", choice)
    assert (core.native() is not None) == there


def test_another_name_is_refused() -> None:
    with pytest.raises(ConfigError, match="c, python or auto, got 'rust'"):
        core.native("rust")


def test_without_a_compiled_core_a_source_works_and_says_so_once() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "ENERGY_HW_CORE": "auto"}
    done = subprocess.run([sys.executable, "-c", FALLBACK], env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout == "[b'PAPP 00540 *'] []\n"
    assert done.stderr.count("CoreFallbackWarning") == 1
