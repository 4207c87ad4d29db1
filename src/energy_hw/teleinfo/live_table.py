"""What the meter says now: each label with its value and age.

A warning (ADPS, PEJP, DPM1 ..) is there while it is sent, and nothing says that it is over but its absence. So a label
that is missing from a complete frame of its kind expires; short frames (three-phase overload) say nothing of what
only long ones hold.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime

from energy_hw.reading import Value
from energy_hw.teleinfo.dataset import Dataset
from energy_hw.teleinfo.frame import Mode
from energy_hw.teleinfo.frames import Frame, Kind

CONNECTED_S = 5.0
FRAMES = 2
"""Connected means a good group within so many frames, or CONNECTED_S if that is longer."""


@dataclass(frozen=True, slots=True)
class LiveValue:
    """A label's last value: the dataset, how many seconds ago it came, and when (aware, UTC)."""

    dataset: Dataset
    age_s: float
    received: datetime

    @property
    def value(self) -> Value:
        """The typed value."""
        return self.dataset.value


@dataclass(slots=True)
class _Entry:
    dataset: Dataset
    at: float
    received: datetime
    kind: Kind = Kind.LONG


class LiveTable:
    """Kept by the read thread, read by anyone. Ages are monotonic: a clock that jumps makes nothing old or young.

    Thread safety: call from any thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] = {}
        self._mode: Mode | None = None
        self._last_kind: Kind | None = None
        self._good_at: float | None = None
        self._frame_at: float | None = None
        self._frame_s = 0.0

    def take(self, dataset: Dataset, at: float, received: datetime) -> None:
        """A good group came, at monotonic and wall-clock time."""
        with self._lock:
            if dataset.mode is not self._mode:
                self._entries.clear()  # the meter was switched: its other labels will not come again
                self._mode, self._last_kind = dataset.mode, None
            entry = self._entries.get(dataset.code)
            self._entries[dataset.code] = _Entry(dataset, at, received, entry.kind if entry else Kind.LONG)
            self._good_at = at

    def end(self, frame: Frame, at: float) -> None:
        """A frame ended: measure it, and let expire what it shows to be over."""
        with self._lock:
            if self._frame_at is not None:
                self._frame_s = at - self._frame_at
            self._frame_at = at
            if frame.complete:
                self._expire(frame)
                self._last_kind = frame.kind

    def _expire(self, frame: Frame) -> None:
        """After two frames in a row of a kind that is not SHORT, the other kinds are over as well."""
        kind = frame.kind
        settled = kind is self._last_kind and kind is not Kind.SHORT
        for code in frame:
            if code in self._entries:
                self._entries[code].kind = kind
        for code in self._entries.keys() - frame.keys():
            if settled or self._entries[code].kind is kind:
                del self._entries[code]

    def connected(self, now: float) -> bool:
        """Whether a good group came within two frames, or 5 s if that is longer."""
        with self._lock:
            frames_s = min(FRAMES * self._frame_s, 2 * CONNECTED_S)  # a frame takes 3 s; longer ones had a gap before
            return self._good_at is not None and now - self._good_at <= max(frames_s, CONNECTED_S)

    def snapshot(self, now: float) -> dict[str, LiveValue]:
        """A copy, by label, in the order of their first coming."""
        with self._lock:
            return {
                code: LiveValue(entry.dataset, now - entry.at, entry.received) for code, entry in self._entries.items()
            }
