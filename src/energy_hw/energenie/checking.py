"""Is this value one that the product takes? Checked before anything is sent, from its profile."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from energy_hw.core.message import Value
from energy_hw.energenie.parameters import parameter, parameter_id
from energy_hw.energenie.profiles import Command
from energy_hw.energenie.values import describe
from energy_hw.errors import OutOfRange
from energy_hw.reading import Control

WORDS = {"on": 1, "off": 0, "true": 1, "false": 0}
"""For a command with the options 0 and 1."""


def control(device: str, name: str, command: Command) -> Control:
    """The control of a command: a button takes no value, a switch True or False, an option one of its words."""
    unit = parameter(parameter_id(command.code)).unit
    if command.options:
        words = () if command.options == (0, 1) else tuple(_word(command, option) for option in command.options)
        return Control(device, name, "option" if words else "switch", options=words, confirmed=_confirmed(command))
    kind = "button" if command.low is None else "number"
    return Control(device, name, kind, unit, command.low, command.high, command.step, confirmed=_confirmed(command))


def check(command: Command, value: object) -> Value:
    """The value as it is sent: None, an int of the options, or a Decimal within the limits and on a step.

    Raises OutOfRange with low and high, and in its message the steps on both sides.
    """
    if command.type_length == 0:
        if value is None or value is True:
            return None
        raise OutOfRange(f"{command.code} takes no value: expected None, got {value!r}")
    if command.options:
        return _option(command, value)
    return _number(command, value)


def _option(command: Command, value: object) -> int:
    words = {_word(command, option).lower(): option for option in command.options}
    if command.options == (0, 1):
        words |= WORDS
    chosen = words.get(value.lower()) if isinstance(value, str) else value
    for option in command.options:
        if isinstance(chosen, bool | int | Decimal | float) and chosen == option and _fits(command, chosen):
            return option
    low, high = min(command.options), max(command.options)
    expected = ", ".join(f"{option} ({_word(command, option)})" for option in command.options)
    if command.options == (0, 1):
        expected = "True or False"
    raise OutOfRange(f"{command.code}: expected {expected}, got {value!r}", low, high)


def _fits(command: Command, chosen: object) -> bool:
    """True is a state of a switch, never the second of three modes."""
    return not isinstance(chosen, bool) or command.options == (0, 1)


def _number(command: Command, value: object) -> Decimal:
    low, high = command.low, command.high
    number = _decimal(value)
    if number is None:
        raise OutOfRange(f"{command.code}: expected a number{_limits(command)}, got {value!r}", low, high)
    if (low is not None and number < low) or (high is not None and number > high):
        raise OutOfRange(f"{command.code}: expected{_limits(command)}, got {number}", low, high)
    if command.step is not None and low is not None and (number - low) % command.step:
        near = low + ((number - low) / command.step).to_integral_value(ROUND_HALF_UP) * command.step
        near = near if high is None else min(near, high)
        far = near + command.step if near < number else near - command.step
        text = f"{command.code}: expected{_limits(command)}, got {number}"
        raise OutOfRange(f"{text}; the nearest is {near}, on its other side {far}", low, high)
    return number


def _decimal(value: object) -> Decimal | None:
    """A finite number; a float means the digits that Python shows of it: 20.1 is 20.1."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _limits(command: Command) -> str:
    unit = parameter(parameter_id(command.code)).unit
    steps = f" in steps of {command.step}" if command.step is not None else ""
    return f" {command.low} to {command.high}{f' {unit}' if unit else ''}{steps}"


def _word(command: Command, option: int) -> str:
    return describe(parameter_id(command.code), option) or str(option)


def _confirmed(command: Command) -> bool:
    return command.reply is not None
