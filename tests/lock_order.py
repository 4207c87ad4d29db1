"""Watches in which order the locks of energy_hw.energenie are taken; a circle is a deadlock that waits for its day."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any
from unittest.mock import patch

OURS = "energenie"


class Orders:
    """Which lock was held when which other one was taken, by the line that made it."""

    def __init__(self) -> None:
        self.pairs: set[tuple[str, str]] = set()
        self.held = threading.local()

    def taken(self, name: str) -> None:
        stack = self.held.__dict__.setdefault("stack", [])
        self.pairs |= {(other, name) for other in stack if other != name}
        stack.append(name)

    def released(self, name: str) -> None:
        stack = self.held.__dict__.setdefault("stack", [])
        if name in stack:
            stack.reverse()
            stack.remove(name)
            stack.reverse()

    def circle(self) -> list[str]:
        """Locks that are each taken while the one before is held; empty if there is an order of all."""
        after: dict[str, set[str]] = {}
        for first, second in self.pairs:
            after.setdefault(first, set()).add(second)
        for start in after:
            path = self._path(start, start, after, [start])
            if path:
                return path
        return []

    def _path(self, at: str, goal: str, after: dict[str, set[str]], way: list[str]) -> list[str]:
        for following in after.get(at, ()):
            if following == goal:
                return [*way, goal]
            if following not in way and (found := self._path(following, goal, after, [*way, following])):
                return found
        return []


class Watched:
    """A lock that says when it is taken."""

    def __init__(self, lock: Any, name: str, orders: Orders) -> None:
        self._lock, self._name, self._orders = lock, name, orders

    def acquire(self, *arguments: Any, **options: Any) -> bool:
        taken: bool = self._lock.acquire(*arguments, **options)
        if taken:
            self._orders.taken(self._name)
        return taken

    def release(self) -> None:
        self._orders.released(self._name)
        self._lock.release()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


@contextmanager
def watched_locks() -> Iterator[Orders]:
    """Locks that energy_hw.energenie makes meanwhile are watched; those of others are as ever."""
    orders = Orders()

    def factory(make: Any) -> Any:
        def made() -> Any:
            caller = sys._getframe(1)
            path = Path(caller.f_code.co_filename)
            if path.parent.name != OURS or "tests" in path.parts:
                return make()
            return Watched(make(), f"{path.stem}:{caller.f_lineno}", orders)

        return made

    with (
        patch.object(threading, "Lock", factory(threading.Lock)),
        patch.object(threading, "RLock", factory(threading.RLock)),
    ):
        yield orders
