"""pymodbus' client over a transport of ours. Only links.modbus imports it, and late: it brings asyncio and more.

pymodbus builds requests and decodes answers. It sends and receives through the methods below, which replace its
own, as 3.12.1 to 3.16.1 alike use nothing else (`connect`, `send`, `recv`, `close`, `socket`):

- its own wait is renewed by every byte that comes (3.12.1 for ever, 3.16.1 once), ours is one for the whole answer;
- it skips frames that do not fit and goes on waiting, ours end the connection;
- it writes to its log what a user reads in our exception.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from socket import MSG_PEEK, SHUT_RDWR
from socket import socket as Socket
from time import monotonic
from typing import Any

import pymodbus
from pymodbus.client import ModbusTcpClient
from pymodbus.exceptions import ModbusException

from energy_hw.errors import FrameError, LinkClosed, ModbusError
from energy_hw.links.modbus_frame import EXCEPTIONS, LENGTH_AT, announced, check_answer
from energy_hw.links.modbus_settings import ModbusSettings
from energy_hw.links.modbus_tcp import open_tcp

LOWEST, BEYOND = (3, 12, 1), (4,)
TAKE_BYTES = 512
"""Twice the longest frame of Modbus."""

if not LOWEST <= tuple(int(part) for part in pymodbus.__version__.split(".")[:3] if part.isdigit()) < BEYOND:
    raise ImportError(f"pymodbus {pymodbus.__version__}")


class Silence(Exception):
    """No whole answer within the time. No TimeoutError, or pymodbus would take it for one of its own."""


class Client(ModbusTcpClient):
    """One connection at a time to one controller.

    Thread safety: one thread at a time, except abort().
    """

    socket: Socket | None

    def __init__(self, to: ModbusSettings) -> None:
        super().__init__(to.host, port=to.port, timeout=to.timeout_s, retries=0)
        self._to = to
        self._request = b""
        self._deadline = 0.0

    def open(self) -> None:
        """Connect. Raises LinkError."""
        self.socket = open_tcp(self._to)

    def leftover(self) -> bytes | None:
        """What waits in the connection though nobody asked: None: nothing; empty: it is closed."""
        connection = self._connection()
        connection.setblocking(False)
        try:
            return bytes(connection.recv(TAKE_BYTES, MSG_PEEK))
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def abort(self) -> None:
        """End the wait of another thread."""
        connection = self.socket
        if connection is not None:
            with suppress(OSError):
                connection.shutdown(SHUT_RDWR)

    def read(self, address: int, count: int, unit: int) -> list[int]:
        """count registers. Raises Silence, LinkClosed, FrameError, ModbusError."""
        registers = self._asked(self.read_holding_registers, address, count=count, device_id=unit).registers
        if len(registers) != count:  # it was checked before pymodbus decoded it
            raise FrameError(f"{self._to}: expected {count} registers, pymodbus decodes {len(registers)}")
        return list(registers)

    def write(self, address: int, values: Sequence[int], unit: int) -> None:
        """Send values, once. Raises Silence, LinkClosed, FrameError, ModbusError."""
        if len(values) == 1:
            self._asked(self.write_register, address, values[0], device_id=unit)
        else:
            self._asked(self.write_registers, address, list(values), device_id=unit)

    def _asked(self, ask: Any, *arguments: Any, **options: Any) -> Any:
        try:
            answer = ask(*arguments, **options)
        except FrameError as error:
            raise type(error)(f"{self._to}: {error}", error.raw) from None
        except ModbusException as error:
            raise FrameError(f"{self._to}: {error}") from None
        if answer.isError():
            raise self._refused(answer.exception_code)
        return answer

    def _refused(self, code: int) -> ModbusError:
        name, advice = EXCEPTIONS.get(code, ("unknown", "see the controller's manual"))
        return ModbusError(f"{self._to}: the controller answers exception {code}, {name}: {advice}", code)

    # What pymodbus calls.

    def connect(self) -> bool:
        return self.socket is not None

    def close(self) -> None:
        connection, self.socket = self.socket, None
        if connection is not None:
            connection.close()

    def send(self, request: bytes, addr: tuple[Any, ...] | None = None) -> int:
        connection = self._connection()
        self._request = bytes(request)
        self._deadline = monotonic() + self._to.timeout_s
        connection.settimeout(self._to.timeout_s)
        try:
            connection.sendall(request)
        except OSError as error:
            raise self._gone(error.strerror or str(error), 0) from None
        return len(request)

    def recv(self, size: int | None) -> bytes:
        """One whole answer to what was sent last."""
        frame, due = b"", LENGTH_AT
        while len(frame) < due:
            frame += self._take(len(frame))
            if len(frame) >= LENGTH_AT:
                due = announced(self._request, frame)
        check_answer(self._request, frame)
        return frame

    def _take(self, so_far: int) -> bytes:
        left_s = self._deadline - monotonic()
        if left_s <= 0:
            raise Silence(so_far)
        connection = self._connection()
        connection.settimeout(left_s)
        try:
            data: bytes = connection.recv(TAKE_BYTES)
        except TimeoutError:
            raise Silence(so_far) from None
        except OSError as error:
            raise self._gone(error.strerror or str(error), so_far) from None
        if not data:
            raise self._gone("end of file", so_far)
        return data

    def _connection(self) -> Socket:
        if self.socket is None:
            raise self._gone("not open", 0)
        return self.socket

    def _gone(self, why: str, so_far: int) -> LinkClosed:
        return LinkClosed(
            f"{self._to}: the controller closed the connection after {so_far} bytes of its answer"
            f" ({why}): another program may have taken its only connection; let each close it after every poll"
        )
