"""Another device on a port than the one before: found out between two polls, by what identifies a device."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from energy_hw.errors import UnknownDevice
from energy_hw.outback.device import Device
from energy_hw.outback.groups import Key
from energy_hw.outback.snapshot import Snapshot

if TYPE_CHECKING:
    from energy_hw.outback.identity import Fingerprint, House


def device_of(snapshot: Snapshot, key: Key) -> Device:
    """The device of a snapshot. Raises UnknownDevice, which names those that are there."""
    device = snapshot.device(key)
    if device is None:
        there = ", ".join(device.name for device in snapshot.devices) or "nothing that is known"
        raise UnknownDevice(f"no device {key[0]} on port {key[1]} any more: there is {there}")
    return device


def changes(before: Snapshot, after: Snapshot) -> Iterator[tuple[Device, list[str]]]:
    """Devices on the hub that are not as they were, and in what: `model: then .., now ..`.

    Two devices that nothing identifies may change places unseen; see identity.
    """
    from energy_hw.outback.comparing import differences

    for device in after.devices:
        then = before.device((device.did, device.port))
        if then is None or device.port is None or not (_is_known(then) and _is_known(device)):
            continue
        try:
            lines = differences(_fingerprint(before, then), _fingerprint(after, device))
        except UnknownDevice:  # without settings, or without the gateway's blocks: nothing says who it is
            continue
        if lines:
            yield device, lines


def _is_known(device: Device) -> bool:
    return device.time is not None and device.settings.time is not None


def moved(seen: Snapshot, newest: Snapshot, key: Key) -> bool:
    """Whether nothing but the blocks' addresses tells the device as it was seen from what stands on its port now."""
    from energy_hw.outback.comparing import compare

    then, now = (_fingerprint(each, device_of(each, key)) for each in (seen, newest))
    verdict = compare(then, now)
    return not verdict.changed and not verdict.alike


def _fingerprint(snapshot: Snapshot, device: Device) -> Fingerprint:
    from energy_hw.outback.identity import fingerprint

    return fingerprint(house(snapshot), device.blocks[0])


def house(snapshot: Snapshot) -> House:
    """What was seen, as the identity of a device takes it."""
    from energy_hw.outback.identity import House

    times = {block: part.time for block, part in snapshot.parts.items()}
    return House(snapshot.time, snapshot.layout, snapshot.blocks, times, snapshot.link_name)
