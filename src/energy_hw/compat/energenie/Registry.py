"""pyenergenie's Registry: devices by name, kept in registry.kvs; routers and discovery.

The file is registry.kvs beside the program, where pyenergenie has it; $ENERGY_HW_KVS or init(registry=...) name
another. Interactively it is the one in the current folder.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from energy_hw.compat.energenie import Devices
from energy_hw.compat.energenie._discovery import (
    AutoDiscovery,
    ConfirmedDiscovery,
    Discovery,
    JoinAutoDiscovery,
    JoinConfirmedDiscovery,
)
from energy_hw.compat.energenie._message import as_pydict
from energy_hw.compat.energenie._router import Router
from energy_hw.compat.energenie.KVS import KVS, NotPersistableError
from energy_hw.energenie.registry_toml import Entry, suggest
from energy_hw.errors import ConfigError, UnknownDevice

__all__ = [
    "AutoDiscovery",
    "ConfirmedDiscovery",
    "DeviceRegistry",
    "Discovery",
    "JoinAutoDiscovery",
    "JoinConfirmedDiscovery",
    "Router",
    "default_path",
    "directory",
    "get_info",
    "get_sensorids",
    "size",
    "update",
]

logger = logging.getLogger(__name__)

FILENAME = "registry.kvs"


def default_path() -> Path:
    """$ENERGY_HW_KVS, else registry.kvs in the folder of the program, else in the current one."""
    named = os.environ.get("ENERGY_HW_KVS")
    if named:
        return Path(named)
    program = getattr(sys.modules.get("__main__"), "__file__", None)
    return (Path(program).resolve().parent if program else Path.cwd()) / FILENAME


class DeviceRegistry:
    """Devices by name. filename: None keeps them in memory until load_from().

    A device that is added is routed to at once. Iterating gives names; len() and `in` work.

    Thread safety: one thread changes it; the hub's may ask for entries().
    """

    DEFAULT_FILENAME = FILENAME

    def __init__(self, filename: str | os.PathLike[str] | None = None) -> None:
        self.store = KVS(filename)
        self.fsk_router: Router | None = None
        self.ook_router: Router | None = None

    def set_fsk_router(self, fsk_router: Router | None) -> None:
        """Where MiHome devices are routed."""
        self.fsk_router = fsk_router

    def set_ook_router(self, ook_router: Router | None) -> None:
        """Where green-button devices are routed."""
        self.ook_router = ook_router

    def load_from(self, filename: str | os.PathLike[str] | None = None) -> None:
        """Forget everything, and read a file, to which changes are then written.

        Records of devices that nobody knows are logged and stay in the file. Raises OSError, or ConfigError with the
        line that is wrong.
        """
        self.store = KVS()
        self.store.load(FILENAME if filename is None else filename, Devices.DeviceFactory.get_device_from_name)
        for device in self.devices():
            self._route(device)

    def load_into(self, context: Any) -> None:
        """Make a variable for each device in a module, an object or a dict. Raises ValueError for None."""
        if context is None:
            raise ValueError("expected a module or an object to hold the variables, got None")
        for name in self.names():
            if isinstance(context, dict):
                context[name] = self.get(name)
            else:
                setattr(context, name, self.get(name))

    def add(self, device: Any, name: str) -> None:
        """Register a device. One that cannot be kept in a file is kept in memory, and that is logged.

        Raises ConfigError for a name that is none, or if the file cannot be written; it is in memory then.
        """
        try:
            self.store[name] = device
        except NotPersistableError as error:
            logger.info("%s: %s", name, error)
        finally:
            if name in self.store:
                self._route(device)

    def get(self, name: str) -> Any:
        """A device by name. Raises UnknownDevice, a KeyError, that suggests what may have been meant."""
        if name not in self.store:
            raise UnknownDevice(f"no device is named {name!r}{suggest(name, self.names())}")
        device = self.store[name]
        self._route(device)
        return device

    def rename(self, old_name: str, new_name: str) -> None:
        """Give a device another name. Raises UnknownDevice, or ConfigError if that is taken."""
        device = self.get(old_name)
        if new_name in self.store:
            raise ConfigError(f"{new_name!r} is the name of {self.store[new_name]!r}: choose another")
        self.add(device, new_name)
        del self.store[old_name]

    def delete(self, name: str) -> None:
        """Forget a device; messages of it are those of an unknown one then. Raises UnknownDevice."""
        device = self.get(name)
        del self.store[name]
        if not any(other is device for other in self.devices()):
            for router in filter(None, (self.fsk_router, self.ook_router)):
                router.remove(device)

    def list(self) -> None:
        """Print name and device of each."""
        print("\n".join(["REGISTERED DEVICES:", *(f"  {name} -> {self.store[name]!r}" for name in self.names())]))

    def size(self) -> int:
        """How many devices."""
        return self.store.size()

    def devices(self) -> Iterator[Any]:
        """Each device; changing the registry meanwhile does no harm."""
        return iter([device for _, device in self.store.items()])

    def names(self) -> Iterator[str]:
        """Each name; changing the registry meanwhile does no harm."""
        return iter([name for name, _ in self.store.items()])

    def __iter__(self) -> Iterator[str]:
        return self.names()

    def __len__(self) -> int:
        return self.size()

    def __contains__(self, name: object) -> bool:
        return name in self.store

    def _route(self, device: Any) -> None:
        if isinstance(device, Devices.MiHomeDevice) and self.fsk_router is not None:
            self.fsk_router.add(device.address, device)
        if isinstance(device, Devices.LegacyDevice) and self.ook_router is not None:
            self.ook_router.add(device.device_id, device)

    # -- for the hub -------------------------------------------------------

    def entries(self) -> Any:
        """What has a name, as the hub knows devices."""
        entries = [device.entry(name) for name, device in self.store.items() if isinstance(device, Devices.Device)]
        return [entry for entry in entries if entry is not None]

    def add_entry(self, entry: Entry) -> None:
        """Register a device that the hub took in. Raises ConfigError."""
        name = entry.name.replace(" ", "_")
        if entry.ook is None:
            device = Devices.DeviceFactory.get_device_from_id(entry.product or 0, entry.sensor)
        else:
            device = Devices.DeviceFactory.get_device_from_name(entry.model or "ENER002", tuple(entry.ook))
        self.add(device, name)


# -- the directory of pyenergenie's first year -----------------------------------

directory: dict[int, dict[str, Any]] = {}
"""Sensor id -> header and time of who was heard."""
MOST = 4096


def update(message: Any) -> None:
    """Note who sent a message."""
    header = as_pydict(message)["header"]
    if header["sensorid"] not in directory and len(directory) >= MOST:
        del directory[next(iter(directory))]
    directory[header["sensorid"]] = {"header": header, "time": time.time()}


def size() -> int:
    """How many were heard."""
    return len(directory)


def get_sensorids() -> Any:
    """Their sensor ids."""
    return directory.keys()


def get_info(sensor_id: int) -> dict[str, Any]:
    """Header and time of one. Raises KeyError."""
    return directory[sensor_id]
