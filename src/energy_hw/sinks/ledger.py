"""What waits, for whom, and what became of the rest: all that is known without the disk.

put ──► tail (memory, bounded) ──commit──► store (disk) ──┐
             │                                            ├──► a worker for each target, from the disk before
             └────────────────────────────────────────────┘    the tail, so that rows stay in order

A row that every target has got before its commit is due is never written. Numbers are reserved on disk far ahead, so
that the number of a row that was delivered and never written cannot be given again after a power cut.

Locks: Store.lock before Ledger.lock, never the other way; a commit holds the first alone.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from itertools import islice
from typing import NamedTuple
from uuid import uuid4

from energy_hw.errors import SinkError
from energy_hw.links.clock import Clock
from energy_hw.sinks.health import Health, State
from energy_hw.sinks.limits import Limits
from energy_hw.sinks.progress import Progress
from energy_hw.sinks.ranges import Pair, Ranges
from energy_hw.sinks.row import Batch, Outcome, Result, Row, Target
from energy_hw.sinks.schema import StoreState
from energy_hw.sinks.store import Store
from energy_hw.sinks.ticket import Ticket

RESERVE = 10_000_000
"""Numbers at a time: weeks of a disk that cannot be written. 2^53, where JSON numbers end, holds 900 million starts."""


class Waiting(NamedTuple):
    """A row in memory, and who asked for it."""

    row: Row
    ticket: Ticket


class Ledger:
    """Thread safety: call from any thread; what is public beside methods: with `lock` held."""

    def __init__(self, targets: Iterable[Target], clock: Clock, limits: Limits) -> None:
        self.limits, self.clock = limits, clock
        self.lock = threading.RLock()
        self.news, self.work, self.settled = (threading.Condition(self.lock) for _ in range(3))
        self.progress = {target.name: Progress(target) for target in targets}
        self.state, self.reason = State.MEMORY, ""
        self.store: Store | None = None
        self.outbox = uuid4()
        self.tail: OrderedDict[int, Waiting] = OrderedDict()
        self.tail_bytes = 0
        self.next_seq = 1
        self.committed = 0  # what is on disk has at most this number, what is in the tail a higher one
        self.reserved: int | None = None  # None: no disk knows this outbox, so no number can come twice
        self.crowded = False  # somebody waits for room
        self.dirty = False  # progress that the disk does not know
        self.deleted = Ranges()
        self.shifted = 0
        self.adopted = self.closed = False  # adopted: the numbers are those of a file
        self.dropped: Counter[str] = Counter()
        self.stored = self.delivered = self.thinned = self.refused = self.commits = self.salvaged = self.put_aside = 0
        self.disk_bytes = 0
        self.oldest_on_disk: int | None = None
        self._began, self._base_ms = clock.monotonic(), 0
        self._calls: list[Callable[[], object]] = []
        self.disk_failed: Callable[[Store, BaseException], None] = lambda store, error: None

    def age_ms(self) -> int:
        """Running time of the outbox, over all its runs."""
        return self._base_ms + int((self.clock.monotonic() - self._began) * 1000)

    @property
    def oldest_ms(self) -> int | None:
        """When the oldest row was born, as far as is known without the disk."""
        tail = next(iter(self.tail.values())).row.born_ms if self.tail else None
        return tail if self.oldest_on_disk is None else self.oldest_on_disk

    def put(self, body: bytes, key: str, kind: str, time_ms: int, wait_s: float) -> Ticket:
        """Take a row into memory. Raises SinkError if there is no room for it, after wait_s."""
        with self.lock:
            self._make_room(len(body), wait_s)
            seq, self.next_seq = self.next_seq, self.next_seq + 1
            outcome = Outcome.WAITING if self.state is State.OK else Outcome.MEMORY
            ticket = Ticket(seq, outcome, self.settled)
            self.tail[seq] = Waiting(Row(seq, key, kind, time_ms, self.age_ms(), body), ticket)
            self.tail_bytes += len(body)
            for progress in self.progress.values():
                progress.pending += 1
            self.news.notify_all()
            if len(self.tail) in (1, self.limits.commit_rows):
                self.work.notify_all()
        self.tell()
        return ticket

    def _make_room(self, size: int, wait_s: float) -> None:
        if size > self.limits.row_bytes:
            self.refused += 1
            raise SinkError(f"expected a row of at most {self.limits.row_bytes} bytes, got {size}", retry=False)
        if self.state is State.OK and not self._fits(size):
            self.crowded = True
            self.work.notify_all()
            self.settled.wait_for(lambda: self.closed or self.state is not State.OK or self._fits(size), wait_s)
        while self.state is not State.OK and self.tail and not self._fits(size):
            self._lose(next(iter(self.tail.values())), "memory")
        if self.closed or not self._fits(size):
            self.refused += 1
            what = "is closed" if self.closed else f"has {len(self.tail)} rows waiting for the disk; try again later"
            raise SinkError(f"the outbox {what}", retry=not self.closed)

    def _fits(self, size: int) -> bool:
        return len(self.tail) < self.limits.memory_rows and self.tail_bytes + size <= self.limits.memory_bytes

    def _lose(self, waiting: Waiting, reason: str) -> None:
        self.count_drop([waiting.row.seq], reason)
        for progress in self.progress.values():
            progress.done.add(waiting.row.seq, waiting.row.seq)
        self._forget(waiting.row.seq, Outcome.DROPPED)

    def count_drop(self, seqs: Sequence[int], reason: str) -> None:
        """Rows that go, maybe before everybody has got them; lock held."""
        lost = sum(any(seq not in progress.done for progress in self.progress.values()) for seq in seqs)
        if lost:
            self.dropped[reason] += lost
        for progress in self.progress.values():
            progress.lose([seq for seq in seqs if seq not in progress.done], reason)

    def _forget(self, seq: int, outcome: Outcome) -> None:
        waiting = self.tail.pop(seq, None)
        if waiting is not None:
            self.tail_bytes -= len(waiting.row.body)
            self._resolve(waiting.ticket, outcome)

    def _resolve(self, ticket: Ticket, outcome: Outcome) -> None:
        if (call := ticket.settle(outcome)) is not None:
            self._calls.append(call)
        self.settled.notify_all()

    def tell(self) -> None:
        """Make the callbacks that are due; lock not held."""
        while self._calls:
            with self.lock:
                calls, self._calls = self._calls, []
            for call in calls:
                call()

    def settle(self, progress: Progress, batch: Batch, shifted: int, result: Result) -> int:
        """What a target said to a batch; how many of its rows are off the list."""
        with self.lock:
            offset = self.shifted - shifted
            seqs = [row.seq + offset for row in batch.rows]
            settled = progress.settle(seqs, result, offset)
            for seq in settled:
                self.dirty |= seq <= self.committed
                if all(seq in other.done for other in self.progress.values()):
                    refused = seq - offset in result.drop
                    self.delivered += not refused
                    self._forget(seq, Outcome.DROPPED if refused else Outcome.DELIVERED)
            return len(settled)

    def snapshot(self, most: int, reserve: int = RESERVE) -> tuple[list[Row], list[Pair], StoreState]:
        """What a commit has to write: rows, ranges to delete, and the state."""
        with self.lock:
            rows = [waiting.row for waiting in islice(self.tail.values(), most)]
            everyone = reduce(Ranges.common, (progress.done for progress in self.progress.values()))
            delete = [
                gap for first, last in everyone.pairs for gap in self.deleted.gaps(first, min(last, self.committed))
            ]
            reserved = self.reserved or 0
            if reserve == 0 or reserved - self.next_seq < reserve // 2:
                reserved = self.next_seq - 1 + reserve
            done = {name: progress.done.pairs for name, progress in self.progress.items()}
            self.dirty = False
            return rows, delete, StoreState(self.outbox, 0, reserved, self.age_ms(), done)

    def committed_all(self, rows: Sequence[Row], delete: Iterable[Pair], state: StoreState) -> None:
        """The snapshot is on the disk, synced."""
        with self.lock:
            self.crowded = False
            self.commits += 1
            self.stored += len(rows)
            self.reserved = state.reserved
            for first, last in delete:
                self.deleted.add(first, last)
            for row in rows:
                self._forget(row.seq, Outcome.STORED)
                for progress in self.progress.values():
                    progress.caught_up &= row.seq in progress.done
                self.dirty |= all(row.seq in progress.done for progress in self.progress.values())
            if rows:
                self.committed = rows[-1].seq
            self.news.notify_all()

    def set_state(self, state: State, reason: str = "") -> None:
        """The disk failed, or came back."""
        with self.lock:
            self.state, self.reason = state, reason
            if state is not State.OK:
                for waiting in self.tail.values():
                    if waiting.ticket.outcome is Outcome.WAITING:
                        self._resolve(waiting.ticket, Outcome.MEMORY)
            self.settled.notify_all()
            self.news.notify_all()
            self.work.notify_all()
        self.tell()

    def adopt(self, store: Store, offset: int) -> None:
        """Go on with a store that was opened; store.lock held.

        offset: its numbers come before those of memory, which move up by so much; 0 if it is the store of before.
        """
        with self.lock:
            if offset:
                self._shift(offset, store.state.clock_ms)
            self.outbox, self.adopted = store.state.outbox, True
            self.store, self.reserved, self.deleted = store, store.state.reserved, Ranges()
            self.disk_bytes, self.oldest_on_disk = store.used_bytes(), store.oldest_ms()
            for name, progress in self.progress.items():
                for first, last in store.state.done.get(name, ()):
                    progress.done.add(first, last)
                progress.caught_up = False
                on_disk = store.count(progress.done.gaps(1, self.committed))
                progress.pending = on_disk + sum(seq not in progress.done for seq in self.tail)

    def health(self, ballast: bool) -> Health:
        """All of it at this moment; lock held."""
        store, oldest = self.store, self.oldest_ms
        waits = len(self.tail) + (store.rows if store else 0)
        return Health(
            state=self.state,
            reason=self.reason,
            outbox=self.outbox,
            stored=self.stored,
            delivered=self.delivered,
            dropped=dict(self.dropped),
            thinned=self.thinned,
            refused=self.refused,
            rows=waits,
            bytes=self.tail_bytes + self.disk_bytes,
            oldest_s=0.0 if oldest is None or not waits else (self.age_ms() - oldest) / 1000,
            in_memory=len(self.tail),
            commits=self.commits,
            salvaged=self.salvaged,
            put_aside=self.put_aside,
            ballast=ballast,
            targets={name: progress.health() for name, progress in self.progress.items()},
        )

    def _shift(self, offset: int, clock_ms: int) -> None:
        tail = [
            (row._replace(seq=row.seq + offset, born_ms=row.born_ms + clock_ms), ticket)
            for row, ticket in self.tail.values()
        ]
        for row, ticket in tail:
            ticket.seq = row.seq
        self.tail = OrderedDict((row.seq, Waiting(row, ticket)) for row, ticket in tail)
        for progress in self.progress.values():
            progress.shift(offset)
        self.committed, self.next_seq = offset, self.next_seq + offset
        self.shifted, self._base_ms = self.shifted + offset, self._base_ms + clock_ms
