"""A Modbus peer that answers as it is told, byte by byte, over TCP on 127.0.0.1."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from energy_hw.links.modbus import ModbusLink

PATIENCE_S = 20.0
"""No test waits for this; a machine under load may take long."""

Behaviour = Callable[["Visitor", bytes], None]
"""What to do with a request."""


def registers_at(address: int, count: int) -> list[int]:
    """What an honest peer holds: no two neighbours alike."""
    return [(7 * at + 1) & 0xFFFF for at in range(address, address + count)]


def honest(request: bytes) -> bytes:
    """The answer that a good controller gives."""
    function, address, count = struct.unpack_from(">BHH", request, 7)
    if function == 3:
        values = struct.pack(f">{count}H", *registers_at(address, count))
        return framed(request, bytes((3, 2 * count)) + values)
    return framed(request, request[7:12])


def framed(request: bytes, body: bytes) -> bytes:
    """body with the header that belongs to request."""
    return request[:4] + struct.pack(">H", len(body) + 1) + request[6:7] + body


class Visitor:
    """One connection to the peer."""

    def __init__(self, connection: socket.socket, peer: Peer) -> None:
        self.connection, self.peer = connection, peer
        self.gone = threading.Event()
        """The link hung up."""

    def send(self, data: bytes) -> None:
        with suppress(OSError):  # the link has given up already
            self.connection.sendall(data)

    def hang_up(self) -> None:
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def gone_within(self, within_s: float) -> bool:
        """Whether the link hangs up in this time."""
        self.connection.settimeout(within_s)
        try:
            return self.connection.recv(1) == b""
        except TimeoutError:
            return False
        finally:
            self.connection.settimeout(None)

    def request(self) -> bytes:
        """The next one, whole; empty at the end."""
        with suppress(OSError, struct.error):
            head = self.connection.recv(6, socket.MSG_WAITALL)
            return head + self.connection.recv(struct.unpack_from(">H", head, 4)[0], socket.MSG_WAITALL)
        return b""


class Peer:
    """Answers the first requests as told, one behaviour each, and all others with `then`.

    greeting: what to do with the first connections before anything is asked. requests: as they came; connections:
    how many there were. Use as a context manager.
    """

    def __init__(
        self, *behaviours: Behaviour, then: Behaviour | None = None, greeting: Sequence[Behaviour] = ()
    ) -> None:
        self._behaviours, self._then = list(behaviours), then or says(honest)
        self._greetings = list(greeting)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.requests: list[bytes] = []
        self.connections = 0
        self.arrived = threading.Condition()
        self.visitors: list[Visitor] = []
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> Peer:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join(PATIENCE_S)
        self._listener.close()
        for visitor in self.visitors:
            visitor.hang_up()
        for thread in self._threads[1:]:
            thread.join(PATIENCE_S)
        for visitor in self.visitors:
            visitor.connection.close()
        assert not any(thread.is_alive() for thread in self._threads), "a behaviour of the peer hangs"

    def await_requests(self, count: int) -> None:
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.requests) >= count, PATIENCE_S), self.requests

    @property
    def units(self) -> list[int]:
        return [request[6] for request in self.requests]

    @property
    def spans(self) -> list[tuple[int, int]]:
        """Address and count of each request."""
        return [struct.unpack_from(">HH", request, 8) for request in self.requests]

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self.visitors.append(Visitor(connection, self))
                self._threads.append(threading.Thread(target=self._serve, args=(self.visitors[-1],)))
                self._threads[-1].start()

    def _serve(self, visitor: Visitor) -> None:
        with suppress(OSError, ValueError):
            if self._greetings:
                self._greetings.pop(0)(visitor, b"")
            while request := visitor.request():
                behaviour = self._behaviours.pop(0) if self._behaviours else self._then
                with self.arrived:
                    self.requests.append(request)
                    self.arrived.notify_all()
                behaviour(visitor, request)
            visitor.gone.set()


def link_to(peer: Peer, **settings: object) -> ModbusLink:
    """A link that is patient with a machine under load, and does not rest between tries."""
    link = ModbusLink("127.0.0.1", peer.port, **({"unit": 1, "timeout_s": PATIENCE_S} | settings))  # type: ignore[arg-type]
    link._rest_s = 0.0
    return link


def until_left_over(link: ModbusLink) -> None:
    """Until what the peer did without being asked has reached this end."""
    connection = link._client.socket
    assert connection is not None
    connection.settimeout(PATIENCE_S)
    connection.recv(1, socket.MSG_PEEK)


def says(answer: Callable[[bytes], bytes]) -> Behaviour:
    """Sends what answer makes of the request."""
    return lambda visitor, request: visitor.send(answer(request))


def silent(visitor: Visitor, request: bytes) -> None:
    """Hangs until the link hangs up."""
    visitor.gone_within(PATIENCE_S)


def closes(visitor: Visitor, request: bytes) -> None:
    visitor.hang_up()


def resets(visitor: Visitor, request: bytes) -> None:
    visitor.reset()


def refuses(code: int) -> Behaviour:
    """A Modbus exception."""
    return says(lambda request: framed(request, bytes((request[7] | 0x80, code))))


def changed(at: int, to: bytes) -> Behaviour:
    """The good answer with other bytes at one place."""
    return says(lambda request: honest(request)[:at] + to + honest(request)[at + len(to) :])


def cut(size: int, then: Behaviour = silent) -> Behaviour:
    """The first bytes of the good answer."""

    def behave(visitor: Visitor, request: bytes) -> None:
        visitor.send(honest(request)[:size])
        then(visitor, request)

    return behave


def drips(every_s: float) -> Behaviour:
    """The good answer, a byte at a time, until the link hangs up."""

    def behave(visitor: Visitor, request: bytes) -> None:
        for byte in honest(request):
            visitor.send(bytes((byte,)))
            if visitor.gone_within(every_s):
                return

    return behave


def trickles(visitor: Visitor, request: bytes) -> None:
    """The good answer, each byte in a segment of its own."""
    visitor.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in honest(request):
        visitor.send(bytes((byte,)))
        time.sleep(0.001)
