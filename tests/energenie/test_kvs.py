"""pyenergenie's registry.kvs."""

from __future__ import annotations

from pathlib import Path

import pytest

from energy_hw.energenie.kvs import read_kvs, write_kvs
from energy_hw.energenie.registry_toml import Entry
from energy_hw.errors import ConfigError

# As pyenergenie's setup_tool leaves it: a renamed device (IGN), one deleted, ids of every form.
KVS = """\
ADD tv
type=MIHO005
device_id=1675

IGN old name
type=MIHO005
device_id=1675

ADD fan
type=ENER002
device_id=(822412, 1)

ADD lamp
type=MIHO008
device_id=[0x6C6C6, 2]

ADD third
type=ENER002
device_id=3

ADD default
type=ENER002
device_id=(None, 4)

ADD gone
type=MIHO032
device_id=8220

DEL gone

ADD radiator
type=MIHO013
device_id=0x97f"""


def kvs(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "registry.kvs"
    path.write_text(text)
    return path


def test_every_form_of_id(tmp_path: Path) -> None:
    entries, problems = read_kvs(kvs(tmp_path, KVS))
    assert problems == []
    assert entries == [
        Entry("tv", "energenie:2:0x00068B", "MIHO005"),
        Entry("fan", "energenie:ook:0xC8C8C/1", "ENER002"),
        Entry("lamp", "energenie:ook:0x6C6C6/2", "MIHO008"),
        Entry("third", "energenie:ook:0x6C6C6/3", "ENER002"),
        Entry("default", "energenie:ook:0x6C6C6/4", "ENER002"),
        Entry("radiator", "energenie:3:0x00097F", "MIHO013"),
    ]


def test_a_later_record_of_a_name_wins(tmp_path: Path) -> None:
    text = "ADD tv\ntype=MIHO005\ndevice_id=1\n\nADD tv\ntype=MIHO005\ndevice_id=2\n"
    assert read_kvs(kvs(tmp_path, text)).entries == [Entry("tv", "energenie:2:0x000002", "MIHO005")]


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        ("ADD x\ntype=MIHO999\ndevice_id=1", "expected type= a product such as MIHO005, got 'MIHO999'"),
        ("ADD x\ndevice_id=1", "expected type= a product such as MIHO005, got None"),
        ("ADD x\ntype=MIHO005", "expected device_id= a number"),
        ("ADD x\ntype=MIHO005\ndevice_id=__import__('os').system('true')", "expected device_id= a number"),
        ("ADD x\ntype=MIHO005\ndevice_id=True", "expected device_id= a number"),
        ("ADD x\ntype=MIHO005\ndevice_id=(1, 2)", "expected device_id= a sensor id of 24 bits"),
        ("ADD x\ntype=MIHO005\ndevice_id=16777216", "expected device_id= a sensor id of 24 bits"),
        ("ADD x\ntype=ENER002\ndevice_id=(1048576, 1)", "expected a house code of 20 bits"),
        ("ADD x\ntype=ENER002\ndevice_id=(1, 2, 3)", "expected (house, gang)"),
        ("ADD x\ntype=ENER002\ndevice_id='a'", "expected (house, gang)"),
        ("PUT x\ntype=ENER002\ndevice_id=1", "expected ADD, IGN or DEL, got 'PUT'"),
    ],
)
def test_a_record_that_makes_no_sense_is_told_and_passed_over(tmp_path: Path, record: str, problem: str) -> None:
    good = "ADD tv\ntype=MIHO005\ndevice_id=1675\n"
    entries, problems = read_kvs(kvs(tmp_path, f"{good}\n{record}\n\n{good.replace('tv', 'fridge')}"))
    assert [entry.name for entry in entries] == ["tv", "fridge"]
    assert len(problems) == 1
    assert f"line 5: x: {problem}" in problems[0]


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    entries = read_kvs(kvs(tmp_path, KVS)).entries
    assert read_kvs(kvs(tmp_path, write_kvs(entries))).entries == entries


def test_the_shape_is_pyenergenies() -> None:
    entries = [Entry("tv", "energenie:2:0x00068B", "MIHO005"), Entry("fan", "energenie:ook:0xC8C8C/1", "ENER002")]
    assert write_kvs(entries) == (
        "ADD tv\ntype=MIHO005\ndevice_id=1675\n\nADD fan\ntype=ENER002\ndevice_id=(822412, 1)\n\n"
    )


def test_a_device_without_a_model_is_left_out() -> None:
    assert write_kvs([Entry("gadget", "energenie:77:0x00ABCD")]) == ""


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_kvs(tmp_path / "none.kvs")


def test_a_type_may_go_by_its_friendly_name(tmp_path: Path) -> None:
    file = tmp_path / "registry.kvs"
    file.write_text("ADD tv\ntype=AdaptorPlus\ndevice_id=0x68B\n\nADD hall\ntype=MiHomeLightWhite\ndevice_id=[1, 2]\n")
    assert read_kvs(file).entries == [
        Entry("tv", "energenie:2:0x00068B", "MIHO005"),
        Entry("hall", "energenie:ook:0x00001/2", "MIHO008"),
    ]
