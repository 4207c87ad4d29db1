"""mate3 0.4's `mate3.base_structures`: which devices there are."""

from __future__ import annotations

from enum import Enum
from typing import Any, NewType

from energy_hw.compat.mate3.exceptions import NoParserFoundForDevice

int16 = NewType("int16", int)
uint16 = NewType("uint16", int)
int32 = NewType("int32", int)
uint32 = NewType("uint32", int)


class Device(Enum):
    """What a block describes, by its SunSpec model id (DID). Names: mate3 0.4; numbers: OutBack."""

    sunspec_header = 21365  # "Su" of the marker, which the last commits of 0.4 took for a model
    sunspec_common_model = 1
    sunspec_inverter_single_phase = 101
    sunspec_inverter_split_phase = 102
    sunspec_inverter_three_phase = 103
    mate3 = 64110
    charge_controller = 64111
    charge_controller_configuration = 64112
    fx_inverter = 64113
    fx_inverter_configuration = 64114
    split_phase_radian_inverter = 64115
    radian_inverter_configuration = 64116
    single_phase_radian_inverter = 64117
    flexnet_dc = 64118
    flexnet_dc_configuration = 64119
    outback_system_control = 64120
    opticsre_statistics = 64255
    end_of_sun_spec = 65535


def get_parser(device: Device) -> Any:
    """The XxxParser class of a device. Raises NoParserFoundForDevice for those that have no fields in 0.4."""
    from energy_hw.compat.mate3.base_parser import PARSED, parser_class

    if device not in PARSED:
        raise NoParserFoundForDevice(f"{device.name} has no fields; {', '.join(d.name for d in PARSED)} have")
    return parser_class(device)
