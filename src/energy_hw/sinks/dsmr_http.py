"""Requests to one DSMR-reader. The only module that knows httpx, which comes with the extra [forward].

    POST /api/v1/datalogger/dsmrreading    telegram=<the text>           201, or see dsmr_answers.py
    POST /api/v2/datalogger/dsmrreading    {"timestamp": ..., ...}       201
    GET  /api/v2/datalogger/dsmrreading?timestamp__gte=...&timestamp__lte=...
                                           {"count": 2, "results": [{"timestamp": ...}, ...]}

A byte above 7F of a telegram goes as the character of Latin-1 in UTF-8: the server's CRC counts code points.
"""

from __future__ import annotations

import json
import ssl
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote_plus, urlsplit

from energy_hw.errors import ConfigError
from energy_hw.sinks.dsmr_answers import MAYBE_STORED, Answer, Verdict, judge
from energy_hw.sinks.dsmr_telegram import Telegram

if TYPE_CHECKING:
    import httpx

CONNECT_S = 3.0
MOST_BYTES = 1_000_000
PAGE, MOST_PAGES = 250, 20
PATH = "/api/{}/datalogger/dsmrreading"
FORM = "application/x-www-form-urlencoded"
SCHEMES = ("http", "https")
Times = Counter[datetime]


class Version(StrEnum):
    """v1 takes the telegram as it is, v2 its values: for meters whose text the server cannot read."""

    V1 = "v1"
    V2 = "v2"


class Header(StrEnum):
    """How the key is shown. Servers of today know both, those before 2019 the second alone."""

    TOKEN = "Authorization"  # noqa: S105 - the name of a header
    AUTHKEY = "X-AUTHKEY"


@dataclass(frozen=True, slots=True)
class Server:
    """Where a DSMR-reader is. url: `http://host`, without a path of the API. timeout_s: for a whole request.

    verify: whether its certificate is looked at; a path: the authority that signed it. Raises ConfigError.
    """

    url: str
    key: str
    version: Version = Version.V1
    header: Header = Header.TOKEN
    timeout_s: float = 20.0
    verify: bool | str = True

    def __post_init__(self) -> None:
        parts = _parts(self.url)
        if parts is None or parts.scheme not in SCHEMES or not parts.hostname or parts.query or parts.fragment:
            shown = self.url.rpartition("@")[2][:40]  # before it may be a password
            raise ConfigError(f"expected a server such as http://dsmr.local, got {shown.partition('?')[0]!r}")
        if parts.username and self.header is Header.TOKEN:
            raise ConfigError(
                f"{self.name}: a password in the address and the key cannot both be in Authorization: "
                "show the key as X-AUTHKEY"
            )
        if not self.key or not self.key.isascii() or not self.key.isprintable():
            raise ConfigError(
                f"expected the API key of {self.name}, got {'none' if not self.key else 'odd characters'}"
            )

    @property
    def name(self) -> str:
        """The host, and the port where there is one; what logs call it."""
        return urlsplit(self.url).netloc.rpartition("@")[2]

    def __repr__(self) -> str:
        return f"Server({self.name}, {self.version})"  # never the key

    @property
    def headers(self) -> dict[str, str]:
        """What shows the key."""
        return {str(self.header): f"Token {self.key}" if self.header is Header.TOKEN else self.key}

    def path(self, version: Version) -> str:
        """The URL of the telegrams. A whole URL, as the older script had it, does as well."""
        base = self.url.rstrip("/")
        for known in Version:
            base = base.removesuffix(PATH.format(known))
        return base + PATH.format(version)


class Api:
    """Keeps a connection to one server. Thread safety: one thread at a time; close() from any."""

    def __init__(self, server: Server) -> None:
        """Raises ModuleNotFoundError without httpx, ConfigError for an authority that cannot be read."""
        import httpx

        self.server = server
        self._httpx = httpx
        timeout = httpx.Timeout(server.timeout_s, connect=min(CONNECT_S, server.timeout_s))
        try:
            verify = _authority(server.verify) if isinstance(server.verify, str) else server.verify
            self._client = httpx.Client(timeout=timeout, verify=verify, headers=server.headers)
        except (OSError, ValueError) as error:
            raise ConfigError(f"expected certificates in {server.verify}: {error}") from error

    def store(self, telegram: Telegram) -> Answer:
        """Send one telegram; never raises."""
        path = self.server.path(self.server.version)
        if self.server.version is Version.V2:
            body = json.dumps(dict(telegram.values or {})).encode()
            return self._ask("POST", path, content=body, headers={"Content-Type": "application/json"})
        return self._ask("POST", path, content=form(telegram.raw), headers={"Content-Type": FORM})

    def stored(self, first: datetime, last: datetime) -> Times | Answer:
        """The times of what the server has from first to last; the answer if it does not tell."""
        times = Times()
        query = {"timestamp__gte": _utc(first), "timestamp__lte": _utc(last), "limit": str(PAGE)}
        for page in range(MOST_PAGES):
            query["offset"] = str(page * PAGE)
            answer = self._ask("GET", self.server.path(Version.V2), params=query)
            results = _results(answer)
            if results is None:
                return answer
            times.update(results)
            if len(results) < PAGE:
                return times
        return Answer(413, "too much in that time")

    def _ask(
        self,
        method: str,
        url: str,
        *,
        content: bytes | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        httpx = self._httpx
        try:
            with self._client.stream(method, url, content=content, params=params, headers=headers) as response:
                text = self._clean(self._read(response))
                status = response.status_code
                return Answer(status, text, response.headers.get("retry-after", ""), status in MAYBE_STORED)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, httpx.UnsupportedProtocol) as error:
            return Answer(0, self._clean(f"cannot be reached: {error or type(error).__name__}"))
        except httpx.TimeoutException:
            return Answer(0, f"no answer within {self.server.timeout_s:g} s", unclear=True)
        except httpx.HTTPError as error:
            return Answer(0, self._clean(f"the answer was lost: {error or type(error).__name__}"), unclear=True)

    def _read(self, response: httpx.Response) -> str:
        """The body, within the time of one request even if it comes in drops."""
        end = time.monotonic() + self.server.timeout_s
        body = b""
        for piece in response.iter_bytes():
            body += piece
            if time.monotonic() > end:
                raise self._httpx.ReadTimeout("the answer came in drops")
            if len(body) > MOST_BYTES:
                break
        return body.decode("utf-8", "replace")

    def _clean(self, text: str) -> str:
        """Without the key, whoever repeats it."""
        return text.replace(self.server.key, "***")

    def close(self) -> None:
        """May be called twice."""
        self._client.close()


def form(raw: bytes) -> bytes:
    """The body of v1: `telegram=%2FISK5...`; CR LF as %0D%0A, without those after the CRC."""
    return b"telegram=" + quote_plus(raw.strip(b"\r\n\0").decode("latin-1")).encode()


def _parts(url: str) -> SplitResult | None:
    """The parts of an address; None for one that is none, its port included."""
    try:
        parts = urlsplit(url)
        return None if parts.port == 0 else parts
    except ValueError:
        return None


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _results(answer: Answer) -> list[datetime] | None:
    """The times of one page; None if it is none."""
    if judge(answer) is not Verdict.TAKEN:
        return None
    try:
        return [datetime.fromisoformat(one["timestamp"]).astimezone(UTC) for one in json.loads(answer.text)["results"]]
    except (ValueError, KeyError, TypeError):
        return None


def _authority(path: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=path)
