"""Decode and encode through the public interface of each core: best of forty rounds, per call."""

from __future__ import annotations

import timeit

from benchmarks import Row
from energy_hw import core as cores
from energy_hw.core.message import Message, Record

REPORT = bytes.fromhex("1c0402580b552423bcd2ac508d265ba2cf74b773474aa9f197f1f03f23")
SWITCH_ON = Message(4, 2, 0x0100, 0x373, (Record(0x73, True, 0, b"\x01", 1),))
CALLS = 2000
LIMITS = {("c", "decode"): 6.0, ("python", "decode"): 15.0, ("c", "encode"): 5.0, ("python", "encode"): 15.0}


def run() -> list[Row]:
    """Microseconds per frame, both cores."""
    rows = []
    for name in cores.NAMES:
        core = cores.get(name)
        rows += [
            _row(
                name,
                "decode",
                "a 29-byte MIHO005 report to a Message with values",
                lambda core=core: core.decode(REPORT),
            ),
            _row(name, "encode", "a switch command", lambda core=core: core.encode(SWITCH_ON)),
        ]
    return rows


def _row(core: str, verb: str, what: str, call: object) -> Row:
    best = min(timeit.repeat(call, number=CALLS, repeat=40)) / CALLS * 1e6  # type: ignore[arg-type]
    return Row(f"{core}: {verb} {what}", best, "us", LIMITS[core, verb])
