"""A simulated Mate3: a Modbus/TCP server on this machine that answers as the controller of a house does.

    with SimMate3() as house:
        mate3 = Mate3(house.host, house.port)
        house.set(64118, "state_of_charge", 80, port=5)

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
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib import import_module, resources
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from energy_hw.errors import ExtraMissing
from energy_hw.sim.mate3_faults import (
    ILLEGAL_ADDRESS,
    ILLEGAL_FUNCTION,
    ILLEGAL_VALUE,
    READ,
    READS,
    WRITES,
    Answer,
    Connections,
    Fault,
    Faults,
    Request,
)
from energy_hw.sim.mate3_life import Mate3Life
from energy_hw.sim.mate3_rules import Mate3Rules

if TYPE_CHECKING:
    from energy_hw.sim.mate3_server import Connection, Mate3Server

START_S = STOP_S = 10.0
SECOND = timedelta(seconds=1)
MOST_NOTED = 100_000
LONGEST = {READ: 125, 6: 1, 16: 123}
"""Registers in one request. Source: Modbus Application Protocol V1.1b3, 6.3 and 6.12."""

What = int | tuple[int, ...]
Hook = Callable[[int, int, What], object]


def capture() -> dict[int, int]:
    """The registers of the packaged Mate3s."""
    text = resources.files("energy_hw.sim").joinpath("mate3s.json").read_text()
    return {int(address): value for address, value in json.loads(text).items()}


class SimMate3(Mate3Rules):
    """The controller. registers: address -> value, live; `lock` guards several at once. port 0: a free one.

    requests: (function, address, count or values) of the newest, in their order; units: their unit ids; connects:
    clients that came. delay_s: how long each answer takes. faults: see sim.mate3_faults; behaviours: sim.mate3_rules.
    life: live values move as sim.mate3_life says, by `clock` (aware), once for each of its seconds at most.
    """

    def __init__(
        self,
        registers: Mapping[int, int] | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        delay_s: float = 0.0,
        faults: Faults | None = None,
        life: float = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(capture() if registers is None else registers)
        self.host, self.port, self.delay_s = host, int(port), delay_s
        self.clock = clock
        self._life = Mate3Life(self) if life else None
        self._moved: datetime | None = None
        self.faults = faults or Faults()
        self.requests: list[tuple[int, int, What]] = []
        self.units: list[int] = []
        self.connects = 0
        self.failures: list[BaseException] = []
        self.stopping: asyncio.Event | None = None
        self._hooks: list[Hook] = []
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: Mate3Server | None = None
        self._ready = threading.Event()

    @property
    def url(self) -> str:
        """host:port"""
        return f"{self.host}:{self.port}"

    def on_request(self, hook: Hook) -> None:
        """Call hook(function, address, count or values) before each request from now is done, in their order."""
        self._hooks.append(hook)

    def start(self) -> Self:
        """Listen. Raises OSError if the address is taken, ExtraMissing without the library pymodbus."""
        run = _server()
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
            self.failed(error)
        finally:
            self._loop = self._server = None
            self._ready.set()

    def _started(self, server: Mate3Server) -> None:
        self.port, self._server = server.port, server
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

    def connected(self, connection: Connection, others: Iterable[Connection]) -> None:
        """A client came. Called in the server's thread."""
        self.connects += 1
        rule = self.faults.connections
        if rule is Connections.MUTE or (rule is Connections.SECOND_WAITS and others):
            connection.rest()
        elif rule is Connections.REFUSE_SECOND and others:
            connection.drop(reset=True)
        elif rule is Connections.DROP_FIRST:
            for other in others:
                other.drop(reset=True)

    def drop_connections(self) -> None:
        """End every connection, as a restart of the controller does. From any thread; done soon after."""
        loop, server = self._loop, self._server
        if loop is not None and server is not None:
            loop.call_soon_threadsafe(server.drop_all)

    def answer(self, request: Request) -> Answer:
        """What goes back for a request. Called in the server's thread."""
        what = request.values or request.count
        self._note(request, what)
        for hook in list(self._hooks):
            hook(request.function, request.address, what)
        faults = self.faults.take(request)
        for fault in faults:
            if fault.then is not None:
                fault.then()
        with self.lock:
            self._live()
            answer = self._answer(request, faults)
        for fault in faults:
            answer.spoil(fault)
        answer.delay_s += self.delay_s
        return answer

    def _note(self, request: Request, what: What) -> None:
        if len(self.requests) >= MOST_NOTED:
            del self.requests[: MOST_NOTED // 2], self.units[: MOST_NOTED // 2]
        self.requests.append((request.function, request.address, what))
        self.units.append(request.unit)

    def failed(self, error: BaseException) -> None:
        """Keep what a hook raised until stop(); of many, the first."""
        if not self.failures:
            self.failures.append(error)

    def _live(self) -> None:
        now = self.clock()
        if self._life is not None and (self._moved is None or abs(now - self._moved) >= SECOND):
            self._life.move(now)
            self._moved = now

    def _answer(self, request: Request, faults: Sequence[Fault]) -> Answer:
        if self.faults.only_unit not in (None, request.unit):
            return Answer(code=self.faults.other_units, silent=not self.faults.other_units)
        if any(fault.lost or fault.code for fault in faults):
            return Answer()
        if code := self._refusal(request):
            return Answer(code=code)
        if request.function in WRITES:
            self.write(request.address, request.values)
            return Answer()
        values = dict(zip(request.addresses, self.read(request.addresses), strict=True))
        for fault in faults:
            self._hide_headers(values, fault.placeholder)
        return Answer(self.faults.on_the_wire(tuple(values.values())))

    def _refusal(self, request: Request) -> int:
        """The exception code that a correct server gives, or 0."""
        if request.function not in LONGEST:
            return ILLEGAL_FUNCTION
        longest = self.faults.longest_read if request.function == READ else LONGEST[request.function]
        if not 1 <= request.count <= min(longest, LONGEST[request.function]):
            return ILLEGAL_VALUE
        if request.function in WRITES and len(request.values) != request.count:
            return ILLEGAL_VALUE
        if request.function == READ and self.readable(request.addresses):
            return 0
        return 0 if all(address in self.registers for address in request.addresses) else ILLEGAL_ADDRESS

    def _hide_headers(self, values: dict[int, int], placeholder: int | None) -> None:
        if placeholder is not None:
            values.update((place.address, placeholder) for place in self.places() if place.address in values)

    def reboot(self, *, bursts: int = 0, drop: bool = True, **moves: Any) -> None:
        """Start anew, perhaps with the devices elsewhere: moves are those of replug().

        bursts: so many reads find placeholders in block headers. drop: connections end.
        """
        self.replug(**moves)
        if bursts:
            self.faults.arm(placeholder=0x8000, count=bursts, functions=READS)
        if drop:
            self.drop_connections()


def _server() -> Any:
    try:
        return import_module("energy_hw.sim.mate3_server").run
    except ImportError as error:
        raise ExtraMissing("a simulated Mate3", "outback", f"for {error}") from None
