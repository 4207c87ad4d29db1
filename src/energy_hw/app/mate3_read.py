"""`mate3 read` and `mate3 devices`: what mate3 0.6 printed, and reports of this package.

Source of the columns: github.com/adamcharnock/mate3 at 887d321, mate3/main.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from energy_hw.app.exits import OK
from energy_hw.app.mate3 import Mate3Session, Target, file_faults, opened, reached
from energy_hw.app.text import printable
from energy_hw.compat.mate3.api import Mate3Client
from energy_hw.compat.mate3.sunspec.models import MODELS
from energy_hw.outback.chain import Block
from energy_hw.outback.device import Device
from energy_hw.outback.groups import BATTERY_MONITORS, CHARGE_CONTROLLERS, GATEWAY
from energy_hw.outback.identity import tail
from energy_hw.outback.snapshot import Snapshot

if TYPE_CHECKING:
    from energy_hw.compat.mate3.field_values import FieldValue, ModelValues

READABLE = ("r", "rw")
WIDTHS = (50, 4, 2, 8, 20)
HEAD = ("name", "impl", "sf", "unscaled", "value")
ORDER = (GATEWAY, *CHARGE_CONTROLLERS, *BATTERY_MONITORS, 64113, 64117, 64115)
"""In which 0.6 names devices, each followed by its settings; what it left out comes behind."""


def read(session: Mate3Session, target: Target, format: str) -> int:
    """Print every value: format `text`, `prettyjson` or `json`; or, with --json, a report of each device a line."""
    if session.options.as_json:
        return _reports(session, target)
    with reached(target) as there, _file(there), _client(there) as client:
        devices = list(client.devices.connected_devices)
        if format == "text":
            text = "\n".join(_table(device) for device in devices)
        else:
            text = json.dumps([_dict(device) for device in devices], indent=4 if format == "prettyjson" else None)
        print(text, file=session.out, flush=True)
    return OK


def _reports(session: Mate3Session, target: Target) -> int:
    with opened(target) as controller:
        for report in controller.snapshot().reports():
            session.give(report.to_json())
    return OK


def _file(target: Target) -> AbstractContextManager[None]:
    return file_faults(target.cache, "used") if target.cache else nullcontext()


def _client(target: Target) -> Mate3Client:
    return Mate3Client(target.host, target.port or 0, cache_path=target.cache, cache_only=target.cache_only)


# -- read --------------------------------------------------------------------


def _fields(device: ModelValues) -> Iterator[FieldValue]:
    return (value for value in device.fields() if value.field.mode.value in READABLE)


def _table(device: ModelValues) -> str:
    name = type(device).__name__
    lines = [name if device.port is None else f"{name} on port {device.port}"]
    lines.append("\t" + " | ".join((HEAD[0].ljust(WIDTHS[0]), *HEAD[1:4], HEAD[4].ljust(WIDTHS[4]))))
    lines.append("\t" + " | ".join("-" * width for width in WIDTHS))
    return "\n".join((*lines, *map(_row, _fields(device)))) + "\n"


def _row(value: FieldValue) -> str:
    scale, raw = "-", "-"
    if value.scale_factor is not None:
        scale, raw = str(int(value.scale_factor)), str(value.raw_value)
    shown = printable(repr(value.value)) if value.implemented else "-"
    is_there = "Y" if value.implemented else "N"
    cells = (value.name.ljust(50), is_there.rjust(4), scale.rjust(2), raw.rjust(8), shown.ljust(20))
    return "\t" + " | ".join(cells)


def _dict(device: ModelValues) -> Mapping[str, Any]:
    values = {value.name: value.to_dict() for value in _fields(device)}
    return {"name": type(device).__name__, "address": device.address, "values": values}


# -- devices -----------------------------------------------------------------


def devices(session: Mate3Session, target: Target) -> int:
    """Print a line for each block: name, address, port as 0.6 did; then model and the end of the serial number."""
    with opened(target) as controller:
        snapshot = controller.snapshot()
    if session.options.as_json:
        for device in snapshot.devices:
            session.give(_described(device))
        return OK
    rows = [("name", "address", "port", "model", "serial"), ("----", "-------", "----", "-----", "------")]
    rows += [_device_row(snapshot, block) for block in _ordered(snapshot)]
    lines = (f"{name:<50} {address:<10} {port:<6} {model:<20} {serial}" for name, address, port, model, serial in rows)
    print("\n".join(printable(line.rstrip()) for line in lines), file=session.out, flush=True)
    return OK


def _described(device: Device) -> Mapping[str, Any]:
    return {
        "device": device.id,
        "name": device.name,
        "model": device.model,
        "port": device.port,
        "serial": tail(device.serial or ""),
        "firmware": device.firmware,
        "blocks": [{"did": block.did, "address": block.address, "length": block.length} for block in device.blocks],
    }


def _ordered(snapshot: Snapshot) -> list[Block]:
    blocks = snapshot.layout.blocks
    first: list[Block] = []
    for did in ORDER:
        for block in blocks:
            if block.did == did:
                settings = snapshot.layout.settings_of(block)
                first += [block] if settings is None else [block, settings]
    return [*first, *(block for block in blocks if block not in first)]


def _device_row(snapshot: Snapshot, block: Block) -> tuple[str, str, str, str, str]:
    of = next((device for device in snapshot.devices if block in device.blocks), None)
    name = MODELS[block.did][2] or MODELS[block.did][1] if block.did in MODELS else f"unknown model {block.did}"
    name = name.replace("DeviceValues", "").replace("Values", "")
    model, serial = (of.model, tail(of.serial or "")) if of else ("", "")
    return name, str(block.address), str(block.port), model, serial
