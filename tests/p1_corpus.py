"""Telegrams for tests: the captures, and lines put into one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from energy_hw.p1.profiles import PROFILES, Profile
from energy_hw.p1.telegram import Crc, Telegram, crc16
from energy_hw.p1.value import P1Telegram
from energy_hw.reading import Reading

CAPTURES = Path(__file__).parent / "captures" / "p1"
CASES = sorted(path.parent for path in CAPTURES.glob("*/expected_values.json"))
RECEIVED = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
HEADER = "ISK5\\2M550T-1012"


def raw_of(case: str) -> bytes:
    """The bytes of a capture."""
    return (CAPTURES / case / "input.bin").read_bytes()


def lines_of(case: str) -> list[str]:
    """Lines between header and end as they stand there, continuations by themselves."""
    text = raw_of(case).decode("latin-1")
    return [line for line in text[: text.rindex("!")].replace("\r", "").split("\n")[1:] if line]


def raw(*lines: str, header: str = HEADER) -> bytes:
    """A telegram of lines, with its CRC."""
    body = "".join(f"{line}\r\n" for line in (f"/{header}", "", *lines)).encode("latin-1") + b"!"
    return body + b"%04X\r\n" % crc16(body)


def telegram(*lines: str, header: str = HEADER, profile: str | Profile | None = None) -> P1Telegram:
    """The same with the face of a telegram."""
    chosen = PROFILES[profile] if isinstance(profile, str) else profile
    return P1Telegram(raw(*lines, header=header), chosen, RECEIVED)


def cut(data: bytes, crc: Crc = Crc.OK) -> Telegram:
    """As a framer hands it over."""
    return Telegram(data, crc, None, 0)


def only(*lines: str, profile: str | Profile | None = None) -> Reading:
    """The one reading of these lines."""
    (found,) = telegram(*lines, profile=profile).readings
    return found


def expected(case: Path) -> list[list[object]]:
    """Rows as Reading.to_json() has them; numbers with a point are Decimals, digits as sent."""
    rows: list[list[object]] = json.loads((case / "expected_values.json").read_text(), parse_float=Decimal)
    return rows
