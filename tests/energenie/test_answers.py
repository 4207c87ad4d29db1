"""What a message of a device that sleeps says of a command that was sent to it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from device_rig import record
from energy_hw.core.message import ENERGENIE, Message, Value
from energy_hw.energenie.answers import answers, verdict
from energy_hw.energenie.profiles import Profile, by_sku


def profile(sku: str) -> Profile:
    found = by_sku(sku)
    assert found is not None
    return found


ETRV, THERMOSTAT = profile("MIHO013"), profile("MIHO069")


def said(command: bool = False, **values: Value) -> Message:
    types = {"DIAGNOSTICS": 0x02, "TARGET_TEMP": 0x12}
    records = []
    for code, value in values.items():
        made = record(code, value, command, types.get(code))
        records.append(made._replace(value=value))
    return Message(ENERGENIE, 0x03, 1, 0x97F, tuple(records))


@pytest.mark.parametrize(
    ("sku", "code", "answered"),
    [
        ("MIHO013", "TEMPERATURE", False),
        ("MIHO013", "VALVE_STATE", False),
        ("MIHO013", "LOW_POWER_MODE", False),
        ("MIHO013", "IDENTIFY", False),
        ("MIHO013", "DIAGNOSTICS", True),
        ("MIHO013", "EXERCISE_VALVE", True),
        ("MIHO013", "BATTERY_LEVEL", True),
        ("MIHO013", "REPORT_PERIOD", True),
        ("MIHO069", "HYSTERESIS", True),
        ("MIHO069", "TARGET_TEMP", True),
    ],
)
def test_which_commands_are_answered(sku: str, code: str, answered: bool) -> None:
    assert answers(profile(sku), code) is answered


@pytest.mark.parametrize(
    ("code", "value", "message", "says"),
    [
        ("BATTERY_LEVEL", None, said(VOLTAGE=Decimal(3)), True),
        ("BATTERY_LEVEL", None, said(VOLTAGE=None), None),  # somebody else's question
        ("BATTERY_LEVEL", None, said(command=True, VOLTAGE=Decimal(3)), None),
        ("BATTERY_LEVEL", None, said(DIAGNOSTICS=0), None),
        ("DIAGNOSTICS", None, said(DIAGNOSTICS=0), True),
        ("EXERCISE_VALVE", None, said(DIAGNOSTICS=0x80), None),
        ("EXERCISE_VALVE", None, said(DIAGNOSTICS=0x200), True),
        ("EXERCISE_VALVE", None, said(DIAGNOSTICS=0x400), True),
        ("LOW_POWER_MODE", 1, said(DIAGNOSTICS=0x40), True),
        ("LOW_POWER_MODE", 0, said(DIAGNOSTICS=0x40), False),
        ("LOW_POWER_MODE", 1, said(VOLTAGE=Decimal(3)), None),
        ("TEMPERATURE", Decimal(20), said(TEMPERATURE=Decimal(20)), None),  # what it measures
    ],
)
def test_what_a_valve_says(code: str, value: Value, message: Message, says: bool | None) -> None:
    assert verdict(ETRV, code, value, message) is says


@pytest.mark.parametrize(
    ("code", "value", "message", "says"),
    [
        ("HYSTERESIS", Decimal(1), said(WAKEUP=None), None),
        ("HYSTERESIS", Decimal(1), said(JOIN=None), None),
        ("HYSTERESIS", Decimal(1), said(TEMPERATURE=Decimal(19)), True),
        ("THERMOSTAT_MODE", 2, said(THERMOSTAT_MODE=2), True),
        ("THERMOSTAT_MODE", 2, said(THERMOSTAT_MODE=1), False),
        ("THERMOSTAT_MODE", 2, said(TEMPERATURE=Decimal(19)), True),  # it does not say which
        ("TARGET_TEMP", Decimal("20.5"), said(TARGET_TEMP=Decimal("20.4375")), True),
        ("TARGET_TEMP", Decimal("20.5"), said(TARGET_TEMP=Decimal(20)), False),
        ("TARGET_TEMP", Decimal("20.5"), said(command=True, TARGET_TEMP=Decimal("20.5")), None),
    ],
)
def test_what_a_thermostat_says(code: str, value: Value, message: Message, says: bool | None) -> None:
    assert verdict(THERMOSTAT, code, value, message) is says
