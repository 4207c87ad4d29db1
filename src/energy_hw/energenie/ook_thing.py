"""What sockets, lights and dimmers of the OOK kind share: a house code, a gang, and a state that nobody confirms.

Device ids: `energenie:ook:0x6C6C6/1`, house code and gang; gang 0 is "all" of that house.
`energenie:ook:ener314/1` where the house code is the board's own, which nobody can read.

These devices never say anything. What they were told last, by us or by a hand controller
that was heard, is their assumed state; before the first time it is unknown. A code goes to
every unit that has learned it, so an order is told to each object of its house.
"""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Any

from energy_hw.core.interface import OokCode
from energy_hw.core.python.ook import GANG_MAX, HOUSE_MAX
from energy_hw.energenie.checking import WORDS
from energy_hw.energenie.orders import Order, Outcome, Priority, Ticket
from energy_hw.energenie.profiles import OOK, PROFILES, Profile, by_sku
from energy_hw.energenie.switchable import SWITCH_STATE, Switchable
from energy_hw.errors import ConfigError, NotConfirmed, OutOfRange
from energy_hw.reading import Control, Value

if TYPE_CHECKING:
    from energy_hw.energenie.household import Household
    from energy_hw.energenie.ook_listening import HeardOok

DEFAULT_HOUSE = 0x6C6C6
"""pyenergenie's; Achronite's programs call it house code 0. Every unit taught by one of them has it."""
ALL = 0
SILENCE_S = 0.060
"""Between bursts for different devices."""
BURST_GAP_S = (0.8, 0.8)
"""Between the bursts for one device: what pyenergenie's author found best on the bench."""

Meaning = tuple[str, Value]
"""A parameter's code and its value."""


def ook_device_id(house: int | None, gang: int) -> str:
    """`energenie:ook:0x6C6C6/1`; a house of None is the ENER314's own."""
    return f"energenie:ook:{'ener314' if house is None else f'0x{house:05X}'}/{gang}"


def ook_profile(sku: str, kind: str = OOK) -> Profile:
    """The profile of `ENER002`. Raises ConfigError that lists those there are."""
    profile = by_sku(sku)
    if profile is None or profile.kind != kind:
        names = ", ".join(other.sku for other in PROFILES if other.kind == kind)
        raise ConfigError(f"expected one of {names}, got {sku!r}")
    return profile


class OokThing(Switchable):
    """One unit, or one gang of it, as the hub knows it.

    house: its code, 20 bits; None: the board's own. gang: 1..6; 0 is all.

    Thread safety: call from any thread.
    """

    def __init__(self, hub: Household, house: int | None, gang: int, profile: Profile, *, name: str = "") -> None:
        """Raises OutOfRange; ConfigError for a house code on a board that has one of its own."""
        self.house, self.gang, self.profile = _house(hub, house), gang, profile
        most = getattr(hub, "most_gangs", GANG_MAX) if profile.gangs == 1 else profile.gangs
        if not ALL <= gang <= most:
            raise OutOfRange(f"expected a gang of 0 (all) to {most} for {profile.model}, got {gang}", ALL, most)
        super().__init__(hub, ook_device_id(self.house, gang), profile.model, name=name)

    def meanings(self, code: OokCode) -> list[Meaning]:
        """What this code does to the device; nothing if it is for another gang. The house is the same."""
        return [(SWITCH_STATE, code.on)] if code.gang in (ALL, self.gang) else []

    def send_switch(self, on: bool) -> Ticket:
        """Hand in the order; the ticket is assumed once it was sent."""
        return self.send_code("switch", on, OokCode(self.house or 0, self.gang, on))

    def send_code(self, name: str, value: Value, code: OokCode) -> Ticket:
        """Hand in a code, as often as this product needs it. Raises LinkClosed or QueueFull."""
        frame, profile = self.hub.core.ook_encode(code), self.profile
        ticket = Ticket(self.device, name, value)
        silence_s = max(profile.silence_s, SILENCE_S)
        order = Order(self.device, self.device, lambda: frame, ticket, Priority.OOK, profile.repeats, profile.bursts)
        order.gap_s, order.silence_s = BURST_GAP_S, silence_s
        house = house_of(self.hub)
        order.after = None if code.gang == ALL else house.all_waiting(self.house)
        self.hub.submit(order)
        house.handed_in(self, code, ticket)
        return ticket

    def on_air(self, parameter: str, value: Value) -> Value:
        """A code with this meaning was on air; what it made of the device."""
        return value

    def controls(self) -> list[Control]:
        """On and off; nothing confirms it."""
        return [Control(self.device, "switch", "switch")]

    def order_by_name(self, name: str, value: object) -> Ticket:
        """switch: True or False. Raises NotWritable or OutOfRange."""
        return self.send_switch(as_switch(value)) if name == "switch" else super().order_by_name(name, value)


