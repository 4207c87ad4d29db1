"""A port in virtual time with a simulated meter behind it: it is pulled, taken by others, goes silent or mad."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count

from energy_hw.errors import EnergyHwError
from energy_hw.links.serial import PortBusy, PortClosed, PortMissing
from energy_hw.links.stream import SerialSettings
from energy_hw.sim.teleinfo import make_line
from energy_hw.sim.tic_line import TicLine, resampled
from energy_hw.teleinfo.detect import SPEEDS
from energy_hw.teleinfo.frame import Parity
from energy_hw.teleinfo.line import Item, Line
from energy_hw.teleinfo.reader import Reader

CHUNK_S = 0.25


class World:
    """A clock that moves only when somebody waits, and what happens when. Satisfies links.clock.Clock."""

    def __init__(self) -> None:
        self.t = 1000.0
        self.wall_shift = timedelta(0)
        self._order = count()
        self._schedule: list[tuple[float, int, Callable[[], object]]] = []

    def monotonic(self) -> float:
        return self.t

    def now(self) -> datetime:
        return datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=self.t) + self.wall_shift

    def at(self, t: float, action: Callable[[], object]) -> None:
        heappush(self._schedule, (t, next(self._order), action))

    @property
    def next_s(self) -> float:
        return self._schedule[0][0] if self._schedule else float("inf")

    def advance_to(self, t: float) -> None:
        while self.next_s <= t:
            self.t = max(self.t, self.next_s)
            heappop(self._schedule)[2]()
        self.t = max(self.t, t)

    def pause(self, seconds: float) -> None:
        self.advance_to(self.t + seconds)


class VirtualPort:
    """What a Reader opens. trouble: raised at every open; noise: bytes instead of the meter's, from a count."""

    finite = False
    has_speed = True
    name = "/dev/ttyTIC"

    def __init__(self, world: World, line: TicLine | None) -> None:
        self.world, self.line = world, line
        self.trouble: Callable[[], EnergyHwError] | None = None
        self.noise: Callable[[int], bytes] | None = None
        self.silent = False
        self.settings = SerialSettings()
        self.opened: list[float] = []
        self.history: list[SerialSettings] = []
        self.is_open = False
        self._origin = world.t

    def open(self, settings: SerialSettings) -> VirtualPort:
        self.opened.append(self.world.t)
        if self.trouble:
            raise self.trouble()
        self.is_open = True
        self.configure(settings)
        self._bytes_of_line()
        return self

    def unplug(self) -> None:
        self.trouble = lambda: PortMissing("/dev/ttyTIC does not exist")

    def occupy(self) -> None:
        self.trouble = lambda: PortBusy("/dev/ttyTIC is held by process 612 (cat): close it there first", 612)

    def plug(self) -> None:
        self.trouble = None

    def configure(self, settings: SerialSettings) -> None:
        self.settings = settings
        self.history.append(settings)

    def read(self, timeout_s: float) -> bytes:
        end = self.world.t + timeout_s
        while True:
            if self.trouble:
                self.is_open = False
                raise PortClosed(f"{self.name} is gone")
            self.world.advance_to(min(end, self.world.next_s, self._due_s()))
            if data := self._bytes():
                return data
            if self.world.t >= end:
                return b""

    def _due_s(self) -> float:
        if self.noise:
            return self.world.t + CHUNK_S
        return float("inf") if self.silent or not self.line else self._origin + self.line.next_s(b"\x8d\x0d") + 1e-6

    def _bytes(self) -> bytes:
        if self.noise:
            return self.noise(round(CHUNK_S * self.settings.baudrate / 10))
        data = self._bytes_of_line()
        return b"" if self.silent or not self.line else resampled(data, self.line.baudrate, self.settings.baudrate)

    def _bytes_of_line(self) -> bytes:
        return self.line.until(self.world.t - self._origin) if self.line else b""

    def wake(self) -> None: ...

    def close(self) -> None:
        self.is_open = False


class Rig:
    """World, port and reader; everything that came is in `got`, with its time."""

    def __init__(
        self, contract: str | None = "linky", mode: str = "auto", seed: int = 1, by_frames: bool = False
    ) -> None:
        self.world = World()
        self.meter_line = make_line(contract, seed=seed) if contract else None
        self.port = VirtualPort(self.world, self.meter_line)
        self.line = Line(SPEEDS[mode], self.world.t, Parity.SOFT)
        self.reader = Reader(self.port.open, self.line, self.world, self.world.pause, by_frames=by_frames)
        self.got: list[tuple[float, Item]] = []

    def run(self, seconds: float, until: Callable[[], object] = lambda: False) -> None:
        """Step for so long, or until it holds."""
        end = self.world.t + seconds
        while self.world.t < end and not until():
            self.got += [(self.world.t, item) for item in self.reader.step()]
