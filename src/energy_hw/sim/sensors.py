"""Simulated battery sensors that speak when something happens: MIHO032, MIHO033, MIHO089.

Sources: pyenergenie doc/ (decoded captures of joins and events, with the fixed pip);
Achronite's energenie-ener314rt (Click).
"""

from __future__ import annotations

from typing import ClassVar

from energy_hw.sim.clock import SECOND, Event
from energy_hw.sim.mihome import FIXED_PIP, MiHomeDevice

HOLD_OFF_S = 60.0
"""Without motion for this long it says so."""
LOW_BATTERY, BATTERY_GOOD = 0x42, 0x62
SINGLE, DOUBLE, LONG = 1, 2, 255


class MotionSensor(MiHomeDevice):
    """MIHO032: says that something moves, and 60 s after the last motion that nothing does."""

    product = 0x0C
    pip = FIXED_PIP
    moving = False
    _quiet: Event | None = None

    def move(self) -> None:
        """Something moves; only the first time of several is reported."""
        with self.clock.lock:
            if self._quiet is not None:
                self._quiet.cancel()
            self._quiet = self.clock.call_in(round(HOLD_OFF_S * SECOND), self._settle)
            if not self.moving:
                self.moving = True
                self.send(("MOTION_DETECTOR", 1))

    def set_battery(self, low: bool) -> None:
        """Its battery runs down, or is replaced: an alarm letter as one unsigned byte."""
        self.send(("ALARM", LOW_BATTERY if low else BATTERY_GOOD))

    def _settle(self) -> None:
        self.moving = False
        self.send(("MOTION_DETECTOR", 0))


class OpenSensor(MiHomeDevice):
    """MIHO033: says open and closed, and never anything of its battery."""

    product = 0x0D
    pip = FIXED_PIP
    is_open = False

    def set_open(self, is_open: bool) -> None:
        """The door moves; a sensor that sees no change says nothing."""
        with self.clock.lock:
            if is_open != self.is_open:
                self.is_open = is_open
                self.send(("DOOR_SENSOR", int(is_open)))


class Click(MiHomeDevice):
    """MIHO089: a button that tells a single, a double and a long press apart."""

    product = 0x13
    types: ClassVar = {"VOLTAGE": 0x22}
    power_dbm = 7.0
    battery_v = 3.0

    def press(self, kind: int = SINGLE) -> None:
        """1 single, 2 double, 255 long."""
        self.send(("BUTTON", kind), ("VOLTAGE", self.battery_v))
