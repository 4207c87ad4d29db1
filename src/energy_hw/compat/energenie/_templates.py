"""Numbers and message templates of Devices. A template is filled in by Message(TEMPLATE, header_sensorid=...).

In the right forms: a device asks to JOIN with a command and is answered with a report (pyenergenie had both as
reports); values have the types that the devices send. Sources: OpenThings 1.02; captured frames.
"""

from __future__ import annotations

import copy
from typing import Any

from energy_hw.compat.energenie._parameters import IDS
from energy_hw.core.message import ENERGENIE, KEYS
from energy_hw.energenie.profiles import PROFILES, Command, by_product

MFRID_ENERGENIE = MFRID = ENERGENIE
CRYPT_PID = KEYS[ENERGENIE]
CRYPT_PIP = 0x0100
"""pyenergenie's only one; what this package sends by itself has a fresh one each time."""
BROADCAST_ID = 0xFFFFFF
PRODUCT_IDS = {f"PRODUCTID_{row.sku}": row.product for row in PROFILES if row.product is not None}
MIHO005, MIHO013 = PRODUCT_IDS["PRODUCTID_MIHO005"], PRODUCT_IDS["PRODUCTID_MIHO013"]

Template = dict[str, Any]


def record(code: str, type_length: int, value: object = None, wr: bool = True) -> dict[str, Any]:
    """A record of `length` bytes; without a value where that is 0."""
    fields = {"wr": wr, "paramid": IDS[code], "typeid": type_length & 0xF0, "length": type_length & 0x0F}
    return fields if type_length & 0x0F == 0 else {**fields, "value": value}


def template(mfrid: int, productid: int, *recs: dict[str, Any]) -> Template:
    """A message to nobody in particular."""
    header = {"mfrid": mfrid, "productid": productid, "encryptPIP": CRYPT_PIP, "sensorid": 0}
    return {"header": header, "recs": list(recs)}


def command(productid: int, code: str, value: object = 0) -> Template:
    """A command as the profile of a product has it. Raises KeyError for one that it does not obey."""
    row: Command | None = profile.command(code) if (profile := by_product(productid)) else None
    if row is None:
        raise KeyError(f"product 0x{productid:02X} does not obey {code}")
    return template(ENERGENIE, productid, record(code, row.type_length, value))


def create_message(message: Template) -> Template:
    """A copy of a template."""
    return copy.deepcopy(message)


SWITCH = command(MIHO005, "SWITCH_STATE")
JOIN_REQ = template(0, 0, record("JOIN", 0x00))
JOIN_ACK = template(0, 0, record("JOIN", 0x00, wr=False))
REGISTERED_SENSOR = template(ENERGENIE, 0)

MIHO005_REPORT = template(
    ENERGENIE,
    MIHO005,
    record("SWITCH_STATE", 0x01, 0, wr=False),
    record("VOLTAGE", 0x01, 0, wr=False),
    record("CURRENT", 0x22, 0.0, wr=False),
    record("FREQUENCY", 0x22, 0.0, wr=False),
    record("REAL_POWER", 0x82, 0, wr=False),
    record("REACTIVE_POWER", 0x82, 0, wr=False),
    record("APPARENT_POWER", 0x82, 0, wr=False),
)

MIHO013_IDENTIFY = command(MIHO013, "IDENTIFY")
MIHO013_EXERCISE = command(MIHO013, "EXERCISE_VALVE")
MIHO013_BATTERY_LEVEL = command(MIHO013, "BATTERY_LEVEL")
MIHO013_DIAGNOSTICS = command(MIHO013, "DIAGNOSTICS")
MIHO013_SET_TEMPERATURE = command(MIHO013, "TEMPERATURE", 0.0)
MIHO013_SET_VALVE_POSITION = command(MIHO013, "VALVE_STATE")
