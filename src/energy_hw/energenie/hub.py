"""The hub: one radio in a thread of its own, and the reports that come from it."""

from __future__ import annotations

import asyncio
import atexit
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from types import TracebackType

from energy_hw.core.interface import RadioConfig
from energy_hw.energenie.identity import Standing
from energy_hw.energenie.open import open_receiver
from energy_hw.energenie.receiver import Heard, HubCounters, Refused
from energy_hw.energenie.subscription import Subscription
from energy_hw.errors import LinkClosed, LinkError, LinkTimeout
from energy_hw.links.board import Board
from energy_hw.reading import Control, Report

logger = logging.getLogger(__name__)

MOST_WAITING = 1000
"""Reports that wait for a reader: 100 s of a channel that carries nothing but reports."""
JOIN_S = 5.0
SEND_S = 10.0


@dataclass(frozen=True, slots=True)
class _Job:
    """Something for the radio's thread to do between two looks."""

    work: Callable[[], None]
    done: Future[None]


class Hub:
    """Owns the radio; yields a Report for everything that a device says.

    >>> with Hub() as hub:                     # the first board found  # doctest: +SKIP
    ...     for report in hub:
    ...         print(report.model, report["real_power"].value)

    Hub("/dev/spidev0.1", dio0=24) names node and interrupt line; Hub(simulate=True) is a
    house without hardware. Opening raises SpiDisabled, NodeMissing, PermissionDenied, LinkBusy,
    MisoStuck, WrongVersion or ReadBackFailed, each with the next step in its message. Once it
    is open, a radio that fails is brought back for as long as it takes; see counters().

    Thread safety: call from any thread. Callbacks run one at a time in a thread of their own.
    """

    def __init__(
        self,
        device: str | None = None,
        *,
        simulate: bool = False,
        wiring: str | None = None,
        dio0: int | None = None,
        config: RadioConfig | None = None,
        core: str | None = None,
        board: Board | None = None,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        """device: SPI node, or `sim:house`. wiring: a name in links.board.WIRINGS. dio0: BCM number.
        core: `c`, `python`, or what ENERGY_HW_CORE says. board: one that is open already."""
        device = "sim:house" if simulate and device is None else device
        self._receiver, self._board, self._radio = open_receiver(device, wiring, dio0, config, core, board)
        self.name = self._board.name
        self._most_waiting = most_waiting
        self._jobs: SimpleQueue[_Job] = SimpleQueue()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._backlog: Subscription[Report] | None = Subscription(most_waiting)
        self._reports: list[Subscription[Report]] = [self._backlog]
        self._events: list[Subscription[Heard | Refused]] = []
        self._callback_errors = 0
        self._dispatchers: list[threading.Thread] = []
        self._thread = threading.Thread(target=self._run, name="energy-hw-radio", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    # -- reading -----------------------------------------------------------

    def __iter__(self) -> Iterator[Report]:
        """Reports from now on; the first iterator also gets what came since the hub was opened."""
        return iter(self._subscribe())

    def _subscribe(self, on_put: Callable[[], None] | None = None) -> Subscription[Report]:
        with self._lock:
            backlog, self._backlog = self._backlog, None
            if backlog is not None and on_put is None:
                return backlog
            subscription: Subscription[Report] = Subscription(self._most_waiting, on_put)
            self._reports.append(subscription)
            if self._stop.is_set():
                subscription.close()
            return subscription

    async def stream(self) -> AsyncIterator[Report]:
        """The same reports for asyncio."""
        loop, news = asyncio.get_running_loop(), asyncio.Event()
        subscription = self._subscribe(lambda: _call_soon(loop, news.set))
        try:
            while True:
                news.clear()
                while (report := subscription.get(0)) is not None:
                    yield report
                if subscription.closed:
                    return
                await news.wait()
        finally:
            with self._lock:
                self._reports.remove(subscription)

    def events(self) -> Subscription[Heard | Refused]:
        """Every frame from now on: of devices, of unknown products, of ghosts, and the refused ones."""
        subscription: Subscription[Heard | Refused] = Subscription(self._most_waiting)
        with self._lock:
            self._events.append(subscription)
            if self._stop.is_set():
                subscription.close()
        return subscription

    def when_report(self, callback: Callable[[Report], None]) -> None:
        """Call back with each report, outside the radio's thread; what it raises is logged and counted."""
        with self._lock:
            subscription: Subscription[Report] = Subscription(self._most_waiting)
            self._reports.append(subscription)
        thread = threading.Thread(
            target=self._dispatch, args=(subscription, callback), name="energy-hw-callback", daemon=True
        )
        self._dispatchers.append(thread)
        thread.start()

    def _dispatch(self, subscription: Subscription[Report], callback: Callable[[Report], None]) -> None:
        for report in subscription:
            try:
                callback(report)
            except Exception:
                self._callback_errors += 1
                logger.exception("a callback failed on a report of %s", report.device)

    def counters(self) -> HubCounters:
        """A copy of all counters."""
        counters = self._receiver.counters()
        counters.callback_errors = self._callback_errors
        with self._lock:
            counters.dropped = sum(s.dropped for s in self._reports if s is not self._backlog)
        return counters

    def device_name(self, sensor: int) -> str:
        """The name of a sensor id, or an empty string."""
        return self._board.names.get(sensor, "")

    def controls(self) -> list[Control]:
        """Nothing can be commanded by name yet."""
        return []

    # -- transmitting ------------------------------------------------------

    def send_fsk(self, frame: bytes) -> None:
        """Send one OpenHEMS frame as core.encode() makes it, and listen again.

        Raises AirtimeExceeded, LinkTimeout (send again), or LinkError while the radio is away.
        """
        self._do(lambda: self._receiver.send_fsk(frame))

    def send_ook(self, code: bytes, repeats: int) -> None:
        """Send a 16-byte OOK frame 1..75 times, and listen again. Raises as send_fsk() does."""
        self._do(lambda: self._receiver.send_ook(code, repeats))

    def _do(self, work: Callable[[], None]) -> None:
        if self._stop.is_set():
            raise LinkClosed("the hub is closed: open a new one")
        job = _Job(work, Future())
        self._jobs.put(job)
        self._board.pins.wake()
        try:
            job.done.result(SEND_S)
        except TimeoutError as error:
            if isinstance(error, LinkError):
                raise
            job.done.cancel()
            raise LinkTimeout(f"expected the radio's thread to send within {SEND_S:g} s, it did not") from None

    # -- the thread --------------------------------------------------------

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._do_jobs()
                event = self._receiver.step()
                if event is not None:
                    self._publish(event)
            except Exception:
                logger.exception("a fault of this program in the radio's thread; it goes on in a second")
                self._stop.wait(1.0)

    def _do_jobs(self) -> None:
        while True:
            try:
                job = self._jobs.get_nowait()
            except Empty:
                return
            if job.done.set_running_or_notify_cancel():
                _settle(job)

    def _publish(self, event: Heard | Refused) -> None:
        with self._lock:
            for listener in self._events:
                listener.put(event)
            if isinstance(event, Heard) and event.standing is Standing.DEVICE:
                for reader in self._reports:
                    reader.put(event.report)

    # -- closing -----------------------------------------------------------

    def close(self) -> None:
        """Radio in standby, LEDs out, lines and node released, readers ended. May be called twice."""
        with self._lock:
            if self._stop.is_set():
                return
            self._stop.set()
        atexit.unregister(self.close)
        self._board.pins.wake()
        self._thread.join(JOIN_S)
        self._radio.close()
        self._board.close()
        self._do_jobs_closed()
        for reader in self._reports:
            reader.close()
        for listener in self._events:
            listener.close()

    def _do_jobs_closed(self) -> None:
        while not self._jobs.empty():
            job = self._jobs.get()
            if job.done.set_running_or_notify_cancel():
                job.done.set_exception(LinkClosed("the hub was closed before this was sent"))

    def __enter__(self) -> Hub:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _settle(job: _Job) -> None:
    try:
        job.work()
    except Exception as error:
        job.done.set_exception(error)
    else:
        job.done.set_result(None)


def _call_soon(loop: asyncio.AbstractEventLoop, callback: Callable[[], object]) -> None:
    """From another thread; the loop may be gone by now."""
    try:
        loop.call_soon_threadsafe(callback)
    except RuntimeError:
        logger.debug("the event loop of a stream() is closed")
