"""What a user may call a device and a point of it.

charge_controllers[3].config.absorb_volts      as mate3 0.6: its names of devices and fields
charge_controller.config.absorb_volts          where there is exactly one
inverters[1].settings.aux_control              as energy_hw.Mate3 has it
gateway.system_name  system.grid_tie_mode
outback:MA0000F0000000/3.absorb_volts          by the device of a Report
charge_controller_configuration.absorb_volts   as mate3 0.4, its hub port apart; raw numbers
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import NamedTuple

from energy_hw.compat.mate3._labels import enum_label
from energy_hw.compat.mate3.base_parser import PARSED, points_of
from energy_hw.compat.mate3.base_structures import Device as Device04
from energy_hw.compat.mate3.exceptions import SeveralDevices
from energy_hw.errors import CommandError, UnknownDevice, UnknownPoint
from energy_hw.outback.chain import Block
from energy_hw.outback.device import Device
from energy_hw.outback.groups import BATTERY_MONITORS, CHARGE_CONTROLLERS, GATEWAY, INVERTERS, SYSTEM
from energy_hw.outback.snapshot import Snapshot
from energy_hw.outback.tables import points
from energy_hw.outback.types import Point

# fmt: off
KINDS: Mapping[str, tuple[int, ...]] = {
    # our name, or 0.6's           models
    "gateway":                     (GATEWAY,),
    "system":                      (SYSTEM,),
    "inverter":                    INVERTERS,
    "charge_controller":           CHARGE_CONTROLLERS,
    "battery_monitor":             BATTERY_MONITORS,
    "mate3":                       (GATEWAY,),
    "fndc":                        BATTERY_MONITORS,
    "fx_inverter":                 (64113,),
    "split_phase_radian_inverter": (64115,),
    "single_phase_radian_inverter": (64117,),
}
# fmt: on
OURS, ITS_CONFIG = "settings", "config"
PATH = re.compile(r"(?P<device>.+?)(?:\.(?P<part>settings|config))?\.(?P<field>[A-Za-z0-9_]+)")
NAME = re.compile(r"(?P<kind>[a-z0-9_]+?)(?P<many>s?)(?:\[(?P<port>\d{1,5})\])?")


class Place(NamedTuple):
    """A point in this controller. is_0_6: it was named as mate3 0.6 names it."""

    device: Device
    block: Block
    point: Point
    is_0_6: bool = False


def find(known: Snapshot, path: str) -> Place:
    """The point that a path means. Raises CommandError, UnknownDevice, UnknownPoint; each says what there is."""
    match = PATH.fullmatch(path.strip())
    if match is None:
        raise CommandError(f"expected something like charge_controllers[3].config.absorb_volts, got {path!r}")
    device, field = find_device(known, match["device"]), match["field"]
    if match["part"] == ITS_CONFIG and device.did == GATEWAY:
        device = known.system  # that is what 0.6 calls mate3.config
    code, is_0_6 = _code_of(device, field, match["part"])
    try:
        return Place(device, *device.locate(code, settings=match["part"] == OURS), is_0_6)
    except UnknownPoint:
        raise UnknownPoint(f"{device.name} has no point {field}{_similar(device, field, match['part'])}") from None


def _similar(device: Device, field: str, part: str | None) -> str:
    """Names in our words and, behind `config`, in 0.6's."""
    rows = [point for block in device.blocks for point in points(block.did, block.length)]
    near = get_close_matches(field, [point.mate3_06 if part == ITS_CONFIG else point.name for point in rows], n=4)
    return f"; did you mean {', '.join(near)}?" if near else "; `mate3 read` shows all"


def _code_of(device: Device, field: str, part: str | None) -> tuple[str, bool]:
    """Code of a field in 0.6's words, where it has no such name in ours; behind `config` those words come first."""
    rows = [point for block in device.blocks for point in points(block.did, block.length)]
    ours = any(field in (point.name, point.code) for point in rows)
    theirs = next((point for point in reversed(rows) if field == point.mate3_06), None)
    if theirs is not None and (part == ITS_CONFIG or not ours):
        return theirs.code, True
    return field, False


