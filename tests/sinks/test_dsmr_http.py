"""Requests to a server process that answers as DSMR-reader does."""

from __future__ import annotations

import re
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from dsmr_rig import METER, VALUES, raw, second, telegram
from energy_hw.errors import ConfigError
from energy_hw.sinks.dsmr_answers import Answer
from energy_hw.sinks.dsmr_http import Api, Header, Server, Version, form
from p1_server import KEY
from p1_server import Server as Reader


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    with Reader(tmp_path_factory.mktemp("reader")) as reader:
        yield reader


@pytest.fixture
def reader(process: Reader) -> Reader:
    process.behave()
    return process


MakeApi = Callable[..., Api]


@pytest.fixture
def api() -> Iterator[MakeApi]:
    """Apis that are closed at the end."""
    with ExitStack() as opened:

        def make(url: str, key: str = KEY, timeout_s: float = 10.0, **options: Any) -> Api:
            one = Api(Server(url, key, timeout_s=timeout_s, **options))
            opened.callback(one.close)
            return one

        yield make


@pytest.mark.parametrize("header", list(Header))
@pytest.mark.parametrize("text", ["", "\xb3\xff"], ids=["ascii", "latin-1"])
def test_v1_stores_a_telegram(reader: Reader, header: Header, text: str, api: MakeApi) -> None:
    before = len(reader.stored())
    assert api(reader.url, header=header).store(telegram(1, text=text)) == Answer(201)
    assert reader.stored()[before:] == [second(1)]


def test_v2_stores_its_values(reader: Reader, api: MakeApi) -> None:
    answer = api(reader.url, version=Version.V2).store(telegram(2))
    assert answer.status == 201
    assert '"electricity_delivered_1": "1.000"' in answer.text
    assert reader.stored()[-1] == second(2)


@pytest.mark.parametrize(
    ("behaviour", "options", "sent", "expected"),
    [
        ({"enabled": False}, {}, {}, (405, "API is disabled")),
        ({}, {"key": "wrong"}, {}, (403, "Invalid auth key")),
        ({}, {}, {"crc": 1}, (500, "Failed to parse telegram")),
        ({}, {"version": Version.V2}, {"values": {"timestamp": "1"}}, (400, "This field is required")),
        ({"enabled": False}, {"version": Version.V2}, {}, (403, "API is disabled")),
        ({"answers": [[503, "", {"Retry-After": "7"}]]}, {}, {}, (503, "")),
        ({"answers": [[302, "", {"Location": "/"}]]}, {}, {}, (302, "")),
    ],
)
def test_what_it_refuses(
    reader: Reader,
    behaviour: dict[str, object],
    options: dict[str, object],
    sent: dict[str, object],
    expected: tuple[int, str],
    api: MakeApi,
) -> None:
    reader.behave(**behaviour)
    before = len(reader.stored())
    answer = api(reader.url, **options).store(telegram(3, **sent))
    assert answer.status == expected[0]
    assert expected[1] in answer.text
    assert answer.retry_after == ("7" if expected[0] == 503 else "")
    assert len(reader.stored()) == before


def test_the_server_sees_the_text_of_the_meter_without_the_last_line_end() -> None:
    assert form(raw(crc=0x1E1D)).startswith(b"telegram=%2FISK5%5C2M550T-1012%0D%0A%0D%0A1-3%3A0.2.8%2850%29%0D%0A")
    assert form(raw(crc=0x1E1D)).endswith(b"%0D%0A%211E1D")
    assert form(b"/\xb3!") == b"telegram=%2F%C2%B3%21"


def test_a_lost_answer_is_unclear_and_the_server_tells_what_it_has(reader: Reader, api: MakeApi) -> None:
    one = api(reader.url)
    reader.behave(lose=1)
    answer = one.store(telegram(50))
    assert (answer.status, answer.unclear) == (0, True)
    assert one.stored(second(49), second(51)) == {second(50): 1}
    assert one.store(telegram(50)) == Answer(201)  # which is why it must be asked
    assert one.stored(second(50), second(50)) == {second(50): 2}


