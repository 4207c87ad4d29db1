"""Controllers without a socket: registers in a dictionary, every request noted, anything may change in between."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from energy_hw.errors import ModbusError
from energy_hw.outback.dump import Dump
from energy_hw.outback.poll import Poll, Poller
from energy_hw.outback.sunspec import Layout, explore

CAPTURE = Path(__file__).parent / "captures/outback/mate3s/registers.json"
INVERTER, INVERTER_SETTINGS, CHARGER, CHARGER_SETTINGS = 64117, 64116, 64111, 64112


class Controller(Dump):
    """Answers as a controller does. `requests`: (address, count) of each read.

    `before_request`: request number, from 0 on -> what happens before it is answered. `pauses`: what sleep() was given;
    `after_pauses`: number of pauses -> what happens in it.
    """

    is_file = False

    def __init__(self, registers: Mapping[int, int] | None = None, *, max_read: int = 100) -> None:
        super().__init__(Dump.load(CAPTURE).registers if registers is None else registers, max_read=max_read)
        self.requests: list[tuple[int, int]] = []
        self.before_request: dict[int, Callable[[], object]] = {}
        self.pauses: list[float] = []
        self.after_pauses: dict[int, Callable[[], object]] = {}

    def read(self, address: int, count: int) -> tuple[int, ...]:
        assert 0 < count <= self.max_read
        assert address + count <= 1 << 16
        happens = self.before_request.pop(len(self.requests), None)
        self.requests.append((address, count))
        if happens:
            happens()
        return super().read(address, count)

    def sleep(self, pause_s: float) -> None:
        self.pauses.append(pause_s)
        self.after_pauses.pop(len(self.pauses), lambda: None)()

    def counted(self, ask: Callable[[], object]) -> int:
        """Requests that asking takes."""
        before = len(self.requests)
        ask()
        return len(self.requests) - before

    @property
    def layout(self) -> Layout:
        """As a walk finds it, unseen."""
        return explore(Dump(self.registers)).layout

    def holds(self, address: int, *words: int) -> dict[int, int]:
        """Put words at an address; what stood there."""
        old = {at: self.registers.get(at, 0) for at in range(address, address + len(words))}
        self.registers.update(enumerate(words, address))
        return old

    def swap_ports(self, did: int, one: int, other: int) -> None:
        """Two devices change places: all that stands behind their ports, as when two plugs of a hub are swapped."""
        first, second = self.layout.find(did, one), self.layout.find(did, other)
        assert first is not None
        assert second is not None
        assert first.length == second.length
        for offset in range(2, first.size):
            here, there = first.address + offset, second.address + offset
            self.registers[here], self.registers[there] = self.registers[there], self.registers[here]


def refuses(code: int) -> Callable[[], object]:
    """For before_request: an exception response."""

    def refuse() -> None:
        raise ModbusError(f"exception {code}", code)

    return refuse


def image(*models: tuple[int, ...], base: int = 40000, end: Iterable[int] = (0xFFFF, 0)) -> dict[int, int]:
    """Registers of a chain: of each model its DID, its length, and the first registers of its body; the rest is 0."""
    words = [0x5375, 0x6E53]
    for did, length, *body in models:
        words += [did, length, *body, *(0 for _ in range(length - len(body)))]
    return dict(enumerate([*words, *end], base))


def moved(registers: dict[int, int], place: int, words: tuple[int, ...]) -> dict[int, int]:
    """With words put in at a place."""
    before, behind = ({at: registers[at] for at in registers if (at < place) is low} for low in (True, False))
    return before | dict(enumerate(words, place)) | {at + len(words): word for at, word in behind.items()}


START = datetime(2026, 11, 21, tzinfo=UTC)


class StoppedClock:
    def monotonic(self) -> float:
        return 0.0

    def now(self) -> datetime:
        return START


def warm(controller: Controller, layout_file: Path | None = None) -> Poller:
    """A poller that has read everything once."""
    poller = Poller(controller, layout_file, clock=StoppedClock(), sleep=controller.sleep)
    poller.read()
    return poller


def by_port(poll: Poll) -> dict[tuple[int, int | None], tuple[int, ...]]:
    return {(block.did, block.port): words for block, words in poll.blocks.items()}
