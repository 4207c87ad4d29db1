"""What is wrong with a line, in words that help."""

from __future__ import annotations

from dataclasses import replace

import pytest

from energy_hw.links.keeper import PortState
from energy_hw.teleinfo.diagnose import Diagnosis, Health, diagnose
from energy_hw.teleinfo.frame import Mode
from energy_hw.teleinfo.frames import Kind
from energy_hw.teleinfo.line import LineState

NOW = 100.0
OPEN = PortState(opened_at=50.0)
GOOD = LineState(Mode.STANDARD, Kind.LONG, byte_at=99.9, good_at=99.5)
GARBLED = LineState(byte_at=99.9, bytes_since_good=960)


def diagnosis(port: PortState = OPEN, line: LineState = GOOD, connected: bool = False) -> Diagnosis:
    return diagnose(port, line, 9600, connected, NOW)


@pytest.mark.parametrize(
    ("port", "line", "connected", "health"),
    [
        (OPEN, GOOD, True, Health.GOOD),
        (OPEN, replace(GOOD, kind=Kind.VEILLE), True, Health.VEILLE),
        (OPEN, LineState(), False, Health.SILENT),
        (OPEN, replace(GOOD, byte_at=90.0, good_at=90.0), False, Health.SILENT),
        (OPEN, GARBLED, False, Health.GARBLED),
        (OPEN, replace(GOOD, good_at=80.0), False, Health.GARBLED),
        (replace(OPEN, opened_at=99.0), LineState(), False, Health.SEARCHING),
        (replace(OPEN, opened_at=99.0), GARBLED, False, Health.SEARCHING),
        (replace(OPEN, trouble="gone"), GOOD, True, Health.AWAY),
        (replace(OPEN, trouble="held by process 612", busy=True), LineState(), False, Health.BUSY),
        (replace(OPEN, ended=True), GOOD, True, Health.ENDED),
    ],
)
def test_every_state_of_a_line_has_its_health(
    port: PortState, line: LineState, connected: bool, health: Health
) -> None:
    assert diagnosis(port, line, connected).health is health


def test_no_bytes_speaks_of_wires_port_and_output() -> None:
    text = diagnosis(line=LineState()).text
    assert all(word in text for word in ("wires", "port", "output is on", "console"))


def test_bytes_without_groups_speak_of_speed_level_and_parity() -> None:
    assert (
        "960 bytes at 9600 baud and no good group; nothing in them looks like a group" in diagnosis(line=GARBLED).text
    )
    assert "check the level" in diagnosis(line=replace(GARBLED, damaged_since_good=7)).text


def test_veille_says_whom_to_ask() -> None:
    assert "ask the grid operator (Enedis)" in diagnosis(line=replace(GOOD, kind=Kind.VEILLE), connected=True).text


def test_trouble_of_the_port_is_told_as_it_came() -> None:
    held = replace(OPEN, trouble="/dev/ttyUSB0 is held by process 612 (cat): close it there first", busy=True)
    assert diagnosis(held).text == held.trouble


def test_the_facts_come_along() -> None:
    told = diagnosis(connected=True)
    assert (told.baudrate, told.mode) == (9600, Mode.STANDARD)
    assert told.byte_age_s == pytest.approx(0.1)
    assert told.good_age_s == pytest.approx(0.5)
    assert str(told) == "good: mode standard at 9600 baud"


def test_a_link_without_a_speed_has_none_to_tell() -> None:
    told = diagnosis(replace(OPEN, has_speed=False), connected=True)
    assert (told.baudrate, told.text) == (None, "mode standard")


def test_what_never_came_has_no_age() -> None:
    told = diagnosis(line=LineState())
    assert (told.byte_age_s, told.good_age_s, told.mode) == (None, None, None)
