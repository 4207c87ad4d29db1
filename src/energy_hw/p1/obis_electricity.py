"""OBIS codes of what the meter measures. How to read the patterns: obis.py.

Sources: DSMR P1 companion standard 5.0.2, 6.12 (energies, powers, voltages, currents, sags and swells);
e-MUCS-P1 2.1.1 (Belgium: demands, thresholds); SMARTY P1 1.1.3 (Luxembourg: reactive and apparent power); HAN-P1 of
Energiföretagen 2.0 (Sweden); P1 of ESO (Lithuania: averages, power factors, durations of sags); P1 of E.ON (Hungary:
quadrants). C and D where these are silent: IEC 62056-61.
"""

from __future__ import annotations

from energy_hw.p1.obis_rows import Kind, Obis
from energy_hw.reading import Quantity as Q

N, C = Kind.NUMBER, Kind.COUNT
IMPORT, EXPORT, REACTIVE = Q.ENERGY_IMPORT, Q.ENERGY_EXPORT, Q.REACTIVE_ENERGY
VAR, VA = Q.REACTIVE_POWER, Q.APPARENT_POWER

# fmt: off
ELECTRICITY = (
    #    code              name                          quantity          unit     kind           phase
    Obis("*:1.8.0",        "energy_import",              IMPORT,           "kWh",   N),
    Obis("*:1.8.t",        "energy_import_tt",           IMPORT,           "kWh",   N),
    Obis("*:2.8.0",        "energy_export",              EXPORT,           "kWh",   N),
    Obis("*:2.8.t",        "energy_export_tt",           EXPORT,           "kWh",   N),
    Obis("*:15.8.0",       "energy_absolute",            Q.ENERGY,         "kWh",   N),
    Obis("*:3.8.0",        "reactive_energy_import",     REACTIVE,         "kvarh", N),
    Obis("*:3.8.t",        "reactive_energy_import_tt",  REACTIVE,         "kvarh", N),
    Obis("*:4.8.0",        "reactive_energy_export",     REACTIVE,         "kvarh", N),
    Obis("*:4.8.t",        "reactive_energy_export_tt",  REACTIVE,         "kvarh", N),
    Obis("*:5.8.0",        "reactive_energy_q1",         REACTIVE,         "kvarh", N),
    Obis("*:6.8.0",        "reactive_energy_q2",         REACTIVE,         "kvarh", N),
    Obis("*:7.8.0",        "reactive_energy_q3",         REACTIVE,         "kvarh", N),
    Obis("*:8.8.0",        "reactive_energy_q4",         REACTIVE,         "kvarh", N),
    Obis("*:1.7.0",        "power_import",               Q.POWER,          "kW",    N),
    Obis("*:2.7.0",        "power_export",               Q.POWER,          "kW",    N),
    Obis("*:15.7.0",       "power_absolute",             Q.POWER,          "kW",    N),
    Obis("*:16.7.0",       "net_power",                  Q.POWER,          "kW",    N),
    Obis("*:21.7.0",       "power_import_l1",            Q.POWER,          "kW",    N,             1),
    Obis("*:22.7.0",       "power_export_l1",            Q.POWER,          "kW",    N,             1),
    Obis("*:3.7.0",        "reactive_power_import",      VAR,              "kvar",  N),
    Obis("*:4.7.0",        "reactive_power_export",      VAR,              "kvar",  N),
    Obis("*:5.7.0",        "reactive_power_q1",          VAR,              "kvar",  N),
    Obis("*:6.7.0",        "reactive_power_q2",          VAR,              "kvar",  N),
    Obis("*:7.7.0",        "reactive_power_q3",          VAR,              "kvar",  N),
    Obis("*:8.7.0",        "reactive_power_q4",          VAR,              "kvar",  N),
    Obis("*:23.7.0",       "reactive_power_import_l1",   VAR,              "kvar",  N,             1),
    Obis("*:24.7.0",       "reactive_power_export_l1",   VAR,              "kvar",  N,             1),
    Obis("*:9.7.0",        "apparent_power",             VA,               "kVA",   N),
    Obis("*:10.7.0",       "apparent_power_export",      VA,               "kVA",   N),
    Obis("*:29.7.0",       "apparent_power_l1",          VA,               "kVA",   N,             1),
    Obis("*:30.7.0",       "apparent_power_export_l1",   VA,               "kVA",   N,             1),
    Obis("*:31.7.0",       "current_l1",                 Q.CURRENT,        "A",     N,             1),
    Obis("*:32.7.0",       "voltage_l1",                 Q.VOLTAGE,        "V",     N,             1),
    Obis("*:11.7.0",       "highest_current",            Q.CURRENT,        "A",     N),
    Obis("*:12.7.0",       "highest_voltage",            Q.VOLTAGE,        "V",     N),
    Obis("*:90.7.0",       "current_sum",                Q.CURRENT,        "A",     N),
    Obis("*:91.7.0",       "neutral_current",            Q.CURRENT,        "A",     N),
    Obis("*:13.7.0",       "power_factor",               Q.POWER_FACTOR,   None,    N),
    Obis("*:33.7.0",       "power_factor_l1",            Q.POWER_FACTOR,   None,    N,             1),
    Obis("*:13.3.0",       "lowest_power_factor",        Q.POWER_FACTOR,   None,    N),
    Obis("*:14.7.0",       "frequency",                  Q.FREQUENCY,      "Hz",    N),
    Obis("*:1.24.0",       "average_power_import",       Q.POWER,          "kW",    N),
    Obis("*:15.24.0",      "average_power_absolute",     Q.POWER,          "kW",    N),
    Obis("*:16.24.0",      "average_net_power",          Q.POWER,          "kW",    N),
    Obis("*:32.24.0",      "average_voltage_l1",         Q.VOLTAGE,        "V",     N,             1),
    Obis("*:1.4.0",        "demand_import",              Q.POWER,          "kW",    N),
    Obis("*:2.4.0",        "demand_export",              Q.POWER,          "kW",    N),
    Obis("*:3.4.0",        "reactive_demand_import",     VAR,              "kvar",  N),
    Obis("*:4.4.0",        "reactive_demand_export",     VAR,              "kvar",  N),
    Obis("*:9.4.0",        "apparent_demand",            VA,               "kVA",   N),
    Obis("*:10.4.0",       "apparent_demand_export",     VA,               "kVA",   N),
    Obis("*:1.5.0",        "last_demand_import",         Q.POWER,          "kW",    N),
    Obis("*:2.5.0",        "last_demand_export",         Q.POWER,          "kW",    N),
    Obis("*:3.5.0",        "last_reactive_demand_import", VAR,             "kvar",  N),
    Obis("*:4.5.0",        "last_reactive_demand_export", VAR,             "kvar",  N),
    Obis("*:1.6.0",        "max_demand_import",          Q.POWER,          "kW",    Kind.DEMAND),
    Obis("*:2.6.0",        "max_demand_export",          Q.POWER,          "kW",    Kind.DEMAND),
    Obis("0-0:98.1.0",     "demand_history",             Q.COUNT,          None,    Kind.HISTORY),
    Obis("1-0:0.8.2",      "measurement_period",         Q.DURATION,       "s",     N),
    Obis("0-0:17.0.0",     "limiter_threshold",          Q.POWER,          "kW",    Kind.LIMIT),
    Obis("1-0:31.4.0",     "fuse_threshold_l1",          Q.CURRENT,        "A",     N,             1),
    Obis("1-1:31.4.0",     "fuse_threshold",             Q.CURRENT,        "A",     Kind.PAIR),
    Obis("1-0:94.32.1",    "nominal_voltage",            Q.VOLTAGE,        "V",     Kind.BARE),
    Obis("1-0:0.4.2",      "current_transformer_ratio",  Q.OTHER,          None,    N),
    Obis("1-0:0.4.3",      "voltage_transformer_ratio",  Q.OTHER,          None,    N),
    Obis("0-0:96.7.21",    "power_failures",             Q.COUNT,          None,    C),
    Obis("0-0:96.7.9",     "long_power_failures",        Q.COUNT,          None,    C),
    Obis("1-0:99.97.0",    "power_failure_log",          Q.COUNT,          None,    Kind.FAILURES),
    Obis("1-0:99.1.0",     "power_failure_log",          Q.COUNT,          None,    Kind.FAILURES),  # Israel
    Obis("1-0:32.32.0",    "voltage_sags_l1",            Q.COUNT,          None,    C,             1),
    Obis("1-0:32.33.0",    "sag_duration_l1",            Q.DURATION,       "s",     N,             1),
    Obis("1-0:32.34.0",    "sag_voltage_l1",             Q.VOLTAGE,        "V",     N,             1),
    Obis("1-0:32.36.0",    "voltage_swells_l1",          Q.COUNT,          None,    C,             1),
    Obis("1-0:32.37.0",    "swell_duration_l1",          Q.DURATION,       "s",     N,             1),
    Obis("1-0:32.38.0",    "swell_voltage_l1",           Q.VOLTAGE,        "V",     N,             1),
)
# fmt: on
