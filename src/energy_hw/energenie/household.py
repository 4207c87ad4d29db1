"""A hub seen from its devices, and its devices seen from outside: what Hub and Engine have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from os import PathLike
from typing import TYPE_CHECKING, Any

from energy_hw.core.interface import Core
from energy_hw.energenie.discovery import PAIRING_S, Ask, Policy, Unknown, policy_of
from energy_hw.energenie.forecast import Forecast
from energy_hw.energenie.identity import Identities
from energy_hw.energenie.memory import Memory
from energy_hw.energenie.names import Names, names_for
from energy_hw.energenie.naming import Naming
from energy_hw.energenie.orders import Order, Ticket
from energy_hw.energenie.roster import Roster
from energy_hw.energenie.thing import Thing
from energy_hw.links.board import Board
from energy_hw.links.clock import Clock
from energy_hw.reading import Control, Value

if TYPE_CHECKING:
    from energy_hw.energenie.windows import Windows


class Household(ABC):
    """Its devices by name, and what can be commanded.

    Thread safety: call from any thread.
    """

    core: Core
    board: Board
    identities: Identities
    roster: Roster
    forecast: Forecast
    """When devices report."""
    windows: Windows
    """Commands that wait for devices that sleep."""

    naming: Naming

    def name_devices(
        self, names: Names | str | PathLike[str] | None, policy: str = Policy.NONE, ask: Ask | None = None
    ) -> None:
        """An object for every device that has a name; what to do with those that have none. Once, at the start."""
        self.naming = Naming(self, names_for(self.board, names), policy_of(policy), ask)
        self.naming.make_all()

    @abstractmethod
    def submit(self, order: Order) -> Ticket:
        """Hand an order to the scheduler. Raises LinkClosed."""

    @property
    def clock(self) -> Clock:
        """The board's clock, which the age of a reading is counted by."""
        return self.board.clock

    @property
    def devices(self) -> dict[str, Thing]:
        """Every device that was heard or made, by device id; a copy."""
        return self.roster.things()

    def __getitem__(self, key: str | int) -> Any:
        """A device by its name, its device id, or its sensor id as a number.

        Raises UnknownDevice, which is a KeyError and suggests what may have been meant.
        """
        named = self.naming.find(key) if isinstance(key, str) else None
        return named or self.roster.find(key)

    def device_name(self, sensor: int) -> str:
        """The name of a sensor id, or an empty string."""
        return self.naming.name_of_sensor(sensor)

    def name_of(self, device: str) -> str:
        """The name of a device id, or an empty string."""
        return self.naming.name_of(device)

    # -- who has no name ---------------------------------------------------

    def unknown(self) -> list[Unknown]:
        """Devices that were heard and have no name, the last heard last."""
        return self.naming.discovery.unknown()

    def pair(self, seconds: float = PAIRING_S) -> None:
        """Take in whoever asks to join within the next seconds; naming.discovery.pairing_s counts down."""
        self.naming.discovery.pair(seconds)

    # -- its devices -------------------------------------------------------

    def memory(self, device: str) -> Memory:
        """What is known of a device id; the objects that stand for it share this."""
        return self.roster.memory(device)

    def attach(self, thing: Thing) -> None:
        """Let an object stand for its device in devices; each object of an id gets what the radio hears of it."""
        self.roster.attach(thing)

    def controls(self) -> list[Control]:
        """What can be commanded, device by device."""
        return [control for thing in self.devices.values() for control in thing.controls()]

    def command(self, device: str, name: str, value: Value, wait: float | None = None) -> str:
        """Command a device by the name of one of its controls; returns `confirmed` or `assumed`.

        Raises UnknownDevice, NotWritable, OutOfRange, AirtimeExceeded, LinkClosed; NotConfirmed after `wait` seconds.
        """
        thing: Thing = self[device]
        return thing.command(name, value, wait)
