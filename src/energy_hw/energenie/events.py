"""What happens to a device, and how a program hears of it: by a callback, a loop, or asyncio.

    radio's thread -- Event --> Callbacks (one thread, bounded) --> the user's functions
                          \\--> EventStream (bounded) --> for event in ... / async for event in ...

The radio's thread never runs the user's code and never waits for it.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import partial
from types import TracebackType

from energy_hw.energenie.parameters import PARAMETERS
from energy_hw.errors import ConfigError
from energy_hw.publisher import follow
from energy_hw.reading import Report, Value
from energy_hw.subscription import Subscription

logger = logging.getLogger(__name__)

MOST_WAITING = 1000
LINGER_S = 1.0
"""Closing waits so long for callbacks; one that hangs is left to the end of the program."""
UPDATED = "updated"
"""The name of the event that every report is, whatever is in it."""
OVERDUE = "overdue"
"""The name of the event that a device has been silent for too long (True), or speaks again (False)."""
_UNKNOWN = re.compile(r"UNKNOWN_[0-9A-F]{2}|unknown_[0-9a-f]{2}")
_NAMES = [*(row.name for row in PARAMETERS.values()), *(row.code for row in PARAMETERS.values())]


class Certainty(StrEnum):
    """How far a value can be trusted."""

    CONFIRMED = "confirmed"
    """The device said so."""
    ASSUMED = "assumed"
    """It was told so, and has not said anything since."""
    UNKNOWN = "unknown"
    """It has said nothing yet, or did not answer what it was told."""


@dataclass(frozen=True, slots=True)
class Event:
    """A device said something, or was told something that it will never confirm.

    device: its id. code and name: of the parameter (`SWITCH_STATE`, `switch_state`), or `updated`. value: what it is
    now. previous: what it was, None if that is not known. report: what the device said, None if it was only told.
    """

    device: str
    code: str
    name: str
    value: Value = None
    previous: Value = None
    certainty: Certainty = Certainty.CONFIRMED
    report: Report | None = None

    @property
    def changed(self) -> bool:
        """Whether the value is another than before, or known for the first time."""
        return self.value != self.previous


Callback = Callable[[Event], None]
Where = Callable[[Event], bool]
Cancel = Callable[[], None]


@dataclass(slots=True, eq=False)
class Listener:
    """Who wants to know what: events of this name or code for which `where` holds, as long as it is active."""

    name: str
    callback: Callback
    where: Where | None = None
    active: bool = True

    def wants(self, event: Event) -> bool:
        """Whether the event has its name; `where` is the user's code, and not for the radio's thread."""
        return self.name in (event.name, event.code)

    def tell(self, event: Event) -> None:
        """Call it, unless its condition does not hold, or it has left meanwhile."""
        if self.active and (self.where is None or self.where(event)):
            self.callback(event)


class Callbacks:
    """Runs the user's functions one at a time in a thread of their own.

    dropped: events that had to go, oldest first, because a callback was too slow. errors: callbacks that raised.

    Thread safety: call from any thread.
    """

    def __init__(self, most_waiting: int = MOST_WAITING) -> None:
        self._queue: Subscription[tuple[Callable[[], object], object]] = Subscription(most_waiting)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self.errors = 0

    @property
    def dropped(self) -> int:
        """What no callback was in time for."""
        return self._queue.dropped

    def start(self) -> None:
        """Start the thread, if it does not run yet."""
        with self._lock:
            if self._thread is None and not self._queue.closed:
                thread = threading.Thread(target=self._run, name="energy-hw-events", daemon=True)
                thread.start()
                self._thread = thread  # not before: Ctrl-C may come in between, and close() joins it

    def post(self, listener: Listener, event: Event) -> None:
        """Call it soon with the event, unless it has left by then. Never blocks."""
        self._queue.put((partial(listener.tell, event), f"{event.name} of {event.device}"))

    def call(self, work: Callable[[], object]) -> None:
        """Do something soon, in the same thread and under the same rules. Never blocks."""
        self.start()
        self._queue.put((work, work))

    def close(self) -> None:
        """No new events; those that wait are still delivered, for LINGER_S at the longest. May be called twice."""
        self._queue.close()
        with self._lock:
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(LINGER_S)

    def _run(self) -> None:
        for work, subject in self._queue:
            try:
                work()
            except Exception as error:
                self._note(subject, error)

    def _note(self, subject: object, error: Exception) -> None:
        """The first fault with its traceback; the same one ten times a second fills no log."""
        self.errors += 1
        first = self.errors == 1
        level = logging.ERROR if first else logging.DEBUG
        logger.log(level, "a callback failed on %s (%d so far): %r", subject, self.errors, error, exc_info=first)


class EventStream:
    """Events of one device as they come, until close() or the hub's end.

    Iterate over it, or `async for`. When nobody takes them the oldest go; `dropped` counts them.

    Thread safety: call from any thread; one reader.
    """

    def __init__(self, names: tuple[str, ...], most_waiting: int = MOST_WAITING) -> None:
        self._names = frozenset(names)
        self._queue: Subscription[Event] = Subscription(most_waiting)

    @property
    def dropped(self) -> int:
        """Events that were not taken in time."""
        return self._queue.dropped

    def offer(self, event: Event) -> None:
        """Take an event if it is one of those asked for. Never blocks."""
        if not self._names or not self._names.isdisjoint((event.name, event.code)):
            self._queue.put(event)

    def get(self, timeout_s: float | None = None) -> Event | None:
        """The next event; None after timeout_s without one, or at the end."""
        return self._queue.get(timeout_s)

    def close(self) -> None:
        """End it. May be called twice."""
        self._queue.close()

    def __iter__(self) -> Iterator[Event]:
        yield from self._queue  # a generator holds the stream, which the memory does not

    async def __aiter__(self) -> AsyncIterator[Event]:
        async for event in follow(self._queue):
            yield event

    def __enter__(self) -> EventStream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def checked_name(name: str) -> str:
    """The name of an event, which is that of a parameter. Raises ConfigError with what may have been meant."""
    if name in (UPDATED, OVERDUE) or _UNKNOWN.fullmatch(name) or name in _NAMES:
        return name
    close = get_close_matches(name, _NAMES, n=3, cutoff=0.5)
    meant = f"did you mean {' or '.join(close)}?" if close else f"expected a parameter such as real_power, or {UPDATED}"
    raise ConfigError(f"no event is called {name!r}: {meant}")
