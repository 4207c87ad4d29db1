"""One HTTP connection with a deadline for every step; uvicorn's own protocol has none.

    opened ─ head_s ─> headers complete ─ body_s ─> body complete ─> answer ─ idle_s ─> next request
                                                                       └ stall_s without a byte taken

A client that misses one is cut off. When there are as many connections as may be, the one that has
been without a whole request for longest makes room, so that half-open ones cannot keep others out.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from energy_hw.web.limits import Limits

FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain\r\nretry-after: 5\r\n"
    b"content-length: 21\r\nconnection: close\r\n\r\nToo many connections\n"
)


class Door:
    """The connections of one server, and which of them wait for a request. One event loop."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.counters = Counter[str]()
        self._waiting: dict[Connection, None] = {}  # longest first
        self._inside = Counter[str]()

    def enter(self, connection: Connection) -> bool:
        """Let it in, at the expense of one that waits if need be; False if nobody waits."""
        address = connection.address
        self._inside[address] += 1
        crowd = self._inside[address] > self.limits.of_one_address
        full = crowd or self._inside.total() > self.limits.connections
        if full and not self._make_room(address if crowd else None):
            self.counters["refused"] += 1
            return False
        self._waiting[connection] = None
        return True

    def _make_room(self, address: str | None) -> bool:
        for other in self._waiting:
            if address in (None, other.address):
                self.counters["evicted"] += 1
                other.cut()
                return True
        return False

    def waits(self, connection: Connection, waiting: bool) -> None:
        """Note whether it is between requests; each time it begins to wait it goes to the end of the line."""
        if not waiting:
            self._waiting.pop(connection, None)
        elif connection not in self._waiting:
            self._waiting[connection] = None

    def leave(self, connection: Connection) -> None:
        """It is gone."""
        self._waiting.pop(connection, None)
        self._inside[connection.address] -= 1
        self._inside += Counter()  # forget the addresses that have none left


class Connection(H11Protocol):
    """uvicorn's connection, held to the limits of its door."""

    def __init__(self, *args: Any, door: Door, **options: Any) -> None:
        super().__init__(*args, **options)
        self._door = door
        self._phase = ""
        self._deadline: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self.address = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.address = self.client[0] if self.client else ""
        if self._door.enter(self):
            self._enter("head")
        else:
            transport.write(FULL)
            transport.close()
            self._enter("linger")

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._door.leave(self)
        self._enter("")
        self.resume_writing()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def send_400_response(self, msg: str) -> None:
        self._door.counters["malformed"] += 1
        super().send_400_response(msg)

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._watch()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stalled = self.loop.call_later(self._door.limits.stall_s, self._expire, "stall")

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stalled:
            self._stalled.cancel()
            self._stalled = None

    def cut(self) -> None:
        """Close at once; what was not sent yet is dropped."""
        self._door.waits(self, False)
        self.transport.abort()

    def _watch(self) -> None:
        """Set the deadline of the step that this connection is in."""
        step = self._step()
        self._door.waits(self, step in ("head", "idle"))
        if step != self._phase:
            self._enter(step)

    def _step(self) -> str:
        if self.transport.is_closing():
            return "linger"
        if self.conn.their_state is h11.SEND_BODY:
            return "body"
        if self.conn.their_state is not h11.IDLE:
            return "answer"
        return "head" if self.conn.trailing_data[0] or self.cycle is None else "idle"

    def _enter(self, phase: str) -> None:
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None
        self._phase = phase
        seconds = getattr(self._door.limits, f"{phase}_s", None) if phase != "idle" else None  # idle is uvicorn's
        if seconds is not None:
            self._deadline = self.loop.call_later(seconds, self._expire, phase)

    def _expire(self, phase: str) -> None:
        self._door.counters[f"late_{phase}"] += 1
        self.cut()
