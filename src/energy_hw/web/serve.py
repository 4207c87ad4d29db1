"""Run a guarded application: sockets, threads, signals, systemd.

    Server(guard, "127.0.0.1:8000").run()          until SIGTERM or Ctrl-C
    with Server(guard, "[::1]:0") as server: ...   in a thread; server.url says where

Beyond loopback it listens only if the guard demands credentials.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import logging
import socket
import threading
import time
from contextlib import suppress
from functools import partial

import uvicorn

from energy_hw.errors import ConfigError, LinkBusy, LinkError, PermissionDenied
from energy_hw.web.asgi import Guard
from energy_hw.web.connection import Connection, Door
from energy_hw.web.systemd import notify

logger = logging.getLogger(__name__)
START_S = 20.0
LOOK_S = 0.05
BACKLOG = 128


class Server:
    """A guarded application and the sockets on which it listens; they are bound at once.

    listen: `host:port`, `[v6]:port`, or `:port` for every address; port 0 takes a free one.
    Raises ConfigError for a malformed listen and for one beyond loopback without credentials,
    LinkBusy if the port is taken. url: the first address. Thread safety: start and stop from one thread.
    """

    def __init__(self, guard: Guard, listen: str) -> None:
        host, port = split_listen(listen)
        addresses = resolve(host, port)
        if guard.rules.users is None and not all(map(is_loopback, addresses)):
            raise ConfigError(
                f"expected credentials for a server that others can reach, got none for {listen}: "
                "give it users, or let it listen on 127.0.0.1"
            )
        limits = guard.rules.limits
        self.guard, self.door = guard, Door(limits)
        self._sockets = bind(addresses)
        self.url = _url(self._sockets[0])
        self._thread: threading.Thread | None = None
        self._uvicorn = _Uvicorn(
            guard,
            uvicorn.Config(
                guard,
                http=partial(Connection, door=self.door),  # type: ignore[arg-type]
                ws="none",
                loop="asyncio",
                interface="asgi3",
                log_config=None,
                log_level="error",  # a malformed request is counted, not logged: anybody can send a million
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=limits.idle_s,
                timeout_graceful_shutdown=limits.shutdown_s,
                h11_max_incomplete_event_size=limits.head_bytes,
                callback_notify=_alive,
                timeout_notify=5,
            ),
        )

    def run(self) -> None:
        """Serve until SIGTERM, SIGINT, or stop() in another thread. The signal is raised again at the end.

        Raises LinkError if the application cannot start.
        """
        logger.info("listening on %s", self.url)
        try:
            self._uvicorn.run(sockets=self._sockets)
        except SystemExit as end:  # uvicorn's way to say so
            raise self._failure() from end
        finally:
            self._close()

    def start(self) -> None:
        """Serve in a thread; returns when requests are answered. Raises LinkError as run()."""
        self._thread = threading.Thread(target=self._run, name=f"web {self.url}", daemon=True)
        self._thread.start()
        end = time.monotonic() + START_S
        while not self._uvicorn.ready.wait(LOOK_S):
            if not self._thread.is_alive() or time.monotonic() > end:
                self.stop()
                raise self._failure()

    def _run(self) -> None:
        with suppress(LinkError):  # start() says it
            self.run()

    def _failure(self) -> LinkError:
        return LinkError(f"expected the server at {self.url} to start, it did not: its log says why")

    def stop(self) -> None:
        """Answer what is being answered, then end; bounded. May be called twice."""
        self._uvicorn.should_exit = True
        if self._thread is not None:
            self._thread.join(self.guard.rules.limits.shutdown_s + 5)
        self._close()

    def _close(self) -> None:
        for sock in self._sockets:
            sock.close()

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()


class _Uvicorn(uvicorn.Server):
    """Says when it is ready and when it ends: to the thread that waits, to systemd, to event streams."""

    def __init__(self, guard: Guard, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._guard = guard
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._guard.stopping = asyncio.Event()
        await super().startup(sockets)
        if self.started:
            notify("READY=1")
            self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        notify("STOPPING=1")
        self._guard.stopping.set()
        await super().shutdown(sockets)


async def _alive() -> None:
    notify("WATCHDOG=1")


Address = tuple[socket.AddressFamily, tuple[str, int]]


def split_listen(listen: str) -> tuple[str, int]:
    """`host`, port of `host:port` or `[v6]:port`; an empty host is every address. Raises ConfigError."""
    host, colon, port = listen.strip().rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ConfigError(f"expected host:port such as 127.0.0.1:8000 or [::1]:8000, got {listen!r}")
    return ("" if host == "*" else host), int(port)


def resolve(host: str, port: int) -> list[Address]:
    """Socket addresses of a host name or literal. Raises ConfigError if there are none."""
    flags = socket.AI_PASSIVE
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=flags)
    except (socket.gaierror, UnicodeError) as error:
        raise ConfigError(f"expected an address of this machine to listen on, got {host!r}: {error}") from error
    return list(dict.fromkeys((family, address) for family, _, _, _, address in found))  # type: ignore[misc]


def is_loopback(address: Address) -> bool:
    """Whether only this machine can reach it."""
    return ipaddress.ip_address(address[1][0].partition("%")[0]).is_loopback


def bind(addresses: list[Address]) -> list[socket.socket]:
    """Listening sockets; of a name with several addresses those that this machine has. Raises LinkError."""
    sockets: list[socket.socket] = []
    trouble: OSError | None = None
    for family, address in addresses:
        try:
            sockets.append(_listening(family, address))
        except OSError as error:
            if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                _close_all(sockets)
                raise _refused(address, error) from error
            trouble = error
    if not sockets and trouble is not None:
        raise _refused(addresses[0][1], trouble) from trouble
    return sockets


def _listening(family: socket.AddressFamily, address: tuple[str, int]) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # asyncio sets TCP_NODELAY on no other
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(address)
        sock.listen(BACKLOG)
    except OSError:
        sock.close()
        raise
    return sock


def _url(sock: socket.socket) -> str:
    host, port = sock.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _close_all(sockets: list[socket.socket]) -> None:
    for sock in sockets:
        sock.close()


def _refused(address: tuple[str, int], error: OSError) -> LinkError:
    host, port = address[:2]
    if error.errno == errno.EADDRINUSE:
        return LinkBusy(f"port {port} of {host} is taken: another server runs there, or choose another port")
    if error.errno == errno.EACCES:
        return PermissionDenied(f"port {port} may not be opened: ports below 1024 are root's, choose another")
    return LinkError(f"cannot listen on {host} port {port}: {error.strerror}")
