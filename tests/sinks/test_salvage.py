"""Damaged files: the start succeeds, sound rows are saved, and no damaged one is handed out.

EHW_WRECKS=1000 python -m pytest tests/sinks/test_salvage.py    the long form (make test-outbox)
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from energy_hw.links.clock import SystemClock
from energy_hw.sinks.health import State
from energy_hw.sinks.ledger import Ledger
from energy_hw.sinks.limits import Limits
from energy_hw.sinks.opening import open_store, reserve
from energy_hw.sinks.outbox import Outbox
from energy_hw.sinks.place import Place
from energy_hw.sinks.row import Result, Row, Target
from energy_hw.sinks.store import Damaged, Store
from outbox_rig import Taker, until

WRECKS = int(os.environ.get("EHW_WRECKS", "100"))
ROWS = 400
SMALL = Limits(ballast_bytes=0)


def row(seq: int) -> Row:
    """Some of them go on in overflow pages."""
    size = 60 + seq * 31 % 300 + (9000 if seq % 40 == 0 else 0)
    return Row(seq, f"p1:{seq % 3}", "telegram", 1_700_000_000_000 + seq, seq * 1000, (b"%d|" % seq * size)[:size])


def ledger() -> Ledger:
    return Ledger([Target("t", lambda batch: Result.delivered(len(batch.rows)))], SystemClock(), SMALL)


@pytest.fixture(scope="module")
def wreckage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file and a log of a writer that died: half of the rows are in the one, half in the other."""
    folder = tmp_path_factory.mktemp("sound")
    store = Store(folder / "o.sqlite3")
    state = store.state
    for first in range(1, ROWS, 20):
        store.commit(map(row, range(first, first + 20)), (), type(state)(state.outbox, 0, ROWS, 5, {"t": ()}))
        if first == ROWS // 2 + 1:
            store.log_frames()
    for name in ("o.sqlite3", "o.sqlite3-wal"):
        shutil.copy(folder / name, folder / f"{name}.kept")
    store.close()
    for name in ("o.sqlite3", "o.sqlite3-wal"):
        (folder / f"{name}.kept").rename(folder / name)
    return folder


def flip(data: bytearray, dice: random.Random) -> None:
    for _ in range(dice.choice((1, 3, 30))):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)


def cut(data: bytearray, dice: random.Random) -> None:
    del data[dice.randrange(len(data)) :]


def blank(data: bytearray, dice: random.Random) -> None:
    at = dice.randrange(len(data))
    end = min(len(data), at + dice.choice((512, 4096, 20_000)))
    data[at:end] = bytes(end - at) if dice.random() < 0.5 else dice.randbytes(end - at)


DAMAGES: tuple[Callable[[bytearray, random.Random], None], ...] = (flip, cut, blank)


