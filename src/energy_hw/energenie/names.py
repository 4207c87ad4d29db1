"""Names of devices, wherever they are kept: in the registry's file, or in memory for a simulated house."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import Protocol

from energy_hw.energenie.registry import Registry
from energy_hw.energenie.registry_toml import Entry, checked, find, refuse_taken
from energy_hw.errors import ConfigError
from energy_hw.links.board import Board

logger = logging.getLogger(__name__)

MEMORY = Path("the simulated house")
LOOK_S = 5.0
"""How soon the radio's thread learns of a name that somebody else gave."""


class Names(Protocol):
    """What Registry offers. Every method may raise ConfigError."""

    def entries(self) -> list[Entry]:
        """All of them."""

    def get(self, name: str) -> Entry:
        """By name, in any case."""

    def add(self, name: str, device: str, model: str = "") -> Entry:
        """Name a device."""

    def rename(self, name: str, new: str) -> Entry:
        """Give a device another name."""

    def forget(self, name: str) -> Entry:
        """Take a name out."""


class HouseNames:
    """The names that a simulated house brings; nothing is written to a disk.

    Thread safety: call from any thread.
    """

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._entries = {entry.name: entry for entry in entries}
        self._lock = threading.Lock()

    def entries(self) -> list[Entry]:
        """All of them."""
        with self._lock:
            return list(self._entries.values())

    def get(self, name: str) -> Entry:
        """By name, in any case. Raises ConfigError that suggests what may have been meant."""
        with self._lock:
            return find(self._entries, name, MEMORY)

    def add(self, name: str, device: str, model: str = "") -> Entry:
        """Name a device. Raises ConfigError if the name is taken, or the device has one."""
        entry = checked(Entry(name, device, model), MEMORY)
        with self._lock:
            refuse_taken(self._entries.values(), entry, MEMORY)
            self._entries[name] = entry
        return entry

    def rename(self, name: str, new: str) -> Entry:
        """Give a device another name. Raises ConfigError if there is none, or the new name is taken."""
        with self._lock:
            old = find(self._entries, name, MEMORY)
            entry = checked(old._replace(name=new), MEMORY)
            refuse_taken((other for other in self._entries.values() if other is not old), entry, MEMORY)
            self._entries = {
                (new if one is old else key): (entry if one is old else one) for key, one in self._entries.items()
            }
        return entry

    def forget(self, name: str) -> Entry:
        """Take a name out. Raises ConfigError if there is none."""
        with self._lock:
            return self._entries.pop(find(self._entries, name, MEMORY).name)


def names_for(board: Board, registry: Names | str | PathLike[str] | None) -> Names:
    """The registry that was asked for; else the simulated house's own names, or the default file."""
    if registry is None:
        simulated = [Entry(*row) for row in board.devices]
        return HouseNames(simulated) if board.simulated else Registry()
    return Registry(registry) if isinstance(registry, str | PathLike) else registry


class NameTable:
    """Device id -> name: what cannot be read now is as it was.

    Thread safety: call from any thread. The radio's asks with wait=False and never waits for a disk: it gets what was
    read last, and another thread looks whether that still holds.
    """

    def __init__(self, names: Names) -> None:
        self._names = names
        self._in_memory = isinstance(names, HouseNames)
        self._by_device: dict[str, Entry] = {}
        self._told = ""
        self._looked_at = -math.inf
        self._looking = threading.Lock()

    def entry(self, device: str, *, wait: bool = True) -> Entry | None:
        """The entry of a device id, or None."""
        return (self._read() if wait or self._in_memory else self._seen()).get(device)

    def entries(self) -> list[Entry]:
        """All of them."""
        return list(self._read().values())

    def _seen(self) -> dict[str, Entry]:
        now = time.monotonic()
        if now - self._looked_at >= LOOK_S and self._looking.acquire(blocking=False):
            self._looked_at = now
            threading.Thread(target=self._look, name="energy-hw-names", daemon=True).start()
        return self._by_device

    def _look(self) -> None:
        try:
            self._read()
        finally:
            self._looking.release()

    def _read(self) -> dict[str, Entry]:
        try:
            self._by_device = {entry.device: entry for entry in self._names.entries()}
            self._told = ""
        except ConfigError as error:
            if str(error) != self._told:  # once, not with every frame
                self._told = str(error)
                logger.error("devices go without new names: %s", error)
        return self._by_device
