"""P1: telegrams of DSMR 5, 884 bytes each, to checked telegrams, lines and columns; CPU time, best of seven.

The telegram is the capture nl_5_0_isk5_2m550t_1011_f6cd5c over and over, CRC checked, in chunks of 4 KiB. A meter of
DSMR 5 sends one a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import Row
from energy_hw import core
from energy_hw.p1.many import parse_many
from energy_hw.p1.telegram import P1Framer, Telegram, crc16, scan_lines

CAPTURE = Path(__file__).parents[1] / "tests/captures/p1/nl_5_0_isk5_2m550t_1011_f6cd5c/input.bin"
TIMES, CHUNK, ROUNDS = 1000, 4096, 7
MANY = 5000
FRAME_LIMITS = {"c": 1e6 / 50_000, "python": 80.0}  # microseconds; all the way to a Report, and for the framer alone
MANY_LIMIT = 1e6 / 300_000


def run() -> list[Row]:
    """Microseconds for a telegram, beside telegrams a second in the name."""
    raw = CAPTURE.read_bytes()
    data = raw * TIMES
    chunks = [data[at : at + CHUNK] for at in range(0, len(data), CHUNK)]
    rows = []
    for name in core.NAMES:
        rows += [
            _row(f"{name}: CRC alone", TIMES, lambda name=name: _crcs(name, raw), None),
            _row(
                f"{name}: to checked telegrams", TIMES, lambda name=name: _telegrams(name, chunks), FRAME_LIMITS[name]
            ),
            _row(f"{name}: to lines and groups", TIMES, lambda name=name: _lines(name, chunks), None),
        ]
    large = raw * MANY
    rows.append(_row("python: to columns", TIMES, lambda: len(parse_many(data, implementation="python").crc), None))
    return [*rows, _row("c: to columns", MANY, lambda: len(parse_many(large, implementation="c").crc), MANY_LIMIT)]


def _row(what: str, telegrams: int, call: Callable[[], int], limit: float | None) -> Row:
    best = min(_timed(call, telegrams) for _ in range(ROUNDS))
    return Row(f"{what} ({telegrams / best:,.0f} telegrams/s)", best / telegrams * 1e6, "us", limit)


def _timed(call: Callable[[], int], telegrams: int) -> float:
    began = time.process_time()
    found = call()
    elapsed = time.process_time() - began
    assert found == telegrams, f"expected {telegrams} telegrams, got {found}"
    return elapsed


def _crcs(implementation: str, raw: bytes) -> int:
    text = raw[:-6]
    return sum(crc16(text, implementation) == 0x1F28 for _ in range(TIMES))


def _telegrams(implementation: str, chunks: list[bytes]) -> int:
    framer = P1Framer(implementation=implementation)
    return sum(len(framer.feed(chunk)) for chunk in chunks)


def _lines(implementation: str, chunks: list[bytes]) -> int:
    """Code and groups of every line."""
    framer, found = P1Framer(implementation=implementation), 0
    for chunk in chunks:
        for event in framer.feed(chunk):
            assert isinstance(event, Telegram)
            found += len(scan_lines(event.raw, implementation)) == 35
    return found
