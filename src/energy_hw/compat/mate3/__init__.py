"""mate3's face, 0.4 and 0.6: `from energy_hw.compat.mate3 import ...` where a program has `from mate3 import ...`.

    with mate3_connection(host) as client:             # 0.4: blocks of raw numbers
        for block in client.all_blocks(): print(block)

    with Mate3Client(host) as client:                  # 0.6: energy_hw.compat.mate3.api
        print(client.devices.fndc.battery_voltage.value)

Underneath is energy_hw.outback: a walk that skips what it does not know, polls that check where they read, and writes
that go to no other device than the one that was read. See docs/moving-from-mate3.md.
Source: github.com/adamcharnock/mate3 at 18e55d5, 66a4525, d48f15b and 887d321.
"""

from __future__ import annotations

from energy_hw.compat.mate3.api import Mate3Client, mate3_connection

__all__ = ["Mate3Client", "mate3_connection"]
