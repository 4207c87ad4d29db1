"""Slow, greedy and broken clients, on a real server with short deadlines."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from starlette.types import Receive, Scope, Send

from energy_hw.web.asgi import Guard, Rules
from energy_hw.web.limits import Limits
from energy_hw.web.serve import Server
from web_rig import ask, dial, echo, read_to_end, until

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n"


@contextmanager
def serving(app: Callable[..., object] = echo, **limits: float) -> Iterator[Server]:
    with Server(Guard(app, Rules(limits=Limits(**limits))), "127.0.0.1:0") as server:  # type: ignore[arg-type]
        yield server


@pytest.fixture(scope="module")
def impatient() -> Iterator[Server]:
    """A server with short deadlines; its counters begin anew with each test."""
    with serving(head_s=0.15, body_s=0.15, head_bytes=1000) as server:
        yield server


@pytest.fixture
def counters(impatient: Server) -> Counter[str]:
    impatient.door.counters.clear()
    return impatient.door.counters


def receive(sock: socket.socket, end: bytes = b"GET / ") -> bytes:
    """An answer up to its end."""
    got = b""
    while not got.endswith(end):
        data = sock.recv(65536)
        assert data, got
        got += data
    return got


@pytest.mark.parametrize(
    ("sent", "phase"),
    [(b"", "head"), (b"GET / HT", "head"), (GET[:-2], "head"), (POST, "body"), (POST + b"{", "body")],
)
def test_a_client_that_does_not_go_on_is_cut_off(
    impatient: Server, counters: Counter[str], sent: bytes, phase: str
) -> None:
    with dial(impatient.url) as sock:
        sock.sendall(sent)
        assert read_to_end(sock) == b""
    assert counters == {f"late_{phase}": 1}


def trickle(sock: socket.socket) -> int:
    """Send a byte at a time until the other side has had enough; how many it took."""
    sock.settimeout(0.02)
    for sent in range(1000):
        try:
            sock.sendall(b"X")
            if sock.recv(1) == b"":
                return sent
        except TimeoutError:
            continue
        except OSError:
            return sent
    return 1000


def test_trickling_does_not_extend_the_deadline(impatient: Server, counters: Counter[str]) -> None:
    with dial(impatient.url) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\n")
        assert trickle(sock) < 1000
    assert counters == {"late_head": 1}


def test_the_second_request_of_a_connection_has_its_deadline_too(impatient: Server, counters: Counter[str]) -> None:
    with dial(impatient.url) as sock:
        sock.sendall(GET + b"GET / HT")
        assert read_to_end(sock).endswith(b"GET / ")
    assert counters == {"late_head": 1}


def test_a_connection_that_waits_for_its_next_request_is_left_alone(impatient: Server) -> None:
    with dial(impatient.url) as sock, dial(impatient.url) as witness:
        sock.sendall(GET)
        assert receive(sock).startswith(b"HTTP/1.1 200")
        assert read_to_end(witness) == b""  # its deadline is over, and so would be that of the other
        sock.sendall(GET)
        assert receive(sock).startswith(b"HTTP/1.1 200")


def test_an_idle_connection_is_closed() -> None:
    with serving(idle_s=0) as server, dial(server.url) as sock:
        sock.sendall(GET)
        assert read_to_end(sock).endswith(b"GET / ")


def test_headers_beyond_the_limit_are_refused_at_once_or_in_pieces(impatient: Server, counters: Counter[str]) -> None:
    assert ask(impatient.url, headers={"X": "y" * 2000}).status == 431
    assert ask(impatient.url, "/" + "y" * 2000).status == 431
    with dial(impatient.url) as sock:
        sock.sendall(GET[:-2] + b"X: " + b"y" * 1500)
        assert read_to_end(sock).startswith(b"HTTP/1.1 400")
    assert counters == {"malformed": 1}


def test_a_client_that_does_not_read_is_cut_off() -> None:
    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise NotImplementedError
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(1000):
            await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})

    with serving(endless, stall_s=0.2) as server, dial(server.url) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.sendall(GET)
        until(lambda: server.door.counters["late_stall"] == 1)


def test_half_open_connections_keep_nobody_out() -> None:
    with serving(connections=8, of_one_address=8) as server, ExitStack() as crowd:
        for _ in range(50):
            crowd.enter_context(dial(server.url)).sendall(b"GET / HT")
        assert ask(server.url).status == 200
        assert server.door.counters["evicted"] >= 40
        assert server.door.counters["refused"] == 0


def test_one_address_may_not_take_all_connections() -> None:
    with serving(connections=8, of_one_address=2) as server, ExitStack() as crowd:
        first, second, third = (crowd.enter_context(dial(server.url)) for _ in range(3))
        assert read_to_end(first) == b""
        for sock in (second, third):
            sock.sendall(GET)
            assert receive(sock).startswith(b"HTTP/1.1 200")


def test_who_is_being_answered_is_not_evicted() -> None:
    with serving(connections=2, of_one_address=2) as server, ExitStack() as crowd:
        busy = [crowd.enter_context(dial(server.url)) for _ in range(2)]
        for sock in busy:
            sock.sendall(POST)  # its headers are whole: it is answered, as soon as its body is there
        until(lambda: server.door._inside.total() == 2 and not server.door._waiting)
        with dial(server.url) as late:
            assert read_to_end(late).startswith(b"HTTP/1.1 503")
        for sock in busy:
            sock.sendall(b"0123456789")
            assert receive(sock, b"789").startswith(b"HTTP/1.1 200")


def test_connections_that_end_are_forgotten(impatient: Server) -> None:
    for _ in range(20):
        ask(impatient.url)
    with dial(impatient.url) as sock:
        sock.sendall(b"\x00\xff\r\n\r\n")
        read_to_end(sock)
    until(lambda: not impatient.door._inside)
    assert not impatient.door._waiting


def test_pipelined_requests_are_answered_in_order(impatient: Server) -> None:
    with dial(impatient.url) as sock:
        sock.sendall(GET.replace(b"/ ", b"/1 ", 1) + GET.replace(b"/ ", b"/2 ", 1)[:-2] + b"Connection: close\r\n\r\n")
        got = read_to_end(sock)
        assert got.index(b"GET /1") < got.index(b"GET /2")
