"""A DSMR-reader in a process of its own: its API as documented, and its bad days on demand.

    python tests/p1_server.py PORT STORE            prints its URL; a line of STORE for each telegram that it stored

    POST /api/v1/datalogger/dsmrreading   405 not POST, or disabled; 403; 400; 500; 201      in this order
    POST /api/v2/datalogger/dsmrreading   403; 400 with the fields that are wrong; 201
    GET  /api/v2/datalogger/dsmrreading   timestamp__gte, timestamp__lte, limit (25), offset
    PUT  /_behave                         what Behaviour has

Like the real one it stores a telegram that it has already a second time.
"""

from __future__ import annotations

import json
import os
import random
import re
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY = "a-key-that-no-log-may-show"
V1, V2 = "/api/v1/datalogger/dsmrreading", "/api/v2/datalogger/dsmrreading"
NEEDED = ("electricity_delivered_1", "electricity_returned_1", "electricity_delivered_2", "electricity_returned_2")
START_S = 20.0
CHAOS = ("busy", "hung up", "answer lost")
"""503; the connection ends before anything is stored, or after."""


@dataclass
class Behaviour:
    """enabled: the API. may_ask: GET of v2. answers: [status, body, headers] for the next requests instead of its own;

    lose: so many answers are lost after storing. hang_s: how long each request waits. poison: a text that it fails on
    with a page of status 500. chaos: of 100 requests so many go wrong, each in one of the ways of CHAOS.
    """

    enabled: bool = True
    may_ask: bool = True
    answers: list[list[Any]] = field(default_factory=list)
    lose: int = 0
    hang_s: float = 0.0
    poison: str = ""
    chaos: int = 0


def crc_of_text(text: str) -> int:
    """CRC-16/ARC over code points, as the server computes it."""
    crc = 0
    for character in text:
        crc ^= ord(character)
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


def time_of(telegram: str) -> datetime | None:
    """Of 0-0:1.0.0, whose letter is the offset."""
    found = re.search(r"0-0:1\.0\.0\((\d{12})([SW])\)", telegram)
    if not found:
        return None
    zone = timezone(timedelta(hours=2 if found[2] == "S" else 1))
    return datetime.strptime(found[1], "%y%m%d%H%M%S").replace(tzinfo=zone)


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Reader

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""

    def do_GET(self) -> None:
        self._begin()

    def do_POST(self) -> None:
        self._begin()

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.behaviour = Behaviour(**json.loads(body))
        self._answer(200, "")

    def _begin(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        behaviour = self.server.behaviour
        self.server.hush.wait(behaviour.hang_s)
        if behaviour.answers:
            status, text, headers = behaviour.answers.pop(0)
            return self._answer(status, text, headers)
        if self.server.dice.randrange(100) < behaviour.chaos:
            mishap = self.server.dice.choice(CHAOS)
            if mishap == "busy":
                return self._answer(503, "")
            if mishap == "hung up":
                return self._hang_up()
            behaviour = replace(behaviour, lose=1)
        path = urlsplit(self.path).path
        if path == V1:
            return self._v1(body, behaviour)
        return self._v2(body, behaviour) if path == V2 else self._answer(404, "<h1>Not Found</h1>")

    def _known(self) -> bool:
        return self.headers.get("Authorization") == f"Token {KEY}" or self.headers.get("X-AUTHKEY") == KEY

    def _v1(self, body: bytes, behaviour: Behaviour) -> None:
        if self.command != "POST":
            return self._answer(405, "")
        if not behaviour.enabled:
            return self._answer(405, "API is disabled")
        if not self._known():
            return self._answer(403, "Invalid auth key")
        telegram = parse_qs(body.decode()).get("telegram", [""])[0].strip("\0")
        if not telegram:
            return self._answer(400, "Invalid data")
        if behaviour.poison and behaviour.poison in telegram:
            return self._answer(500, "<h1>Server Error (500)</h1>")
        head, mark, printed = telegram.rpartition("!")
        if (printed and crc_of_text(head + mark) != int(printed.strip(), 16)) or not telegram.startswith("/"):
            return self._answer(500, "Failed to parse telegram")
        self._store(time_of(telegram) or datetime.now(UTC), "", behaviour)
        return None

    def _v2(self, body: bytes, behaviour: Behaviour) -> None:
        if not behaviour.enabled or not self._known():
            detail = "Invalid auth key" if behaviour.enabled else "API is disabled"
            return self._answer(403, json.dumps({"detail": detail}))
        if self.command == "GET":
            return self._list() if behaviour.may_ask else self._answer(403, json.dumps({"detail": "no"}))
        fields = json.loads(body)
        missing = {name: ["This field is required."] for name in ("timestamp", *NEEDED) if name not in fields}
        if missing:
            return self._answer(400, json.dumps(missing))
        self._store(datetime.fromisoformat(fields["timestamp"]), json.dumps(fields), behaviour)
        return None

    def _list(self) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        first, last = (datetime.fromisoformat(query[f"timestamp__{end}"]) for end in ("gte", "lte"))
        found = [moment for moment in self.server.times if first <= moment <= last]
        offset, limit = int(query.get("offset", 0)), int(query.get("limit", 25))
        results = [{"timestamp": moment.isoformat()} for moment in found[offset : offset + limit]]
        self._answer(200, json.dumps({"count": len(found), "results": results}))

    def _store(self, moment: datetime, text: str, behaviour: Behaviour) -> None:
        self.server.store(moment.astimezone(timezone(timedelta(hours=1))))
        if behaviour.lose > 0:
            behaviour.lose -= 1
            self._hang_up()
        else:
            self._answer(201, text)

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _answer(self, status: int, text: str, headers: dict[str, str] | None = None) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Reader(ThreadingHTTPServer):
    """The server; what it stored survives it."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, path: Path) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.behaviour, self.hush = Behaviour(), threading.Event()
        self.times = stored(path)
        self._file = path.open("a", buffering=1)
        self._lock, self.dice = threading.Lock(), random.Random(port)

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever was killed says no good-bye."""

    def store(self, moment: datetime) -> None:
        """Once more, whether it is there already or not."""
        with self._lock:
            self.times.append(moment)
            self._file.write(moment.isoformat() + "\n")


def stored(path: Path) -> list[datetime]:
    """What a server has, in the order in which it came."""
    return [datetime.fromisoformat(line) for line in path.read_text().splitlines()] if path.exists() else []


class Server:
    """The process, to be started, killed and started again at the same port. A context manager."""

    def __init__(self, folder: Path, name: str = "server") -> None:
        self._path, self._port = folder / f"{name}.stored", 0
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    def start(self) -> None:
        """Answers when this returns."""
        command = [sys.executable, __file__, str(self._port), str(self._path)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        self._port = urlsplit(self.url).port or 0

    def kill(self) -> None:
        """At once. May be called twice."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(START_S)
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None

    def behave(self, **behaviour: object) -> None:
        """From now on; see Behaviour."""
        import http.client

        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=START_S)
        connection.request("PUT", "/_behave", json.dumps(behaviour))
        assert connection.getresponse().status == 200
        connection.close()

    def stored(self) -> list[datetime]:
        """What it has, whether it runs or not."""
        return stored(self._path)

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.kill()


def _end_with_parent() -> None:
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


if __name__ == "__main__":
    reader = Reader(int(sys.argv[1]), Path(sys.argv[2]))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    print(f"http://127.0.0.1:{reader.server_address[1]}", flush=True)
    reader.serve_forever()
