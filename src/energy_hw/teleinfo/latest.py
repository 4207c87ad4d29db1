"""Which of the latest values still hold: what a meter stops sending is no longer true.

A key that is missing from one whole long frame is gone (ADPS, PEJP, DEMAIN); so is one that nothing was heard of for
a minute. Short frames of an overload say nothing of other keys.
"""

from __future__ import annotations

import threading

from energy_hw.teleinfo.frames import SHORT
from energy_hw.teleinfo.types import Value

FRESH_S = 5.0
"""Without a sound value for this long the meter counts as silent; the longest frame takes 3 s."""
STALE_S = 60.0


class LatestValues:
    """Ages of the values in a dict that somebody else fills. Thread safety: any thread."""

    def __init__(self, values: dict[str, Value]) -> None:
        self._values = values
        self._lock = threading.Lock()
        self._heard: dict[str, float] = {}
        self._latest: float | None = None
        self._frame: set[str] = set()
        self._whole = False
        self.revision = 0

    def heard(self, value: Value, now: float) -> None:
        """A sound value came at a monotonic time."""
        with self._lock:
            self._heard[value.key] = self._latest = now
            self._frame.add(value.key)
            self.revision += 1

    def damaged(self) -> None:
        """A line was refused: what is missing from this frame may be that one."""
        self._whole = False

    def end_frame(self) -> None:
        """The frame ended: forget what a whole one does not have any more."""
        with self._lock:
            long = not self._frame <= SHORT
            if self._whole and long:
                self._forget(self._heard.keys() - self._frame)
            self._frame, self._whole = set(), True

    def expire(self, now: float) -> None:
        """Forget what is older than a minute."""
        with self._lock:
            self._forget({key for key, when in self._heard.items() if now - when > STALE_S})

    def _forget(self, keys: set[str]) -> None:
        for key in keys:
            self._heard.pop(key, None)
            self._values.pop(key, None)
            self.revision += 1

    def disconnect(self) -> None:
        """The port is closed; the values stay until they are stale."""
        with self._lock:
            self._latest, self._frame, self._whole = None, set(), False

    def fresh(self, now: float) -> bool:
        """Whether something sound came within the last seconds."""
        latest = self._latest
        return latest is not None and now - latest <= FRESH_S
