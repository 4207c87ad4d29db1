"""The other side of shim.c: a machine with nodes under /dev, served over a unix socket.

    python -m bench.server FOLDER [--header pinctrl-rp1]

makes FOLDER/socket, prints "ready" and serves until Ctrl-C or SIGTERM. A test has it
in its own process instead (shimmed.py). Whoever asks for Ask.CONTROL with
{"do": "stick_miso", "level": 255} calls the method of that name of Machine.
"""

from __future__ import annotations

import argparse
import array
import errno
import json
import os
import select
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from bench import wire
from bench.gpio_node import GpioChip, Lines
from bench.machine import HEADERS, Machine
from bench.spi_node import Spidev
from bench.wire import LARGEST, Ask

Answer = tuple[int, bytes, int | None]
"""Status, payload, and a descriptor to pass on, which is closed here then."""


class Connection:
    """One descriptor of the program: a node it opened, or lines it requested."""

    def __init__(self, server: Server, connected: socket.socket) -> None:
        self._machine = server.machine
        self._server = server
        self._connected = connected
        self._path = ""
        self._lines: Lines | None = None

    def answer(self, question: bytes) -> Answer:
        """The answer to one datagram. Raises OSError for a status that is an error."""
        what, detail = wire.ASK.unpack_from(question)
        return _ANSWERS[what](self, detail, question[wire.ASK.size :])

    def open(self, _flags: int, payload: bytes) -> Answer:
        self._path = payload.decode()
        self._machine.check(self._path)
        return 0, b"", self._server.stand_in(self._path)

    def stat(self, _detail: int, payload: bytes) -> Answer:
        path = payload.decode() or self._path
        return 0, self._machine.stat(path, os.stat(self._server.path_of_stand_in(path))), None

    def access(self, mode: int, payload: bytes) -> Answer:
        self._machine.check_access(payload.decode(), mode)
        return 0, b"", None

    def list_names(self, _detail: int, _payload: bytes) -> Answer:
        names = b"".join(os.path.basename(path).encode() + b"\0" for path in self._machine.present())
        return len(names), names, None

    def message(self, count: int, payload: bytes) -> Answer:
        node = self._machine.node(self._path)
        if not isinstance(node, Spidev):
            raise OSError(errno.ENOTTY, "not an SPI node")
        self._machine.check(self._path)
        return (*node.message(wire.transfers(payload, count)), None)

    def ioctl(self, request: int, argument: bytes) -> Answer:
        if self._lines is not None:
            return 0, self._lines.chip.ioctl_lines(self._lines, request, argument), None
        node = self._machine.node(self._path)
        if isinstance(node, Spidev):
            return 0, node.ioctl(request, argument), None
        return self._ioctl_chip(node, request, argument)

    def _ioctl_chip(self, chip: GpioChip, request: int, argument: bytes) -> Answer:
        if request == wire.GET_CHIP_INFO:
            return 0, chip.info(), None
        if request == wire.GET_LINE_INFO:
            return 0, chip.line_info(argument), None
        if request != wire.GET_LINE:
            raise OSError(errno.EINVAL, "no such request")
        lines = chip.request(argument)
        handle = self._server.keep(lines)
        return 0, argument[: -wire.STATUS.size] + wire.STATUS.pack(handle), os.dup(lines.readable)

    def attach(self, handle: int, _payload: bytes) -> Answer:
        self._lines = self._server.kept.pop(handle)
        self._lines.gone = lambda: has_hung_up(self._connected)
        return 0, b"", None

    def events(self, most: int, _payload: bytes) -> Answer:
        if self._lines is None:
            raise OSError(errno.EBADF, "not lines")
        with self._lines.chip.lock:
            taken = self._lines.take(most)
        return len(taken), taken, None

    def control(self, _detail: int, payload: bytes) -> Answer:
        command = json.loads(payload)
        result = getattr(self._machine, command.pop("do"))(**command)
        return 0, json.dumps(result).encode(), None

    def close(self) -> None:
        """The program closed it, or ended."""
        if self._lines is not None:
            self._lines.chip.release(self._lines)


_ANSWERS: dict[int, Callable[[Connection, int, bytes], Answer]] = {
    Ask.OPEN: Connection.open,
    Ask.STAT: Connection.stat,
    Ask.ACCESS: Connection.access,
    Ask.LIST: Connection.list_names,
    Ask.IOCTL: Connection.ioctl,
    Ask.MESSAGE: Connection.message,
    Ask.LINES: Connection.attach,
    Ask.EVENTS: Connection.events,
    Ask.CONTROL: Connection.control,
}


class Server:
    """Serves a machine on `folder`/socket, a thread for each connection, until close()."""

    def __init__(self, machine: Machine, folder: Path) -> None:
        self.machine = machine
        self.folder = folder
        self.path = folder / "socket"
        self.kept: dict[int, Lines] = {}
        self._handles = 0
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.bind(str(self.path))
        self._listener.listen(16)
        self._start(self._accept)

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, name="bench", daemon=True)
        self._threads.append(thread)
        thread.start()

    def path_of_stand_in(self, path: str) -> Path:
        """The file that stands for a node: it is what programs lock, and what /proc shows of them."""
        stand_in = self.folder / os.path.basename(path)
        stand_in.touch()
        return stand_in

    def stand_in(self, path: str) -> int:
        return os.open(self.path_of_stand_in(path), os.O_RDWR | os.O_CLOEXEC)

    def keep(self, lines: Lines) -> int:
        """A number by which the shim will ask for these lines over another connection."""
        with self._lock:
            self._handles += 1
            self.kept[self._handles] = lines
            return self._handles

    def _accept(self) -> None:
        with suppress(OSError):  # close() shuts the listener down
            while True:
                connected, _ = self._listener.accept()
                with self._lock:
                    self._open.add(connected)
                self._start(self._serve, connected)

    def _serve(self, connected: socket.socket) -> None:
        connection = Connection(self, connected)
        with suppress(OSError):
            while question := connected.recv(LARGEST):
                self._reply(connected, connection, question)
        connection.close()
        with self._lock:
            self._open.discard(connected)
        connected.close()

    def _reply(self, connected: socket.socket, connection: Connection, question: bytes) -> None:
        descriptor = None
        try:
            status, payload, descriptor = connection.answer(question)
        except OSError as error:
            status, payload = -(error.errno or errno.EIO), b""
        except Exception as error:  # a fault of the bench must not look like an answer of the kernel
            self.machine.faults.append(f"{type(error).__name__}: {error}")
            status, payload = -errno.EPROTO, b""
        send(connected, [wire.STATUS.pack(status), payload], descriptor)

    def close(self) -> None:
        """Every program that is still there sees its nodes vanish. Ends all threads."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for connected in self._open:
                with suppress(OSError):
                    connected.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(timeout=10)
        self.path.unlink()


def has_hung_up(connected: socket.socket) -> bool:
    """Whether the other side is closed, or this one."""
    if connected.fileno() < 0:
        return True
    poll = select.poll()
    poll.register(connected, 0)
    return bool(poll.poll(0))


def send(connected: socket.socket, parts: list[bytes], descriptor: int | None) -> None:
    """One datagram, and the descriptor with it; which is then the other side's alone."""
    if descriptor is None:
        connected.sendmsg(parts)
        return
    try:
        connected.sendmsg(parts, [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))])
    finally:
        os.close(descriptor)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--header", default="pinctrl-rp1", choices=HEADERS)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    machine = Machine(options.header)
    server = Server(machine, options.folder)
    print("ready", flush=True)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()
    server.close()
    machine.close()


if __name__ == "__main__":
    main()
