"""The names under which users of dsmr_parser and of dsmrRESTServer know the objects.

    code      C.D.E with any A-B; `n:` in front: of an M-Bus channel alone; `0:` never of one; or all of A-B:C.D.E
    attribute dsmr_parser's name; that of dsmrRESTServer is made of it, see seed_name()
    form      how the value is written, see dicts.py
    specs     the specifications of dsmr_parser that have it: 2 DSMR 2.2 and 3, 4 DSMR 4, 5 DSMR 5, B Belgium,
              L Luxembourg, M the same encrypted, S Sweden, H Hungary, A Austria, I Iskra, Q Q3D

The rows with a 4 are in the order of dsmrRESTServer's output; of a row with L1 those for L2 and L3 follow.
Sources: dsmr_parser 1.11.2, telegram_specifications.py and obis_references.py; dsmrRESTServer.py. `TRESHOLD` is theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from typing import NamedTuple


class Form(StrEnum):
    """How dsmr_parser writes a value in JSON."""

    NUMBER = "number"
    INT = "int"
    STR = "str"
    TYPE = "type"
    """An int, but a str under DSMR 2.2 and in the specifications of Hungary and Iskra."""
    CODE = "code"
    """An int; a str where it is none, on which dsmr_parser gives up."""
    TIME = "time"
    MBUS = "mbus"
    MBUS_OLD = "mbus 3.0"
    PEAKS = "peaks"
    LOG = "log"


class Name(NamedTuple):
    """One row."""

    code: str
    attribute: str
    form: Form
    specs: str


F, N, S = Form.NUMBER, Form.INT, Form.STR
ACTIVE, REACTIVE = "INSTANTANEOUS_ACTIVE_POWER", "INSTANTANEOUS_REACTIVE_POWER"
VAR_IN, VAR_OUT = "ELECTRICITY_REACTIVE_IMPORTED", "ELECTRICITY_REACTIVE_EXPORTED"

# fmt: off
PATTERNS = (
    #    code           attribute                                   form           specs
    Name("1-3:0.2.8",   "P1_MESSAGE_HEADER",                        S,             "45LMSA"),
    Name("1.0.0",       "P1_MESSAGE_TIMESTAMP",                     Form.TIME,     "45BLMSHAI"),
    Name("0:96.1.1",    "EQUIPMENT_IDENTIFIER",                     S,             "245LMI"),
    Name("1.8.1",       "ELECTRICITY_USED_TARIFF_1",                F,             "245BLMHAI"),
    Name("1.8.2",       "ELECTRICITY_USED_TARIFF_2",                F,             "245BLMHAI"),
    Name("2.8.1",       "ELECTRICITY_DELIVERED_TARIFF_1",           F,             "245BLMHAI"),
    Name("2.8.2",       "ELECTRICITY_DELIVERED_TARIFF_2",           F,             "245BLMHAI"),
    Name("96.14.0",     "ELECTRICITY_ACTIVE_TARIFF",                S,             "245BLMHI"),
    Name("1.7.0",       "CURRENT_ELECTRICITY_USAGE",                F,             "245BLMSHAIQ"),
    Name("2.7.0",       "CURRENT_ELECTRICITY_DELIVERY",             F,             "245BLMSHAIQ"),
    Name("96.7.21",     "SHORT_POWER_FAILURE_COUNT",                N,             "45LM"),
    Name("96.7.9",      "LONG_POWER_FAILURE_COUNT",                 N,             "45LM"),
    Name("99.97.0",     "POWER_EVENT_FAILURE_LOG",                  Form.LOG,      "45LM"),
    Name("32.32.0",     "VOLTAGE_SAG_L1_COUNT",                     N,             "45LM"),
    Name("32.36.0",     "VOLTAGE_SWELL_L1_COUNT",                   N,             "45LM"),
    Name("32.7.0",      "INSTANTANEOUS_VOLTAGE_L1",                 F,             "5BLMSHI"),
    Name("96.13.1",     "TEXT_MESSAGE_CODE",                        Form.CODE,     "24"),
    Name("96.13.0",     "TEXT_MESSAGE",                             S,             "245BLMHI"),
    Name("n:24.1.0",    "DEVICE_TYPE",                              Form.TYPE,     "24"),
    Name("31.7.0",      "INSTANTANEOUS_CURRENT_L1",                 F,             "45BLMSHI"),
    Name("21.7.0",      f"{ACTIVE}_L1_POSITIVE",                    F,             "45BLMSIQ"),
    Name("22.7.0",      f"{ACTIVE}_L1_NEGATIVE",                    F,             "45BLMSI"),
    Name("n:96.1.0",    "EQUIPMENT_IDENTIFIER_GAS",                 S,             "24I"),
    Name("n:24.2.1",    "HOURLY_GAS_METER_READING",                 Form.MBUS,     "4"),
    Name("n:24.3.0",    "GAS_METER_READING",                        Form.MBUS_OLD, "2"),
    Name("n:24.4.0",    "VALVE_POSITION_GAS",                       S,             "2"),
    Name("0:96.3.10",   "ACTUAL_SWITCH_POSITION",                   Form.TYPE,     "2BMHI"),
    Name("17.0.0",      "ACTUAL_TRESHOLD_ELECTRICITY",              F,             "2BMH"),
    Name("96.1.4",      "BELGIUM_VERSION_INFORMATION",              S,             "B"),
    Name("0:96.1.1",    "BELGIUM_EQUIPMENT_IDENTIFIER",             S,             "B"),
    Name("1.4.0",       "BELGIUM_CURRENT_AVERAGE_DEMAND",           F,             "B"),
    Name("1.6.0",       "BELGIUM_MAXIMUM_DEMAND_MONTH",             Form.MBUS,     "B"),
    Name("98.1.0",      "BELGIUM_MAXIMUM_DEMAND_13_MONTHS",         Form.PEAKS,    "B"),
    Name("1-0:31.4.0",  "FUSE_THRESHOLD_L1",                        F,             "BH"),
    Name("1-0:51.4.0",  "FUSE_THRESHOLD_L2",                        F,             "H"),
    Name("1-0:71.4.0",  "FUSE_THRESHOLD_L3",                        F,             "H"),
    Name("42.0.0",      "LUXEMBOURG_EQUIPMENT_IDENTIFIER",          S,             "LM"),
    Name("42.0.0",      "COSEM_LOGICAL_DEVICE_NAME",                S,             "H"),
    Name("0:96.1.0",    "EQUIPMENT_SERIAL_NUMBER",                  S,             "H"),
    Name("1.8.0",       "ELECTRICITY_IMPORTED_TOTAL",               F,             "5LMSHAQ"),
    Name("2.8.0",       "ELECTRICITY_EXPORTED_TOTAL",               F,             "LMSHAQ"),
    Name("1.8.3",       "ELECTRICITY_USED_TARIFF_3",                F,             "H"),
    Name("1.8.4",       "ELECTRICITY_USED_TARIFF_4",                F,             "H"),
    Name("2.8.3",       "ELECTRICITY_DELIVERED_TARIFF_3",           F,             "H"),
    Name("2.8.4",       "ELECTRICITY_DELIVERED_TARIFF_4",           F,             "H"),
    Name("3.8.0",       f"{VAR_IN}_TOTAL",                          F,             "MSHA"),
    Name("3.8.1",       f"{VAR_IN}_TARIFF_1",                       F,             "A"),
    Name("3.8.2",       f"{VAR_IN}_TARIFF_2",                       F,             "A"),
    Name("4.8.0",       f"{VAR_OUT}_TOTAL",                         F,             "MSHA"),
    Name("4.8.1",       f"{VAR_OUT}_TARIFF_1",                      F,             "A"),
    Name("4.8.2",       f"{VAR_OUT}_TARIFF_2",                      F,             "A"),
    Name("5.8.0",       "ELECTRICITY_REACTIVE_TOTAL_Q1",            F,             "H"),
    Name("6.8.0",       "ELECTRICITY_REACTIVE_TOTAL_Q2",            F,             "H"),
    Name("7.8.0",       "ELECTRICITY_REACTIVE_TOTAL_Q3",            F,             "H"),
    Name("8.8.0",       "ELECTRICITY_REACTIVE_TOTAL_Q4",            F,             "H"),
    Name("15.8.0",      "ELECTRICITY_COMBINED",                     F,             "H"),
    Name("3.7.0",       "CURRENT_REACTIVE_IMPORTED",                F,             "MA"),
    Name("4.7.0",       "CURRENT_REACTIVE_EXPORTED",                F,             "MA"),
    Name("5.7.0",       f"{REACTIVE}_Q1",                           F,             "H"),
    Name("6.7.0",       f"{REACTIVE}_Q2",                           F,             "H"),
    Name("7.7.0",       f"{REACTIVE}_Q3",                           F,             "H"),
    Name("8.7.0",       f"{REACTIVE}_Q4",                           F,             "H"),
    Name("23.7.0",      f"{REACTIVE}_L1_POSITIVE",                  F,             "MS"),
    Name("24.7.0",      f"{REACTIVE}_L1_NEGATIVE",                  F,             "MS"),
    Name("9.7.0",       "MSN_INSTANTANEOUS_APPARENT_POWER_POSITIVE", F,            "M"),
    Name("10.7.0",      "MSN_INSTANTANEOUS_APPARENT_POWER_NEGATIVE", F,            "M"),
    Name("1-1:31.4.0",  "MSN_CT_RATIO",                             N,             "M"),
    Name("n:96.3.10",   "MSN_MBUS_SWITCH_POSITION",                 N,             "M"),
    Name("n:96.3.10",   "ACTUAL_SWITCH_POSITION",                   Form.TYPE,     "2BMHI"),
    Name("96.13.2",     "MSN_TEXT_MESSAGE_2",                       S,             "M"),
    Name("96.13.3",     "MSN_TEXT_MESSAGE_3",                       S,             "M"),
    Name("96.13.4",     "MSN_TEXT_MESSAGE_4",                       S,             "M"),
    Name("96.13.5",     "MSN_TEXT_MESSAGE_5",                       S,             "M"),
    Name("13.7.0",      "INSTANTANEOUS_POWER_FACTOR_TOTAL",         F,             "H"),
    Name("33.7.0",      "INSTANTANEOUS_POWER_FACTOR_L1",            F,             "H"),
    Name("14.7.0",      "FREQUENCY",                                F,             "H"),
    Name("0.0.0",       "Q3D_EQUIPMENT_IDENTIFIER",                 S,             "Q"),
    Name("96.5.5",      "Q3D_EQUIPMENT_STATE",                      S,             "Q"),
    Name("96.1.255",    "Q3D_EQUIPMENT_SERIALNUMBER",               S,             "Q"),
    Name("n:24.1.0",    "MBUS_DEVICE_TYPE",                         N,             "5BLM"),
    Name("n:96.1.0",    "MBUS_EQUIPMENT_IDENTIFIER",                S,             "5BLM"),
    Name("n:96.1.1",    "MBUS_EQUIPMENT_IDENTIFIER",                S,             "5BLM"),
    Name("n:24.4.0",    "MBUS_VALVE_POSITION",                      N,             "5BLM"),
    Name("n:24.2.1",    "MBUS_METER_READING",                       Form.MBUS,     "5BLM"),
    Name("n:24.2.3",    "MBUS_METER_READING",                       Form.MBUS,     "5BLM"),
)
# fmt: on


def _expand(row: Name) -> Iterator[Name]:
    """A row with L1 stands for three: C of L2 is C of L1 plus 20, that of L3 plus 40."""
    yield row
    if "_L1" in row.attribute and "FUSE" not in row.attribute:
        c, _, rest = row.code.partition(".")
        for phase in (2, 3):
            code, attribute = f"{int(c) + 20 * (phase - 1)}.{rest}", row.attribute.replace("_L1", f"_L{phase}")
            yield row._replace(code=code, attribute=attribute)


NAMES = tuple(row for pattern in PATTERNS for row in _expand(pattern))


@cache
def seed_name(attribute: str) -> str:
    """dsmrRESTServer's name: `ELECTRICITY_USED_TARIFF_1` is `electricityUsedTariff1`, `Q3D_..` is `q3D..`."""
    joined = "".join(re.split("[_-]+", attribute.replace("_", " ").title().replace(" ", "_")))
    return joined[0].lower() + joined[1:]
