"""The queues on disk: which file, what goes into it, and how old it is when it is read again."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path

from energy_hw.energenie.pending import PendingFile, Row, default_folder
from energy_hw.energenie.waiting import to_json, to_row
from energy_hw.energenie.window_queue import WindowQueue
from energy_hw.links.clock import Clock

AUTO = "auto"
SIMULATED = "sim:"
PLAUSIBLE = datetime(2024, 1, 1, tzinfo=UTC)
"""A clock that says less has not been set since the machine started."""

Key = tuple[int, int]
"""Product and sensor."""
Restore = Callable[[Row, float], None]


class Store:
    """The file, opened when it is there, or when there is something to keep.

    file: None until then, and where nothing is to be kept.

    Thread safety: call from any thread; open() may wait for the disk, the rest does not but flush().
    """

    def __init__(self, clock: Clock) -> None:
        self.file: PendingFile | None = None
        self._clock = clock
        self._path: Path | None = None
        self._lock = threading.Lock()

    def keep_in(self, state: str | PathLike[str] | None, board: str) -> bool:
        """Name the file, as Windows.keep_in() says; whether it should be opened at once."""
        self._path = _path(state, board)
        return self._path is not None and (state != AUTO or os.path.exists(self._path))

    def open(self, restore: Restore) -> bool:
        """Open the file if that has not been done, and hand out its rows with the seconds since they were written.

        Whether it was opened just now. Raises LinkBusy if another hub has it.
        """
        with self._lock:
            if self.file is not None or self._path is None:
                return False
            file = PendingFile(self._path)
            away_s = away(file.loaded.saved, self._clock.now())
            for row in file.loaded.rows:
                restore(row, away_s)
            self.file = file
            return True

    def save(self, queues: Iterable[tuple[Key, WindowQueue]]) -> int:
        """Have all queues written soon; the number to flush() by."""
        if self.file is None:
            return 0
        now = self._clock.monotonic()
        return self.file.save([row for key, queue in queues for row in _rows(key, queue, now)], self._clock.now())

    def flush(self, number: int) -> None:
        """Wait until it is on the disk, or cannot be put there."""
        if self.file is not None:
            self.file.flush(number)

    def close(self) -> str:
        """Write what is left and let go of the file; what becomes of the commands, in words."""
        with self._lock:
            self._path = None
            if self.file is None:
                return "nothing keeps its commands"
            self.file.close()
            return f"{self.file.path} keeps its commands for the next one"


def _path(state: str | PathLike[str] | None, board: str) -> Path | None:
    """A board has a file of its own, so that two of them never share one."""
    if state is None or (state == AUTO and board.startswith(SIMULATED)):
        return None
    if state != AUTO:
        return Path(state)
    return default_folder() / f"pending-{re.sub(r'[^A-Za-z0-9.]+', '-', board).strip('-')}.jsonl"


def away(saved: datetime | None, now: datetime) -> float:
    """Seconds between two runs; 0 where a clock cannot be right: a Raspberry Pi has none that runs without power."""
    if saved is None or saved < PLAUSIBLE or now < saved:
        return 0.0
    return (now - saved).total_seconds()


def _rows(key: Key, queue: WindowQueue, now: float) -> list[Row]:
    address: Row = {"product": key[0], "sensor": key[1]}
    settings = ({"kind": "setting", "code": code, "value": to_json(value)} for code, value in queue.settings.items())
    return [address | row for row in (*(to_row(waiting, now) for waiting in queue.waiting), *settings)]
