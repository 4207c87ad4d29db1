"""Words for values that are codes: alarms, diagnostics, modes, button presses; and a battery's charge.

Sources: OpenThings 1.02 (alarms); pyenergenie and Achronite's energenie-ener314rt (eTRV,
thermostat, Click); mqtt-energenie-ener314rt (battery charge).
"""

from __future__ import annotations

from decimal import Decimal

from energy_hw.reading import Value

ALARM, VALVE_STATE, DIAGNOSTICS, THERMOSTAT_MODE, BUTTON = 0x21, 0x25, 0x26, 0x2A, 0x4F

VALVE_STATES = {0: "open", 1: "closed", 2: "auto"}
THERMOSTAT_MODES = {0: "off", 1: "auto", 2: "on"}
BUTTONS = {1: "single", 2: "double", 255: "long"}
ALARMS = {  # upper case: raised, lower case: cleared
    "B": "low battery",
    "b": "low battery cleared",
    "P": "power fail",
    "p": "power fail cleared",
    "T": "over-temperature",
    "t": "over-temperature cleared",
    "Z": "tamper",
    "z": "tamper cleared",
}

# fmt: off
DIAGNOSTIC_FLAGS = (  # of the eTRV, from bit 0
    "motor current below expectation",
    "motor current always high",
    "motor takes too long",
    "air and pipe sensors disagree",
    "air sensor out of range",
    "pipe sensor out of range",
    "low-power mode on",
    "no target temperature set",
    "valve may be sticking",
    "exercise succeeded",
    "exercise failed",
    "watchdog reset, needs refresh",
    "noise reset, needs refresh",
    "battery below 2.2 V, valve opened",
    "request-for-heat messages enabled",
    "request for heat",
)
# fmt: on
ERROR_FLAGS = 0x253F
"""Bits 0-5, 8, 10, 13: something is broken."""
REFRESH_FLAGS = 0x1880
"""Bits 7, 11, 12: send target temperature and report period again."""
LOW_BATTERY_FLAG = 0x2000

_CODES = {VALVE_STATE: VALVE_STATES, THERMOSTAT_MODE: THERMOSTAT_MODES, BUTTON: BUTTONS}


def diagnostic_flags(value: int) -> tuple[str, ...]:
    """The eTRV's diagnostics in words, lowest bit first."""
    return tuple(text for bit, text in enumerate(DIAGNOSTIC_FLAGS) if value >> bit & 1)


def alarm_letters(value: Value) -> str:
    """Alarm letters: sent as characters, or as one unsigned byte (MIHO032 sends 0x42)."""
    return chr(value) if isinstance(value, int) and 0 < value < 256 else str(value or "")


def describe(number: int, value: Value) -> str | None:
    """A value of parameter `number` in words, or None where the value speaks for itself."""
    if value is None or isinstance(value, bool):
        return None
    if number == ALARM:
        return ", ".join(ALARMS.get(letter, f"alarm {letter}") for letter in alarm_letters(value)) or None
    if number == DIAGNOSTICS and isinstance(value, int):
        return ", ".join(diagnostic_flags(value)) or "no flags"
    return _CODES.get(number, {}).get(value) if isinstance(value, int) else None


def battery_percent(volts: Decimal, cells: int) -> Decimal:
    """Charge of alkaline cells in series, 0 to 100, from their voltage. Source: mqtt-energenie-ener314rt."""
    cell = volts / cells
    if cell >= Decimal("1.55"):
        return Decimal(100)
    if cell < Decimal("1.18"):
        return Decimal(5 if cell >= Decimal("1.10") else 0)
    return min(Decimal(95), Decimal("333.3") * cell - 390)
