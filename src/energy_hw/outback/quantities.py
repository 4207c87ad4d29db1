"""What a point measures: by its name where the unit alone does not tell, else by its unit, else by its type.

Names are those of the register tables. Source: OutBack AXS Port application note rev 5.
"""

from __future__ import annotations

from functools import cache

from energy_hw.outback.types import Point, PointType
from energy_hw.reading import Quantity as Q

# fmt: off
NAMES = {
    "battery_voltage":                Q.BATTERY_VOLTAGE,
    "measured_system_voltage":        Q.BATTERY_VOLTAGE,
    "todays_min_battery_volts":       Q.BATTERY_VOLTAGE,
    "todays_max_battery_volts":       Q.BATTERY_VOLTAGE,
    "lifetime_max_battery_volts":     Q.BATTERY_VOLTAGE,
    "todays_minimum_battery_voltage": Q.BATTERY_VOLTAGE,
    "todays_maximum_battery_voltage": Q.BATTERY_VOLTAGE,
    "data_log_daily_min_battery_volts": Q.BATTERY_VOLTAGE,
    "data_log_daily_max_battery_volts": Q.BATTERY_VOLTAGE,
    "state_of_charge":                Q.STATE_OF_CHARGE,
    "todays_minimum_soc":             Q.STATE_OF_CHARGE,
    "todays_maximum_soc":             Q.STATE_OF_CHARGE,
    "datalog_minimum_soc":            Q.STATE_OF_CHARGE,
    "ac_pf":                          Q.POWER_FACTOR,
    "error_flags":                    Q.ALARM,
    "warning_flags":                  Q.ALARM,
    "faults":                         Q.ALARM,
    "error":                          Q.ALARM,
    "set_time_zone":                  Q.OTHER,
}
UNITS = {
    "V":   Q.VOLTAGE,
    "A":   Q.CURRENT,
    "W":   Q.POWER,
    "kW":  Q.POWER,
    "VA":  Q.APPARENT_POWER,
    "var": Q.REACTIVE_POWER,
    "Wh":  Q.ENERGY,
    "kWh": Q.ENERGY,
    "Hz":  Q.FREQUENCY,
    "degC": Q.TEMPERATURE,
    "ms":  Q.DURATION,
    "s":   Q.DURATION,
    "min": Q.DURATION,
    "h":   Q.DURATION,
    "d":   Q.DURATION,
    "wk":  Q.DURATION,
    "cycles": Q.COUNT,
    # Ah, kAh (charge), % (a share of something) and mV/degC have no quantity of their own
}
TYPES = {
    PointType.STRING:     Q.TEXT,
    PointType.IPADDR:     Q.TEXT,
    PointType.ENUM16:     Q.TEXT,
    PointType.ENUM16S:    Q.TEXT,
    PointType.BITFIELD16: Q.EVENT,
    PointType.BITFIELD32: Q.EVENT,
}
PHASES = {"l1": 1, "l2": 2, "a": 1, "b": 2, "c": 3, "an": 1, "bn": 2, "cn": 3}
# fmt: on
SPLIT_PHASE = 64115
SUNSPEC_INVERTERS = (101, 102, 103)
TIME_OF_DAY = ("_hour", "_minute", "_status_time")
"""`ags_exercise_start_hour` is in hours, and no duration."""


@cache
def quantity(point: Point) -> Q:
    """What the point measures; OTHER where it has no quantity, COUNT for a number without a unit."""
    if point.name in NAMES:
        return NAMES[point.name]
    if point.is_time:
        return Q.EVENT
    if point.name.endswith(TIME_OF_DAY):
        return Q.OTHER
    if point.unit:
        return UNITS.get(point.unit, Q.OTHER)
    return TYPES.get(point.type, Q.COUNT)


@cache
def phase(point: Point) -> int | None:
    """1 or 2 for a split-phase inverter's l1 and l2, 1 to 3 for a SunSpec inverter's a, b and c to neutral; else None.

    Shunts a, b and c of a battery monitor are no phases, and the l and r modules of a Radian neither.
    """
    parts = point.name.split("_")
    if point.did == SPLIT_PHASE:
        return next((PHASES[part] for part in parts if part in ("l1", "l2")), None)
    if point.did in SUNSPEC_INVERTERS and point.unit in ("A", "V"):
        return PHASES.get(parts[-1])
    return None
