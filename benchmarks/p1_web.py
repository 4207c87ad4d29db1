"""The P1 server under load: a process of its own with a meter behind it, asked over loopback.

The load is that of benchmarks/web.py: eight connections of an asyncio program on bare sockets, each sends its next
request when the answer to the last is there. The meter sends a telegram a second meanwhile. The limit is on the CPU
that the server takes for a request, its kernel's share included: who else uses the machine changes the rest.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from benchmarks import Row

CONNECTIONS = 8
SECONDS = 2.0
ROUNDS = 3
PATHS = ("/", "/v2/telegram", "/v2/obis/1.8.1")
MOST_US = 1e6 / 3000


def run() -> list[Row]:
    """Requests a second for each path, and memory."""
    with _server() as (process, url):
        place = urlsplit(url)
        host, port = place.hostname or "", place.port or 0
        asyncio.run(_until_ready(host, port))
        rows = [row for path in PATHS for row in _rows(process.pid, host, port, path)]
        rates = [asyncio.run(_load(host, port, "/", asyncio.run(_etag(host, port)))) for _ in range(ROUNDS)]
        rows.append(Row("/, polled with its ETag, requests a second", statistics.median(r for r, _ in rates), "/s"))
        rows.append(Row("resident memory of the server", _resident_mb(process.pid), "MB", 50.0))
    return rows


def _rows(pid: int, host: str, port: int, path: str) -> list[Row]:
    before = _cpu_s(pid)
    rates = [asyncio.run(_load(host, port, path)) for _ in range(ROUNDS)]
    requests = sum(rate for rate, _ in rates) * SECONDS
    return [
        Row(
            f"{path}, {CONNECTIONS} connections: CPU of one request",
            (_cpu_s(pid) - before) / requests * 1e6,
            "us",
            MOST_US,
        ),
        Row("   requests a second", statistics.median(rate for rate, _ in rates), "/s"),
        Row("   99 of 100 are answered within", statistics.median(late for _, late in rates) * 1e3, "ms"),
    ]


def _cpu_s(pid: int) -> float:
    """What the server has used, in its own code and in the kernel."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _server() -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "energy_hw", "p1", "serve", "--simulate", "--listen", "127.0.0.1:0", "-v"],
        env={name: value for name, value in os.environ.items() if not name.startswith(("USERS_", "HTTP_"))},
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stderr is not None
            yield process, next(line for line in process.stderr if "http" in line).rpartition(" ")[2].strip()
        finally:
            process.terminate()


def _request(path: str, etag: bytes = b"") -> bytes:
    known = b"If-None-Match: " + etag + b"\r\n" if etag else b""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n".encode() + known + b"\r\n"


async def _head(host: str, port: int, path: str) -> bytes:
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(_request(path))
    head = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    return head


async def _until_ready(host: str, port: int) -> None:
    end = time.monotonic() + 30
    while b" 200 " not in await _head(host, port, "/health"):
        assert time.monotonic() < end, "the meter never came"
        await asyncio.sleep(0.1)


async def _etag(host: str, port: int) -> bytes:
    return (await _head(host, port, "/")).lower().partition(b"etag: ")[2].partition(b"\r")[0]


class _Client(asyncio.Protocol):
    """Asks again as soon as it has its answer, whose length it says."""

    def __init__(self, request: bytes, times: list[float]) -> None:
        self._request, self._times, self._got = request, times, b""
        self.going = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def _ask(self) -> None:
        self._began = time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, end, body = self._got.partition(b"\r\n\r\n")
        if not end or len(body) < int(head.partition(b"content-length: ")[2].partition(b"\r")[0] or 0):
            return
        assert head[9:12] in (b"200", b"304")
        self._times.append(time.perf_counter() - self._began)
        self._got = b""
        self._ask() if self.going else self._transport.close()


async def _load(host: str, port: int, path: str, etag: bytes = b"") -> tuple[float, float]:
    """Answers a second, and the time within which 99 of 100 came."""
    times: list[float] = []
    request = _request(path, etag)
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    pairs = [await loop.create_connection(lambda: _Client(request, times), host, port) for _ in range(CONNECTIONS)]
    await asyncio.sleep(SECONDS)
    took, count = time.perf_counter() - began, len(times)
    for transport, client in pairs:
        client.going = False
        transport.close()
    return count / took, statistics.quantiles(times, n=100)[98]


def _resident_mb(pid: int) -> float:
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1024
