"""KVS: pyenergenie's file of names, written safely."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from energy_hw.compat.energenie import Devices
from energy_hw.compat.energenie.KVS import KVS, NotPersistableError
from energy_hw.energenie.kvs import read_kvs
from energy_hw.errors import ConfigError

FILE = """\
ADD tv
type=MIHO005
device_id=1675

IGN old
type=MIHO005
device_id=1

ADD fan
type=GreenButton
device_id=[822412, 1]

ADD gone
type=ENER002
device_id=3

DEL gone

ADD toaster
type=TOASTER9
device_id=7
colour=red

ADD broken
type=MIHO005
device_id=kettle
"""
create = Devices.DeviceFactory.get_device_from_name


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "registry.kvs"
    file.write_text(FILE)
    return file


def test_records_become_objects(path: Path) -> None:
    store = KVS()
    store.load(path, create)
    assert {name: repr(device) for name, device in store.items()} == {
        "tv": "MIHO005(0x68b)",
        "fan": "ENER002(0xc8c8c,0x1)",
    }
    assert (len(store), store.size(), list(store.keys()), "tv" in store) == (2, 2, ["tv", "fan"], True)


def test_without_a_factory_records_are_dictionaries(path: Path) -> None:
    store = KVS(path)
    store.load()
    assert store["toaster"] == {"type": "TOASTER9", "device_id": "7", "colour": "red"}
    assert "gone" not in store


def test_what_cannot_be_made_is_told_and_stays_in_the_file(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = KVS()
    store.load(path, create)
    assert "toaster is passed over: expected the name of a device such as MIHO005 or AdaptorPlus" in caplog.text
    assert "broken is passed over: expected a device id" in caplog.text
    store["new"] = Devices.MIHO032(5)
    text = path.read_text()
    assert "ADD toaster\ntype=TOASTER9\ndevice_id=7\ncolour=red\n\n" in text
    assert "ADD broken\ntype=MIHO005\ndevice_id=kettle\n\n" in text
    assert "IGN" not in text


def test_what_is_written_is_read_by_both_readers(path: Path) -> None:
    store = KVS()
    store.load(path, create)
    store["lamp"] = Devices.MIHO008((0x6C6C6, 2))
    again = KVS()
    again.load(path, create)
    assert [repr(device) for _, device in again.items()] == [repr(device) for _, device in store.items()]
    assert [entry.name for entry in read_kvs(path).entries] == ["tv", "fan", "lamp"]


def test_a_name_is_taken_out_and_put_in_anew(path: Path) -> None:
    store = KVS()
    store.load(path, create)
    del store["tv"]
    store["fan"] = Devices.MIHO005(9)
    store.remove("toaster")
    store.append("dict", {"type": "MIHO006", "device_id": 3})
    assert path.read_text() == (
        "ADD fan\ntype=MIHO005\ndevice_id=9\n\nADD dict\ntype=MIHO006\ndevice_id=3\n\n"
        "ADD broken\ntype=MIHO005\ndevice_id=kettle\n\n"
    )
    with pytest.raises(KeyError):
        del store["tv"]


@pytest.mark.parametrize(
    ("text", "line"), [("ADD\n", 1), ("ADD a\ntype=MIHO005\ndevice_id=1\n\nPUT b\n", 5), ("load a b\n", 1)]
)
def test_a_record_that_is_none_names_its_line(path: Path, text: str, line: int) -> None:
    path.write_text(text)
    with pytest.raises(ConfigError, match=rf"registry.kvs, line {line}: expected ADD") as caught:
        KVS().load(path, create)
    assert caught.value.line == line


def test_a_file_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        KVS().load(tmp_path / "nothing")
    with pytest.raises(ValueError, match="name of a file"):
        KVS().load()
    with pytest.raises(RuntimeError, match="name of a file"):
        KVS().write()


class Plain:
    """Nothing of it can be kept."""


@pytest.mark.parametrize("value", [Plain(), Devices.MockSwitch("m")])
def test_what_cannot_be_kept_stays_in_memory(path: Path, value: Any) -> None:
    store = KVS(path)
    before = path.read_text()
    with pytest.raises(NotPersistableError, match="kept in memory"):
        store["odd"] = value
    assert store["odd"] is value
    assert path.read_text() == before


@pytest.mark.parametrize("name", ["", " x", "a\nADD b", "a\0"])
def test_a_name_that_would_break_the_file_is_refused(path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="expected a name"):
        KVS(path)[name] = Devices.MIHO005(1)


def test_writing_keeps_mode_and_links_and_leaves_nothing_behind(path: Path, tmp_path: Path) -> None:
    path.chmod(0o640)
    link = tmp_path / "link.kvs"
    link.symlink_to(path)
    store = KVS()
    store.load(link, create)
    store["new"] = Devices.MIHO005(1)
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert sorted(file.name for file in tmp_path.iterdir()) == ["link.kvs", "registry.kvs"]


def test_a_write_that_fails_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, before = KVS(), path.read_text()
    store.load(path, create)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigError, match=r"cannot be written: No space left on device; init\(registry=...\)"):
        store["new"] = Devices.MIHO005(1)
    assert path.read_text() == before
    assert [file.name for file in path.parent.iterdir()] == ["registry.kvs"]


def test_everything_may_be_written_to_another_file(path: Path, tmp_path: Path) -> None:
    store = KVS()
    store.load(path, create)
    store.write(tmp_path / "other.kvs")
    assert (tmp_path / "other.kvs").read_text().startswith("ADD tv\ntype=MIHO005\ndevice_id=1675\n\nADD fan\n")
