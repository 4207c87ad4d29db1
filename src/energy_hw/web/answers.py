"""What servers answer with: snapshots that are cheap to poll, and streams of events.

Snapshot    bytes that are rendered once and served many times, with an ETag, and Last-Modified where a time is known:
            304 to who has them
events      server-sent events (WHATWG HTML, 9.2) of an asynchronous generator, ended when the server stops
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from energy_hw.web.asgi import STOPPING

KEEP_ALIVE_S = 15.0


@dataclass(frozen=True)
class Snapshot:
    """A body that does not change, as an ASGI application for GET and HEAD. modified: since when, aware."""

    body: bytes
    media_type: str = "application/json; charset=utf-8"
    status: int = 200
    modified: datetime | None = None
    etag: bytes = field(init=False)
    last_modified: bytes = field(init=False)

    def __post_init__(self) -> None:
        digest = hashlib.blake2b(self.body, digest_size=12).hexdigest()
        date = format_datetime(self.modified.astimezone(UTC), usegmt=True) if self.modified else ""
        object.__setattr__(self, "etag", f'"{digest}"'.encode())
        object.__setattr__(self, "last_modified", date.encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"etag", self.etag), (b"cache-control", b"no-cache")]
        if self.last_modified:
            headers.append((b"last-modified", self.last_modified))
        if self.status == 200 and self._known(scope):
            await send({"type": "http.response.start", "status": 304, "headers": headers})
            await send({"type": "http.response.body"})
            return
        headers += [(b"content-type", self.media_type.encode()), (b"content-length", b"%d" % len(self.body))]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else self.body})

    def _known(self, scope: Scope) -> bool:
        """RFC 9110, 13.2.2: If-Modified-Since counts only where there is no If-None-Match."""
        since = b""
        for name, value in scope["headers"]:
            if name == b"if-none-match":
                return matches(value, self.etag)
            since = value if name == b"if-modified-since" else since
        return bool(since) and not_since(self.modified, since)


def not_since(modified: datetime | None, since: bytes) -> bool:
    """Whether a time, in whole seconds, is not after that of a header; a header that is no date says nothing."""
    try:
        moment = parsedate_to_datetime(since.decode("latin-1"))
    except (ValueError, OverflowError):
        return False
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return modified is not None and modified.replace(microsecond=0) <= moment


def matches(if_none_match: bytes, etag: bytes) -> bool:
    """RFC 9110, 13.1.2: weak comparison; `*` is any."""
    tags = {tag.strip().removeprefix(b"W/") for tag in if_none_match.split(b",")}
    return b"*" in tags or etag in tags


@dataclass(frozen=True)
class Event:
    """One server-sent event. id: what a client that comes back sends as Last-Event-ID."""

    data: str
    name: str = ""
    id: str = ""

    def encode(self) -> bytes:
        """As it goes over the line; a line break in data begins another data line."""
        fields = [("event", self.name), ("id", self.id), *(("data", line) for line in self.data.splitlines() or [""])]
        return b"".join(f"{field}: {text}\n".encode() for field, text in fields if text or field == "data") + b"\n"


Events = AsyncGenerator[Event, None]


def events(scope: Scope, source: Events, keep_alive_s: float = KEEP_ALIVE_S) -> StreamingResponse:
    """A stream of server-sent events, a comment after each silence of keep_alive_s.

    scope: of the request, as the Guard passed it on. source is closed when the client goes away or the
    server stops.
    """
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    lines = _lines(source, scope[STOPPING], keep_alive_s)
    return StreamingResponse(lines, media_type="text/event-stream", headers=headers)


async def _lines(source: Events, stopping: asyncio.Event, keep_alive_s: float) -> AsyncGenerator[bytes, None]:
    stop = asyncio.ensure_future(stopping.wait())
    coming: asyncio.Future[Event | None] = asyncio.ensure_future(_next(source))
    try:
        while True:
            await asyncio.wait((coming, stop), timeout=keep_alive_s, return_when=asyncio.FIRST_COMPLETED)
            if stop.done():
                return
            if not coming.done():
                yield b": still here\n\n"
                continue
            event = coming.result()
            if event is None:
                return
            yield event.encode()
            coming = asyncio.ensure_future(_next(source))
    finally:
        stop.cancel()
        coming.cancel()
        await asyncio.gather(stop, coming, return_exceptions=True)
        await source.aclose()


async def _next(source: Events) -> Event | None:
    return await anext(source, None)
