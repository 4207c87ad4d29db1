"""Streams of a P1 port for tests of the framer: telegrams, frames, damage."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

from energy_hw.p1.telegram import Event, Mark, P1Counters, P1Framer, crc16

CAPTURES = Path(__file__).parent / "captures" / "p1"
CASES = sorted(path.parent for path in CAPTURES.glob("*/input.bin"))
DSMR5 = (CAPTURES / "nl_5_0_isk5_2m550t_1011_f6cd5c/input.bin").read_bytes()
HUNGARIAN = (CAPTURES / "derived_derived_hu_slash_header/input.bin").read_bytes()
DSMR2 = (CAPTURES / "nl_2_2_3_0_isk5_2mt382_1004_db3b84/input.bin").read_bytes()
SHORT = (CAPTURES / "nl_4_2_kfm5kaifa_meter_2ee229/input.bin").read_bytes()
AIDON = (CAPTURES / "se_fi_aidon_6511/input.bin").read_bytes()
CIPHERED = [path.read_bytes() for path in sorted(CAPTURES.glob("encrypted/[!l]*/input.bin"))]
STREAM = CAPTURES / "streams/nl5_isk_1hz"
EVEN = bytes(byte & 0x7F | (byte & 0x7F).bit_count() % 2 << 7 for byte in range(256))
"""Characters with even parity in bit 7."""

Story = tuple[list[Event], P1Counters]


def expected_of(case: Path) -> dict[str, object]:
    """What expected.json says."""
    found: dict[str, object] = json.loads((case / "expected.json").read_text())
    return found


def closed(body: bytes, form: bytes = b"%04X\r\n") -> bytes:
    """A telegram up to `!`, and its CRC."""
    return body + form % crc16(body, "python")


def with_header(header: bytes, *lines: bytes) -> bytes:
    """A telegram with a good CRC."""
    return closed(b"/" + header + b"\r\n\r\n" + b"".join(line + b"\r\n" for line in lines) + b"!")


def hdlc(content: bytes) -> bytes:
    """A frame of ISO/IEC 13239, format type 3, between flags."""
    body = (0xA000 | len(content) + 4).to_bytes(2, "big") + content
    fcs = 0xFFFF
    for byte in body:
        fcs ^= byte
        for _ in range(8):
            fcs = fcs >> 1 ^ (0x8408 if fcs & 1 else 0)
    return b"~" + body + (fcs ^ 0xFFFF).to_bytes(2, "little") + b"~"


def in_chunks(data: bytes, dice: Random) -> list[bytes]:
    """Cut at up to twenty places."""
    ends = sorted(dice.randrange(len(data) + 1) for _ in range(dice.randrange(20)))
    return [data[start:end] for start, end in zip([0, *ends], [*ends, len(data)], strict=True)]


def tell(data: bytes, implementation: str, idle: bool = False, **options: object) -> Story:
    """Everything that a framer says of these bytes; idle: and of a pause at their end."""
    framer = P1Framer(implementation=implementation, **options)  # type: ignore[arg-type]
    events = framer.feed(data)
    if idle:
        events += framer.idle()
    return events, framer.counters


def raws(events: list[Event]) -> list[bytes]:
    """Telegrams and ciphered frames, without marks."""
    return [event.raw for event in events if not isinstance(event, Mark)]
