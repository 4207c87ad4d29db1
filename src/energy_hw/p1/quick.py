"""Readings made in half the time that their class takes, field by field through the slots; they are the same.

A frozen dataclass sets each field by its name, around its own __setattr__. A telegram has fifty readings, and a house
that has one meter does not care; who reads a thousand meters does. Thread safety: call from any thread.
"""

from __future__ import annotations

from datetime import datetime

from energy_hw.reading import Quantity, Reading, Value

_new = object.__new__
_code, _name, _quantity, _value, _unit, _phase, _tariff, _channel, _time = (
    Reading.__dict__[field].__set__ for field in Reading.__dataclass_fields__
)


def make_reading(
    code: str,
    name: str,
    quantity: Quantity,
    value: Value,
    unit: str | None = None,
    phase: int | None = None,
    tariff: int | None = None,
    channel: int | None = None,
    time: datetime | None = None,
) -> Reading:
    """What Reading(code, name, ...) makes."""
    made: Reading = _new(Reading)
    _code(made, code)
    _name(made, name)
    _quantity(made, quantity)
    _value(made, value)
    _unit(made, unit)
    _phase(made, phase)
    _tariff(made, tariff)
    _channel(made, channel)
    _time(made, time)
    return made
