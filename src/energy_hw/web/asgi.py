"""What every HTTP server of the package stands on: who may ask, under which name, from which page.

A Guard goes around any ASGI application. In this order it looks at

    Host            a literal IP address, localhost, *.local, or a configured name; else 421. A page of a
                    foreign name that resolves to this machine (DNS rebinding) is one of the others.
    Origin          what changes something must not come from another site's page; else 403
    Content-Type    and must be JSON, which no form can send; else 415
    all headers     at most limits.head_bytes; else 431
    Content-Length  at most limits.body_bytes; else 413, also when it is found out on the way
    Authorization   Basic; 401, or 429 after too many wrong tries

and adds the security headers that an answer does not have yet. Refusals are problem documents (RFC 9457).
energy_hw.web.serve runs it; energy_hw.web.answers has snapshots with an ETag and event streams.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from energy_hw.web.auth import Users, Verdict
from energy_hw.web.checks import (
    READING,
    Refusal,
    announced,
    foreign,
    head_too_long,
    host_check,
    no_tunnel,
    not_json,
    not_this_host,
    too_long,
)
from energy_hw.web.limits import Limits

SECURITY = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)


STOPPING = "energy_hw.stopping"
"""Key of a request's scope: an asyncio.Event that is set when the server begins to stop."""


@dataclass(frozen=True)
class Rules:
    """What a server demands.

    users: who may come in; None lets everybody in, and then serve refuses to listen beyond loopback.
    hosts: names that it answers to beside IP addresses, localhost and *.local. protects: the paths
    that need credentials. challenge: the WWW-Authenticate header of a 401.
    """

    users: Users | None = None
    hosts: Collection[str] = ()
    protects: Callable[[str], bool] = lambda path: True
    challenge: str = 'Basic realm="energy-hw", charset="UTF-8"'
    limits: Limits = field(default_factory=Limits)


class Guard:
    """An ASGI application that lets through to another what its rules allow.

    counters: how many requests were refused with which status. Thread safety: one event loop.
    """

    def __init__(self, app: ASGIApp, rules: Rules | None = None) -> None:
        self.rules = rules or Rules()
        self.counters = Counter[str]()
        self.stopping = asyncio.Event()
        self._app = app
        self._answers_to = lru_cache(256)(host_check(self.rules.hosts))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._guard(scope, receive, _secured(send))

    async def _guard(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope)
        if refusal is not None:
            return await self._refuse(refusal, send)
        scope[STOPPING] = self.stopping
        body = _Body(receive, self.rules.limits.body_bytes)
        try:
            await self._app(scope, body.receive, send)
        except _TooLong:  # an application without an exception handler of its own
            await self._refuse(too_long(self.rules.limits.body_bytes), send)

    def _refusal(self, scope: Scope) -> Refusal | None:
        if scope["method"] == "CONNECT":  # answered with 2xx it would turn the connection into a tunnel
            return no_tunnel()
        if _head_bytes(scope) > self.rules.limits.head_bytes:  # h11 limits what comes in pieces alone
            return head_too_long(self.rules.limits.head_bytes)
        headers: dict[bytes, bytes] = dict(scope["headers"])
        host = headers.get(b"host")  # HTTP/1.0 may leave it out; a browser never does
        if host is not None and not self._answers_to(host):
            return not_this_host(host)
        if scope["method"] not in READING:
            refusal = foreign(headers) or not_json(headers)
            if refusal is not None:
                return refusal
        if announced(headers) > self.rules.limits.body_bytes:
            return too_long(self.rules.limits.body_bytes)
        return self._stranger(scope, headers.get(b"authorization"))

    def _stranger(self, scope: Scope, authorization: bytes | None) -> Refusal | None:
        rules = self.rules
        if rules.users is None or not rules.protects(scope["path"]):
            return None
        verdict = rules.users.check(authorization, (scope.get("client") or ("", 0))[0])
        if verdict is Verdict.GOOD:
            return None
        if verdict is Verdict.LIMITED:
            return Refusal(HTTPStatus.TOO_MANY_REQUESTS, "too many wrong passwords", ((b"retry-after", b"12"),))
        challenge = (b"www-authenticate", rules.challenge.encode())
        return Refusal(HTTPStatus.UNAUTHORIZED, "expected a known name and its password", (challenge,))

    async def _refuse(self, refusal: Refusal, send: Send) -> None:
        self.counters[refusal.status.name.lower()] += 1
        await send_problem(refusal, send)


async def send_problem(refusal: Refusal, send: Send) -> None:
    """A refusal as a problem document."""
    status = refusal.status
    problem = {"type": "about:blank", "title": status.phrase, "status": status, "detail": refusal.detail}
    body = json.dumps(problem).encode() + b"\n"
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": int(status), "headers": [*headers, *refusal.headers]})
    await send({"type": "http.response.body", "body": body})


class _TooLong(HTTPException):
    """Starlette answers it with 413 by itself."""

    def __init__(self, most: int) -> None:
        super().__init__(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, too_long(most).detail)


class _Body:
    """A request's body, up to a limit."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive, self._most, self._got = receive, most, 0

    async def receive(self) -> Message:
        message = await self._receive()
        self._got += len(message.get("body", b""))
        if self._got > self._most:
            raise _TooLong(self._most)
        return message


def _head_bytes(scope: Scope) -> int:
    return len(scope["raw_path"]) + len(scope["query_string"]) + sum(len(n) + len(v) for n, v in scope["headers"])


def _secured(send: Send) -> Send:
    """send, which adds the security headers that an answer lacks."""

    async def secured(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = list(message.get("headers", ()))
            present = {name for name, _ in headers}
            message["headers"] = headers + [pair for pair in SECURITY if pair[0] not in present]
        await send(message)

    return secured
