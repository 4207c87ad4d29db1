"""The TCP side of a simulated Mate3: pymodbus's server, with the answers and the faults put in between.

Works with pymodbus 3.12.1 up to 3.16: what a SimDevice hands to its action differs among them, so the device given to
the server is a placeholder, and the connection's handler asks the house itself. The framer, the decoder and the
response classes are the library's.

Thread safety: everything here runs in the event loop's thread, but Mate3Server.run() itself.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pymodbus.pdu import ExceptionResponse, ModbusPDU
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadHoldingRegistersResponse,
    WriteMultipleRegistersRequest,
    WriteMultipleRegistersResponse,
    WriteSingleRegisterResponse,
)
from pymodbus.server import ModbusTcpServer
from pymodbus.server.requesthandler import ServerRequestHandler
from pymodbus.simulator import DataType, SimData, SimDevice

from energy_hw.sim.mate3_faults import READ, WRITE_MANY, WRITE_ONE, Answer, Connections, Request

if TYPE_CHECKING:
    from energy_hw.sim.mate3 import SimMate3


class AnyRead(ReadHoldingRegistersRequest):
    """A read of any length: one that is too long is answered with exception 3, as the specification says."""

    def decode(self, data: bytes) -> None:
        self.address, self.count = struct.unpack(">HH", data[:4])


class AnyWrite(WriteMultipleRegistersRequest):
    """A write of several that may have fewer values than it announces: exception 3, too. 3.12.1 breaks on it."""

    def decode(self, data: bytes) -> None:
        self.address, self.count, announced = struct.unpack(">HHB", data[:5])
        values = data[5 : 5 + announced]
        self.registers = struct.unpack(f">{len(values) // 2}H", values[: len(values) // 2 * 2])


def request_of(pdu: ModbusPDU) -> Request:
    """What the client asks, in plain numbers."""
    values = tuple(pdu.registers) if pdu.function_code in (WRITE_ONE, WRITE_MANY) else ()
    count = 1 if pdu.function_code == WRITE_ONE else pdu.count
    return Request(pdu.dev_id, pdu.function_code, pdu.address, count, values)


def response_of(request: Request, answer: Answer) -> ModbusPDU:
    """The library's response for an answer."""
    if answer.code:
        return ExceptionResponse(request.function, answer.code)
    if request.function == READ:
        return ReadHoldingRegistersResponse(registers=list(answer.registers))
    if request.function == WRITE_ONE:
        return WriteSingleRegisterResponse(address=request.address, registers=list(request.values))
    return WriteMultipleRegistersResponse(address=request.address, count=request.count)


class Connection(ServerRequestHandler):
    """One client."""

    server: Mate3Server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.house, self.served = self.server.house, 0
        self.peer: Any = transport
        self.turn = asyncio.Lock()  # one answer after the other, however late
        others = list(self.server.connections)
        self.server.connections.append(self)
        self.house.connected(self, others)

    def connection_lost(self, exc: Exception | None) -> None:
        self.server.connections.remove(self)
        super().connection_lost(exc)
        if self.server.connections and self.house.faults.connections is Connections.SECOND_WAITS:
            self.server.connections[0].peer.resume_reading()

    def data_received(self, data: bytes) -> None:
        """Take every request that came: the library takes one for each piece of the stream."""
        left = -1
        super().data_received(data)
        while self.recv_buffer and len(self.recv_buffer) != left:
            left = len(self.recv_buffer)
            super().data_received(b"")

    def callback_data(self, data: bytes, addr: tuple[Any, ...] | None = None) -> int:
        used = super().callback_data(data, addr)
        if self.last_pdu is not None:
            self.server.spawn(self._serve_in_turn(self.last_pdu))
        return used

    def handle_later(self) -> None:
        """Nothing: callback_data has the request, which another may have replaced by now."""

    async def _serve_in_turn(self, pdu: ModbusPDU) -> None:
        async with self.turn:
            try:
                await self._serve(pdu)
            except Exception:
                self.drop()
                raise

    async def _serve(self, pdu: ModbusPDU) -> None:
        request = request_of(pdu)
        answer = self.house.answer(request)
        self.served += 1
        response = response_of(request, answer)
        response.transaction_id, response.dev_id = pdu.transaction_id, pdu.dev_id
        for wait_s, piece in answer.pieces(self.framer.buildFrame(response)):
            if wait_s:
                await asyncio.sleep(wait_s)
            if piece and not self.peer.is_closing():
                self.peer.write(piece)
        if answer.hangs_up or self.served >= self.house.faults.requests_each:
            self.drop()

    def rest(self) -> None:
        """Take nothing from the client until told to."""
        self.loop.call_soon(self.peer.pause_reading)  # asyncio begins to read after connection_made()

    def drop(self, *, reset: bool = False) -> None:
        """End the connection when all is sent; reset: at once, as a crash does."""
        if reset:
            self.peer.abort()
        else:
            self.peer.close()


class Mate3Server(ModbusTcpServer):
    """The listener."""

    def __init__(self, house: SimMate3, address: tuple[str, int]) -> None:
        placeholder = SimDevice(id=0, simdata=[SimData(0, values=[0], datatype=DataType.REGISTERS)])
        super().__init__(placeholder, address=address, custom_pdu=[AnyRead, AnyWrite])
        self.house = house
        self.connections: list[Connection] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def callback_new_connection(self) -> Connection:
        make: Any = Connection  # the library's constructors are not annotated
        connection: Connection = make(self, None, None, None)
        return connection

    def spawn(self, coroutine: Any) -> None:
        """Run a coroutine; what it raises, the house tells when it stops."""
        task: asyncio.Task[None] = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.house.failed(error)

    async def end(self) -> None:
        """Close the listener and every connection, and let the loop see it."""
        for task in list(self._tasks):
            task.cancel()
        self.drop_all()
        listener: Any = self
        await listener.shutdown()
        while self.connections or self._tasks:
            await asyncio.sleep(0)

    def drop_all(self) -> None:
        """Reset every connection."""
        for connection in self.connections:
            connection.drop(reset=True)

    @property
    def port(self) -> int:
        """The port that it listens on."""
        listener: Any = self.transport
        return int(listener.sockets[0].getsockname()[1])


async def run(house: SimMate3, address: tuple[str, int], started: Callable[[Mate3Server], None]) -> None:
    """Serve until house.stopping is set. Raises OSError if the address is taken."""
    server = Mate3Server(house, address)
    house.stopping = asyncio.Event()
    try:
        await server.serve_forever(background=True)
    except RuntimeError as error:
        raise OSError(f"{address[0]}:{address[1]} cannot be listened on: name another port") from error
    started(server)
    try:
        await house.stopping.wait()
    finally:
        await server.end()
