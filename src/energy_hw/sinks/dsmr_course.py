"""The way of one batch through one server, telegram after telegram, until one has to wait.

An answer that could mean a telegram that the server cannot stand, or a server that is ill (500), is decided by the
next telegram, from the third time on: if that one is taken, the first one was at fault and goes; else all wait.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from energy_hw.sinks.dsmr_answers import Answer, Verdict, judge, wait_s, words
from energy_hw.sinks.dsmr_telegram import Telegram
from energy_hw.sinks.row import Result, Row

SLICE_S = 1.0
"""After this long in one batch the outbox gets to know how far it is."""


class Item(NamedTuple):
    """A row and the telegram in it. place: in the batch, from 0."""

    place: int
    row: Row
    telegram: Telegram


class Suspect(NamedTuple):
    """A telegram that failed so often that the next one decides."""

    item: Item
    answer: Answer


@dataclass
class Course:
    """send: one telegram; unfit: why one must not go, empty if it may; struck_out: whether it failed often enough.

    drop: seq -> why, of rows that the server will not get. on_refused: told of each that the server would not take.
    """

    send: Callable[[Item], Answer]
    unfit: Callable[[Telegram], str]
    struck_out: Callable[[Telegram], bool]
    on_refused: Callable[[Telegram, Answer], None]
    monotonic: Callable[[], float]
    drop: dict[int, str] = field(default_factory=dict)
    _suspect: Suspect | None = None

    def run(self, items: list[Item], rows: int) -> Result:
        """Of a batch of so many rows these are to go; the others are done with what stands before them."""
        end = self.monotonic() + SLICE_S
        for item in items:
            if self._suspect is None and self.monotonic() > end:
                return Result(item.place, self.drop)
            if reason := self.unfit(item.telegram):
                self.drop[item.row.seq] = reason
            elif (stop := self._step(item)) is not None:
                return stop
        return Result(rows, self.drop) if self._suspect is None else self.wait(*self._suspect)

    def _step(self, item: Item) -> Result | None:
        answer = self.send(item)
        verdict = judge(answer)
        if verdict is Verdict.TAKEN:
            self._acquit()
        elif verdict is Verdict.REFUSED:
            self._refuse(item, answer, "refused")
        elif self._suspect is not None:
            return self.wait(*self._suspect)
        elif verdict is Verdict.BROKEN and self.struck_out(item.telegram):
            self._suspect = Suspect(item, answer)
        else:
            return self.wait(item, answer)
        return None

    def _acquit(self) -> None:
        """The server is well, so what failed before did so by its own fault."""
        if self._suspect is not None:
            self._refuse(*self._suspect, "server_error")
            self._suspect = None

    def _refuse(self, item: Item, answer: Answer, reason: str) -> None:
        self.drop[item.row.seq] = reason
        self.on_refused(item.telegram, answer)

    def wait(self, item: Item | None, answer: Answer) -> Result:
        """This one and those behind it come again."""
        done = 0 if item is None else item.place
        return Result(done, self.drop, failed=True, after_s=wait_s(answer), reason=words(answer))
