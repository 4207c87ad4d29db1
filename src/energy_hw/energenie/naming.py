"""The names of a hub's devices: objects for all that have one, and discovery of those that have none."""

from __future__ import annotations

import threading
from collections.abc import Callable
from random import SystemRandom
from typing import TYPE_CHECKING

from energy_hw.core.message import ENERGENIE, Message, Record
from energy_hw.energenie.devices import class_for
from energy_hw.energenie.discovery import JOIN, Ask, Discovery, Policy, Unknown
from energy_hw.energenie.legacy import Dimmer, LightSwitch, Socket, Strip
from energy_hw.energenie.names import Names, NameTable
from energy_hw.energenie.orders import Order, Priority, Ticket
from energy_hw.energenie.profiles import OOK_DIMMER, by_product, by_sku
from energy_hw.energenie.registry_toml import Entry
from energy_hw.energenie.report import device_id
from energy_hw.energenie.thing import Thing

if TYPE_CHECKING:
    from energy_hw.energenie.household import Household

ANSWER_S = 1.0
"""How long a device waits for the answer to its JOIN; no source says. Later ones would be for nobody."""
STOPS_CIPHER = 0xF200
_random = SystemRandom()


class Naming:
    """Names for one hub.

    names: where they are kept. discovery: who has none, and the rule for taking them in.

    Thread safety: call from any thread.
    """

    def __init__(
        self, household: Household, names: Names, policy: Policy = Policy.NONE, ask: Ask | None = None
    ) -> None:
        self._household, self.names = household, names
        self._table = NameTable(names)
        self._radio_thread: int | None = None
        self.discovery = Discovery(self, policy, ask)

    def tick(self) -> None:
        """The thread that calls this is the radio's, which never waits for the file of names."""
        self._radio_thread = threading.get_ident()

    def make_all(self) -> None:
        """An object for every device that has a name already."""
        for entry in self._table.entries():
            self.thing(entry)

    def thing(self, entry: Entry) -> Thing:
        """The object of an entry, made if there is none."""
        known = self._household.devices.get(entry.device) or thing_for(self._household, entry)
        known.name = entry.name
        if entry.product is not None and entry.sensor is not None:
            self._household.identities.pin(ENERGENIE, entry.product, entry.sensor)
        return known

    def find(self, key: str) -> Thing | None:
        """The object of a name in the registry, in any case; one that was added since is made."""
        for entry in self._table.entries():
            if key.casefold() == entry.name.casefold():
                return self.thing(entry)
        return None

    def name_of(self, device: str) -> str:
        """The name of a device id, or ""."""
        entry = self._entry(device)
        return entry.name if entry else ""

    def _entry(self, device: str) -> Entry | None:
        return self._table.entry(device, wait=threading.get_ident() != self._radio_thread)

    def name_of_sensor(self, sensor: int) -> str:
        """The name of an OpenHEMS sensor id, or ""."""
        return next((entry.name for entry in self._table.entries() if entry.sensor == sensor), "")

    def rename(self, name: str, new: str) -> None:
        """Give a device another name. Raises ConfigError."""
        self.thing(self.names.rename(name, new))

    def forget(self, name: str) -> None:
        """Take a name out; the object stays as long as it is held. Raises ConfigError."""
        entry = self.names.forget(name)
        thing = self._household.devices.get(entry.device)
        if thing is not None:
            thing.name = ""
        if entry.sensor is not None:
            self._household.identities.unpin(ENERGENIE, entry.sensor)

    # -- for discovery -----------------------------------------------------

    def is_named(self, device: str) -> bool:
        """Whether the device has a name already."""
        return self._entry(device) is not None

    def take_in(self, unknown: Unknown) -> None:
        """Give it the name of its product and sensor id, and an object."""
        profile = by_product(unknown.product)
        name = f"{profile.sku if profile else 'device'} {unknown.sensor:06X}"
        entry = self.names.add(name, unknown.device)
        self._table.entries()  # its next frame finds it there
        self.thing(entry)

    def answer_join(self, message: Message, at: float) -> None:
        """Send `6A 00` to the address of a JOIN that was heard at `at`, while the device still waits for it."""
        device = device_id(message.manufacturer, message.product, message.sensor)
        answer = Record(JOIN, False, 0, b"", None)

        def frame() -> bytes:
            pip = _random.randrange(1, STOPS_CIPHER)
            address = message.manufacturer, message.product, pip, message.sensor
            return self._household.core.encode(Message(*address, (answer,)))

        order = Order(device, f"{device}/JOIN", frame, Ticket(device, "join"), Priority.JOIN, not_after=at + ANSWER_S)
        self._household.submit(order)

    def call_later(self, work: Callable[[], None]) -> None:
        """Do something in the thread for events."""
        self._household.roster.callbacks.call(work)

    def monotonic(self) -> float:
        """Seconds of the board's clock."""
        return self._household.clock.monotonic()


LIGHT_REPEATS = 75
"""What light switches need, and nothing else of one gang."""


def thing_for(household: Household, entry: Entry) -> Thing:
    """A new object for an entry: by its product, or by its SKU and gang if it is one that only listens.

    Gang 0 of a unit with several is the whole of it; another gang is a Socket of its own.
    """
    if entry.ook is None:
        return class_for(entry.product or 0)(household, entry.sensor or 0, entry.product, name=entry.name)
    house, gang = entry.ook
    profile = by_sku(entry.model)
    sku = profile.sku if profile else "ENER002"
    if profile and profile.kind == OOK_DIMMER:
        return Dimmer(household, house, sku, name=entry.name)
    if profile and profile.gangs > 1 and gang == 0:
        return Strip(household, house, sku, name=entry.name)
    kind = LightSwitch if profile and profile.repeats == LIGHT_REPEATS else Socket
    return kind(household, house, gang, sku, name=entry.name)
