"""One thread for each target: fetch a batch, deliver it, wait where that failed."""

from __future__ import annotations

import logging
import threading

from energy_hw.errors import SinkError
from energy_hw.links.backoff import Backoff
from energy_hw.links.teller import Teller
from energy_hw.sinks.fetch import fetch
from energy_hw.sinks.ledger import Ledger
from energy_hw.sinks.progress import Progress
from energy_hw.sinks.row import Batch, Result

logger = logging.getLogger(__name__)

MOST_AFTER_S = 3600.0
"""What a target may ask for at most."""
IDLE_S = 60.0


class Worker:
    """Delivers to one target; step() is one batch and has no thread of its own.

    Thread safety: step() from one thread at a time; the rest from any.
    """

    def __init__(self, ledger: Ledger, progress: Progress) -> None:
        self._ledger, self._progress = ledger, progress
        self._target = progress.target
        self._backoff = Backoff(self._target.low_s, self._target.high_s)
        self._teller = Teller(logger, ledger.clock)
        self._alone = 0  # rows still to be delivered one by one, to find the one that is refused
        self._stop = self._resumed = False
        name = f"energy-hw-outbox-{self._target.name}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def step(self) -> float | None:
        """Deliver one batch. Seconds to wait before the next one, None if nothing waits for the target."""
        if self._progress.paused:
            return None
        most = 1 if self._alone else self._target.batch
        fetched = fetch(self._ledger, self._progress, most)
        if fetched is None:
            return None
        batch, shifted = fetched
        result = self._deliver(batch)
        settled = self._ledger.settle(self._progress, batch, shifted, result)
        self._alone = max(0, self._alone - settled)
        self._ledger.tell()
        return self._judge(result, settled)

    def _deliver(self, batch: Batch) -> Result:
        try:
            return self._target.deliver(batch)
        except SinkError as error:
            return Result.retry(str(error)) if error.retry else self._refused(batch, str(error))
        except Exception as error:
            logger.log(
                logging.DEBUG if self._progress.failures else logging.ERROR,
                "%s failed",
                self._target.name,
                exc_info=True,
            )
            return Result.retry(f"{type(error).__name__}: {error}")

    def _refused(self, batch: Batch, reason: str) -> Result:
        """One of these will never be taken; which one, is found by delivering them alone."""
        if len(batch.rows) == 1:
            self._teller.tell("%s refused a row, it is dropped: %s", self._target.name, reason)
            return Result.refuse({batch.rows[0].seq: "refused"})
        self._alone = len(batch.rows)
        return Result(0, failed=True, after_s=0.0, reason=reason)

    def _judge(self, result: Result, settled: int) -> float:
        """How long to wait now; a target that neither takes nor fails is a failure, too."""
        progress = self._progress
        if settled and not result.failed:
            self._backoff.reset()
            progress.last_error = ""
            return 0.0
        if settled:
            self._backoff.reset()
        progress.failures += 1
        progress.paused = result.pause
        progress.last_error = result.reason or "took nothing and said nothing"
        step_s = self._backoff.next_s()
        wait_s = step_s if result.after_s is None else min(max(result.after_s, self._target.low_s), MOST_AFTER_S)
        self._teller.tell(
            "%s: %s; %s",
            self._target.name,
            progress.last_error,
            "paused" if result.pause else f"again in {wait_s:.0f} s",
        )
        return wait_s

    def resume(self) -> None:
        """Try again now, whatever it was that failed."""
        with self._ledger.lock:
            self._progress.paused = False
            self._resumed = True
            self._ledger.news.notify_all()

    def _run(self) -> None:
        while not self._stop:
            seen = self._ledger.next_seq
            try:
                wait_s = self.step()
            except Exception:
                logger.exception("%s: the worker failed, it goes on", self._target.name)
                wait_s = self._target.high_s
            self._wait(wait_s, seen)

    def _wait(self, wait_s: float | None, seen: int) -> None:
        """Until it is due. With nothing to do: until there is a new row, or the disk may have come back."""
        ledger, progress = self._ledger, self._progress
        with ledger.lock:
            if wait_s is None:
                waits = progress.pending > 0 and not progress.paused
                ledger.news.wait_for(
                    lambda: self._stop or self._resumed or self._fresh(seen), LATER_S if waits else IDLE_S
                )
            else:
                ledger.news.wait_for(lambda: self._stop or self._resumed, wait_s)
            self._resumed = False

    def _fresh(self, seen: int) -> bool:
        return not self._progress.paused and self._ledger.next_seq != seen

    def stop(self) -> None:
        """End after the batch in hand; join() waits for that."""
        with self._ledger.lock:
            self._stop = True
            self._ledger.news.notify_all()

    def join(self, timeout_s: float) -> bool:
        """Whether it has ended."""
        if self._thread.ident is None:
            return True
        self._thread.join(timeout_s)
        return not self._thread.is_alive()


LATER_S = 1.0
"""Rows wait and none could be fetched: the disk is busy or away."""