def damaged(sound: Path, folder: Path, dice: random.Random) -> str:
    """A copy with something wrong in the file, in the log, or in both; what."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    done = []
    wrong = dice.choice((("o.sqlite3",), ("o.sqlite3-wal",), ("o.sqlite3", "o.sqlite3-wal")))
    for name in ("o.sqlite3", "o.sqlite3-wal"):
        data = bytearray((sound / name).read_bytes())
        if name in wrong:
            damage = dice.choice(DAMAGES)
            damage(data, dice)
            done.append(f"{damage.__name__} {name}")
        (folder / name).write_bytes(data)
    return ", ".join(done)


def test_a_thousand_kinds_of_damage(wreckage: Path, memory: Path) -> None:
    dice, saved, worst = random.Random(1), 0, ROWS
    for _ in range(WRECKS):
        what = damaged(wreckage, memory / "o", dice)
        store = open_store(Place(memory / "o" / "o.sqlite3", 0), ledger())
        rows, bad = store.read([(1, 1 << 62)], 10_000)
        assert all(found == row(found.seq) for found in rows), what  # nothing invented, nothing changed
        assert len(rows) + len(bad) <= ROWS, what
        assert store._db.execute("PRAGMA integrity_check").fetchone()[0] == "ok", what
        store.close()
        saved, worst = saved + len(rows), min(worst, len(rows))
    print(f"{WRECKS} damaged files: {saved / WRECKS / ROWS:.1%} of the rows saved, {worst} of {ROWS} in the worst")
    assert saved > 0.8 * WRECKS * ROWS


def test_every_row_is_saved_if_only_the_header_is_damaged(wreckage: Path, tmp_path: Path) -> None:
    shutil.copytree(wreckage, tmp_path / "o")
    path = tmp_path / "o" / "o.sqlite3"
    path.write_bytes(b"not a database, " + path.read_bytes()[16:])
    (tmp_path / "o" / "o.sqlite3-wal").unlink()
    taker = Taker()
    with Outbox(path, [Target("t", taker)], SMALL) as outbox:
        assert until(lambda: len(taker.rows) >= outbox.health().salvaged > 0)
        assert outbox.health().state is State.OK
        assert outbox.health().put_aside == 1
    assert taker.rows == [row(seq) for seq in range(1, len(taker.rows) + 1)]
    assert path.with_name("o.sqlite3.bad-1").exists()


def test_rows_behind_a_break_in_the_log_are_put_back(wreckage: Path, tmp_path: Path) -> None:
    shutil.copytree(wreckage, tmp_path / "o")
    log = tmp_path / "o" / "o.sqlite3-wal"
    data = bytearray(log.read_bytes())
    data[32 + 24 + 10] ^= 1  # in the first frame: SQLite takes nothing of the log
    log.write_bytes(data)
    book = ledger()
    store = open_store(Place(tmp_path / "o" / "o.sqlite3", 0), book)
    rows, _ = store.read([(1, 1 << 62)], 10_000)
    store.close()
    assert [found.seq for found in rows] == list(range(1, ROWS + 1))
    assert book.salvaged > 0
    assert book.put_aside == 0


def test_a_repair_that_was_cut_short_is_done_again(wreckage: Path, tmp_path: Path) -> None:
    shutil.copytree(wreckage, tmp_path / "o")
    (tmp_path / "o" / "o.sqlite3.new").write_bytes(b"half of it")
    store = open_store(Place(tmp_path / "o" / "o.sqlite3", 0), ledger())
    assert store.rows == ROWS
    store.close()
    assert not (tmp_path / "o" / "o.sqlite3.new").exists()


def test_a_row_that_changed_on_the_disk_is_counted_and_not_delivered(tmp_path: Path) -> None:
    path = tmp_path / "o.sqlite3"
    with Outbox(path, [Target("t", Taker(up=False))], SMALL) as outbox:
        for number in range(3):
            outbox.put(b"body number %d" % number)
    path.write_bytes(path.read_bytes().replace(b"body number 1", b"body number 7"))
    taker = Taker()
    with Outbox(path, [Target("t", taker)], SMALL) as outbox:
        assert until(lambda: len(taker.rows) == 2 and outbox.health().targets["t"].pending == 0)
        assert outbox.health().dropped == {"corrupt": 1}
        assert outbox.health().targets["t"].dropped == {"corrupt": 1}
    assert taker.bodies == [b"body number 0", b"body number 2"]


def test_numbers_are_not_given_again_after_a_repair(wreckage: Path, tmp_path: Path) -> None:
    shutil.copytree(wreckage, tmp_path / "o")
    path = tmp_path / "o" / "o.sqlite3"
    path.write_bytes(bytes(4096) + path.read_bytes()[4096:])
    book = ledger()
    store = open_store(Place(path, 0), book)
    assert reserve(store, book) >= store.last_seq() > 0
    store.close()


def test_three_damaged_files_are_kept(tmp_path: Path) -> None:
    place = Place(tmp_path / "o.sqlite3", 0)
    for number in range(6):
        place.path.write_bytes(b"damage %d" % number)
        open_store(place, ledger()).close()
        place.path.unlink()
    assert sorted(path.name for path in tmp_path.glob("*.bad-?")) == [f"o.sqlite3.bad-{n}" for n in (4, 5, 6)]


def test_damage_is_told_apart_from_a_disk_that_fails(tmp_path: Path) -> None:
    (tmp_path / "o.sqlite3").write_bytes(b"x" * 5000)
    with pytest.raises(Damaged) as caught:
        Store(tmp_path / "o.sqlite3")
    caught.value.release()
