"""Telegrams to a DSMR-reader: every one that the server can take, once, in order.

    reader = DsmrReader(Server("http://dsmr.local", "the key"))
    with Outbox(path, [reader.target()]) as outbox:
        outbox.put(telegram.encode(), key=report.device, kind=KIND, time=report.time)

Each answer's meaning: dsmr_answers.py. A telegram is never sent twice where the server may be asked: dsmr_doubt.py.
A telegram that it cannot stand does not hold up the others: dsmr_course.py.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import uuid4

from energy_hw.links.clock import Clock, SystemClock
from energy_hw.sinks.dsmr_answers import Answer, Verdict, judge, words
from energy_hw.sinks.dsmr_course import Course, Item
from energy_hw.sinks.dsmr_doubt import Doubt
from energy_hw.sinks.dsmr_http import Api, Server, Times, Version
from energy_hw.sinks.dsmr_rate import Rate
from energy_hw.sinks.dsmr_telegram import KIND, SOUND, Telegram, decode
from energy_hw.sinks.row import Batch, Order, Result, Target

logger = logging.getLogger(__name__)

RUN = uuid4().hex
"""This process: rows of another one may have been sent without a note of it."""
TRIES = 3
TIMELESS_S = 60.0
"""DSMR-reader stamps a telegram without a time (DSMR 2.2, 3.0) when it arrives; older than this it would be a lie."""
LOW_S, HIGH_S = 1.0, 60.0


class ServerApi(Protocol):
    """What dsmr_http.Api is."""

    def store(self, telegram: Telegram) -> Answer:
        """Send it."""

    def stored(self, first: datetime, last: datetime) -> Times | Answer:
        """The times of what is there."""

    def close(self) -> None:
        """End."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A telegram that was refused, and what the server said."""

    raw: bytes
    said: str


class DsmrReader:
    """Delivers to one server; give each server its own, and the outbox all their targets: a slow one delays nobody.

    interval_s: one telegram in so many seconds, the newest. order: of what waited. counts: sent, found (was there
    already), unasked (sent, and nobody could tell whether it was there), thinned. refused: the first telegram that the
    server would not take, also told to on_refused.

    Thread safety: deliver() from one thread at a time; the rest from any.
    """

    def __init__(
        self,
        server: Server,
        *,
        interval_s: float = 0.0,
        order: Order = Order.OLDEST,
        name: str = "",
        api: ServerApi | None = None,
        clock: Clock | None = None,
        run: str = RUN,
        on_refused: Callable[[Sample], object] | None = None,
    ) -> None:
        """Raises ConfigError, and ModuleNotFoundError without the extra [forward]."""
        self.server, self.name = server, name or f"dsmr-reader {server.name}"
        self.counts: Counter[str] = Counter()
        self.refused: Sample | None = None
        self._on_refused = on_refused
        self._api: ServerApi = api or Api(server)
        self._clock = clock or SystemClock()
        self._run, self._order = run, order
        self._rate = Rate(interval_s, order is Order.NEWEST)
        self._doubt = Doubt(self._api, self._clock, run, self.name)
        self._strikes: Counter[bytes] = Counter()

    def target(self) -> Target:
        """For the outbox."""
        return Target(self.name, self.deliver, order=self._order, low_s=LOW_S, high_s=HIGH_S)

    def deliver(self, batch: Batch) -> Result:
        """Send rows until one has to wait."""
        course = Course(self._send, self._unfit, self._struck_out, self._keep_sample, self._clock.monotonic)
        items = _items(batch, course.drop)
        busy = self._doubt.look([item.telegram for item in items])
        if busy is not None:
            return course.wait(None, busy)
        surplus = self._surplus(items)
        wanted = [item for number, item in enumerate(items) if number not in surplus]
        result = course.run(wanted, len(batch.rows))
        self.counts["thinned"] += sum(items[number].place < result.done for number in surplus)
        return result

    def _surplus(self, items: list[Item]) -> set[int]:
        """What need not go, of what may: one that may not go takes no other's turn."""
        fit = [number for number, item in enumerate(items) if not self._unfit(item.telegram)]
        return {fit[at] for at in self._rate.surplus([(items[n].row.key, items[n].telegram) for n in fit])}

    def _unfit(self, telegram: Telegram) -> str:
        if telegram.integrity not in SOUND:
            return "crc"
        if self.server.version is Version.V2:
            return "" if telegram.values else "incomplete"
        if telegram.time is None:
            age = telegram.age_s(self._run, self._clock.monotonic(), self._clock.now())
            return "late" if age is None or age > TIMELESS_S else ""
        return ""

    def _send(self, item: Item) -> Answer:
        telegram = item.telegram
        found, blind = self._doubt.has(telegram), self._doubt.blind(telegram)
        answer = Answer(201) if found else self._api.store(telegram)
        verdict = judge(answer)
        self._doubt.settle(telegram, answer.unclear and verdict is not Verdict.REFUSED)
        if verdict is Verdict.TAKEN:
            self.counts["found" if found else "sent"] += 1
            if blind:
                self.counts["unasked"] += 1
                self._doubt.sent_blind()
            self._rate.took((item.row.key, telegram))
            self._strikes.pop(telegram.raw, None)
        return answer

    def _struck_out(self, telegram: Telegram) -> bool:
        self._strikes[telegram.raw] += 1
        return self._strikes[telegram.raw] >= TRIES

    def _keep_sample(self, telegram: Telegram, answer: Answer) -> None:
        self._strikes.pop(telegram.raw, None)
        self._doubt.settle(telegram, False)
        if self.refused is None:
            self.refused = Sample(telegram.raw, words(answer))
            logger.error("%s refused a telegram: %s", self.name, words(answer))
            if self._on_refused is not None:
                self._on_refused(self.refused)

    def close(self) -> None:
        """After the outbox was closed."""
        self._api.close()


def _items(batch: Batch, drop: dict[int, str]) -> list[Item]:
    """The telegrams of a batch; the rows that are none go."""
    items: list[Item] = []
    for place, row in enumerate(batch.rows):
        try:
            if row.kind != KIND:
                raise ValueError(f"expected {KIND}, got {row.kind!r}")
            items.append(Item(place, row, decode(row.body)))
        except (ValueError, TypeError) as error:
            logger.debug("row %d: %s", row.seq, error)
            drop[row.seq] = "no_telegram"
    return items
