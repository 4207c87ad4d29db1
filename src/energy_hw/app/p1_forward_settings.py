"""Settings of the forwarder, under the names of DSMR-reader's own script, from the environment or a `.env` file.

    DSMRREADER_REMOTE_DATALOGGER_...  or, as years ago, DATALOGGER_...

    API_HOSTS        http://a,https://b      one key for each in API_KEYS, or in the file API_KEYS_FILE
    INPUT_METHOD     serial or ipv4          SERIAL_PORT, SERIAL_BAUDRATE; NETWORK_HOST, NETWORK_PORT
    TIMEOUT          20                      seconds for one request, and of silence until --exit-when-silent ends it
    SLEEP            0.5                     from 1 on: at most one telegram in so many seconds
    DEBUG_LOGGING    false

New: API_VERSION v1 or v2, API_HEADER token or x-authkey (either one for all, or one for each host), MIN_INTERVAL (goes
before SLEEP), SPOOL (a file, or `memory`), QUEUE (telegrams in memory), ORDER oldest or newest, VERIFY_TLS true, false
or a file. SERIAL_BYTESIZE, SERIAL_PARITY and MIN_SLEEP_FOR_RECONNECT are read and not needed: 7E1 is recognised, and
the input stays open.

Source: DSMR-reader, dsmr_datalogger/scripts/dsmr_datalogger_api_client.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import TypeVar

from energy_hw.energenie.pending import default_folder
from energy_hw.errors import ConfigError
from energy_hw.sinks.dsmr_http import Header, Server, Version
from energy_hw.sinks.row import Order

PREFIXES = ("DSMRREADER_REMOTE_DATALOGGER_", "DATALOGGER_")
MEMORY = "memory"
TRUE, FALSE = ("1", "y", "yes", "t", "true", "on"), ("0", "n", "no", "f", "false", "off", "")
HEADERS = {"token": Header.TOKEN, "x-authkey": Header.AUTHKEY}
SLEEP_COUNTS_S = 1.0
"""A meter sends at most once a second: a shorter sleep has left nothing out."""

T = TypeVar("T")


@dataclass(frozen=True)
class Settings:
    """port: None where nothing names one. spool: None for memory alone. interval_s: 0 for every telegram."""

    servers: tuple[Server, ...]
    port: str | None
    baudrate: int | None
    spool: Path | None
    queue: int
    timeout_s: float
    interval_s: float
    order: Order
    debug: bool


def read_settings(
    environment: Mapping[str, str], env_file: str | None = None, chosen: Mapping[str, str] | None = None
) -> Settings:
    """What the environment says, and what a file says beside it; chosen goes before both. Raises ConfigError.

    chosen: suffixes and values, as MIN_INTERVAL: 10.
    """
    options = {PREFIXES[0] + suffix: value for suffix, value in (chosen or {}).items()}
    named = {**(parse_env(env_file) if env_file else {}), **environment, **options}
    return _Reader(named).settings(default_spool(environment))


def parse_env(path: str) -> dict[str, str]:
    """`NAME=value` lines; `#` begins a comment line, quotes around a value go. Raises ConfigError."""
    try:
        lines = Path(path).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {getattr(error, 'strerror', None) or 'not UTF-8 text'}", path) from error
    found = {}
    for number, line in enumerate(lines, 1):
        text = line.strip().removeprefix("export ").strip()
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.partition("=")
        if not equals:
            raise ConfigError(f"{path}, line {number}: expected NAME=value", path, number)
        found[name.strip()] = _unquoted(value.strip())
    return found


def _unquoted(value: str) -> str:
    quoted = len(value) >= 2 and value[0] == value[-1] and value[0] in "'\""
    return value[1:-1] if quoted else value


class _Reader:
    def __init__(self, named: Mapping[str, str]) -> None:
        self._named = named

    def get(self, suffix: str, default: str = "") -> str:
        """The first prefix that has it counts."""
        values = (self._named.get(prefix + suffix, "").strip() for prefix in PREFIXES)
        return next((value for value in values if value), default)

    def settings(self, spool_file: Path) -> Settings:
        """All of it."""
        spool = self.get("SPOOL") or str(spool_file)
        timeout_s = self._number("TIMEOUT", 20.0, 0.1)
        self._number("MIN_SLEEP_FOR_RECONNECT", 1.0, 0.0)
        return Settings(
            servers=self._servers(timeout_s),
            port=self._port(),
            baudrate=int(self._number("SERIAL_BAUDRATE", 0, 0)) or None,
            spool=None if spool == MEMORY else Path(spool),
            queue=int(self._number("QUEUE", 900, 1)),
            timeout_s=timeout_s,
            interval_s=self._interval_s(),
            order=self._choice("ORDER", {str(order): order for order in Order}, "oldest"),
            debug=self._choice("DEBUG_LOGGING", _booleans(), "false"),
        )

    def _servers(self, timeout_s: float) -> tuple[Server, ...]:
        hosts, keys = _list(self.get("API_HOSTS")), self._keys()
        if not hosts:
            names = f"{PREFIXES[0]}API_HOSTS and {PREFIXES[0]}API_KEYS"
            raise ConfigError(f"no server: set {names} in the environment, or in a file that --env-file names")
        if len(hosts) != len(keys):
            name = f"{PREFIXES[0]}API_HOSTS"
            raise ConfigError(f"expected as many API_KEYS as servers in {name}, got {len(keys)} and {len(hosts)}")
        versions = self._each("API_VERSION", {str(version): version for version in Version}, "v1", len(hosts))
        headers = self._each("API_HEADER", HEADERS, "token", len(hosts))
        verify = self._verify()
        return tuple(
            Server(host, key, version, header, timeout_s, verify)
            for host, key, version, header in zip(hosts, keys, versions, headers, strict=False)
        )

    def _keys(self) -> list[str]:
        if path := self.get("API_KEYS_FILE"):
            try:
                return _list(Path(path).read_text("utf-8").replace("\n", ","))
            except (OSError, UnicodeDecodeError) as error:
                raise ConfigError(f"API_KEYS_FILE {path} cannot be read", path) from error
        return _list(self.get("API_KEYS"))

    def _port(self) -> str | None:
        method = self._choice("INPUT_METHOD", {"serial": "serial", "ipv4": "ipv4", "": ""}, "")
        host, port = self.get("NETWORK_HOST"), self.get("NETWORK_PORT")
        if method == "ipv4" and not (host and port):
            raise ConfigError("expected NETWORK_HOST and NETWORK_PORT for INPUT_METHOD ipv4")
        if method == "ipv4" or (not method and host and port):
            return f"socket://{host}:{port}"
        if method == "serial" and not self.get("SERIAL_PORT"):
            raise ConfigError("expected SERIAL_PORT for INPUT_METHOD serial, such as /dev/ttyUSB0")
        return self.get("SERIAL_PORT") or None

    def _interval_s(self) -> float:
        sleep_s = self._number("SLEEP", 0.5, 0.0)
        return self._number("MIN_INTERVAL", sleep_s if sleep_s >= SLEEP_COUNTS_S else 0.0, 0.0)

    def _verify(self) -> bool | str:
        text = self.get("VERIFY_TLS", "true")
        return text if "/" in text else self._choice("VERIFY_TLS", _booleans(), "true")

    def _number(self, suffix: str, default: float, low: float) -> float:
        text = self.get(suffix)
        try:
            value = float(text) if text else default
        except ValueError:
            value = float("nan")
        if not low <= value < 1e9:
            raise ConfigError(f"expected a number from {low:g} for {suffix}, got {text!r}")
        return value

    def _choice(self, suffix: str, choices: Mapping[str, T], default: str) -> T:
        return self._pick(suffix, choices, self.get(suffix, default))

    def _each(self, suffix: str, choices: Mapping[str, T], default: str, count: int) -> list[T]:
        """One for all hosts, or one for each."""
        texts = _list(self.get(suffix, default))
        if len(texts) not in (1, count):
            raise ConfigError(f"expected one {suffix}, or one for each of {count} servers, got {len(texts)}")
        chosen = [self._pick(suffix, choices, text) for text in texts]
        return list(repeat(chosen[0], count)) if len(chosen) == 1 else chosen

    def _pick(self, suffix: str, choices: Mapping[str, T], text: str) -> T:
        if text.lower() not in choices:
            known = ", ".join(name for name in choices if name)
            raise ConfigError(f"expected {known} for {suffix}, got {text!r}")
        return choices[text.lower()]


def _booleans() -> dict[str, bool]:
    return dict.fromkeys(TRUE, True) | dict.fromkeys(FALSE, False)


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def default_spool(environment: Mapping[str, str]) -> Path:
    """Where telegrams wait: in the folder that a service manager gives, else where the package keeps its state."""
    given = environment.get("STATE_DIRECTORY", "").partition(":")[0]
    return (Path(given) if given else default_folder()) / "p1-forward.sqlite3"
