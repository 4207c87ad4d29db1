"""`mate3_write --list-fields`: which devices of this hub can be written to, and every field of them.

Source of the two tables: github.com/adamcharnock/mate3, release 0.4.0, mate3/mate3_write.py.
"""

from __future__ import annotations

from energy_hw.app.exits import OK
from energy_hw.app.mate3 import Mate3Session, Target, opened
from energy_hw.compat.mate3.base_parser import PARSED, Field, Mode, fields_of
from energy_hw.compat.mate3.base_structures import Device
from energy_hw.outback.chain import Layout

WRITABLE = (Mode.W, Mode.RW)


def list_fields(session: Mate3Session, target: Target) -> int:
    """Print both tables."""
    with opened(target) as controller:
        layout = controller.poll().layout
    print("\n".join(_lines(layout)), file=session.out, flush=True)
    return OK


def _lines(layout: Layout) -> list[str]:
    there = [(device, writable, _ports(layout, device)) for device in _devices(layout) if (writable := _of(device))]
    lines = [f"{' Devices ':=^80}", "", f"{'DEVICE NAME':<35} HUB PORT(S)"]
    lines += [f"{device.name:<40} {ports}" for device, _, ports in there]
    lines += ["", f"{' Fields ':=^80}", "", f"{'FIELD NAME':<68} {'HUB PORT(S)':<12}"]
    for device, writable, ports in there:
        lines += [f"{f'{device.name}.{field.name}':<68} {ports:<12} {field.description}" for field in writable]
    return lines


def _devices(layout: Layout) -> list[Device]:
    """Those that are there, each once, in the order of their blocks."""
    known = {device.value: device for device in PARSED}
    return [known[did] for did in dict.fromkeys(block.did for block in layout.blocks) if did in known]


def _of(device: Device) -> list[Field]:
    return [field for field in fields_of(device) if field.mode in WRITABLE]


def _ports(layout: Layout, device: Device) -> str:
    ports = [str(block.port) for block in layout.blocks if block.did == device.value and block.port is not None]
    return ", ".join(ports) or "N/A"
