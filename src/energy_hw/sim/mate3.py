"""A simulated Mate3: a Modbus/TCP server on this machine that answers as the controller of a house does.

    with SimMate3() as house:
        mate3 = Mate3(house.host, house.port)
        house.registers[40093] = 80

Without registers it serves mate3s.json: a Mate3s with firmware 1.4.2, two FXR inverters, a FLEXmax 60, a FLEXmax 80 and
a FLEXnet-DC; 1,278 registers from 40000, serial number and MAC address zeroed. From github.com/adamcharnock/mate3
(MIT), mate3/tests/known_systems/chinezbrun.

Needs pymodbus (extra `outback`), imported when it starts. Thread safety: any thread may call anything; the hooks run
in the server's thread.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module, resources
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from energy_hw.sim.mate3_faults import (
    ILLEGAL_ADDRESS,
    ILLEGAL_FUNCTION,
    ILLEGAL_VALUE,
    READ,
    WRITE_MANY,
    WRITE_ONE,
    Answer,
    Request,
)

if TYPE_CHECKING:
    from energy_hw.sim.mate3_server import Connection, Mate3Server

START_S = STOP_S = 10.0
Hook = Callable[[int, int, "int | tuple[int, ...]"], object]


def capture() -> dict[int, int]:
    """The registers of the packaged Mate3s."""
    text = resources.files("energy_hw.sim").joinpath("mate3s.json").read_text()
    return {int(address): value for address, value in json.loads(text).items()}


class SimMate3:
    """The controller. registers: address -> value, live; `lock` guards several at once. port 0: a free one."""

    def __init__(
        self,
        registers: Mapping[int, int] | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        delay_s: float = 0.0,
    ) -> None:
        self.host, self.port, self.delay_s = host, port, delay_s
        self.registers = dict(capture() if registers is None else registers)
        self.requests: list[tuple[int, int, int | tuple[int, ...]]] = []
        self.units: list[int] = []
        self.connects = 0
        self.failures: list[BaseException] = []
        self.lock = threading.RLock()
        self.stopping: asyncio.Event | None = None
        self._hooks: list[Hook] = []
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()

    @property
    def url(self) -> str:
        """host:port"""
        return f"{self.host}:{self.port}"

    def on_request(self, hook: Hook) -> None:
        """Call hook(function, address, count or values) before each request from now is answered, in their order."""
        self._hooks.append(hook)

    def start(self) -> Self:
        """Listen. Raises OSError if the address is taken."""
        run = import_module("energy_hw.sim.mate3_server").run
        self._ready.clear()
        self._thread = threading.Thread(target=self._work, args=(run,), name="simulated Mate3", daemon=True)
        self._thread.start()
        if not self._ready.wait(START_S):
            raise TimeoutError(f"the simulated Mate3 did not listen within {START_S:g} s")
        if self._loop is None:
            self._thread.join(STOP_S)
            raise self.failures.pop()
        return self

    def _work(self, run: Any) -> None:
        try:
            asyncio.run(run(self, (self.host, self.port), self._started))
        except BaseException as error:
            self.failures.append(error)
        finally:
            self._loop = None
            self._ready.set()

    def _started(self, server: Mate3Server) -> None:
        self.port = server.port
        self._loop = asyncio.get_running_loop()
        self._ready.set()

    def stop(self) -> None:
        """End every connection and the thread. May be called twice. Raises what a hook raised."""
        thread, loop, self._thread = self._thread, self._loop, None
        if thread is None:
            return
        if loop is not None and self.stopping is not None:
            loop.call_soon_threadsafe(self.stopping.set)
        thread.join(STOP_S)
        if thread.is_alive():
            raise TimeoutError(f"the simulated Mate3 did not stop within {STOP_S:g} s")
        if self.failures:
            raise self.failures.pop(0)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.stop()
        except BaseException:
            if error is None:  # never hide what went wrong in the block
                raise

    def connected(self, connection: Connection) -> None:
        """A client came."""
        self.connects += 1

    def answer(self, request: Request) -> Answer:
        """What goes back for a request."""
        note = request.values if request.values else request.count
        self.requests.append((request.function, request.address, note))
        self.units.append(request.unit)
        for hook in list(self._hooks):
            hook(request.function, request.address, note)
        with self.lock:
            answer = self._answer(request)
        answer.delay_s += self.delay_s
        return answer

    def _answer(self, request: Request) -> Answer:
        if request.function not in (READ, WRITE_ONE, WRITE_MANY):
            return Answer(code=ILLEGAL_FUNCTION)
        if not 1 <= request.count <= (125 if request.function == READ else 123):
            return Answer(code=ILLEGAL_VALUE)
        addresses = range(request.address, request.address + request.count)
        if any(address not in self.registers for address in addresses):
            return Answer(code=ILLEGAL_ADDRESS)
        if request.function == READ:
            return Answer(tuple(self.registers[address] for address in addresses))
        self._written(request.address, request.values)
        return Answer()

    def _written(self, address: int, values: Sequence[int]) -> None:
        self.registers.update(enumerate(values, address))
