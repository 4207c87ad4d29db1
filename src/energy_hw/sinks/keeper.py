"""The thread that owns the disk: commits, deletes, keeps within the limits, and brings a failed disk back."""

from __future__ import annotations

import logging
import sqlite3
import threading

from energy_hw.errors import LinkBusy
from energy_hw.links.backoff import Backoff
from energy_hw.links.teller import Teller
from energy_hw.sinks.health import State
from energy_hw.sinks.ledger import RESERVE, Ledger
from energy_hw.sinks.opening import open_store, reserve
from energy_hw.sinks.place import Place
from energy_hw.sinks.quota import Quota
from energy_hw.sinks.schema import NewerSchema
from energy_hw.sinks.store import Damaged, Store, is_damage, is_full

logger = logging.getLogger(__name__)

MOST_ROWS = 1000
"""In one commit."""
TELL_EVERY_S = 3600.0
MOST_RETRY_S = 120.0


class Keeper:
    """step() is one look at what is due and has no thread of its own.

    Thread safety: step() and open() from one thread at a time; the rest from any.
    """

    def __init__(self, ledger: Ledger, place: Place) -> None:
        self._ledger, self._place = ledger, place
        self._limits = ledger.limits
        self._quota = Quota(ledger)
        self._teller = Teller(logger, ledger.clock, TELL_EVERY_S)
        self._backoff = Backoff(self._limits.retry_s, MOST_RETRY_S)
        self._retry_at = self._commit_at = 0.0
        self._full = False
        self._flush_to = 0
        self._stop = False
        self._thread = threading.Thread(target=self._run, name="energy-hw-outbox", daemon=True)

    def start(self) -> None:
        """Begin to keep."""
        self._thread.start()

    def open(self) -> None:
        """Lock and open the file, or go on in memory until that works. Raises LinkBusy if another outbox has it."""
        try:
            self._place.lock()
            self._take(open_store(self._place, self._ledger))
            self._ready()
        except LinkBusy:
            raise
        except (OSError, sqlite3.Error, Damaged, NewerSchema) as error:
            self._fail(error)

    def _take(self, store: Store) -> None:
        """Go on with it, once it has taken a write; the reserve helps a full disk to that."""
        with store.lock:
            try:
                try:
                    offset = reserve(store, self._ledger)
                except sqlite3.Error as error:
                    if not is_full(error) or not self._place.release_ballast():
                        raise
                    offset = reserve(store, self._ledger)
                self._ledger.adopt(store, offset)
            except BaseException:
                store.close()
                raise

    def step(self) -> None:
        """Do what is due now."""
        now = self._ledger.clock.monotonic()
        if self._ledger.state is State.DEGRADED and now >= self._retry_at:
            self._recover()
        if self._due(now):
            self._keep()

    def _due(self, now: float) -> bool:
        ledger = self._ledger
        with ledger.lock:
            if ledger.state is State.DEGRADED and now >= self._retry_at:
                return True
            if ledger.store is None:
                return False
            asked = bool(ledger.tail) and next(iter(ledger.tail)) <= self._flush_to
            many = asked or ledger.crowded or len(ledger.tail) >= self._limits.commit_rows
            return (many and not self._full) or now >= self._commit_at

    def _keep(self) -> None:
        """Commit what there is, then keep within the limits."""
        ledger = self._ledger
        self._commit_at = ledger.clock.monotonic() + self._limits.commit_interval_s
        ledger.crowded = False
        if ledger.store is None:
            return
        try:
            if ledger.dirty or (ledger.tail and not self._full):
                self._commit(0 if self._full else MOST_ROWS)
            with ledger.store.lock:
                self._quota.keep(ledger.store)
        except (OSError, sqlite3.Error) as error:
            self._fail(error)

    def _commit(self, most: int, reserve: int = RESERVE) -> None:
        ledger = self._ledger
        store = ledger.store
        assert store is not None  # noqa: S101 - both callers have looked
        with store.lock:
            rows, delete, state = ledger.snapshot(most, reserve)
            try:
                store.commit(rows, delete, state)
            except BaseException:
                with ledger.lock:
                    ledger.dirty = True
                raise
            ledger.committed_all(rows, delete, state)
        ledger.tell()

    def failed(self, store: Store, error: BaseException) -> None:
        """A worker could not read; look at the disk soon."""
        with self._ledger.lock:
            if self._ledger.store is store:
                self._retry_at = 0.0
                self._ledger.set_state(State.DEGRADED, str(error))

    def _fail(self, error: BaseException) -> None:
        """Go on in memory. A full disk stays open for reading and for deleting; any other is opened anew."""
        ledger = self._ledger
        if isinstance(error, Damaged):
            error.release()
        helped = is_full(error) and self._place.release_ballast()
        self._full = is_full(error) and ledger.store is not None
        if not self._full:
            self._close_store()
        soon = is_damage(error) or (helped and not self._full)
        self._retry_at = ledger.clock.monotonic() + (0.0 if soon else self._backoff.next_s())
        ledger.set_state(State.DEGRADED, str(error))
        self._teller.tell(
            "%s: %s; rows are kept in memory, at most %d", self._place.path, error, self._limits.memory_rows
        )

    def _recover(self) -> None:
        """Try the disk again."""
        ledger = self._ledger
        if not self._full:
            self._close_store()
        if ledger.store is None:
            try:
                self.open()
            except LinkBusy as error:
                self._fail(error)
            return
        try:
            self._place.fill_ballast()
            self._commit(MOST_ROWS)
            self._ready()
        except (OSError, sqlite3.Error) as error:
            self._fail(error)

    def _ready(self) -> None:
        self._full = False
        self._backoff.reset()
        was = self._ledger.state
        self._ledger.set_state(State.OK)
        if was is State.DEGRADED:
            logger.warning("%s can be written again", self._place.path)
        try:
            self._place.fill_ballast()
        except OSError as error:
            logger.warning("%s: no reserve for a full disk: %s", self._place.path, error)

    def _close_store(self) -> None:
        ledger = self._ledger
        with ledger.lock:
            store, ledger.store = ledger.store, None
        if store is not None:
            with store.lock:
                store.close()

    def flush(self, timeout_s: float) -> bool:
        """Commit now; whether everything that was put before is on the disk or delivered."""
        ledger = self._ledger
        with ledger.lock:
            last = self._flush_to = ledger.next_seq - 1
            ledger.work.notify_all()
            ledger.settled.wait_for(lambda: ledger.state is not State.OK or self._empty(last), timeout_s)
            return self._empty(last)

    def _empty(self, last: int) -> bool:
        return not self._ledger.tail or next(iter(self._ledger.tail)) > last

    def _run(self) -> None:
        ledger = self._ledger
        while not self._stop:
            try:
                self.step()
            except Exception:
                logger.exception("%s: the keeper failed, it goes on", self._place.path)
                self._retry_at = ledger.clock.monotonic() + self._limits.retry_s
                ledger.set_state(State.DEGRADED, "see the log")
            with ledger.lock:
                ledger.work.wait_for(lambda: self._stop or self._due(ledger.clock.monotonic()), self._pause_s())

    def _pause_s(self) -> float:
        now = self._ledger.clock.monotonic()
        due = self._retry_at if self._ledger.state is State.DEGRADED else self._commit_at
        return min(max(0.05, due - now), self._limits.commit_interval_s)

    def close(self, timeout_s: float) -> None:
        """The last commit; the file is left without a log. Waits for a disk that hangs, but only so long."""
        with self._ledger.lock:
            self._stop = True
            self._ledger.work.notify_all()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
            if self._thread.is_alive():
                logger.error("%s: the disk hangs, what is in memory is not on it", self._place.path)
                return
        self._finish()
        self._place.unlock()

    def _finish(self) -> None:
        ledger = self._ledger
        try:
            while ledger.store is not None and (ledger.tail or ledger.dirty) and not self._full:
                self._commit(MOST_ROWS)
            if ledger.store is not None and not self._full:
                self._commit(0, reserve=0)
        except (OSError, sqlite3.Error) as error:
            self._fail(error)
        self._close_store()
