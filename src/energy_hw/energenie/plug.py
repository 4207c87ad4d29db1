"""MIHO005 Smart Plug+: a socket that switches its load and measures it.

Sources: pyenergenie Devices.py; frames captured by pico-energenie (it answers a command, and
its own button, with a single SWITCH_STATE record).
"""

from __future__ import annotations

from typing import Any

from energy_hw.core.message import Value
from energy_hw.energenie.device import verdict
from energy_hw.energenie.monitors import Monitor
from energy_hw.energenie.orders import Priority, Ticket
from energy_hw.energenie.profiles import Command
from energy_hw.energenie.switchable import SWITCH_STATE, Switchable

TRIES = 3
"""Frames of one round; hearing the answer ends it early."""
RESENDS = 5
"""Rounds more, each when a report says that it did not obey. Four frames at once are often missed, one is not
enough: issue 81 of mqtt-energenie-ener314rt."""


class Plug(Monitor, Switchable):
    """MIHO005 Smart Plug+.

    >>> kettle = Plug(hub, 0x000373)  # doctest: +SKIP
    >>> kettle.on(wait=2.0)           # raises NotConfirmed if it did not answer  # doctest: +SKIP
    >>> kettle.real_power             # doctest: +SKIP
    Decimal('2790')

    It says every 10 s, and after each switching, what it does.

    Thread safety: call from any thread; the hub orders transmissions.
    """

    product = 0x02

    def send_switch(self, on: bool) -> Ticket:
        """Hand in the order to switch; the scheduler repeats it until the plug says that it obeyed."""
        return self.send(SWITCH_STATE, on)

    def options(self, command: Command, value: Value) -> dict[str, Any]:
        """The plug always listens: send now, a few times, and again if it says otherwise."""
        return {
            "priority": Priority.SWITCH,
            "tries": TRIES,
            "resends": RESENDS,
            "verdict": verdict(command, value),
        }
