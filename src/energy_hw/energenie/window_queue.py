"""The commands for one device that sleeps: which one goes into the next window, and what became of each.

Not thread-safe: windows.py holds the lock, writes the file and sends.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from energy_hw.core.message import Message, Record, Value
from energy_hw.energenie.answers import DIAGNOSTICS, REPORT_PERIOD, SHOWN, WAKEUP, answers, said, verdict
from energy_hw.energenie.checking import check
from energy_hw.energenie.orders import Outcome, Ticket
from energy_hw.energenie.profiles import AFTER_REPORT, Profile
from energy_hw.energenie.values import REFRESH_FLAGS
from energy_hw.energenie.waiting import Carrier, Waiting, command_of
from energy_hw.errors import NotConfirmed

TEMPERATURE = 0x74
REPEATS = 2
TRIES = 10
EXPIRES_S = 24 * 3600.0
WINDOW_S = 0.2
"""Of a product whose profile says nothing: that of the eTRV."""
OVERDUE = 1.5
REFRESHED = ("TEMPERATURE", REPORT_PERIOD)
REFRESH_S = 1800.0
"""A valve that asks again sooner than this is not helped by more of the same."""
TOLERANCE, TOLERANCE_S = 0.03, 2.0
"""A valve's clock is an RC oscillator."""


class Settled(NamedTuple):
    """A ticket and its end, to be told once the lock is free."""

    ticket: Ticket
    outcome: Outcome
    error: Exception | None = None


@dataclass(slots=True)
class Options:
    """repeats: windows for a command that is never answered (1 to 10). tries: for one that is. nil: an empty message
    when nothing waits, so that the device may sleep at once. idle: what to send when nothing waits, or None."""

    repeats: int = REPEATS
    tries: int = TRIES
    nil: bool = False
    idle: Callable[[float], tuple[str, Value] | None] | None = None


