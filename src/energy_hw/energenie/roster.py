"""The devices of a hub: one memory for each, the object that stands for it, and finding it by name.

A device that is heard first gets an object of its class by itself. One that somebody makes
takes its place; both share the memory.
"""

from __future__ import annotations

import logging
import math
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from difflib import get_close_matches
from typing import TYPE_CHECKING, cast

from energy_hw.energenie.events import Callbacks
from energy_hw.energenie.identity import MOST_SENSORS
from energy_hw.energenie.memory import Memory
from energy_hw.energenie.thing import Thing
from energy_hw.errors import UnknownDevice

if TYPE_CHECKING:
    from energy_hw.energenie.device import Device
    from energy_hw.energenie.receiver import Heard

logger = logging.getLogger(__name__)

LOOK_S = 1.0

Make = Callable[["Heard"], "Device"]


class Roster:
    """Who lives here.

    make: an object for a device that was heard for the first time. most: objects made so that are kept; the one
    heard longest ago goes first. What somebody made or named stays.

    Thread safety: call from any thread. Its lock may be held while an object is made, which takes no other lock but
    those of memories, and never while one is told what was heard.
    """

    def __init__(self, make: Make, most: int = MOST_SENSORS) -> None:
        self._make, self._most = make, most
        self.callbacks = Callbacks()
        self._memories: dict[str, Memory] = {}
        self._things: dict[str, Thing] = {}
        self._objects: dict[str, weakref.WeakSet[Thing]] = {}
        """Every object of an id, those too whose place another one took."""
        self._by_itself: OrderedDict[str, None] = OrderedDict()
        self._looked_at = -math.inf
        self._closed = False
        self._lock = threading.RLock()

    def memory(self, device: str) -> Memory:
        """What is known of a device id; nothing yet, if it is new."""
        with self._lock:
            memory = self._memories.get(device)
            if memory is None:
                memory = self._memories[device] = Memory(device, self.callbacks)
                if self._closed:
                    memory.close()
            return memory

    def attach(self, thing: Thing) -> None:
        """Let an object stand for its device."""
        with self._lock:
            self._things[thing.device] = thing
            self._objects.setdefault(thing.device, weakref.WeakSet()).add(thing)
            self._by_itself.pop(thing.device, None)

    def things(self) -> dict[str, Thing]:
        """A copy: by device id, in the order in which they came."""
        with self._lock:
            return dict(self._things)

    # -- hearing -----------------------------------------------------------

    def heard(self, heard: Heard) -> None:
        """Take what a device said; the radio's thread calls this."""
        device = heard.report.device
        with self._lock:
            if device not in self._things:
                self._take_in(heard)
            elif device in self._by_itself:
                self._by_itself.move_to_end(device)
            memory = self._memories[device]
            things = list(self._objects[device])
        if memory.heard(heard):
            for thing in things:
                _tell(thing, heard)

    def tick(self, now: float) -> None:
        """Look once a second who is overdue; the radio's thread calls this at every step."""
        if now - self._looked_at < LOOK_S:
            return
        self._looked_at = now
        for thing in self.things().values():
            thing.memory.note_overdue(thing.overdue)

    def _take_in(self, heard: Heard) -> None:
        self._make(heard)
        self._by_itself[heard.report.device] = None
        while len(self._by_itself) > self._most:
            self._forget(self._by_itself.popitem(last=False)[0])

    def _forget(self, device: str) -> None:
        """A named device, or one that somebody listens to, stays."""
        if not self._memories[device].wanted:
            del self._memories[device], self._things[device], self._objects[device]

    # -- finding -----------------------------------------------------------

    def find(self, key: str | int) -> Thing:
        """By device id, by name, or by sensor id as a number.

        Raises UnknownDevice, a KeyError, with what may have been meant.
        """
        things = self.things()
        if isinstance(key, str) and key in things:
            return things[key]
        found = [thing for thing in things.values() if _goes_by(thing, key)]
        if len(found) == 1:
            return found[0]
        if found:
            raise UnknownDevice(f"{key!r} is the name of {len(found)} devices: {', '.join(t.device for t in found)}")
        raise UnknownDevice(_unknown(key, things))

    def close(self) -> None:
        """End every stream of events, and the callbacks when those that wait have been called."""
        with self._lock:
            self._closed, memories = True, list(self._memories.values())
        for memory in memories:
            memory.close()
        self.callbacks.close()


def _tell(thing: Thing, heard: Heard) -> None:
    """A fault in one object keeps nothing from the others."""
    try:
        cast("Device", thing).heard(heard)
    except Exception:
        logger.exception("a fault of this program: %r and %s", thing, heard.report)


def _goes_by(thing: Thing, key: str | int) -> bool:
    return thing.name == key if isinstance(key, str) else getattr(thing, "sensor", None) == key


def _unknown(key: str | int, things: dict[str, Thing]) -> str:
    names = [name for thing in things.values() for name in (thing.name, thing.device) if name]
    close = get_close_matches(str(key), names, n=3, cutoff=0.5)
    shown = key if isinstance(key, str) else f"0x{key:06X}"
    if close:
        return f"no device {shown!r}; did you mean {' or '.join(close)}?"
    known = ", ".join(thing.name or thing.device for thing in list(things.values())[:20])
    return f"no device {shown!r}; heard so far: {known or 'none, wait for its first report'}"