def find_device(known: Snapshot, name: str) -> Device:
    """By path, name (`charge controller 3`) or id. Raises UnknownDevice, which names those that there are."""
    match = NAME.fullmatch(name.strip())
    kind = match["kind"] + match["many"] if match else ""
    if match is None or (kind not in KINDS and match["kind"] not in KINDS):
        return _by_id(known, name.strip())
    dids = KINDS.get(kind) or KINDS[match["kind"]]
    there = [device for device in known.devices if device.did in dids]
    found = [device for device in there if match["port"] is None or device.port == int(match["port"])]
    if len(found) == 1:
        return found[0]
    ports = ", ".join(str(device.port) for device in there)
    if not there:
        raise UnknownDevice(f"no {match['kind']} here: there is {_names(known)}")
    if match["port"] is None:
        raise SeveralDevices(f"{len(there)} devices {match['kind']}, on hub ports {ports}: say {match['kind']}s[PORT]")
    raise UnknownDevice(f"no {match['kind']} on hub port {match['port']}: there is one on {ports}")


def _by_id(known: Snapshot, name: str) -> Device:
    try:
        return known[name]
    except UnknownDevice:
        near = get_close_matches(name.partition("[")[0].removesuffix("s"), KINDS, n=1)
        hint = f"did you mean {near[0]}? There is {_names(known)}" if near else f"there is {_names(known)}"
        raise UnknownDevice(f"no device {name!r}: {hint}") from None


def _names(known: Snapshot) -> str:
    return ", ".join(device.name for device in known.devices) or "nothing that is known"


def value_of(place: Place, text: str) -> str:
    """The value that a user typed: quotes around it are taken off, 0.6's name of a code becomes the code.

    Numbers and labels stay text: what they mean, the point decides. Nothing is evaluated.
    """
    text = text.strip()
    if len(text) > 1 and text[0] in "'\"" and text[-1] == text[0]:
        text = text[1:-1]
    point = place.point
    for code, label in point.enum.items() if place.is_0_6 else ():
        if text == enum_label(point.did, point.mate3_06, code, label):
            return str(code)
    return text


# -- as mate3 0.4 --------------------------------------------------------------


def find_0_4(known: Snapshot, path: str, port: int | None) -> Place:
    """The point that `device.field` means in 0.4. Raises CommandError, UnknownDevice, UnknownPoint."""
    name, _, field = path.strip().partition(".")
    kinds = {device.name: device for device in PARSED}
    if name not in kinds:
        raise UnknownDevice(f"device name {name!r} is not recognised{_near(name, kinds)}")
    rows = points_of(kinds[name])
    if field not in rows:
        raise UnknownPoint(f"device {name} has no field named {field!r}{_near(field, rows)}")
    block = _block_0_4(known, kinds[name], port)
    device = next(device for device in known.devices if block in device.blocks)
    return Place(device, block, rows[field])


def _block_0_4(known: Snapshot, kind: Device04, port: int | None) -> Block:
    there = [block for block in known.layout.blocks if block.did == kind.value]
    found = [block for block in there if port is None or block.port in (port, None)]
    ports = ", ".join(str(block.port) for block in there)
    if not there:
        raise UnknownDevice(f"no device {kind.name} here: --list-fields shows those that there are")
    if not found:
        raise UnknownDevice(f"no device {kind.name} on hub port {port}: there is one on {ports}")
    if len(found) > 1:
        raise SeveralDevices(f"{len(found)} devices {kind.name}, on hub ports {ports}: say which with --hub-port")
    return found[0]


def _near(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), n=3)
    return f"; did you mean {', '.join(near)}?" if near else "; --list-fields shows all"
