"""What every object on the desk has: an address, a state that merges, events, controls.

Frames are partial (a plug that was switched reports SWITCH_STATE alone), so a report is
merged into what is known, never put in its place.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from random import SystemRandom
from typing import TYPE_CHECKING, NamedTuple

from energy_hw.core.message import ENERGENIE, Message, Record, Value, encode_value
from energy_hw.energenie.orders import Order, Priority, Ticket
from energy_hw.energenie.parameters import parameter_id
from energy_hw.energenie.profiles import Command, Profile, by_product
from energy_hw.energenie.report import device_id, model_name
from energy_hw.errors import NotWritable
from energy_hw.reading import Control, Reading, Report

if TYPE_CHECKING:
    from energy_hw.energenie.hub import Hub
    from energy_hw.energenie.receiver import Heard

STOPS_CIPHER = 0xF200
"""The one pip that leaves a frame of Energenie's unencrypted."""
_random = SystemRandom()


class Known(NamedTuple):
    """The last reading of one parameter, and when it came."""

    reading: Reading
    received: datetime
    at: float
    """Monotonic seconds of the board's clock."""


class Device:
    """One OpenHEMS device as the hub knows it; of a product without a profile too.

    device: `energenie:2:0x000373`. name: by the registry, else "". profile: None for an unknown product.

    Thread safety: call from any thread; callbacks run in the hub's callback thread.
    """

    product: int
    """Set by each class for its product."""

    def __init__(self, hub: Hub, sensor: int, product: int | None = None, *, name: str = "") -> None:
        self.hub, self.sensor, self.name = hub, sensor, name
        self.product = self.product if product is None else product
        self.profile: Profile | None = by_product(self.product)
        self.device = device_id(ENERGENIE, self.product, sensor)
        self.model = model_name(ENERGENIE, self.product)
        self._known: dict[str, Known] = {}
        self._lock = threading.Lock()
        self._callbacks: dict[str, list[Callable[[Device, Reading], None]]] = {}
        hub.attach(self)

    def heard(self, heard: Heard) -> None:
        """Take what the device said; the hub calls this in the radio's thread."""
        report: Report = heard.report
        with self._lock:
            for reading in report:
                self._known[reading.code] = Known(reading, report.received, heard.at)

    def known(self, code: str) -> Known | None:
        """The last reading of a parameter by its code, or None before the first."""
        return self._known.get(code)

    def value(self, code: str) -> object:
        """The last value of a parameter by its code, or None before the first."""
        known = self._known.get(code)
        return None if known is None else known.reading.value

    def controls(self) -> list[Control]:
        """What this device can be commanded."""
        return []

    def command(self, name: str, value: object, wait: float | None = None) -> str:
        """Do it; returns `confirmed` or `assumed`. Raises NotWritable, OutOfRange, NotConfirmed or AirtimeExceeded."""
        raise NotWritable(f"{self.model} has no command {name}")

    def frame(self, *records: Record) -> bytes:
        """A command frame for this device with a pip of its own."""
        pip = _random.randrange(1, STOPS_CIPHER)
        return self.hub.core.encode(Message(ENERGENIE, self.product, pip, self.sensor, records))

    def record(self, command: Command, value: Value | float) -> Record:
        """The record that carries a command."""
        kind, length = command.type_length >> 4, command.type_length & 0x0F
        return Record(parameter_id(command.code), True, kind, encode_value(kind, length, value), None)

    def order(self, code: str, value: Value | float, ticket: Ticket, **options: object) -> Order:
        """An order for one command of the profile; options are Order's."""
        command = self.profile.command(code) if self.profile else None
        if command is None:
            raise NotWritable(f"{self.model} does not obey {code}")
        record = self.record(command, value)
        return Order(self.device, f"{self.device}/{code}", lambda: self.frame(record), ticket, **options)  # type: ignore[arg-type]


__all__ = ["Device", "Known", "Priority"]
