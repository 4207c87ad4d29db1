"""From the message of one frame to the Report that the rest of the package knows.

    Message + RSSI  ->  Report(device "energenie:2:0x000373", readings one per record, then the link's)

A record with the command bit is what somebody asks of the device, not what the device says:
its reading has the name of the parameter with `_command` behind. Events (JOIN, WAKEUP) keep
theirs. A request, and an event without data, has the value None.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from energy_hw.core.interface import ReceivedFrame
from energy_hw.core.message import ENERGENIE, Message, Record
from energy_hw.energenie.parameters import BATTERY_VOLTAGE, PARAMETERS, Parameter, parameter
from energy_hw.energenie.profiles import BATTERY, by_product
from energy_hw.reading import Quantity, Reading, Readings, Report, Value

SWITCH_STATE, MOTION_DETECTOR, DOOR_SENSOR, VOLTAGE = 0x73, 0x6D, 0x64, 0x76
BINARY = frozenset((SWITCH_STATE, MOTION_DETECTOR, DOOR_SENSOR))


def device_id(manufacturer: int, product: int, sensor: int) -> str:
    """`energenie:2:0x000373`; of another manufacturer `openhems:22:2:0x000373`."""
    maker = "energenie" if manufacturer == ENERGENIE else f"openhems:{manufacturer}"
    return f"{maker}:{product}:0x{sensor:06X}"


def model_name(manufacturer: int, product: int) -> str:
    """`MIHO005 Smart Plug+`, or what is known of an unknown one."""
    if manufacturer != ENERGENIE:
        return f"OpenHEMS manufacturer 0x{manufacturer:02X}, product 0x{product:02X}"
    profile = by_product(product)
    return profile.model if profile else f"unknown product 0x{product:02X}"


def to_report(message: Message, frame: ReceivedFrame | None, received: datetime, raw: bytes) -> Report:
    """The report of a message; its readings are built when first asked for.

    frame: the radio's word on the frame, None if it did not come from a radio.
    """
    return Report(
        source="energenie",
        device=device_id(message.manufacturer, message.product, message.sensor),
        model=model_name(message.manufacturer, message.product),
        time=None,
        received=received,
        integrity="crc",
        raw=raw,
        build=partial(_readings, message, frame),
    )


def _readings(message: Message, frame: ReceivedFrame | None) -> Readings:
    on_battery = is_battery_powered(message.manufacturer, message.product)
    return tuple(_reading(record, on_battery) for record in message.records) + _link_readings(frame)


def is_battery_powered(manufacturer: int, product: int) -> bool:
    """Whether VOLTAGE of this product is that of its battery."""
    profile = by_product(product) if manufacturer == ENERGENIE else None
    return profile is not None and profile.power == BATTERY


def _reading(record: Record, on_battery: bool) -> Reading:
    row = BATTERY_VOLTAGE if on_battery and record.parameter == VOLTAGE else parameter(record.parameter)
    return Reading(
        row.code,
        _name(row, record),
        row.quantity,
        _value(record),
        row.unit,
        phase=row.phase,
        channel=record.index or None,
    )


def _name(row: Parameter, record: Record) -> str:
    return f"{row.name}_command" if record.command and row.quantity is not Quantity.EVENT else row.name


def _value(record: Record) -> Value:
    """As sent; 0 and 1 of a binary parameter are False and True."""
    if record.parameter in BINARY and isinstance(record.value, int) and record.value in (0, 1):
        return bool(record.value)
    return record.value


def _link_readings(frame: ReceivedFrame | None) -> Readings:
    if frame is None:
        return ()
    strength = Reading("RSSI", "rssi", Quantity.SIGNAL_STRENGTH, Decimal(str(frame.rssi_dbm)), "dBm")
    if frame.frequency_error_hz is None:
        return (strength,)
    error = Reading("FREQUENCY_ERROR", "frequency_error", Quantity.FREQUENCY, frame.frequency_error_hz, "Hz")
    return strength, error


def to_pydict(message: Message) -> dict[str, Any]:
    """The message in the shape of pyenergenie's OpenThings.decode(), for code written for it.

    A record without data has neither `valuebytes` nor `value`; typeid is the type nibble << 4.
    """
    return {
        "type": "OK",
        "header": {
            "mfrid": message.manufacturer,
            "productid": message.product,
            "encryptPIP": message.pip,
            "sensorid": message.sensor,
        },
        "recs": [_record_dict(record) for record in message.records],
    }


def _record_dict(record: Record) -> dict[str, Any]:
    row = PARAMETERS.get(record.parameter)
    fields: dict[str, Any] = {
        "wr": record.command,
        "paramid": record.parameter,
        "paramname": row.code if row else f"UNKNOWN_{record.parameter:#x}",
        "paramunit": (row.unit or "") if row else "UNKNOWN_UNIT",
        "typeid": record.type << 4,
        "length": len(record.data),
    }
    if record.data:
        value = float(record.value) if isinstance(record.value, Decimal) else record.value
        fields |= {"valuebytes": list(record.data), "value": value}
    return fields
