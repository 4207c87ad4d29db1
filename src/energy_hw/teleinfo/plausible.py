"""Values that pass every check of their own and still cannot be: flagged, never hidden.

- A counter that falls, or rises faster than twice the subscribed power allows. A new level is believed with the
  third frame in a row that agrees with it, so that neither a bad value nor a changed meter latches.
- SINSTS1..3 of some three-phase Linky are nonsense with a right checksum (SINSTS 1407, SINSTS1 48370): more than 1.5
  times what current and voltage of the phase give. One frame may straddle a change of load, so it needs two in a row,
  or one above 1.5 times the subscribed power.

No I/O, no clock: the caller says when a frame came. Thread safety: one thread at a time.
"""

from __future__ import annotations

from typing import NamedTuple

from energy_hw.reading import Quantity as Q
from energy_hw.teleinfo.dataset import Dataset
from energy_hw.teleinfo.frames import Frame

COUNTERS = frozenset((Q.ENERGY_IMPORT, Q.ENERGY_EXPORT, Q.REACTIVE_ENERGY))
CONFIRMATIONS = 3
LARGEST_VA = 36_000  # of a Linky; while neither PREF nor ISOUSC came
SMALLEST_VA = 3_000
VOLTS = 230
SLACK_S = 10.0  # a value is up to a frame old, and a frame lasts up to 3 s
PHASES = (1, 2, 3)


class _Level(NamedTuple):
    value: int
    at_s: float
    frames: int = 0
    falls: bool = False


class Plausibility:
    """Remembers what one meter said, and doubts what does not follow from it.

    >>> doubts = plausibility.check(frame, time.monotonic())
    >>> to_report(frame, received, link_name, doubts)
    """

    def __init__(self) -> None:
        self.doubted = 0
        """Values flagged so far."""
        self._address: str | None = None
        self._forget()

    def _forget(self) -> None:
        self._believed: dict[str, _Level] = {}
        self._rivals: dict[str, _Level] = {}
        self._suspects: set[str] = set()

    def check(self, frame: Frame, at_s: float) -> dict[str, str]:
        """Labels of the frame whose values are not believed -> why. at_s: monotonic time, in seconds.

        Frames of another meter than the last start afresh.
        """
        if frame.address != self._address:
            self._address = frame.address
            self._forget()
        limit_va = subscribed_va(frame)
        doubts: dict[str, str] = {}
        for dataset in frame.values():
            if dataset.row.quantity in COUNTERS and (why := self._check_counter(dataset, at_s, limit_va)):
                doubts[dataset.code] = why
        doubts |= self._check_phases(frame, limit_va)
        self.doubted += len(doubts)
        return doubts

    def _check_counter(self, dataset: Dataset, at_s: float, limit_va: int) -> str | None:
        code, value = dataset.code, dataset.value
        if not isinstance(value, int):
            return None
        believed = self._believed.get(code)
        why = _problem(believed, value, at_s, limit_va) if believed else None
        if believed and why and not self._is_confirmed(code, _Level(value, at_s, 1, value < believed.value), limit_va):
            return why
        self._believed[code] = _Level(value, at_s)
        self._rivals.pop(code, None)
        return None

    def _is_confirmed(self, code: str, now: _Level, limit_va: int) -> bool:
        """Whether enough frames in a row agreed on a new level, now being the latest of them."""
        rival = self._rivals.get(code)
        if rival and rival.falls == now.falls and not _problem(rival, now.value, now.at_s, limit_va):
            now = now._replace(frames=rival.frames + 1)
        self._rivals[code] = now
        return now.frames >= CONFIRMATIONS

    def _check_phases(self, frame: Frame, limit_va: int) -> dict[str, str]:
        over = {f"SINSTS{n}": why for n in PHASES if (why := _excess(frame, n))}
        doubts = {
            code: why for code, why in over.items() if code in self._suspects or _number(frame, code) > 1.5 * limit_va
        }
        self._suspects = set(over)
        return doubts


def subscribed_va(frame: Frame) -> int:
    """The subscribed power, from PREF (kVA) or ISOUSC (A, a phase), within what there is."""
    if "PREF" in frame:
        power = _number(frame, "PREF") * 1000
    else:
        power = _number(frame, "ISOUSC") * VOLTS * max(frame.phases, 1)
    return max(power, SMALLEST_VA) if power else LARGEST_VA


def _problem(before: _Level, value: int, at_s: float, limit_va: int) -> str | None:
    """Why a counter cannot have come from one value to the next, or None."""
    rise, seconds = value - before.value, at_s - before.at_s
    most = 2 * limit_va * (seconds + SLACK_S) / 3600
    if 0 <= rise <= most:
        return None
    if rise < 0:
        return f"fell from {before.value} to {value}"
    return f"rose from {before.value} to {value} in {seconds:.0f} s, {most:.0f} is possible"


def _excess(frame: Frame, phase: int) -> str | None:
    """Why the apparent power of a phase does not fit its current and voltage, or None."""
    codes = (f"SINSTS{phase}", f"IRMS{phase}", f"URMS{phase}")
    if not all(code in frame for code in codes):
        return None
    power, amperes, volts = (_number(frame, code) for code in codes)
    most = 1.5 * amperes * volts + 2 * VOLTS  # currents come in whole amperes
    return f"{power} VA at {amperes} A and {volts} V" if power > most else None


def _number(frame: Frame, code: str) -> int:
    value = frame[code].value if code in frame else 0
    return value if isinstance(value, int) else 0
