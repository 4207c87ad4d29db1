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
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from random import SystemRandom

from energy_hw.core.airtime import fsk_airtime_us
from energy_hw.core.interface import Core
from energy_hw.core.message import ENERGENIE, Message, Value
from energy_hw.energenie.orders import Order, Outcome, Priority, Ticket
from energy_hw.energenie.pending import PendingFile, Row, default_folder
from energy_hw.energenie.profiles import AFTER_REPORT, AFTER_WAKEUP, Profile, by_product
from energy_hw.energenie.receiver import Heard
from energy_hw.energenie.report import device_id
from energy_hw.energenie.waiting import Carrier, Pending, Waiting, from_row, setting_of, to_json, to_row
from energy_hw.energenie.window_queue import EXPIRES_S, WINDOW_S, Settled, WindowQueue
from energy_hw.errors import CommandError, LinkClosed, NotWritable, QueueFull
from energy_hw.links.clock import Clock

logger = logging.getLogger(__name__)

MOST_QUEUES = 256
LATE_S = 0.020
"""A report is in the FIFO for so long before it is taken from there, and a frame needs so long to get on air."""
LOOK_S = 1.0
NAP_S = 0.1
PLAUSIBLE = datetime(2024, 1, 1, tzinfo=UTC)
"""A clock that says less has not been set since the machine started."""
STOPS_CIPHER = 0xF200
_random = SystemRandom()

AUTO = "auto"
SIMULATED = "sim:"
Key = tuple[int, int]
Open = Callable[[], PendingFile]
Expect = Callable[[str, float | None], None]


