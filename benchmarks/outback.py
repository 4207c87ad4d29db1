"""A Mate3 on this machine: what starting costs, how many requests a read takes, and how long they and decoding take.

The controller is the simulated one with the captured Mate3s, in a process of its own, so that CPU time is that of the
client alone. A full read on a slow network: the controller waits 20 ms before each answer.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from benchmarks import Row
from benchmarks.startup import _cpu_ms
from energy_hw.links.modbus import ModbusLink
from energy_hw.outback import Mate3, Mode, Snapshot
from energy_hw.outback.dump import Dump
from energy_hw.outback.poll import Poller
from energy_hw.sim.mate3 import capture

SLOW_S = 0.02
ROUNDS = 5
POLLS = 50
SERVER = """
import sys
from energy_hw.sim.mate3 import SimMate3
with SimMate3(delay_s=float(sys.argv[1])) as house:
    print(house.port, flush=True)
    sys.stdin.read()
"""
PACKAGE = "import energy_hw.outback"
OUTBACK = "from energy_hw.outback import Mate3"
CLIENT = f"{OUTBACK}; Mate3('127.0.0.1')"


def run() -> list[Row]:
    """Imports, requests, times and CPU."""
    return [*_imports(), *_requests(), *_slow(), *_decoding(), *_cpu()]


def _imports() -> list[Row]:
    with TemporaryDirectory() as cache, _compiled_once(cache):
        package, names, client = (_cpu_ms(code) - _cpu_ms("pass") for code in (PACKAGE, OUTBACK, CLIENT))
    return [
        Row("import energy_hw.outback", package, "ms CPU", 60.0),
        Row("   and Mate3 of it", names, "ms CPU", 60.0),
        Row("   and the client with pymodbus", client, "ms CPU", 150.0),
    ]


@contextmanager
def _compiled_once(cache: str) -> Iterator[None]:
    """As after an installation: bytecode is at hand, wherever this runs."""
    settings = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": cache}
    before = {name: os.environ.get(name, "") for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        os.environ.update(before)


@contextmanager
def _controller(delay_s: float = 0.0) -> Iterator[int]:
    """The port of a simulated controller in another process."""
    command = [sys.executable, "-c", SERVER, str(delay_s)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()


def _requests() -> list[Row]:
    with _controller() as port, Mate3("127.0.0.1", port) as mate3:

        def counted(ask: Callable[[], object]) -> float:
            before = mate3.counters().requests
            ask()
            return float(mate3.counters().requests - before)

        return [
            Row("requests of the first read, of everything", counted(mate3.read), "", 20.0),
            Row("requests of a read of everything", counted(mate3.read), "", 13.0),
            Row("requests of a read of live values", counted(lambda: mate3.read(Mode.LIVE)), "", 7.0),
            Row("requests of one point", counted(lambda: mate3.charge_controllers[3].read("watts")), "", 1.0),
        ]


def _slow() -> list[Row]:
    with _controller(SLOW_S) as port:
        cold = statistics.median(_took_ms(lambda: _read_once(port)) for _ in range(ROUNDS))
        with Mate3("127.0.0.1", port) as mate3:
            mate3.read()
            warm = statistics.median(_took_ms(mate3.read) for _ in range(ROUNDS))
            live = statistics.median(_took_ms(lambda: mate3.read(Mode.LIVE)) for _ in range(ROUNDS))
    return [
        Row("20 ms an answer: the first read, from connecting on", cold, "ms", 500.0),
        Row("   everything again", warm, "ms"),
        Row("   live values", live, "ms"),
    ]


def _read_once(port: int) -> None:
    with Mate3("127.0.0.1", port) as mate3:
        mate3.read()


def _decoding() -> list[Row]:
    poll = Poller(Dump(capture())).read()

    def decode() -> int:
        return sum(len(part.values) for part in Snapshot.of(poll, "").parts.values())

    def report() -> int:
        return sum(len(report.readings) for report in Snapshot.of(poll, "").reports())

    count = decode()  # the tables are read now, too
    return [
        Row(f"decode {count} points of the capture", statistics.median(_took_ms(decode) for _ in range(20)), "ms"),
        Row(f"or {report()} readings in reports", statistics.median(_took_ms(report) for _ in range(20)), "ms"),
    ]


def _cpu() -> list[Row]:
    with _controller() as port, Mate3("127.0.0.1", port) as mate3:
        mate3.read()

        def everything() -> None:
            for report in mate3.read().reports():
                list(report)

        def live() -> None:
            for report in mate3.read(Mode.LIVE).reports():
                list(report)

        return [
            Row("CPU of a poll of everything, with its readings", _cpu_of(everything), "ms"),
            Row("CPU of a poll of live values, with their readings", _cpu_of(live), "ms"),
            Row("   of these, the requests", _cpu_of(lambda: _ask(mate3)), "ms"),
        ]


def _ask(mate3: Mate3) -> None:
    link = mate3._registers
    assert isinstance(link, ModbusLink)
    for start in range(40630, 41276, 100):
        link.read(start, min(100, 41276 - start))


def _cpu_of(ask: Callable[[], object]) -> float:
    before = time.process_time()
    for _ in range(POLLS):
        ask()
    return (time.process_time() - before) / POLLS * 1e3


def _took_ms(ask: Callable[[], object]) -> float:
    before = time.perf_counter()
    ask()
    return (time.perf_counter() - before) * 1e3
