"""The radio of a program that was written for pyenergenie: one Hub that its modules share.

    init() --> Session(hub, frames) <-- loop(), radio.receive(), OnAir, Devices

The hub listens all the time in its own thread; what it hears waits here until the program asks for it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from types import TracebackType
from typing import Any, Protocol

from energy_hw.energenie.hub import Hub
from energy_hw.energenie.identity import Standing
from energy_hw.energenie.names import HouseNames
from energy_hw.energenie.receiver import Heard, Refused
from energy_hw.energenie.registry_toml import Entry
from energy_hw.errors import ConfigError, LinkClosed

logger = logging.getLogger(__name__)


class Named(Protocol):
    """What the hub needs of a registry."""

    def entries(self) -> list[Entry]:
        """What has a name, as the hub knows devices."""

    def add_entry(self, entry: Entry) -> None:
        """Register a device that the hub took in."""

    def rename(self, old_name: str, new_name: str) -> None:
        """Give it another name."""

    def delete(self, name: str) -> None:
        """Forget it."""


class RegistryNames(HouseNames):
    """The registry of the program, as the hub asks for names: it is in memory, no disk is waited for.

    registry: None until there is one. Thread safety: the hub's threads only read.
    """

    def __init__(self) -> None:
        super().__init__()
        self.registry: Named | None = None

    def entries(self) -> list[Entry]:
        """All of them."""
        return [] if self.registry is None else self.registry.entries()

    def get(self, name: str) -> Entry:
        """By name, in any case. Raises ConfigError."""
        for entry in self.entries():
            if entry.name.casefold() == name.casefold():
                return entry
        raise ConfigError(f"no device is named {name!r}")

    def add(self, name: str, device: str, model: str = "") -> Entry:
        """Name a device. Raises ConfigError."""
        entry = Entry(name, device, model)
        self._registry().add_entry(entry)
        return entry

    def rename(self, name: str, new: str) -> Entry:
        """Give a device another name. Raises ConfigError."""
        entry = self.get(name)
        self._registry().rename(entry.name, new)
        return entry._replace(name=new)

    def forget(self, name: str) -> Entry:
        """Take a name out. Raises ConfigError."""
        entry = self.get(name)
        self._registry().delete(entry.name)
        return entry

    def _registry(self) -> Named:
        if self.registry is None:
            raise ConfigError("there is no registry: call energenie.init() first")
        return self.registry


class Session:
    """A hub, and the frames that nobody has taken yet. A context manager: it ends as finished() does.

    Thread safety: one thread receives; everything else from any.
    """

    def __init__(self, **options: Any) -> None:
        """options: Hub's. Raises as Hub does."""
        self.names = RegistryNames()
        self.hub = Hub(registry=self.names, **options)
        self._frames = self.hub.events()
        self._ahead: deque[Heard] = deque()
        self.refused = 0
        """Frames that were broken."""
        self.ghosts = 0
        """Frames with a bit error in their address."""

    def receive(self, timeout_s: float) -> Heard | None:
        """The next frame that is sound; None after timeout_s without one. Raises LinkClosed after the end."""
        if self._ahead:
            return self._ahead.popleft()
        end = time.monotonic() + timeout_s
        while (event := self._frames.get(max(0.0, end - time.monotonic()))) is not None:
            if isinstance(event, Heard) and event.standing is not Standing.GHOST:
                return event
            self._count(event)
        if self._frames.closed:
            raise LinkClosed("the radio was closed: call energenie.init() again")
        return None

    def waiting(self) -> bool:
        """Whether receive() has something at once."""
        if not self._ahead and (heard := self.receive(0)) is not None:
            self._ahead.append(heard)
        return bool(self._ahead)

    def _count(self, event: Heard | Refused) -> None:
        if isinstance(event, Refused):
            self.refused += 1
            logger.debug("a broken frame: %s", event.error)
        else:
            self.ghosts += 1
            logger.debug("a ghost: %s", event.report.device)

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if is_current(self):
            stop()


_session: Session | None = None
_lock = threading.Lock()


def start(**options: Any) -> Session:
    """Open the radio, unless it is open. options: Hub's. Raises as Hub does."""
    global _session
    with _lock:
        if _session is None:
            _session = Session(**options)
        return _session


def current() -> Session:
    """The one that is open. Raises LinkClosed."""
    if _session is None:
        raise LinkClosed("the radio is not open: call energenie.init() first")
    return _session


def is_open() -> bool:
    """Whether there is one."""
    return _session is not None


def is_current(session: Session) -> bool:
    """Whether it is the one that is open."""
    return _session is session


def stop() -> None:
    """Close the radio. May be called twice."""
    global _session
    with _lock:
        session, _session = _session, None
    if session is not None:
        session.hub.close()
