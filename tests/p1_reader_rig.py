"""A P1 meter's reader in virtual time, and telegrams to feed it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

from energy_hw.links.keeper import Keeper
from energy_hw.links.stream import SerialSettings
from energy_hw.p1.crc import crc16
from energy_hw.p1.detect import SPEEDS
from energy_hw.p1.line import Accepted, Line
from energy_hw.p1.reader import Reader
from energy_hw.p1.report import to_report
from energy_hw.reading import Report
from energy_hw.sim.p1 import Setup, make_line
from energy_hw.sim.p1_line import P1Line
from reader_rig import VirtualPort, World

NOISE_S = 0.05
"""Shorter than the pause that ends a telegram."""
START = datetime(2026, 1, 15, 11, 0, tzinfo=UTC)


def telegram(
    power: str = "00.540", energy: str = "001234.567", lines: str = "", header: str = "KFM5KAIFA-METER"
) -> bytes:
    """A small telegram of DSMR 4.2, its CRC right."""
    body = f"/{header}\r\n\r\n1-3:0.2.8(42)\r\n0-0:96.1.1(4530303236)\r\n"
    body += f"1-0:1.8.1({energy}*kWh)\r\n1-0:1.7.0({power}*kW)\r\n{lines}!"
    return signed(body.encode("latin-1"))


def signed(body: bytes) -> bytes:
    """From `/` to `!`, with CRC and line end."""
    return body + b"%04X\r\n" % crc16(body)


def bare(data: bytes) -> bytes:
    """The same without CRC digits, as of DSMR 2.2 and 3.0."""
    return data[: data.rfind(b"!") + 1] + b"\r\n"


def report_of(item: Accepted) -> Report:
    return to_report(item.telegram, START, "/dev/ttyP1")


def power(item: Accepted) -> Decimal:
    value = report_of(item)["power_import"].value
    assert isinstance(value, Decimal)
    return value


class P1Port(VirtualPort):
    """The virtual port with a P1 line behind it."""

    name = "/dev/ttyP1"
    line: P1Line | None  # type: ignore[assignment]

    def _due_s(self) -> float:
        return self.world.t + NOISE_S if self.noise else super()._due_s()

    def _bytes(self) -> bytes:
        return self.noise(round(NOISE_S * self.settings.baudrate / 10)) if self.noise else super()._bytes()


class Rig:
    """World, port and reader; everything that came is in `got`, with its time."""

    def __init__(self, setup: Setup | None = None, speeds: tuple[int, ...] = SPEEDS, seed: int = 1) -> None:
        self.world = World()
        self.meter_line = make_line(setup, START, seed) if setup else None
        self.port = P1Port(self.world, self.meter_line)  # type: ignore[arg-type]
        self.line = Line(speeds, self.world.t)
        outputs = SerialSettings(speeds[0])
        self.keeper = Keeper(self.port.open, outputs, self.world, self.world.pause)
        self.reader = Reader(self.keeper, self.line, self.world, outputs)
        self.got: list[tuple[float, Accepted]] = []

    def run(self, seconds: float, until: Callable[[], object] = lambda: False) -> None:
        """Step for so long, or until it holds."""
        end = self.world.t + seconds
        while self.world.t < end and not until():
            self.got += [(self.world.t, item) for item in self.reader.step()]
