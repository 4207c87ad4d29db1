"""What goes on and off, and how sure that is: the same for a plug that answers and a socket that never does.

is_on   certainty
True    confirmed   the device said so
True    assumed     it was told so and has said nothing since; the best there is of an OOK socket
None    unknown     it has said nothing yet, or does not answer
"""

from __future__ import annotations

from energy_hw.energenie.events import Callback, Cancel, Certainty
from energy_hw.energenie.memory import Trusted
from energy_hw.energenie.orders import Ticket
from energy_hw.energenie.thing import Thing
from energy_hw.errors import CommandError, OutOfRange

SWITCH_STATE = "SWITCH_STATE"


class Switchable(Thing):
    """A Thing that goes on and off. A subclass says how to send that: send_switch().

    >>> plug.on()                 # handed in; a Ticket says what became of it  # doctest: +SKIP
    >>> plug.on(wait=2.0)         # raises NotConfirmed if it did not answer    # doctest: +SKIP
    >>> plug.is_on, plug.certainty                                             # doctest: +SKIP
    (True, <Certainty.CONFIRMED: 'confirmed'>)

    Thread safety: call from any thread. is_on and certainty may fall on two sides of a report: switched() is one look.
    """

    def send_switch(self, on: bool) -> Ticket:
        """Hand in the order, and tell the memory of it: `self.memory.told(SWITCH_STATE, ticket)`."""
        raise NotImplementedError

    def set(self, on: bool, wait: float | None = None) -> Ticket:
        """Switch on or off.

        wait: seconds to wait for the answer, or, of a device that never answers, until it was sent; without it the
        ticket is given at once. Raises LinkClosed, and OutOfRange for what is neither True nor False; with wait also
        NotConfirmed, AirtimeExceeded or LinkError.
        """
        if on not in (True, False):
            raise OutOfRange(f"expected True or False, got {on!r}", False, True)
        ticket = self.send_switch(bool(on))
        if wait is not None:
            ticket.wait(wait)
        return ticket

    def on(self, wait: float | None = None) -> Ticket:
        """Switch on; see set()."""
        return self.set(True, wait)

    def off(self, wait: float | None = None) -> Ticket:
        """Switch off; see set()."""
        return self.set(False, wait)

    def toggle(self, wait: float | None = None) -> Ticket:
        """The other way than is_on, or than an order that still waits.

        Raises CommandError where neither tells; else as set().
        """
        intended = self.intended()
        if intended is None:
            raise CommandError(f"whether {self.name or self.device} is on is not known: say on() or off()")
        return self.set(not intended, wait)

    def intended(self) -> bool | None:
        """What it will be when every order has been obeyed; None where that is not known."""
        value = self.memory.intended(SWITCH_STATE)
        return None if value is None else bool(value)

    def switched(self) -> Trusted:
        """is_on and certainty in one look."""
        value, certainty = self.memory.trusted(SWITCH_STATE)
        return Trusted(None if value is None else bool(value), certainty)

    @property
    def is_on(self) -> bool | None:
        """Whether it is on, by the later of what it said and what it was told; None where neither tells."""
        value = self.switched().value
        return None if value is None else bool(value)

    @property
    def certainty(self) -> Certainty:
        """How sure is_on is."""
        return self.switched().certainty

    def when_switched(self, callback: Callback) -> Cancel:
        """Call back when it has gone on or off (event.value), by us or by its button, or this becomes known.

        Of a device that answers: when it says so. Of one that never does: when the command was sent.
        """
        return self.when(SWITCH_STATE, callback, lambda event: event.changed)
