"""What pyenergenie's MiHome devices have in common: an address, a table of readings, commands by the profile.

What was not reported yet: accessors that raised a RuntimeError raise NoReading, which is one; those that gave None
still do.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, ClassVar

from energy_hw.compat.energenie import OnAir, _session
from energy_hw.compat.energenie._device import EnergenieDevice, NoReading, seconds_until_report
from energy_hw.compat.energenie._ids import sensor_id
from energy_hw.compat.energenie._message import Message
from energy_hw.compat.energenie._parameters import paramid_to_paramname
from energy_hw.compat.energenie._templates import JOIN_ACK, JOIN_REQ, MFRID_ENERGENIE, command
from energy_hw.energenie.device import Device
from energy_hw.energenie.profiles import NEVER, by_product
from energy_hw.energenie.registry_toml import Entry
from energy_hw.energenie.report import device_id as hub_id

logger = logging.getLogger(__name__)

Reader = Callable[[Any], Any]


def reader(field: str, name: str = "", *, strict: bool = False) -> Reader:
    """get_<field>(): the reading, or before the first one None, or NoReading if strict."""

    def get(self: MiHomeDevice) -> Any:
        value = getattr(self.readings, field)
        if value is None and strict:
            raise NoReading(f"{self!r} has not reported its {field.replace('_', ' ')} yet: call energenie.loop()")
        return value

    get.__name__ = name or f"get_{field}"
    get.__doc__ = f"The last {field.replace('_', ' ')}{'. Raises NoReading before it' if strict else ', or None'}."
    return get


class MiHomeDevice(EnergenieDevice):
    """A MiHome device. A subclass has product, its number, and fields: which reading each parameter is.

    Thread safety: one thread calls loop() and everything else.
    """

    product: ClassVar[int | None] = None
    fields: ClassVar[dict[str, str]] = {}
    yes_or_no: ClassVar[tuple[str, ...]] = ("switch", "switch_state")
    never: ClassVar[tuple[str, ...]] = ()
    """Readings that the device does not send, or that we told it."""

    def __init__(self, device_id: Any = None, air_interface: Any = None) -> None:
        """Raises ValueError for what is no sensor id."""
        super().__init__(device_id, _default_interface() if air_interface is None else air_interface)
        self.manufacturer_id = MFRID_ENERGENIE
        self.product_id = self.product
        self.readings = SimpleNamespace(**dict.fromkeys((*self.fields.values(), *self.never)))
        self.capabilities.send = True
        profile = by_product(self.product or 0)
        if profile is not None and profile.obeys and profile.listens != NEVER:
            self.capabilities.receive = True

    @staticmethod
    def parse_device_id(device_id: Any) -> int:
        """A sensor id in any form. Raises ValueError."""
        return sensor_id(device_id)

    def get_manufacturer_id(self) -> int:
        """4."""
        return self.manufacturer_id

    def get_product_id(self) -> int | None:
        """What its frames carry."""
        return self.product_id

    @property
    def address(self) -> tuple[int, int | None, int]:
        """Manufacturer, product and sensor id: what a router knows it by."""
        return self.manufacturer_id, self.product_id, self.device_id

    @property
    def thing(self) -> Device:
        """The same device as energy_hw has it. Raises LinkClosed before init()."""
        return OnAir.device_of(_session.current().hub, self.product_id or 0, self.device_id)

    def entry(self, name: str) -> Entry | None:
        """As the hub's own registry has it."""
        return Entry(name, self._hub_id, type(self).__name__) if by_product(self.product_id or 0) else None

    @property
    def _hub_id(self) -> str:
        return hub_id(self.manufacturer_id, self.product_id or 0, self.device_id)

    def get_next_receive_time(self) -> float | None:
        """When its next report is due, in seconds since 1970; None until it was heard, or if it speaks on events."""
        left_s = seconds_until_report(self._hub_id)
        return None if left_s is None else time.time() + left_s

    # -- joining -----------------------------------------------------------

    @classmethod
    def get_join_req(cls, *ids: int) -> Message:
        """The JOIN of a device: of a product's class by its sensor id, else manufacturer, product and sensor id."""
        mfrid, productid, sensorid = ids if len(ids) == 3 else (MFRID_ENERGENIE, cls.product, *ids)
        return Message(JOIN_REQ, header_mfrid=mfrid, header_productid=productid, header_sensorid=sensorid)

    def join_ack(self) -> Any:
        """Answer its JOIN, so that its light goes out."""
        mfrid, productid, sensorid = self.address
        return self.send_message(
            Message(JOIN_ACK, header_mfrid=mfrid, header_productid=productid, header_sensorid=sensorid)
        )

    # -- readings ----------------------------------------------------------

    def get_readings(self) -> Any:
        """All of them, as attributes of one object."""
        return self.readings

    def handle_message(self, payload: Any) -> None:
        """Take note of what it says: not of requests, nor of what somebody tells it."""
        said = {}
        for rec in payload["recs"]:
            if not rec.get("wr") and rec.get("value") is not None:
                said[paramid_to_paramname(rec.get("paramid", 0))] = rec["value"]
        for name, value in said.items():
            self._note(name, value)
        self._derive(said)

    def _note(self, name: str, value: Any) -> None:
        field = self.fields.get(name)
        if field is None:
            logger.debug("%r: %s = %r is no reading of its class", self, name, value)
        else:
            setattr(self.readings, field, bool(value) if field in self.yes_or_no else value)

    def _derive(self, said: dict[str, Any]) -> None:
        """What follows from the readings of one message."""

    # -- commands ----------------------------------------------------------

    def _tell(self, code: str, value: object = 0) -> Any:
        """Send a command of its profile."""
        message = Message(command(self.product_id or 0, code, value), header_sensorid=self.device_id)
        return self.send_message(message)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.device_id:#x})"


class GenericDevice(MiHomeDevice):
    """A device of a product that no table knows: its readings have the names of the parameters."""

    def __init__(self, device_id: Any = None, air_interface: Any = None, product_id: int | None = None) -> None:
        super().__init__(device_id, air_interface)
        self.product_id = product_id

    def _note(self, name: str, value: Any) -> None:
        setattr(self.readings, name.lower(), value)

    def get_config(self) -> dict[str, Any]:
        """Raises NotPersistableError: a registry has no room for the product id."""
        return super(EnergenieDevice, self).get_config()


def _default_interface() -> Any:
    """Devices.fsk_interface, which a program may have replaced."""
    from energy_hw.compat.energenie import Devices

    return Devices.fsk_interface
