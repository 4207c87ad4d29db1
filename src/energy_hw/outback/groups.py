"""Which blocks of a controller make one device.

64110 gateway, 1 common, 101 .. 103 inverter, 64255 statistics   ->  the gateway
64120 system control                                            ->  the system
64111 | 64113 | 64115 | 64117 | 64118 live + its settings block ->  a device on a port of the hub
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from energy_hw.outback.chain import Block, Layout
from energy_hw.outback.points import names_of

GATEWAY, COMMON, SYSTEM = 64110, 1, 64120
CHARGE_CONTROLLERS, BATTERY_MONITORS = (64111,), (64118,)
INVERTERS = (64113, 64115, 64117)
OF_THE_GATEWAY = (GATEWAY, COMMON, 101, 102, 103, 64255)
KINDS = {
    GATEWAY: "gateway",
    SYSTEM: "system",
    **dict.fromkeys(INVERTERS, "inverter"),
    **dict.fromkeys(CHARGE_CONTROLLERS, "charge controller"),
    **dict.fromkeys(BATTERY_MONITORS, "battery monitor"),
}
Key = tuple[int, int | None]
"""DID and port: what stays the same where blocks move."""


@dataclass(frozen=True, slots=True)
class Group:
    """The blocks of one device. blocks: the one whose DID and port name the device, then others of the same device.

    settings: None where the device has none, or its block is one of `blocks`. id: as in a Report.
    """

    id: str
    blocks: tuple[Block, ...]
    settings: Block | None

    @property
    def key(self) -> Key:
        return self.blocks[0].did, self.blocks[0].port

    @property
    def kind(self) -> str:
        return KINDS[self.blocks[0].did]

    @property
    def name(self) -> str:
        """`charge controller 3`, or `gateway`."""
        port = self.blocks[0].port
        return self.kind if port is None else f"{self.kind} {port}"

    @property
    def names(self) -> Mapping[str, str]:
        """Code -> name, of the points of `blocks`."""
        return names_of(tuple(block.did for block in self.blocks))

    @property
    def every(self) -> tuple[Block, ...]:
        return self.blocks if self.settings is None else (*self.blocks, self.settings)


def groups(layout: Layout, link_name: str) -> Iterator[Group]:
    """The devices of a layout: gateway, system, then those of the hub, in the order of their blocks.

    link_name: stands for the gateway where it has no serial number.
    """
    root = f"outback:{layout.serial or link_name}"
    own = [block for did in OF_THE_GATEWAY for block in layout.blocks if block.did == did]
    if own and own[0].did == GATEWAY:
        yield Group(root, tuple(own), None)
    given: set[str] = set()
    for block in layout.blocks:
        if block.did in KINDS and block.did != GATEWAY:
            id_ = root + ("/system" if block.port is None else f"/{block.port}")
            id_ = f"{id_}/{block.did}" if id_ in given else id_  # two on one port: never seen, never mixed up
            given.add(id_)
            yield Group(id_, (block,), layout.settings_of(block))
