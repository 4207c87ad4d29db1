"""A wake-up that poll() can wait for together with a port."""

from __future__ import annotations

import os
import threading
from contextlib import suppress


class Waker:
    """A pipe to oneself: `fd` becomes readable after wake(), until clear().

    Thread safety: wake() from any thread, also after close(); the rest from one.
    """

    def __init__(self) -> None:
        self.fd, self._write = os.pipe()
        os.set_blocking(self.fd, False)
        os.set_blocking(self._write, False)
        self._lock = threading.Lock()
        self._closed = False

    def wake(self) -> None:
        """Make fd readable; once is enough."""
        with self._lock, suppress(BlockingIOError):
            if not self._closed:
                os.write(self._write, b"\0")

    def clear(self) -> None:
        """Forget every wake() so far."""
        with suppress(BlockingIOError):
            while os.read(self.fd, 64):
                pass

    def close(self) -> None:
        """Give both ends back. May be called twice."""
        with self._lock:
            if not self._closed:
                self._closed = True
                os.close(self.fd)
                os.close(self._write)
