"""A power cut at any moment: nothing that was reported as stored is lost, and the file is never damaged.

EHW_POWER_CUTS=10000 python -m pytest tests/sinks/test_powercut.py    the long form (make test-powercut)
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

from energy_hw.links.clock import SystemClock
from energy_hw.sinks.ledger import Ledger
from energy_hw.sinks.limits import Limits
from energy_hw.sinks.opening import open_store
from energy_hw.sinks.place import Place
from energy_hw.sinks.row import Result, Target
from powercut_rig import Disk, Event, record

CUTS = int(os.environ.get("EHW_POWER_CUTS", "200"))
ROWS = 600 if CUTS <= 1000 else 6000


def cuts(recorded: list[Event], how_many: int, seed: int) -> Iterator[tuple[Disk, random.Random]]:
    """The disk at so many random moments, in order."""
    dice = random.Random(seed)
    moments = sorted(dice.choices(range(len(recorded) + 1), k=how_many))
    disk, played = Disk(), 0
    for moment in moments:
        for event in recorded[played:moment]:
            disk.play(event)
        played = moment
        yield disk, dice


def start_after(disk: Disk, dice: random.Random, folder: Path) -> tuple[set[int], int]:
    """What an outbox finds after this cut, and how often it had to repair its file."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    disk.cut(folder, dice)
    target = Target("t", lambda batch: Result.delivered(len(batch.rows)))
    ledger = Ledger([target], SystemClock(), Limits())
    store = open_store(Place(folder / "o.sqlite3", 0), ledger)
    try:
        rows, bad = store.read([(1, 1 << 62)], 1 << 30)
        assert not bad
        assert store._db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    finally:
        store.close()
    return {row.seq for row in rows}, ledger.put_aside


def test_nothing_that_was_reported_as_stored_is_lost(tmp_path: Path, memory: Path) -> None:
    recorded = record(tmp_path, ROWS)
    promises = 0
    for disk, dice in cuts(recorded, CUTS, seed=1):
        found, repairs = start_after(disk, dice, memory / "disk")
        promised = disk.marked("stored") - disk.marked("delivered")
        assert promised <= found
        assert repairs == 0
        promises += len(promised)
    assert promises > CUTS  # each cut put some to the test


def test_the_bench_notices_what_is_not_synced(tmp_path: Path, memory: Path) -> None:
    """With synchronous=NORMAL rows are lost: the harness would see it."""
    recorded = record(tmp_path, 400, "NORMAL")
    lost = [
        disk.marked("stored") - disk.marked("delivered") - start_after(disk, dice, memory / "disk")[0]
        for disk, dice in cuts(recorded, 60, seed=2)
    ]
    assert any(lost)