class Windows:
    """The queues of all devices that sleep, and the file they are kept in.

    waiter: how a ticket's wait() lets time pass, None where the radio has a thread of its own. missed: windows in
    which a command could not be sent. file: where it is kept, None if nowhere, or not yet.

    Thread safety: call from any thread; heard() and tick() belong to the radio's.
    """

    def __init__(self, core: Core, clock: Clock, submit: Callable[[Order], Ticket], expect: Expect) -> None:
        """submit: takes an order. expect: is told for which device something waits, and when nothing does any more."""
        self._core, self._clock, self._submit, self._expect = core, clock, submit, expect
        self._open_file: Open | None = None
        self.waiter: Callable[[Ticket, float], bool] | None = None
        self.missed = 0
        self.file: PendingFile | None = None
        self._queues: dict[Key, WindowQueue] = {}
        self._frames: dict[Key, tuple[Waiting | None, bytes]] = {}
        self._lock, self._opening = threading.RLock(), threading.Lock()
        self._radio_thread: int | None = None
        self._looked_at = clock.monotonic()
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

    def put(
        self, product: int, sensor: int, code: str, value: object = None, *, name: str = "",
        carrier: Carrier | None = None, expires_s: float = EXPIRES_S,
    ) -> Ticket:  # fmt: skip
        """Queue a command; it is on the disk when this returns, except in the radio's thread.

        Raises NotWritable, OutOfRange, LinkClosed, or LinkBusy if another hub has the file.
        """
        self._open()
        with self._lock:
            self._refuse_closed()
            queue = self.queue(product, sensor)
            ticket, settled = queue.put(
                code, value, self._clock.monotonic(), name=name, carrier=carrier, expires_s=expires_s
            )
            ticket.waiter = self.waiter or self._wait
            self._prepare((product, sensor), queue)
            number = self._save()
        ticket.when_done(lambda ticket: self._drop((product, sensor), queue, ticket))
        _tell(settled)
        self._flush(number)
        return ticket

    def cancel(self, product: int, sensor: int, code: str | None = None) -> int:
        """Take a kind of command out of the queue, or all; how many there were. Their tickets expire."""
        with self._lock:
            settled = self.queue(product, sensor).cancel(code)
            self._prepare((product, sensor), self.queue(product, sensor))
            number = self._save()
        _tell(settled)
        self._flush(number)
        return len(settled)

    def pending(self, product: int, sensor: int) -> tuple[Pending, ...]:
        """What waits for a device, in the order of its coming."""
        now = self._clock.monotonic()
        with self._lock:
            return tuple(waiting.pending(now) for waiting in self.queue(product, sensor).waiting)

    def wanted(self, product: int, sensor: int, code: str) -> Value:
        """What a device was told or will be told, None if nobody said."""
        with self._lock:
            return self.queue(product, sensor).wanted(code)

    def _drop(self, key: Key, queue: WindowQueue, ticket: Ticket) -> None:
        """Its holder has cancelled it; of every other end the queue knows already."""
        with self._lock:
            if not self._closed and queue.drop(ticket):
                self._prepare(key, queue)
                self._save()

    def _flush(self, number: int) -> None:
        if self.file is not None and threading.get_ident() != self._radio_thread:
            self.file.flush(number)

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
            self._submit(order)
        self._finish(key, queue, settled + more)

    def _fill(self, key: Key, queue: WindowQueue, at: float) -> tuple[Order | None, list[Settled]]:
        """The order for a window that opened at `at`."""
        waiting, settled = queue.choose(at)
        if waiting is None and not queue.options.nil:
            return None, settled
        made, frame = self._frames.pop(key, (None, b""))
        frame = frame if frame and made is waiting else self._frame(key, queue, waiting)
        ticket = Ticket(queue.device, "window" if waiting is None else waiting.ticket.name)
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
        path = _path(state, board)
        if path is not None:
            self._open_file = lambda: PendingFile(path)
            if state != AUTO or path.exists():
                self._load()

    def _load(self) -> None:
        file = self._open()
        if file is None:
            return
        rows, saved, _ = file.loaded
        away_s = away(saved, self._clock.now())
        with self._lock:
            for row in rows:
                self._restore(row, away_s)
            if rows or not file.loaded.whole:
                self._save()

    def _restore(self, row: Row, away_s: float) -> None:
        try:
            queue = self.queue(int(row["product"]), int(row["sensor"]))
            if row["kind"] == "setting":
                queue.settings.setdefault(*setting_of(row, queue.profile))
            elif row["kind"] == "command":
                now = self._clock.monotonic()
                waiting = from_row(row, queue.profile, int(row["sensor"]), now, away_s)
                waiting.ticket.waiter = self.waiter or self._wait
                queue.restore(waiting)
                self._prepare((int(row["product"]), int(row["sensor"])), queue)
            else:
                raise ValueError(f"expected a command or a setting, got {row['kind']!r}")
        except (KeyError, TypeError, ValueError, CommandError) as error:
            logger.warning("a row of %s is of no use and was left out: %s", self.file and self.file.path, error)

    def _open(self) -> PendingFile | None:
        """Outside the lock, which the radio's thread wants: the disk may be slow."""
        with self._opening:
            if self.file is None and self._open_file is not None and not self._closed:
                self.file = self._open_file()
            return self.file

    def _save(self) -> int:
        if self.file is None:
            return 0
        now = self._clock.monotonic()
        rows = [row for (product, sensor), queue in self._queues.items() for row in _rows(product, sensor, queue, now)]
        return self.file.save(rows, self._clock.now())

    def close(self) -> None:
        """What waits is kept on disk, and its tickets fail with LinkClosed. May be called twice."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._save()
            waiting = [one for queue in self._queues.values() for one in queue.waiting]
        kept = "nothing keeps it" if self.file is None else f"{self.file.path} keeps it for the next hub"
        if self.file is not None:
            self.file.close()
        text = f"the hub was closed before its command was sent; {kept}"
        _tell([Settled(one.ticket, Outcome.FAILED, LinkClosed(text)) for one in waiting])


def _path(state: str | PathLike[str] | None, board: str) -> Path | None:
    """A board has a file of its own, so that two of them never share one."""
    if state is None or (state == AUTO and board.startswith(SIMULATED)):
        return None
    if state != AUTO:
        return Path(state)
    return default_folder() / f"pending-{re.sub(r'[^A-Za-z0-9.]+', '-', board).strip('-')}.jsonl"


def away(saved: datetime | None, now: datetime) -> float:
    """Seconds between two runs; 0 where a clock cannot be right: a Raspberry Pi has none that runs without power."""
    if saved is None or saved < PLAUSIBLE or now < saved:
        return 0.0
    return (now - saved).total_seconds()


def _new_queue(profile: Profile, sensor: int) -> WindowQueue:
    return WindowQueue(profile, device_id(ENERGENIE, profile.product or 0, sensor))


def _rows(product: int, sensor: int, queue: WindowQueue, now: float) -> list[Row]:
    address: Row = {"product": product, "sensor": sensor}
    settings = ({"kind": "setting", "code": code, "value": to_json(value)} for code, value in queue.settings.items())
    return [address | row for row in (*(to_row(waiting, now) for waiting in queue.waiting), *settings)]


def _tell(settled: list[Settled]) -> None:
    """Outside the lock: a ticket's callback may queue another command."""
    for ticket, outcome, error in settled:
        if outcome is Outcome.EXPIRED:
            logger.warning("%s", error)
        ticket.settle(outcome, error)
