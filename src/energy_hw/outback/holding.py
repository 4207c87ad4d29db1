"""What is known of a controller: the newest of every block, and what the user of this program has seen.

    newest   what any poll read last: attributes of live devices
    seen     what the user's own reads found, first of all the first read: what a write may rely on

A write to a device out of a snapshot relies on that snapshot: what the user holds in the hand is what is meant.
A poll in the background renews only the newest. If meanwhile two devices changed their ports, a write would be meant
for the one that was seen and reach the other: it is compared with what was seen, and refused.

A command by the id of a report relies on what was polled last, so that automations go on for months; a device on a port
where polls have seen another one before gets none until somebody reads again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from energy_hw.errors import IdentityChanged, LinkError, ProtocolError
from energy_hw.links.clock import Clock
from energy_hw.outback.chain import Layout
from energy_hw.outback.device import Device
from energy_hw.outback.diagnose import State
from energy_hw.outback.groups import Key
from energy_hw.outback.poll import Mode, Poll, Poller
from energy_hw.outback.registers import Registers
from energy_hw.outback.snapshot import Snapshot
from energy_hw.outback.strangers import changes, device_of, moved
from energy_hw.outback.values import PointValue, decode_point
from energy_hw.outback.writes import WriteOptions, Writes

if TYPE_CHECKING:
    from energy_hw.outback.prepared import WriteResult

logger = logging.getLogger(__name__)

NO_OPTIONS = WriteOptions()


class Holding:
    """Reads, and keeps what was read.

    Thread safety: call from any thread; reads take turns by the session of the registers.
    """

    def __init__(self, registers: Registers, poller: Poller, link_name: str, clock: Clock, writes: Writes) -> None:
        self._registers, self._poller, self._link_name, self._clock = registers, poller, link_name, clock
        self._writes = writes
        self.newest: Snapshot | None = None
        self.seen: Snapshot | None = None
        self.state = State()
        self.changed = 0
        self._whole: Snapshot | None = None
        self._strangers: dict[Key, str] = {}
        self._doubted: tuple[Snapshot, Snapshot | None] | None = None

    def read(self, mode: Mode = Mode.EVERYTHING, *, by_user: bool = True) -> Snapshot:
        """Read now; returns what is known after it. Raises LinkError, ProtocolError."""
        with self._registers.session():
            return self._take(lambda: self._poller.read(mode), by_user)

    def refresh(self, key: Key, *, by_user: bool = True) -> Device:
        """Read a device and its settings now. Raises UnknownDevice, LinkError, ProtocolError."""
        with self._registers.session():
            if self.newest is None:
                self.read()
            return device_of(self._take(lambda: self._poller.read_device(*key, settings=True), by_user), key)

    def read_point(self, key: Key, name: str, settings: bool = False) -> PointValue:
        """Read a point of a device now, in one request where the blocks are known. Raises UnknownPoint as well."""
        with self._registers.session():
            block, point = self.held(key).locate(name, settings)
            poll = self._observed(lambda: self._poller.read_point(block.did, block.port, point.name))
            here = poll.layout.find(block.did, block.port) or block
            return decode_point(point, poll.view(here), here.address)

    def held(self, key: Key, settings: bool = False) -> Device:
        """The device as the newest read found it; reads where there is none, or not its settings.

        Raises UnknownDevice, which names those that are there.
        """
        device = device_of(self.newest or self.read(), key)
        if device.complete and (not settings or device.settings.time is not None):
            return device
        if len(device.dids) == 1:
            return self.refresh(key, by_user=False)
        return device_of(self.read(by_user=False), key)

    def peek(self, key: Key) -> Device | None:
        """The device as the newest read found it, without reading."""
        return self.newest.device(key) if self.newest else None

    def write(
        self,
        key: Key,
        name: str,
        value: object,
        options: WriteOptions = NO_OPTIONS,
        *,
        seen: bool = True,
        meant: Device | None = None,
    ) -> WriteResult:
        """Write to a device. seen: as the user saw it, not as it was polled last; meant: in this very snapshot.

        Raises CommandError, LinkError, ProtocolError.
        """
        with self._registers.session():
            known = self._known(key, meant) if seen else self._polled(key)
            try:
                result = self._writes.write(known, key, name, value, options)
            except IdentityChanged:
                self._doubted = None if seen else (known, self.newest)
                raise
            if result.read_back is not None:
                self.newest = _with_value(self.newest, known.layout, result.read_back)
                self.seen = _with_value(self.seen, known.layout, result.read_back)
            return result

    def _known(self, key: Key, meant: Device | None) -> Snapshot:
        """What a write may rely on: what was seen, or the newest, if all that happened since is that blocks moved."""
        held = Snapshot(*meant.origin) if meant is not None else None
        seen = held if held is not None and held.complete else self._complete(self.seen, True)
        newest = self._complete(self.newest, False)
        return newest if newest.layout != seen.layout and moved(seen, newest, key) else seen

    def _polled(self, key: Key) -> Snapshot:
        """What a command may rely on. Raises IdentityChanged for a device that took the place of another."""
        polled = self._doubtless(key)
        if key in self._strangers:
            raise IdentityChanged(
                f"nothing was written: {self._strangers[key]}. See what is where; commands to it go on after a read(),"
                " or a restart of this program"
            )
        return polled

    def _doubtless(self, key: Key) -> Snapshot:
        """What was polled last; if a write found that it no longer holds, what is read anew, for the same device."""
        if self._doubted is None or self.newest is not self._doubted[1]:
            return self._complete(self.newest, False)
        before, newest = self._doubted[0], self.read(by_user=False)
        self._doubted = before, newest
        return newest if moved(before, newest, key) else before

    def _complete(self, snapshot: Snapshot | None, by_user: bool) -> Snapshot:
        """The same, if it has every block; else what is read now."""
        return snapshot if snapshot is not None and snapshot.complete else self.read(by_user=by_user)

    def _take(self, read: Callable[[], Poll], by_user: bool) -> Snapshot:
        poll = self._observed(read)
        newest = self.newest = Snapshot.of(poll, self._link_name, self.newest)
        if newest.fresh >= set(newest.layout.blocks):
            self._tell_changes(newest)
            if by_user:
                self._strangers.clear()
        seen = Snapshot.of(poll, self._link_name, self.seen)
        if self.seen is None or (by_user and (seen.complete or seen.layout == self.seen.layout)):
            self.seen = seen
        return newest

    def _tell_changes(self, newest: Snapshot) -> None:
        before, self._whole = self._whole, newest
        for device, lines in changes(before, newest) if before else ():
            self.changed += 1
            said = f"{device.name} is not the device that it was: {'; '.join(lines)}"
            self._strangers[device.did, device.port] = said
            logger.warning("%s: %s", self._link_name, said)

    def _observed(self, read: Callable[[], Poll]) -> Poll:
        """Notes whether the controller answered."""
        try:
            poll = read()
        except (LinkError, ProtocolError) as error:
            self.state.trouble = error
            raise
        self.state.ok_at, self.state.trouble = self._clock.monotonic(), None
        return poll


def _with_value(snapshot: Snapshot | None, layout: Layout, value: PointValue) -> Snapshot | None:
    """The snapshot with a value that was read back; in another layout something else stands at its address."""
    return snapshot.with_value(value) if snapshot is not None and snapshot.layout == layout else snapshot
