"""Device ids in all the forms that pyenergenie's programs and registries have.

0x68B  1675  "0x68B"  "1675"                      a MiHome device
3  (None, 3)  (0x6C6C6, 1)  "[822412, 1]"         a green-button device: index, or house code and index
"""

from __future__ import annotations

import logging
from typing import Any

from energy_hw.core.python.ook import GANG_MAX, HOUSE_MAX
from energy_hw.energenie.ook_thing import DEFAULT_HOUSE

logger = logging.getLogger(__name__)

SENSOR_MAX = 0xFFFFFF
BRACKETS = (("(", ")"), ("[", "]"))


def parse_id(device_id: Any) -> Any:
    """A number, or a tuple of numbers and None. Raises ValueError."""
    if isinstance(device_id, int) and not isinstance(device_id, bool):
        return device_id
    if isinstance(device_id, tuple | list):
        return tuple(None if part in (None, "None") else parse_id(part) for part in device_id)
    if isinstance(device_id, str) and device_id.strip():
        return _parse_text(device_id.strip())
    raise ValueError(f"expected a device id such as 0x68B, '1675' or (0x6C6C6, 1), got {device_id!r}")


def _parse_text(text: str) -> Any:
    if (text[0], text[-1]) in BRACKETS:
        return parse_id([part.strip() for part in text[1:-1].split(",") if part.strip()])
    try:
        return int(text, 16 if text.lower().startswith("0x") else 10)
    except ValueError:
        raise ValueError(f"expected a device id in decimal, or hexadecimal with 0x, got {text!r}") from None


def sensor_id(device_id: Any) -> int:
    """The id of a MiHome device, 24 bits. Raises ValueError."""
    number = parse_id(device_id)
    if not isinstance(number, int) or not 0 <= number <= SENSOR_MAX:
        raise ValueError(f"expected a sensor id of 0 to 0x{SENSOR_MAX:X}, got {device_id!r}")
    return number


def ook_id(device_id: Any) -> tuple[int, int]:
    """House code and index of a green-button device; None is socket 1 of the default house. Raises ValueError."""
    parsed = 1 if device_id is None else parse_id(device_id)
    house, index = (None, parsed) if isinstance(parsed, int) else _pair(parsed)
    if index is None or not 0 <= index <= GANG_MAX:
        raise ValueError(f"expected an index of 0 (all) to {GANG_MAX}, got {device_id!r}")
    return DEFAULT_HOUSE if house is None else house, index


def _pair(parsed: tuple[Any, ...]) -> tuple[int | None, int | None]:
    if len(parsed) != 2:
        raise ValueError(f"expected (house code, index), got {parsed!r}")
    return parsed


def house_on_air(house: int) -> int:
    """The 20 bits of a house code that are sent; pyenergenie took longer ones, too."""
    return house & HOUSE_MAX


def warn_of_long(house: int) -> None:
    """Log that a house code is longer than what is sent of it."""
    if house > HOUSE_MAX:
        logger.warning("house code 0x%X has more than 20 bits: it is sent as 0x%05X", house, house_on_air(house))
