"""What goes through the outbox: a row, a batch of them, what a target says to it, and what became of one."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID


class Row(NamedTuple):
    """One thing to deliver.

    seq: grows with every row of this outbox, with gaps, never given twice. key: whose it is; rows of a key stay in
    order. kind: what the body is. time_ms: the time of day it belongs to, in ms since 1970, data alone. born_ms: age
    of the outbox, in ms of running, when it took the row; ages are told by this one, which no clock change moves.
    """

    seq: int
    key: str
    kind: str
    time_ms: int
    born_ms: int
    body: bytes

    def crc(self) -> int:
        """CRC-32 over all of it, as it is kept beside it on disk."""
        head = f"{self.seq}|{self.key}|{self.kind}|{self.time_ms}|{self.born_ms}|"
        return zlib.crc32(self.body, zlib.crc32(head.encode("utf-8", "surrogatepass")))


class Info(NamedTuple):
    """A row without its body, for whoever decides which ones may go."""

    seq: int
    key: str
    kind: str
    born_ms: int
    size: int


class Batch(NamedTuple):
    """Rows for one target, in the order in which it wants them. (outbox, row.seq) is the idempotency key of a row."""

    outbox: UUID
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What a target says to a batch; say it with delivered(), retry(), refuse() or hold().

    done: so many rows at the front of the batch are with it. drop: seq of rows that it will never take, and why.
    after_s: when to try what is left again; None lets the back-off decide. pause: not before resume().
    """

    done: int
    drop: Mapping[int, str] = field(default_factory=dict)
    failed: bool = False
    after_s: float | None = None
    pause: bool = False
    reason: str = ""

    @classmethod
    def delivered(cls, rows: int) -> Result:
        """The first `rows` of the batch are delivered; what is left comes again at once."""
        return cls(rows)

    @classmethod
    def retry(cls, reason: str, after_s: float | None = None, done: int = 0) -> Result:
        """The target is not there or busy. after_s: what it asked for, as in an HTTP Retry-After."""
        return cls(done, failed=True, after_s=after_s, reason=reason)

    @classmethod
    def refuse(cls, drop: Mapping[int, str], done: int = 0) -> Result:
        """These rows will never be taken: {seq: a short reason to count them under}."""
        return cls(done, drop)

    @classmethod
    def hold(cls, reason: str, done: int = 0) -> Result:
        """Trying again cannot help until somebody changes something (a wrong password): wait for resume()."""
        return cls(done, failed=True, pause=True, reason=reason)


Deliver = Callable[[Batch], Result]


class Order(StrEnum):
    """Which rows a target gets first."""

    OLDEST = "oldest"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class Target:
    """Somebody who takes rows.

    name: its progress is kept under it. deliver: called in a thread of its own, one batch at a time; it bounds its own
    waits, and may raise SinkError. batch: rows at a time, at most. low_s..high_s: the back-off between failures.
    """

    name: str
    deliver: Deliver
    batch: int = 100
    order: Order = Order.OLDEST
    low_s: float = 1.0
    high_s: float = 300.0


class Outcome(StrEnum):
    """What became of a row."""

    WAITING = "waiting"
    """In memory, on its way to the disk."""
    STORED = "stored"
    """In a commit that has been synced: it survives a power cut."""
    DELIVERED = "delivered"
    """With every target; it may never have been on the disk."""
    MEMORY = "memory"
    """In memory alone, because the disk cannot be written or is not to be; delivery goes on."""
    DROPPED = "dropped"
    """Gone undelivered, and counted under its reason."""


Thinner = Callable[[Sequence[Info], int], "set[int]"]
"""Rows in order, and an interval in ms; which seq of them can go."""
