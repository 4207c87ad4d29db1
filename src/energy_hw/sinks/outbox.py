"""One durable queue before every network: rows go in, each target gets each of them at least once.

    with Outbox("/var/lib/energy-hw/outbox.sqlite3", [Target("dsmr", forwarder.deliver)]) as outbox:
        ticket = outbox.put(telegram, key="p1:4B38...", kind="telegram")
        ticket.wait(10.0)                      # Outcome.STORED: it survives a power cut
        outbox.health().targets["dsmr"].pending

What may go wrong and what happens then: docs/outbox.md.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from types import TracebackType

from energy_hw.links.clock import Clock, SystemClock
from energy_hw.sinks.health import Health
from energy_hw.sinks.keeper import Keeper
from energy_hw.sinks.ledger import Ledger
from energy_hw.sinks.limits import Limits
from energy_hw.sinks.place import Place
from energy_hw.sinks.row import Target
from energy_hw.sinks.ticket import Ticket
from energy_hw.sinks.worker import Worker

CLOSE_S = 10.0


class Outbox:
    """Rows on their way to one or more targets.

    path: the file, made with its folder; None keeps rows in memory alone, for a card that is read-only. A disk that
    cannot be written is no error: rows are kept in memory and health() says so. Raises LinkBusy, with the process id,
    if another outbox has the file; ValueError for targets that cannot be.

    Thread safety: call from any thread. put() never waits for the disk.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None,
        targets: Iterable[Target],
        limits: Limits | None = None,
        clock: Clock | None = None,
    ) -> None:
        known = list(targets)
        if not known or len({target.name for target in known}) < len(known):
            raise ValueError(f"expected one or more targets with different names, got {[t.name for t in known]}")
        self._clock = clock or SystemClock()
        limits = limits or Limits()
        self._ledger = Ledger(known, self._clock, limits)
        self._keeper: Keeper | None = None
        if path is not None:
            self._place = Place(Path(path), limits.ballast_bytes)
            self._keeper = Keeper(self._ledger, self._place)
            self._ledger.disk_failed = self._keeper.failed
            self._keeper.open()
            self._keeper.start()
        self._workers = {name: Worker(self._ledger, progress) for name, progress in self._ledger.progress.items()}
        for worker in self._workers.values():
            worker.start()

    def put(
        self, body: bytes, *, key: str = "", kind: str = "", time: datetime | None = None, wait_s: float = 0.0
    ) -> Ticket:
        """Take a row; the ticket has its number and tells when it is stored.

        key: whose it is, such as Report.device; rows of a key stay in order. time: what it says about itself, now if
        None. wait_s: how long to wait for room, if the disk is slow. Raises SinkError, counted as refused, if there is
        still none then; while the disk fails, the oldest row in memory goes instead, counted under "memory".
        """
        stamp = self._clock.now() if time is None else time
        return self._ledger.put(bytes(body), key, kind, int(stamp.timestamp() * 1000), wait_s)

    def flush(self, timeout_s: float = CLOSE_S) -> bool:
        """Commit now; whether all that was put before is on the disk or delivered."""
        return self._keeper is not None and self._keeper.flush(timeout_s)

    def resume(self, target: str) -> None:
        """Try a target again now that is paused, or that waits after a failure. Raises KeyError."""
        self._workers[target].resume()

    def health(self) -> Health:
        """Counts and state; never waits for a commit."""
        ballast = self._keeper is not None and self._place.has_ballast
        with self._ledger.lock:
            return self._ledger.health(ballast)

    def close(self, timeout_s: float = CLOSE_S) -> None:
        """Commit what is left and stop, within about timeout_s even if a target hangs. May be called twice."""
        ledger = self._ledger
        with ledger.lock:
            if ledger.closed:
                return
            ledger.closed = True
            ledger.settled.notify_all()
        deadline = self._clock.monotonic() + timeout_s
        for worker in self._workers.values():
            worker.stop()
        for worker in self._workers.values():
            worker.join(max(0.0, deadline - self._clock.monotonic() - timeout_s / 2))
        if self._keeper is not None:
            self._keeper.close(max(0.0, deadline - self._clock.monotonic()))

    def __enter__(self) -> Outbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
