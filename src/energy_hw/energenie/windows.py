"""Commands for devices that sleep, kept until they listen.

                      a window opens            it answers, or was told often enough
    put() --> queued --------------> sent (k times) --------------> confirmed | assumed
                |                        |
                +--- too old, cancelled -+--> expired          a newer value --> replaced

An eTRV listens for 200 ms after each temperature report, or until one message came; a
thermostat right after a WAKEUP. So one command goes into each window, its frame made
beforehand. One kind of command is in the queue once: a newer value takes the older one's
place, and never that of another kind. What is waiting, and what was last set, is kept on disk.

Sources: gpbenton's, Achronite's and barnybug's eTRV code (windows, answers, repeats).
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from os import PathLike
from random import SystemRandom

from energy_hw.core.airtime import fsk_airtime_us
from energy_hw.core.interface import Core
from energy_hw.core.message import ENERGENIE, Message, Value
from energy_hw.energenie.jobs import refuse_in_child
from energy_hw.energenie.orders import Order, Outcome, Priority, Ticket
from energy_hw.energenie.pending import Row
from energy_hw.energenie.profiles import AFTER_REPORT, AFTER_WAKEUP, Profile, by_product
from energy_hw.energenie.receiver import Heard
from energy_hw.energenie.report import device_id
from energy_hw.energenie.waiting import Carrier, Pending, Waiting, from_row, setting_of
from energy_hw.energenie.window_queue import EXPIRES_S, WINDOW_S, Settled, WindowQueue
from energy_hw.energenie.window_store import Key, Store
from energy_hw.errors import CommandError, LinkClosed, NotWritable, QueueFull
from energy_hw.links.clock import Clock

logger = logging.getLogger(__name__)

MOST_QUEUES = 256
LATE_S = 0.020
"""A report is in the FIFO for so long before it is taken from there, and a frame needs so long to get on air."""
LOOK_S = 1.0
NAP_S = 0.1
STOPS_CIPHER = 0xF200
_random = SystemRandom()

Expect = Callable[[str, float | None], None]
Note = Callable[[Ticket], None]
WINDOW = "window"
"""Origin of the orders that the queue itself hands to the scheduler, one for each window."""


class Windows:
    """The queues of all devices that sleep, and the file they are kept in.

    waiter: how a ticket's wait() lets time pass, None where the radio has a thread of its own. missed: windows in
    which a command could not be sent. store: where they are kept.

    Thread safety: call from any thread; heard() and tick() belong to the radio's.
    """

    def __init__(
        self, core: Core, clock: Clock, submit: Callable[[Order], Ticket], expect: Expect, note: Note | None = None
    ) -> None:
        """submit: takes an order. expect: is told for which device something waits, and when nothing does any more.
        note: is told of every ticket that is settled."""
        self._core, self._clock, self._submit = core, clock, submit
        self._expect, self._note = expect, note or _ignore
        self.waiter: Callable[[Ticket, float], bool] | None = None
        self.missed = 0
        self.store = Store(clock)
        self._queues: dict[Key, WindowQueue] = {}
        self._frames: dict[Key, tuple[Waiting | None, bytes]] = {}
        self._lock = threading.RLock()
        self._radio_thread: int | None = None
        self._looked_at = clock.monotonic()
        self._pid = os.getpid()
        self._closed = False

    # -- any thread --------------------------------------------------------

    def queue(self, product: int, sensor: int) -> WindowQueue:
        """The queue of a device, heard of or not. Raises NotWritable for a product without windows."""
        with self._lock:
            known = self._queues.get((product, sensor))
            if known is not None:
                return known
            profile = by_product(product)
            if profile is None or profile.listens not in (AFTER_REPORT, AFTER_WAKEUP):
                raise NotWritable(
                    f"expected an eTRV or a thermostat, product 0x{product:02X} has no windows to send in"
                )
            if len(self._queues) >= MOST_QUEUES:
                raise QueueFull(f"expected at most {MOST_QUEUES} devices that sleep, this is one more", MOST_QUEUES)
            return self._queues.setdefault((product, sensor), _new_queue(profile, sensor))

    def known(self, product: int, sensor: int) -> WindowQueue | None:
        """The queue of a device, if anything was ever put into it."""
        return self._queues.get((product, sensor))

    def put(
        self, product: int, sensor: int, code: str, value: object = None, *, name: str = "",
        carrier: Carrier | None = None, expires_s: float = EXPIRES_S,
    ) -> Ticket:  # fmt: skip
        """Queue a command; it is on the disk when this returns, except in the radio's thread.

        Raises NotWritable, OutOfRange, LinkClosed, or LinkBusy if another hub has the file.
        """
        refuse_in_child(self._pid)
        self._open()
        with self._lock:
            self._refuse_closed()
            queue = self.queue(product, sensor)
            ticket, settled = queue.put(
                code, value, self._clock.monotonic(), name=name, carrier=carrier, expires_s=expires_s
            )
            ticket.waiter, ticket.asked = self.waiter or self._wait, self._clock.now()
            self._prepare((product, sensor), queue)
            number = self._save()
        ticket.when_done(lambda ticket: self._drop((product, sensor), queue, ticket))
        ticket.when_done(self._note)
        _tell(settled)
        self._flush(number)
        return ticket

    def cancel(self, product: int, sensor: int, code: str | None = None) -> int:
        """Take a kind of command out of the queue, or all; how many there were. Their tickets become `cancelled`."""
        with self._lock:
            queue = self._queues.get((product, sensor))
            if queue is None:
                return 0
            settled = queue.cancel(code)
            self._prepare((product, sensor), queue)
            number = self._save()
        _tell(settled)
        self._flush(number)
        return len(settled)

    def pending(self, product: int, sensor: int) -> tuple[Pending, ...]:
        """What waits for a device, in the order of its coming."""
        now = self._clock.monotonic()
        with self._lock:
            queue = self._queues.get((product, sensor))
            return () if queue is None else tuple(waiting.pending(now) for waiting in queue.waiting)

    def wanted(self, product: int, sensor: int, code: str) -> Value:
        """What a device was told or will be told, None if nobody said."""
        with self._lock:
            queue = self._queues.get((product, sensor))
            return None if queue is None else queue.wanted(code)

    def _drop(self, key: Key, queue: WindowQueue, ticket: Ticket) -> None:
        """Its holder has cancelled it; of every other end the queue knows already."""
        with self._lock:
            if self._closed or not queue.drop(ticket):
                return
            self._prepare(key, queue)
            number = self._save()
        self._flush(number)

    def _flush(self, number: int) -> None:
        if threading.get_ident() != self._radio_thread:
            self.store.flush(number)

    def _refuse_closed(self) -> None:
        if self._closed:
            raise LinkClosed("the hub is closed: open a new one")

    def _wait(self, ticket: Ticket, timeout_s: float) -> bool:
        """Wait by the board's clock, which a simulated house may let run fast."""
        end, done = self._clock.monotonic() + timeout_s, threading.Event()
        ticket.when_done(lambda _: done.set())
        while (left_s := end - self._clock.monotonic()) > 0:
            if done.wait(min(left_s, NAP_S)):
                break
        return ticket.done

    # -- the radio's thread ------------------------------------------------

    def heard(self, heard: Heard) -> None:
        """A device spoke: learn what it says of its commands, and if it listens now, send the next one."""
        message = heard.message
        key = message.product, message.sensor
        queue = self._queues.get(key)
        if queue is None or message.manufacturer != ENERGENIE:
            return
        with self._lock:
            settled = queue.heard(message, heard.at)
            order, more = self._fill(key, queue, heard.at) if queue.opens(message) else (None, [])
        if order is not None:
            with suppress(QueueFull, LinkClosed):  # its ticket says so, and the command waits for the next window
                self._submit(order)
        self._finish(key, queue, settled + more)

    def _fill(self, key: Key, queue: WindowQueue, at: float) -> tuple[Order | None, list[Settled]]:
        """The order for a window that opened at `at`."""
        waiting, settled = queue.choose(at)
        if waiting is None and not queue.options.nil:
            return None, settled
        made, frame = self._frames.pop(key, (None, b""))
        frame = frame if frame and made is waiting else self._frame(key, queue, waiting)
        what = ("nil", None) if waiting is None else (waiting.ticket.name, waiting.value)
        ticket = Ticket(queue.device, *what, origin=WINDOW)
        ticket.when_done(lambda ticket: self._on_air(key, queue, waiting, ticket))
        closes = at + (queue.profile.window_s or WINDOW_S) - fsk_airtime_us(len(frame)) / 1e6 - LATE_S
        key_text = f"{queue.device}/window"
        return Order(queue.device, key_text, lambda: frame, ticket, Priority.WINDOW, not_after=closes), settled

    def _on_air(self, key: Key, queue: WindowQueue, waiting: Waiting | None, ticket: Ticket) -> None:
        """The order's end: on air, or not, and then the command waits for the next window."""
        with self._lock:
            if ticket.outcome is not Outcome.ASSUMED:
                self.missed += ticket.outcome is not Outcome.REPLACED
                logger.info("%s was not sent in this window: %s", ticket, ticket.error)
                return
            settled = [] if waiting is None else queue.sent(waiting, ticket.sent_at or self._clock.monotonic())
            self._save()
        self._finish(key, queue, settled)

    def _finish(self, key: Key, queue: WindowQueue, settled: list[Settled]) -> None:
        with self._lock:
            if settled:
                self._save()
            self._prepare(key, queue)
        _tell(settled)

    def _prepare(self, key: Key, queue: WindowQueue) -> None:
        """Make the frame of the next window now, with a pip of its own."""
        ready = [waiting for waiting in queue.waiting if not waiting.matches]
        following = min(ready, key=lambda waiting: waiting.sent_at, default=None)
        if following is not None or queue.options.nil:
            self._frames[key] = following, self._frame(key, queue, following)
        self._expect(queue.device, (queue.profile.window_s or WINDOW_S) if queue.waiting else None)

    def _frame(self, key: Key, queue: WindowQueue, waiting: Waiting | None) -> bytes:
        pip = _random.randrange(1, STOPS_CIPHER)
        return self._core.encode(Message(ENERGENIE, key[0], pip, key[1], queue.records(waiting)))

    def tick(self) -> None:
        """Give up what waited too long; called at every step of the radio's thread."""
        self._radio_thread = threading.get_ident()
        now = self._clock.monotonic()
        if now - self._looked_at < LOOK_S:
            return
        self._looked_at = now
        with self._lock:
            settled = [one for queue in self._queues.values() for one in queue.expire(now)]
            if settled:
                self._save()
        _tell(settled)

    # -- the file ----------------------------------------------------------

    def keep_in(self, state: str | PathLike[str] | None, board: str) -> None:
        """Keep what waits in a file, and take back what an earlier run left there. Raises LinkBusy.

        state: a file; `auto` for pending-<board>.jsonl in default_folder(), and nothing for a simulated board; None
        for nothing. A file of `auto` that is not there is made when there is something to keep.
        """
        if self.store.keep_in(state, board):
            self._open()

    def _open(self) -> None:
        """Outside the lock, which the radio's thread wants: the disk may be slow."""
        if self.store.open(self._restore):
            with self._lock:
                self._save()

    def _restore(self, row: Row, away_s: float) -> None:
        try:
            key = int(row["product"]), int(row["sensor"])
            with self._lock:
                self._restore_to(key, self.queue(*key), row, away_s)
        except (KeyError, TypeError, ValueError, CommandError) as error:
            logger.warning("a kept command is of no use and was left out: %s", error)

    def _restore_to(self, key: Key, queue: WindowQueue, row: Row, away_s: float) -> None:
        if row["kind"] == "setting":
            queue.settings.setdefault(*setting_of(row, queue.profile))
        elif row["kind"] == "command":
            waiting = from_row(row, queue.profile, key[1], self._clock.monotonic(), away_s)
            waiting.ticket.waiter = self.waiter or self._wait
            queue.restore(waiting)
            self._prepare(key, queue)
        else:
            raise ValueError(f"expected a command or a setting, got {row['kind']!r}")

    def _save(self) -> int:
        return self.store.save(self._queues.items())

    def close(self) -> None:
        """What waits is kept on disk, and its tickets fail with LinkClosed. May be called twice."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._save()
            waiting = [one for queue in self._queues.values() for one in queue.waiting]
        text = f"the hub was closed, and {self.store.close()}"
        _tell([Settled(one.ticket, Outcome.FAILED, LinkClosed(f"{one.ticket}: {text}")) for one in waiting])


def _ignore(ticket: Ticket) -> None:
    """Nobody keeps a book."""


def _new_queue(profile: Profile, sensor: int) -> WindowQueue:
    return WindowQueue(profile, device_id(ENERGENIE, profile.product or 0, sensor))


def _tell(settled: list[Settled]) -> None:
    """Outside the lock: a ticket's callback may queue another command."""
    for ticket, outcome, error in settled:
        if outcome is Outcome.EXPIRED:
            logger.warning("%s", error)
        ticket.settle(outcome, error)
