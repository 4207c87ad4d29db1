"""The newest telegram of a P1 meter over HTTP: dsmrRESTServer's JSON at its root, more below /v2/.

    GET any path      {"p1MessageHeader": {"value": "50", "unit": null}, ...}     names and order of dsmrRESTServer
    GET /v2/telegram  /v2/raw  /v2/obis/<code>  /v2/devices                       see p1_views.py
    GET /v2/stats     what happened on the line since the start
    GET /v2/stream    every telegram as a server-sent event, in the shape of /v2/telegram
    GET /health       200, or 503 if the newest telegram is missing or older than three intervals

Before the first telegram the root is 503 with `{}`; with strict_seed it is what it was, 200 with an empty line.
Nothing is written to the disk. `energy-hw p1 serve` runs it; docs/p1-rest.md tells more.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterator, Mapping
from contextlib import aclosing
from dataclasses import asdict
from http import HTTPStatus
from typing import Protocol, cast

from starlette.types import ASGIApp, Receive, Scope, Send

from energy_hw.p1.counters import MeterCounters
from energy_hw.p1.diagnose import Diagnosis
from energy_hw.p1.meter import P1Meter
from energy_hw.reading import Report, dumps, json_time
from energy_hw.web.answers import Event, Snapshot, events
from energy_hw.web.asgi import Guard, Rules, send_problem
from energy_hw.web.auth import Users
from energy_hw.web.checks import Refusal
from energy_hw.web.p1_views import SEED_TYPE, Newest, View
from energy_hw.web.serve import Server
from energy_hw.web.status_config import Config, refuse_open_door

HEALTH, STATS, STREAM = "/health", "/v2/stats", "/v2/stream"
EMPTY = Snapshot(b"{}\n", SEED_TYPE, 503)
EMPTY_STRICT = Snapshot(b"\n", SEED_TYPE)
NO_EVENTS = Snapshot(b"", "text/event-stream; charset=utf-8")
NOTHING_YET = Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "no telegram came yet: see /health", ((b"retry-after", b"10"),))
NO_SUCH = Refusal(HTTPStatus.NOT_FOUND, "expected a path of docs/p1-rest.md, or a code that the telegram has")
READ_ONLY = Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "a meter only talks: GET or HEAD", ((b"allow", b"GET, HEAD"),))


class Meter(Protocol):
    """What the server needs of p1.meter.P1Meter."""

    @property
    def latest(self) -> Newest | None: ...

    @property
    def connected(self) -> bool: ...

    def diagnosis(self) -> Diagnosis: ...

    def counters(self) -> MeterCounters: ...

    def stream(self) -> AsyncIterator[Report]: ...

    def __iter__(self) -> Iterator[Report]: ...


class P1Rest:
    """The ASGI application, without a guard. Thread safety: one event loop."""

    def __init__(self, meter: Meter, strict_seed: bool = False) -> None:
        self._meter, self._strict = meter, strict_seed
        iter(meter)  # takes what came before the first reader, and lets it go: a stream begins with what is new
        self._view: View | None = None
        self._number = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise NotImplementedError("no lifespan: whoever made the meter closes it")
        if scope["method"] not in ("GET", "HEAD"):
            return await send_problem(READ_ONLY, send)
        answer = self._answer(scope)
        if isinstance(answer, Refusal):
            return await send_problem(answer, send)
        return await answer(scope, receive, send)

    def _answer(self, scope: Scope) -> ASGIApp | Refusal:
        path: str = scope["path"]
        if path == STREAM:
            return NO_EVENTS if scope["method"] == "HEAD" else events(scope, self._events())
        if path in (HEALTH, STATS):
            return self._health() if path == HEALTH else self._stats()
        view = self.view()
        if view is None:
            return NOTHING_YET if path.startswith("/v2/") else EMPTY_STRICT if self._strict else EMPTY
        return view.at(path) or NO_SUCH

    def view(self) -> View | None:
        """The newest telegram's; None before the first."""
        newest = self._meter.latest
        if newest is not None and newest.number != self._number:
            self._view, self._number = View(newest.report, self._strict), newest.number
        return self._view

    def _health(self) -> Snapshot:
        newest, well = self._meter.latest, self._meter.connected
        body = {
            "status": "ok" if well else "stale" if newest else "waiting",
            "age_s": round(newest.age_s, 3) if newest else None,
        }
        return Snapshot(dumps(body).encode() + b"\n", status=200 if well else 503)

    def _stats(self) -> Snapshot:
        diagnosis = self._meter.diagnosis()
        newest = self._meter.latest
        body = {
            "health": str(diagnosis.health),
            "text": diagnosis.text,
            "profile": diagnosis.profile,
            "received": json_time(newest.report.received) if newest else None,
            **asdict(self._meter.counters()),
        }
        return Snapshot(dumps(body).encode() + b"\n")

    async def _events(self) -> AsyncGenerator[Event, None]:
        async with aclosing(cast("AsyncGenerator[Report, None]", self._meter.stream())) as reports:
            async for report in reports:
                yield Event(dumps(report.to_json()), "telegram", str(json_time(report.time or report.received)))


def app_factory(
    meter: Meter, users: Mapping[str, str] | None = None, *, hosts: Collection[str] = (), strict_seed: bool = False
) -> Guard:
    """The server as an ASGI application, for web.serve.Server or any other server.

    users: name -> password; None lets everybody in. /health needs no password. Names of this machine are among hosts.
    """
    rules = Rules(
        users=None if users is None else Users(users),
        hosts=(*hosts, socket.gethostname()),
        protects=lambda path: path != HEALTH,
    )
    return Guard(P1Rest(meter, strict_seed), rules)


def serve(meter: P1Meter, config: Config, strict_seed: bool = False) -> None:
    """Serve until SIGTERM or Ctrl-C. Raises ConfigError for an open door, LinkError for a port that is taken."""
    refuse_open_door(config)
    Server(app_factory(meter, config.users, hosts=config.hosts, strict_seed=strict_seed), config.listen).run()
