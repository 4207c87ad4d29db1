"""pyenergenie's Devices: a class for each product, a factory that finds it by name or number, message templates.

    Devices.ENER002(1)                      socket 1 of the default house code
    Devices.MIHO005(0x68B).turn_on()
    Devices.DeviceFactory.get_device_from_name("eTRV", "0x97F")

Every green-button product is here too (ENER002 to MIHO087): the classes are made from the table of products.
"""

from __future__ import annotations

from collections.abc import KeysView
from typing import Any, ClassVar

from energy_hw.compat.energenie import OnAir, _templates
from energy_hw.compat.energenie._device import Device, EnergenieDevice, MockSwitch, NoReading
from energy_hw.compat.energenie._heating import MIHO013, MIHO069
from energy_hw.compat.energenie._legacy import (
    LEGACY_CLASSES,
    LegacyDevice,
    MiHomeLight,
    MiHomeLightDimmable,
    OOKSwitch,
)
from energy_hw.compat.energenie._mihome import GenericDevice, MiHomeDevice
from energy_hw.compat.energenie._plugs import MIHO004, MIHO005, MIHO006
from energy_hw.compat.energenie._sensors import MIHO032, MIHO033, MIHO089
from energy_hw.compat.energenie._templates import (
    BROADCAST_ID,
    CRYPT_PID,
    CRYPT_PIP,
    JOIN_ACK,
    JOIN_REQ,
    MFRID,
    MFRID_ENERGENIE,
    MIHO005_REPORT,
    MIHO013_BATTERY_LEVEL,
    MIHO013_DIAGNOSTICS,
    MIHO013_EXERCISE,
    MIHO013_IDENTIFY,
    MIHO013_SET_TEMPERATURE,
    MIHO013_SET_VALVE_POSITION,
    REGISTERED_SENSOR,
    SWITCH,
    create_message,
)
from energy_hw.energenie.kvs import FRIENDLY
from energy_hw.energenie.profiles import by_product

__all__ = [
    *LEGACY_CLASSES,
    *_templates.PRODUCT_IDS,
    "BROADCAST_ID",
    "CRYPT_PID",
    "CRYPT_PIP",
    "JOIN_ACK",
    "JOIN_REQ",
    "MFRID",
    "MFRID_ENERGENIE",
    "MIHO004",
    "MIHO005",
    "MIHO005_REPORT",
    "MIHO006",
    "MIHO013",
    "MIHO013_BATTERY_LEVEL",
    "MIHO013_DIAGNOSTICS",
    "MIHO013_EXERCISE",
    "MIHO013_IDENTIFY",
    "MIHO013_SET_TEMPERATURE",
    "MIHO013_SET_VALVE_POSITION",
    "MIHO032",
    "MIHO033",
    "MIHO069",
    "MIHO089",
    "REGISTERED_SENSOR",
    "SWITCH",
    "Device",
    "DeviceFactory",
    "EnergenieDevice",
    "GenericDevice",
    "LegacyDevice",
    "MiHomeDevice",
    "MiHomeLight",
    "MiHomeLightDimmable",
    "MockSwitch",
    "NoReading",
    "OOKSwitch",
    "create_message",
    "fsk_interface",
    "getDescription",
    "hasSwitch",
    "ook_interface",
]

globals().update(LEGACY_CLASSES)
globals().update(_templates.PRODUCT_IDS)

ook_interface: Any = OnAir.TwoBitAirInterface()
fsk_interface: Any = OnAir.OpenThingsAirInterface()
"""What devices send through that were made without an air_interface."""

MIHOME_CLASSES = (MIHO004, MIHO005, MIHO006, MIHO013, MIHO032, MIHO033, MIHO069, MIHO089)


def _by_name() -> dict[str, type[Device]]:
    """Each class under its SKU, and under its friendly name."""
    skus: dict[str, type[Device]] = {kind.__name__: kind for kind in MIHOME_CLASSES} | dict(LEGACY_CLASSES)
    friendly = {name: skus[sku] for name, sku in FRIENDLY.items()}
    return {**skus, **friendly, "MockSwitch": MockSwitch}


class DeviceFactory:
    """Devices by name or by product id.

    Thread safety: call from any thread.
    """

    device_from_name: ClassVar[dict[str, type[Device]]] = _by_name()
    device_from_id: ClassVar[dict[int, type[Device]]] = {kind.product: kind for kind in MIHOME_CLASSES}
    default_air_interface: ClassVar[Any] = None

    @staticmethod
    def set_default_air_interface(air_interface: Any) -> None:
        """What devices of this factory send through from now on."""
        DeviceFactory.default_air_interface = air_interface

    @staticmethod
    def keys() -> KeysView[str]:
        """Names that get_device_from_name() knows."""
        return DeviceFactory.device_from_name.keys()

    @staticmethod
    def get_device_from_name(name: str, device_id: Any = None, air_interface: Any = None, **kwargs: Any) -> Any:
        """A new device, by SKU or friendly name. Raises ValueError for a name or an id that is none."""
        if name not in DeviceFactory.device_from_name:
            raise ValueError(f"expected the name of a device such as MIHO005 or AdaptorPlus, got {name!r}")
        interface = DeviceFactory.default_air_interface if air_interface is None else air_interface
        return DeviceFactory.device_from_name[name](device_id, interface, **kwargs)

    @staticmethod
    def get_device_from_id(id: int, device_id: Any = None, air_interface: Any = None) -> Any:
        """A new MiHome device, by product id; of an unknown product a GenericDevice. Raises ValueError for an id."""
        interface = DeviceFactory.default_air_interface if air_interface is None else air_interface
        kind = DeviceFactory.device_from_id.get(id)
        return GenericDevice(device_id, interface, product_id=id) if kind is None else kind(device_id, interface)


def getDescription(mfrid: int, productid: int) -> str:
    """Manufacturer and product in words."""
    profile = by_product(productid) if mfrid == MFRID else None
    maker = "Energenie" if mfrid == MFRID else f"UNKNOWN_{mfrid:#x}"
    return f"Manufacturer:{maker} Product:{profile.model if profile else f'UNKNOWN_{productid:#x}'}"


def hasSwitch(mfrid: int, productid: int) -> bool:
    """Whether a MiHome product switches its load."""
    profile = by_product(productid) if mfrid == MFRID else None
    return profile is not None and profile.command("SWITCH_STATE") is not None
