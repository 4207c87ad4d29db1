"""From a source's one thread to everybody who wants to know: readers, asyncio, callbacks."""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from energy_hw.subscription import Subscription

if TYPE_CHECKING:
    import asyncio

logger = logging.getLogger(__name__)

T = TypeVar("T")
MOST_WAITING = 1000
JOIN_S = 5.0


class Publisher(Generic[T]):
    """Gives every item to every reader; the first reader also gets what came before it asked.

    dropped: items that a reader was too slow to take. Thread safety: call from any thread.
    """

    def __init__(self, most_waiting: int = MOST_WAITING) -> None:
        self._most_waiting = most_waiting
        self._lock = threading.Lock()
        # Weak: a reader that nobody reads any more is forgotten with its iterator.
        self._readers: weakref.WeakSet[Subscription[T]] = weakref.WeakSet()
        self._backlog: Subscription[T] | None = Subscription(most_waiting)
        self._readers.add(self._backlog)
        self._closed = False
        self.dropped = 0

    def subscribe(self) -> Subscription[T]:
        """Items from now on; it ends with close()."""
        with self._lock:
            subscription, self._backlog = self._backlog, None
            if subscription is None:
                subscription = Subscription(self._most_waiting)
                self._readers.add(subscription)
            if self._closed:
                subscription.close()
            return subscription

    def stream(self) -> AsyncIterator[T]:
        """The same items for asyncio, from now on."""
        return follow(self.subscribe())

    def publish(self, item: T) -> None:
        """Give it to all; never blocks. The backlog of a source that nobody reads yet may overflow uncounted."""
        with self._lock:
            for reader in self._readers:
                self.dropped += reader.put(item) and reader is not self._backlog

    def close(self) -> None:
        """End all readers, when they have taken what is left. May be called twice."""
        with self._lock:
            self._closed = True
            readers = list(self._readers)
        for reader in readers:
            reader.close()


class Callbacks:
    """Calls back in a thread of its own, one call at a time and in order; the thread starts with the first call.

    errors: calls that raised. dropped: calls that were left out because the ones before took too long; the oldest go.
    Thread safety: call from any thread.
    """

    def __init__(self, most_waiting: int = MOST_WAITING) -> None:
        self._most_waiting = most_waiting
        self._waiting: SimpleQueue[tuple[Callable[[Any], object], Any] | None] = SimpleQueue()  # cheaper to wake
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._closed = False
        self.errors = self.dropped = 0

    def call(self, callback: Callable[[T], object] | None, item: T) -> None:
        """callback(item), soon; nothing where there is none, or after close()."""
        if callback is None:
            return
        with self._lock:
            if self._closed:
                return
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="energy-hw-callback", daemon=True)
                self._thread.start()
            if self._waiting.qsize() >= self._most_waiting:
                self._drop_oldest()
            self._waiting.put((callback, item))

    def _drop_oldest(self) -> None:
        with suppress(Empty):
            self._waiting.get_nowait()
            self.dropped += 1

    def _run(self) -> None:
        while (call := self._waiting.get()) is not None:
            callback, item = call
            try:
                callback(item)
            except Exception as error:
                self._note(error)
            del call, callback, item  # what waits for the next one keeps nothing alive

    def _note(self, error: Exception) -> None:
        self.errors += 1
        first = self.errors == 1  # the same fault ten times a second fills no log
        level = logging.ERROR if first else logging.DEBUG
        logger.log(level, "a callback failed (%d so far): %r", self.errors, error, exc_info=first)

    def close(self) -> None:
        """Make the calls that wait, then end; from a callback, too. May be called twice."""
        with self._lock:
            self._closed = True
            self._waiting.put(None)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(JOIN_S)


async def follow(subscription: Subscription[T]) -> AsyncIterator[T]:
    """A subscription seen from asyncio: the same items, no thread more. Ends when it is closed and empty."""
    import asyncio  # half of what importing a source would cost

    loop, news = asyncio.get_running_loop(), asyncio.Event()
    subscription.tell(lambda: _call_soon(loop, news.set))
    while True:
        news.clear()
        while (item := subscription.get(0)) is not None:
            yield item
        if subscription.closed:
            return
        await news.wait()


def _call_soon(loop: asyncio.AbstractEventLoop, callback: Callable[[], object]) -> None:
    """From another thread; the loop may be gone by now."""
    try:
        loop.call_soon_threadsafe(callback)
    except RuntimeError:
        logger.debug("the event loop of a reader is closed")
