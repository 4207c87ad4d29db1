"""What the benchmarks of both serial meters share: a pty that is plugged in and out, a port that others hold."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from benchmarks import Row

BUSY_S = 5.0
_HOLD = "import serial, sys; port = serial.Serial(sys.argv[1], exclusive=True); print(flush=True); sys.stdin.read()"


class PluggedLine:
    """A pty under a name that stays, which says the same over and over: a piece every `every_s` seconds."""

    def __init__(self, name: Path, pieces: Sequence[bytes], every_s: float) -> None:
        self._master, self._slave = pty.openpty()
        os.set_blocking(self._master, False)
        self.path, self._name, self._pieces, self._every_s = os.ttyname(self._slave), name, pieces, every_s
        fresh = name.with_suffix(".new")
        fresh.symlink_to(self.path)
        fresh.replace(name)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._send)
        self._thread.start()

    def _send(self) -> None:
        while True:
            for piece in self._pieces:
                if self._stop.wait(self._every_s):
                    return
                with suppress(OSError):
                    os.write(self._master, piece)

    def unplug(self) -> None:
        self._stop.set()
        self._thread.join()
        self._name.unlink()
        os.close(self._slave)
        os.close(self._master)


def busy(make: Callable[[str], AbstractContextManager[object]]) -> Row:
    """Another process holds the port, the meter that make(port) gives waits for it."""
    master, slave = pty.openpty()
    command = [sys.executable, "-c", _HOLD, os.ttyname(slave)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with make(os.ttyname(slave)):
            began = time.process_time()
            time.sleep(BUSY_S)
            used = time.process_time() - began
        holder.communicate()
    os.close(master)
    os.close(slave)
    return Row("port held by another process: processor while waiting", used / BUSY_S * 100, "%", 1.0)


def left_behind() -> int:
    """Open files and threads of this process."""
    return len(os.listdir("/proc/self/fd")) + threading.active_count()


def resident_kb() -> float:
    """Memory of this process, in KB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1024
