"""Raw frames on the air: `send fsk HEX`, `send ook HEX`, `send message DICT`."""

from __future__ import annotations

import ast
import json
import re
import sys
from typing import Any

from energy_hw import core as cores
from energy_hw.app.exits import OK
from energy_hw.app.session import Session
from energy_hw.core.airtime import fsk_airtime_us, ook_airtime_us
from energy_hw.energenie.pydict import from_pydict
from energy_hw.errors import ConfigError, OutOfRange

LONGEST_FSK = 66
OOK_BYTES = 16
MOST_REPEATS = 75
MOST_CHARACTERS = 100_000
GAP_WORDS = re.compile(r"0[xX]|[\s,:;]+")


def send_fsk(session: Session, text: str, repeats: int) -> int:
    """Send the bytes of a frame as they are: length byte first, encrypted or not as the device wants it."""
    frame = _bytes(text)
    if not 2 <= len(frame) <= LONGEST_FSK or frame[0] != len(frame) - 1:
        announced = frame[0] + 1 if frame else 0
        text = f"expected 2 to {LONGEST_FSK} bytes, the first one the number of those that follow"
        raise OutOfRange(f"{text}: it announces {announced} in all, got {len(frame)}", 2, LONGEST_FSK)
    return _send_frames(session, frame, repeats)


def send_message(session: Session, text: str, repeats: int) -> int:
    """Send a message in pyenergenie's dictionary shape, as JSON or as Python writes it; `-` reads standard input."""
    text = sys.stdin.read(MOST_CHARACTERS) if text == "-" else text
    return _send_frames(session, cores.get().encode(from_pydict(_dictionary(text))), repeats)


def send_ook(session: Session, text: str, repeats: int) -> int:
    """Send a 16-byte OOK frame, or the bytes that make one with 80 00 00 00 in front, in one burst."""
    code = _bytes(text)
    if len(code) == OOK_BYTES - 4:
        code = b"\x80\x00\x00\x00" + code
    if len(code) != OOK_BYTES:
        raise OutOfRange(f"expected {OOK_BYTES} bytes, or 12 without 80 00 00 00, got {len(code)}", 12, OOK_BYTES)
    if not 1 <= repeats <= MOST_REPEATS:
        raise OutOfRange(f"expected 1 to {MOST_REPEATS} repeats, got {repeats}", 1, MOST_REPEATS)
    with session.hub() as hub:
        hub.send_ook(code, repeats)
    return _sent(session, code, repeats, ook_airtime_us(repeats))


def _send_frames(session: Session, frame: bytes, repeats: int) -> int:
    with session.hub() as hub:
        for _ in range(repeats):
            hub.send_fsk(frame)
    return _sent(session, frame, repeats, repeats * fsk_airtime_us(len(frame)))


def _sent(session: Session, frame: bytes, repeats: int, airtime_us: int) -> int:
    session.give({"sent": frame.hex(), "repeats": repeats, "airtime_ms": round(airtime_us / 1000)})
    session.say(f"sent {frame.hex(' ')}, {repeats} times, {airtime_us / 1000:.0f} ms on air")
    return OK


def _bytes(text: str) -> bytes:
    digits = GAP_WORDS.sub("", text)
    try:
        return bytes.fromhex(digits)
    except ValueError:
        raise ConfigError(f"expected bytes in hexadecimal such as '0d 04 02', got {text!r}") from None


def _dictionary(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        raise ConfigError(f"expected a dictionary as JSON or as Python writes it, got {text[:60]!r}") from None
