"""Simulated P1 meters for tests, and a reader of telegrams that is none of the package's."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from energy_hw.sim.p1_line import Faults, P1Line
from energy_hw.sim.p1_meter import P1Meter
from energy_hw.sim.p1_setup import Setup

START = datetime(2026, 1, 15, 11, 0, tzinfo=UTC)  # a Thursday, noon in Amsterdam
MIDSUMMER = datetime(2026, 7, 15, 10, 0, tzinfo=UTC)
TELEGRAM = re.compile(rb"/[A-Za-z]{3}[^\r]*\r\n\r\n(?:[^!]|(?<!\n)!)*\n!([0-9A-F]{4})?\r\n")


def meter_of(name: str = "nl5", start: datetime = START, **options: object) -> P1Meter:
    return P1Meter(Setup(name, **options), start, seed=1)  # type: ignore[arg-type]


def line_of(name: str = "nl5", start: datetime = START, faults: Faults | None = None, **options: object) -> P1Line:
    return P1Line(meter_of(name, start, **options), seed=1, faults=faults)


def checksum(data: bytes) -> bytes:
    """CRC-16/ARC as the standard says it, bit by bit."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return b"%04X" % crc


def telegrams_in(data: bytes) -> list[bytes]:
    """Whole telegrams with a right checksum; of those with none, what has no other header in it."""
    found = [TELEGRAM.match(data, header.start()) for header in re.finditer(rb"/[A-Za-z]{3}", data)]
    return [m[0] for m in found if m and (m[1] == checksum(m[0][: m[0].rindex(b"!") + 1]) if m[1] else _is_one(m[0]))]


def _is_one(telegram: bytes) -> bool:
    return telegram.count(b"/") == 1


def text(telegram: bytes, code: str) -> str:
    """What stands in the brackets of a code, joined by bars."""
    (line,) = (line for line in telegram.decode("latin-1").split("\r\n") if line.startswith(f"{code}("))
    return line[len(code) + 1 : -1].replace(")(", "|")


def value(telegram: bytes, code: str) -> float:
    """The number that ends it, in its unit."""
    return float(text(telegram, code).split("|")[-1].split("*")[0])