class OokHouse:
    """What the OOK things of one hub have to do with each other.

    Thread safety: call from any thread.
    """

    def __init__(self, hub: Household) -> None:
        self._hub = weakref.ref(hub)
        self._waiting: dict[str, tuple[int | None, Ticket]] = {}
        """House code and order by device. No things: they hold the hub."""
        self._lock = threading.Lock()

    def handed_in(self, sender: OokThing, code: OokCode, ticket: Ticket) -> None:
        """Everything that this code reaches is told; "all" takes the place of what waits for a gang."""
        if code.gang == ALL:
            self._supersede(sender.house, ticket)
        if sender.profile.kind == OOK:
            with self._lock:
                self._waiting[sender.device] = sender.house, ticket
            ticket.when_done(lambda done: self._forget(sender.device, done))
        for thing in self._reached(sender.house, sender):
            for parameter, value in thing.meanings(code):
                thing.memory.told(parameter, _echo(ticket, thing, parameter, value))

    def all_waiting(self, house: int | None) -> Ticket | None:
        """The order for all of a house that is not settled yet."""
        with self._lock:
            return self._waiting.get(ook_device_id(house, ALL), (house, None))[1]

    def _supersede(self, house: int | None, ticket: Ticket) -> None:
        with self._lock:
            older = [waiting for its_house, waiting in self._waiting.values() if its_house == house]
        for other in older:
            other.settle(Outcome.REPLACED, NotConfirmed(f"{ticket} took the place of {other}", other))

    def _forget(self, device: str, ticket: Ticket) -> None:
        with self._lock:
            if device in self._waiting and self._waiting[device][1] is ticket:
                del self._waiting[device]

    def heard(self, heard: HeardOok) -> None:
        """A hand controller sent a code; the radio's thread calls this."""
        if heard.code is None:
            return
        for thing in self._reached(heard.code.house):
            for parameter, value in thing.meanings(heard.code):
                ticket = Ticket(thing.device, parameter, thing.on_air(parameter, value), "hand controller")
                ticket.note_try(heard.at)
                thing.memory.told(parameter, ticket)
                ticket.settle(Outcome.ASSUMED)

    def _reached(self, house: int | None, sender: OokThing | None = None) -> list[OokThing]:
        """One object for each device of a house."""
        hub = self._hub()
        things = {} if hub is None else hub.devices
        mine = {thing.device: thing for thing in things.values() if isinstance(thing, OokThing)}
        if sender is not None:
            mine[sender.device] = sender
        return [thing for thing in mine.values() if thing.house == house]


_houses: weakref.WeakKeyDictionary[Any, OokHouse] = weakref.WeakKeyDictionary()
_houses_lock = threading.Lock()


def house_of(hub: Household) -> OokHouse:
    """The one of a hub."""
    with _houses_lock:
        return _houses.setdefault(hub, OokHouse(hub))


def as_switch(value: object) -> bool:
    """True, False, 1, 0, or a word for one. Raises OutOfRange."""
    state = WORDS.get(value.lower()) if isinstance(value, str) else value
    if state not in (0, 1):
        raise OutOfRange(f"switch: expected True or False, got {value!r}", 0, 1)
    return bool(state)


def _house(hub: Household, house: int | None) -> int | None:
    """The house code in use. Raises OutOfRange or ConfigError."""
    if getattr(hub, "own_house", False):
        if house is not None:
            raise ConfigError(f"expected no house code, got 0x{house:X}: this board sends the one it was made with")
        return None
    house = DEFAULT_HOUSE if house is None else house
    if not 0 <= house <= HOUSE_MAX:
        raise OutOfRange(f"expected a house code of 0 to 0x{HOUSE_MAX:X}, got {house:#x}", 0, HOUSE_MAX)
    return house


def _echo(ticket: Ticket, thing: OokThing, parameter: str, value: Value) -> Ticket:
    """A ticket that becomes what another one becomes."""
    echo = Ticket(thing.device, parameter, value, ticket.origin)

    def settle(done: Ticket) -> None:
        if done.outcome is Outcome.ASSUMED:
            echo.value = thing.on_air(parameter, value)
        echo.tries, echo.sent_at, echo.asked = done.tries, done.sent_at, done.asked
        echo.settle(done.outcome, done.error)

    ticket.when_done(settle)
    return echo
