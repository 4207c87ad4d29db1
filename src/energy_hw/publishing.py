"""The public face of a source with a thread of its own: iterate over it, stream it, close it."""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator, Iterator
from types import TracebackType
from typing import Self

from energy_hw.publisher import Callbacks, Publisher
from energy_hw.reading import Report

logger = logging.getLogger(__name__)

JOIN_S = 15.0
"""Longer than the longest thing that cannot be interrupted: connecting to a server in the network."""


class ThreadedSource:
    """What P1Meter, TeleinfoMeter and Mate3 have in common: `_run` publishes in a thread until close().

    A subclass sets `name`, starts `_thread` when it is ready to, ends `_run` soon after `_wake()` and there closes
    `_reports`.

    Thread safety: call from any thread. Callbacks run one at a time in a thread of their own.
    """

    name: str

    def __init__(self, kind: str, most_waiting: int) -> None:
        """kind: in the name of the thread. most_waiting: reports and calls that a slow reader may fall behind."""
        self._reports: Publisher[Report] = Publisher(most_waiting)
        self._callbacks = Callbacks(most_waiting)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"energy-hw-{kind}", daemon=True)

    def _run(self) -> None:
        """The thread."""
        raise NotImplementedError

    def _wake(self) -> None:
        """End the wait of the thread; `_stop` is set."""
        raise NotImplementedError

    def __iter__(self) -> Iterator[Report]:
        """Reports from now on; the first reader also gets what came before it asked."""
        return iter(self._reports.subscribe())

    def stream(self) -> AsyncIterator[Report]:
        """The same reports for asyncio."""
        return self._reports.stream()

    def close(self) -> None:
        """Release the link, end readers and callbacks. May be called twice, and from a callback."""
        self._stop.set()
        self._wake()
        if self._thread.ident is not None:
            self._thread.join(JOIN_S)
        if self._thread.is_alive():
            logger.error("%s: the thread that reads does not end; the link stays open until it does", self.name)
        self._callbacks.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
