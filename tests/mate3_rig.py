"""A simulated Mate3 for tests, and a Modbus client that is none of the package's: a socket and struct."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import pytest

from energy_hw.links.modbus import ModbusLink
from energy_hw.sim.mate3 import SimMate3, capture

PATIENCE_S = 20.0
"""No test waits for this; a machine under load may take long."""
QUICK_S = 0.3
"""Time-out of a link in a test where the house stays silent."""


@pytest.fixture
def mate3() -> Iterator[SimMate3]:
    """The captured Mate3s, served on a free port of 127.0.0.1."""
    with SimMate3() as house:
        yield house


@contextmanager
def linked(registers: dict[int, int] | None = None, **options: Any) -> Iterator[tuple[SimMate3, ModbusLink]]:
    """A house and a link to it that knows its unit, so that the first request is the first. options: ModbusLink's."""
    with SimMate3(registers) as house, ModbusLink(house.host, house.port, **{"unit": 1, **options}) as link:
        yield house, link


class CountingRegisters:
    """Registers (outback.registers) over a dict, without a socket. `before` is called with each request first."""

    def __init__(self, registers: dict[int, int] | None = None, max_read: int = 100) -> None:
        self.registers = capture() if registers is None else registers
        self.max_read = max_read
        self.requests: list[tuple[int, int, int | tuple[int, ...]]] = []
        self.before: Callable[[int, int, int | tuple[int, ...]], object] | None = None

    def read(self, address: int, count: int) -> tuple[int, ...]:
        came: list[int] = []
        for start in range(address, address + count, self.max_read):
            size = min(self.max_read, address + count - start)
            self._note(3, start, size)
            came += [self.registers[at] for at in range(start, start + size)]
        return tuple(came)

    def write(self, address: int, values: Sequence[int]) -> None:
        self._note(6 if len(values) == 1 else 16, address, tuple(values))
        self.registers.update(enumerate(values, address))

    def session(self) -> AbstractContextManager[None]:
        return nullcontext()

    def _note(self, function: int, address: int, what: int | tuple[int, ...]) -> None:
        self.requests.append((function, address, what))
        if self.before is not None:
            self.before(function, address, what)


class RawClient:
    """A Modbus/TCP client of its own: what the specification's page says, and no more."""

    def __init__(self, house: SimMate3, unit: int = 1, timeout_s: float = PATIENCE_S) -> None:
        self.socket = socket.create_connection((house.host, house.port), timeout=timeout_s)
        self.unit, self.transaction = unit, 0

    def __enter__(self) -> RawClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, pdu: bytes) -> None:
        self.transaction += 1
        self.socket.sendall(struct.pack(">HHHB", self.transaction, 0, len(pdu) + 1, self.unit) + pdu)

    def exactly(self, count: int) -> bytes:
        came = b""
        while len(came) < count:
            if not (more := self.socket.recv(count - len(came))):
                raise EOFError(came)
            came += more
        return came

    def receive(self) -> tuple[int, int, bytes]:
        """(transaction id, unit id, PDU)"""
        transaction, protocol, length, unit = struct.unpack(">HHHB", self.exactly(7))
        assert protocol == 0
        return transaction, unit, self.exactly(length - 1)

    def ask(self, pdu: bytes) -> bytes:
        self.send(pdu)
        transaction, unit, answer = self.receive()
        assert (transaction, unit) == (self.transaction, self.unit)
        return answer

    def read(self, address: int, count: int) -> tuple[int, ...]:
        answer = self.ask(struct.pack(">BHH", 3, address, count))
        assert answer[:2] == bytes((3, 2 * count)), answer
        return struct.unpack(f">{count}H", answer[2:])

    def write(self, address: int, *values: int) -> bytes:
        if len(values) == 1:
            return self.ask(struct.pack(">BHH", 6, address, values[0]))
        return self.ask(struct.pack(f">BHHB{len(values)}H", 16, address, len(values), 2 * len(values), *values))
