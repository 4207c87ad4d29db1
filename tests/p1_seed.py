"""The telegram behind the example in dsmrRESTServer's README, and that example.

The README shows what the server said; the telegram that says it is written here after DSMR P1 companion standard
5.0.2, with voltages, which dsmrRESTServer left out.
"""

from __future__ import annotations

import json
from typing import Any

from p1_server import crc_of_text

_LINES = r"""/ISK5\2M550T-1012

1-3:0.2.8(50)
0-0:1.0.0(200927202614S)
0-0:96.1.1(1234567890123456789012345678901234)
1-0:1.8.1(003466.018*kWh)
1-0:1.8.2(004076.197*kWh)
1-0:2.8.1(000341.672*kWh)
1-0:2.8.2(000757.504*kWh)
0-0:96.14.0(0001)
1-0:1.7.0(00.355*kW)
1-0:2.7.0(00.000*kW)
0-0:96.7.21(00004)
0-0:96.7.9(00003)
1-0:99.97.0(1)(0-0:96.7.19)(181203192015W)(0000009884*s)
1-0:32.32.0(00011)
1-0:52.32.0(00008)
1-0:72.32.0(00011)
1-0:32.36.0(00001)
1-0:52.36.0(00001)
1-0:72.36.0(00001)
0-0:96.13.0()
1-0:32.7.0(231.0*V)
1-0:52.7.0(232.5*V)
1-0:72.7.0(230.9*V)
1-0:31.7.0(000*A)
1-0:51.7.0(002*A)
1-0:71.7.0(000*A)
1-0:21.7.0(00.000*kW)
1-0:41.7.0(00.346*kW)
1-0:61.7.0(00.010*kW)
1-0:22.7.0(00.000*kW)
1-0:42.7.0(00.000*kW)
1-0:62.7.0(00.000*kW)
0-1:24.1.0(003)
0-1:96.1.0(4730303332353635353135323133393137)
0-1:24.2.1(200927202504S)(03297.485*m3)
!"""
_TEXT = _LINES.replace("\n", "\r\n")
SEED_TELEGRAM = f"{_TEXT}{crc_of_text(_TEXT):04X}\r\n".encode()


def _value(value: Any, unit: str | None = None) -> dict[str, Any]:
    return {"value": value, "unit": unit}


_README = {
    "p1MessageHeader": _value("50"),
    "p1MessageTimestamp": _value("2020-09-27T20:26:14+02:00"),
    "equipmentIdentifier": _value("1234567890123456789012345678901234"),
    "electricityUsedTariff1": _value(3466.018, "kWh"),
    "electricityUsedTariff2": _value(4076.197, "kWh"),
    "electricityDeliveredTariff1": _value(341.672, "kWh"),
    "electricityDeliveredTariff2": _value(757.504, "kWh"),
    "electricityActiveTariff": _value("0001"),
    "currentElectricityUsage": _value(0.355, "kW"),
    "currentElectricityDelivery": _value(0.0, "kW"),
    "shortPowerFailureCount": _value(4),
    "longPowerFailureCount": _value(3),
    "powerEventFailureLog": {
        "buffer_length": 1,
        "buffer_type": "0-0:96.7.19",
        "buffer": [{"datetime": "2018-12-03T19:20:15+01:00", "value": 9884, "unit": "s"}],
    },
    "voltageSagL1Count": _value(11),
    "voltageSagL2Count": _value(8),
    "voltageSagL3Count": _value(11),
    "voltageSwellL1Count": _value(1),
    "voltageSwellL2Count": _value(1),
    "voltageSwellL3Count": _value(1),
    "textMessage": _value(None),
    "deviceType": _value(3),
    "instantaneousCurrentL1": _value(0.0, "A"),
    "instantaneousCurrentL2": _value(2.0, "A"),
    "instantaneousCurrentL3": _value(0.0, "A"),
    "instantaneousActivePowerL1Positive": _value(0.0, "kW"),
    "instantaneousActivePowerL2Positive": _value(0.346, "kW"),
    "instantaneousActivePowerL3Positive": _value(0.01, "kW"),
    "instantaneousActivePowerL1Negative": _value(0.0, "kW"),
    "instantaneousActivePowerL2Negative": _value(0.0, "kW"),
    "instantaneousActivePowerL3Negative": _value(0.0, "kW"),
    "equipmentIdentifierGas": _value("4730303332353635353135323133393137"),
    "hourlyGasMeterReading": {"datetime": "2020-09-27T20:25:04+02:00", "value": 3297.485, "unit": "m3"},
}
SEED = json.dumps(_README, indent=3) + "\n"
"""Byte for byte what the README shows, and the line end that the server writes."""
VOLTAGES = {f"instantaneousVoltageL{n}": _value(volts, "V") for n, volts in ((1, 231.0), (2, 232.5), (3, 230.9))}
