"""What every object on the desk has, whatever radio language it speaks: a name, events, controls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from energy_hw.energenie.events import OVERDUE, UPDATED, Callback, Cancel, EventStream, Listener, Where, checked_name
from energy_hw.energenie.orders import Outcome, Ticket
from energy_hw.errors import NotWritable
from energy_hw.reading import Control

if TYPE_CHECKING:
    from energy_hw.energenie.household import Household
    from energy_hw.energenie.memory import Memory


class Thing:
    """One device as a hub knows it.

    device: its stable id. model: `MIHO005 Smart Plug+`. Two objects for one id share what is known and both hear of
    what happens; hub.devices has the last one made.

    Thread safety: call from any thread; callbacks run in the hub's thread for events.
    """

    def __init__(self, hub: Household, device: str, model: str, *, name: str = "") -> None:
        self.hub, self.device, self.model = hub, device, model
        self.memory: Memory = hub.memory(device)
        if name:
            self.memory.name = name
        hub.attach(self)

    @property
    def name(self) -> str:
        """What its owner calls it, or ""."""
        return self.memory.name

    @name.setter
    def name(self, name: str) -> None:
        self.memory.name = name

    @property
    def overdue(self) -> bool:
        """Whether it has been silent for too long. What only listens never is."""
        return False

    # -- events ------------------------------------------------------------

    def when(self, name: str, callback: Callback, where: Where | None = None) -> Cancel:
        """Call back with an Event each time that this parameter (name or code) is reported.

        where: further condition on the event. What is returned ends it. What the callback raises is logged and
        counted; it may call anything of this package. Raises ConfigError for a name that no parameter has.
        """
        return self.memory.listen(Listener(checked_name(name), callback, where))

    def when_updated(self, callback: Callback) -> Cancel:
        """Call back with each report, once, after the events of its parameters."""
        return self.when(UPDATED, callback)

    def when_overdue(self, callback: Callback) -> Cancel:
        """Call back when it has been silent for too long (event.value is True), and when it speaks again (False)."""
        return self.when(OVERDUE, callback)

    def events(self, *names: str) -> EventStream:
        """Events of these names or codes from now on, or all: `for event in ...`, or `async for`.

        Raises ConfigError for a name that no parameter has.
        """
        return self.memory.stream(*map(checked_name, names))

    # -- controls ----------------------------------------------------------

    def controls(self) -> list[Control]:
        """What this device can be commanded."""
        return []

    def command(self, name: str, value: object = None, wait: float | None = None) -> str:
        """Do it, by the name of one of controls(); returns `confirmed` or `assumed`.

        Without wait it is handed in and assumed. Raises NotWritable, OutOfRange, AirtimeExceeded, and NotConfirmed
        if it is not settled after `wait` seconds.
        """
        return outcome(self.order_by_name(name, value), wait)

    def order_by_name(self, name: str, value: object) -> Ticket:
        """Check a command and hand it to the hub. Raises NotWritable or OutOfRange; each kind of device has its own."""
        names = ", ".join(control.name for control in self.controls())
        raise NotWritable(
            f"{self.model} has no command {name!r}; {f'it obeys {names}' if names else 'it obeys nothing'}"
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name or self.device}>"


def outcome(ticket: Ticket, wait: float | None) -> str:
    """`confirmed` or `assumed`, after `wait` seconds at most. Raises as Ticket.wait()."""
    if wait is not None:
        return ticket.wait(wait).value
    return (ticket.wait(0) if ticket.done else Outcome.ASSUMED).value
