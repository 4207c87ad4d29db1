"""mate3 0.6's `mate3.devices`: every device that was read, by kind and hub port.

    client.devices.charge_controllers[3].config.absorb_volts.value
    client.devices.fndc.battery_voltage.value          # fndc: where there is exactly one

The dictionaries are plain ones, and a device keeps its objects when it is read again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any

from energy_hw.compat.mate3.exceptions import SeveralDevices
from energy_hw.compat.mate3.field_values import ModelValues, Refresher, values_class
from energy_hw.compat.mate3.sunspec.models import MODELS
from energy_hw.outback.chain import SYSTEM, Block
from energy_hw.outback.poll import Poll

__all__ = ["DeviceValues", "ModelValues"]

logger = logging.getLogger(__name__)

KINDS = {
    64110: "mate3s",
    64111: "charge_controllers",
    64118: "fndcs",
    64113: "fx_inverters",
    64117: "single_phase_radian_inverters",
    64115: "split_phase_radian_inverters",
}
SINGULARS = tuple(kind.removesuffix("s") for kind in KINDS.values())
OPTICS = 64255
CLASSES = {row[2]: did for did, row in MODELS.items() if row[2]}


@cache
def device_class(did: int) -> type[ModelValues]:
    """Class of a device, its settings in `config`."""
    own = {"__doc__": f"A device of model {did}; its settings are `config`.", "__slots__": ()}
    return type(MODELS[did][2], (values_class(did),), own)


def __getattr__(name: str) -> Any:
    if name in CLASSES:
        return device_class(CLASSES[name])
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(CLASSES)}")


class DeviceValues:
    """All devices. The singular of a kind, as `fndc`, works where there is exactly one: else SeveralDevices."""

    def __init__(self, client: Refresher) -> None:
        self.mate3s: dict[int | None, Any] = {}
        self.charge_controllers: dict[int, Any] = {}
        self.fndcs: dict[int, Any] = {}
        self.fx_inverters: dict[int, Any] = {}
        self.single_phase_radian_inverters: dict[int, Any] = {}
        self.split_phase_radian_inverters: dict[int, Any] = {}
        self.optics: Any = None
        self._client = client

    def __getattr__(self, name: str) -> Any:
        if name not in SINGULARS:
            raise AttributeError(f"no device {name!r}; there is {', '.join((*KINDS.values(), *SINGULARS))}")
        found = getattr(self, f"{name}s")
        if len(found) != 1:
            ports = f" on ports {', '.join(map(str, found))}: say {name}s[port]" if found else ""
            raise SeveralDevices(f"{name} needs exactly one such device, there are {len(found)}{ports}")
        return next(iter(found.values()))

    @property
    def connected_devices(self) -> Iterator[ModelValues]:
        """The controller, then each device of the hub followed by its settings, as mate3 orders them."""
        for did, kind in KINDS.items():
            for device in getattr(self, kind).values():
                yield device
                if did != 64110 and device.config is not None:
                    yield device.config

    def update(self, poll: Poll) -> None:
        """Take over what a poll of everything found."""
        for did, kind in KINDS.items():
            self._update_kind(poll, did, getattr(self, kind))
        optics = poll.layout.find(OPTICS)
        self.optics = self._taken(poll, self.optics or values_class(OPTICS)(self._client), optics) if optics else None

    def _update_kind(self, poll: Poll, did: int, devices: dict[int | None, Any]) -> None:
        found = {block.port: block for block in poll.layout.blocks if block.did == did}
        for port in [port for port in devices if port not in found]:
            logger.warning("%s on port %s is no longer there", MODELS[did][2], port)
            del devices[port]
        for port, block in found.items():
            device = devices.setdefault(port, device_class(did)(self._client))
            self._taken(poll, device, block)
            settings = poll.layout.find(SYSTEM) if port is None else poll.layout.settings_of(block)
            device.config = self._config(poll, device, settings)

    def _config(self, poll: Poll, device: Any, settings: Block | None) -> Any:
        if settings is None:
            return None
        before = device.__dict__.get("config") or values_class(settings.did)(self._client)
        return self._taken(poll, before, settings)

    def _taken(self, poll: Poll, values: ModelValues, block: Block) -> ModelValues:
        values.take(block, poll.blocks[block], poll.layout.since_2018, local(poll.time))
        return values


def local(time: datetime) -> datetime:
    """Local time without a zone, which programs compare with datetime.now()."""
    return time.astimezone().replace(tzinfo=None)