def test_more_than_a_page_is_read_page_by_page(reader: Reader, api: MakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    one = api(reader.url)
    monkeypatch.setattr("energy_hw.sinks.dsmr_http.PAGE", 2)
    for number in range(100, 105):
        one.store(telegram(number))
    assert one.stored(second(100), second(199)) == {second(number): 1 for number in range(100, 105)}
    monkeypatch.setattr("energy_hw.sinks.dsmr_http.MOST_PAGES", 2)
    assert one.stored(second(100), second(199)) == Answer(413, "too much in that time")


def test_a_key_that_may_not_ask(reader: Reader, api: MakeApi) -> None:
    reader.behave(may_ask=False)
    answer = api(reader.url).stored(second(0), second(1))
    assert isinstance(answer, Answer)
    assert answer.status == 403


def test_a_server_that_hangs_is_unclear(reader: Reader, api: MakeApi) -> None:
    reader.behave(hang_s=60)
    answer = api(reader.url, timeout_s=0.2).store(telegram(60))
    assert answer == Answer(0, "no answer within 0.2 s", unclear=True)


def test_a_server_that_is_away_is_clear(tmp_path: Path, api: MakeApi) -> None:
    with Reader(tmp_path) as gone:
        one = api(gone.url)
    answer = one.store(telegram())
    assert (answer.status, answer.unclear) == (0, False)
    assert "cannot be reached" in answer.text


def test_an_answer_in_drops_ends(tmp_path: Path, api: MakeApi) -> None:
    def drip(listener: socket.socket, done: threading.Event) -> None:
        connection, _ = listener.accept()
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 100000\r\n\r\n")
        while not done.wait(0.02):
            connection.sendall(b"x")
        connection.close()

    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener, done), daemon=True)
        thread.start()
        one = api(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout_s=0.3)
        try:
            assert one.store(telegram()).unclear
        finally:
            done.set()
            thread.join(5)


def whole_request(connection: socket.socket) -> None:
    """Head and body, which may come in pieces."""
    data = b""
    while not (head := re.match(rb"(?s)(.*?)\r\n\r\n", data)) or len(data) < head.end() + length_of(head[1]):
        data += connection.recv(65536)


def length_of(head: bytes) -> int:
    found = re.search(rb"(?i)content-length: (\d+)", head)
    return int(found[1]) if found else 0


def test_a_certificate_that_nobody_signed_is_refused(tmp_path: Path, api: MakeApi) -> None:
    name = tmp_path / "cert.pem"
    command = "req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 -out"
    subprocess.run(["openssl", *command.split(), name, "-keyout", name], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(name)

    def serve(listener: socket.socket) -> None:
        for _ in range(2):
            connection, _ = listener.accept()
            try:
                with context.wrap_socket(connection, server_side=True) as tls:
                    whole_request(tls)  # what is left unread would reset the connection, and the answer with it
                    tls.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            except OSError:
                pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        refused = api(url).store(telegram())
        assert refused.status == 0
        assert "certificate" in refused.text.lower()
        said = api(url, verify=str(name)).store(telegram())
        assert (said.status, said.text) == (201, "")


@pytest.mark.parametrize(
    "url",
    [
        "dsmr.local",
        "ftp://dsmr.local",
        "http://",
        "http://dsmr.local/?key=secret",
        "http://[::1",
        "http://dsmr.local:99999",
        "http://dsmr.local:web",
        "me:secret@dsmr.local",
    ],
)
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(ConfigError, match="expected a server such as") as error:
        Server(url, KEY)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("key", ["", "a\nb", "ключ"])
def test_a_key_that_is_none(key: str) -> None:
    with pytest.raises(ConfigError, match=r"expected the API key of dsmr\.local") as error:
        Server("http://dsmr.local", key)
    assert not key or key not in str(error.value)


def test_certificates_that_cannot_be_read() -> None:
    with pytest.raises(ConfigError, match="/nowhere"):
        Api(Server("https://dsmr.local", KEY, verify="/nowhere"))


@pytest.mark.parametrize(
    "url", ["http://dsmr.local", "http://dsmr.local/", "http://dsmr.local/api/v1/datalogger/dsmrreading"]
)
def test_the_address_of_either_script(url: str) -> None:
    server = Server(url, KEY)
    assert server.path(Version.V2) == "http://dsmr.local/api/v2/datalogger/dsmrreading"
    assert server.name == "dsmr.local"


def test_neither_key_nor_password_is_shown() -> None:
    server = Server("http://me:secret@dsmr.local:8080", KEY, header=Header.AUTHKEY)
    assert server.name == "dsmr.local:8080"
    assert KEY not in f"{server!r} {server}"
    assert "secret" not in f"{server!r} {server}"


def test_a_password_and_a_token_want_the_same_header() -> None:
    with pytest.raises(ConfigError, match="X-AUTHKEY") as error:
        Server("http://me:secret@dsmr.local", KEY)
    assert "secret" not in str(error.value)


def test_an_answer_that_repeats_the_key_is_cleaned(reader: Reader, api: MakeApi) -> None:
    reader.behave(answers=[[403, f"your key {KEY} is wrong", {}]])
    assert api(reader.url).store(telegram()).text == "your key *** is wrong"


def test_nothing_but_building_it_needs_httpx() -> None:
    code = (
        "import sys; sys.modules['httpx'] = None\n"
        "from energy_hw.sinks.dsmr_reader import DsmrReader, Server\n"
        "try: DsmrReader(Server('http://x', 'key'))\n"
        "except ModuleNotFoundError as error: print(error.name)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "httpx\n", done.stderr


def test_the_fixture_is_what_it_says() -> None:
    assert METER.encode() in raw()
    assert set(VALUES) >= {"timestamp", "electricity_delivered_1"}
