"""Simulated mains devices: MIHO004 measures, MIHO005 measures and switches; MIHO006 measures the house.

Sources: pyenergenie Devices.py; frames captured by pico-energenie (report every 10 s, and a
single SWITCH_STATE record at once after a command or its own button).
"""

from __future__ import annotations

import math
from collections.abc import Callable

from energy_hw.core.message import Value
from energy_hw.sim.air import Air
from energy_hw.sim.clock import VirtualClock
from energy_hw.sim.mihome import REPLY_NS, MiHomeDevice

Load = Callable[[float], float]
"""Watts that an appliance would draw, by seconds since the start."""
MOST_W, MOST_VA = 3000.0, 23000.0  # a 13 A socket; a 100 A supply


def steady(watts: float) -> Load:
    """Always the same, as a router."""
    return lambda _seconds: watts


def cycling(watts: float, period_s: float, share: float, idle: float = 0.0) -> Load:
    """On for a share of each period, as a refrigerator or a kettle."""
    return lambda seconds: watts if seconds % period_s < share * period_s else idle


class Mains:
    """The grid: voltage and frequency wander, the same for every plug."""

    def __init__(self, clock: VirtualClock, volts: float = 240.0, hertz: float = 50.0) -> None:
        self.clock, self.volts, self.hertz = clock, volts, hertz

    def voltage(self) -> float:
        """Within 6 V of nominal, over a quarter of an hour and over minutes."""
        seconds = self.clock.monotonic()
        return self.volts + 4.0 * math.sin(seconds / 143.0) + 2.0 * math.sin(seconds / 17.0)

    def frequency(self) -> float:
        """Within 0.06 Hz of nominal."""
        seconds = self.clock.monotonic()
        return self.hertz + 0.04 * math.sin(seconds / 61.0) + 0.02 * math.sin(seconds / 7.0)


class MonitorPlug(MiHomeDevice):
    """MIHO004: measures its load every 10 s; has no relay.

    load: what the appliance draws. phase_rad: current behind voltage; capacitive loads are negative.
    """

    product = 0x01

    def __init__(self, air: Air, name: str, sensor: int, load: Load | None = None, mains: Mains | None = None) -> None:
        super().__init__(air, name, sensor)
        self.load = load or steady(60.0)
        self.mains = mains or Mains(air.clock)
        self.phase_rad = -0.3

    def power_w(self) -> float:
        """What flows now: the load, give or take a per cent."""
        return min(self.load(self.clock.monotonic()) * self.random.uniform(0.99, 1.01), MOST_W)

    def report(self) -> None:
        self.send(*self.measured())

    def measured(self) -> tuple[tuple[str, Value | float], ...]:
        """The four values of a report."""
        watts = self.power_w()
        return (
            ("REAL_POWER", watts),
            ("REACTIVE_POWER", watts * math.tan(self.phase_rad)),
            ("VOLTAGE", self.mains.voltage()),
            ("FREQUENCY", self.mains.frequency()),
        )


class Plug(MonitorPlug):
    """MIHO005: also switches its load, always listens, and says what it did."""

    product = 0x02
    relay = True

    def power_w(self) -> float:
        return super().power_w() if self.relay else 0.0

    def measured(self) -> tuple[tuple[str, Value | float], ...]:
        return (*super().measured(), ("SWITCH_STATE", int(self.relay)))

    def press(self) -> None:
        """Its button: the relay changes over, and the plug says so."""
        with self.clock.lock:
            self.relay = not self.relay
            self._say_state()

    def listens(self, start_ns: int) -> bool:
        return True

    def obey(self, code: str, value: Value) -> bool:
        if code != "SWITCH_STATE" or value not in (0, 1):
            return False
        self.relay = bool(value)
        self.later(REPLY_NS, self._say_state)
        return True

    def _say_state(self) -> None:
        self.send(("SWITCH_STATE", int(self.relay)))


class HouseMonitor(MiHomeDevice):
    """MIHO006: a clamp around the supply, three cells, no mains connection.

    Apparent power is current times 230 V, for it cannot see the voltage: what it sends as VOLTAGE
    is its battery. No source states its interval; 10 s is that of the plugs.
    """

    product = 0x05

    power_dbm = 7.0
    battery_v = 4.5

    def __init__(self, air: Air, name: str, sensor: int, load: Load | None = None) -> None:
        super().__init__(air, name, sensor)
        self.load = load or steady(180.0)
        self.interval_s = 10.0

    def report(self) -> None:
        va = min(self.load(self.clock.monotonic()) * self.random.uniform(0.98, 1.02), MOST_VA)
        self.send(("APPARENT_POWER", va), ("VOLTAGE", self.battery_v), ("CURRENT", va / 230.0))
