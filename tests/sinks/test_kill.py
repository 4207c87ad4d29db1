"""kill -9 at any moment: what was reported as stored is there after the restart.

EHW_KILLS=1000 python -m pytest tests/sinks/test_kill.py    the long form (make test-outbox)
"""

from __future__ import annotations

import os
import random
import select
import subprocess
import sys
import time
from pathlib import Path

from energy_hw.links.clock import SystemClock
from energy_hw.sinks.ledger import Ledger
from energy_hw.sinks.limits import Limits
from energy_hw.sinks.opening import open_store
from energy_hw.sinks.place import Place
from energy_hw.sinks.row import Result, Target
from outbox_rig import BOUND_S

KILLS = int(os.environ.get("EHW_KILLS", "60"))
LONGEST_S = 0.06 if KILLS <= 100 else 0.1
PROGRAM = """
import itertools, os, signal, sys, threading
from pathlib import Path
sys.path.insert(0, sys.argv[3])
import writer
def life(since, seconds):
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    end = threading.Timer(float(seconds), os.kill, (os.getpid(), signal.SIGKILL)).start
    if since == "start":
        end()
    writer.run(Path(sys.argv[1]), 10**9, False, end if since == "ready" else lambda: None)
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        life(*line.split())
    os.waitpid(child, 0)
    print("dead", flush=True)
"""
"""Forks a writer that kills itself after so many seconds: starting Python for each would take most of the time."""


def marked(folder: Path, name: str) -> set[int]:
    """Whole lines that the writer had written."""
    path = folder / name
    return (
        {int(line) for line in path.read_bytes().splitlines(True) if line.endswith(b"\n")} if path.exists() else set()
    )


def found(folder: Path) -> tuple[set[int], int, float]:
    """Rows after a restart, repairs, and the seconds it took."""
    ledger = Ledger([Target("t", lambda batch: Result.delivered(len(batch.rows)))], SystemClock(), Limits())
    began = time.perf_counter()
    store = open_store(Place(folder / "o.sqlite3", 0), ledger)
    took = time.perf_counter() - began
    try:
        rows, bad = store.read([(1, 1 << 62)], 1 << 30)
        assert not bad
        assert store._db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    finally:
        store.close()
    return {row.seq for row in rows}, ledger.put_aside, took


def test_no_stored_row_is_lost_by_kill_9(tmp_path: Path) -> None:
    dice = random.Random(1)
    owed: set[int] = set()
    promises, slowest = 0, 0.0
    arguments = [sys.executable, "-c", PROGRAM, str(tmp_path), "", str(Path(__file__).parent)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as lives:
        assert lives.stdin
        assert lives.stdout
        for _ in range(KILLS):
            since = dice.choice((b"start", b"ready"))  # the one dies while it opens, too
            lives.stdin.write(b"%s %f\n" % (since, dice.uniform(0.003, LONGEST_S)))
            lives.stdin.flush()
            assert select.select([lives.stdout], [], [], BOUND_S)[0]
            assert lives.stdout.readline() == b"dead\n"
            promised = marked(tmp_path, "stored")
            owed = (owed | promised) - marked(tmp_path, "delivered")
            rows, repairs, took = found(tmp_path)
            assert owed <= rows
            assert repairs == 0
            promises, slowest = promises + len(promised), max(slowest, took)
            for name in ("stored", "delivered"):
                (tmp_path / name).unlink(missing_ok=True)
            if len(rows) > 5000:
                (tmp_path / "o.sqlite3").unlink()
                owed.clear()
        lives.stdin.close()
    print(f"{KILLS} kills, {promises} rows promised, 0 lost, slowest restart {slowest:.3f} s")
    assert promises > 0
