"""Serial lines for tests: real pseudo terminals, and pyserial's own RFC 2217 server."""

from __future__ import annotations

import os
import pty
import socket
import termios
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import serial
import serial.rfc2217

BOUND_S = 20.0
"""Longer than anything takes on a loaded machine; a test that reaches it has failed."""


def with_parity(data: bytes) -> bytes:
    """Even parity in bit 7: what a port set to 8N1 sees of a 7E1 line."""
    return bytes(byte | (byte.bit_count() & 1) << 7 for byte in data)


def until(condition: Callable[[], object], what: str) -> None:
    """Wait until it holds; a bounded poll, never a sleep that hopes."""
    deadline = time.monotonic() + BOUND_S
    while not condition():
        assert time.monotonic() < deadline, f"still waiting for {what} after {BOUND_S:g} s"
        time.sleep(0.002)


class Pty:
    """A port that can be pulled: `path` is what the reader opens."""

    def __init__(self) -> None:
        self.master, slave = pty.openpty()
        self.path = os.ttyname(slave)
        self._slave: int | None = slave
        os.set_blocking(self.master, False)

    def let_go(self) -> None:
        """Close the rig's own handle on the slave side, which kept the line up until the reader had it open."""
        if self._slave is not None:
            os.close(self._slave)
            self._slave = None

    def attributes(self) -> list[object]:
        """The termios of the line, as the reader has set it."""
        return termios.tcgetattr(self.master)

    @property
    def baudrate(self) -> int:
        """The speed that the reader has set; a pty carries bytes at any."""
        speeds = {getattr(termios, f"B{n}"): n for n in (1200, 2400, 9600, 19200, 115200)}
        return speeds.get(self.attributes()[4], 0)  # type: ignore[call-overload, no-any-return]

    def send(self, data: bytes) -> None:
        """Write all of it, bounded; what nobody reads any more is lost as on a wire."""
        deadline = time.monotonic() + BOUND_S
        view = memoryview(data)
        while view:
            assert time.monotonic() < deadline, "nobody reads the line"
            try:
                view = view[os.write(self.master, view) :]
            except BlockingIOError:
                time.sleep(0.001)

    def unplug(self) -> None:
        """What pulling the adapter looks like to the reader: a hang-up."""
        self.let_go()
        with suppress(OSError):
            os.close(self.master)

    def __enter__(self) -> Pty:
        return self

    def __exit__(self, *exc: object) -> None:
        self.unplug()


def plug(name: Path, line: Pty) -> None:
    """What udev does when an adapter appears: the name that stays now leads to this node."""
    fresh = name.with_suffix(".new")
    fresh.symlink_to(line.path)
    fresh.replace(name)


class _NoModemLines(serial.Serial):
    """A pty has none, and says ENOTTY when it is asked."""

    cts = dsr = ri = cd = False

    def _update_dtr_state(self) -> None: ...

    def _update_rts_state(self) -> None: ...


class Rfc2217Server:
    """Serves one pseudo terminal, one client at a time; the master end is `line`."""

    def __init__(self) -> None:
        self.line = Pty()
        self.port = _NoModemLines(self.line.path, timeout=0.05)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._stop = threading.Event()
        self.client: socket.socket | None = None
        self.url = f"rfc2217://127.0.0.1:{self._listener.getsockname()[1]}?ign_set_control"  # a pty has no DTR
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            while not self._stop.is_set():
                self.client, _ = self._listener.accept()
                self._talk(self.client)

    def _talk(self, client: socket.socket) -> None:
        manager = serial.rfc2217.PortManager(self.port, self)
        client.settimeout(0.01)
        with client, suppress(OSError, serial.SerialException):
            while not self._stop.is_set():
                with suppress(TimeoutError):
                    data = client.recv(1024)
                    if not data:
                        return
                    self.port.write(b"".join(manager.filter(data)))
                client.sendall(b"".join(manager.escape(self.port.read(self.port.in_waiting))))

    def write(self, data: bytes) -> None:
        """What the manager has to tell the client."""
        assert self.client is not None
        self.client.sendall(data)

    def __enter__(self) -> Rfc2217Server:
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(BOUND_S)
        self.port.close()
        self.line.unplug()
