"""Devices of a controller that is being read: an attribute is what the newest read found, assigning it writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

from energy_hw.outback.device import Device
from energy_hw.outback.groups import KINDS, OF_THE_GATEWAY, Key
from energy_hw.outback.points import Points, names_of, of_settings
from energy_hw.outback.tables import model
from energy_hw.outback.values import PointValue


class Owner(Protocol):
    """Who reads and writes for a live device: Mate3."""

    def held(self, key: Key, settings: bool = False) -> Device:
        """The device as the newest read found it; reads if that did not, or not its settings. Raises UnknownDevice."""

    def peek(self, key: Key) -> Device | None:
        """The same without reading."""

    def refresh(self, key: Key) -> Device:
        """Read it and its settings now."""

    def read_point(self, key: Key, name: str, settings: bool = False) -> PointValue:
        """Read one point now; settings: one of these."""

    def write(self, key: Key, name: str, value: object) -> object:
        """Write it, checked and confirmed. Raises CommandError."""


class LivePoints(Points):
    """What live devices and their settings have in common."""

    __slots__ = ("_key", "_owner")

    _key: Key
    _owner: Owner

    def __init__(self, owner: Owner, key: Key) -> None:
        object.__setattr__(self, "_owner", owner)
        object.__setattr__(self, "_key", key)

    def read(self, name: str) -> PointValue:
        """This point, read now in one request. Raises UnknownPoint, LinkError or ProtocolError."""
        return self._owner.read_point(self._key, name, isinstance(self, LiveSettings))

    def __setattr__(self, name: str, value: object) -> None:
        """Write it. Raises AttributeError for what is no point, CommandError for what may not be written."""
        if name not in self._every_name():
            raise AttributeError(self._unknown(name))
        self._owner.write(self._key, name, value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LivePoints) or type(other) is not type(self):
            return NotImplemented
        return self._owner is other._owner and self._key == other._key

    def __hash__(self) -> int:
        return hash((type(self), id(self._owner), self._key))


class LiveSettings(LivePoints):
    """The settings of a live device. Assigning one writes it to the controller: checked, confirmed, journaled."""

    __slots__ = ()

    @property
    def name(self) -> str:
        return f"{_name(self._key)}.settings"

    @property
    def time(self) -> datetime | None:
        """When they were read."""
        return self._owner.held(self._key, settings=True).settings.time

    def _values(self) -> Mapping[str, PointValue]:
        return self._owner.held(self._key, settings=True).settings._values()

    def _names(self) -> Iterable[str]:
        device = self._owner.peek(self._key)
        return (device and device.settings._names()) or self._every_name()

    def _every_name(self) -> Iterable[str]:
        return _settings_names(self._key)

    def __repr__(self) -> str:
        device = self._owner.peek(self._key)
        return repr(device.settings) if device else f"<{self.name}, not read>"


class LiveDevice(LivePoints):
    """A device on a port of the hub, or the gateway or system itself: whatever stands there now.

    Attributes are values of the newest read, be it the poll's or one's own; the first one reads by itself. What is
    written goes to the device that was read by this program, or nowhere: another one on its port is refused.

    Thread safety: call from any thread.
    """

    __slots__ = ()

    @property
    def name(self) -> str:
        """`charge controller 3`, or `gateway`."""
        return _name(self._key)

    @property
    def kind(self) -> str:
        """`gateway`, `system`, `inverter`, `charge controller` or `battery monitor`."""
        return KINDS[self._key[0]]

    @property
    def did(self) -> int:
        return self._key[0]

    @property
    def port(self) -> int | None:
        """Of the hub; 0 without one, None for gateway and system."""
        return self._key[1]

    @property
    def id(self) -> str:
        """As in a Report."""
        return self._owner.held(self._key).id

    @property
    def model(self) -> str:
        return self._owner.held(self._key, settings=True).model

    @property
    def serial(self) -> str | None:
        """As the device says it; None where it is empty."""
        return self._owner.held(self._key, settings=True).serial

    @property
    def firmware(self) -> str | None:
        """As `1.4.2`; None where the device does not say."""
        return self._owner.held(self._key, settings=True).firmware

    @property
    def time(self) -> datetime | None:
        """When its values were read."""
        return self._owner.held(self._key).time

    @property
    def settings(self) -> LiveSettings:
        return LiveSettings(self._owner, self._key)

    def refresh(self) -> Device:
        """Read the device and its settings now; they, as an immutable snapshot."""
        return self._owner.refresh(self._key)

    def _values(self) -> Mapping[str, PointValue]:
        return self._owner.held(self._key)._values()

    def _names(self) -> Iterable[str]:
        device = self._owner.peek(self._key)
        return (device and device._names()) or self._every_name()

    def _every_name(self) -> Iterable[str]:
        device = self._owner.peek(self._key)
        dids = device.dids if device else OF_THE_GATEWAY[:2] if self._key[0] in OF_THE_GATEWAY else self._key[:1]
        return names_of(dids).values()

    def _unknown(self, name: str) -> str:
        is_setting = name in _settings_names(self._key) and name not in self._every_name()
        return of_settings(self.name, name) if is_setting else super()._unknown(name)

    def __repr__(self) -> str:
        device = self._owner.peek(self._key)
        return repr(device) if device else f"<{self.name}, not read yet>"


def _name(key: Key) -> str:
    did, port = key
    return KINDS[did] if port is None else f"{KINDS[did]} {port}"


def _settings_names(key: Key) -> Iterable[str]:
    known = model(key[0])
    return names_of(known.pairs if known and known.has_port else key[:1]).values()
