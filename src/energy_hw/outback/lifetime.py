"""Lifetime counters only grow, and no faster than the device can work: they tell devices without serial number apart.

Points: OutBack AXS Port application note rev 5. How fast they may grow is our estimate, on the large side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from energy_hw.outback.chain import Block, Layout
from energy_hw.outback.values import decode_block

# Most that an hour can add, generously. The biggest controller is the FLEXmax 100, of 100 A, and no bank takes 80 V:
# below 8 kWh and 0.1 kAh. A FLEXnet DC has three shunts, usually of 500 A: 1.5 kAh. The rest is for clocks.
MOST_AN_HOUR = {
    "lifetime_kwh_hours": Decimal(10),
    "lifetime_k_amp_hours": Decimal("0.15"),
    "lifetime_k_ah_removed": Decimal("2.25"),
}
COUNTERS = {64111: ("lifetime_kwh_hours", "lifetime_k_amp_hours"), 64118: ("lifetime_k_ah_removed",)}


def live_block(layout: Layout, settings: Block) -> Block | None:
    """The live block of a device on the hub, if it counts something for its lifetime."""
    live = layout.live_of(settings)
    return live if live is not None and live.did in COUNTERS else None


def counters(blocks: Mapping[Block, Sequence[int]], live: Block | None) -> dict[str, tuple[Decimal, Decimal]]:
    """Name -> (value, one step of it); nothing of a block that was not read, or where they are not implemented."""
    if live is None or live not in blocks:
        return {}
    values = decode_block(live.did, blocks[live], live.address)
    rows = [values[name] for name in COUNTERS[live.did] if name in values]
    return {
        row.point.name: (Decimal(str(row.value)), Decimal(1).scaleb(row.scale or 0))
        for row in rows
        if row.value is not None
    }
