"""An outbox on a disk of its own that fills up, turns read-only, or fails: disk_faults.py FOLDER full|readonly|eio.

Run with the folder on a small tmpfs in a mount namespace (test_disk_faults.py does so). Prints one line of JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from energy_hw.sinks.health import Health, State
from energy_hw.sinks.limits import Limits
from energy_hw.sinks.outbox import Outbox
from energy_hw.sinks.row import Batch, Result, Target

MEMORY_ROWS = 300
LIMITS = Limits(
    commit_rows=50, commit_interval_s=0.05, memory_rows=MEMORY_ROWS, ballast_bytes=400_000, retry_s=0.05, row_bytes=5000
)
BOUND_S = 30.0


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + BOUND_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("it did not come true")
        time.sleep(0.005)


class House:
    """Two targets: one takes everything, one comes back at the end."""

    def __init__(self, folder: Path) -> None:
        self.up = False
        self.live: list[bytes] = []
        self.late: list[bytes] = []
        targets = [
            Target("live", self._live, low_s=0.01, high_s=0.05),
            Target("late", self._late, low_s=0.01, high_s=0.05),
        ]
        self.outbox = Outbox(folder / "o.sqlite3", targets, LIMITS)
        self.put = 0

    def _live(self, batch: Batch) -> Result:
        self.live += [row.body for row in batch.rows]
        return Result.delivered(len(batch.rows))

    def _late(self, batch: Batch) -> Result:
        if not self.up:
            return Result.retry("away")
        self.late += [row.body for row in batch.rows]
        return Result.delivered(len(batch.rows))

    def rows(self, how_many: int) -> None:
        """Put some, none of them faster than the live target takes them."""
        for _ in range(how_many):
            self.outbox.put((b"%d|" % self.put) * 40, key="k", wait_s=BOUND_S)
            self.put += 1
            if self.put % 50 == 0:
                until(lambda: len(self.live) >= self.put)

    @property
    def health(self) -> Health:
        return self.outbox.health()

    def is_in(self, state: State) -> Callable[[], bool]:
        return lambda: self.health.state is state

    def finish(self) -> dict[str, Any]:
        """All that was not counted as dropped must arrive."""
        self.up = True
        self.outbox.resume("late")
        until(lambda: self.health.targets["late"].pending == 0)
        health = self.health
        self.outbox.close()
        return {
            "put": self.put,
            "live": len(set(self.live)),
            "late": len(set(self.late)),
            "dropped": dict(health.dropped),
            "in_order": self.late == sorted(self.late, key=lambda body: int(body.split(b"|")[0])),
            "put_aside": health.put_aside,
            "ballast": health.ballast,
        }


def full(folder: Path) -> dict[str, Any]:
    house = House(folder)
    house.rows(200)
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        while True:
            try:
                file.write(bytes(4096))
            except OSError:
                break
    while house.health.state is State.OK:
        house.rows(50)
    ballast = house.health.ballast
    with filler.open("ab", buffering=0) as file:  # somebody takes what the reserve has freed
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            pass
    house.rows(2 * MEMORY_ROWS)
    degraded = house.health
    filler.unlink()
    until(house.is_in(State.OK))
    until(lambda: house.health.ballast)
    house.rows(100)
    flushed = house.outbox.flush(BOUND_S)
    return {"ballast_when_full": ballast, "degraded": degraded.state, "flushed": flushed} | house.finish()


def readonly(folder: Path) -> dict[str, Any]:
    first = House(folder)
    first.rows(100)
    first.outbox.close()
    remount = ["mount", "-o"]
    subprocess.run([*remount, "remount,ro", str(folder)], check=True)
    house = House(folder)
    degraded = house.health.state
    house.rows(2 * MEMORY_ROWS)
    subprocess.run([*remount, "remount,rw", str(folder)], check=True)
    until(house.is_in(State.OK))
    house.rows(100)
    flushed = house.outbox.flush(BOUND_S)
    result = {"degraded": degraded, "flushed": flushed, "before": 100} | house.finish()
    return result | {"live": len(set(first.live) | set(house.live))}


def eio(folder: Path) -> dict[str, Any]:
    switch = Path(os.environ["RECORD_FAIL"])
    house = House(folder)
    house.rows(100)
    switch.touch()
    while house.health.state is State.OK:
        house.rows(50)
    house.rows(2 * MEMORY_ROWS)
    degraded = house.health.state
    switch.unlink()
    until(house.is_in(State.OK))
    house.rows(100)
    return {"degraded": degraded, "flushed": house.outbox.flush(BOUND_S)} | house.finish()


if __name__ == "__main__":
    print(json.dumps({"full": full, "readonly": readonly, "eio": eio}[sys.argv[2]](Path(sys.argv[1]))))
