"""Snapshots and event streams."""

from __future__ import annotations

import asyncio
import http.client
from collections.abc import AsyncGenerator, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from energy_hw.web.answers import Event, Snapshot, events, matches, not_since
from energy_hw.web.asgi import Guard
from energy_hw.web.serve import Server
from web_rig import BOUND_S, ask, until

SNAPSHOT = Snapshot(b'{"a":1}')


async def snapshot(request: Request) -> Snapshot:
    return SNAPSHOT


def test_a_snapshot_is_sent_once_to_who_keeps_it() -> None:
    with Server(Guard(Starlette(routes=[Route("/", snapshot)])), "127.0.0.1:0") as server:
        first = ask(server.url)
        assert (first.status, first.body) == (200, b'{"a":1}')
        again = ask(server.url, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", first.headers["etag"])
        assert ask(server.url, headers={"If-None-Match": '"other"'}).status == 200
        head = ask(server.url, method="HEAD")
        assert (head.status, head.body, head.headers["content-length"]) == (200, b"", "7")
        assert ask(server.url, method="DELETE").status == 405


@pytest.mark.parametrize(
    ("header", "same"),
    [(b'"x"', True), (b'W/"x"', True), (b'"y", "x"', True), (b"*", True), (b'"y"', False), (b"", False)],
)
def test_if_none_match(header: bytes, same: bool) -> None:
    assert matches(header, b'"x"') is same


@pytest.mark.parametrize(
    ("header", "same"),
    [
        (b"Sun, 27 Sep 2020 18:26:15 GMT", True),
        (b"Sun, 27 Sep 2020 18:26:16 GMT", True),
        (b"Sun, 27 Sep 2020 18:26:14 GMT", False),
        (b"Sun, 27 Sep 2020 20:26:15 +0200", True),
        (b"Sun, 27 Sep 2020 18:26:15 -0000", True),
        (b"yesterday", False),
        (b"Sun, 27 Sep 2020 18:26:15 +99999999999999999999", False),
        (b"\xff", False),
    ],
)
def test_if_modified_since(header: bytes, same: bool) -> None:
    assert not_since(datetime(2020, 9, 27, 18, 26, 15, 900_000, tzinfo=UTC), header) is same


def test_a_body_of_no_known_age_was_always_changed() -> None:
    assert not not_since(None, b"Sun, 27 Sep 2020 18:26:15 GMT")


def test_another_body_has_another_etag() -> None:
    assert Snapshot(b"1").etag != Snapshot(b"2").etag


def test_an_event_with_everything() -> None:
    assert Event("a\nb", "reading", "7").encode() == b"event: reading\nid: 7\ndata: a\ndata: b\n\n"
    assert Event("").encode() == b"data: \n\n"


TWO = [b"data: one\n", b"\n", b"data: two\n", b"\n"]


class Stream:
    """Two events, then silence; notes when it was closed."""

    def __init__(self, keep_alive_s: float = 60.0) -> None:
        self.keep_alive_s = keep_alive_s
        self.closed = False

    async def source(self) -> AsyncGenerator[Event, None]:
        try:
            yield Event("one")
            yield Event("two")
            await asyncio.sleep(3600)
        finally:
            self.closed = True

    async def answer(self, request: Request) -> StreamingResponse:
        return events(request.scope, self.source(), self.keep_alive_s)

    def server(self) -> Server:
        return Server(Guard(Starlette(routes=[Route("/", self.answer)])), "127.0.0.1:0")


@contextmanager
def listening(url: str) -> Iterator[http.client.HTTPResponse]:
    parts = urlsplit(url)
    with closing(http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=BOUND_S)) as connection:
        connection.request("GET", "/")
        with connection.getresponse() as response:
            yield response


def test_a_stream_ends_when_the_server_stops() -> None:
    stream = Stream()
    server = stream.server()
    server.start()
    with listening(server.url) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        assert [response.readline() for _ in range(4)] == TWO
        server.stop()
        assert response.read() == b""
    assert stream.closed


def test_silence_is_filled_with_comments_and_a_source_closed_when_nobody_listens() -> None:
    stream = Stream(0.02)
    with stream.server() as server:
        with listening(server.url) as response:
            lines = [response.readline() for _ in range(8)]
        assert lines == [*TWO, b": still here\n", b"\n", b": still here\n", b"\n"]
        until(lambda: stream.closed)
