"""What is wrong with a Teleinfo line, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from energy_hw.links.keeper import PortState
from energy_hw.teleinfo.frame import Mode
from energy_hw.teleinfo.frames import Kind
from energy_hw.teleinfo.line import LineState

SILENT_S = 5.0
"""Longer than the longest frame: a meter that sends at all has sent by then."""
GARBLED_S = 5.0
"""Longer than it takes to try both speeds twice."""


class Health(StrEnum):
    """From well to gone."""

    GOOD = "good"
    SEARCHING = "searching"
    VEILLE = "veille"  # the meter sends its address alone
    GARBLED = "garbled"  # bytes, but no groups
    SILENT = "silent"  # no bytes
    BUSY = "busy"  # another process has the port
    AWAY = "away"  # the port is not there
    ENDED = "ended"  # a recording is over, or the meter was closed


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """health, what it is called in words with the next step, and the facts. Ages are seconds, None for never.

    baudrate: None where the link has no speed: a recording, a TCP connection.
    """

    health: Health
    text: str
    baudrate: int | None
    mode: Mode | None
    byte_age_s: float | None
    good_age_s: float | None
    bytes_since_good: int
    damaged_since_good: int

    def __str__(self) -> str:
        return f"{self.health}: {self.text}"


def diagnose(port: PortState, line: LineState, baudrate: int, connected: bool, now: float) -> Diagnosis:
    """The diagnosis of what is known at monotonic time now. baudrate: the speed that is listened at.

    Pure: safe from any thread.
    """
    health = _health(port, line, connected, now)
    speed = baudrate if port.has_speed else None
    return Diagnosis(
        health,
        _text(health, port, line, speed),
        speed,
        line.mode,
        None if line.byte_at is None else now - line.byte_at,
        None if line.good_at is None else now - line.good_at,
        line.bytes_since_good,
        line.damaged_since_good,
    )


def _health(port: PortState, line: LineState, connected: bool, now: float) -> Health:
    if port.ended:
        return Health.ENDED
    if port.trouble:
        return Health.BUSY if port.busy else Health.AWAY
    if connected:
        return Health.VEILLE if line.kind is Kind.VEILLE else Health.GOOD
    opened_at = port.opened_at or 0.0
    if now - max(line.byte_at or 0.0, opened_at) >= SILENT_S:
        return Health.SILENT
    return Health.GARBLED if now - max(line.good_at or 0.0, opened_at) >= GARBLED_S else Health.SEARCHING


def _text(health: Health, port: PortState, line: LineState, baudrate: int | None) -> str:
    at = f" at {baudrate} baud" if baudrate else ""
    if health is Health.GARBLED:
        return _garbled(line, at)
    if health is Health.GOOD:
        return f"mode {line.mode}{at}"
    return port.trouble or TEXTS[health]


def _garbled(line: LineState, at: str) -> str:
    """Pieces that look like groups speak for the level, none of them for the speed."""
    if line.damaged_since_good:
        likely = "groups arrive damaged: check the level (potentiometer, resistor) and the length of the cable first"
    else:
        likely = "nothing in them looks like a group: name the speed with baudrate= if the adapter has one of its own"
    return (
        f"{line.bytes_since_good} bytes{at} and no good group; {likely}; "
        "then the adapter (mini-UART clock), then whether this is a Teleinfo line at all"
    )


TEXTS = {
    Health.SEARCHING: "listening for the meter's speed",
    Health.VEILLE: "the meter sends its address alone: its Teleinfo output is in standby; ask the grid operator "
    "(Enedis) or your supplier to activate it",
    Health.SILENT: "not a byte arrives: check the wires at I1 and I2, that this is the port of the adapter, and that "
    "the meter's output is on (in its metrology state it sends pulses); on a Pi, that no console uses the port",
    Health.BUSY: "another process has the port",
    Health.AWAY: "the port is not there",
    Health.ENDED: "the recording is over, or the meter was closed",
}
