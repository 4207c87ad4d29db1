"""The guard in front of an application, on a real server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from socket import SHUT_WR

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from energy_hw.web.asgi import SECURITY, Guard, Rules
from energy_hw.web.auth import Users
from energy_hw.web.limits import Limits
from energy_hw.web.serve import Server
from web_rig import ask, basic, dial, echo, read_to_end

GOOD = basic("ana", "secret")
JSON = {"Content-Type": "application/json"}


async def reads(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    rules = Rules(Users({"ana": "secret"}), hosts=("meter.example",), protects=lambda path: path != "/open")
    with Server(Guard(echo, rules), "127.0.0.1:0") as server:
        yield server


@pytest.mark.parametrize("path", ["/", "/any/path", "/%C3%A9?q=1"])
def test_who_is_known_gets_any_path(server: Server, path: str) -> None:
    answer = ask(server.url, path, GOOD)
    assert answer.status == 200
    assert answer.body.startswith(b"GET /")


def test_who_is_not_known_is_challenged(server: Server) -> None:
    answer = ask(server.url)
    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("Basic realm=")
    assert json.loads(answer.body)["status"] == 401


def test_a_path_that_is_not_protected_needs_no_password(server: Server) -> None:
    assert ask(server.url, "/open").status == 200


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]:80", "localhost:8000", "pi.local", "PI.Local.", "meter.example:1"]
)
def test_its_own_names_are_answered(server: Server, host: str) -> None:
    assert ask(server.url, "/", {**GOOD, "Host": host}).status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "local", "x@localhost", "localhost:x", "a b"]
)
def test_another_name_is_misdirected_on_every_path(server: Server, host: str) -> None:
    for path in ("/", "/open"):
        answer = ask(server.url, path, {**GOOD, "Host": host})
        assert answer.status == 421
        assert b"add the name to its hosts" in answer.body


def test_http_1_0_without_a_name_is_no_browser(server: Server) -> None:
    with dial(server.url) as sock:
        sock.sendall(b"GET /open HTTP/1.0\r\n\r\n")
        assert read_to_end(sock).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://["}],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_another_sites_page_changes_nothing(server: Server, method: str, headers: dict[str, str]) -> None:
    assert ask(server.url, "/", {**GOOD, **JSON, **headers}, method, b"{}").status == 403


def test_its_own_page_may_change_something(server: Server) -> None:
    headers = {**GOOD, **JSON, "Origin": server.url, "Sec-Fetch-Site": "same-origin"}
    answer = ask(server.url, "/x", headers, "POST", b"{}")
    assert (answer.status, answer.body) == (200, b"POST /x {}")


def test_reading_is_no_business_of_the_origin(server: Server) -> None:
    answer = ask(server.url, "/", {**GOOD, "Origin": "http://evil.example"})
    assert answer.status == 200
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_what_a_form_can_send_is_no_json(server: Server) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert ask(server.url, "/", {**GOOD, **form}, "POST", b"a=b").status == 415
    assert ask(server.url, "/", GOOD, "POST").status == 200


def test_an_announced_body_that_is_too_long_is_refused(server: Server) -> None:
    assert ask(server.url, "/", {**GOOD, **JSON}, "POST", b"x" * 65537).status == 413
    assert ask(server.url, "/", {**GOOD, **JSON}, "POST", b"x" * 65536).status == 200


@pytest.mark.parametrize("name", [name.decode() for name, _ in SECURITY])
def test_every_answer_has_the_security_headers(server: Server, name: str) -> None:
    for answer in (ask(server.url, "/", GOOD), ask(server.url), ask(server.url, headers={"Host": "evil.example"})):
        assert name in answer.headers


def chunked(url: str, size: int) -> bytes:
    with dial(url) as sock:
        head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
        sock.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % size + b"x" * size + b"\r\n0\r\n\r\n")
        return read_to_end(sock)


@pytest.mark.parametrize(
    "app", [echo, Starlette(routes=[Route("/", reads, methods=["POST"])])], ids=["bare", "starlette"]
)
def test_a_body_that_turns_out_too_long_is_refused(app: Starlette) -> None:
    with Server(Guard(app, Rules(limits=Limits(body_bytes=1000))), "127.0.0.1:0") as server:
        assert chunked(server.url, 1000).startswith(b"HTTP/1.1 200")
        assert chunked(server.url, 1001).startswith(b"HTTP/1.1 413")


def test_refusals_are_counted(server: Server) -> None:
    before = server.guard.counters["misdirected_request"]
    ask(server.url, headers={"Host": "evil.example"})
    assert server.guard.counters["misdirected_request"] == before + 1


def test_an_application_keeps_its_own_headers() -> None:
    async def app(scope: dict, receive: object, send: object) -> None:  # type: ignore[type-arg]
        headers = [(b"content-security-policy", b"default-src 'none'"), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 204, "headers": headers})  # type: ignore[operator]
        await send({"type": "http.response.body"})  # type: ignore[operator]

    with Server(Guard(app), "127.0.0.1:0") as server:  # type: ignore[arg-type]
        assert ask(server.url).headers["content-security-policy"] == "default-src 'none'"


def test_a_proxy_is_not_what_this_is(server: Server) -> None:
    assert ask(server.url, "/", GOOD, "CONNECT").status == 405


REQUEST = b"POST /open?b=c HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
PIECES = [b"\r\n", b"\x00", b"%", b"Host: x\r\n", b"Transfer-Encoding: chunked\r\n", b"Expect: 100-continue\r\n", b"//"]
SPLICE = st.tuples(st.integers(0, len(REQUEST)), st.integers(0, 12), st.binary(max_size=8) | st.sampled_from(PIECES))


@given(st.lists(SPLICE, min_size=1, max_size=4))
@settings(max_examples=200, deadline=None)
def test_whatever_is_sent_the_server_neither_fails_nor_hangs(
    server: Server, splices: list[tuple[int, int, bytes]]
) -> None:
    data = REQUEST
    for at, gone, piece in splices:
        data = data[:at] + piece + data[at + gone :]
    with dial(server.url) as sock:
        sock.sendall(data)
        sock.shutdown(SHUT_WR)
        assert read_to_end(sock)[:10] not in (b"HTTP/1.1 5", b"HTTP/1.0 5")
