"""The plain ENER314 (Pi-mote): four lines to an encoder, one to its modulator. It sends and hears nothing.

    with Ener314() as board:
        Socket(board, gang=1).on(wait=2.0)

                BCM   header
    D0..D3      17 22 23 27    11 15 16 13    what the encoder says, house code before it
    MODSEL      24    18       low: OOK
    CE          25    22       high: on air

Low, low, data; 0.1 s to settle; CE high for 0.25 s, which is nine frames; low. The house code is
the encoder's own, made with it, and nobody can read it: a socket learns it like any hand
controller's. Sources: ENER314 user manual and ENER002-2PI.py, both by Energenie.

Its CE is RESET on an ENER314-RT, and its D1 a LED there: only one of the two fits a header.
"""

from __future__ import annotations

import atexit
import logging
import math
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any

from energy_hw import core as cores
from energy_hw.core.interface import Lines, OokCode
from energy_hw.energenie.duty import AirtimeBudget
from energy_hw.energenie.household import Household
from energy_hw.energenie.orders import Order, Outcome, Ticket
from energy_hw.energenie.roster import Roster
from energy_hw.errors import (
    EnergyHwError,
    LinkClosed,
    NotConfirmed,
    NotWritable,
    OutOfRange,
    QueueFull,
)
from energy_hw.links.clock import Clock
from energy_hw.links.lines import open_lines
from energy_hw.reading import Report

logger = logging.getLogger(__name__)

D0, D1, D2, D3 = 17, 22, 23, 27
MODSEL, CE = 24, 25
LINES = (D0, D1, D2, D3, MODSEL, CE)
SETTLE_S = 0.1
SEND_S = 0.25
REPEAT_S = 128 / 4800
"""One frame of the encoder."""
MOST_WAITING = 64
JOIN_S = 10.0

# fmt: off
CODES = {  # (gang, on): D3 D2 D1 D0
    (0, True): 0b1011, (0, False): 0b0011,
    (1, True): 0b1111, (1, False): 0b0111,
    (2, True): 0b1110, (2, False): 0b0110,
    (3, True): 0b1101, (3, False): 0b0101,
    (4, True): 0b1100, (4, False): 0b0100,
}
# fmt: on


