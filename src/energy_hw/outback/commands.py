"""Commands of 64120: registers that answer 0 to every read, and which bit of control_status shows that one was obeyed.

Source: OutBack AXS Port application note rev 5, OutBack system control block; OutBack.Power.SunSpec.Map.xlsx
(2019-07), rows 809..837. How soon the bits follow is documented nowhere: WAITS_S is generous.
"""

from __future__ import annotations

from energy_hw.outback.chain import SYSTEM
from energy_hw.outback.tables import point
from energy_hw.outback.types import Point

STATUS = "control_status"
WAITS_S = (0.4, 1.0, 2.0, 4.0, 8.0)
"""Seconds after the command at which control_status is looked at."""

# fmt: off
OBEYED: dict[str, dict[int, tuple[int, bool]]] = {
    # command                       value: (bit of control_status, set or clear)
    "bulk_charge_enable_disable":  {1: (0x0800, True), 2: (0x0800, False), 3: (0x0400, True), 4: (0x0400, False)},
    "inverter_ac_drop_use":        {1: (0x0004, True), 2: (0x0004, False)},
    "set_inverter_mode":           {1: (0x0008, True), 2: (0x0010, True), 3: (0x0020, True)},
    "grid_tie_mode":               {1: (0x0040, True), 2: (0x0040, False)},
    "set_inverter_charger_mode":   {1: (0x0080, True), 2: (0x0100, True), 3: (0x0200, True)},
}
# fmt: on


def is_command(row: Point) -> bool:
    """It is obeyed, not kept: what it did is seen in control_status."""
    return "command" in row.flags


def obeyed(row: Point, code: int, status: int) -> bool:
    """Whether control_status is as the command wants it."""
    bit, wanted = OBEYED[row.name][code]
    return bool(status & bit) == wanted


def expected(row: Point, code: int) -> str:
    """For messages: `inverter on` or `not AC input in use`."""
    bit, wanted = OBEYED[row.name][code]
    label = point(SYSTEM, STATUS).bits[bit]
    return label if wanted else f"not {label}"
