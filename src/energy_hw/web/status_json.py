"""`GET /status.json`: the latest values of a Teleinfo meter, as serial_teleinfo.server gives them.

    {"connected": true, "ready": true, "values": {"BASE": [804220, "Wh"], "PTEC": ["TH", null]}}

    [teleinfo]                        TELEINFO_DEVICE    /dev/ttyUSB0
    device = /dev/ttyUSB0             TELEINFO_MODE      auto; or historique, standard
    loglevel = INFO                   TELEINFO_LOGLEVEL  INFO
    [http]
    listen = 127.0.0.1:8000           HTTP_LISTEN        127.0.0.1:8000; 0.0.0.0:8000 in the container
    hosts = meter.example             HTTP_HOSTS
    [users]                           USERS_USER         apiuser
    apiuser = a password              USERS_PASSWORD     or USERS_PASSWORD_FILE

An ini file, or without one the environment. mode and hosts are new; the rest is as it was.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import socket
import sys
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from energy_hw.errors import ConfigError, EnergyHwError, PermissionDenied
from energy_hw.reading import dumps
from energy_hw.teleinfo.types import Value
from energy_hw.teleinfo.updater import ValueUpdater
from energy_hw.web.answers import Snapshot
from energy_hw.web.asgi import Guard, Rules
from energy_hw.web.auth import Users
from energy_hw.web.serve import Server
from energy_hw.web.status_config import Config, from_environment, from_ini, refuse_open_door

logger = logging.getLogger(__name__)
PATH = "/status.json"


class Status:
    """The body, rendered again only when something changed: many who poll cost little more than one."""

    def __init__(self, updater: ValueUpdater) -> None:
        self._updater = updater
        self._state: tuple[int, bool, bool] | None = None
        self._snapshot = Snapshot(b"")

    def snapshot(self) -> Snapshot:
        """What is known now."""
        updater = self._updater
        updater.expire()
        state = (updater.revision, updater.connected, updater.ready)
        if state != self._state:
            self._snapshot, self._state = Snapshot(render(updater.values, *state[1:])), state
        return self._snapshot


def render(values: Mapping[str, Value], connected: bool, ready: bool) -> bytes:
    """The body as JSON text."""
    pairs = {key: [value.value, value.unit] for key, value in values.items()}
    return dumps({"connected": connected, "ready": ready, "values": pairs}).encode()


async def status(request: Request) -> Snapshot:
    """The one route."""
    current: Status = request.app.state.status
    return current.snapshot()


routes = [Route(PATH, status)]


async def start_value_updater(app: Starlette) -> None:
    """Begin to read the meter."""
    app.state.updater.start()


async def stop_value_updater(app: Starlette) -> None:
    """End it, without holding up requests that are being answered."""
    await asyncio.to_thread(app.state.updater.stop)


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    await start_value_updater(app)
    try:
        yield
    finally:
        await stop_value_updater(app)


def app_factory(
    device: str, users: Mapping[str, str] | None, *, mode: str = "auto", hosts: Collection[str] = ()
) -> Guard:
    """The server as an ASGI application, for web.serve.Server or any other server.

    users: name -> password; None lets everybody in. Names of this machine are among the hosts.
    """
    app = Starlette(routes=routes, lifespan=_lifespan)
    app.router.redirect_slashes = False  # another path is 404, however much it resembles
    app.state.updater = ValueUpdater(device, mode=mode)
    app.state.status = Status(app.state.updater)
    rules = Rules(
        users=None if users is None else Users(users),
        hosts=(*hosts, socket.gethostname()),
        protects=lambda path: path == PATH,  # the rest is 404 to everybody
        challenge="Basic",
    )
    return Guard(app, rules)


def read_config(path: str | None, environment: Mapping[str, str]) -> Config:
    """From an ini file, or without one the environment. Raises ConfigError, PermissionDenied."""
    return from_ini(path) if path else from_environment(environment)


def serve(config: Config) -> None:
    """Serve until SIGTERM or Ctrl-C. Raises ConfigError for an open door, LinkError for a port that is taken."""
    refuse_open_door(config)
    guard = app_factory(config.device, config.users, mode=config.mode, hosts=config.hosts)
    Server(guard, config.listen).run()


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line of serial_teleinfo.server; returns the exit code."""
    parser = argparse.ArgumentParser("energy_hw.teleinfo.server", description="Values of a Teleinfo meter over HTTP.")
    parser.add_argument("config_path", nargs="?", help="an ini file; without one the environment is read")
    path = parser.parse_args(arguments).config_path
    try:
        config = read_config(path, os.environ)
        logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=config.level)
        serve(config)
    except EnergyHwError as error:
        print(f"energy_hw.teleinfo.server: {error}", file=sys.stderr)
        return 3 if isinstance(error, ConfigError) else 5 if isinstance(error, PermissionDenied) else 4
    except KeyboardInterrupt:
        return 130
    return 0
