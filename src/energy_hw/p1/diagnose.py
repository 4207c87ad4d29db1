"""What is wrong with a P1 line, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from energy_hw.links.keeper import PortState
from energy_hw.p1.line import LineState

SILENT_S = 12.0
"""Longer than the longest interval."""
GARBLED_S = 12.0
RECENT_S = 30.0


class Health(StrEnum):
    """From well to gone."""

    GOOD = "good"
    SEARCHING = "searching"
    STALE = "stale"  # telegrams came, and come no more
    DAMAGED = "damaged"  # telegrams come, with wrong checksums
    ENCRYPTED = "encrypted"  # and there is no key
    WRONG_KEY = "wrong key"
    HDLC = "hdlc"  # a meter that sends no text
    GARBLED = "garbled"  # bytes, but no telegrams
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
    profile: str | None
    byte_age_s: float | None
    good_age_s: float | None
    bytes_since_good: int
    refused_since_good: int

    def __str__(self) -> str:
        return f"{self.health}: {self.text}"


def diagnose(
    port: PortState, line: LineState, baudrate: int, profile: str | None, stale_s: float, now: float
) -> Diagnosis:
    """The diagnosis of what is known at monotonic time now. baudrate: the speed that is listened at.

    Pure: safe from any thread.
    """
    health = _health(port, line, stale_s, now)
    speed = baudrate if port.has_speed else None
    return Diagnosis(
        health,
        _text(health, port, line, speed, profile),
        speed,
        profile,
        _age(line.byte_at, now),
        _age(line.good_at, now),
        line.bytes_since_good,
        line.refused_since_good,
    )


def _health(port: PortState, line: LineState, stale_s: float, now: float) -> Health:
    if port.ended:
        return Health.ENDED
    if port.trouble:
        return Health.BUSY if port.busy else Health.AWAY
    good_age = _age(line.good_at, now)
    if good_age is not None and good_age <= stale_s:
        return Health.GOOD
    if found := _refused(line, now):
        return found
    opened_at = port.opened_at or 0.0
    if now - max(line.byte_at or 0.0, opened_at) >= SILENT_S:
        return Health.SILENT if line.good_at is None else Health.STALE
    if now - max(line.good_at or 0.0, opened_at) < GARBLED_S:
        return Health.SEARCHING
    return Health.GARBLED


def _refused(line: LineState, now: float) -> Health | None:
    """What whole frames say that give no telegram."""
    if _is_recent(line.encrypted_at, now) and not line.has_key:
        return Health.ENCRYPTED
    if _is_recent(line.encrypted_at, now) and line.trouble:
        return Health.WRONG_KEY
    if _is_recent(line.hdlc_at, now):
        return Health.HDLC
    return Health.DAMAGED if line.refused_since_good else None


def _is_recent(at: float | None, now: float) -> bool:
    return at is not None and now - at <= RECENT_S


def _age(at: float | None, now: float) -> float | None:
    return None if at is None else now - at


def _text(health: Health, port: PortState, line: LineState, baudrate: int | None, profile: str | None) -> str:
    at = f" at {baudrate} baud" if baudrate else ""
    if health is Health.GOOD:
        bits = " 7E1" if line.seven_bits else " 8N1" if baudrate else ""
        return f"profile {profile}{at}{bits}"
    if health is Health.GARBLED:
        return f"{line.bytes_since_good} bytes{at} and no telegram: {TEXTS[health]}"
    if health is Health.DAMAGED:
        return f"{line.refused_since_good} telegrams{at} were refused and none was good: {TEXTS[health]}"
    if health is Health.WRONG_KEY:
        return line.trouble
    return port.trouble or TEXTS[health]


TEXTS = {
    Health.SEARCHING: "listening for the meter's speed",
    Health.STALE: "the meter has gone quiet: check the plug, its supply, and whether another device on the same "
    "splitter holds the data request line",
    Health.DAMAGED: "their checksum is wrong; look for a long or unscreened cable beside mains wiring, a splitter with "
    "two readers, a pull-up above 10 kOhm, or software flow control (xonxoff) in whatever passes the bytes on",
    Health.ENCRYPTED: "the meter encrypts and no key was given: the grid operator gives it on request, 32 hex digits; "
    "then key=..., or --key-file",
    Health.HDLC: "this meter sends binary DLMS in HDLC frames (Norway, Denmark), not P1 text: it is not supported here",
    Health.GARBLED: "a signal that is not inverted gives such bytes: a P1 port is inverted and needs a P1 cable or an "
    "inverter before a UART; then another speed (baudrate=), then whether this is the P1 port at all",
    Health.SILENT: "not a byte arrives: check the cable, that its data request line is at 5 V (it asks the meter to "
    "send), that this is the port of the adapter, and that the grid operator has switched the P1 port on; some meters "
    "start to send a minute after a power cut",
    Health.BUSY: "another process has the port",
    Health.AWAY: "the port is not there",
    Health.ENDED: "the recording is over, or the meter was closed",
}
