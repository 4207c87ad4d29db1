"""A simulated radiator valve, MIHO013 (eTRV).

    report --200 ms--> asleep                     one message ends the window early
           listening

Its target is never reported back. Sources: pyenergenie Devices.py, Achronite's
energenie-ener314rt and gpbenton's eTRV notes.
"""

from __future__ import annotations

import math
from decimal import Decimal

from energy_hw.core.message import Message, Value
from energy_hw.energenie.values import LOW_BATTERY_FLAG
from energy_hw.sim.air import Air
from energy_hw.sim.clock import SECOND
from energy_hw.sim.mihome import REPLY_NS, MiHomeDevice

OPEN, CLOSED, AUTO = 0, 1, 2
LOW_POWER, NO_TARGET, EXERCISED, EXERCISE_FAILED, WATCHDOG = 1 << 6, 1 << 7, 1 << 9, 1 << 10, 1 << 11
TRAVEL_S = 15.0
"""How long an exercise takes; the answer follows."""
IDENTIFY_S = 60.0
COLD_C = 15.0
WARM_UP_S = 1800.0
LOW_BATTERY_V = 2.2


class Valve(MiHomeDevice):
    """MIHO013: reports the temperature, and listens for 200 ms after that.

    target_c, state, low_power: as commanded. stuck: the next exercise fails. battery_v: two cells.
    heard_in_window: messages taken, NIL included.
    """

    product = 0x03

    power_dbm = 7.0
    battery_v = 3.1

    def __init__(self, air: Air, name: str, sensor: int, temperature_c: float = 18.0) -> None:
        super().__init__(air, name, sensor)
        self.temperature_c = temperature_c
        self.target_c: float | None = None
        self.state = AUTO
        self.low_power = self.stuck = False
        self.heard_in_window = 0
        self.identified_until_ns = 0
        self._exercise = 0
        self._reset = 0
        self._measured_ns = self.clock.now_ns

    def restart(self) -> None:
        """The watchdog struck: target and interval are forgotten, and a flag says so until a target comes."""
        self.target_c, self._reset = None, WATCHDOG
        self.interval_s = self.profile.interval_s

    @property
    def is_open(self) -> bool:
        """Whether hot water flows; a low battery leaves it open."""
        if self.battery_v < LOW_BATTERY_V or self.state != AUTO:
            return self.battery_v < LOW_BATTERY_V or self.state == OPEN
        return self.target_c is not None and self.temperature_c < self.target_c

    @property
    def diagnostics(self) -> int:
        """The flags as they would be reported."""
        flags = self._exercise | self._reset
        flags |= LOW_POWER if self.low_power else 0
        flags |= NO_TARGET if self.target_c is None else 0
        return flags | (LOW_BATTERY_FLAG if self.battery_v < LOW_BATTERY_V else 0)

    def report(self) -> None:
        self._measure()
        self.send(("TEMPERATURE", self.temperature_c), then=lambda: self.open_window(self.profile.window_s or 0.0))

    def heard(self, message: Message) -> None:
        self.heard_in_window += 1

    def obey(self, code: str, value: Value) -> bool:
        match code, value:
            case "TEMPERATURE", int() | Decimal():
                self.target_c, self._reset = float(value), 0
            case "VALVE_STATE", 0 | 1 | 2:
                self.state = int(value)
            case "LOW_POWER_MODE", 0 | 1:
                self.low_power = bool(value)
            case "REPORT_PERIOD", int() if 300 <= value <= 3600:
                self.interval_s = value
                self._schedule(value)
            case "IDENTIFY", _:
                self.identified_until_ns = self.clock.now_ns + round(IDENTIFY_S * SECOND)
            case "EXERCISE_VALVE", _:
                self.later(round(TRAVEL_S * SECOND), self._exercised)
            case "DIAGNOSTICS", _:
                self.later(REPLY_NS, self._send_diagnostics)
            case "BATTERY_LEVEL", _:
                self.later(REPLY_NS, lambda: self.send(("VOLTAGE", self.battery_v)))
            case _:
                return False
        return True

    def _exercised(self) -> None:
        self._exercise = EXERCISE_FAILED if self.stuck else EXERCISED
        self._send_diagnostics()

    def _send_diagnostics(self) -> None:
        self.send(("DIAGNOSTICS", self.diagnostics))

    def _measure(self) -> None:
        """The room comes half-way nearer to what the valve makes of it in 20 minutes."""
        passed_s = (self.clock.now_ns - self._measured_ns) / SECOND
        goal = (self.target_c or 21.0) + 0.5 if self.is_open else COLD_C
        self.temperature_c += (goal - self.temperature_c) * (1 - math.exp(-passed_s / WARM_UP_S))
        self._measured_ns = self.clock.now_ns
