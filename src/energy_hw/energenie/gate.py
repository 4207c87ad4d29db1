"""When an order may go on air: every rule but the last, which is to listen first (listening.py).

order       a gang's code follows the "all" of its house that was asked for before it
spacing     a relay is not switched over more often than once a second: the last value wins, in its time
answer      after a command the channel is the device's that may answer
apart       60 ms between OOK bursts to different devices: a receiver tells them apart by the gap
silence     a two-wire switch charges itself through its lamp before it can hear (MIHO009: 3 s)
forecast    no OOK burst into the report of a device for which something waits, 2 s at most
airtime     what the law leaves; the last part of it is kept for devices that listen for a moment only
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from energy_hw.energenie.course import Course
from energy_hw.energenie.duty import AirtimeBudget
from energy_hw.energenie.forecast import Forecast
from energy_hw.energenie.orders import Priority

SPACING_S = 1.0
ANSWER_S = (0.035, 0.065)
"""An answer that comes at once has begun by then, and its sync word is there: 20 ms, and 5 bytes at 4.8 kbit/s. Random,
so that two gateways that began together do not go on together."""
APART_S = 0.060
DEFER_S = 2.0
HOLD_AFTER_S, HOLD_S = 3.0, 10.0
"""Who needs silence and does not get it so long has it made: other switches wait, but not for ever."""
RESERVE = 0.05
"""Share of the hour's airtime kept for windows: 18 s, 300 commands to valves."""
DRIVER_TRIES = 2
MOST_KEYS = 512
RELAYS = (Priority.SWITCH, Priority.OOK)


@dataclass(slots=True)
class GateCounters:
    """Orders that a rule kept waiting."""

    spaced: int = 0
    deferred: int = 0
    over_budget: int = 0


class Gate:
    """The rules, and what they have to remember of what was on air. The radio's thread alone uses it."""

    def __init__(self, budget: AirtimeBudget, forecast: Forecast, random: Random, spacing_s: float = SPACING_S) -> None:
        self.budget, self.forecast, self.spacing_s = budget, forecast, spacing_s
        self._random = random
        self.counters = GateCounters()
        self._last: dict[str, tuple[object, float]] = {}  # key -> value and end of what was last on air
        self._last_end = self._last_ook_end = self._answer_until = -math.inf
        self._last_ook_device = ""
        self._silent_for: Course | None = None

    def note(self, course: Course, ended: float) -> None:
        """It was on air until now."""
        order = course.order
        self._last.pop(order.key, None)
        self._last[order.key] = order.ticket.value, ended
        if len(self._last) > MOST_KEYS:
            del self._last[next(iter(self._last))]
        self._last_end = ended
        if order.ook_repeats:
            self._last_ook_end, self._last_ook_device = ended, order.device
        elif order.verdict is not None:
            self._answer_until = ended + self._random.uniform(*ANSWER_S)

    def look(self, courses: Iterable[Course], now: float) -> None:
        """See whether one of them needs others to be silent: before its first burst, and between its bursts."""
        needy = (course for course in courses if course.order.silence_s and _needs_silence(course, now))
        self._silent_for = min(needy, key=lambda course: course.number, default=None)

    def opens_at(self, course: Course, now: float) -> float:
        """When it may go: now or before, or later; inf if something else has to happen first.

        Raises AirtimeExceeded if the hour's airtime is used up, and says how long.
        """
        after = course.order.after
        if after is not None and not after.done:
            return now + APART_S
        at = max(course.due, self._spacing(course), self._answer(course), self._apart(course), self._silence(course))
        if at > now:
            return at
        at = self._forecast(course, now)
        if at > now:
            return at
        self._airtime(course, now)
        return now

    def _spacing(self, course: Course) -> float:
        order = course.order
        before = self._last.get(order.key)
        if before is None or not course.fresh or before[0] == order.ticket.value:
            return -math.inf
        spacing_s = order.spacing_s
        if spacing_s is None:
            spacing_s = self.spacing_s if order.priority in RELAYS else 0.0
        at = before[1] + spacing_s
        self.counters.spaced += at > course.due and _once(course, "spaced")
        return at

    def _answer(self, course: Course) -> float:
        return -math.inf if course.may_use_reserve else self._answer_until

    def _apart(self, course: Course) -> float:
        other = course.order.ook_repeats and course.order.device != self._last_ook_device
        return self._last_ook_end + APART_S if other else -math.inf

    def _silence(self, course: Course) -> float:
        if course.order.silence_s and course.fresh:
            return self._last_end + course.order.silence_s
        held = self._silent_for is not None and self._silent_for is not course and not course.may_use_reserve
        return math.inf if held else -math.inf

    def _forecast(self, course: Course, now: float) -> float:
        if not course.order.ook_repeats:
            return now
        at = self.forecast.clear_at(now, course.airtime_s)
        if at <= now:
            return now
        if _once(course, f"deferred {course.ticket.tries}"):
            self.counters.deferred += 1
            course.deferred_at = now
        return min(at, course.deferred_at + DEFER_S)

    def _airtime(self, course: Course, now: float) -> None:
        reserve_s = 0.0 if course.may_use_reserve else RESERVE * self.budget.limit_s
        self.budget.check(now, DRIVER_TRIES * course.airtime_s, reserve_s)

    def over_budget(self, course: Course) -> None:
        """Count it, once for each order."""
        self.counters.over_budget += _once(course, "over budget")


def _needs_silence(course: Course, now: float) -> bool:
    waited_s = now - course.due  # below 0 between two bursts
    return (HOLD_AFTER_S if course.fresh else -HOLD_S) < waited_s < HOLD_AFTER_S + HOLD_S


def _once(course: Course, what: str) -> bool:
    fresh = what not in course.told
    course.told.add(what)
    return fresh
