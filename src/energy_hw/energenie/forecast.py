"""When each device will report next: the last report plus its interval.

    last ------------ interval ------------> predicted
                              |-- tolerance --+-- tolerance --|-- report, window --|
                              fast polling, no OOK burst: if something waits for this device

The interval is the profile's until the device's own is learned: nominally equal devices differ by
parts of a per cent, and REPORT_PERIOD changes it. The tolerance is 2 %, and shrinks to what the
device shows: four times its mean deviation.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence

from energy_hw.core.message import ENERGENIE
from energy_hw.energenie.identity import MOST_SENSORS
from energy_hw.energenie.parameters import parameter
from energy_hw.energenie.profiles import Profile, by_product
from energy_hw.energenie.receiver import Heard
from energy_hw.links.clock import Clock

TOLERANCE = 0.02
SURE_S = 0.1
"""A prediction is never taken for better than this: reports are waited out, and this host is late."""
STRANGE = 0.05
"""An interval farther off than this is not the known one, or several of it."""
AGREE = 3
"""So many equal intervals in a row are believed against what was known."""
LATE = 1.5
REPORT_S = 0.12
"""On air: 29 bytes take 105 ms."""
WINDOW_S = 0.2
MOST_MISSED = 10


class Rhythm:
    """The reports of one device. interval_s: None until one is known."""

    def __init__(self, interval_s: float | None) -> None:
        self.interval_s = interval_s
        self.last: float | None = None
        self._deviation_s: float | None = None
        self._strange: list[float] = []

    def heard(self, at: float) -> None:
        """A regular report came."""
        if self.last is not None:
            self._learn(at - self.last)
        self.last = at

    def _learn(self, passed_s: float) -> None:
        """Some may have been missed in between."""
        if self.interval_s is not None:
            count = max(1, round(passed_s / self.interval_s))
            off_s = passed_s / count - self.interval_s
            if abs(off_s) <= STRANGE * self.interval_s and count <= MOST_MISSED:
                self._strange.clear()
                self.interval_s += self._adapt(off_s)
                return
        self._doubt(passed_s)

    def _adapt(self, off_s: float) -> float:
        """How much of a deviation is believed: the first one whole, most of it was there from the start."""
        if self._deviation_s is None:
            self._deviation_s = abs(off_s) / 4
            return off_s
        self._deviation_s += 0.25 * (abs(off_s) - self._deviation_s)
        return 0.25 * off_s

    def _doubt(self, passed_s: float) -> None:
        self._strange = [*self._strange, passed_s][-AGREE:]
        mean_s = sum(self._strange) / len(self._strange)
        if len(self._strange) == AGREE and all(abs(one - mean_s) <= TOLERANCE * mean_s for one in self._strange):
            self.interval_s, self._deviation_s = mean_s, None
            self._strange.clear()

    @property
    def tolerance_s(self) -> float:
        """How far off the prediction may be."""
        most_s = TOLERANCE * (self.interval_s or 0.0)
        learned_s = most_s if self._deviation_s is None else 4 * self._deviation_s
        return max(SURE_S, min(most_s, learned_s))

    def predicted(self, now: float) -> float | None:
        """When the next report is due; after a missed one, the one after that. None if nothing is known."""
        if self.last is None or not self.interval_s:
            return None
        missed = math.floor((now - self.tolerance_s - REPORT_S - self.last) / self.interval_s)
        return self.last + (max(0, missed) + 1) * self.interval_s


class Forecast:
    """When devices report.

    Thread safety: next_report_s(), overdue() and expect() from any thread; the rest belongs to the radio's.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._rhythms: dict[str, Rhythm] = {}
        self._awaited: dict[str, float] = {}

    def heard(self, heard: Heard) -> None:
        """Take note of a report: of the regular ones only, not of answers and events."""
        message = heard.message
        profile = by_product(message.product) if message.manufacturer == ENERGENIE else None
        codes = [parameter(record.parameter).code for record in message.records if not record.command]
        with self._lock:
            rhythm = self._rhythms.setdefault(heard.report.device, Rhythm(profile.interval_s if profile else None))
            if len(self._rhythms) > MOST_SENSORS:
                del self._rhythms[next(iter(self._rhythms))]
            if is_regular(profile, codes):
                rhythm.heard(heard.at)

    def next_report_s(self, device: str) -> float | None:
        """Seconds until a device should report next, 0 if it is due; None if nothing is known of its interval."""
        now = self._clock.monotonic()
        with self._lock:
            rhythm = self._rhythms.get(device)
            at = None if rhythm is None else rhythm.predicted(now)
        return None if at is None else max(0.0, at - now)

    def interval_s(self, device: str) -> float | None:
        """The interval of a device as learned, else as its profile says; None if neither is known."""
        with self._lock:
            rhythm = self._rhythms.get(device)
            return None if rhythm is None else rhythm.interval_s

    def overdue(self, device: str) -> bool:
        """Whether a device that reports at intervals was not heard for one and a half."""
        with self._lock:
            rhythm = self._rhythms.get(device)
            if rhythm is None or rhythm.last is None or rhythm.interval_s is None:
                return False
            return self._clock.monotonic() - rhythm.last > LATE * rhythm.interval_s

    def expect(self, device: str, window_s: float | None = WINDOW_S) -> None:
        """Something waits for the window after this device's next report; None: nothing any more."""
        with self._lock:
            if window_s is None:
                self._awaited.pop(device, None)
            else:
                self._awaited[device] = window_s

    # -- for the scheduler -------------------------------------------------

    def clear_at(self, now: float, airtime_s: float) -> float:
        """When a transmission of this length hits no report and window that is awaited; now, if it does not."""
        at = now
        for low, high in sorted(self._dangers(now)):
            if low < at + airtime_s and at < high:
                at = high
        return at

    def watch_at(self, now: float, *, blind: bool = True) -> float:
        """When an awaited report may come first: the past while one is due; inf if none is awaited.

        blind: one of which nothing is known may come at any time.
        """
        return min((low for low, _ in self._dangers(now, blind)), default=math.inf)

    def _dangers(self, now: float, blind: bool = False) -> Sequence[tuple[float, float]]:
        """Start and end of each awaited report with its window; where nothing is known, always, if blind."""
        with self._lock:
            dangers = []
            for device, window_s in self._awaited.items():
                rhythm = self._rhythms.get(device)
                at = None if rhythm is None else rhythm.predicted(now)
                if rhythm is not None and at is not None:
                    dangers.append((at - rhythm.tolerance_s - REPORT_S, at + rhythm.tolerance_s + window_s))
                elif blind:
                    dangers.append((-math.inf, math.inf))
        return dangers


def is_regular(profile: Profile | None, codes: Sequence[str]) -> bool:
    """Whether a report is the one that a device makes at intervals: it holds the first parameter of its profile."""
    if profile is None or not profile.reports:
        return True
    return profile.reports[0].code in codes
