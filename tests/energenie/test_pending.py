"""The file of what waits: whole or salvaged, written safely, held by one."""

from __future__ import annotations

import logging
import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from energy_hw.energenie import pending
from energy_hw.energenie.pending import Loaded, PendingFile, Row, default_folder, dump, parse
from energy_hw.errors import LinkBusy

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ROWS: list[Row] = [{"code": "TEMPERATURE", "value": "20.5"}, {"code": "IDENTIFY", "value": None}]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "pending.jsonl"


def saved(path: Path, rows: list[Row]) -> None:
    """A file with these rows, closed again."""
    file = PendingFile(path)
    file.save(rows, NOW)
    file.close()


def reopened(path: Path) -> Loaded:
    file = PendingFile(path)
    file.close()
    return file.loaded


def test_what_is_written_is_read_again(path: Path) -> None:
    saved(path, ROWS)
    assert reopened(path) == Loaded(ROWS, NOW, True)


def test_a_file_that_is_not_there_is_empty_and_opening_makes_none(path: Path) -> None:
    assert reopened(path) == Loaded([], None, True)
    assert not path.exists()


def test_flush_waits_for_the_disk_and_says_what_is_on_it(path: Path) -> None:
    file = PendingFile(path)
    first = file.save(ROWS[:1], NOW)
    assert file.flush(first)
    assert parse(path.read_bytes()).rows == ROWS[:1]
    file.save([], NOW)
    file.save(ROWS, NOW)
    assert file.flush()
    assert parse(path.read_bytes()).rows == ROWS
    assert file.writes in (2, 3)  # two saves may have been one write
    file.close()
    file.close()


@pytest.mark.parametrize("cut", range(1, len(dump(ROWS, NOW)), 7))
def test_a_file_that_was_cut_short_gives_what_is_left(cut: int) -> None:
    whole = dump(ROWS, NOW)
    loaded = parse(whole[:cut])
    assert not loaded.whole or cut == len(whole) - 1
    assert loaded.rows == ROWS[: len(loaded.rows)]


