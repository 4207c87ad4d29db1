"""What may be written now, as Controls: for MQTT, Home Assistant, REST and the command line.

kind    point
number  a number in its unit, low..high by the step that its scale factor allows
option  an enum, by its labels; the commands of 64120 among them
text    a text, an IP address, or labels of bits
button  a reset; its value does not matter
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from energy_hw.outback.chain import Block
from energy_hw.outback.commands import is_command
from energy_hw.outback.encode import limits
from energy_hw.outback.identity import VIEWS, House, device_id
from energy_hw.outback.permits import LOCKED, absent, classes, is_reset, volts
from energy_hw.outback.tables import points
from energy_hw.outback.types import Point, PointType
from energy_hw.outback.values import PointValue, decode_point, scale_of
from energy_hw.reading import Control

TEXTS = (PointType.STRING, PointType.IPADDR)


def controls(house: House, allow: Iterable[str] = ()) -> list[Control]:
    """A Control for every point that prepare() would take without force, as far as what was read tells.

    allow: classes of LOCKED. Raises CommandError for one that there is not.
    """
    allowed = classes(allow)
    blocks = (block for block in house.layout.blocks if block in house.blocks)
    return [control for block in blocks for control in _of_block(house, block, allowed)]


def _of_block(house: House, block: Block, allowed: frozenset[str]) -> Iterator[Control]:
    registers = house.blocks[block]
    device = device_id(house.layout.serial or house.link_name, block.did, block.port)
    for row in points(block.did, block.length, house.layout.since_2018):
        if not _is_offered(row, allowed):
            continue
        value = decode_point(row, registers, block.address)
        if not absent(value):
            yield _control(device, value, scale_of(row, registers))


def _is_offered(row: Point, allowed: frozenset[str]) -> bool:
    if not row.writable or row.disputed or row.name in VIEWS or "unused" in row.flags:
        return False
    return not row.flags & LOCKED - allowed


def _control(device: str, value: PointValue, scale: int | None) -> Control:
    row = value.point
    known = row.readable or is_command(row)
    if is_reset(row):
        return Control(device, row.name, "button", confirmed=False)
    if row.enum:
        return Control(device, row.name, "option", options=tuple(row.enum.values()), confirmed=known)
    if row.type in TEXTS or row.is_bits:
        return Control(device, row.name, "text", confirmed=known)
    low, high = (Decimal(limit) for limit in limits(row, scale))
    step = Decimal(1).scaleb(scale if row.scale and scale is not None else 0)
    if near := volts(value):
        low, high = max(low, near[0]), min(high, near[1])
    return Control(device, row.name, "number", row.unit, low, high, step, confirmed=known)
