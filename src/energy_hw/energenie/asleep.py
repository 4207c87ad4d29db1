"""A device that sleeps and listens now and then: what it is told waits in its queue."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from energy_hw.core.message import Value
from energy_hw.energenie.answers import answers
from energy_hw.energenie.orders import Outcome, Ticket
from energy_hw.energenie.reported import Battery
from energy_hw.energenie.waiting import Carrier, Pending
from energy_hw.energenie.window_queue import EXPIRES_S, TRIES, WindowQueue
from energy_hw.errors import OutOfRange
from energy_hw.reading import Control

if TYPE_CHECKING:
    from energy_hw.energenie.household import Household


class Sleeper(Battery):
    """A device with a queue of commands; see docs/valves.md.

    repeats: in how many windows a command is sent that is never answered (1 to 10, else 2), then it is `assumed`.
    tries: the same for one that is answered (else 10), then it is `expired`. None leaves both as they are. expires_s:
    how long a command may wait for its windows.

    Thread safety: call from any thread; the queue is the hub's, and shared by all objects for one device.
    """

    told_as: ClassVar[dict[str, str]] = {}
    """Commands whose parameter means something else in a report, by code."""

    def __init__(
        self,
        hub: Household,
        sensor: int,
        product: int | None = None,
        *,
        name: str = "",
        repeats: int | None = None,
        tries: int | None = None,
        expires_s: float = EXPIRES_S,
    ) -> None:
        """Raises OutOfRange for repeats or tries that are not 1 to 10."""
        for what, number in (("repeats", repeats), ("tries", tries)):
            if number is not None and not 1 <= number <= TRIES:
                raise OutOfRange(f"expected 1 to {TRIES} windows as {what}, got {number}", 1, TRIES)
        self.expires_s = expires_s
        super().__init__(hub, sensor, product, name=name)
        if repeats is not None:
            self.queue.options.repeats = repeats
        if tries is not None:
            self.queue.options.tries = tries

    # -- commands ----------------------------------------------------------

    def send(self, code: str, value: object = None) -> Ticket:
        """Check a command and queue it; it survives a restart when this returns.

        Raises NotWritable, OutOfRange, QueueFull, LinkClosed, or LinkBusy if another hub has the file of the queue.
        """
        ticket = self.hub.windows.put(
            self.product, self.sensor, code, value,
            name=self.control_name(code), carrier=self.carrier(code), expires_s=self.expires_s,
        )  # fmt: skip
        if ticket.value is not None:
            self.memory.told(self.told_as.get(code, code), ticket)
        return ticket

    def carrier(self, code: str) -> Carrier | None:
        """How a command goes on air, None for as its profile says."""
        return None

    def told(self, code: str) -> Value:
        """The value that it was told, or will be as soon as it listens; None if nobody said."""
        return self.hub.windows.wanted(self.product, self.sensor, code)

    def ask(self, code: str, value: object, wait: float | None) -> Ticket:
        """Queue a command, and wait for its end by the board's clock if asked to. Raises NotConfirmed then."""
        ticket = self.send(code, value)
        if wait is not None:
            ticket.wait(wait)
        return ticket

    def command(self, name: str, value: object = None, wait: float | None = None) -> str:
        """Queue it by the name of one of controls(); returns `queued`, or with wait `confirmed` or `assumed`.

        Raises NotWritable, OutOfRange, and NotConfirmed if it is not settled after `wait` seconds.
        """
        ticket = self.order_by_name(name, value)
        return (Outcome.QUEUED if wait is None and not ticket.done else ticket.wait(wait)).value

    def controls(self) -> list[Control]:
        """What this device can be commanded; confirmed where it answers."""
        if self.profile is None:
            return []
        sure = {self.control_name(row.code): answers(self.profile, row.code) for row in self.profile.obeys}
        return [replace(control, confirmed=sure[control.name]) for control in super().controls()]

    def cancel(self, name: str | None = None) -> int:
        """Take a command out of the queue by the name of its control (or code), or all; how many there were.

        What was on air already may still be obeyed. Its ticket becomes `cancelled`.
        """
        codes = {self.control_name(row.code): row.code for row in self.obeys()}
        return self.hub.windows.cancel(self.product, self.sensor, codes.get(name, name) if name else None)

    # -- the queue ---------------------------------------------------------

    @property
    def queue(self) -> WindowQueue:
        """The hub's queue for it, made when it is first asked for. Raises QueueFull."""
        return self.hub.windows.queue(self.product, self.sensor)

    @property
    def pending(self) -> tuple[Pending, ...]:
        """What waits for its windows, in the order of its coming."""
        return self.hub.windows.pending(self.product, self.sensor)

    @property
    def outcomes(self) -> dict[str, Ticket]:
        """The last ticket that was settled of each kind of command, by the name of its control."""
        queue = self.hub.windows.known(self.product, self.sensor)
        return {} if queue is None else {self.control_name(code): one for code, one in queue.settled.copy().items()}

    @property
    def next_window(self) -> datetime | None:
        """When it should listen next; None until it was heard, or where no interval is known."""
        queue, now = self.hub.windows.known(self.product, self.sensor), self.hub.clock.monotonic()
        at = None if queue is None else queue.next_at(now)
        left_s = self.hub.forecast.next_report_s(self.device) if at is None else at - now
        return None if left_s is None else self.hub.clock.now() + timedelta(seconds=left_s)

    @property
    def interval_s(self) -> float | None:
        """Seconds between its reports, as commanded or seen; it is overdue after one and a half."""
        queue = self.hub.windows.known(self.product, self.sensor)
        return super().interval_s if queue is None or queue.last_at is None else queue.interval_s


def flag(value: Any) -> bool | None:
    """0 and 1 as False and True; None stays."""
    return None if value is None else bool(value)
