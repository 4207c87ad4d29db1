"""The 71 labels of the standard mode, in the order in which a Linky sends them.

Source: Enedis-NOI-CPT_54E v3, 6.2.2. All energy registers are always sent, used or not; those of phases 2 and 3
by three-phase meters only, those of injected and reactive energy in producer mode only. SMAXSN1-1 and its
like have nine characters, one more than the document's own limit.
"""

from __future__ import annotations

from energy_hw.reading import Quantity as Q
from energy_hw.teleinfo.rows import Format, Label, Presence

N, D, H, T, S, M = Format.NUMBER, Format.DIGITS, Format.HEX, Format.TEXT, Format.SCHEDULE, Format.MOMENT
ALWAYS, SOME, WHILE, ONCE = Presence.ALWAYS, Presence.CONTRACT, Presence.WHILE, Presence.ONCE

MAX_TODAY, MAX_YESTERDAY = "max_apparent_power_today", "max_apparent_power_yesterday"
MAX_EXPORT_TODAY, MAX_EXPORT_YESTERDAY = "max_apparent_power_export_today", "max_apparent_power_export_yesterday"

# fmt: off
STANDARD = {row.code: row for row in (
    #     label        name                             quantity           unit   format, chars  phase tariff .. stamped
    Label("ADSC",      "meter_address",                 Q.TEXT,            None,   D, (12,)),
    Label("VTIC",      "tic_version",                   Q.TEXT,            None,   D, (2,)),
    Label("DATE",      "meter_time",                    Q.OTHER,           None,   M, (0,), None, None, ALWAYS, True),
    Label("NGTF",      "calendar_name",                 Q.TEXT,            None,   T, (16,),    None, None, SOME),
    Label("LTARF",     "tariff_name",                   Q.TEXT,            None,   T, (16,),    None, None, SOME),
    Label("EAST",      "energy_import",                 Q.ENERGY_IMPORT,   "Wh",   N, (9,)),
    Label("EASF01",    "energy_import_t1",              Q.ENERGY_IMPORT,   "Wh",   N, (9,), None, 1),
    Label("EASF02",    "energy_import_t2",              Q.ENERGY_IMPORT,   "Wh",   N, (9,), None, 2),
    Label("EASF03",    "energy_import_t3",              Q.ENERGY_IMPORT,   "Wh",   N, (9,), None, 3),
    Label("EASF04",    "energy_import_t4",              Q.ENERGY_IMPORT,   "Wh",   N, (9,), None, 4),
    Label("EASF05",    "energy_import_t5",              Q.ENERGY_IMPORT,   "Wh",   N, (9,), None, 5),
    Label("EASF06",    "energy_import_t6",              Q.ENERGY_IMPORT,   "Wh",   N, (9,), None, 6),
    Label("EASF07",    "energy_import_t7",              Q.ENERGY_IMPORT,   "Wh",   N, (9,), None, 7),
    Label("EASF08",    "energy_import_t8",              Q.ENERGY_IMPORT,   "Wh",   N, (9,), None, 8),
    Label("EASF09",    "energy_import_t9",              Q.ENERGY_IMPORT,   "Wh",   N, (9,), None, 9),
    Label("EASF10",    "energy_import_t10",             Q.ENERGY_IMPORT,   "Wh",   N, (9,), None, 10),
    Label("EASD01",    "energy_import_distributor_t1",  Q.ENERGY_IMPORT,   "Wh",   N, (9,), None, 1),
    Label("EASD02",    "energy_import_distributor_t2",  Q.ENERGY_IMPORT,   "Wh",   N, (9,), None, 2),
    Label("EASD03",    "energy_import_distributor_t3",  Q.ENERGY_IMPORT,   "Wh",   N, (9,), None, 3),
    Label("EASD04",    "energy_import_distributor_t4",  Q.ENERGY_IMPORT,   "Wh",   N, (9,), None, 4),
    Label("EAIT",      "energy_export",                 Q.ENERGY_EXPORT,   "Wh",   N, (9,), None, None, SOME),
    Label("ERQ1",      "reactive_energy_q1",            Q.REACTIVE_ENERGY, "VArh", N, (9,),  None, None, SOME),
    Label("ERQ2",      "reactive_energy_q2",            Q.REACTIVE_ENERGY, "VArh", N, (9,),  None, None, SOME),
    Label("ERQ3",      "reactive_energy_q3",            Q.REACTIVE_ENERGY, "VArh", N, (9,),  None, None, SOME),
    Label("ERQ4",      "reactive_energy_q4",            Q.REACTIVE_ENERGY, "VArh", N, (9,),  None, None, SOME),
    Label("IRMS1",     "current_l1",                    Q.CURRENT,         "A",    N, (3,), 1),
    Label("IRMS2",     "current_l2",                    Q.CURRENT,         "A",    N, (3,), 2,    None,  SOME),
    Label("IRMS3",     "current_l3",                    Q.CURRENT,         "A",    N, (3,), 3,    None,  SOME),
    Label("URMS1",     "voltage_l1",                    Q.VOLTAGE,         "V",    N, (3,), 1),
    Label("URMS2",     "voltage_l2",                    Q.VOLTAGE,         "V",    N, (3,), 2,    None,  SOME),
    Label("URMS3",     "voltage_l3",                    Q.VOLTAGE,         "V",    N, (3,), 3,    None,  SOME),
    Label("PREF",      "reference_power",               Q.APPARENT_POWER,  "kVA",  N, (2,)),
    Label("PCOUP",     "cutoff_power",                  Q.APPARENT_POWER,  "kVA",  N, (2,)),
    Label("SINSTS",    "apparent_power",                Q.APPARENT_POWER,  "VA",   N, (5,)),
    Label("SINSTS1",   "apparent_power_l1",             Q.APPARENT_POWER,  "VA",   N, (5,), 1,    None,  SOME),
    Label("SINSTS2",   "apparent_power_l2",             Q.APPARENT_POWER,  "VA",   N, (5,), 2,    None,  SOME),
    Label("SINSTS3",   "apparent_power_l3",             Q.APPARENT_POWER,  "VA",   N, (5,), 3,    None,  SOME),
    Label("SMAXSN",    MAX_TODAY,                       Q.APPARENT_POWER,  "VA",   N, (5,), None, None, ALWAYS, True),
    Label("SMAXSN1",   f"{MAX_TODAY}_l1",               Q.APPARENT_POWER,  "VA",   N, (5,), 1,    None,  SOME, True),
    Label("SMAXSN2",   f"{MAX_TODAY}_l2",               Q.APPARENT_POWER,  "VA",   N, (5,), 2,    None,  SOME, True),
    Label("SMAXSN3",   f"{MAX_TODAY}_l3",               Q.APPARENT_POWER,  "VA",   N, (5,), 3,    None,  SOME, True),
    Label("SMAXSN-1",  MAX_YESTERDAY,                   Q.APPARENT_POWER,  "VA",   N, (5,), None, None, ALWAYS, True),
    Label("SMAXSN1-1", f"{MAX_YESTERDAY}_l1",           Q.APPARENT_POWER,  "VA",   N, (5,), 1,    None,  SOME, True),
    Label("SMAXSN2-1", f"{MAX_YESTERDAY}_l2",           Q.APPARENT_POWER,  "VA",   N, (5,), 2,    None,  SOME, True),
    Label("SMAXSN3-1", f"{MAX_YESTERDAY}_l3",           Q.APPARENT_POWER,  "VA",   N, (5,), 3,    None,  SOME, True),
    Label("SINSTI",    "apparent_power_export",         Q.APPARENT_POWER,  "VA",   N, (5,), None, None, SOME),
    Label("SMAXIN",    MAX_EXPORT_TODAY,                Q.APPARENT_POWER,  "VA",   N, (5,), None, None, SOME, True),
    Label("SMAXIN-1",  MAX_EXPORT_YESTERDAY,            Q.APPARENT_POWER,  "VA",   N, (5,), None, None, SOME, True),
    Label("CCASN",     "average_power",                 Q.POWER,           "W",    N, (5,), None, None, SOME, True),
    Label("CCASN-1",   "average_power_previous",        Q.POWER,           "W",    N, (5,), None, None, SOME, True),
    Label("CCAIN",     "average_power_export",          Q.POWER,           "W",    N, (5,), None, None, SOME, True),
    Label("CCAIN-1",   "average_power_export_previous", Q.POWER,           "W",    N, (5,), None, None, SOME, True),
    Label("UMOY1",     "average_voltage_l1",            Q.VOLTAGE,         "V",    N, (3,), 1,    None,  ALWAYS, True),
    Label("UMOY2",     "average_voltage_l2",            Q.VOLTAGE,         "V",    N, (3,), 2,    None,  SOME, True),
    Label("UMOY3",     "average_voltage_l3",            Q.VOLTAGE,         "V",    N, (3,), 3,    None,  SOME, True),
    Label("STGE",      "status_register",               Q.TEXT,            None,   H, (8,)),
    Label("DPM1",      "peak_1_start",                  Q.EVENT,           None,   M, (2,), None, None, WHILE, True),
    Label("FPM1",      "peak_1_end",                    Q.EVENT,           None,   M, (2,), None, None, WHILE, True),
    Label("DPM2",      "peak_2_start",                  Q.EVENT,           None,   M, (2,), None, None, WHILE, True),
    Label("FPM2",      "peak_2_end",                    Q.EVENT,           None,   M, (2,), None, None, WHILE, True),
    Label("DPM3",      "peak_3_start",                  Q.EVENT,           None,   M, (2,), None, None, WHILE, True),
    Label("FPM3",      "peak_3_end",                    Q.EVENT,           None,   M, (2,), None, None, WHILE, True),
    Label("MSG1",      "message_1",                     Q.TEXT,            None,   T, (32,),    None, None, SOME),
    Label("MSG2",      "message_2",                     Q.TEXT,            None,   T, (16,),    None, None, ONCE),
    Label("PRM",       "delivery_point",                Q.TEXT,            None,   D, (14,)),
    Label("RELAIS",    "relays",                        Q.OTHER,           None,   N, (3,)),
    Label("NTARF",     "tariff",                        Q.TARIFF,          None,   N, (2,)),
    Label("NJOURF",    "day_profile",                   Q.OTHER,           None,   N, (2,)),
    Label("NJOURF+1",  "day_profile_tomorrow",          Q.OTHER,           None,   N, (2,)),
    Label("PJOURF+1",  "day_schedule_tomorrow",         Q.TEXT,            None,   S, (98,)),
    Label("PPOINTE",   "day_schedule_peak",             Q.TEXT,            None,   S, (98,),    None, None, WHILE),
)}
# fmt: on
