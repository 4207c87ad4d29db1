"""A simulated house, a link to it, and a Writer that waits for nobody: what tests of writing stand on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from energy_hw.errors import LinkClosed, LinkTimeout, ModbusError
from energy_hw.outback.chain import Block
from energy_hw.outback.daylog import DayLogs
from energy_hw.outback.identity import Fingerprint, fingerprint
from energy_hw.outback.journal import Journal
from energy_hw.outback.poll import Poll, Poller
from energy_hw.outback.prepared import Prepared, WriteResult
from energy_hw.outback.registers import Registers
from energy_hw.outback.writing import Writer
from energy_hw.sim.mate3 import SimMate3
from energy_hw.sim.mate3_faults import WRITES, Request
from mate3_rig import PATIENCE_S, linked

FM60, FM80, FXR, OTHER_FXR, MONITOR = (64112, 3), (64112, 4), (64116, 1), (64116, 2), (64119, 5)
GATEWAY, SYSTEM = (64110, None), (64120, None)
Key = tuple[int, int | None]


class TestClock:
    """Both clocks, moved by hand and by every sleep; after_sleep: number of the sleep -> what happens in it."""

    __test__ = False

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.time = datetime(2026, 11, 21, 12, tzinfo=UTC)
        self.after_sleep: dict[int, Callable[[], object]] = {}

    def monotonic(self) -> float:
        return self.time.timestamp()

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += timedelta(seconds=seconds)
        self.after_sleep.pop(len(self.slept), lambda: None)()


class Direct:
    """Registers straight from a simulated house, without a socket; faults that bytes would have are not for it."""

    def __init__(self, house: SimMate3, max_read: int = 100) -> None:
        self.house, self.max_read = house, max_read

    def session(self) -> AbstractContextManager[None]:
        return nullcontext()

    def read(self, address: int, count: int) -> tuple[int, ...]:
        words: list[int] = []
        while len(words) < count:
            size = min(self.max_read, count - len(words))
            words += self._ask(3, address + len(words), size, ())
        return tuple(words)

    def write(self, address: int, values: Sequence[int]) -> None:
        self._ask(6 if len(values) == 1 else 16, address, len(values), tuple(values))

    def _ask(self, function: int, address: int, count: int, values: tuple[int, ...]) -> tuple[int, ...]:
        answer = self.house.answer(Request(1, function, address, count, values))
        if answer.silent:
            raise LinkTimeout("no answer")
        if answer.hangs_up:
            raise LinkTimeout("the other end closed") if values else LinkClosed("the other end closed")
        if answer.code:
            raise ModbusError(f"exception {answer.code}", answer.code)
        return answer.registers


@dataclass
class World:
    """All of it. known: what was read when it began."""

    house: SimMate3
    registers: Registers
    poller: Poller
    writer: Writer
    clock: TestClock
    journal: Journal | None
    known: Poll = field(init=False)

    def __post_init__(self) -> None:
        self.read()

    def read(self) -> Poll:
        self.known = self.poller.read()
        return self.known

    def block(self, key: Key) -> Block:
        return next(block for block in self.known.layout.blocks if (block.did, block.port) == key)

    def who(self, key: Key) -> Fingerprint:
        return fingerprint(self.known, self.block(key))

    def prepare(self, key: Key, name: str, value: object, **options: Any) -> Prepared:
        return self.writer.prepare(self.block(key), self.who(key), name, value, **options)

    def write(self, key: Key, name: str, value: object, **options: Any) -> WriteResult:
        return self.writer.write(self.block(key), self.who(key), name, value, **options)

    def days(self) -> DayLogs:
        return DayLogs(self.registers, clock=self.clock, sleep=self.clock.sleep)

    def raw(self, key: Key, name: str) -> object:
        return self.house.get(key[0], name, key[1])

    @property
    def writes(self) -> list[tuple[int, int, Any]]:
        """(function, address, values) of every write that reached the house."""
        return [request for request in self.house.requests if request[0] in WRITES]

    def before_write(self, happens: Callable[[], object]) -> None:
        """Right before the next write is done: after the look that comes before it."""
        self.house.faults.arm(then=happens, functions=WRITES)

    def before_read_back(self, happens: Callable[[], object]) -> None:
        """In the first pause after the next write."""
        self.clock.after_sleep[len(self.clock.slept) + 1] = happens


@contextmanager
def on_tcp(tmp_path: Path, registers: Mapping[int, int] | None = None, **options: Any) -> Iterator[World]:
    """On real TCP. options: ModbusLink's, and `writer` for the Writer's."""
    of_writer = options.pop("writer", {})
    options.setdefault("timeout_s", PATIENCE_S)
    with linked(dict(registers) if registers else None, **options) as (house, link):
        yield _world(house, link, tmp_path, **of_writer)


def without_socket(tmp_path: Path, registers: Mapping[int, int] | None = None, **of_writer: Any) -> World:
    """The same, without."""
    house = SimMate3(registers)
    return _world(house, Direct(house), tmp_path, **of_writer)


def _world(house: SimMate3, registers: Registers, tmp_path: Path, **of_writer: Any) -> World:
    clock = TestClock()
    poller = Poller(registers, clock=clock, sleep=clock.sleep)
    journal = of_writer.pop("journal", Journal(tmp_path / "state" / "writes.jsonl"))
    kept = journal if journal is not False else False
    writer = Writer(registers, poller, kept, actor="test", clock=clock, sleep=clock.sleep, **of_writer)
    return World(house, registers, poller, writer, clock, journal or None)


def twins_of_fm80(kwh: int = 6230, kah: int = 1120, alike: bool = True) -> dict[int, int]:
    """The captured house with a second FM80 in the place of the FM60: no serial numbers, these counters at port 3."""
    house = SimMate3()
    source, target = house.place(64112, 4), house.place(64112, 3)
    same = range(3, 90) if alike else (*range(51, 54), *range(72, 90))
    for offset in same:
        house.registers[target.address + offset] = house.registers[source.address + offset]
    house.set(64111, "lifetime_kwh_hours", kwh, 3)
    house.set(64111, "lifetime_k_amp_hours", kah, 3)
    return house.registers


def alike_inverters() -> dict[int, int]:
    """The captured house with inverters that differ in nothing but their ports."""
    house = SimMate3()
    house.set(64116, "stacking_mode", 10, 2)
    return house.registers
