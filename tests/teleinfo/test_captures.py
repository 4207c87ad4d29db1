"""What real meters sent, through parser, frames and report; the expected values were read off the bytes by eye."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from energy_hw.reading import Reading, Value, json_time
from energy_hw.teleinfo.frame import TicParser, with_parity
from energy_hw.teleinfo.frames import Frame, FrameBuilder
from energy_hw.teleinfo.plausible import Plausibility
from energy_hw.teleinfo.report import to_report

CASES = sorted((Path(__file__).parents[1] / "captures/teleinfo").iterdir())
NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


def frames_of(case: Path) -> list[Frame]:
    builder = FrameBuilder()
    events = TicParser().feed(with_parity((case / "input.bin").read_bytes()))
    frames = [frame for event in events if (frame := builder.feed(event))]
    assert (builder.refused, builder.strangers) == (0, 0)
    return frames


def expected_of(case: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((case / "expected_values.json").read_text())
    return loaded


def plain(value: Value) -> object:
    return json_time(value) if isinstance(value, datetime) else value


def row(reading: Reading) -> list[object]:
    """code, name, value, unit, and the time where there is one."""
    fields = [reading.code, reading.name, plain(reading.value), reading.unit]
    return [*fields, json_time(reading.time)] if reading.time else fields


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_frame(case: Path) -> None:
    frames, expected = frames_of(case), expected_of(case)
    whole = set(frames[expected["whole"]])
    found = [
        {
            "complete": frame.complete,
            "time": json_time(frame.time),
            "missing": [code for code in frames[expected["whole"]] if code in whole - set(frame)],
            "changed": {code: frame[code].value for code in wanted["changed"]},
            "rejected": frame.rejected,
        }
        for frame, wanted in zip(frames, expected["frames"], strict=True)
    ]
    assert found == expected["frames"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_reading_of_a_whole_frame(case: Path) -> None:
    expected = expected_of(case)
    report = to_report(frames_of(case)[expected["whole"]], NOON, "capture")
    assert report.device == expected["device"]
    assert [row(reading) for reading in report] == expected["readings"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_phases_and_plausibility(case: Path) -> None:
    plausible = Plausibility()
    frames = frames_of(case)
    assert {frame.phases for frame in frames if frame.complete} == {expected_of(case)["phases"]}
    assert [plausible.check(frame, at * 1.3) for at, frame in enumerate(frames)] == [{}] * len(frames)
