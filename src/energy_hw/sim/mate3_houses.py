"""Other houses than the captured one, made from the tables: models and block lengths that no public capture has.

    SimMate3(house("radian"))
    resize(simulator, 64117, 39, port=1)      # as a MATE3 of firmware 3.11.0 has it

Lengths seen in the field: energy_hw.outback.models, and OutBack AXS Port application note rev 5. Values are invented,
but plausible: nothing here proves how a real device of these models answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from energy_hw.outback import tables
from energy_hw.outback.types import Point, PointType
from energy_hw.sim.mate3_map import PORT, Device, Mate3Map, Words, port_of, to_words

Values = Mapping[str, int | str]


class Unit(NamedTuple):
    """A device: blocks as (DID, length), live and settings; or like: the captured device of that port."""

    port: int
    blocks: tuple[tuple[int, int], ...] = ()
    values: Values = MappingProxyType({})
    like: int = 0


class House(NamedTuple):
    """What it is for, its devices in wire order, and whether its gateway is a MATE3 from before 2018-12."""

    what: str
    units: tuple[Unit, ...]
    is_old: bool = False
    hub_type: int = 10


# Raw values by point; a block takes those that it has.
AC_240: dict[str, int | str] = {"output_ac_voltage": 240, "ac_input_voltage": 239, "ac_output_voltage": 240}
RADIAN: Values = AC_240 | {
    "major_firmware_number": 1, "mid_firmware_number": 6, "minor_firmware_number": 65,
    "inverter_operating_mode": 2, "battery_voltage": 513, "battery_temperature": 21, "ac_input_frequency": 600,
    "l1_output_ac_voltage": 121, "l2_output_ac_voltage": 119, "l1_inverter_output_current": 7,
    "l2_inverter_output_current": 4, "l1_output_kwh": 83, "l2_output_kwh": 41, "output_kw": 13, "load_kw": 12,
    "absorb_volts": 576, "absorb_time_hours": 20, "float_volts": 540, "sell_volts": 528, "aux_relay_control": 1,
    "low_battery_cut_out_voltage": 440, "low_battery_cut_in_voltage": 500, "serial_number": "GS804800012",
    "model_number": "GS8048A", "gt_number": 1, "temp_compensated_target_voltage": 576,
}  # fmt: skip
FX: Values = AC_240 | {
    "major_firmware_number": 5, "mid_firmware_number": 1, "minor_firmware_number": 0,
    "inverter_operating_mode": 2, "battery_voltage": 252, "inverter_output_current": 3, "output_kwh": 37,
    "output_kw": 6, "load_kw": 6, "absorb_volts": 288, "absorb_time_hours": 20, "float_volts": 272,
    "low_battery_cut_out_voltage": 210, "low_battery_cut_in_voltage": 250, "serial_number": "FX300024E07",
    "model_number": "VFX3024E", "transformer_temperature": 38, "ac_input_frequency": 500,
}  # fmt: skip
RADIAN_SPLIT, RADIAN_SINGLE = ((64115, 59), (64116, 89)), ((64117, 47), (64116, 89))
FX_NOW, FX_2011 = ((64113, 36), (64114, 72)), ((64113, 32), (64114, 72))

HOUSES = {
    "captured": House("two FXR, two charge controllers, a FLEXnet-DC", tuple(Unit(n, like=n) for n in range(1, 6))),
    "radian": House("split phase", (Unit(1, RADIAN_SPLIT, RADIAN), Unit(2, like=3), Unit(5, like=5))),
    "radian-single": House("single phase, the newest lengths", (Unit(1, RADIAN_SINGLE, RADIAN), Unit(3, like=4))),
    "mate3": House(
        "a MATE3 with firmware 3.11.0 and its shorter blocks",
        (Unit(1, ((64117, 39), (64116, 84)), RADIAN), Unit(2, like=3), Unit(3, like=5)),
        is_old=True,
        hub_type=4,
    ),
    "mate3-split": House("as in the application note", (Unit(1, ((64115, 58), (64116, 86)), RADIAN),), is_old=True),
    "fx": House("two FX", (Unit(1, FX_NOW, FX), Unit(2, FX_NOW, {**FX, "serial_number": "FX2"}), Unit(3, like=3))),
    "fx-2011": House("an FX in the layout of the old note", (Unit(1, FX_2011, FX),), is_old=True, hub_type=4),
    "no-hub": House("one charge controller, plugged straight in", (Unit(0, like=3),), hub_type=0),
    "nothing": House("no device at all", ()),
}  # fmt: skip
OLD_GATEWAY: Values = {
    "major_firmware_number": 3, "mid_firmware_number": 11, "minor_firmware_number": 0, "gateway_type": 2,
    "alarm_email_subject_line": "OutBack alarm", "set_time_zone": 2, "time_zone_scale_factor": 0,
}  # fmt: skip


def house(name: str, captured: Mapping[int, int] | None = None) -> dict[int, int]:
    """Registers of one of HOUSES; captured: the registers that gateway and `like` come from. Raises KeyError."""
    from energy_hw.sim.mate3 import capture

    plan, made = HOUSES[name], Mate3Map(captured or capture())
    made.rearrange(lambda known: [build(unit, known) for unit in plan.units])
    made.set(64110, "hub_type", plan.hub_type)
    if plan.is_old:
        _age(made)
    return made.registers


def build(unit: Unit, known: list[Device]) -> Device:
    """The blocks of a unit; `like` is looked for in known. Raises StopIteration if it is not there."""
    if not unit.like:
        return [block(did, length, unit.port, unit.values) for did, length in unit.blocks]
    model = next(device for device in known if port_of(device) == unit.like)
    return [[*words[:PORT], unit.port, *words[PORT + 1 :]] for words in model]


def block(did: int, length: int, port: int, values: Values) -> Words:
    """A block of a model: 0 where values name nothing, scale factors as documented, what no table knows 0xFFFF."""
    words = [did, length] + length * [0xFFFF]
    known = tables.points(did, length)
    scales = {point.scale: point.scale_fixed for point in known if point.scale and point.scale_fixed is not None}
    given = {"did": did, "length": length, "port_number": port} | scales | dict(values)
    for point in known:
        words[point.offset : point.end] = to_words(point, given.get(point.name, _plain(point)) or 0)
    return words


def _plain(point: Point) -> int | str:
    """What stands in a point of which nothing is said: the lowest that is allowed."""
    if point.type is PointType.STRING:
        return ""
    return max(point.low or 0, min(point.enum, default=0))


def resize(map: Mate3Map, did: int, length: int, port: int | None = None) -> None:
    """Give a block another length: cut, or with 0xFFFF added. Raises LookupError."""
    with map.lock:
        place = map.place(did, port)
        blocks = map.blocks()
        words = blocks[map.places().index(place)]
        words[1:] = [length, *words[2:], *length * [0xFFFF]][: length + 1]
        map.lay(blocks)


def _age(made: Mate3Map) -> None:
    """A MATE3 of before 2018-12, which keeps no statistics of OpticsRE."""
    made.set(1, "model", "MATE3")
    made.set(1, "version", "003.011.000")
    with made.lock:
        made.lay([words for words in made.blocks() if words[0] != 64255])
    for name, value in OLD_GATEWAY.items():
        made.set(64110, name, value)
