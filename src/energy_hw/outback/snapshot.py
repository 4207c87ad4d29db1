"""Everything that one read found, immutable; what it did not ask for is as the reads before found it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from energy_hw.outback.chain import Block, Layout
from energy_hw.outback.device import Device, Origin, Part
from energy_hw.outback.devices import Devices
from energy_hw.outback.groups import Key, groups
from energy_hw.outback.points import refuse, restore
from energy_hw.outback.poll import Poll
from energy_hw.outback.tables import model
from energy_hw.outback.values import PointValue
from energy_hw.reading import Report


class Snapshot(Devices[Device]):
    """The controller as it was at `time`, UTC.

    Each device and its settings say when they were read: what the newest poll did not ask for is older than `time`.
    Thread safety: immutable; decoded when first asked for.
    """

    __slots__ = ("_devices", "fresh", "layout", "link_name", "parts", "time")

    time: datetime
    layout: Layout
    link_name: str
    parts: Mapping[Block, Part]
    fresh: frozenset[Block]
    _devices: Mapping[Key, Device]

    def __init__(
        self,
        time: datetime,
        layout: Layout,
        link_name: str,
        parts: Mapping[Block, Part],
        fresh: Iterable[Block] = (),
    ) -> None:
        """link_name: stands for the gateway where it has no serial number. fresh: blocks of the newest poll."""
        origin = Origin(time, layout, link_name, parts)
        devices = [Device(group, origin) for group in groups(layout, link_name)]
        put = object.__setattr__
        put(self, "time", time)
        put(self, "layout", layout)
        put(self, "link_name", link_name)
        put(self, "parts", parts)
        put(self, "fresh", frozenset(fresh))
        put(self, "_devices", {(device.did, device.port): device for device in devices})

    @classmethod
    def of(cls, poll: Poll, link_name: str, before: Snapshot | None = None) -> Snapshot:
        """What a poll found, and of what it did not ask for, what is known from before, if the layout is the same."""
        layout = poll.layout
        parts = dict(before.parts) if before is not None and before.layout == layout else {}
        for block, registers in poll.blocks.items():
            parts[block] = Part(block, registers, poll.time, layout.since_2018)
        return cls(poll.time, layout, link_name, parts, poll.blocks)

    def with_value(self, value: PointValue) -> Snapshot:
        """The same with the registers of one point as they were read since; itself if its block is not known."""
        part = next((part for part in self.parts.values() if part.holds(value)), None)
        if part is None:
            return self
        parts = {**self.parts, part.block: part.with_value(value)}
        return Snapshot(self.time, self.layout, self.link_name, parts, self.fresh)

    def device(self, key: Key) -> Device | None:
        """The device with this DID on this port."""
        return self._devices.get(key)

    def _by_key(self) -> Mapping[Key, Device]:
        return self._devices

    @property
    def complete(self) -> bool:
        """Whether every block of the layout is known."""
        return all(block in self.parts for block in self.layout.blocks)

    @property
    def unknown(self) -> dict[Block, tuple[int, ...]]:
        """Blocks that no table knows, as registers."""
        return {block: part.registers for block, part in self.parts.items() if model(block.did) is None}

    @property
    def blocks(self) -> dict[Block, tuple[int, ...]]:
        """The registers of every block that is known, from its DID on."""
        return {block: part.registers for block, part in self.parts.items()}

    @property
    def registers(self) -> dict[int, int]:
        """Every register that is known, by address."""
        return {
            block.address + offset: register
            for block, part in sorted(self.parts.items(), key=lambda item: item[0].address)
            for offset, register in enumerate(part.registers)
        }

    def reports(self) -> list[Report]:
        """One for each device that the newest poll read something of, with what it read."""
        from energy_hw.outback.report import to_reports

        return to_reports(self)

    def __setattr__(self, name: str, value: object) -> None:
        refuse("snapshot", name)

    __setstate__ = restore

    def __repr__(self) -> str:
        return f"<Mate3 at {self.time:%Y-%m-%d %H:%M:%SZ}: {', '.join(device.name for device in self.devices)}>"
