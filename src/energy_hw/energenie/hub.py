"""The hub: one radio in a thread of its own, and the reports that come from it."""

from __future__ import annotations

import atexit
import logging
import os
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from os import PathLike
from types import TracebackType

from energy_hw import core as cores
from energy_hw.core.interface import RadioConfig
from energy_hw.energenie.audit import Audit
from energy_hw.energenie.counters import HubCounters
from energy_hw.energenie.discovery import Ask, Policy, policy_of
from energy_hw.energenie.engine import Engine
from energy_hw.energenie.gate import SPACING_S
from energy_hw.energenie.hand_controllers import HandControllers
from energy_hw.energenie.household import Household
from energy_hw.energenie.identity import Standing
from energy_hw.energenie.jobs import Jobs, refuse_in_child
from energy_hw.energenie.names import Names
from energy_hw.energenie.open import open_receiver
from energy_hw.energenie.orders import Order, Priority, Ticket
from energy_hw.energenie.receiver import Heard, Refused
from energy_hw.energenie.window_store import AUTO
from energy_hw.errors import ConfigError, LinkTimeout, NotConfirmed, OutOfRange
from energy_hw.links.board import Board
from energy_hw.publisher import follow
from energy_hw.reading import Report
from energy_hw.subscription import Subscription

logger = logging.getLogger(__name__)

MOST_WAITING = 1000
"""Reports that wait for a reader: 100 s of a channel that carries nothing but reports."""
JOIN_S = 5.0
"""Longer than the longest burst, 2 s, and its second try."""
SEND_S = 10.0
MOST_REPEATS = 75


