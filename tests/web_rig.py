"""What tests of servers share: an application, requests by http.client, raw sockets."""

from __future__ import annotations

import http.client
import socket
import time
from base64 import b64encode
from collections.abc import Callable
from contextlib import closing
from typing import NamedTuple
from urllib.parse import urlsplit

from starlette.types import Receive, Scope, Send

BOUND_S = 20.0


class Answer(NamedTuple):
    """headers: names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


def basic(name: str, password: str, coding: str = "utf-8") -> dict[str, str]:
    """The Authorization header of Basic."""
    return {"Authorization": "Basic " + b64encode(f"{name}:{password}".encode(coding)).decode()}


def ask(
    url: str, path: str = "/", headers: dict[str, str] | None = None, method: str = "GET", body: bytes | None = None
) -> Answer:
    """One request on a connection of its own."""
    parts = urlsplit(url)
    with closing(http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=BOUND_S)) as connection:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())


def dial(url: str) -> socket.socket:
    """A bare connection."""
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname, parts.port), timeout=BOUND_S)


def read_to_end(sock: socket.socket) -> bytes:
    """Everything until the other side closes, one way or another."""
    got = b""
    try:
        while data := sock.recv(65536):
            got += data
    except ConnectionResetError:
        pass
    return got


def until(true: Callable[[], object]) -> None:
    """Wait for a condition; fail after BOUND_S."""
    end = time.monotonic() + BOUND_S
    while not true():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.005)


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that answers any path with its method, path and body; it has no lifespan."""
    if scope["type"] != "http":
        raise NotImplementedError
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    answer = f"{scope['method']} {scope['path']} ".encode() + body
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(answer))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})
