"""Layouts in a file: kept, checked, ignored when damaged, left alone when they are something else."""

from __future__ import annotations

import json
import logging
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from energy_hw.outback.layout import MOST_LAYOUTS, NAME, LayoutFile
from outback_rig import Controller

LAYOUT = Controller().layout


@pytest.fixture
def file(tmp_path: Path) -> LayoutFile:
    return LayoutFile(tmp_path / "state" / "layouts.json", "mate3:502")


def test_what_is_kept_is_what_was_saved(file: LayoutFile) -> None:
    file.save(LAYOUT)
    assert file.load() == LAYOUT
    assert stat.S_IMODE(os.stat(file.path).st_mode) == 0o600


def test_no_file_is_nothing_and_nothing_to_tell(file: LayoutFile, caplog: pytest.LogCaptureFixture) -> None:
    assert file.load() is None
    assert not caplog.records


def test_several_controllers_side_by_side(file: LayoutFile) -> None:
    other = LayoutFile(file.path, "other:502")
    file.save(LAYOUT)
    assert other.load() is None
    other.save(LAYOUT)
    assert file.load() == other.load() == LAYOUT


def test_no_more_than_so_many(file: LayoutFile) -> None:
    for number in range(MOST_LAYOUTS + 1):
        LayoutFile(file.path, str(number)).save(LAYOUT)
    assert LayoutFile(file.path, "0").load() is None
    assert LayoutFile(file.path, "1").load() == LAYOUT


def damaged(change: Any) -> str:
    entry: dict[str, Any] = {
        "base": 40000,
        "serial": "",
        "model": "MATE3",
        "since_2018": False,
        "blocks": [[40002, 1, 65, None], [40069, 64111, 26, 3]],
    }
    change(entry)
    return json.dumps({NAME: 1, "mate3:502": entry})


DAMAGE = {
    "empty": "",
    "cut": f'{{"{NAME}": 1, "mate3:502": {{"ba',
    "newer": f'{{"{NAME}": 2}}',
    "deep": f'{{"{NAME}": ' + "[" * 100_000,
    "long": f'{{"{NAME}": 1, "x": "{"x" * (1 << 20)}"}}',
    "list": f'{{"{NAME}": 1, "mate3:502": [1]}}',
    "no-blocks": damaged(lambda entry: entry.update(blocks=[])),
    "no-base": damaged(lambda entry: entry.pop("base")),
    "other-base": damaged(lambda entry: entry.update(base=1)),
    "no-text": damaged(lambda entry: entry.update(serial=7)),
    "gap": damaged(lambda entry: entry["blocks"][1].__setitem__(0, 40070)),
    "no-port": damaged(lambda entry: entry["blocks"][1].__setitem__(3, None)),
    "port-too-many": damaged(lambda entry: entry["blocks"][0].__setitem__(3, 1)),
    "text-for-a-number": damaged(lambda entry: entry["blocks"][1].__setitem__(2, "26")),
    "true-for-a-number": damaged(lambda entry: entry["blocks"][1].__setitem__(3, True)),
    "short-row": damaged(lambda entry: entry["blocks"][1].pop(0)),
    "long-row": damaged(lambda entry: entry["blocks"][1].append(0)),
    "beyond": damaged(lambda entry: entry["blocks"][1].__setitem__(2, 65000)),
    "twins": damaged(lambda entry: entry["blocks"].append([40097, 64111, 26, 3])),
}


def test_what_the_damage_is_done_to_is_fine(file: LayoutFile) -> None:
    file.path.parent.mkdir()
    file.path.write_text(damaged(lambda entry: None))
    layout = file.load()
    assert layout is not None
    assert [block.port for block in layout.blocks] == [None, 3]


@pytest.mark.parametrize("text", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_file_is_told_in_one_line_and_replaced(
    file: LayoutFile, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    file.path.parent.mkdir()
    file.path.write_text(text)
    assert file.load() is None
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 1
    file.save(LAYOUT)
    assert file.load() == LAYOUT


@pytest.mark.parametrize("content", [b"[hub]\nname = 1\n", b"\xff\xfe\x00", b'{"40000": 21365}'])
def test_a_file_of_something_else_is_left_alone(
    file: LayoutFile, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    file.path.parent.mkdir()
    file.path.write_bytes(content)
    assert file.load() is None
    file.save(LAYOUT)
    assert file.path.read_bytes() == content
    assert caplog.text.count("it is something else, name another file") == 2


@pytest.mark.parametrize("kind", ["a-folder", "below-a-file"])
def test_a_place_that_cannot_be_written_is_told(file: LayoutFile, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    if kind == "a-folder":
        file.path.mkdir(parents=True)
    else:
        file.path.parent.write_text("")
    file.save(LAYOUT)
    assert "not kept for the next start" in caplog.text
    assert file.load() is None


def test_no_serial_number_in_the_log(file: LayoutFile, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        file.save(LAYOUT)
        file.path.write_text(file.path.read_text().replace("40069", "40070"))
        assert file.load() is None
    assert LAYOUT.serial not in caplog.text


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 1000), st.binary(max_size=3))
def test_any_damage_gives_the_layout_or_none(file: LayoutFile, at: int, junk: bytes) -> None:
    file.path.unlink(missing_ok=True)
    file.save(LAYOUT)
    data = file.path.read_bytes()
    file.path.write_bytes(data[:at] + junk + data[at + len(junk) :])
    found = file.load()
    assert found is None or found.tail.address == LAYOUT.tail.address
