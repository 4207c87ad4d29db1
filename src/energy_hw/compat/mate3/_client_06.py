"""mate3 0.6's client: devices by kind and port, values scaled, caches; and the assign-then-write of July 2020."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from energy_hw.compat.mate3._access import Access
from energy_hw.compat.mate3._cache import CachedRegisters, load
from energy_hw.compat.mate3.devices import KINDS, SINGULARS, DeviceValues, local
from energy_hw.compat.mate3.exceptions import NotReadYet
from energy_hw.compat.mate3.field_values import FieldValue
from energy_hw.errors import CommandError, UnknownDevice
from energy_hw.links.modbus import ModbusLink
from energy_hw.outback.poll import Poll

SHORTCUTS = (*KINDS.values(), *SINGULARS, "connected_devices", "optics")


class Mate3Client:
    """`with Mate3Client(host) as client`: entering reads everything.

    cache_path: a JSON file of registers: what is in it is not read from the controller. cache_only: nothing is.
    cache_writeable: closing brings an existing file up to date; one that does not exist yet is made in any case.
    journal: where writes to a controller are noted. Thread safety: use one thread at a time.
    """

    sunspec_register = 40000

    def __init__(
        self,
        host: str | None,
        port: int | str = 502,
        cache_path: str | os.PathLike[str] | None = None,
        cache_only: bool = False,
        cache_writeable: bool = False,
        *,
        journal: Path | None = None,
    ) -> None:
        self.host, self.port = host, int(port)
        self._cache_path = None if cache_path is None else Path(cache_path)
        self._cache_only, self._cache_writeable, self._journal = cache_only, cache_writeable, journal
        self._link: ModbusLink | None = None
        self._cache: CachedRegisters | None = None
        self._access: Access | None = None
        self._as_of: datetime | None = None
        self._devices: DeviceValues | None = None

    def connect(self) -> None:
        """Get ready to read. Raises NoCache, ConfigError for a cache that is none, ExtraMissing."""
        cached = self._cache_path is not None
        self._link = None if self._cache_only and cached else ModbusLink(self.host or "", self.port)
        self._cache = load(self._cache_path, self._link) if self._cache_path is not None else None
        self._new = self._cache_path is not None and not self._cache_path.exists()
        self._as_of = _written(self._cache_path) if self._link is not None else None
        registers = self._cache or self._link
        if registers is not None:
            self._access = Access(registers, self._journal if self._link else False)

    def close(self) -> None:
        """Close the connection; write the cache."""
        self._hang_up()
        if self._cache is not None and self._cache_path is not None and (self._new or self._cache_writeable):
            self._cache.save(self._cache_path)

    def _hang_up(self) -> None:
        if self._link is not None:
            self._link.close()

    def __enter__(self) -> Self:
        self.connect()
        try:
            self.read()
        except BaseException:
            self._hang_up()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def devices(self) -> DeviceValues:
        """What was read. Raises NotReadYet, a RuntimeError."""
        if self._devices is None:
            raise NotReadYet("nothing was read yet: use `with Mate3Client(...) as client`, or connect() and read()")
        return self._devices

    def __getattr__(self, name: str) -> Any:
        """client.fndc for client.devices.fndc, as the last commits had it."""
        if name not in SHORTCUTS:
            raise AttributeError(f"Mate3Client has no {name!r}")
        return getattr(self.devices, name)

    def read(self, only: Iterable[FieldValue] | None = None) -> None:
        """Read everything, or only these values."""
        if only is not None:
            for value in only:
                value.read()
            return
        poll = self._open.read()
        if self._as_of is not None:  # lifetime counters may have grown since the file was written
            self._open.known = replace(poll, time=min(poll.time, self._as_of))
        if self._devices is None:
            self._devices = DeviceValues(self)
        self._devices.update(poll)

    def read_all(self) -> None:
        """Read everything."""
        self.read()

    def write(self, *, allow: Iterable[str] = (), force: bool = False) -> None:
        """Write every value that was assigned, one after the other, each as FieldValue.write() does.

        The first that is refused raises; it and those after it stay assigned.
        """
        for value in self._assigned():
            value.write(value.value, allow=allow, force=force)

    def _assigned(self) -> list[FieldValue]:
        holders = list(self.devices.connected_devices)
        holders += [mate3.config for mate3 in self.devices.mate3s.values() if mate3.config is not None]
        return [value for holder in holders for value in holder.fields() if value.dirty]

    def read_all_modbus_values_unparsed(self) -> dict[int, int]:
        """Every register of the controller, by address, and into the cache."""
        return dict(sorted(self._open.read().registers.items()))

    @property
    def _open(self) -> Access:
        if self._access is None:
            raise NotReadYet("not connected: use `with Mate3Client(...) as client`, or connect()")
        return self._access

    # -- what a FieldValue asks for ----------------------------------------

    def refresh(self, value: FieldValue) -> None:
        """Read one value again."""
        owner, point = value.owner, value.point
        if point is None:
            raise CommandError(f"{value.name} is not there in this device's firmware")
        self._take(value, self._open.read_point(owner.block, point.name))

    def _take(self, value: FieldValue, poll: Poll) -> None:
        owner = value.owner
        block = poll.layout.find(owner.block.did, owner.block.port)
        if block is None:
            raise UnknownDevice(f"{type(owner).__name__} on port {owner.port} is no longer there: read() again")
        owner.block = block
        for offset in range(min(len(owner.registers), block.size)):
            owner.registers[offset] = poll.registers.get(block.address + offset, owner.registers[offset])
        value.place(value.point, local(poll.time))

    def write_value(self, value: FieldValue, spoken: object, allow: Iterable[str], force: bool) -> None:
        """Write one value, checked against the device itself, never against a cache; then read it."""
        point = value.point
        if point is None:
            raise CommandError(f"{value.name} is not there in this device's firmware")
        with self._cache.fresh() if self._cache is not None else nullcontext():
            self._open.write(value.owner.block, point.name, spoken, raw=False, allow=allow, force=force)
            if point.readable:
                self.refresh(value)


def _written(cache: Path | None) -> datetime | None:
    """When a cache file was; None if there is none."""
    return datetime.fromtimestamp(cache.stat().st_mtime, UTC) if cache is not None and cache.exists() else None
