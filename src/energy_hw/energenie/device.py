"""An OpenHEMS device: its address, what is known of it with its age, and the orders that its profile allows."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from random import SystemRandom
from typing import TYPE_CHECKING, Any, ClassVar, cast

from energy_hw.core.message import ENERGENIE, Message, Record, Value, encode_value
from energy_hw.energenie.checking import check, control
from energy_hw.energenie.memory import Known
from energy_hw.energenie.orders import Order, Priority, Ticket, Verdict
from energy_hw.energenie.parameters import parameter, parameter_id
from energy_hw.energenie.profiles import Command, Profile, by_product
from energy_hw.energenie.report import device_id, model_name
from energy_hw.energenie.thing import Thing
from energy_hw.errors import NotWritable
from energy_hw.reading import Control

if TYPE_CHECKING:
    from energy_hw.energenie.household import Household
    from energy_hw.energenie.receiver import Heard

STOPS_CIPHER = 0xF200
"""The one pip that leaves a frame of Energenie's unencrypted."""
OVERDUE = 1.5
"""A device is overdue after so many intervals without a report."""
_random = SystemRandom()


class Device(Thing):
    """One OpenHEMS device as the hub knows it; of a product without a profile too.

    device: `energenie:2:0x000373`. profile: None for an unknown product. overdue_after_s: how long it may be silent;
    None is one and a half of its intervals.

    Thread safety: call from any thread; callbacks run in the hub's thread for events.
    """

    product: int
    """Set by each class for its product."""
    on_events: ClassVar[bool] = False
    """It speaks when something happens, and may be silent for weeks."""
    names: ClassVar[dict[str, str]] = {"SWITCH_STATE": "switch"}
    """Names of controls by code, where the parameter's own name is not what one would say."""

    def __init__(
        self, hub: Household, sensor: int, product: int | None = None, *, name: str = "", manufacturer: int = ENERGENIE
    ) -> None:
        self.sensor, self.manufacturer = sensor, manufacturer
        self.product = self.product if product is None else product
        self.profile: Profile | None = by_product(self.product) if manufacturer == ENERGENIE else None
        self.overdue_after_s: float | None = None
        self._since = hub.clock.monotonic()
        device = device_id(manufacturer, self.product, sensor)
        super().__init__(hub, device, model_name(manufacturer, self.product), name=name or hub.name_of(device))

    def heard(self, heard: Heard) -> None:
        """The device said this, and the memory has it already; for a class that acts on it, in the radio's thread."""

    # -- what is known -----------------------------------------------------

    def known(self, code: str) -> Known | None:
        """The last reading of a parameter by its code, or None before the first."""
        return self.memory.known(code)

    def value(self, code: str) -> Any:
        """The last value of a parameter by its code, or None before the first."""
        known = self.memory.known(code)
        return None if known is None else known.reading.value

    def age_s(self, code: str | None = None) -> float | None:
        """Seconds since a parameter, or anything, was reported; None before the first time."""
        known = None if code is None else self.memory.known(code)
        at = self.memory.at if code is None else None if known is None else known.at
        return None if at is None else self.hub.clock.monotonic() - at

    @property
    def last_seen(self) -> datetime | None:
        """When it last said anything, in UTC."""
        report = self.memory.report
        return None if report is None else report.received

    @property
    def interval_s(self) -> float | None:
        """Seconds between its reports as seen, else by its profile; None if neither tells, or it speaks on events."""
        if self.on_events:
            return None
        learned_s = self.hub.forecast.interval_s(self.device)
        return learned_s or (self.profile.interval_s if self.profile else None)

    @property
    def overdue(self) -> bool:
        """Whether it has been silent for too long: see overdue_after_s.

        A device that speaks when something happens never is, unless that is set; nor is one whose interval neither
        its profile says nor its reports have shown.
        """
        allowed_s = self.overdue_after_s
        if allowed_s is None and self.interval_s is not None:
            allowed_s = OVERDUE * self.interval_s
        last = self._since if self.memory.at is None else self.memory.at
        return allowed_s is not None and self.hub.clock.monotonic() - last > allowed_s

    @property
    def gangs(self) -> tuple[bool, ...] | None:
        """Whether each gang is on, gang 1 first; None before its first report, and for a product without several.

        One with several reports SWITCH_STATE as a bit field, lowest bit first. Source: OpenThings 1.02.
        """
        bits, count = self.value("SWITCH_STATE"), self.profile.gangs if self.profile else 0
        return tuple(bool(bits >> gang & 1) for gang in range(count)) if count and isinstance(bits, int) else None

    @property
    def rssi(self) -> Decimal | None:
        """Signal strength of its last report in dBm."""
        return cast("Decimal | None", self.value("RSSI"))

    # -- what it obeys -----------------------------------------------------

    def controls(self) -> list[Control]:
        """What this device can be commanded."""
        return [control(self.device, self.control_name(row.code), row) for row in self.obeys()]

    def order_by_name(self, name: str, value: object) -> Ticket:
        """Check a command by the name of its control, or its code, and hand it in."""
        for row in self.obeys():
            if name in (self.control_name(row.code), row.code):
                return self.send(row.code, value)
        return super().order_by_name(name, value)

    def send(self, code: str, value: object = None) -> Ticket:
        """Check a command of the profile and hand it to the hub. Raises NotWritable, OutOfRange or LinkClosed."""
        checked = self.check(code, value)
        ticket = Ticket(self.device, self.control_name(code), _meant(code, checked))
        self.hub.submit(self.order(code, checked, ticket, **self.options(self.obeyed(code), checked)))
        self.memory.told(code, ticket)
        return ticket

    def check(self, code: str, value: object) -> Value:
        """A value as it is sent, if the profile allows it.

        Raises NotWritable that names what the product obeys, or OutOfRange with the limits and the nearest step.
        """
        return check(self.obeyed(code), value)

    def obeyed(self, code: str) -> Command:
        """How it takes a command. Raises NotWritable."""
        for command in self.obeys():
            if command.code == code:
                return command
        names = ", ".join(self.control_name(row.code) for row in self.obeys())
        raise NotWritable(f"{self.model} does not obey {code}; {f'it obeys {names}' if names else 'it obeys nothing'}")

    def control_name(self, code: str) -> str:
        """What a command is called: `switch` for SWITCH_STATE."""
        return self.names.get(code) or parameter(parameter_id(code)).name

    def options(self, command: Command, value: Value) -> dict[str, Any]:
        """Options of the Order for a command; a class whose device listens now and then has its own."""
        return {"verdict": verdict(command, value)}

    def order(self, code: str, value: Value | float, ticket: Ticket, **options: Any) -> Order:
        """An order for one command of the profile; options are Order's."""
        record = self.record(self.obeyed(code), value)
        return Order(self.device, f"{self.device}/{code}", lambda: self.frame(record), ticket, **options)

    def frame(self, *records: Record) -> bytes:
        """A command frame for this device with a pip of its own."""
        pip = _random.randrange(1, STOPS_CIPHER)
        return self.hub.core.encode(Message(self.manufacturer, self.product, pip, self.sensor, records))

    def record(self, command: Command, value: Value | float) -> Record:
        """The record that carries a command."""
        kind, length = command.type_length >> 4, command.type_length & 0x0F
        return Record(parameter_id(command.code), True, kind, encode_value(kind, length, value), None)

    def obeys(self) -> tuple[Command, ...]:
        """The commands of its profile."""
        return self.profile.obeys if self.profile else ()


def _meant(code: str, value: Value) -> object:
    """What a report of this value will say: a switch is True or False."""
    return bool(value) if code == "SWITCH_STATE" else value


def verdict(command: Command, value: Value) -> Verdict | None:
    """How to tell from a message that a command was obeyed; None where the product never says.

    A reply of the command's own parameter must have its value; another one is an answer by being there.
    """
    if command.reply is None:
        return None
    wanted, reply, same = value, parameter_id(command.reply), command.reply == command.code

    def judge(message: Message) -> bool | None:
        said = [record.value for record in message.records if record.parameter == reply and not record.command]
        if not said or said[-1] is None:
            return None
        return said[-1] == wanted if same else True

    return judge


__all__ = ["Device", "Known", "Priority", "verdict"]
