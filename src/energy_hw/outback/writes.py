"""Writing for live devices: who was seen, then the Writer, then what was read back becomes what is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from energy_hw.errors import UnknownDevice
from energy_hw.outback.device import Device
from energy_hw.outback.groups import Key
from energy_hw.outback.poll import Poller
from energy_hw.outback.registers import Registers
from energy_hw.outback.snapshot import Snapshot
from energy_hw.reading import Control

if TYPE_CHECKING:
    from energy_hw.outback.identity import House
    from energy_hw.outback.writing import Writer, WriteResult


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """See Mate3.write()."""

    allow: tuple[str, ...] = ()
    force: bool = False
    dry_run: bool = False
    raw: bool = False


class Writes:
    """A Writer that is made with the first write. Thread safety: use it inside a session of the registers."""

    def __init__(
        self, registers: Registers, poller: Poller, allow: Iterable[str], journal: Path | None, password: str | None
    ) -> None:
        """allow: classes of settings that may be written each time. journal: None for the usual place."""
        self._registers, self._poller, self._allow = registers, poller, tuple(allow)
        self._journal, self._password = journal, password
        self._writer: Writer | None = None
        self.count = 0

    def write(self, known: Snapshot, key: Key, name: str, value: object, options: WriteOptions) -> WriteResult:
        """Write to the device as it is known, to no other. Raises CommandError, LinkError, ProtocolError."""
        from energy_hw.outback.identity import fingerprint

        block, point = device_of(known, key).locate(name)
        then = fingerprint(house(known), block)
        allow = (*self._allow, *options.allow)
        result = self.writer.write(
            block,
            then,
            point.name,
            value,
            allow=allow,
            force=options.force,
            raw=options.raw,
            dry_run=options.dry_run,
        )
        self.count += not options.dry_run
        return result

    @property
    def writer(self) -> Writer:
        """Made when it is first asked for."""
        if self._writer is None:
            from energy_hw.outback.journal import Journal
            from energy_hw.outback.writing import Writer

            journal = Journal(self._journal)
            self._writer = Writer(self._registers, self._poller, journal, password=self._password)
        return self._writer

    def controls(self, known: Snapshot) -> list[Control]:
        """Everything that may be written now."""
        return []


def device_of(snapshot: Snapshot, key: Key) -> Device:
    """The device of a snapshot. Raises UnknownDevice, which names those that are there."""
    device = snapshot.device(key)
    if device is None:
        there = ", ".join(device.name for device in snapshot.devices) or "nothing that is known"
        raise UnknownDevice(f"no device {key[0]} on port {key[1]} any more: there is {there}")
    return device


def moved(seen: Snapshot, newest: Snapshot, key: Key) -> bool:
    """Whether nothing but the blocks' addresses tells the device as it was seen from what stands on its port now."""
    from energy_hw.outback.comparing import compare
    from energy_hw.outback.identity import fingerprint

    then, now = (fingerprint(house(each), device_of(each, key).blocks[0]) for each in (seen, newest))
    verdict = compare(then, now)
    return not verdict.changed and not verdict.alike


def house(snapshot: Snapshot) -> House:
    """What was seen, as the identity of a device takes it."""
    from energy_hw.outback.identity import House

    times = {block: part.time for block, part in snapshot.parts.items()}
    return House(snapshot.time, snapshot.layout, snapshot.blocks, times, snapshot.link_name)
