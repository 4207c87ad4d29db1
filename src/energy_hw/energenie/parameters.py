"""What a parameter id means: its name, what it measures, and in which unit.

Source: Sentec OpenThings specification 1.02, table of parameters. Rows marked E are
Energenie's own, as pyenergenie and Achronite's energenie-ener314rt know them. There is no
parameter 0xAA ("TEST" in both): that is the command form of 0x2A.
"""

from __future__ import annotations

from typing import NamedTuple

from energy_hw.reading import Quantity as Q


class Parameter(NamedTuple):
    """One row. code: the specification's name. name: ours. unit: None where there is none."""

    id: int
    code: str
    name: str
    quantity: Q
    unit: str | None = None
    phase: int | None = None


# fmt: off
PARAMETERS = {row.id: row for row in (
    #         id    code                       name                       quantity           unit
    Parameter(0x21, "ALARM",                   "alarm",                   Q.ALARM),
    Parameter(0x23, "EXERCISE_VALVE",          "exercise_valve",          Q.EVENT),  # E
    Parameter(0x24, "LOW_POWER_MODE",          "low_power_mode",          Q.OTHER),  # E
    Parameter(0x25, "VALVE_STATE",             "valve_state",             Q.OTHER),  # E
    Parameter(0x26, "DIAGNOSTICS",             "diagnostics",             Q.OTHER),  # E, 16 flags
    Parameter(0x2A, "THERMOSTAT_MODE",         "thermostat_mode",         Q.OTHER),  # E
    Parameter(0x2B, "RELAY_POLARITY",          "relay_polarity",          Q.OTHER),  # E
    Parameter(0x2D, "DEBUG_OUTPUT",            "debug_output",            Q.TEXT),
    Parameter(0x3A, "HUMID_OFFSET",            "humidity_offset",         Q.OTHER,           "%"),  # E
    Parameter(0x3D, "TEMP_OFFSET",             "temperature_offset",      Q.OTHER,           "degC"),  # E, a difference
    Parameter(0x3F, "IDENTIFY",                "identify",                Q.EVENT),
    Parameter(0x40, "SOURCE_SELECTOR",         "source_selector",         Q.OTHER),  # command only, bit field of gangs
    Parameter(0x41, "WATER_DETECTOR",          "water_detector",          Q.ALARM),
    Parameter(0x42, "GLASS_BREAKAGE",          "glass_breakage",          Q.ALARM),
    Parameter(0x43, "CLOSURES",                "closures",                Q.OTHER),
    Parameter(0x44, "DOOR_BELL",               "door_bell",               Q.EVENT),
    Parameter(0x45, "ENERGY",                  "energy",                  Q.ENERGY,          "kWh"),
    Parameter(0x46, "FALL_SENSOR",             "fall_sensor",             Q.ALARM),
    Parameter(0x47, "GAS_VOLUME",              "gas_volume",              Q.GAS_VOLUME,      "m3"),
    Parameter(0x48, "AIR_PRESSURE",            "air_pressure",            Q.PRESSURE,        "mbar"),
    Parameter(0x49, "ILLUMINANCE",             "illuminance",             Q.ILLUMINANCE,     "lx"),
    Parameter(0x4B, "TARGET_TEMP",             "target_temperature",      Q.TEMPERATURE,     "degC"),  # E
    Parameter(0x4C, "LEVEL",                   "level",                   Q.OTHER),
    Parameter(0x4D, "RAINFALL",                "rainfall",                Q.OTHER,           "mm"),
    Parameter(0x4F, "BUTTON",                  "button",                  Q.EVENT),  # E
    Parameter(0x50, "APPARENT_POWER",          "apparent_power",          Q.APPARENT_POWER,  "VA"),
    Parameter(0x51, "POWER_FACTOR",            "power_factor",            Q.POWER_FACTOR),
    Parameter(0x52, "REPORT_PERIOD",           "report_period",           Q.DURATION,        "s"),
    Parameter(0x53, "SMOKE_DETECTOR",          "smoke_detector",          Q.ALARM),
    Parameter(0x54, "TIME_AND_DATE",           "time_and_date",           Q.OTHER,           "s"),  # since 1970
    Parameter(0x56, "VIBRATION",               "vibration",               Q.ALARM),
    Parameter(0x57, "WATER_VOLUME",            "water_volume",            Q.WATER_VOLUME,    "l"),
    Parameter(0x58, "WIND_SPEED",              "wind_speed",              Q.OTHER,           "m/s"),
    Parameter(0x59, "WAKEUP",                  "wakeup",                  Q.EVENT),  # E
    Parameter(0x61, "GAS_PRESSURE",            "gas_pressure",            Q.PRESSURE,        "Pa"),
    Parameter(0x62, "BATTERY_LEVEL",           "battery_voltage",         Q.BATTERY_VOLTAGE, "V"),
    Parameter(0x63, "CO_DETECTOR",             "co_detector",             Q.ALARM),
    Parameter(0x64, "DOOR_SENSOR",             "door_sensor",             Q.CONTACT),  # 1 = open
    Parameter(0x65, "EMERGENCY",               "emergency",               Q.ALARM),
    Parameter(0x66, "FREQUENCY",               "frequency",               Q.FREQUENCY,       "Hz"),
    Parameter(0x67, "GAS_FLOW_RATE",           "gas_flow_rate",           Q.FLOW_RATE,       "m3/h"),
    Parameter(0x68, "RELATIVE_HUMIDITY",       "relative_humidity",       Q.HUMIDITY,        "%"),
    Parameter(0x69, "CURRENT",                 "current",                 Q.CURRENT,         "A"),
    Parameter(0x6A, "JOIN",                    "join",                    Q.EVENT),
    Parameter(0x6B, "RF_QUALITY",              "rf_quality",              Q.OTHER),
    Parameter(0x6C, "LIGHT_LEVEL",             "light_level",             Q.OTHER),
    Parameter(0x6D, "MOTION_DETECTOR",         "motion_detector",         Q.MOTION),
    Parameter(0x6F, "OCCUPANCY",               "occupancy",               Q.MOTION),
    Parameter(0x70, "REAL_POWER",              "real_power",              Q.POWER,           "W"),
    Parameter(0x71, "REACTIVE_POWER",          "reactive_power",          Q.REACTIVE_POWER,  "var"),
    Parameter(0x72, "ROTATION_SPEED",          "rotation_speed",          Q.OTHER,           "rpm"),
    Parameter(0x73, "SWITCH_STATE",            "switch_state",            Q.SWITCH),
    Parameter(0x74, "TEMPERATURE",             "temperature",             Q.TEMPERATURE,     "degC"),
    Parameter(0x76, "VOLTAGE",                 "voltage",                 Q.VOLTAGE,         "V"),
    Parameter(0x77, "WATER_FLOW_RATE",         "water_flow_rate",         Q.FLOW_RATE,       "l/h"),
    Parameter(0x78, "WATER_PRESSURE",          "water_pressure",          Q.PRESSURE,        "Pa"),
    Parameter(0x79, "PHASE_1_POWER",           "phase_1_power",           Q.POWER,           "W", 1),
    Parameter(0x7A, "PHASE_2_POWER",           "phase_2_power",           Q.POWER,           "W", 2),
    Parameter(0x7B, "PHASE_3_POWER",           "phase_3_power",           Q.POWER,           "W", 3),
    Parameter(0x7C, "THREE_PHASE_TOTAL_POWER", "three_phase_total_power", Q.POWER,           "W"),
    Parameter(0x7E, "HYSTERESIS",              "hysteresis",              Q.OTHER,           "degC"),  # E, a difference
)}
# fmt: on

BATTERY_VOLTAGE = PARAMETERS[0x76]._replace(name="battery_voltage", quantity=Q.BATTERY_VOLTAGE)
"""VOLTAGE as a device with a battery means it."""

_IDS = {name: row.id for row in PARAMETERS.values() for name in (row.code, row.name)}


def parameter(number: int) -> Parameter:
    """The row of a parameter id (0..127); for one that no table knows, a row that says so."""
    return PARAMETERS.get(number) or Parameter(number, f"UNKNOWN_{number:02X}", f"unknown_{number:02x}", Q.OTHER)


def parameter_id(name: str) -> int:
    """The id of a parameter by the specification's name or ours. Raises KeyError."""
    return _IDS[name]
