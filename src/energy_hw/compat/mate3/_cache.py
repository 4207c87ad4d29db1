"""Registers of a controller, of a cache file, or of both, as mate3 0.6 mixes them.

A cache is JSON, {"register": value}; the ones of mate3 0.6 are read as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from energy_hw.compat.mate3.exceptions import NoCache
from energy_hw.links.modbus import ModbusLink
from energy_hw.outback.chain import END, MARKER
from energy_hw.outback.dump import Dump
from energy_hw.outback.tables import points

BASE = 40000
NO_VALUE = 0xFFFF


class CachedRegisters:
    """Registers out of a cache; those it has not are read from the link and kept.

    link None: only the cache, which writes change in memory. fresh(): what is read inside comes from the link.
    """

    def __init__(self, cache: dict[int, int], link: ModbusLink | None) -> None:
        self._dump, self._link, self._fresh = Dump(cache), link, False
        self._before = dict(cache)
        if link is None:
            fill_write_only(self._dump.registers)

    @property
    def max_read(self) -> int:
        return self._link.max_read if self._link else self._dump.max_read

    @property
    def counters(self) -> object:
        """The link's; a write asks for its number of connections."""
        return self._link.counters if self._link else None

    def session(self) -> AbstractContextManager[object]:
        return self._link.session() if self._link else self._dump.session()

    @contextmanager
    def fresh(self) -> Iterator[None]:
        """For a write: identity and scale factors from the device, not from a file."""
        self._fresh = True
        try:
            yield
        finally:
            self._fresh = False

    def read(self, address: int, count: int) -> tuple[int, ...]:
        """As a link does. What only the cache can say, and does not: ModbusError, code 2."""
        wanted = range(address, address + count)
        if self._link is not None and (self._fresh or any(at not in self._dump.registers for at in wanted)):
            self._dump.registers.update(enumerate(self._link.read(address, count), address))
        return self._dump.read(address, count)

    def write(self, address: int, values: Sequence[int]) -> None:
        if self._link is not None:
            self._link.write(address, values)
            self._dump.registers.update(enumerate(values, address))
        else:
            self._dump.write(address, values)

    def save(self, path: Path) -> None:
        """Write the cache, secrets and all, for its owner alone, if anything changed."""
        if self._dump.registers != self._before:
            self._dump.save(path, redacted=False)
            self._before = dict(self._dump.registers)


def load(path: Path, link: ModbusLink | None) -> CachedRegisters:
    """From a file. Raises NoCache where there is none and no link, ConfigError for one that is no cache."""
    if path.exists():
        return CachedRegisters(Dump.load(path).registers, link)
    if link is None:
        raise NoCache(f"{path}: there is no such cache; without cache_only it is made from the controller")
    return CachedRegisters({}, link)


def fill_write_only(registers: dict[int, int]) -> None:
    """mate3 0.6 never read what can only be written, so its caches have holes there: no value."""
    if tuple(registers.get(BASE + offset) for offset in range(len(MARKER))) != MARKER:
        return
    address = BASE + len(MARKER)
    while (did := registers.get(address, END)) != END and (length := registers.get(address + 1)):
        for point in points(did, length):
            if not point.readable:
                for at in range(address + point.offset, address + point.end):
                    registers.setdefault(at, NO_VALUE)
        address += length + 2
