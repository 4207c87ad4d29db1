"""Programs on a bench: unmodified, in a process of their own, with a radio board under /dev.

    with open_bench() as bench:
        with bench.start("-c", "from energy_hw.cli import main; main()", "monitor", "--count", "1") as monitor:
            bench.do("transmit", frame="1c0402580b55...", times=8)
            assert monitor.wait() == 0

        bench.do("stick_miso", level=0xFF)
        done = bench.run("-c", "from energy_hw.cli import main; main()", "monitor")
        assert (done.status, "every read gives 0xFF" in done.err) == (4, True)

bench.do() calls the methods of machine.Machine by name. On a development machine
the nodes are the shim's; in the guest of tests/bench/kernel, where EHW_BENCH_GUEST
names the socket of guest.py, they are the kernel's own, and the same tests run.
"""

from __future__ import annotations

import atexit
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from functools import cache
from pathlib import Path
from typing import IO, Any, NamedTuple, Protocol

from bench import programs
from bench.control import command
from bench.machine import Machine
from bench.server import Server

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent.parent / "src"
SHIM = ("shim.c", "shim_ask.c", "shim_names.c")
FLAGS = ("-std=c11", "-O1", "-g", "-shared", "-fPIC", "-pthread")
TIMEOUT_S = float(os.environ.get("EHW_BENCH_TIMEOUT_S", "60"))
"""How long a program may take; more where every instruction is emulated."""


