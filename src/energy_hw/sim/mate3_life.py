"""A day in the house of a simulated Mate3: sun on the panels, a household, a battery between them, and the clock.

Everything is a function of the time of day, so that two polls at the same moment agree and a test may jump to noon.
Lifetime counters never fall, whatever the clock does. Invented; a real house is less tidy.

    sun     0 at 6:00 and 18:00 of the controller's own clock, 1 at noon, a half wave between
    load    600 W, and 1,000 W more from 18:00 to 22:00
    soc     60 % at 6:00, 98 % at 16:00, and straight lines between
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from energy_hw.sim.mate3_map import Mate3Map, Place

PEAK_W, EVENING_W, BASE_W = 2400, 1000, 600
SUNRISE, SUNSET, EVENING, NIGHT = 6.0, 18.0, 18.0, 22.0
LOW_SOC, HIGH_SOC, FULL = 60, 98, 16.0
SILENT, BULK = 0, 2
LIVE_INVERTERS = frozenset({64113, 64115, 64117})
CLOCK = ("year", "month", "day", "hour", "minute", "second")
GROWING = frozenset({"lifetime_kwh_hours", "lifetime_k_amp_hours", "lifetime_k_ah_removed", "lifetime_max_watts"})


def sun(hour: float) -> float:
    """Share of the noon sun at an hour of the day."""
    return max(0.0, math.sin(math.pi * (hour - SUNRISE) / (SUNSET - SUNRISE)))


def sun_hours(hour: float) -> float:
    """Hours of noon sun since midnight: the integral of sun()."""
    through = min(max((hour - SUNRISE) / (SUNSET - SUNRISE), 0.0), 1.0)
    return (SUNSET - SUNRISE) / math.pi * (1 - math.cos(math.pi * through))


def load_w(hour: float) -> int:
    """What the household takes."""
    return BASE_W + (EVENING_W if EVENING <= hour < NIGHT else 0)


def load_wh(hour: float) -> float:
    """What it took since midnight."""
    return BASE_W * hour + EVENING_W * min(max(hour - EVENING, 0.0), NIGHT - EVENING)


def state_of_charge(hour: float) -> int:
    """Of the battery, in per cent."""
    if SUNRISE <= hour < FULL:
        share = (hour - SUNRISE) / (FULL - SUNRISE)
    else:
        share = 1 - ((hour - FULL) % 24) / (24 - FULL + SUNRISE)
    return round(LOW_SOC + (HIGH_SOC - LOW_SOC) * share)


class Mate3Life:
    """Moves the live values of a house to what they are at a moment."""

    def __init__(self, house: Mate3Map) -> None:
        self._house = house
        self._start: datetime | None = None
        self._first: dict[tuple[int, str, int | None], int] = {}

    def move(self, now: datetime) -> None:
        """Set every live value. now: aware."""
        with self._house.lock:
            local = self._local(now)
            self._start = self._start or local
            hour = (local - local.replace(hour=0, minute=0, second=0, microsecond=0)) / timedelta(hours=1)
            places = self._house.places()
            inverters = sum(place.did in LIVE_INVERTERS for place in places) or 1
            arrays = sum(place.did == 64111 for place in places)
            for place in places:
                if place.did == 64110:
                    self._set(place, self._gateway(local, hour))
                elif place.did == 64111:
                    self._set(place, self._array(local, hour))
                elif place.did == 64118:
                    self._set(place, self._battery(local, hour, arrays))
                elif place.did in LIVE_INVERTERS:
                    self._set(place, self._inverter(hour, inverters))

    def _local(self, now: datetime) -> datetime:
        """By the time zone in 64110/272, in the hundredths of an hour that a Mate3s has."""
        zone = int(self._house.get(64110, "set_time_zone"))
        scale = int(self._house.get(64110, "time_zone_scale_factor"))
        return now.astimezone(UTC).replace(tzinfo=None) + timedelta(hours=zone * 10.0**scale)

    def _set(self, place: Place, values: Mapping[str, int]) -> None:
        known = {point.name for point in self._house.points_of(place)}
        for name in values.keys() & known:
            self._house.set(place.did, name, self._kept(place, name, values[name]), place.port)

    def _kept(self, place: Place, name: str, value: int) -> int:
        """A lifetime counter counts on from where it stood."""
        if name not in GROWING:
            return value
        old = int(self._house.get(place.did, name, place.port))
        first = self._first.setdefault((place.did, name, place.port), old)
        return max(old, value if name == "lifetime_max_watts" else first + value)

    def _since_start(self, local: datetime, daily: float, today: float) -> float:
        """What gathered since the start, if `daily` gathers on a day and `today` did since midnight."""
        start = self._start or local
        began = start.hour + start.minute / 60 + start.second / 3600
        before = daily * sun_hours(began) / sun_hours(24.0)
        return max(0.0, (local.date() - start.date()).days * daily + today - before)

    def _gateway(self, local: datetime, hour: float) -> dict[str, int]:
        clock = zip(CLOCK, local.timetuple()[:6], strict=True)
        return dict(clock) | {"measured_system_voltage": volts(hour)}

    def _array(self, local: datetime, hour: float) -> dict[str, int]:
        watts, wh = round(PEAK_W * sun(hour)), PEAK_W * sun_hours(hour)
        gathered = self._since_start(local, PEAK_W * sun_hours(24.0), wh)
        return {
            "battery_voltage": volts(hour),
            "battery_current": round(watts * 100 / volts(hour)),
            "array_voltage": 900 if watts else 60,
            "array_current": round(watts / 90),
            "charger_state": BULK if watts else SILENT,
            "watts": watts,
            "todays_kwh": int(wh / 100),
            "todays_ah": int(wh / 52),
            "lifetime_kwh_hours": int(gathered / 1000),
            "lifetime_k_amp_hours": int(gathered / 52 / 100),
            "lifetime_max_watts": watts,
        }

    def _inverter(self, hour: float, count: int) -> dict[str, int]:
        watts = load_w(hour) / count
        return {
            "battery_voltage": volts(hour),
            "inverter_output_current": round(watts / 230),
            "output_kw": round(watts / 100),
            "load_kw": round(watts / 100),
            "output_kwh": int(load_wh(hour) / count / 100),
        }

    def _battery(self, local: datetime, hour: float, arrays: int) -> dict[str, int]:
        solar, house = arrays * round(PEAK_W * sun(hour) * 100 / volts(hour)), round(load_w(hour) * 100 / volts(hour))
        days = (local - (self._start or local)) / timedelta(days=1)
        return {
            "battery_voltage": volts(hour),
            "shunt_a_current": solar,
            "shunt_b_current": -house,
            "shunt_c_current": 0,
            "battery_current": solar - house,
            "input_current": solar,
            "output_current": house,
            "input_kw": round(solar * volts(hour) / 1000),
            "output_kw": round(house * volts(hour) / 1000),
            "net_kw": round((solar - house) * volts(hour) / 1000),
            "state_of_charge": state_of_charge(hour),
            "lifetime_k_ah_removed": int(max(days, 0) * load_wh(24.0) / 52_000),
        }


def volts(hour: float) -> int:
    """Of the battery, in tenths: between 48.0 and 55.8."""
    return 480 + round(2 * (state_of_charge(hour) - LOW_SOC) + 2 * sun(hour))
