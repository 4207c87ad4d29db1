"""Names of ports: which there are, which one stays."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from energy_hw import errors
from energy_hw.links import ports
from energy_hw.links.serial import reopenable_name


@pytest.fixture
def dev(tmp_path: Path) -> Path:
    """Two adapters, one of them with a name that stays, and the board's own UART."""
    by_id = tmp_path / "serial" / "by-id"
    by_id.mkdir(parents=True)
    for node in ("ttyUSB0", "ttyUSB1", "ttyAMA0", "ttyS0"):
        (tmp_path / node).touch()
    (by_id / "usb-FTDI_0001-if00-port0").symlink_to("../../ttyUSB1")
    (by_id / "usb-gone").symlink_to("../../ttyUSB7")
    return tmp_path


def test_a_node_has_the_name_that_leads_to_it(dev: Path) -> None:
    by_id = dev / "serial" / "by-id"
    named = str(by_id / "usb-FTDI_0001-if00-port0")
    assert ports.stable_name(str(dev / "ttyUSB1"), by_id) == named
    assert ports.stable_name(named, by_id) == named
    assert ports.stable_name(str(by_id / "usb-gone"), by_id) == str(by_id / "usb-gone")
    assert ports.stable_name(str(dev / "ttyUSB0"), by_id) is None
    assert ports.stable_name(str(dev / "ttyUSB0"), dev / "none") is None


def test_what_comes_back_is_opened_by_the_name_that_stays(dev: Path) -> None:
    by_id = dev / "serial" / "by-id"
    assert reopenable_name(str(dev / "ttyUSB1"), by_id).endswith("usb-FTDI_0001-if00-port0")
    assert reopenable_name(str(dev / "ttyUSB0"), by_id) == str(dev / "ttyUSB0")
    for url in ("socket://a:1", "sim:teleinfo", "-"):
        assert reopenable_name(url, by_id) == url


def test_ports_are_listed_once_each_names_that_stay_first(dev: Path) -> None:
    listed = [Path(port).name for port in ports.present(dev / "serial" / "by-id", dev)]
    assert listed == ["usb-FTDI_0001-if00-port0", "ttyAMA0", "ttyUSB0"]


def test_without_any_port_the_message_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "present", lambda by_id: [])
    explained = ports.explain_port("/dev/ttyUSB0", OSError(errno.ENOENT, "no"), tmp_path)
    assert type(explained) is errors.NodeMissing
    assert "nor any other serial port" in str(explained)
    assert "raspi-config" in str(explained)


def test_a_file_and_a_node_are_told_apart(dev: Path) -> None:
    assert ports.is_recording(str(dev / "ttyUSB0"))
    assert not ports.is_recording("/dev/null")
    assert not ports.is_recording(str(dev / "none"))


@pytest.mark.parametrize(
    ("words", "told"),
    [("console=tty1 console=serial0,115200 root=/dev/sda", True), ("console=ttyUSB1", True), ("console=tty1", False)],
)
def test_a_port_with_the_kernels_console_on_it_is_known(words: str, told: bool, dev: Path) -> None:
    (dev / "serial0").symlink_to("ttyUSB1")
    (dev / "cmdline").write_text(words + "\n")
    assert ports.is_console(str(dev / "serial0"), dev / "cmdline") is told


def test_without_a_command_line_there_is_no_console(tmp_path: Path) -> None:
    assert not ports.is_console("/dev/ttyS0", tmp_path / "none")