class Ener314(Household):
    """An ENER314 as a hub that only sends: Socket, Strip, LightSwitch and Dimmer work on it as on a Hub.

    device: None for the header of a Raspberry Pi; `sim:ener314` for a simulated one. lines: opened already. core: `c`,
    `python`, or what ENERGY_HW_CORE says. Opening raises NodeMissing, PermissionDenied, LinkBusy or LinkError.

    Thread safety: call from any thread; one of its own drives the lines.
    """

    own_house = True
    most_gangs = 4

    def __init__(self, device: str | None = None, *, lines: Lines | None = None, core: str | None = None) -> None:
        self.core = cores.get(core)
        self._lines = lines or (open_lines(device) if device else self.core.open_lines(LINES))
        self.name = f"ener314 on {self._lines.name}"
        self.roster = Roster(_hears_nothing)
        self.budget = AirtimeBudget()
        self._orders: dict[str, Order] = {}
        self._change = threading.Condition()
        self._closed = False
        self._pid = os.getpid()
        self._quiet_since = -math.inf
        self._thread = threading.Thread(target=self._run, name="energy-hw-ener314", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    # -- a household without ears --------------------------------------------

    @property
    def clock(self) -> Clock:
        """Of the board."""
        return self._lines.clock

    def __getitem__(self, key: str | int) -> Any:
        """A device by its name or id. Raises UnknownDevice."""
        return self.roster.find(key)

    def device_name(self, sensor: int) -> str:
        """Nothing: no sensor is heard."""
        return ""

    def name_of(self, device: str) -> str:
        """Nothing: names are given with the objects."""
        return ""

    def __iter__(self) -> Iterator[Report]:
        """No reports: it has no receiver."""
        return iter(())

    # -- orders ----------------------------------------------------------------

    def submit(self, order: Order) -> Ticket:
        """Take an OOK order; one that waits under the same key is replaced.

        Raises LinkClosed, QueueFull, or NotWritable for an OpenHEMS order.
        """
        if not order.ook_repeats:
            raise NotWritable(f"{order.ticket}: an ENER314 sends OOK only; OpenHEMS needs an ENER314-RT")
        with self._change:
            if self._closed:
                raise LinkClosed("the ENER314 is closed: open a new one")
            replaced = self._orders.pop(order.key, None)
            if len(self._orders) >= MOST_WAITING:
                raise QueueFull(f"expected at most {MOST_WAITING} orders at a time, this is one more", MOST_WAITING)
            self._orders[order.key] = order
            order.ticket.asked = self.clock.now()
            self._change.notify()
        if replaced is not None:
            error = NotConfirmed(f"a newer order took the place of {replaced.ticket}", replaced.ticket)
            replaced.ticket.settle(Outcome.REPLACED, error)
        return order.ticket

    def _run(self) -> None:
        while (order := self._next()) is not None:
            if order.ticket.done:
                continue
            try:
                self._carry_out(order)
            except EnergyHwError as error:
                order.ticket.settle(Outcome.FAILED, error)
            except Exception as error:
                logger.exception("a fault of this program on %s", order.ticket)
                order.ticket.settle(Outcome.FAILED, error)

    def _next(self) -> Order | None:
        """The oldest order, or None at the end."""
        with self._change:
            self._change.wait_for(lambda: self._orders or self._closed)
            return None if self._closed else self._orders.pop(next(iter(self._orders)))

    def _carry_out(self, order: Order) -> None:
        """Its bursts, after the silence that it wants. Raises AirtimeExceeded, OutOfRange or LinkError."""
        code = self.core.ook_decode(order.build())
        self._lines.sleep(max(0.0, self._quiet_since + order.silence_s - self.clock.monotonic()))
        for number in range(order.tries):
            if number:
                self._lines.sleep(order.gap_s[0])
            if self._closed:
                raise LinkClosed(f"the ENER314 was closed before all of {order.ticket} was sent")
            if not order.ticket.done:
                self._send(code, max(SEND_S, order.ook_repeats * REPEAT_S), order.ticket)
        order.ticket.settle(Outcome.ASSUMED)

    def _send(self, code: OokCode, seconds: float, ticket: Ticket) -> None:
        data = _levels(code)
        now = self.clock.monotonic()
        self.budget.check(now, seconds)
        try:
            self._lines.set(data)
            self._lines.sleep(SETTLE_S)
            self._lines.set([*data, CE])
            ticket.note_try(self.clock.monotonic())
            self.budget.book(now, seconds)
            self._lines.sleep(seconds)
        finally:
            self._lines.set(())  # never left on air
            self._quiet_since = self.clock.monotonic()

    # -- closing ---------------------------------------------------------------

    def close(self) -> None:
        """Off air, lines released; what waits ends with LinkClosed. May be called twice."""
        if os.getpid() != self._pid:
            return  # a fork: the lines are the parent's
        with self._change:
            self._closed = True
            orders, self._orders = list(self._orders.values()), {}
            self._change.notify()
        for order in orders:
            order.ticket.settle(Outcome.FAILED, LinkClosed(f"the ENER314 was closed before {order.ticket} was sent"))
        if threading.current_thread() is self._thread:  # from a ticket's callback: the thread has to end first
            threading.Thread(target=self.close, name="energy-hw-close").start()
            return
        self._thread.join(JOIN_S)
        if self._thread.is_alive():
            logger.error("the ENER314's thread does not end; its lines stay taken until the program does")
            return
        with suppress(EnergyHwError):
            self._lines.close()
        self.roster.close()
        atexit.unregister(self.close)

    def __enter__(self) -> Ener314:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _levels(code: OokCode) -> list[int]:
    """The data lines that are high. Raises OutOfRange for a gang that the board has no code for."""
    data = CODES.get((code.gang, code.on))
    if data is None:
        raise OutOfRange(f"expected a gang of 0 (all) to 4 on an ENER314, got {code.gang}", 0, 4)
    return [line for bit, line in enumerate((D0, D1, D2, D3)) if data >> bit & 1]


def _hears_nothing(_: object) -> Any:
    raise AssertionError("an ENER314 has no receiver")
