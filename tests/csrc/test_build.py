"""setup.py: one extension for every CPython, optional unless ENERGY_HW_REQUIRE_C=1."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def build(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    options = ["--build-lib", str(folder / "lib"), "--build-temp", str(folder / "temp")]
    return subprocess.run(
        [sys.executable, "setup.py", "-q", "build_ext", *options],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )


def built(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "lib").rglob("*.so"))


def test_it_builds_one_extension_with_the_limited_api(tmp_path: Path) -> None:
    done = build(tmp_path, ENERGY_HW_REQUIRE_C="1")
    assert done.returncode == 0, done.stderr
    assert built(tmp_path) == ["_core.abi3.so"]


def test_its_sources_compile_without_a_warning(tmp_path: Path) -> None:
    done = build(tmp_path, ENERGY_HW_REQUIRE_C="1", CFLAGS="-Wall -Wextra -Werror")
    assert done.returncode == 0, done.stderr


def test_without_a_compiler_it_installs_and_warns(tmp_path: Path) -> None:
    done = build(tmp_path, CC="/bin/false", ENERGY_HW_REQUIRE_C="0")
    assert (done.returncode, built(tmp_path)) == (0, [])
    assert "energy_hw._core" in done.stderr


def test_without_a_compiler_it_fails_where_c_is_required(tmp_path: Path) -> None:
    assert build(tmp_path, CC="/bin/false", ENERGY_HW_REQUIRE_C="1").returncode != 0
