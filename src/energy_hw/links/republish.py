"""What a link receives, handed on to other programs over TCP.

    link -> reader -> Republisher.give(bytes) -> a bounded queue for each client -> its connection

A slow client costs nobody else anything: where a stream has no seams it is hung up on, where it comes in whole units
(telegrams) the oldest ones of its queue are left out. What clients send is thrown away: the line goes one way.
There is no password: who may connect may read.
"""

from __future__ import annotations

import logging
import os
import selectors
import socket
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, replace

from energy_hw.errors import ConfigError, LinkBusy, LinkError, PermissionDenied
from energy_hw.links.waker import Waker

logger = logging.getLogger(__name__)

MOST_CLIENTS = 16
MOST_WAITING_BYTES = 64 * 1024
"""For each client; 5 s of a line that is never quiet at 115200 baud, a minute of telegrams at one a second."""
SOCKET_BYTES = 16 * 1024
"""What the kernel may hold for a client beside that."""
JOIN_S = 5.0
LOOPBACK = "127.0.0.1"
_EADDRINUSE, _EACCES = 98, 13


@dataclass(slots=True)
class RepublishCounters:
    """What happened since start. clients: connected now; the rest only ever counts up."""

    clients: int = 0
    connected: int = 0
    refused: int = 0
    """Connections beyond the most there may be."""
    given: int = 0
    """Pieces or units that came to be handed on."""
    skipped: int = 0
    """Units that a slow client did not get."""
    hung_up: int = 0
    """Clients that were too slow for a stream without seams."""


class Republisher:
    """A TCP server that gives every client what give() is given, from then on.

    >>> with Republisher("127.0.0.1:2001") as others, P1Meter(port, tap=others.give) as meter: ...  # doctest: +SKIP

    units: each give() is a whole (a telegram), of which a client gets all or nothing. Raises LinkBusy,
    PermissionDenied, LinkError, or ConfigError for an address that cannot be one.

    Thread safety: call from any thread; give() never waits.
    """

    def __init__(
        self,
        listen: str = f"{LOOPBACK}:0",
        *,
        units: bool = False,
        most_clients: int = MOST_CLIENTS,
        most_waiting: int = MOST_WAITING_BYTES,
    ) -> None:
        self._units, self._most_clients, self._most_waiting = units, most_clients, most_waiting
        self._listener = _listen(*parse_address(listen))
        self.address: tuple[str, int] = self._listener.getsockname()[:2]
        self._lock = threading.Lock()
        self._clients: dict[socket.socket, _Client] = {}
        self._counters = RepublishCounters()
        self._waker = Waker()
        self._stop = False
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._waker.fd, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, name="energy-hw-republish", daemon=True)
        self._thread.start()

    # -- giving ------------------------------------------------------------

    def give(self, data: bytes) -> None:
        """Hand it on to all who are connected; never waits."""
        with self._lock:
            self._counters.given += 1
            for client in self._clients.values():
                self._counters.skipped += client.put(data)
            anybody = bool(self._clients)
        if anybody:
            self._waker.wake()

    def counters(self) -> RepublishCounters:
        """A copy of all counters."""
        with self._lock:
            return replace(self._counters, clients=len(self._clients))

    # -- the thread --------------------------------------------------------

    def _run(self) -> None:
        while not self._stop:
            ready = {key.fileobj: events for key, events in self._selector.select()}
            if self._waker.fd in ready:
                self._waker.clear()
            if self._listener in ready:
                self._accept()
            for client in list(self._clients.values()):
                self._serve(client, ready.get(client.connection, 0))

    def _accept(self) -> None:
        with suppress(OSError):  # it may be gone already
            connection, peer = self._listener.accept()
            if len(self._clients) >= self._most_clients:
                self._counters.refused += 1
                connection.close()
                logger.warning("%s is refused: %d programs are connected already", peer[0], self._most_clients)
                return
            _prepare(connection)
            self._selector.register(connection, selectors.EVENT_READ)
            with self._lock:
                self._clients[connection] = _Client(connection, peer[0], self._units, self._most_waiting)
                self._counters.connected += 1

    def _serve(self, client: _Client, events: int) -> None:
        try:
            if events & selectors.EVENT_READ and not client.connection.recv(4096):
                raise ConnectionResetError
            more = client.send(self._lock)
        except BlockingIOError:
            more = True
        except OSError:
            self._hang_up(client)
            return
        if client.overrun:
            self._counters.hung_up += 1
            logger.warning("%s reads too slowly and is hung up on", client.peer)
            self._hang_up(client)
            return
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if more else 0)
        self._selector.modify(client.connection, wanted)

    def _hang_up(self, client: _Client) -> None:
        self._selector.unregister(client.connection)
        client.connection.close()
        with self._lock:
            del self._clients[client.connection]

    # -- closing -----------------------------------------------------------

    def close(self) -> None:
        """Hang up on all, give the port back. May be called twice."""
        if self._stop:
            return
        self._stop = True
        self._waker.wake()
        self._thread.join(JOIN_S)
        for connection in (*self._clients, self._listener):
            connection.close()
        with self._lock:
            self._clients.clear()
        self._selector.close()
        self._waker.close()

    def __enter__(self) -> Republisher:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class _Client:
    """A connection and what waits for it. put() and send() are called under, or take, the server's lock."""

    def __init__(self, connection: socket.socket, peer: str, units: bool, most: int) -> None:
        self.connection, self.peer = connection, peer
        self._units, self._most = units, most
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._under_way = b""
        self.overrun = False

    def put(self, data: bytes) -> int:
        """Queue it; how many units had to go for it."""
        self._waiting.append(data)
        self._bytes += len(data)
        if self._bytes <= self._most:
            return 0
        if not self._units:
            self.overrun = True
            self._clear()
            return 0
        return self._make_room()

    def _make_room(self) -> int:
        gone = 0
        while self._bytes > self._most and len(self._waiting) > 1:  # the newest is always worth keeping
            self._bytes -= len(self._waiting.popleft())
            gone += 1
        return gone

    def _clear(self) -> None:
        self._waiting.clear()
        self._bytes = 0

    def send(self, lock: threading.Lock) -> bool:
        """Send what the connection takes; whether more waits. Raises OSError when it is gone."""
        while True:
            if not self._under_way:
                with lock:
                    if not self._waiting:
                        return False
                    self._under_way = self._waiting.popleft()
                    self._bytes -= len(self._under_way)
            sent = self.connection.send(self._under_way)
            self._under_way = self._under_way[sent:]


def _prepare(connection: socket.socket) -> None:
    connection.setblocking(False)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BYTES)


def parse_address(text: str) -> tuple[str, int]:
    """Host and port of `127.0.0.1:2001`, `[::1]:2001`, `:2001` or `2001` (loopback). Raises ConfigError."""
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or int(port) > 65535:
        raise ConfigError(f"expected host:port like {LOOPBACK}:2001, got {text!r}")
    return host.removeprefix("[").removesuffix("]") or LOOPBACK, int(port)


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family)
    except OSError as error:
        kind = {_EADDRINUSE: LinkBusy, _EACCES: PermissionDenied}.get(error.errno or 0, LinkError)
        number = error.errno or 0
        why = os.strerror(number) if number > 0 else error.strerror  # Python adds the address once more
        raise kind(f"cannot listen at {host}:{port}: {why}: name another address or port") from None
    listener.setblocking(False)
    return listener
