"""The next batch of a target: from the disk, then from memory, or the other way round for the newest first."""

from __future__ import annotations

import logging
import sqlite3
from itertools import islice

from energy_hw.sinks.ledger import Ledger
from energy_hw.sinks.progress import Progress
from energy_hw.sinks.row import Batch, Order, Row

logger = logging.getLogger(__name__)

LOCK_S = 1.0
"""A commit may hold the disk for longer; then there is no batch this time."""


def fetch(ledger: Ledger, progress: Progress, most: int) -> tuple[Batch, int] | None:
    """Up to `most` rows that the target has yet to get, and what to settle them by; None if there are none now.

    Rows that are damaged on the disk are counted, deleted, and never handed out.
    """
    if progress.target.order is Order.NEWEST:
        return _from_tail(ledger, progress, most) or _from_disk(ledger, progress, most)
    if not progress.caught_up and ledger.store is not None:
        batch = _from_disk(ledger, progress, most)
        if batch is not None or not progress.caught_up:
            return batch
    return _from_tail(ledger, progress, most)


def _from_disk(ledger: Ledger, progress: Progress, most: int) -> tuple[Batch, int] | None:
    store = ledger.store
    if store is None or progress.caught_up or not store.lock.acquire(timeout=LOCK_S):
        return None
    try:
        with ledger.lock:
            gaps = progress.done.gaps(1, ledger.committed)
        newest = progress.target.order is Order.NEWEST
        rows, bad = store.read(gaps, most, newest)
        if bad:
            store.delete(bad)
        with ledger.lock:
            if bad:
                ledger.count_drop(bad, "corrupt")
            if not rows:
                progress.done.add(1, ledger.committed)
                progress.caught_up = True
                return None
            span = (rows[-1].seq, gaps[-1][1]) if newest else (gaps[0][0], rows[-1].seq)
            progress.take([row.seq for row in rows], span)
            return Batch(ledger.outbox, tuple(rows)), ledger.shifted
    except sqlite3.Error as error:
        ledger.disk_failed(store, error)
        return None
    finally:
        store.lock.release()


def _from_tail(ledger: Ledger, progress: Progress, most: int) -> tuple[Batch, int] | None:
    with ledger.lock:
        waiting = ledger.tail.values()
        newest = progress.target.order is Order.NEWEST
        known = (
            row
            for row, _ in (reversed(waiting) if newest else waiting)
            if row.seq not in progress.done and (ledger.reserved is None or row.seq <= ledger.reserved)
        )
        rows: tuple[Row, ...] = tuple(islice(known, most))
        if not rows:
            return None
        low = 1 if progress.caught_up and not newest else min(rows[0].seq, rows[-1].seq)
        progress.take([row.seq for row in rows], (low, max(rows[0].seq, rows[-1].seq)))
        return Batch(ledger.outbox, rows), ledger.shifted
