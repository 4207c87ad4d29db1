"""The P1 server with a meter on a pseudo terminal behind it and curl in front."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from dsmr_rig import raw as other_telegram
from energy_hw.errors import ConfigError
from energy_hw.links.clock import SystemClock
from energy_hw.p1.meter import P1Meter
from energy_hw.web.p1_rest import app_factory, serve
from energy_hw.web.serve import Server
from energy_hw.web.status_config import Config
from p1_seed import SEED, SEED_TELEGRAM, VOLTAGES
from teleinfo_rig import Meter
from web_rig import ask, basic, dial, until


class Ahead(SystemClock):
    """Runs by_s before the others."""

    by_s = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.by_s


def later(clock: Ahead) -> bool:
    """A minute passes; another one may, for a telegram that was on its way."""
    clock.by_s += 60.0
    return True


@contextmanager
def serving(says: bytes, clock: Ahead | None = None, **options: Any) -> Iterator[tuple[Server, Meter]]:
    """A server whose meter says the same again and again."""
    with (
        Meter(says, pause_s=0.1) as line,
        P1Meter(line.path, profile="nl5", baudrate=115200, clock=clock) as meter,
        Server(app_factory(meter, **options), "127.0.0.1:0") as server,
    ):
        yield server, line


@pytest.fixture(scope="module")
def seed() -> Iterator[str]:
    with serving(SEED_TELEGRAM) as (server, _):
        until(lambda: ask(server.url, "/health").status == 200)
        yield server.url


@pytest.fixture(scope="module")
def curl() -> str:
    found = shutil.which("curl")
    assert found, "install curl"
    return found


def in_json(url: str, path: str) -> Any:
    answer = ask(url, path)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json; charset=utf-8")
    return json.loads(answer.body)


@pytest.mark.parametrize("path", ["/", "/index.html", "/any/where?at=all", "/%2e%2e/etc"])
def test_any_path_is_the_json_of_the_seed(seed: str, curl: str, path: str) -> None:
    done = subprocess.run([curl, "--silent", "--fail", "--path-as-is", seed + path], capture_output=True, check=True)
    got = json.loads(done.stdout)
    added = {name: got.pop(name) for name in VOLTAGES}
    assert list(got.items()) == list(json.loads(SEED).items())  # order counts
    assert added == VOLTAGES


def test_strictly_the_seed_is_the_seed_byte_for_byte(curl: str) -> None:
    with serving(SEED_TELEGRAM, strict_seed=True) as (server, _):
        until(lambda: ask(server.url, "/health").status == 200)
        done = subprocess.run([curl, "--silent", "--include", server.url], capture_output=True, check=True)
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    assert body.decode() == SEED
    assert b"content-type: application/json\r\n" in head


@pytest.mark.parametrize(("strict", "status", "body"), [(False, 503, b"{}\n"), (True, 200, b"\n")])
def test_before_the_first_telegram(strict: bool, status: int, body: bytes) -> None:
    with serving(b"", strict_seed=strict) as (server, _):
        answer = ask(server.url)
        assert (answer.status, answer.body) == (status, body)
        health = ask(server.url, "/health")
        assert (health.status, health.body) == (503, b'{"status":"waiting","age_s":null}\n')
        assert ask(server.url, "/v2/telegram").status == 503
        assert ask(server.url, "/v2/stats").status == 200


def test_the_report(seed: str) -> None:
    report = in_json(seed, "/v2/telegram")
    assert (report["source"], report["time"]) == ("p1", "2020-09-27T18:26:14Z")
    assert {reading["name"] for reading in report["readings"]} >= {"energy_import_t1", "gas_volume_ch1"}


def test_the_telegram_as_it_came(seed: str) -> None:
    answer = ask(seed, "/v2/raw")
    assert answer.body.rstrip(b"\r\n") == SEED_TELEGRAM.rstrip(b"\r\n")
    assert answer.headers["content-type"] == "text/plain; charset=iso-8859-1"


@pytest.mark.parametrize("code", ["1-0:1.8.1", "1.8.1", "energy_import_t1", "1-0%3A1.8.1"])
def test_one_reading_by_code_or_name(seed: str, curl: str, code: str) -> None:
    done = subprocess.run([curl, "--silent", "--fail", f"{seed}/v2/obis/{code}"], capture_output=True, check=True)
    assert b'"value":3466.018,"unit":"kWh"' in done.stdout  # the digits of the meter


@pytest.mark.parametrize("path", ["/v2/obis/9.9.9", "/v2/obis/", "/v2/", "/v2/nothing", "/v2/obis/\r\n"])
def test_what_there_is_not(seed: str, path: str) -> None:
    answer = ask(seed, path.replace("\r\n", "%0D%0A"))
    assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")


def test_devices_of_the_m_bus(seed: str) -> None:
    (gas,) = in_json(seed, "/v2/devices")
    assert (gas["channel"], gas["type"], gas["id"]) == (1, 3, "G0032565515213917")
    assert [(one["name"], one["value"]) for one in gas["readings"]] == [("gas_volume_ch1", 3297.485)]


def test_statistics(seed: str) -> None:
    stats = in_json(seed, "/v2/stats")
    assert stats["ok"] > 0
    assert (stats["bad_crc"], stats["health"], stats["profile"]) == (0, "good", "nl5")


def test_health_is_young(seed: str) -> None:
    health = in_json(seed, "/health")
    assert health["status"] == "ok"
    assert health["age_s"] >= 0


@pytest.mark.parametrize("path", ["/", "/v2/telegram", "/v2/raw", "/v2/obis/1.8.1", "/v2/devices"])
def test_head_has_the_length_and_no_body(seed: str, path: str) -> None:
    answer, whole = ask(seed, path, method="HEAD"), ask(seed, path)
    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["content-length"]) == len(whole.body)


def test_the_same_telegram_is_not_sent_twice(seed: str) -> None:
    first = ask(seed)
    assert ask(seed, headers={"If-None-Match": first.headers["etag"]}).status == 304
    # this meter repeats itself, so its telegram is newer than any time; the day after tomorrow is late enough
    assert ask(seed, headers={"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}).status == 304
    for old in (first.headers["last-modified"].replace("20", "19", 1), "when?"):
        assert ask(seed, headers={"If-Modified-Since": old}).status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_meter_only_talks(seed: str, method: str) -> None:
    answer = ask(seed, method=method)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


def test_a_new_telegram_is_a_new_body_everywhere() -> None:
    with serving(other_telegram(1)) as (server, line):
        until(lambda: ask(server.url, "/health").status == 200)
        before = {path: ask(server.url, path).headers["etag"] for path in ("/", "/v2/raw", "/v2/obis/1.8.1")}
        line.says = other_telegram(2)
        until(lambda: in_json(server.url, "/v2/obis/1.8.1")["value"] == 1002.0)
        after = {path: ask(server.url, path).headers["etag"] for path in before}
        assert all(after[path] != before[path] for path in before)


def test_a_meter_that_goes_quiet_is_503_and_its_last_telegram_stays() -> None:
    clock = Ahead()
    with serving(other_telegram(1), clock) as (server, line):
        until(lambda: ask(server.url, "/health").status == 200)
        line.says = b""
        until(lambda: later(clock) and ask(server.url, "/health").status == 503)
        assert json.loads(ask(server.url, "/health").body)["status"] == "stale"
        assert ask(server.url).status == 200


def test_every_telegram_as_an_event() -> None:
    with serving(other_telegram(1)) as (server, line), dial(server.url) as sock:
        sock.sendall(b"GET /v2/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
        line.says = other_telegram(2)
        got = b""
        while b'"value":1002.000' not in got:
            data = sock.recv(65536)
            assert data, got
            got += data
        assert b"event: telegram\nid: 2021-06-06T15:08:42Z\ndata: {" in got


def test_a_stream_begins_with_what_is_new() -> None:
    with serving(other_telegram(1)) as (server, line):
        until(lambda: in_json(server.url, "/v2/stats")["ok"] >= 4)
        line.says = other_telegram(2)
        until(lambda: in_json(server.url, "/v2/obis/1.8.1")["value"] == 1002.0)
        with dial(server.url) as sock:
            sock.sendall(b"GET /v2/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
            got = b""
            while b"data: " not in got:
                got += sock.recv(65536)
        assert b"id: 2021-06-06T15:08:42Z" in got
        assert b"15:08:41Z" not in got


def test_with_users_only_health_is_open() -> None:
    with serving(other_telegram(1), users={"me": "secret"}) as (server, _):
        until(lambda: ask(server.url, "/health").status == 200)
        assert ask(server.url).status == 401
        assert ask(server.url, "/v2/stream").status == 401
        assert ask(server.url, headers=basic("me", "secret")).status == 200


def test_names_of_this_server(seed: str) -> None:
    assert ask(seed, headers={"Host": socket.gethostname()}).status == 200
    assert ask(seed, headers={"Host": "evil.example"}).status == 421


@pytest.mark.parametrize("users", [None, {"apiuser": "apipassword"}])
def test_others_come_in_with_a_password_alone(users: dict[str, str] | None) -> None:
    with (
        Meter() as line,
        P1Meter(line.path) as meter,
        pytest.raises(ConfigError, match="expected a password of your own"),
    ):
        serve(meter, Config(line.path, "0.0.0.0:0", users))
