"""Why a node could not be opened: every errno has its class, its words, and its remedy."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from energy_hw import errors
from energy_hw.links import diagnose

HOLD = """
import fcntl, sys
file = open(sys.argv[1])
if sys.argv[2] == "lock":
    fcntl.flock(file, fcntl.LOCK_EX)
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def node(tmp_path: Path) -> Path:
    path = tmp_path / "spidev0.1"
    path.touch()
    return path


def hold(path: Path, how: str) -> subprocess.Popen[str]:
    """Another process that has the file open, or locked, until its stdin is closed."""
    command = [sys.executable, "-c", HOLD, str(path), how]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.fixture
def locker(node: Path) -> Iterator[int]:
    with hold(node, "lock") as process:
        yield process.pid
        process.communicate()


@pytest.fixture
def opener(node: Path) -> Iterator[int]:
    with hold(node, "open") as process:
        yield process.pid
        process.communicate()


def failed(path: Path | str, number: int) -> errors.LinkError:
    return diagnose.explain_open(str(path), OSError(number, os.strerror(number)))


def test_no_spi_node_at_all_says_how_to_enable_spi(tmp_path: Path) -> None:
    explained = failed(tmp_path / "spidev0.1", errno.ENOENT)
    assert type(explained) is errors.SpiDisabled
    assert str(explained).endswith(
        "spidev0.1 does not exist: enable SPI with raspi-config, Interface Options, and reboot"
    )


def test_another_spi_node_is_named(node: Path) -> None:
    explained = failed(node.with_name("spidev1.0"), errno.ENOENT)
    assert type(explained) is errors.NodeMissing
    assert f"there is {node}" in str(explained)


def test_another_kind_of_node_is_just_missing() -> None:
    explained = failed("/dev/gpiochip9", errno.ENOENT)
    assert type(explained) is errors.NodeMissing
    assert "raspi-config" not in str(explained)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM])
def test_permission_names_the_group_and_the_command(node: Path, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnose, "_group_of", lambda path: "spi")
    explained = failed(node, number)
    assert type(explained) is errors.PermissionDenied
    assert "belongs to group spi" in str(explained)
    assert "sudo usermod -aG spi $USER" in str(explained)


def test_a_node_of_root_needs_a_udev_rule() -> None:
    explained = failed("/dev/null", errno.EACCES)
    assert "belongs to group root" in str(explained)
    assert "usermod" not in str(explained)


def test_a_group_without_a_name_is_its_number(node: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(number: int) -> None:
        raise KeyError(number)

    monkeypatch.setattr(diagnose.grp, "getgrgid", unknown)
    assert f"group {node.stat().st_gid} and" in str(failed(node, errno.EACCES))


def test_a_vanished_node_has_no_group(tmp_path: Path) -> None:
    assert "group unknown" in str(failed(tmp_path / "spidev0.0", errno.EACCES))


@pytest.mark.parametrize("number", [errno.EBUSY, errno.EWOULDBLOCK])
def test_busy_names_the_process_that_locks(node: Path, locker: int, number: int) -> None:
    explained = failed(node, number)
    assert isinstance(explained, errors.LinkBusy)
    assert explained.holder == locker
    assert f"held by process {locker} (python" in str(explained)


def test_busy_by_ourselves(node: Path) -> None:
    with node.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        explained = failed(node, errno.EWOULDBLOCK)
    assert isinstance(explained, errors.LinkBusy)
    assert explained.holder == os.getpid()
    assert "held by this process" in str(explained)


def test_busy_by_nobody_that_can_be_seen(node: Path) -> None:
    explained = failed(node, errno.EBUSY)
    assert isinstance(explained, errors.LinkBusy)
    assert explained.holder is None
    assert f"sudo fuser -v {node}" in str(explained)


def test_something_else_than_an_spi_node() -> None:
    explained = failed("/dev/null", errno.ENOTTY)
    assert type(explained) is errors.LinkError
    assert "expected an SPI node like /dev/spidev0.1, got /dev/null" in str(explained)


def test_any_other_errno_is_spelled_out(node: Path) -> None:
    assert str(failed(node, errno.EMFILE)) == f"{node} cannot be opened: Too many open files"


def test_the_errno_is_kept(node: Path) -> None:
    assert failed(node, errno.EACCES).errno == errno.EACCES


def test_holder_without_a_lock_is_whoever_has_it_open(node: Path, opener: int) -> None:
    assert diagnose.holder_of(str(node)) == opener


def test_nobody_holds_a_missing_node(tmp_path: Path) -> None:
    assert diagnose.holder_of(str(tmp_path / "none")) is None


def test_one_who_waits_for_a_lock_does_not_hold_it(node: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = node.stat()
    device = f"{os.major(seen.st_dev):02x}:{os.minor(seen.st_dev):02x}:{seen.st_ino}"
    (tmp_path / "locks").write_text(
        f"1: POSIX  ADVISORY  WRITE 11 {device} 0 EOF\n"
        f"2: -> FLOCK  ADVISORY  WRITE 12 {device} 0 EOF\n"
        f"3: FLOCK  ADVISORY  WRITE 13 {device} 0 EOF\n"
    )
    monkeypatch.setattr(diagnose, "PROC", tmp_path)
    assert diagnose.holder_of(str(node)) == 13


def test_a_process_that_ended_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnose, "holder_of", lambda path: 999_999_999)
    assert "process 999999999 (ended)" in str(failed(tmp_path, errno.EBUSY))
