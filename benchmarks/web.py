"""The /status.json server under load: a process of its own with a meter behind it, asked over loopback.

The load comes from here: eight connections of an asyncio program on bare sockets, each sends its next request when
the answer to the last is there. It shares the machine with the server and is not fast itself, so the figure is a
lower bound (wrk -t1 -c8 gives about a third more).
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from benchmarks import Row
from energy_hw.sim.teleinfo import open_pty

CONNECTIONS = 8
SECONDS = 2.0
ROUNDS = 3
REQUEST = (
    b"GET /status.json HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nAuthorization: Basic "
    + b64encode(b"ana:secret")
    + b"\r\n\r\n"
)
HALF_OPEN = 500


def run() -> list[Row]:
    """Requests a second and memory; then the same with many half-open connections beside."""
    with open_pty("linky", speed=4.0) as meter, _server(meter.path) as (process, url):
        place = urlsplit(url)
        asyncio.run(_until_ready(place.hostname or "", place.port or 0))
        rates = [asyncio.run(_load(place.hostname or "", place.port or 0)) for _ in range(ROUNDS)]
        resident = _resident_mb(process.pid)
        slowest = asyncio.run(_besieged(place.hostname or "", place.port or 0))
        besieged = _resident_mb(process.pid)
    rate = statistics.median(rate for rate, _ in rates)
    return [
        Row("/status.json, 8 connections: CPU and wait of one request", 1e6 / rate, "us", 1e6 / 3000),
        Row("   the same as requests a second", rate, "/s"),
        Row("   99 of 100 are answered within", statistics.median(late for _, late in rates) * 1e3, "ms"),
        Row("   resident memory of the server", resident, "MB", 45.0),
        Row(f"slowest of 50 requests beside {HALF_OPEN} half-open connections", slowest * 1e3, "ms", 200.0),
        Row("   resident memory after them", besieged, "MB", 45.0),
    ]


@contextmanager
def _server(port: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    variables = {"TELEINFO_DEVICE": port, "HTTP_LISTEN": "127.0.0.1:0", "USERS_USER": "ana", "USERS_PASSWORD": "secret"}
    process = subprocess.Popen(
        [sys.executable, "-m", "energy_hw.teleinfo.server"],
        env={**os.environ, **variables},
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stderr is not None
            yield process, process.stderr.readline().rpartition(" ")[2].strip()
        finally:
            process.terminate()


async def _until_ready(host: str, port: int) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    end = time.monotonic() + 30
    while b'"ready":true' not in await _ask(reader, writer):
        assert time.monotonic() < end, "the meter never came"
        await asyncio.sleep(0.1)
    writer.close()


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    writer.write(REQUEST)
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
    return await reader.readexactly(length)


class _Client(asyncio.Protocol):
    """Asks again as soon as it has its answer. An answer ends with the brackets of values."""

    def __init__(self, times: list[float]) -> None:
        self._times, self._got = times, b""
        self.going = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def _ask(self) -> None:
        self._began = time.perf_counter()
        self._transport.write(REQUEST)

    def data_received(self, data: bytes) -> None:
        self._got += data
        if self._got.endswith(b"]}}"):
            assert self._got.startswith(b"HTTP/1.1 200")
            self._times.append(time.perf_counter() - self._began)
            self._got = b""
            self._ask() if self.going else self._transport.close()


async def _load(host: str, port: int) -> tuple[float, float]:
    """Answers a second, and the time within which 99 of 100 came."""
    times: list[float] = []
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    pairs = [await loop.create_connection(lambda: _Client(times), host, port) for _ in range(CONNECTIONS)]
    await asyncio.sleep(SECONDS)
    took, count = time.perf_counter() - began, len(times)
    for transport, client in pairs:
        client.going = False
        transport.close()
    return count / took, statistics.quantiles(times, n=100)[98]


async def _besieged(host: str, port: int) -> float:
    """The slowest answer while others hold connections open with half a request."""
    crowd = [(await asyncio.open_connection(host, port))[1] for _ in range(HALF_OPEN)]
    for writer in crowd:
        writer.write(b"GET / HT")
    slowest = 0.0
    for _ in range(50):
        began = time.perf_counter()
        reader, writer = await asyncio.open_connection(host, port)
        await _ask(reader, writer)
        slowest = max(slowest, time.perf_counter() - began)
        writer.close()
    for writer in crowd:
        writer.close()
    return slowest


def _resident_mb(pid: int) -> float:
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1024
