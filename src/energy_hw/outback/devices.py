"""The devices of a house by what they are: of a snapshot, or live."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Generic, Protocol, TypeVar

from energy_hw.errors import UnknownDevice
from energy_hw.outback.groups import BATTERY_MONITORS, CHARGE_CONTROLLERS, GATEWAY, INVERTERS, SYSTEM, Key


class Named(Protocol):
    """A device, of a snapshot or live."""

    @property
    def name(self) -> str:
        """`charge controller 3`, or `gateway`."""

    @property
    def id(self) -> str:
        """As in a Report."""


T = TypeVar("T")
D = TypeVar("D", bound=Named)


class Ports(Mapping[int, T]):
    """Devices of one kind by the port of the hub; 0 where there is no hub. A port without one: UnknownDevice."""

    def __init__(self, kind: str, devices: Mapping[int, T]) -> None:
        self._kind, self._devices = kind, devices

    def __getitem__(self, port: int) -> T:
        if port not in self._devices:
            there = f"there is one on {', '.join(map(str, self._devices))}" if self._devices else "there is none"
            raise UnknownDevice(f"no {self._kind} on port {port!r}: {there}")
        return self._devices[port]

    def __iter__(self) -> Iterator[int]:
        return iter(self._devices)

    def __len__(self) -> int:
        return len(self._devices)

    def __repr__(self) -> str:
        return f"<{self._kind}s on port {', '.join(map(str, self._devices)) or 'none'}>"


class Devices(Generic[D]):
    """Whatever has a gateway, a system and devices on ports of its hub."""

    __slots__ = ()

    def _by_key(self) -> Mapping[Key, D]:
        """Gateway, system, then those of the hub in the order of their blocks."""
        raise NotImplementedError

    @property
    def devices(self) -> tuple[D, ...]:
        """All of them: gateway, system, then the hub's in the order of their blocks."""
        return tuple(self._by_key().values())

    @property
    def gateway(self) -> D:
        """The controller itself. Raises UnknownDevice where it has no such block."""
        return self._one(GATEWAY, "gateway")

    @property
    def system(self) -> D:
        """What concerns the system as a whole, with its commands. Raises UnknownDevice."""
        return self._one(SYSTEM, "system control")

    @property
    def inverters(self) -> Ports[D]:
        """FX, Radian and FXR, single and split phase, by port."""
        return self._ports("inverter", INVERTERS)

    @property
    def charge_controllers(self) -> Ports[D]:
        """FLEXmax, by port."""
        return self._ports("charge controller", CHARGE_CONTROLLERS)

    @property
    def battery_monitors(self) -> Ports[D]:
        """FLEXnet DC, by port."""
        return self._ports("battery monitor", BATTERY_MONITORS)

    def __getitem__(self, id: str) -> D:
        """The device with this id, as reports have it, or name. Raises UnknownDevice, which names those that are."""
        found = next((device for device in self.devices if id in (device.id, device.name)), None)
        if found is None:
            raise UnknownDevice(f"no device {id!r}: there is {self._there()}")
        return found

    def _one(self, did: int, name: str) -> D:
        found = self._by_key().get((did, None))
        if found is None:
            raise UnknownDevice(f"this controller has no {name} block ({did}), there is {self._there()}")
        return found

    def _ports(self, kind: str, dids: Iterable[int]) -> Ports[D]:
        wanted = set(dids)
        found = {port: device for (did, port), device in self._by_key().items() if did in wanted and port is not None}
        return Ports(kind, dict(sorted(found.items())))

    def _there(self) -> str:
        return ", ".join(device.name for device in self.devices) or "nothing that is known"
