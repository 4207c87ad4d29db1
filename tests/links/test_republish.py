"""Several programs on one stream, over real sockets; slow ones, many of them, and none."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from energy_hw import errors
from energy_hw.links.republish import Republisher, parse_address
from serial_rig import BOUND_S, until


def ends(client: socket.socket) -> bool:
    """Whether the other end has hung up, after what is left."""
    try:
        while client.recv(4096):
            pass
    except ConnectionResetError:
        pass
    return True


@pytest.fixture
def server() -> Iterator[Republisher]:
    with Republisher() as server:
        yield server


def connect(server: Republisher, receive_bytes: int | None = None) -> socket.socket:
    client = socket.socket()
    if receive_bytes:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    client.settimeout(BOUND_S)
    before = server.counters().connected
    client.connect(server.address)
    until(lambda: server.counters().connected > before, "the server to know its client")
    return client


def read(client: socket.socket, count: int) -> bytes:
    got = b""
    while len(got) < count:
        data = client.recv(count - len(got))
        assert data, f"expected {count} bytes, got {got!r}"
        got += data
    return got


def test_every_client_gets_every_byte_from_its_coming_on(server: Republisher) -> None:
    server.give(b"before anybody came")
    with connect(server) as one:
        server.give(b"/KFM5")
        with connect(server) as two:
            server.give(b"KAIFA\xff\x11\x13\x00")
            assert read(one, 14) == b"/KFM5KAIFA\xff\x11\x13\x00"
            assert read(two, 9) == b"KAIFA\xff\x11\x13\x00"
            assert server.counters().clients == 2
    until(lambda: server.counters().clients == 0, "both to be gone")
    assert server.counters().connected == 2


def test_it_listens_on_this_machine_alone_unless_told_otherwise(server: Republisher) -> None:
    assert server.address[0] == "127.0.0.1"
    with Republisher("[::1]:0") as six:
        assert six.address[0] == "::1"


def test_a_client_that_dawdles_on_a_seamless_stream_is_hung_up_on_and_nobody_waits() -> None:
    with Republisher(most_waiting=10_000) as server, connect(server) as quick, connect(server, 4096) as slow:
        for number in range(200):
            piece = number.to_bytes(2) * 500
            server.give(piece)
            assert read(quick, 1000) == piece
            if server.counters().hung_up:
                break
        until(lambda: server.counters().hung_up == 1, "the slow one to be hung up on")
        until(lambda: server.counters().clients == 1, "its connection to be gone")
        assert ends(slow)
        server.give(b"!")
        assert read(quick, 1) == b"!"


def test_a_client_that_dawdles_on_units_misses_whole_ones() -> None:
    units = [f"/{number:05d}".encode() + b"x" * 994 for number in range(300)]
    with Republisher(units=True, most_waiting=10_000) as server, connect(server, 4096) as slow:
        for unit in units:
            server.give(unit)
        skipped = server.counters().skipped
        got = read(slow, 1000 * (len(units) - skipped))
        arrived = [got[at : at + 1000] for at in range(0, len(got), 1000)]
        assert skipped > 0
        assert arrived == sorted(arrived)
        assert set(arrived) <= set(units), "all of a unit or nothing"
        assert arrived[-1] == units[-1], "the newest is kept"
        assert server.counters().hung_up == 0


def test_giving_never_waits_though_nobody_reads() -> None:
    with Republisher(units=True, most_waiting=2000) as server, connect(server, 4096):
        giver = threading.Thread(target=lambda: [server.give(b"x" * 1000) for _ in range(5000)])
        giver.start()
        giver.join(BOUND_S)
        assert not giver.is_alive()
        assert server.counters().given == 5000


def test_what_a_client_sends_goes_nowhere(server: Republisher) -> None:
    with connect(server) as client:
        client.sendall(b"GET / HTTP/1.1\r\n\r\n" * 1000)
        server.give(b"/")
        assert read(client, 1) == b"/"


def test_there_may_be_so_many_clients_and_no_more(caplog: pytest.LogCaptureFixture) -> None:
    with Republisher(most_clients=1) as server, connect(server) as first:
        with socket.create_connection(server.address, BOUND_S) as second:
            second.settimeout(BOUND_S)
            assert second.recv(1) == b""
        assert server.counters().refused == 1
        server.give(b"/")
        assert read(first, 1) == b"/"
    assert "1 programs are connected already" in caplog.text


def test_closing_hangs_up_and_frees_the_address() -> None:
    server = Republisher()
    with connect(server) as client:
        server.close()
        server.close()
        assert client.recv(1) == b""
    server.give(b"nobody hears it")
    with Republisher(f"127.0.0.1:{server.address[1]}") as again:
        assert again.address == server.address


def test_an_address_that_another_program_has_is_told(server: Republisher) -> None:
    with pytest.raises(errors.LinkBusy, match=f"127.0.0.1:{server.address[1]}.*another"):
        Republisher(f"127.0.0.1:{server.address[1]}")
    with pytest.raises(errors.LinkError, match=r"cannot listen at 192\.0\.2\.1"):
        Republisher("192.0.2.1:0")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:2001", ("127.0.0.1", 2001)),
        ("[::1]:2001", ("::1", 2001)),
        (":2001", ("127.0.0.1", 2001)),
        ("2001", ("127.0.0.1", 2001)),
        ("0.0.0.0:0", ("0.0.0.0", 0)),  # noqa: S104
    ],
)
def test_addresses(text: str, address: tuple[str, int]) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize("text", ["", "localhost", "127.0.0.1:http", "127.0.0.1:99999", "127.0.0.1:-1"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(errors.ConfigError, match="expected host:port"):
        parse_address(text)
