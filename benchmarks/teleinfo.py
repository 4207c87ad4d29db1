"""Teleinfo: a noisy standard stream to checked groups, typed datasets and readings; CPU time, best of twenty.

The stream is the capture linky_three_phase_standard over and over, as a port without parity delivers it (bit 7 is the
parity), in chunks of 4 KiB, and for comparison a group a call, as a tty in canonical mode gives it. A line at 9600 baud
is 960 bytes a second.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import Row
from energy_hw import core
from energy_hw.errors import RecordError
from energy_hw.teleinfo.dataset import parse_dataset
from energy_hw.teleinfo.frame import TicParser, with_parity
from energy_hw.teleinfo.report import FrameBuilder, to_report

CAPTURE = Path(__file__).parents[1] / "tests/captures/teleinfo/linky_three_phase_standard/input.bin"
TIMES, CHUNK, ROUNDS = 40, 4096, 20
GROUPS = 474 * TIMES
LIMITS = {"python": 1e3 / 12, "c": None}  # 12 MB/s
SCAN_LIMIT = 1e3 / 200
TYPED_LIMIT = 1e3 / 4


def run() -> list[Row]:
    """Nanoseconds per byte, beside MB/s in the name."""
    data = with_parity(CAPTURE.read_bytes()) * TIMES
    chunks = [data[at : at + CHUNK] for at in range(0, len(data), CHUNK)]
    lines = re.findall(rb"[^\x8d]*(?:\x8d|\Z)", data)
    rows = []
    for name in core.NAMES:
        rows += [
            _row(f"{name}: to checked groups", data, lambda name=name: _groups(name, chunks), LIMITS[name]),
            _row(f"{name}: the same, a group a call", data, lambda name=name: _groups(name, lines), None),
            _row(f"{name}: to typed datasets", data, lambda name=name: _datasets(name, chunks), TYPED_LIMIT),
            _row(f"{name}: to reports with all readings", data, lambda name=name: _readings(name, chunks), TYPED_LIMIT),
        ]
    return [*rows, _row("c: to checked groups, no object made for each", data, _scan(data), SCAN_LIMIT)]


def _row(what: str, data: bytes, call: Callable[[], int], limit: float | None) -> Row:
    best = min(_timed(call) for _ in range(ROUNDS))
    return Row(f"{what} ({len(data) / best / 1e6:.1f} MB/s)", best / len(data) * 1e9, "ns/byte", limit)


def _timed(call: Callable[[], int]) -> float:
    began = time.process_time()
    groups = call()
    elapsed = time.process_time() - began
    assert groups >= GROUPS, f"expected {GROUPS} groups or more, got {groups}"
    return elapsed


def _groups(implementation: str, chunks: list[bytes]) -> int:
    parser = TicParser(implementation=implementation)
    for chunk in chunks:
        parser.feed(chunk)
    return parser.counters.groups


def _datasets(implementation: str, chunks: list[bytes]) -> int:
    """Groups are counted whether or not their content is that of their label."""
    parser = TicParser(implementation=implementation)
    for chunk in chunks:
        for event in parser.feed(chunk):
            if isinstance(event, bytes):
                _parse(event)
    return parser.counters.groups


def _readings(implementation: str, chunks: list[bytes]) -> int:
    """All the way: frames, reports, and what their codes mean."""
    parser, builder, received = TicParser(implementation=implementation), FrameBuilder(), datetime.now(UTC)
    for chunk in chunks:
        for event in parser.feed(chunk):
            if frame := builder.feed(event):
                assert to_report(frame, received, "benchmark").readings
    return parser.counters.groups


def _parse(group: bytes) -> None:
    try:
        parse_dataset(group)
    except RecordError:
        return


def _scan(data: bytes) -> Callable[[], int]:
    """ehw_tic_feed() as a C program calls it: groups and marks as lines in one buffer."""
    native = core.native("c")
    assert native is not None
    lib, room = native.lib, 2 * len(data) + native.lib.EHW_TIC_ROOM
    tic, events = native.ffi.new("struct ehw_tic *"), native.ffi.new("uint8_t[]", room)

    def call() -> int:
        lib.ehw_tic_init(tic, lib.EHW_PARITY_SOFT)
        written = lib.ehw_tic_feed(tic, data, len(data), events, room)
        assert written > 0
        return int(tic.counters.groups)

    return call
