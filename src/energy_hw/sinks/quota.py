"""Within bytes and age: thin, then let the oldest go, and count both."""

from __future__ import annotations

import logging

from energy_hw.links.teller import Teller
from energy_hw.sinks.ledger import Ledger
from energy_hw.sinks.row import Info
from energy_hw.sinks.store import PAGE_BYTES, Store
from energy_hw.sinks.thinning import LEVELS_MS

logger = logging.getLogger(__name__)

SLICE = 2000
"""Rows that are looked at in one go, so that little waits in memory meanwhile."""
SLICES = 8
DROP = 500
ENOUGH = 0.9
"""Of the limit; so much room is made at once."""
TELL_EVERY_S = 3600.0


class Quota:
    """keep() does a bounded piece of work; the next commit does the next.

    Thread safety: one thread at a time, with the store's lock held.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger, self._limits = ledger, ledger.limits
        self._teller = Teller(logger, ledger.clock, TELL_EVERY_S)
        self._thinned_to = dict.fromkeys(LEVELS_MS, 0)
        self._making_room = False

    def keep(self, store: Store) -> None:
        """Raises sqlite3.Error."""
        self._too_old(store)
        used = store.used_bytes()
        self._making_room = used > (ENOUGH if self._making_room else 1.0) * self._limits.most_bytes
        for _ in range(SLICES):
            if store.used_bytes() <= ENOUGH * self._limits.most_bytes or not self._making_room:
                break
            if not self._thin(store) and not self._drop(store, [i.seq for i in store.infos(0, DROP)], "quota"):
                break
        if not self._ledger.tail and store.free_bytes() > store.used_bytes() + 256 * PAGE_BYTES:
            store.shrink(256)
        with self._ledger.lock:
            self._ledger.disk_bytes, self._ledger.oldest_on_disk = store.used_bytes(), store.oldest_ms()

    def _too_old(self, store: Store) -> None:
        limit = self._ledger.age_ms() - int(self._limits.most_age_s * 1000)
        oldest = store.oldest_ms()
        if oldest is not None and oldest < limit:
            self._drop(store, store.seqs_born_before(limit, DROP * SLICES), "age")

    def _thin(self, store: Store) -> bool:
        """One slice at the first level that has one left; False if nothing can be thinned any more."""
        for level in LEVELS_MS:
            rows = store.infos(self._thinned_to[level], SLICE)
            if len(rows) > 1:
                self._thinned_to[level] = rows[-1].seq
                self._leave_out(store, rows, level)
                return True
        return False

    def _leave_out(self, store: Store, rows: list[Info], level: int) -> None:
        ledger = self._ledger
        with ledger.lock:  # nobody can take more from the disk meanwhile: the store's lock is held
            hands = [progress.in_flight for progress in ledger.progress.values() if progress.in_flight]
        wanted = self._limits.thin(rows, level) & {row.seq for row in rows}
        gone = {seq for seq in wanted if not any(first <= seq <= last for first, last in hands)}
        store.delete(gone)
        with ledger.lock:
            ledger.thinned += len(gone)
            for progress in ledger.progress.values():
                progress.thin([seq for seq in gone if seq not in progress.done])
        self._tell(store)

    def _drop(self, store: Store, seqs: list[int], reason: str) -> int:
        """Oldest rows go, for everybody."""
        if not seqs:
            return 0
        ledger = self._ledger
        store.delete(seqs)
        with ledger.lock:
            ledger.count_drop(seqs, reason)
            for progress in ledger.progress.values():
                progress.done.add(1, seqs[-1])
        self._tell(store)
        return len(seqs)

    def _tell(self, store: Store) -> None:
        counts = self._ledger
        self._teller.tell(
            "%s is full or too old: %d rows thinned, %d dropped so far",
            store.path,
            counts.thinned,
            counts.dropped["quota"] + counts.dropped["age"],
        )
