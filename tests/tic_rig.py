"""Simulated Teleinfo meters for tests."""

from __future__ import annotations

from datetime import UTC, datetime

from energy_hw.sim.tic_contract import CONTRACTS
from energy_hw.sim.tic_line import TicLine
from energy_hw.sim.tic_meter import TicMeter
from energy_hw.teleinfo.frame import TicParser
from energy_hw.teleinfo.frames import Frame, FrameBuilder
from energy_hw.teleinfo.report import to_report

START = datetime(2026, 1, 15, 11, 0, tzinfo=UTC)


def meter_of(name: str, start: datetime = START) -> TicMeter:
    return TicMeter(CONTRACTS[name], start, seed=1)


def line_of(name: str, start: datetime = START, noise: float = 0.0) -> TicLine:
    return TicLine(meter_of(name, start), seed=1, noise=noise)


def listen(line: TicLine, start_s: int, end_s: int) -> bytes:
    """What comes up to the second before end_s, looked for once a second."""
    return b"".join(line.until(at) for at in range(start_s, end_s))


def frames_in(data: bytes) -> list[Frame]:
    builder = FrameBuilder()
    return [frame for event in TicParser().feed(data) if (frame := builder.feed(event))]


def frame_of(meter: TicMeter) -> Frame:
    (frame,) = frames_in(meter.frame())
    return frame


def values(meter: TicMeter) -> dict[str, object]:
    return {reading.name: reading.value for reading in to_report(frame_of(meter), START, "sim")}
