"""A hub seen from its devices, and its devices seen from outside: what Hub and Engine have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from energy_hw.core.interface import Core
from energy_hw.energenie.memory import Memory
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
    roster: Roster
    windows: Windows
    """Commands that wait for devices that sleep."""

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
        return self.roster.find(key)

    def device_name(self, sensor: int) -> str:
        """The name of a sensor id, or an empty string."""
        return self.board.names.get(sensor, "")

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
        return self.roster.find(device).command(name, value, wait)
