"""Work for the radio's thread that is no order: it is done between two looks, and its caller waits."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from energy_hw.errors import LinkClosed, LinkError, LinkTimeout

DONE_S = 10.0


@dataclass(frozen=True, slots=True)
class _Job:
    work: Callable[[], None]
    done: Future[None]


class Jobs:
    """What waits to be done. wake: ends the radio's wait.

    Thread safety: do() and close() from any thread, run() from the radio's.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._queue: SimpleQueue[_Job] = SimpleQueue()
        self._closed = self._ended = False
        self._pid = os.getpid()

    def do(self, work: Callable[[], None]) -> None:
        """Have it done, and wait. Raises what it raises; LinkClosed; LinkTimeout if the thread does not get to it."""
        refuse_in_child(self._pid)
        if self._closed:
            raise LinkClosed("the hub is closed: open a new one")
        job = _Job(work, Future())
        self._queue.put(job)
        self._wake()
        if self._ended:
            self.refuse()  # it came after the last look
        try:
            job.done.result(DONE_S)
        except TimeoutError as error:
            if isinstance(error, LinkError):
                raise
            raise LinkTimeout(f"expected the radio's thread to come to it within {DONE_S:g} s, it did not") from None
        finally:
            job.done.cancel()  # after Ctrl-C, too, nobody waits for it any more

    def run(self) -> None:
        """Do what waits, unless it is closed."""
        while not self._closed and (job := self._next()) is not None:
            _settle(job)

    def close(self) -> None:
        """Take no more; run() ends. Who waits is told by refuse()."""
        self._closed = True

    def refuse(self) -> None:
        """Once run() is called no more: what still waits ends with LinkClosed."""
        self._ended = True
        while (job := self._next()) is not None:
            job.done.set_exception(LinkClosed("the hub was closed before this was done"))

    def _next(self) -> _Job | None:
        """The next whose caller still waits."""
        while True:
            try:
                job = self._queue.get_nowait()
            except Empty:
                return None
            if job.done.set_running_or_notify_cancel():
                return job


def refuse_in_child(pid: int) -> None:
    """Raises LinkClosed in a process that was forked from the one with the radio: nobody would do the work here."""
    if os.getpid() != pid:
        raise LinkClosed(f"this hub belongs to process {pid}: after a fork open one here, once that one is closed")


def _settle(job: _Job) -> None:
    try:
        job.work()
    except Exception as error:
        job.done.set_exception(error)
    else:
        job.done.set_result(None)