class WindowQueue:
    """The queue of one device.

    settings: what it was last told, by code, once confirmed or assumed. settled: the last ticket of each kind.
    last_at: monotonic seconds of the last window, None before the first. interval_s: between reports, None if unknown.
    windows, refreshes: how often it listened, and how often it had to be told again.
    """

    def __init__(self, profile: Profile, device: str) -> None:
        self.profile, self.device = profile, device
        self.options = Options()
        self.waiting: list[Waiting] = []
        self.settings: dict[str, Value] = {}
        self.settled: dict[str, Ticket] = {}
        self.last_at: float | None = None
        self.interval_s: float | None = float(profile.interval_s) if profile.interval_s else None
        self.windows = self.refreshes = 0
        self._spacing_s = math.nan
        self._last: Waiting | None = None
        self._refreshed_at = -math.inf

    # -- in and out --------------------------------------------------------

    def put(
        self, code: str, value: object, now: float, *, name: str = "", carrier: Carrier | None = None,
        expires_s: float = EXPIRES_S,
    ) -> tuple[Ticket, list[Settled]]:  # fmt: skip
        """Take a command in place of a waiting one of its kind. Raises NotWritable or OutOfRange."""
        command = command_of(self.profile, code)
        new = check(command, value)
        ticket = Ticket(self.device, name or code.lower(), new)
        waiting = Waiting(code, new, carrier or Carrier(code, command.type_length), ticket, now, expires_s)
        return ticket, self._place(waiting)

    def _place(self, waiting: Waiting) -> list[Settled]:
        old = self.find(waiting.code)
        if old is None:
            self.waiting.append(waiting)
            return []
        waiting.sent_at = old.sent_at
        self.waiting[self.waiting.index(old)] = waiting
        error = NotConfirmed(f"a newer command took the place of {old.ticket}", old.ticket)
        return [Settled(old.ticket, Outcome.REPLACED, error)]

    def restore(self, waiting: Waiting) -> None:
        """Put back what an earlier run had taken."""
        if self.find(waiting.code) is None:
            self.waiting.append(waiting)

    def find(self, code: str) -> Waiting | None:
        """The waiting command of a kind."""
        return next((waiting for waiting in self.waiting if waiting.code == code), None)

    def wanted(self, code: str) -> Value:
        """The value that it was told or will be told, None if nobody said."""
        waiting = self.find(code)
        return self.settings.get(code) if waiting is None else waiting.value

    def cancel(self, code: str | None = None) -> list[Settled]:
        """Take one kind out, or everything."""
        chosen = [waiting for waiting in self.waiting if code in (None, waiting.code)]
        return [
            self._settle(one, Outcome.CANCELLED, NotConfirmed(f"{one.ticket} was cancelled", one.ticket))
            for one in chosen
        ]

    def drop(self, ticket: Ticket) -> bool:
        """Forget a command whose ticket its holder has cancelled; whether it was here."""
        dropped = next((waiting for waiting in self.waiting if waiting.ticket is ticket), None)
        if dropped is not None:
            self._settle(dropped, Outcome.CANCELLED)
        return dropped is not None

    def expire(self, now: float) -> list[Settled]:
        """Give up what waited too long."""
        old = [waiting for waiting in self.waiting if now - waiting.queued_at >= waiting.expires_s]
        return [self._settle(one, Outcome.EXPIRED, NotConfirmed(_too_old(one), one.ticket)) for one in old]

    def _settle(self, waiting: Waiting, outcome: Outcome, error: Exception | None = None) -> Settled:
        self.waiting = [other for other in self.waiting if other is not waiting]
        self.settled[waiting.code] = waiting.ticket
        if outcome in (Outcome.CONFIRMED, Outcome.ASSUMED) and waiting.value is not None:
            self.settings[waiting.code] = waiting.value
        return Settled(waiting.ticket, outcome, error)

    # -- what it says ------------------------------------------------------

    def opens(self, message: Message) -> bool:
        """Whether the device listens right after this message."""
        if not message.records or message.records[0].command:
            return False
        if self.profile.listens == AFTER_REPORT:
            return any(record.parameter == TEMPERATURE and not record.command for record in message.records)
        return message.records[0].parameter == WAKEUP

    def heard(self, message: Message, at: float) -> list[Settled]:
        """Learn what a message of the device says of the commands that were sent."""
        settled = self._judge(message)
        flags = said(message).get(DIAGNOSTICS)
        if isinstance(flags, int) and flags & REFRESH_FLAGS:
            self._refresh(at)
        if self.opens(message):
            settled += self._measure(at)
        return settled

    def _judge(self, message: Message) -> list[Settled]:
        sent = [waiting for waiting in self.waiting if waiting.ticket.tries and self._may_show(waiting)]
        shown = [one for one in sent if verdict(self.profile, one.code, one.value, message)]
        return [self._settle(one, Outcome.CONFIRMED) for one in shown]

    def _may_show(self, waiting: Waiting) -> bool:
        return waiting is self._last or waiting.code in SHOWN

    def _refresh(self, at: float) -> None:
        """It was reset, and has forgotten what it was told: tell it again, if we ever did."""
        if at - self._refreshed_at < REFRESH_S:
            return
        for code in REFRESHED:
            if code in self.settings and self.find(code) is None:
                self.put(code, self.settings[code], at, name=f"{code.lower()}_refresh")
                self._refreshed_at = at
        self.refreshes += self._refreshed_at == at

    # -- its interval ------------------------------------------------------

    def _measure(self, at: float) -> list[Settled]:
        """How long since the last window: confirms a commanded interval, and makes a commanded one the known one."""
        last, self.last_at = self.last_at, at
        self.windows += 1
        if last is None or self.interval_s is None:
            return []
        spacing_s, before_s = at - last, self._spacing_s
        self._spacing_s = spacing_s
        settled = self._match_period(spacing_s)
        if _close(spacing_s, before_s) or TOLERANCE_S < spacing_s < self.interval_s:
            self.interval_s = spacing_s
        return settled

    def _match_period(self, spacing_s: float) -> list[Settled]:
        waiting = self.find(REPORT_PERIOD)
        if waiting is None or not waiting.ticket.tries:
            return []
        wanted_s = float(waiting.value or 0)
        if not _close(spacing_s, wanted_s):
            waiting.matches = 0
            return []
        waiting.matches += 1
        if waiting.matches < 2 and self._looks_like_missed(wanted_s):
            return []
        self.interval_s = wanted_s
        return [self._settle(waiting, Outcome.CONFIRMED)]

    def _looks_like_missed(self, wanted_s: float) -> bool:
        """Two old intervals with a report missed between them look like one new one: then it takes two of them."""
        old_s = self.interval_s or wanted_s
        times = round(wanted_s / old_s)
        return times > 1 and _close(wanted_s, times * old_s)

    def next_at(self, now: float) -> float | None:
        """When the next window is due, in monotonic seconds; None if that cannot be told."""
        if self.last_at is None or self.interval_s is None:
            return None
        passed = max(0, math.floor((now - self.last_at) / self.interval_s))
        return self.last_at + (passed + 1) * self.interval_s

    def overdue(self, now: float) -> bool:
        """Whether a report is missing: none for one and a half intervals."""
        if self.last_at is None or self.interval_s is None:
            return False
        return now - self.last_at > OVERDUE * self.interval_s

    # -- into a window -----------------------------------------------------

    def choose(self, at: float) -> tuple[Waiting | None, list[Settled]]:
        """What goes into this window: what was never sent first, then what was sent longest ago."""
        worn = [waiting for waiting in self.waiting if waiting.ticket.tries >= self._most_tries(waiting)]
        settled = [self._settle(one, Outcome.EXPIRED, NotConfirmed(_no_answer(one), one.ticket)) for one in worn]
        if not self.waiting and self.options.idle and (wish := self.options.idle(at)):
            self.put(*wish, at)
        ready = (waiting for waiting in self.waiting if not waiting.matches)
        return min(ready, key=lambda waiting: waiting.sent_at, default=None), settled

    def _most_tries(self, waiting: Waiting) -> int:
        return self.options.tries if answers(self.profile, waiting.code) else self.options.repeats

    def sent(self, waiting: Waiting, at: float) -> list[Settled]:
        """It was on air."""
        if waiting not in self.waiting:
            return []  # replaced or cancelled in that very moment
        ticket = waiting.ticket
        self._last, waiting.sent_at = waiting, at
        ticket.note_try(at)
        if answers(self.profile, waiting.code) or ticket.tries < self.options.repeats:
            return []
        return [self._settle(waiting, Outcome.ASSUMED)]

    def records(self, waiting: Waiting | None) -> tuple[Record, ...]:
        """What goes on air: a command, or nothing at all."""
        return () if waiting is None else (waiting.record,)


def _close(seconds: float, wanted_s: float) -> bool:
    return abs(seconds - wanted_s) <= max(TOLERANCE_S, TOLERANCE * wanted_s)


def _cancelled(waiting: Waiting) -> NotConfirmed:
    return NotConfirmed(f"{waiting.ticket} was cancelled after {waiting.ticket.tries} windows", waiting.ticket)


def _too_old(waiting: Waiting) -> str:
    was = f"on air {waiting.ticket.tries} times" if waiting.ticket.tries else "never on air: no window was heard"
    return f"{waiting.ticket} was not confirmed within {waiting.expires_s / 3600:g} h; it was {was}"


def _no_answer(waiting: Waiting) -> str:
    return f"{waiting.ticket} was sent in {waiting.ticket.tries} windows, and nothing showed that it arrived"
