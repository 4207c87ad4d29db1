"""Files of other versions: an older one is brought up to date, a newer one is kept as it is."""

from __future__ import annotations

import shutil
import sqlite3
import zlib
from pathlib import Path
from uuid import UUID

import pytest

from energy_hw.sinks.health import State
from energy_hw.sinks.limits import Limits
from energy_hw.sinks.outbox import Outbox
from energy_hw.sinks.row import Row, Target
from energy_hw.sinks.schema import SCHEMA, StoreState
from energy_hw.sinks.store import Store
from outbox_rig import BOUND_S, Bench, Taker, until

OLD = Path(__file__).parent / "files" / "outbox-schema-1.sqlite3"
"""Rows 11 to 40; target t has got those up to 20, target other those up to 10."""
SMALL = Limits(ballast_bytes=0)


def version(path: Path) -> int:
    with sqlite3.connect(path) as connection:
        found = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.close()
    return int(found)


def test_an_outbox_of_schema_1_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "o.sqlite3"
    shutil.copy(OLD, path)
    taker, other = Taker(), Taker()
    with Outbox(path, [Target("t", taker), Target("other", other)], SMALL) as outbox:
        assert until(lambda: len(taker.rows) == 20 and len(other.rows) == 30)
        assert outbox.health().outbox == UUID("7b0c6a52-94d5-4a57-9d0b-2f6f7d7c0e11")
        assert outbox.put(b"new").seq == 1001
    assert taker.rows[0] == Row(21, "p1:1", "", 1_700_000_021_000, 21_000, b"telegram 21")
    assert version(path) == SCHEMA


def test_an_upgrade_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "o.sqlite3"
    shutil.copy(OLD, path)
    with monkeypatch.context() as patch:
        patch.setattr(StoreState, "dump", lambda state: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            Store(path)
    assert version(path) == 1
    store = Store(path)
    assert store.rows == 30
    store.close()


def test_a_newer_file_is_kept_beside_and_a_new_one_begins(tmp_path: Path) -> None:
    path = tmp_path / "o.sqlite3"
    with Outbox(path, [Target("t", Taker(up=False))], SMALL) as outbox:
        outbox.put(b"of tomorrow")
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    connection.close()
    with Outbox(path, [Target("t", Taker(up=False))], SMALL) as outbox:
        assert outbox.health().state is State.OK
        assert outbox.health().rows == 0
        outbox.put(b"of today")
        assert outbox.flush(BOUND_S)
    kept = tmp_path / f"o.sqlite3.schema-{SCHEMA + 1}-1"
    assert version(kept) == SCHEMA + 1
    with sqlite3.connect(kept) as connection:
        assert connection.execute("SELECT body FROM rows").fetchall() == [(b"of tomorrow",)]
    connection.close()


def test_a_state_of_which_a_byte_changed_is_not_believed() -> None:
    state = StoreState(done={"t": ((1, 5), (7, 9))})
    body = state.dump()
    assert StoreState.load(body, zlib.crc32(body)) == state
    assert StoreState.load(body.replace(b"9", b"8"), zlib.crc32(body)) is None
    assert StoreState.load(b"[]", zlib.crc32(b"[]")) is None


def test_a_target_that_is_no_longer_wanted_holds_nothing_back(memory: Path) -> None:
    first = Bench(memory, Target("t", Taker()), Target("gone", Taker(up=False)))
    for _ in range(5):
        first.put(b"x")
    first.later(10.0)
    first.workers["t"].step()
    first.close()
    second = Bench(memory, Target("t", Taker()))
    second.ledger.dirty = True
    second.later(10.0)
    assert second.stored() == []
    second.close()
