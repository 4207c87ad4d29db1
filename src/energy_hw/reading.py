"""What every source says and every sink takes: Quantity, Reading, Report, Control.

Values are exactly what the device sent: a Decimal in the device's own unit, an
int, str, bool, aware datetime, or None. Conversion is the business of the sink
that asks for it. Everything here is immutable and safe to share between threads.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

Value = Decimal | int | str | bool | datetime | None


class Quantity(StrEnum):
    """What a value measures; OTHER for a code that no table knows."""

    ENERGY_IMPORT = "energy_import"
    ENERGY_EXPORT = "energy_export"
    ENERGY = "energy"
    REACTIVE_ENERGY = "reactive_energy"
    POWER = "power"
    APPARENT_POWER = "apparent_power"
    REACTIVE_POWER = "reactive_power"
    POWER_FACTOR = "power_factor"
    VOLTAGE = "voltage"
    CURRENT = "current"
    FREQUENCY = "frequency"
    TEMPERATURE = "temperature"
    HUMIDITY = "humidity"
    PRESSURE = "pressure"
    ILLUMINANCE = "illuminance"
    GAS_VOLUME = "gas_volume"
    WATER_VOLUME = "water_volume"
    FLOW_RATE = "flow_rate"
    HEAT = "heat"
    BATTERY_VOLTAGE = "battery_voltage"
    STATE_OF_CHARGE = "state_of_charge"
    SIGNAL_STRENGTH = "signal_strength"
    SWITCH = "switch"
    MOTION = "motion"
    CONTACT = "contact"
    ALARM = "alarm"
    TARIFF = "tariff"
    DURATION = "duration"
    TEXT = "text"
    COUNT = "count"
    EVENT = "event"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Reading:
    """One value. `code` is the protocol's own name for it, `name` ours; `unit` is the device's own."""

    code: str
    name: str
    quantity: Quantity
    value: Value
    unit: str | None = None
    phase: int | None = None
    tariff: int | None = None
    channel: int | None = None
    time: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """The reading in the one JSON shape of the package; dumps() makes it text."""
        return {
            "code": self.code,
            "name": self.name,
            "quantity": self.quantity.value,
            "value": self.value,
            "unit": self.unit,
            "phase": self.phase,
            "tariff": self.tariff,
            "channel": self.channel,
            "time": json_time(self.time),
        }


Readings = tuple[Reading, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """Everything one device said at once, with the bytes it said it in.

    time: when the device says it was, None if it does not say. received: when it arrived here.
    integrity: `crc`, `checksum`, `absent` or `none`.
    build: makes the readings when they are first asked for; it must not fail.
    """

    source: str
    device: str
    model: str
    time: datetime | None
    received: datetime
    integrity: str
    raw: bytes
    build: Callable[[], Readings] = field(repr=False)
    _built: list[Readings] = field(default_factory=list, repr=False)

    @property
    def readings(self) -> Readings:
        """Readings in the order in which the device sent them."""
        if not self._built:
            self._built.append(self.build())  # two threads may both build; both get equal tuples
        return self._built[0]

    def __iter__(self) -> Iterator[Reading]:
        return iter(self.readings)

    def get(self, name: str) -> Reading | None:
        """The first reading with this name or code, or None."""
        return next((reading for reading in self.readings if name in (reading.name, reading.code)), None)

    def __getitem__(self, name: str) -> Reading:
        """The first reading with this name or code. Raises KeyError that lists what there is."""
        reading = self.get(name)
        if reading is None:
            raise KeyError(f"{name}; this report has {', '.join(r.name for r in self.readings) or 'no readings'}")
        return reading

    def to_json(self) -> dict[str, Any]:
        """The report in the one JSON shape of the package; dumps() makes it text."""
        return {
            "source": self.source,
            "device": self.device,
            "model": self.model,
            "time": json_time(self.time),
            "received": json_time(self.received),
            "integrity": self.integrity,
            "readings": [reading.to_json() for reading in self.readings],
        }


@dataclass(frozen=True, slots=True)
class Control:
    """Something that can be commanded: `device`'s `name`, within low..high by step, or one of options.

    kind: `switch`, `number`, `option`, `button` or `text`. confirmed: the device answers a command.
    """

    device: str
    name: str
    kind: str
    unit: str | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    step: Decimal | None = None
    options: tuple[str, ...] = ()
    confirmed: bool = False


class Source(Protocol):
    """Gives reports and takes commands."""

    def __iter__(self) -> Iterator[Report]:
        """Reports as they come, until close()."""

    def controls(self) -> list[Control]:
        """What can be commanded now."""

    def command(self, device: str, name: str, value: Value, wait: float | None = None) -> str:
        """Do it; returns `confirmed` or `assumed`, or raises CommandError."""

    def close(self) -> None:
        """Stop. May be called twice."""


class Sink(Protocol):
    """Takes reports."""

    def write(self, report: Report) -> None:
        """Take one report. Raises SinkError."""

    def close(self) -> None:
        """Flush and stop. May be called twice."""


def json_time(time: datetime | None) -> str | None:
    """A time in UTC with `Z`, as every JSON of the package has it."""
    return None if time is None else time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def dumps(value: Any) -> str:
    """JSON in one line; a Decimal keeps the digits that the device sent, which json.dumps cannot do."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return json.dumps(json_time(value))
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{dumps(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(dumps, value)) + "]"
    return json.dumps(value)  # ASCII: a control character of the upper half is escaped, too