@cache
def shim_library() -> Path:
    """The shim, compiled once a run, or the one that EHW_BENCH_SHIM names."""
    prebuilt = os.environ.get("EHW_BENCH_SHIM")
    if prebuilt:
        return Path(prebuilt)
    folder = Path(tempfile.mkdtemp(prefix="ehw-shim-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return build_shim(folder / "shim.so")


def build_shim(library: Path) -> Path:
    """Compile the shim. Raises CalledProcessError with the compiler's words on the terminal."""
    compiler = os.environ.get("CC", "gcc")
    sources = [str(HERE / name) for name in SHIM]
    subprocess.run([compiler, *FLAGS, "-o", str(library), *sources, "-ldl"], check=True, timeout=120)
    return library


class Done(NamedTuple):
    """What a program left behind."""

    status: int
    """Exit status, or the negative number of the signal that ended it."""
    out: str
    err: str


class Raised(Exception):
    """What a program of programs.py raised: the name of its class, and its text."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(kind, text)
        self.kind = kind
        self.text = text


class Program:
    """A program under way. A context manager: it is ended, and waited for, at the end."""

    def __init__(self, arguments: list[str], environment: Mapping[str, str]) -> None:
        self.lines: list[str] = []
        """What it wrote so far, stdout and stderr mixed, without line ends."""
        self._changed = threading.Condition()
        self._process = subprocess.Popen(
            arguments,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self._process.stdout is not None
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        self._reader.start()

    def _read(self, stream: IO[str]) -> None:
        for line in stream:
            with self._changed:
                self.lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_for(self, text: str, timeout_s: float = TIMEOUT_S) -> str:
        """The first line with that text. Raises AssertionError with all lines if it does not come in time."""

        def found() -> str | None:
            return next((line for line in self.lines if text in line), None)

        with self._changed:
            self._changed.wait_for(lambda: found() is not None or not self._reader.is_alive(), timeout_s)
            line = found()
        assert line is not None, f"expected {text!r} in the output, got {self.lines}"
        return line

    def interrupt(self) -> None:
        """Ctrl-C."""
        self._process.send_signal(signal.SIGINT)

    def wait(self, timeout_s: float = TIMEOUT_S) -> int:
        """Its exit status, when it ends by itself. Raises TimeoutExpired."""
        status = self._process.wait(timeout_s)
        self._reader.join(timeout_s)
        return status

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


class Bench(Protocol):
    """Where programs find a radio board: /dev/spidev0.1 and the GPIO chip `header`."""

    header: str
    drive: str
    """For probe.py: how a line of the header is driven from outside."""

    def do(self, what: str, **arguments: object) -> object:
        """Call a method of the machine."""

    def traffic(self) -> dict[str, int]:
        """What went over the radio's bus so far: messages, bytes, fastest_hz."""

    def call(self, program: str, **arguments: object) -> Any:
        """Run a function of programs.py. Returns what it returns, or raises Raised."""

    def environment(self) -> dict[str, str]:
        """What a program must have in its environment."""

    def run(
        self, *arguments: str, program: str = sys.executable, timeout_s: float = TIMEOUT_S, **environment: str
    ) -> Done:
        """Run a program, by default Python, to its end: run("-m", "module"). Raises TimeoutExpired."""

    def start(self, *arguments: str, program: str = sys.executable, **environment: str) -> Program:
        """Start a program, by default Python."""


class _Programs:
    """What both benches have in common."""

    def environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": f"{SOURCE}:{HERE.parent}", "PYTHONUNBUFFERED": "1"}

    def call(self, program: str, **arguments: object) -> Any:
        done = self.run("-m", "bench.programs", program, json.dumps(arguments))
        assert done.status == 0, done
        return unpack(done.out.splitlines()[-1])

    def run(
        self, *arguments: str, program: str = sys.executable, timeout_s: float = TIMEOUT_S, **environment: str
    ) -> Done:
        done = subprocess.run(
            [program, *arguments],
            env={**self.environment(), **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str, program: str = sys.executable, **environment: str) -> Program:
        return Program([program, *arguments], {**self.environment(), **environment})


class ShimBench(_Programs):
    """Nodes of the shim, a machine in this process."""

    def __init__(self, machine: Machine, server: Server) -> None:
        self.machine = machine
        self.server = server
        self.header = f"/dev/{machine.header.name}"
        self.drive = f"socket:{server.path}"

    def do(self, what: str, **arguments: object) -> object:
        result: object = getattr(self.machine, what)(**arguments)
        return result

    def traffic(self) -> dict[str, int]:
        return self.machine.traffic()

    def environment(self) -> dict[str, str]:
        """LD_PRELOAD, after what EHW_BENCH_PRELOAD names: a sanitizer's library has to come first."""
        preload = [*os.environ.get("EHW_BENCH_PRELOAD", "").split(":"), str(shim_library())]
        return {
            **super().environment(),
            "LD_PRELOAD": ":".join(filter(None, preload)),
            "EHW_BENCH_SOCKET": str(self.server.path),
        }


class GuestBench(_Programs):
    """Nodes of the kernel, a machine in the process of kernel/guest.py."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.header = os.environ["EHW_BENCH_HEADER"]
        self.drive = os.environ["EHW_BENCH_DRIVE"]

    def do(self, what: str, **arguments: object) -> object:
        return command(self._path, do=what, **arguments)

    def traffic(self) -> dict[str, int]:
        return dict(command(self._path, do="traffic"))

    def call(self, program: str, **arguments: object) -> Any:
        """Right here: starting Python takes seconds in the guest, and the nodes are here as well."""
        written = io.StringIO()
        with redirect_stdout(written):
            programs.main(program, json.dumps(arguments))
        return unpack(written.getvalue())


def unpack(line: str) -> Any:
    """What programs.main() printed."""
    answer = json.loads(line)
    if "raised" in answer:
        raise Raised(answer["raised"], answer["text"])
    return answer["returned"]


@contextmanager
def open_bench(**options: Any) -> Iterator[Bench]:
    """A bench for one test; options are those of Machine. Raises AssertionError for faults of the bench."""
    guest = os.environ.get("EHW_BENCH_GUEST")
    if guest:
        bench = GuestBench(Path(guest))
        bench.do("start_over", **options)
        yield bench
        return
    with shim_bench(**options) as shimmed:
        yield shimmed


@contextmanager
def shim_bench(**options: Any) -> Iterator[ShimBench]:
    """A bench of the shim, wherever this runs."""
    folder = Path(tempfile.mkdtemp(prefix="ehw-"))
    machine = Machine(**options)
    server = Server(machine, folder)
    try:
        yield ShimBench(machine, server)
    finally:
        server.close()
        machine.close()
        shutil.rmtree(folder, ignore_errors=True)
    assert not machine.faults, machine.faults
