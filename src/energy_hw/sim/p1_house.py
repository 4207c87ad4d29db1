"""What a simulated P1 meter measures: loads, a roof, gas and water, as time passes.

    house = House(Setup("be", pv_w=4000, devices=("gas",)), start, seed=3)
    house.advance_to(3600.0)            # seconds since start
    house.loads_w = [7000.0, 0.0, 0.0]  # loads of one's own, a value a phase; None: the house's

Powers stay for a minute, and what they add up to is what the counters show. Pure: time is what advance_to() says,
chance what the seed says. Thread safety: one thread at a time.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple

from energy_hw.sim.p1_setup import DEVICES, HOURLY, REFRESH_S, Setup
from energy_hw.teleinfo.horodate import legal_time

LOADS_W = (80.0, 140.0, 250.0, 420.0, 900.0, 1800.0, 2600.0)  # of a phase, for a minute each
VAR_PER_W = 0.25
MINUTE_S, QUARTER_S = 60, 900
DAY = (7, 22)  # the high tariff, Monday to Friday
JOULES = 3.6e6


class Gauge(NamedTuple):
    """A reading of an M-Bus device: as it was at the last refresh."""

    value: float
    time: datetime


class Peak(NamedTuple):
    """The highest quarter hour of a month, in kW, and when it ended."""

    power_kw: float
    time: datetime


class House:
    """Counters in kWh and kvarh, by tariff 1 and 2 where there are tariffs; powers in W and var by phase."""

    def __init__(self, setup: Setup, start: datetime, seed: int = 0) -> None:
        self.setup, self._start, self._seed = setup, start.replace(microsecond=0), seed
        self._zero_s = int(self._start.timestamp())
        self.elapsed_s = 0.0
        self.clock_error_s = 0.0
        """How far the meter's clock is off: a fault."""
        self.loads_w: list[float] | None = None
        dice = Random(f"{seed}/counters")
        self.import_kwh = {tariff: round(dice.uniform(500, 9000), 3) for tariff in (1, 2)}
        self.export_kwh = {tariff: round(dice.uniform(10, 900), 3) if setup.pv_w else 0.0 for tariff in (1, 2)}
        self.quadrant_kvarh = {quadrant: round(dice.uniform(1, 90), 3) for quadrant in (1, 2, 3, 4)}
        self._volumes = [DEVICES[name].start for name in setup.devices]
        self.gauges = [Gauge(volume, self._refreshed()) for volume in self._volumes]
        self._quarter_kwh = 0.0
        self.peak = Peak(0.0, self.now)

    # ---- time ----

    @property
    def now(self) -> datetime:
        """What the meter's clock shows, with the offset that its letter says."""
        return self.local(self._start + timedelta(seconds=self.elapsed_s + self.clock_error_s))

    def local(self, moment: datetime) -> datetime:
        """A moment in the offset that the country has then."""
        clock = self.setup.profile.clock
        is_summer = clock.saves and legal_time(moment).utcoffset() == timedelta(hours=2)
        return moment.astimezone(clock.summer if is_summer else clock.winter)

    def _refreshed(self) -> datetime:
        """When the devices were read last."""
        every_s = REFRESH_S.get(self.setup.name, HOURLY)
        return self.local(datetime.fromtimestamp(self._index(every_s) * every_s, tz=UTC))

    def _index(self, period_s: int) -> int:
        """How many whole periods have passed since 1970."""
        return (self._zero_s + math.floor(self.elapsed_s + 1e-6)) // period_s

    @property
    def tariff(self) -> int:
        """The tariff that counts by the meter's clock: 1 is the night in the Netherlands, the day elsewhere."""
        is_high = self.now.weekday() < 5 and DAY[0] <= self.now.hour < DAY[1]
        one_is_low = self.setup.profile.tariffs.get(1) == "low"
        return 2 if is_high == one_is_low else 1

    # ---- powers ----

    def phase_loads_w(self) -> list[float]:
        """What the house takes, by phase."""
        if self.loads_w is not None:
            return self.loads_w[: self.setup.phases]
        dice = Random(f"{self._seed}/{self._index(MINUTE_S)}")
        return [dice.choice(LOADS_W) for _ in range(self.setup.phases)]

    def pv_w(self) -> float:
        """What the roof gives: a half sine from six to eighteen, normal time."""
        hours = self._index(MINUTE_S) / 60 + self.setup.profile.clock.base_h
        return max(0.0, round(self.setup.pv_w * math.sin(math.pi * (hours % 24 - 6) / 12)))

    def net_w(self) -> list[float]:
        """Power by phase, positive when it comes from the grid."""
        share = self.pv_w() / self.setup.phases
        return [load - share for load in self.phase_loads_w()]

    def net_var(self) -> list[float]:
        """Reactive power by phase: of the loads, and a little back where there is hardly any."""
        return [load * VAR_PER_W if load > 200 else -30.0 for load in self.phase_loads_w()]

    def voltages(self) -> list[float]:
        """By phase: a drop under load, a rise with the sun."""
        dice = Random(f"{self._seed}/volts/{int(self.elapsed_s)}")
        return [231.0 - net / 1000 + dice.uniform(-0.4, 0.4) for net in self.net_w()]

    def frequency(self) -> float:
        """In Hz."""
        return 50.0 + Random(f"{self._seed}/hertz/{int(self.elapsed_s)}").uniform(-0.03, 0.03)

    def demand_kw(self) -> float:
        """Average of the quarter hour under way, as if nothing came until its end."""
        return self._quarter_kwh * JOULES / 1000 / QUARTER_S

    # ---- time passes ----

    def advance_to(self, seconds: float) -> None:
        """Let time pass until so many seconds after the start."""
        while self.elapsed_s < seconds:
            to_minute_s = (self._index(MINUTE_S) + 1) * MINUTE_S - self._zero_s
            step_s = min(seconds, to_minute_s) - self.elapsed_s
            self._count(step_s)
            self._end_step(step_s)

    def _count(self, step_s: float) -> None:
        net_w, net_var = sum(self.net_w()), sum(self.net_var())
        side = self.import_kwh if net_w >= 0 else self.export_kwh
        side[self.tariff] += abs(net_w) * step_s / JOULES
        self.quadrant_kvarh[quadrant(net_w, net_var)] += abs(net_var) * step_s / JOULES
        self._quarter_kwh += max(net_w, 0.0) * step_s / JOULES
        flowing = Random(f"{self._seed}/flow/{self._index(600)}").choice((0.0, 0.2, 0.6, 1.0))
        for number, name in enumerate(self.setup.devices):
            self._volumes[number] += DEVICES[name].flow * flowing * step_s / 3600

    def _end_step(self, step_s: float) -> None:
        """The end of a minute may be one of a quarter, of a month, of the time to read the devices."""
        before, quarter, month = self._refreshed(), self._index(QUARTER_S), self.now.month
        self.elapsed_s += step_s
        if self._refreshed() != before:
            self.gauges = [Gauge(volume, self._refreshed()) for volume in self._volumes]
        if self._index(QUARTER_S) != quarter:
            if self.demand_kw() > self.peak.power_kw:
                self.peak = Peak(self.demand_kw(), self.now)
            self._quarter_kwh = 0.0
        if self.now.month != month:
            self.peak = Peak(0.0, self.now)

    # ---- faults ----

    def step_back(self, kwh: float) -> None:
        """A counter goes back: a meter was exchanged, or is broken."""
        self.import_kwh[self.tariff] = max(0.0, self.import_kwh[self.tariff] - kwh)

    def jump(self, seconds: float) -> None:
        """The meter's clock jumps, and stays off."""
        self.clock_error_s += seconds


def quadrant(net_w: float, net_var: float) -> int:
    """1 to 4, from the import of both on, against the clock. Source: IEC 62053-23, annex C."""
    if net_var >= 0:
        return 1 if net_w >= 0 else 2
    return 4 if net_w >= 0 else 3
