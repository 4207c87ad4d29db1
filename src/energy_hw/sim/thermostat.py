"""A simulated room thermostat, MIHO069: wakes often, listens right then, and answers with telemetry.

Sources: Achronite's energenie-ener314rt (commands, wake-ups, telemetry as acknowledgement);
a captured command frame (target as CB 12, sixteenths of a degree).
"""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from energy_hw.core.message import Message, Value
from energy_hw.sim.air import Air
from energy_hw.sim.mihome import REPLY_NS, MiHomeDevice

OFF, AUTO, ON = 0, 1, 2
WAKEUP_S = 30.0
"""Logs show wake-ups "often"; no source has a figure."""
WINDOW_S = 0.2
"""How long it listens then; that of the eTRV, for no source has this one."""


class Thermostat(MiHomeDevice):
    """MIHO069. mode, target_c, hysteresis_c, offsets, polarity: as commanded; demand: its relay."""

    product = 0x12
    types: ClassVar = {"RELATIVE_HUMIDITY": 0x01, "MOTION_DETECTOR": 0x01}
    power_dbm = 7.0
    battery_v = 3.1
    humidity = 45

    def __init__(self, air: Air, name: str, sensor: int, temperature_c: float = 19.5) -> None:
        super().__init__(air, name, sensor)
        self.temperature_c = temperature_c
        self.mode, self.target_c, self.hysteresis_c = AUTO, 20.0, 0.5
        self.humidity_offset, self.temperature_offset_c, self.polarity = 0, 0.0, 0
        self.interval_s = WAKEUP_S
        self.demand = False

    def report(self) -> None:
        """Only that it is awake: its values follow a command."""
        self.temperature_c += 0.02 if self._wants_heat() else -0.02
        self.send(("WAKEUP", None), then=lambda: self.open_window(WINDOW_S))

    def obey(self, code: str, value: Value) -> bool:
        number = float(value) if isinstance(value, int | Decimal) else None
        if number is None:
            return False
        match code:
            case "THERMOSTAT_MODE" if number in (OFF, AUTO, ON):
                self.mode = int(number)
            case "TARGET_TEMP" | "TEMPERATURE":
                self.target_c = number
            case "HYSTERESIS":
                self.hysteresis_c = number
            case "RELAY_POLARITY" if number in (0, 1):
                self.polarity = int(number)
            case "HUMID_OFFSET":
                self.humidity_offset = int(number)
            case "TEMP_OFFSET":
                self.temperature_offset_c = number
            case _:
                return False
        return True

    def heard(self, message: Message) -> None:
        """Telemetry is the answer to whatever it processed; a message without a command gets none."""
        if any(record.command for record in message.records):
            self.later(REPLY_NS, self._send_telemetry)

    def _wants_heat(self) -> bool:
        """On below target minus hysteresis, off at the target; between, as before."""
        if self.mode != AUTO:
            self.demand = self.mode == ON
        elif self.temperature_c <= self.target_c - self.hysteresis_c:
            self.demand = True
        elif self.temperature_c >= self.target_c:
            self.demand = False
        return self.demand

    def _send_telemetry(self) -> None:
        self.send(
            ("TEMPERATURE", max(self.temperature_c + self.temperature_offset_c, 0.0)),
            ("RELATIVE_HUMIDITY", min(max(self.humidity + self.humidity_offset, 0), 100)),
            ("BATTERY_LEVEL", self.battery_v),
            ("MOTION_DETECTOR", 0),
            ("THERMOSTAT_MODE", self.mode),
            ("TARGET_TEMP", self.target_c),
            ("SWITCH_STATE", int(self._wants_heat() != bool(self.polarity))),
        )
