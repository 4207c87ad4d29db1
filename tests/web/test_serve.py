"""Sockets, threads, signals."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from starlette.applications import Starlette

from energy_hw.errors import ConfigError, LinkBusy, LinkError
from energy_hw.web.asgi import Guard, Rules
from energy_hw.web.auth import Users
from energy_hw.web.serve import Server, is_loopback, resolve, split_listen
from web_rig import BOUND_S, ask, dial, echo, read_to_end

ANYBODY = Guard(echo)
KNOWN = Rules(Users({"ana": "secret"}))
PROGRAM = """
import sys, web_rig
from energy_hw.web.asgi import Guard
from energy_hw.web.serve import Server
server = Server(Guard(web_rig.echo), "127.0.0.1:0")
print(server.url, flush=True)
server.run()
"""


@pytest.mark.parametrize(
    ("listen", "expected"),
    [
        ("127.0.0.1:8000", ("127.0.0.1", 8000)),
        ("[::1]:80", ("::1", 80)),
        ("::1:80", ("::1", 80)),
        (":8000", ("", 8000)),
        ("*:8000", ("", 8000)),
        (" pi.local:0 ", ("pi.local", 0)),
    ],
)
def test_where_to_listen(listen: str, expected: tuple[str, int]) -> None:
    assert split_listen(listen) == expected


@pytest.mark.parametrize(
    "listen", ["", "8000", "localhost", "localhost:", "localhost:x", "localhost:65536", "localhost:²"]
)
def test_what_is_no_address_says_what_would_be(listen: str) -> None:
    with pytest.raises(ConfigError, match=r"expected host:port such as 127\.0\.0\.1:8000"):
        split_listen(listen)


@pytest.mark.parametrize(
    ("host", "only_here"), [("localhost", True), ("127.1.2.3", True), ("::1", True), ("", False), ("::", False)]
)
def test_loopback_is_what_only_this_machine_reaches(host: str, only_here: bool) -> None:
    assert all(map(is_loopback, resolve(host, 80))) is only_here


def test_a_name_that_is_nobody_is_a_configuration_error() -> None:
    with pytest.raises(ConfigError, match="address of this machine"):
        resolve("no.such.host.invalid", 80)


@pytest.mark.parametrize("listen", [":0", "[::]:0"])
def test_beyond_loopback_only_with_credentials(listen: str) -> None:
    with pytest.raises(ConfigError, match="credentials for a server that others can reach"):
        Server(ANYBODY, listen)
    Server(Guard(echo, KNOWN), listen).stop()


def test_an_address_of_another_machine_is_not_ours() -> None:
    with pytest.raises(LinkError, match=r"cannot listen on 192\.0\.2\.1"):
        Server(Guard(echo, KNOWN), "192.0.2.1:0")


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(LinkBusy, match=f"port {port} of 127.0.0.1 is taken"):
            Server(ANYBODY, f"127.0.0.1:{port}")


def test_ipv6_is_listened_on() -> None:
    with Server(Guard(echo), "[::1]:0") as server:
        assert server.url.startswith("http://[::1]:")
        assert ask(server.url, "/six").body == b"GET /six "


def test_localhost_is_every_loopback_address_that_there_is() -> None:
    with Server(Guard(echo), "localhost:0") as server:
        assert ask(server.url).status == 200


def test_a_server_that_stopped_is_gone_and_stopping_twice_is_fine() -> None:
    server = Server(Guard(echo), "127.0.0.1:0")
    server.start()
    server.stop()
    server.stop()
    with pytest.raises(ConnectionRefusedError):
        dial(server.url)


def test_an_application_that_cannot_start_is_no_server(caplog: pytest.LogCaptureFixture) -> None:
    @asynccontextmanager
    async def broken(app: Starlette) -> AsyncIterator[None]:
        raise OSError("no meter")
        yield

    server = Server(Guard(Starlette(lifespan=broken)), "127.0.0.1:0")
    with pytest.raises(LinkError, match="its log says why"):
        server.start()
    assert "no meter" in caplog.text


def test_a_half_open_connection_does_not_hold_up_the_end() -> None:
    server = Server(Guard(echo), "127.0.0.1:0")
    server.start()
    with dial(server.url) as sock:
        sock.sendall(b"GET / HT")
        ask(server.url)  # by now the server has seen the first
        server.stop()
        assert read_to_end(sock) == b""


def program(environment: dict[str, str]) -> subprocess.Popen[str]:
    paths = {"PYTHONPATH": f"{Path('src').resolve()}:{Path('tests').resolve()}"}
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, **paths, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, -signal.SIGTERM), (signal.SIGINT, -signal.SIGINT)])
def test_a_signal_ends_it_in_order(number: signal.Signals, code: int, tmp_path: Path) -> None:
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager,
        program({"NOTIFY_SOCKET": str(tmp_path / "notify")}) as process,
    ):
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(BOUND_S)
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert manager.recv(100) in (b"READY=1", b"WATCHDOG=1")
        assert ask(url).status == 200
        process.send_signal(number)
        said = {manager.recv(100) for _ in range(1)}
        while b"STOPPING=1" not in said:
            said.add(manager.recv(100))
        process.communicate(timeout=BOUND_S)
        assert process.returncode == code
