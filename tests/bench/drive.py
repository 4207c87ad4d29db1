"""How a line is driven from outside: through gpio-sim, or by asking the server of the shim."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from bench.control import command

Drive = Callable[[int, bool, bool], object]
"""Line, level, and whether that is an edge that somebody asked for."""


def driver(how: str) -> Drive:
    """What sets a line from outside; every edge that is asked for has been delivered when it returns."""
    kind, where = how.split(":", 1)
    if kind == "pull":
        return lambda offset, high, seen: pull(where % offset, high, "probe" if seen else None)
    return lambda offset, high, _seen: command(Path(where), do="drive", offset=offset, high=high)


def pull(path: str, high: bool, consumer: str | None) -> None:
    """Set a line of gpio-sim, and wait until the interrupt thread of its consumer went to sleep again.

    That thread has the line masked while it runs: an edge before it is done would be lost.
    """
    threads = interrupt_threads(consumer) if consumer else []
    before = switches(threads)
    Path(path).write_text("pull-up" if high else "pull-down")
    deadline = time.monotonic() + 5
    while threads and switches(threads) == before and time.monotonic() < deadline:
        time.sleep(0.001)


def interrupt_threads(consumer: str) -> list[Path]:
    """/proc/PID of the threads called irq/NN-consumer; the kernel cuts the name at 15 bytes."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended
            name = (process / "comm").read_text().strip()
            if name.startswith("irq/") and f"{name.split('-')[0]}-{consumer}".startswith(name):
                found.append(process)
    return found


def switches(threads: list[Path]) -> list[str]:
    """How often each of them went to sleep so far."""
    return [(thread / "status").read_text().split("voluntary_ctxt_switches:")[1].split()[0] for thread in threads]
