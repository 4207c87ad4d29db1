"""How a device that sleeps shows that it obeyed: by an answer, by a state it reports, or not at all.

| device     | command                                | shown by |
|------------|----------------------------------------|----------|
| eTRV       | BATTERY_LEVEL                          | VOLTAGE |
| eTRV       | DIAGNOSTICS                            | DIAGNOSTICS |
| eTRV       | EXERCISE_VALVE                         | DIAGNOSTICS, bit 9 (succeeded) or 10 (failed) |
| eTRV       | LOW_POWER_MODE                         | DIAGNOSTICS, bit 6, whenever it is reported |
| eTRV       | REPORT_PERIOD                          | the time between two reports; windows.py measures it |
| eTRV       | TEMPERATURE, VALVE_STATE, IDENTIFY     | nothing |
| thermostat | THERMOSTAT_MODE, TARGET_TEMP           | telemetry, by the value in it |
| thermostat | everything else                        | telemetry: it sends that only after a command |

Sources: Achronite's energenie-ener314rt and mqtt-energenie-ener314rt; pyenergenie Devices.py.
"""

from __future__ import annotations

from decimal import Decimal

from energy_hw.core.message import Message, Value
from energy_hw.energenie.parameters import parameter, parameter_id
from energy_hw.energenie.profiles import AFTER_WAKEUP, Profile

WAKEUP, JOIN, DIAGNOSTICS = 0x59, 0x6A, 0x26
EXERCISED = 1 << 9 | 1 << 10
LOW_POWER = 1 << 6
REPORT_PERIOD = "REPORT_PERIOD"
SHOWN = frozenset(("LOW_POWER_MODE", "THERMOSTAT_MODE", "TARGET_TEMP"))
"""A state, true whenever it is reported; the rest is an answer to the last command."""
SIXTEENTH = Decimal(1) / 16
"""How fine a thermostat reports its target."""


def answers(profile: Profile, code: str) -> bool:
    """Whether the product answers this command; if not, to have sent it must be enough."""
    command = profile.command(code)
    replies = command is not None and command.reply is not None
    return replies or code == REPORT_PERIOD or profile.listens == AFTER_WAKEUP


def said(message: Message) -> dict[int, Value]:
    """What the device itself says: parameter id -> value. A command is what somebody else tells it."""
    return {record.parameter: record.value for record in message.records if not record.command}


def verdict(profile: Profile, code: str, value: Value, message: Message) -> bool | None:
    """What a message says of a command that was sent: obeyed, not obeyed, or nothing."""
    says = said(message)
    if profile.listens == AFTER_WAKEUP:
        return _by_telemetry(code, value, says)
    flags = says.get(DIAGNOSTICS)
    if code == "EXERCISE_VALVE":
        return (isinstance(flags, int) and bool(flags & EXERCISED)) or None
    if code == "LOW_POWER_MODE":
        return bool(flags & LOW_POWER) == bool(value) if isinstance(flags, int) else None
    command = profile.command(code)
    reply = command.reply if command else None
    return True if reply and says.get(parameter_id(reply)) is not None else None


def _by_telemetry(code: str, value: Value, says: dict[int, Value]) -> bool | None:
    if not set(says) - {WAKEUP, JOIN}:
        return None
    shown = next((what for number, what in says.items() if parameter(number).code == code), None)
    if code not in SHOWN or not isinstance(shown, int | Decimal) or not isinstance(value, int | Decimal):
        return True
    return abs(Decimal(shown) - Decimal(value)) <= SIXTEENTH
