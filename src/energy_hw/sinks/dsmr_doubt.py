"""Which telegrams a server may have got without our knowing, and whether it has.

It may have one if an answer to it was lost, or if it comes from the outbox of a process that ended: that one may have
been killed between the answer and the note of it. Where the server tells what it has, only what it lacks is sent.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

from energy_hw.links.clock import Clock
from energy_hw.sinks.dsmr_answers import Answer, Verdict, judge, words
from energy_hw.sinks.dsmr_http import Times
from energy_hw.sinks.dsmr_telegram import Telegram

logger = logging.getLogger(__name__)
ASK_AGAIN_S = 600.0
"""After a server took telegrams and would not tell which it has."""
MOST_ILL = 10
"""Times that a question may fail with what is no answer: five minutes, with the pauses between."""
MOST_UNCLEAR = 1000
"""The oldest go: those that the outbox had to drop in a long outage never come again."""


class Library(Protocol):
    """What dsmr_http.Api is to this module."""

    def stored(self, first: datetime, last: datetime) -> Times | Answer:
        """The times of what is there."""


class Doubt:
    """Thread safety: one thread at a time."""

    def __init__(self, library: Library, clock: Clock, run: str, name: str) -> None:
        """run: of this process; telegrams of another one are doubtful."""
        self._library, self._clock, self._run, self._name = library, clock, run, name
        self._unclear: dict[bytes, None] = {}
        self._there = Times()
        self._told = False
        self._refusal: Answer | None = None
        self._ill = 0
        self._ask_at = float("-inf")

    def look(self, telegrams: Sequence[Telegram]) -> Answer | None:
        """Ask about a batch, once. The answer if the server is busy or ill, so that nothing should be sent now."""
        self._there, self._told, self._refusal = Times(), False, None
        times = {at for telegram in telegrams if self.covers(telegram) and (at := utc(telegram.time))}
        if not times or self._clock.monotonic() < self._ask_at:
            return None
        known = self._library.stored(min(times), max(times))
        if isinstance(known, Answer):
            return self._untold(known)
        self._there = Counter({at: number for at, number in known.items() if at in times})
        self._told, self._ill = True, 0
        return None

    def _untold(self, answer: Answer) -> Answer | None:
        """Wait for a server that is busy, for a while for one that is ill; any other does not want to tell."""
        verdict = judge(answer)
        self._ill += verdict is Verdict.BROKEN
        if verdict is Verdict.BUSY or (verdict is Verdict.BROKEN and self._ill < MOST_ILL):
            return answer
        self._refusal = answer
        return None

    def sent_blind(self) -> None:
        """It took a telegram without telling what it has: not to be asked again for a while."""
        if self._refusal is not None:
            said, self._refusal = words(self._refusal), None
            self._ask_at = self._clock.monotonic() + ASK_AGAIN_S
            logger.warning("%s does not tell what it has (%s): some telegrams may be there twice", self._name, said)

    def covers(self, telegram: Telegram) -> bool:
        """Whether the server may have it."""
        return telegram.run != self._run or telegram.raw in self._unclear

    def has(self, telegram: Telegram) -> bool:
        """Whether it is known to have it. Two of the same time are two: each one that is there counts once."""
        at = utc(telegram.time)
        if at is None or not self.covers(telegram) or self._there[at] <= 0:
            return False
        self._there[at] -= 1
        return True

    def blind(self, telegram: Telegram) -> bool:
        """Whether it may be there and nobody could tell."""
        return self.covers(telegram) and not (self._told and telegram.time is not None)

    def settle(self, telegram: Telegram, unclear: bool) -> None:
        """What became of it: unclear, or known."""
        if unclear:
            self._unclear[telegram.raw] = None
            if len(self._unclear) > MOST_UNCLEAR:
                del self._unclear[next(iter(self._unclear))]
        else:
            self._unclear.pop(telegram.raw, None)


def utc(moment: datetime | None) -> datetime | None:
    """The same moment as the server's, whatever the offset."""
    return None if moment is None else moment.astimezone(UTC)
