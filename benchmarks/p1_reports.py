"""P1: telegrams of DSMR 5 (884 bytes, CRC checked) to reports and readings; CPU time, best of seven.

The telegrams are those of one meter, second by second: time, energy, powers, currents and voltages differ from one to
the next, the rest does not. A meter sends one each second.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import Row
from energy_hw.p1 import lines, report
from energy_hw.p1 import telegram as frames
from energy_hw.p1.report import to_report
from energy_hw.p1.telegram import Crc, P1Framer, Telegram, crc16
from energy_hw.p1.value import P1Telegram
from energy_hw.reading import Report

CAPTURE = Path(__file__).parents[1] / "tests/captures/p1/nl_5_0_isk5_2m550t_1013_335ab0/input.bin"
TELEGRAMS, ROUNDS, CHUNK = 1000, 7, 4096
MANY, WARM, EACH = 1_000_000, 200_000, 10
RECEIVED = datetime(2026, 1, 15, tzinfo=UTC)
LIMITS_US = {"python": (1e6 / 6_000, 1e6 / 4_000), "c": (1e6 / 50_000, 1e6 / 8_000)}
IMPORT = "import time; b = time.perf_counter(); import {0}; print((time.perf_counter() - b) * 1e3)"


def run() -> list[Row]:
    """Microseconds per telegram, beside telegrams a second in the name."""
    telegrams = [_vary(CAPTURE.read_bytes(), second) for second in range(TELEGRAMS)]
    stream = b"".join(telegrams)
    chunks = [stream[at : at + CHUNK] for at in range(0, len(stream), CHUNK)]
    rows = []
    for name, scan in (("python", lines.scan_lines), ("c", frames.scan_lines)):
        lazy_us, whole_us = LIMITS_US[name]
        report.scan_lines = scan  # type: ignore[attr-defined]  # what core.get() would choose
        rows += [
            _row(f"{name}: to a report", lambda name=name: _reports(name, chunks, lambda made: 1), lazy_us),
            _row(f"{name}: and every reading", lambda name=name: _reports(name, chunks, _readings), whole_us),
        ]
    rows.append(
        _row(
            "as dsmrRESTServer's dictionary", lambda: len([P1Telegram(raw).to_dict("seed") for raw in telegrams]), None
        )
    )
    return [*rows, _growth(telegrams), _import("energy_hw.p1", 50), _import("energy_hw.p1.report", None)]


def _vary(raw: bytes, second: int) -> bytes:
    """The telegram of another second."""
    power = b"%02d.%03d" % (second % 7, second * 37 % 1000)
    for old, new in (
        (b"231026204015S", b"231026%02d%02d%02dS" % (second // 3600 % 24, second // 60 % 60, second % 60)),
        (b"000032.159", b"%06d.%03d" % (32 + second // 1000, second % 1000)),
        (b"00.302", power),
        (b"00.250", power),
        (b"00.042", b"00.%03d" % (second * 11 % 1000)),
        (b"234.3*V", b"23%d.%d*V" % (second % 9, second % 10)),
        (b"230.8*V", b"23%d.%d*V" % (second // 3 % 9, second % 10)),
        (b"(001*A)", b"(%03d*A)" % (second % 25)),
    ):
        raw = raw.replace(old, new)
    body = raw[: raw.rindex(b"!") + 1]
    return body + b"%04X\r\n" % crc16(body)


def _row(what: str, call: Callable[[], int], limit_us: float | None) -> Row:
    best = min(_timed(call) for _ in range(ROUNDS))
    return Row(f"{what} ({TELEGRAMS / best:,.0f} telegrams/s)", best / TELEGRAMS * 1e6, "us/telegram", limit_us)


def _timed(call: Callable[[], int]) -> float:
    began = time.process_time()
    count = call()
    elapsed = time.process_time() - began
    assert count == TELEGRAMS, f"expected {TELEGRAMS} telegrams, got {count}"
    return elapsed


def _reports(implementation: str, chunks: list[bytes], touch: Callable[[Report], int]) -> int:
    framer, count = P1Framer(implementation=implementation), 0
    for chunk in chunks:
        for event in framer.feed(chunk):
            if isinstance(event, Telegram):
                count += touch(to_report(event, RECEIVED, "benchmark"))
    return count + sum(isinstance(event, Telegram) for event in framer.idle())


def _readings(made: Report) -> int:
    return int(len(made.readings) > 40)


def _growth(telegrams: list[bytes]) -> Row:
    """How far the peak of memory rises from the 200,000th telegram to the millionth; readings of each tenth."""
    head, _, tail = telegrams[0].partition(b"000032.000")
    peak_kb = 0
    for number in range(MANY):
        made = to_report(Telegram(b"%s%06d.000%s" % (head, number, tail), Crc.OK, 0, 0), RECEIVED, "benchmark")
        assert number % EACH or made.readings
        if number == WARM:
            peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak_kb
    return Row("memory, from 200,000 to 1,000,000 telegrams", float(grown_kb), "KiB", 512)


def _import(module: str, limit_ms: float | None) -> Row:
    command = [sys.executable, "-c", IMPORT.format(module)]
    best = min(float(subprocess.run(command, capture_output=True, check=True).stdout) for _ in range(ROUNDS))
    return Row(f"import {module}", best, "ms", limit_ms)
