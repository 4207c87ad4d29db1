"""mate3's `mate3.api`: mate3_connection of 0.4, Mate3Client of 0.6."""

from __future__ import annotations

from typing import Any

from energy_hw.compat.mate3._client_04 import Mate3, Mate3Factory, mate3_connection
from energy_hw.compat.mate3._client_06 import Mate3Client
from energy_hw.compat.mate3.base_parser import Field, Mode
from energy_hw.compat.mate3.base_structures import Device, get_parser
from energy_hw.compat.mate3.devices import DeviceValues
from energy_hw.compat.mate3.exceptions import NoParserFoundForDevice
from energy_hw.compat.mate3.field_values import FieldValue

AnyBlock = Any

__all__ = [
    "AnyBlock",
    "Device",
    "DeviceValues",
    "Field",
    "FieldValue",
    "Mate3",
    "Mate3Client",
    "Mate3Factory",
    "Mode",
    "NoParserFoundForDevice",
    "get_parser",
    "mate3_connection",
]
