"""One connection to a PostgreSQL, opened when it is needed, of which no wait is without bound.

Three bounds, each for what the one before does not see: statement_timeout and lock_timeout in the server; keepalives
and tcp_user_timeout in the kernel, for a network that is gone; and a timer here that cuts the connection, for a server
that hangs and whose kernel still answers. Source: PostgreSQL documentation, 20.11 and 34.1.2.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, quote_plus

import psycopg
from psycopg.conninfo import conninfo_to_dict

from energy_hw.errors import ConfigError

Connection = psycopg.Connection[Any]
Connect = Callable[..., Connection]

SECRETS = ("password", "sslpassword")
DEFAULTS = {
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",
    "fallback_application_name": "energy_hw",
}
SETTINGS = """
SET statement_timeout = {statement};
SET lock_timeout = {lock};
SET idle_in_transaction_session_timeout = {idle};
SET TimeZone = 'UTC';
SET client_min_messages = warning;
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'
"""
"""The last one: what is told as delivered must survive a crash of the server."""


@dataclass(frozen=True, slots=True)
class Times:
    """Bounds of waits. statement_s: of one statement with rows, lock_s: for somebody else's lock, schema_s: of making
    or changing a table, in which an index over its rows may be built. slack_s: how much later than the server a wait
    is given up here.
    """

    statement_s: float = 60.0
    lock_s: float = 10.0
    schema_s: float = 900.0
    slack_s: float = 15.0


class Session:
    """Thread safety: cut() and close() from any thread, the rest from one at a time."""

    def __init__(self, url: str, times: Times, connect: Connect = psycopg.connect) -> None:
        """url: as libpq takes it; what it does not say comes from PG... variables, ~/.pgpass and the like."""
        self._parameters = _parameters(url)
        self._secrets = _secrets(self._parameters)
        self._times, self._connect = times, connect
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._closed = False
        self.place = _place(self._parameters)
        self.connects = 0
        self.was_cut = False

    @property
    def open(self) -> bool:
        """Whether there is a connection, as far as is known."""
        return self._connection is not None

    def connection(self) -> tuple[Connection, bool]:
        """The connection, and whether it is a new one. Raises psycopg.Error."""
        self.was_cut = False
        if self._connection is not None and not self._connection.closed:
            return self._connection, False
        self.drop()
        if self._closed:
            raise psycopg.OperationalError("closed")
        parameters = {name: value for name, value in DEFAULTS.items() if not _given(name)} | self._parameters
        connection = self._connect(**parameters, client_encoding="UTF8", autocommit=True, prepare_threshold=None)
        with self._lock:
            self._connection = connection
            closed = self._closed
        if closed:
            self.drop()
            raise psycopg.OperationalError("closed meanwhile")
        self.connects += 1
        times = self._times
        with self.bounded(times.lock_s):
            connection.execute(
                SETTINGS.format(
                    statement=_ms(times.statement_s),
                    lock=_ms(times.lock_s),
                    idle=_ms(times.statement_s + times.slack_s),
                ).encode()
            )
        return connection, True

    @contextmanager
    def bounded(self, seconds: float) -> Iterator[None]:
        """After this time (and some slack) the connection is cut, and who waits for it gets an OperationalError."""
        timer = threading.Timer(seconds + self._times.slack_s, self.cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def cut(self) -> None:
        """End the connection under whoever waits for it."""
        with self._lock:
            if self._connection is None or self._connection.closed:
                return
            self.was_cut = True
            with contextlib.suppress(OSError, psycopg.Error), _wire(self._connection) as wire:
                wire.shutdown(socket.SHUT_RDWR)

    def drop(self) -> None:
        """The next one will be a fresh connection."""
        with self._lock:
            connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(psycopg.Error, OSError):
                connection.close()

    def close(self, busy: bool) -> None:
        """For good. busy: somebody may be waiting for it."""
        with self._lock:
            self._closed = True
        if busy:
            self.cut()
        else:
            self.drop()

    def clean(self, text: str) -> str:
        """Without the password, should anybody have repeated it."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text


def _wire(connection: Connection) -> socket.socket:
    return socket.socket(fileno=os.dup(connection.fileno()))


def _parameters(url: str) -> dict[str, Any]:
    try:
        return {name: value for name, value in conninfo_to_dict(url).items() if value is not None}
    except psycopg.Error:  # its message repeats parts of the URL, maybe the password
        raise ConfigError(
            "the database URL cannot be read: expected postgresql://user:password@host:port/database, "
            "special characters of the password as %XX, or host=... dbname=... user=..."
        ) from None


def _secrets(parameters: dict[str, Any]) -> list[str]:
    """Each in every spelling that may turn up."""
    found = [str(parameters[name]) for name in SECRETS if parameters.get(name)]
    found += [os.environ["PGPASSWORD"]] if os.environ.get("PGPASSWORD") else []
    return sorted(
        {form for one in found for form in (one, quote(one, safe=""), quote_plus(one))}, key=len, reverse=True
    )


def _given(name: str) -> bool:
    """Whether the environment says it, or a service file may."""
    return f"PG{name.upper()}" in os.environ or (name == "connect_timeout" and "PGSERVICE" in os.environ)


def _place(parameters: dict[str, Any]) -> str:
    """Host and database, for people."""
    host = parameters.get("host") or parameters.get("hostaddr") or os.environ.get("PGHOST") or "local"
    name = parameters.get("dbname") or os.environ.get("PGDATABASE") or parameters.get("user") or ""
    return f"{host}/{name}".removesuffix("/")


def _ms(seconds: float) -> int:
    return max(1, round(seconds * 1000))