@pytest.mark.parametrize("seed", range(20))
def test_no_flipped_bit_makes_another_command(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(50):
        damaged = bytearray(dump(ROWS, NOW))
        damaged[dice.randrange(len(damaged))] ^= 1 << dice.randrange(8)
        loaded = parse(bytes(damaged))
        assert not loaded.whole
        assert all(row in ROWS for row in loaded.rows)


@pytest.mark.parametrize(
    "content",
    [b"\x00" * 300, b"{}\n", b"\xff\xfe nonsense\n" * 5, dump(ROWS, NOW).replace(b'"rows": 2', b'"rows": 3')],
    ids=["zeros", "json", "noise", "header"],
)
def test_a_damaged_file_is_put_aside_and_never_overwritten(
    path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path.parent.mkdir()
    for _ in range(2):  # and the second one does not take the place of the first
        path.write_bytes(content)
        file = PendingFile(path)
        assert file.loaded.rows == [row for row in ROWS if b"TEMPERATURE" in content]
        assert path.exists()  # until there is something better
        file.save(file.loaded.rows, NOW)
        file.close()
        assert parse(path.read_bytes()).whole
    assert [aside.read_bytes() for aside in path.parent.glob("*.broken-*")] == [content] * 2
    assert "is damaged" in caplog.text


def test_a_newer_format_is_put_aside_too(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pending, "VERSION", 2)
    saved(path, ROWS)
    monkeypatch.undo()
    assert not reopened(path).whole
    assert len(list(path.parent.glob("*.broken-*"))) == 1


def test_two_hubs_never_share_a_file(path: Path) -> None:
    holder = PendingFile(path)
    with pytest.raises(LinkBusy, match=f"process {os.getpid()}") as caught:
        PendingFile(path)
    assert caught.value.holder == os.getpid()
    holder.close()
    PendingFile(path).close()


def test_a_full_disk_is_told_once_counted_and_tried_again(
    path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pending, "RETRY_S", 0.05)
    saved(path, ROWS[:1])
    file = PendingFile(path)
    full = Path(f"{path}.new")
    full.symlink_to("/dev/full")
    assert not file.flush(file.save(ROWS, NOW))
    assert not file.flush(file.save(ROWS, NOW))
    assert file.failures >= 2
    assert parse(path.read_bytes()).rows == ROWS[:1]
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert "No space left" in caplog.text
    full.unlink()
    number = file.save(ROWS, NOW)
    for _ in range(400):  # a retry of the old one may be under way
        if file.flush(number):
            break
    file.close()
    assert parse(path.read_bytes()).rows == ROWS


def test_a_folder_that_cannot_be_made_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("not a folder")
    file = PendingFile(tmp_path / "file" / "pending.jsonl")
    assert not file.flush(file.save(ROWS, NOW))
    file.close()
    assert (file.writes, file.failures > 0) == (0, True)
    assert len([record for record in caplog.records if record.levelno == logging.WARNING]) == 1


def test_a_file_that_cannot_be_read_is_not_overwritten(path: Path) -> None:
    path.mkdir(parents=True)
    file = PendingFile(path)
    assert not file.flush(file.save(ROWS, NOW))
    file.close()
    assert path.is_dir()


@pytest.mark.parametrize(
    ("environment", "user", "folder"),
    [
        ({"ENERGY_HW_STATE": "/data/hw", "XDG_STATE_HOME": "/x"}, 0, "/data/hw"),
        ({}, 0, "/var/lib/energy-hw"),
        ({"XDG_STATE_HOME": "/x"}, 1000, "/x/energy-hw"),
        ({"HOME": "/home/pi"}, 1000, "/home/pi/.local/state/energy-hw"),
    ],
)
def test_default_folder(environment: dict[str, str], user: int, folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ENERGY_HW_STATE", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(os, "geteuid", lambda: user)
    assert default_folder() == Path(folder)


# -- killed --------------------------------------------------------------------

QUEUES_FOR_EVER = """
import sys
from energy_hw import core
from energy_hw.energenie.windows import Windows
from energy_hw.links.clock import SystemClock

nothing = lambda *_: None
windows = Windows(core.get("python"), SystemClock(), nothing, nothing, nothing)
windows.keep_in(sys.argv[1], "board")
for n in range(int(sys.argv[2]), 1 << 30):
    windows.put(3, n % 3, "TEMPERATURE", 4 + n // 3 % 50 / 2)
    print(n, flush=True)
"""
KILLS = 8


def test_nothing_reported_as_queued_is_lost_when_the_process_is_killed(path: Path) -> None:
    dice, n = random.Random(1), 0
    for _ in range(KILLS):
        before = n
        command = [sys.executable, "-W", "ignore", "-c", QUEUES_FOR_EVER, str(path), str(n)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            for _ in range(dice.randrange(1, 60)):
                n = int(child.stdout.readline())
            time.sleep(dice.uniform(0, 0.003))  # into the midst of some later write
            child.send_signal(signal.SIGKILL)
            n = max([n, *map(int, child.stdout.read().split())])
        assert n > before or before == 0
        loaded = reopened(path)
        assert loaded.whole
        found = {row["sensor"]: row["value"] for row in loaded.rows}
        for reported in range(max(0, n - 2), n + 1):
            newer = reported + 3 if reported + 3 == n + 1 else reported  # taken, and killed before it could say so
            assert found[reported % 3] in {_target(reported), _target(newer)}
        n += 1


def _target(n: int) -> str:
    return str(4 + n // 3 % 50 / 2)


def test_a_file_of_another_user_is_not_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved(path, ROWS)
    real = os.open

    def locked_out(name: object, *options: object) -> int:
        if str(name).endswith(".lock"):
            raise PermissionError(13, "Permission denied")
        return real(name, *options)  # type: ignore[arg-type]

    monkeypatch.setattr(pending.os, "open", locked_out)
    file = PendingFile(path)
    assert file.loaded.rows == ROWS
    assert not file.flush(file.save([], NOW))
    file.close()
    monkeypatch.undo()
    assert reopened(path).rows == ROWS


def test_a_forked_process_does_not_keep_the_file(path: Path) -> None:
    file = PendingFile(path)
    inherited = os.dup(file._lock_file or -1)
    file.close()
    PendingFile(path).close()
    os.close(inherited)
