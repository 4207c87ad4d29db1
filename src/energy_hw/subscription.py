"""A bounded queue from a source's thread to whoever reads. Beside reading.py, because every source needs it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Subscription(Generic[T]):
    """Items in order, at most so many but always one; when it is full the oldest goes, and `dropped` counts it.

    Iterating ends after close(), when what is left has been taken.

    Thread safety: call from any thread.
    """

    def __init__(self, most: int) -> None:
        self._items: deque[T] = deque()
        self._most = max(most, 1)
        self._on_put: Callable[[], None] | None = None
        self._closed = False
        self._change = threading.Condition()
        self.dropped = 0

    def tell(self, on_put: Callable[[], None]) -> None:
        """Call back from now on after each put() and at close()."""
        self._on_put = on_put

    def put(self, item: T) -> bool:
        """Never blocks. True if the oldest item had to go for it."""
        with self._change:
            full = len(self._items) >= self._most
            if full:
                self._items.popleft()
                self.dropped += 1
            self._items.append(item)
            self._change.notify()
        if self._on_put is not None:
            self._on_put()
        return full

    def get(self, timeout_s: float | None = None) -> T | None:
        """The next item; None after timeout_s without one, or once closed and empty."""
        with self._change:
            self._change.wait_for(lambda: self._items or self._closed, timeout_s)
            return self._items.popleft() if self._items else None

    @property
    def closed(self) -> bool:
        """Whether close() was called; items may still be waiting."""
        return self._closed

    def close(self) -> None:
        """Wake whoever waits. May be called twice."""
        with self._change:
            self._closed = True
            self._change.notify_all()
        if self._on_put is not None:
            self._on_put()

    def __iter__(self) -> Iterator[T]:
        while (item := self.get()) is not None:
            yield item
