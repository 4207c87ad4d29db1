"""Settings under the names of DSMR-reader's own script."""

from __future__ import annotations

from pathlib import Path

import pytest

from energy_hw.app.p1_forward_settings import PREFIXES, Settings, parse_env, read_settings
from energy_hw.errors import ConfigError
from energy_hw.sinks.dsmr_http import Header, Version
from energy_hw.sinks.row import Order

NEEDED = {"API_HOSTS": "http://a", "API_KEYS": "k1"}


def settings(prefix: str = PREFIXES[0], **named: str) -> Settings:
    """Of these names without their prefix, beside those that must be."""
    environment = {prefix + name: value for name, value in {**NEEDED, **named}.items()}
    return read_settings({**environment, "STATE_DIRECTORY": "/state"})


@pytest.mark.parametrize("prefix", PREFIXES)
def test_the_defaults_of_the_script(prefix: str) -> None:
    found = settings(prefix)
    assert (found.timeout_s, found.interval_s, found.debug, found.port, found.baudrate) == (
        20.0,
        0.0,
        False,
        None,
        None,
    )
    (server,) = found.servers
    assert (server.url, server.key, server.version) == ("http://a", "k1", Version.V1)
    assert (server.header, server.timeout_s, server.verify) == (Header.TOKEN, 20.0, True)


def test_what_is_new_has_a_default() -> None:
    found = settings()
    assert (found.spool, found.queue, found.order) == (Path("/state/p1-forward.sqlite3"), 900, Order.OLDEST)


def test_several_servers_in_the_scripts_way() -> None:
    found = settings(API_HOSTS="http://a, https://b:8000/", API_KEYS="k1,k2", TIMEOUT="5")
    assert [(server.name, server.key, server.timeout_s) for server in found.servers] == [
        ("a", "k1", 5.0),
        ("b:8000", "k2", 5.0),
    ]


def test_one_api_for_all_or_one_for_each() -> None:
    two = {"API_HOSTS": "http://a,http://b", "API_KEYS": "k,k"}
    assert [s.version for s in settings(**two, API_VERSION="v2").servers] == [Version.V2, Version.V2]
    assert [s.version for s in settings(**two, API_VERSION="v1,v2").servers] == [Version.V1, Version.V2]
    assert [s.header for s in settings(**two, API_HEADER="token,X-AUTHKEY").servers] == [Header.TOKEN, Header.AUTHKEY]


@pytest.mark.parametrize(
    ("named", "port"),
    [
        ({"INPUT_METHOD": "serial", "SERIAL_PORT": "/dev/ttyUSB1"}, "/dev/ttyUSB1"),
        ({"INPUT_METHOD": "ipv4", "NETWORK_HOST": "10.0.0.7", "NETWORK_PORT": "23"}, "socket://10.0.0.7:23"),
        ({"NETWORK_HOST": "10.0.0.7", "NETWORK_PORT": "23"}, "socket://10.0.0.7:23"),
        ({"SERIAL_PORT": "/dev/ttyUSB1"}, "/dev/ttyUSB1"),
    ],
)
def test_the_input(named: dict[str, str], port: str) -> None:
    assert settings(**named).port == port


@pytest.mark.parametrize(
    ("named", "interval_s"),
    [({"SLEEP": "0.5"}, 0.0), ({"SLEEP": "10"}, 10.0), ({"SLEEP": "10", "MIN_INTERVAL": "0"}, 0.0)],
)
def test_a_long_sleep_thins(named: dict[str, str], interval_s: float) -> None:
    assert settings(**named).interval_s == interval_s


@pytest.mark.parametrize(
    ("text", "verify"), [("true", True), ("no", False), ("0", False), ("/etc/my-ca.pem", "/etc/my-ca.pem")]
)
def test_certificates(text: str, verify: bool | str) -> None:
    assert settings(VERIFY_TLS=text).servers[0].verify == verify


def test_memory_alone() -> None:
    found = settings(SPOOL="memory", QUEUE="50")
    assert (found.spool, found.queue) == (None, 50)


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ({"API_HOSTS": ""}, "no server: set"),
        ({"API_KEYS": "k1,k2"}, "got 2 and 1"),
        ({"API_HOSTS": "a"}, "such as http://dsmr.local"),
        ({"API_KEYS_FILE": "/nowhere"}, "/nowhere cannot be read"),
        ({"API_VERSION": "v3"}, "v1, v2 for API_VERSION"),
        ({"API_VERSION": "v1,v1,v1"}, "one API_VERSION"),
        ({"INPUT_METHOD": "usb"}, "serial, ipv4 for INPUT_METHOD"),
        ({"INPUT_METHOD": "serial"}, "SERIAL_PORT"),
        ({"INPUT_METHOD": "ipv4", "NETWORK_HOST": "a"}, "NETWORK_PORT"),
        ({"TIMEOUT": "soon"}, "number from 0.1 for TIMEOUT"),
        ({"TIMEOUT": "0"}, "TIMEOUT"),
        ({"SLEEP": "-1"}, "SLEEP"),
        ({"MIN_INTERVAL": "nan"}, "MIN_INTERVAL"),
        ({"QUEUE": "0"}, "QUEUE"),
        ({"ORDER": "random"}, "oldest, newest for ORDER"),
        ({"DEBUG_LOGGING": "perhaps"}, "DEBUG_LOGGING"),
    ],
)
def test_what_is_wrong_is_said(named: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError, match=words) as error:
        settings(**named)
    assert "k1" not in str(error.value)


def test_a_file_counts_less_than_the_environment_and_options_more(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text(
        "# DSMR-reader\n\nexport DSMRREADER_REMOTE_DATALOGGER_API_HOSTS='http://file'\n"
        'DSMRREADER_REMOTE_DATALOGGER_API_KEYS="k=1"\nDATALOGGER_TIMEOUT=7\nDATALOGGER_SLEEP=30\n'
    )
    found = read_settings({"DATALOGGER_TIMEOUT": "8"}, str(path), {"SPOOL": "/s", "ORDER": "newest"})
    assert (found.servers[0].url, found.servers[0].key) == ("http://file", "k=1")
    assert (found.timeout_s, found.interval_s, found.order) == (8.0, 30.0, Order.NEWEST)
    assert found.spool == Path("/s")


def test_keys_in_a_file_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text("k1\nk2\n")
    found = settings(API_HOSTS="http://a,http://b", API_KEYS="", API_KEYS_FILE=str(path))
    assert [server.key for server in found.servers] == ["k1", "k2"]


def test_a_line_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("A=1\nsecret-words\n")
    with pytest.raises(ConfigError, match="line 2: expected NAME=value") as error:
        parse_env(str(path))
    assert error.value.line == 2
    assert "secret-words" not in str(error.value)


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / ".env"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"\.env"):
        parse_env(str(path))
