"""The journal: on the disk before the first byte goes out, readable after any power cut, nobody else's business."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_hw.errors import CommandError, NotConfirmed
from energy_hw.outback.journal import Entry, Journal, default_path
from energy_hw.sim.mate3_faults import WRITES
from mate3_write_rig import FM60, FM80, World, without_socket


def entry(number: int = 1, **changes: Any) -> Entry:
    values: dict[str, Any] = {
        "id": f"{number:032x}",
        "time": "2026-11-21T12:00:00Z",
        "gateway": "MA0000F0000000",
        "device": "outback:MA0000F0000000/3",
        "did": 64112,
        "port": 3,
        "model": "FM60-150VDC",
        "serial": "",
        "block": 64112,
        "point": "absorb_volts",
        "address": 40946,
        "old": "58.8",
        "new": "57.6",
        "unit": "V",
        "raw_old": (588,),
        "raw_new": (576,),
        "actor": "test",
    }
    return Entry(**values | changes)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "deep" / "state" / "writes.jsonl")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return without_socket(tmp_path)


def noted(world: World) -> Journal:
    assert world.journal is not None
    return world.journal


def test_intent_and_result_are_two_lines_of_one_entry(world: World) -> None:
    world.write(FM60, "absorb_volts", "57.6")
    lines = [json.loads(line) for line in noted(world).path.read_text().splitlines()]
    assert [line["line"] for line in lines] == ["intent", "result"]
    assert (
        lines[0].items()
        >= {
            "gateway": "MA0000F0000000",
            "device": "outback:MA0000F0000000/3",
            "did": 64112,
            "port": 3,
            "point": "absorb_volts",
            "address": 40946,
            "old": "58.8",
            "new": "57.6",
            "raw_old": [588],
            "raw_new": [576],
            "actor": "test",
            "time": "2026-11-21T12:00:00Z",
        }.items()
    )
    (one,) = noted(world).read().entries
    assert (one.outcome, one.raw_new) == ("confirmed", (576,))
    assert "absorb_volts: 58.8 -> 57.6 V, confirmed (test)" in one.text


def test_the_intent_is_there_when_the_write_goes_out(world: World) -> None:
    at_write: list[str] = []
    world.before_write(lambda: at_write.append(noted(world).path.read_text()))
    world.write(FM60, "absorb_volts", "57.6")
    assert len(at_write[0].splitlines()) == 1
    assert json.loads(at_write[0])["line"] == "intent"


def test_every_line_is_on_the_disk_before_the_next_step(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (synced.append(file), fsync(file)))
    journal.intent(entry())
    assert len(synced) == 2  # the file, and the directory that has it now
    journal.result(entry(), "2026-11-21T12:00:01Z", "confirmed")
    assert len(synced) == 3


def test_it_is_for_its_owner_alone(journal: Journal) -> None:
    old = os.umask(0)
    try:
        journal.intent(entry())
    finally:
        os.umask(old)
    assert journal.path.stat().st_mode & 0o777 == 0o600
    assert journal.path.parent.stat().st_mode & 0o777 == 0o700


def test_a_write_without_a_result_may_have_happened(journal: Journal) -> None:
    journal.intent(entry())
    found = journal.read()
    assert [one.outcome for one in found.entries] == ["unknown"]
    assert found.last() == found.entries[0]


def no_directory(path: Path) -> None:
    path.parent.parent.mkdir(parents=True, exist_ok=True)
    path.parent.write_text("a file where a directory should be")


def is_directory(path: Path) -> None:
    path.mkdir(parents=True)


def full_disk(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.symlink_to("/dev/full")


@pytest.mark.parametrize("breaks", [no_directory, is_directory, full_disk])
def test_a_journal_that_cannot_be_written_refuses_the_write(world: World, breaks: Callable[[Path], None]) -> None:
    breaks(noted(world).path)
    with pytest.raises(CommandError, match=r"nothing was written to the controller: the journal .* cannot be written"):
        world.write(FM60, "absorb_volts", "57.6")
    assert world.writes == []


def test_a_program_may_choose_to_keep_none(tmp_path: Path) -> None:
    world = without_socket(tmp_path, journal=False)
    assert world.write(FM60, "absorb_volts", "57.6").confirmed
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(CommandError, match="no journal is kept"):
        world.writer.undo()


def test_a_journal_that_fails_after_the_write_is_told_in_the_log(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    def fails() -> None:
        noted(world).path.unlink()
        noted(world).path.mkdir()

    world.before_read_back(fails)
    assert world.write(FM60, "absorb_volts", "57.6").confirmed
    assert "does not say that absorb_volts was confirmed" in caplog.text


def test_ctrl_c_before_anything_was_sent_is_no_write_that_may_stand(world: World) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    prepared = world.prepare(FM60, "absorb_volts", "57.6")
    world.house.faults.arm(then=interrupt)
    with pytest.raises(KeyboardInterrupt):
        world.writer.commit(prepared)
    world.house.faults.arm(then=interrupt, functions=WRITES)
    with pytest.raises(KeyboardInterrupt):
        world.writer.commit(prepared)
    assert [one.outcome for one in noted(world).read().entries] == ["refused", "unknown"]


def test_what_went_wrong_is_noted(world: World) -> None:
    world.house.locked = True
    with pytest.raises(NotConfirmed):
        world.write(FM80, "absorb_volts", "57.6")
    (one,) = noted(world).read().entries
    assert one.outcome == "not confirmed"
    assert "write while locked" in one.detail
    assert noted(world).read().last() is None


DAMAGE = [
    b"",
    b"{",
    b"not json\n",
    b"[1]\n",
    b'{"line":"intent"}\n',
    b'{"line":"result","id":"nobody","outcome":"confirmed"}\n',
    b'{"line":"intent","id":1}\n',
    b"\xff\xfe\x00\n",
    b"[" * 50_000 + b"\n",
    b'"' + b"x" * 200_000 + b'"\n',
]


@pytest.mark.parametrize("damage", DAMAGE, ids=range(len(DAMAGE)))
def test_damaged_lines_are_counted_and_the_others_read(journal: Journal, damage: bytes) -> None:
    journal.intent(entry(1))
    journal.result(entry(1), "2026-11-21T12:00:01Z", "confirmed")
    with journal.path.open("ab") as file:
        file.write(damage)
    journal.intent(entry(2, port=None))
    found = journal.read()
    assert [(one.id, one.outcome) for one in found.entries] == [(entry(1).id, "confirmed"), (entry(2).id, "unknown")]
    assert (found.damaged > 0) == bool(damage)


@given(cut=st.integers(0, 900), more=st.binary(max_size=40))
def test_a_power_cut_anywhere_loses_that_line_alone(
    tmp_path_factory: pytest.TempPathFactory, cut: int, more: bytes
) -> None:
    journal = Journal(tmp_path_factory.mktemp("journal") / "writes.jsonl")
    for number in (1, 2):
        journal.intent(entry(number))
    whole = journal.path.read_bytes()
    journal.path.write_bytes(whole[:cut] + more)
    journal.intent(entry(3))
    found = [one.id for one in journal.read().entries]
    assert found[-1] == entry(3).id
    assert set(found) <= {entry(number).id for number in (1, 2, 3)}


def test_lines_of_a_later_version_are_read_as_far_as_they_are_known(journal: Journal) -> None:
    journal.intent(entry())
    row = json.loads(journal.path.read_text())
    journal.path.write_text(json.dumps({**row, "weather": "rain"}) + "\n")
    assert journal.read().entries == (entry(),)


def test_a_field_of_another_kind_is_damage(journal: Journal) -> None:
    journal.intent(entry())
    row = json.loads(journal.path.read_text())
    wrong = [
        {"port": "3"},
        {"port": True},
        {"raw_new": [70_000]},
        {"raw_old": ["588"]},
        {"did": None},
        {"point": 5},
        {"raw_new": "576"},
        {"counters": {"lifetime_kwh_hours": "much"}},
        {"counters": {"lifetime_kwh_hours": 5}},
    ]
    journal.path.write_text("".join(json.dumps({**row, **change}) + "\n" for change in wrong))
    assert (journal.read().entries, journal.read().damaged) == ((), len(wrong))


def test_no_file_is_no_entry(journal: Journal) -> None:
    assert (journal.read().entries, journal.read().damaged) == ((), 0)


@pytest.mark.parametrize(
    ("state", "expected"),
    [("/var/lib/x", "/var/lib/x"), ("", "/home/pi/.local/state"), ("relative", "/home/pi/.local/state")],
)
def test_the_usual_place(monkeypatch: pytest.MonkeyPatch, state: str, expected: str) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", state)
    monkeypatch.setenv("HOME", "/home/pi")
    assert default_path() == Path(expected) / "energy-hw" / "mate3-writes.jsonl"
