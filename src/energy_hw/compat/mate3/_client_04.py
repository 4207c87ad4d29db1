"""mate3 0.4's client: blocks of raw numbers, and fields written by raw number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energy_hw.compat.mate3._access import Access
from energy_hw.compat.mate3.base_parser import MARKER, PARSED, SUNS, Field, Mode, block_class, points_of
from energy_hw.compat.mate3.base_structures import Device
from energy_hw.compat.mate3.exceptions import SeveralDevices
from energy_hw.errors import IdentityChanged, NotWritable, UnknownDevice
from energy_hw.links.modbus import ModbusLink
from energy_hw.outback.chain import Block
from energy_hw.outback.poll import Poll
from energy_hw.outback.types import PointType
from energy_hw.outback.values import PointValue, decode_block, join

if TYPE_CHECKING:
    from energy_hw.outback.writing import WriteResult

DIDS = {device: device.value for device in PARSED} | {Device.sunspec_header: Device.sunspec_common_model.value}


class Mate3:
    """What `with mate3_connection(host) as client` gives.

    Numbers are as the registers hold them, not scaled: 330 for 33.0 V. None: the device has no such value.
    Thread safety: call from any thread.
    """

    def __init__(self, access: Access) -> None:
        self._access = access

    def all_blocks(self) -> Iterator[Any]:
        """Every block, in the order of the controller: a named tuple of `device` and its fields.

        The first is the SunSpec header, with manufacturer, model and serial number.
        """
        return self._blocks([device for device in PARSED if device is not Device.sunspec_common_model])

    def get_device_blocks(self, device: Device) -> Iterator[Any]:
        """The blocks of one kind of device."""
        return self._blocks([device])

    def _blocks(self, devices: Sequence[Device]) -> Iterator[Any]:
        poll = self._access.read()
        for block in poll.layout.blocks:
            for device in devices:
                if block.did == DIDS[device]:
                    yield _tuple(poll, block, device)

    def get_values(self, *fields: Field) -> dict[Field, list[Any]]:
        """For each field a list with the value of each device, in the order of the controller; all of one read."""
        blocks = list(self._blocks(list(dict.fromkeys(_device_of(field) for field in fields))))
        return {
            field: found
            for field in fields
            if (found := [getattr(block, field.name or "") for block in blocks if block.device is field.device])
        }

    def set_value(
        self, field: Field, value: int, port: int | None = None, *, allow: Iterable[str] = (), force: bool = False
    ) -> WriteResult:
        """Write a raw number: 330 for 33.0 V. port: on the hub, needed where there are several such devices.

        Written only if the device is the one that was read, and read back. Raises NotWritable, OutOfRange,
        UnknownDevice (SeveralDevices lists the ports), IdentityChanged, NotConfirmed, and what the connection raises.
        allow: classes of points that are closed otherwise, as "network". force: write a point that sources disagree on.
        """
        if field.mode is Mode.R:
            raise NotWritable(f"{field.name} is read-only: {field.description}")
        point = points_of(_device_of(field))[field.name or ""]
        block = self._find(_device_of(field), port)
        raw = point.type is not PointType.STRING
        try:
            return self._access.write(block, point.name, value, raw=raw, allow=allow, force=force)
        except IdentityChanged:  # told once; the next call finds the device anew, as 0.4 did each time
            self._access.find_again(block)
            raise

    def _find(self, device: Device, port: int | None) -> Block:
        poll = self._access.known or self._access.read()
        there = [block for block in poll.layout.blocks if block.did == device.value]
        found = [block for block in there if port is None or block.port in (port, None)]
        ports = ", ".join(str(block.port) for block in there)
        if not found:
            there_is = f"there is one on {ports}" if ports else "there is none"
            raise UnknownDevice(f"no {device.name} on hub port {port}: {there_is}")
        if len(found) > 1:
            raise SeveralDevices(f"{len(found)} devices {device.name}, on hub ports {ports}: say which with port=")
        return found[0]


class Mate3Factory:
    """`with mate3_connection(host, port=502) as client`: a Mate3. journal: where writes are noted."""

    def __init__(self, host: str, port: int | str = 502, *, journal: Path | None = None) -> None:
        self.host, self.port, self._journal = host, int(port), journal

    def __enter__(self) -> Mate3:
        self._link = ModbusLink(self.host, self.port)
        return Mate3(Access(self._link, self._journal))

    def __exit__(self, *_: object) -> None:
        self._link.close()


mate3_connection = Mate3Factory


def _device_of(field: Field) -> Device:
    if field.device is None or field.name is None:
        raise NotWritable(f"{field}: of no device; use a field of a parser, as ChargeControllerParser.battery_current")
    return field.device


def _tuple(poll: Poll, block: Block, device: Device) -> Any:
    values = decode_block(block.did, poll.blocks[block], block.address, poll.layout.since_2018)
    numbers = {name: _as_before(values.get(point.name)) for name, point in points_of(device).items()}
    if device is Device.sunspec_header:
        numbers[MARKER.name or ""] = SUNS
    return block_class(device)(device=device, **numbers)


def _as_before(value: PointValue | None) -> int | str | None:
    """As 0.4 gave it: addresses and text as text, all else as a number; text that is not there as ""."""
    if value is None or not value.point.readable:
        return None
    if value.point.type is PointType.STRING:
        return str(value.raw).strip("\0") if value.implemented else ""
    if value.point.type is PointType.IPADDR:
        return str(IPv4Address(join(value.point, value.registers)))
    return value.raw if value.implemented else None
