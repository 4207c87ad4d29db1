"""A simulated meter on a pseudo terminal, for programs that open a port by its path.

    with TicPty(line) as port:
        subprocess.run([..., port.path])

A thread writes what the line has sent by now. What the reader has set with termios counts: at another speed it
gets what a UART would make of it, with seven data bits no parity bit. A pty has no parity check of its own.
"""

from __future__ import annotations

import os
import pty
import termios
import threading
import tty
from contextlib import suppress
from time import monotonic

from energy_hw.sim.tic_line import resampled
from energy_hw.sim.wire import Wire

TICK_S = 0.004
SPEEDS = {getattr(termios, f"B{baud}"): baud for baud in (1200, 2400, 4800, 9600, 19200, 38400, 115200)}
STRIP = bytes(byte & 0x7F for byte in range(256))


class TicPty:
    """path: what to open. A context manager; close() hangs up and may be called twice.

    lost: characters that nobody read in time. Faults are those of the line, under `lock`.
    """

    def __init__(self, line: Wire, speed: float = 1.0) -> None:
        self.line, self.speed, self.lost = line, speed, 0
        self.lock = threading.Lock()
        self._master, self._slave = pty.openpty()
        self.path = os.ttyname(self._slave)
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self._stop = threading.Event()
        self._origin = monotonic()
        self._thread = threading.Thread(target=self._work, name=f"meter on {self.path}", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        while not self._stop.wait(TICK_S):
            with self.lock:
                came = self.line.until((monotonic() - self._origin) * self.speed)
            if came:
                self._write(self._as_received(came))

    def _as_received(self, came: bytes) -> bytes:
        """By the speed and the character size that the reader has set, if it has set one that meters use."""
        with suppress(termios.error):
            _, _, cflag, _, speed, _, _ = termios.tcgetattr(self._master)
            came = resampled(came, self.line.baudrate, SPEEDS.get(speed, self.line.baudrate))
            if cflag & termios.CSIZE == termios.CS7:
                return came.translate(STRIP)
        return came

    def _write(self, data: bytes) -> None:
        sent = 0
        with suppress(BlockingIOError, OSError):
            sent = os.write(self._master, data)
        self.lost += len(data) - sent

    def close(self) -> None:
        """Hang up, as pulling the adapter does."""
        if not self._stop.is_set():
            self._stop.set()
            self._thread.join(timeout=5)
            os.close(self._slave)
            os.close(self._master)

    def __enter__(self) -> TicPty:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