class Hub(Household):
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
        spacing_s: float = SPACING_S,
        audit: str | PathLike[str] | None = None,
        state: str | PathLike[str] | None = AUTO,
        registry: Names | str | PathLike[str] | None = None,
        discovery: str = Policy.NONE,
        ask: Ask | None = None,
    ) -> None:
        """device: SPI node, or `sim:house`. wiring: a name in links.board.WIRINGS. dio0: BCM number.
        core: `c`, `python`, or what ENERGY_HW_CORE says. board: one that is open already.
        spacing_s: between two switchings of one relay, 0 for none. audit: file for a line of JSON for each order.
        state: file that keeps commands for devices that sleep, None for none; `auto` is one for each board in
        $ENERGY_HW_STATE, /var/lib/energy-hw or ~/.local/state/energy-hw, and none for a simulated one.
        registry: names of devices, or the file; None is the default one, or a simulated house's own.
        discovery: `none`, `auto`, `ask`, `autojoin` or `askjoin`: what to do with devices that have no name; ask is
        called with an Unknown in the thread for callbacks, and says whether to take it in."""
        if simulate and device and not device.startswith("sim:"):
            raise ConfigError(f"expected a device or simulate=True, got both: {device}")
        device = device or ("sim:house" if simulate else None)
        policy = policy_of(discovery)
        self._receiver, self.board, self._radio = open_receiver(device, wiring, dio0, config, core, board)
        self.core = cores.get(core)
        book = Audit(self.board.clock.now, audit)
        self.engine = Engine(
            self.core, self.board, self._radio, self._receiver, spacing_s=spacing_s, audit=book, household=self
        )
        self.identities = self._receiver.identities
        self.scheduler, self.roster = self.engine.scheduler, self.engine.roster
        self.forecast, self.audit = self.engine.forecast, self.engine.audit
        self.name, self.windows = self.board.name, self.engine.windows
        self._settle_in(state, registry, policy, ask)
        self._most_waiting = most_waiting
        self._jobs = Jobs(self.board.pins.wake)
        self._stop = threading.Event()
        self._closed = False
        self._closing = threading.Lock()
        self._pid = os.getpid()
        self._lock = threading.Lock()
        # Weak: a reader that nobody reads any more is forgotten with its iterator.
        self._reports: weakref.WeakSet[Subscription[Report]] = weakref.WeakSet()
        self._events: weakref.WeakSet[Subscription[Heard | Refused]] = weakref.WeakSet()
        self._backlog: Subscription[Report] | None = Subscription(most_waiting)
        self._reports.add(self._backlog)
        self._dropped = 0
        self._callback_errors = 0
        self._thread = threading.Thread(target=self._run, name="energy-hw-radio", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def _settle_in(
        self,
        state: str | PathLike[str] | None,
        registry: Names | str | PathLike[str] | None,
        policy: Policy,
        ask: Ask | None,
    ) -> None:
        """Nothing stays open if another hub has the file of commands."""
        try:
            self.windows.keep_in(state, self.board.name)
            self.name_devices(registry, policy, ask)
            self.engine.naming = self.naming
        except BaseException:
            self._radio.close()
            self.board.close()
            raise

    # -- reading -----------------------------------------------------------

    def __iter__(self) -> Iterator[Report]:
        """Reports from now on; the first reader also gets what came since the hub was opened."""
        return iter(self._subscribe())

    def _subscribe(self) -> Subscription[Report]:
        with self._lock:
            subscription, self._backlog = self._backlog, None
            if subscription is None:
                subscription = Subscription(self._most_waiting)
                self._reports.add(subscription)
            if self._closed:
                subscription.close()
            return subscription

    def reports(self) -> Subscription[Report]:
        """The same reports with get(timeout_s), for a reader that has other things to do."""
        return self._subscribe()

    def stream(self) -> AsyncIterator[Report]:
        """The same reports for asyncio."""
        return follow(self._subscribe())

    def events(self) -> Subscription[Heard | Refused]:
        """Every frame from now on: of devices, of unknown products, of ghosts, and the refused ones."""
        subscription: Subscription[Heard | Refused] = Subscription(self._most_waiting)
        with self._lock:
            self._events.add(subscription)
            if self._closed:
                subscription.close()
        return subscription

    def when_report(self, callback: Callable[[Report], None]) -> None:
        """Call back with each report, outside the radio's thread; what it raises is logged and counted."""
        subscription: Subscription[Report] = Subscription(self._most_waiting)
        with self._lock:
            self._reports.add(subscription)
            if self._closed:
                subscription.close()
        threading.Thread(
            target=self._dispatch, args=(subscription, callback), name="energy-hw-callback", daemon=True
        ).start()

    def _dispatch(self, subscription: Subscription[Report], callback: Callable[[Report], None]) -> None:
        for report in subscription:
            try:
                callback(report)
            except Exception as error:
                self._callback_errors += 1
                text = "a callback failed on a report of %s (%d so far): %r"
                first = self._callback_errors == 1  # the same fault ten times a second fills no log
                level = logging.ERROR if first else logging.DEBUG
                logger.log(level, text, report.device, self._callback_errors, error, exc_info=first)

    def counters(self) -> HubCounters:
        """A copy of all counters."""
        counters = self.engine.counters()
        counters.callback_errors = self._callback_errors + self.roster.callbacks.errors
        counters.dropped = self._dropped + self.roster.callbacks.dropped
        return counters

    def submit(self, order: Order) -> Ticket:
        """Hand an order to the scheduler. Raises LinkClosed, in a forked process, too."""
        refuse_in_child(self._pid)
        return self.scheduler.submit(order)

    # -- transmitting ------------------------------------------------------

    def send_fsk(self, frame: bytes, priority: Priority = Priority.SWITCH) -> None:
        """Send one OpenHEMS frame as core.encode() makes it, in its turn and once the channel is free.

        Raises AirtimeExceeded, QueueFull, LinkTimeout (send again), or LinkError while the radio is away.
        """
        self._send(frame, 0, priority)

    def send_ook(self, code: bytes, repeats: int, priority: Priority = Priority.OOK) -> None:
        """Send a 16-byte OOK frame 1..75 times, in its turn and once the channel is free. Raises as send_fsk() does."""
        if not 1 <= repeats <= MOST_REPEATS:
            raise OutOfRange(f"expected 1 to {MOST_REPEATS} repeats, got {repeats}", 1, MOST_REPEATS)
        self._send(code, repeats, priority)

    def _send(self, data: bytes, repeats: int, priority: Priority) -> None:
        ticket = Ticket("raw", "ook" if repeats else "fsk", data.hex())
        order = Order("raw", f"raw/{id(ticket)}", lambda: data, ticket, priority, repeats)
        order.insist, order.within_s = False, SEND_S
        try:
            self.submit(order).wait()
        except NotConfirmed as error:
            raise LinkTimeout(f"expected to be on air within {SEND_S:g} s, was not; send again: {error}") from None

    def listen_ook(self, seconds: float) -> HandControllers:
        """Listen to hand controllers for up to 300 s; MiHome devices are not heard meanwhile (missed_s counts it).

        Raises OutOfRange, LinkBusy if it listens already, or LinkError while the radio is away.
        """
        return HandControllers(self, self._receiver, self._jobs.do, seconds)

    # -- the thread --------------------------------------------------------

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._jobs.run()
                event = self.engine.step()
                if event is not None:
                    self._publish(event)
            except Exception:
                logger.exception("a fault of this program in the radio's thread; it goes on in a second")
                self._stop.wait(1.0)

    def _publish(self, event: Heard | Refused) -> None:
        with self._lock:
            for listener in self._events:
                listener.put(event)
            if isinstance(event, Heard) and event.standing is Standing.DEVICE:
                for reader in self._reports:
                    self._dropped += reader.put(event.report) and reader is not self._backlog

    # -- closing -----------------------------------------------------------

    def close(self) -> None:
        """Radio in standby, LEDs out, lines and node released, readers ended. May be called twice.

        What was handed in to be sent and is not under way yet ends with LinkClosed. Interrupted by
        Ctrl-C it still does its work.
        """
        if os.getpid() != self._pid:
            return  # a fork: the radio is the parent's
        self._stop.set()
        self._jobs.close()
        self.board.pins.wake()
        if threading.current_thread() is self._thread:  # from a ticket's callback: the thread has to end first
            threading.Thread(target=self.close, name="energy-hw-close").start()
            return
        with self._closing:
            if self._closed:
                return
            try:
                self._thread.join(JOIN_S)
            finally:
                self._release()

    def _release(self) -> None:
        """Let go of everything, once nobody uses it any more."""
        self._thread.join(JOIN_S)
        if self._thread.is_alive():
            logger.error("the radio's thread does not end; the board stays open until the program does")
            self.scheduler.close()  # nobody shall wait for it
            return
        self._receiver.end_listening()
        self._radio.close()
        self.board.close()
        with self._lock:
            self._closed = True
            readers, listeners = list(self._reports), list(self._events)
        self.scheduler.close()
        self.windows.close()
        self._jobs.refuse()
        for reader in readers:
            reader.close()
        for listener in listeners:
            listener.close()
        self.roster.close()
        atexit.unregister(self.close)

    def __enter__(self) -> Hub:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
