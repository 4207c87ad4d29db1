"""A real full disk, a read-only one, and one that fails: no crash, no damage, exact counts, and back without a restart.

Each runs on a tmpfs of 3 MB in a mount namespace of its own, as root or as anybody who may make user namespaces.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from powercut_rig import build_recorder

MOUNT = 'mount -t tmpfs -o size=3m tmpfs "$1" && exec "$2" "$3" "$1" "$4"'


def on_small_disk(folder: Path, fault: str, **variables: str) -> dict[str, Any]:
    disk = folder / "disk"
    disk.mkdir()
    program = [sys.executable, str(Path(__file__).parent / "disk_faults.py"), fault]
    command = ["unshare", "--map-root-user", "--mount", "sh", "-c", MOUNT, "sh", str(disk), *program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=150, env={**os.environ, **variables})
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_a_full_disk(tmp_path: Path) -> None:
    result = on_small_disk(tmp_path, "full")
    assert result["degraded"] == "degraded"
    assert not result["ballast_when_full"]
    assert result["flushed"]
    assert result["live"] == result["put"]
    assert result["dropped"].keys() == {"memory"}
    assert result["late"] == result["put"] - result["dropped"]["memory"]
    assert result["in_order"]
    assert result["ballast"]
    assert result["put_aside"] == 0


def test_a_disk_that_is_read_only_when_the_outbox_opens(tmp_path: Path) -> None:
    result = on_small_disk(tmp_path, "readonly")
    assert result["degraded"] == "degraded"
    assert result["flushed"]
    assert result["live"] == result["put"]
    assert result["dropped"].keys() == {"memory"}
    assert result["before"] + result["put"] >= result["late"] >= result["put"] - result["dropped"]["memory"]
    assert result["put_aside"] == 0


def test_a_disk_that_fails_to_write_and_sync(tmp_path: Path) -> None:
    disk = str(tmp_path / "disk")
    shim = {"LD_PRELOAD": str(build_recorder(tmp_path)), "RECORD_FOLDER": disk, "RECORD_TO": str(tmp_path / "record")}
    result = on_small_disk(tmp_path, "eio", **shim, RECORD_FAIL=str(tmp_path / "fail"))
    assert result["degraded"] == "degraded"
    assert result["flushed"]
    assert result["live"] == result["put"]
    assert result["late"] == result["put"] - result["dropped"].get("memory", 0)
    assert result["put_aside"] == 0
