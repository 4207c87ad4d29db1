"""What happened on a meter's line since start."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass

from energy_hw.p1.cosem import parse_body
from energy_hw.p1.line import Line
from energy_hw.reading import Report

BINS_S = (0.5, 1.5, 3.0, 6.0, 12.0, 30.0)
"""Upper edges of the intervals that are counted; the last bin has no edge."""
UNKNOWN = "unknown_"


@dataclass(frozen=True, slots=True)
class MeterCounters:
    """What came, and what became of it; counts only ever rise. Ages and intervals in seconds, None for never.

    ok: telegrams that became reports. no_crc: those of them without a checksum. bad_crc .. parity: refused, see
    wire.P1Counters; among `refused` also those without a checksum where one is due. resync_bytes: bytes in nothing
    that was read. ciphered: whole encrypted frames; of these no_key, decrypt_fail (wrong key, or damaged),
    tag_unverified (read, and only its checksum vouches for it), replayed. bad_lines, unknown_obis: lines that are no
    object, objects that no table knows. doubted: values held back because they cannot follow from the ones before.
    dropped: reports that a reader was too slow to take. clock_skew_s: the meter's time minus this machine's.
    intervals: how many lay between BINS_S.
    """

    bytes: int
    ok: int
    no_crc: int
    bad_crc: int
    refused: int
    oversize: int
    truncated: int
    parity: int
    hdlc: int
    resync_bytes: int
    ciphered: int
    no_key: int
    decrypt_fail: int
    tag_unverified: int
    replayed: int
    bad_lines: int
    unknown_obis: int
    doubted: int
    speed_changes: int
    lost: int
    reopened: int
    dropped: int
    callback_errors: int
    callbacks_dropped: int
    last_ok_age_s: float | None
    interval_s: float | None
    intervals: tuple[int, ...]
    clock_skew_s: float | None


class Tally:
    """Counts what only the reports show. Thread safety: one thread takes, any thread reads."""

    def __init__(self) -> None:
        self.ok = self.no_crc = self.bad_lines = self.unknown_obis = 0
        self.clock_skew_s: float | None = None
        self._bins = Counter[int]()
        self._last_at: float | None = None

    def take(self, report: Report, at: float) -> None:
        """A report came, at monotonic time at."""
        self.ok += 1
        self.no_crc += report.integrity == "absent"
        self.bad_lines += len(parse_body(report.raw).bad)
        self.unknown_obis += sum(reading.name.startswith(UNKNOWN) for reading in report)
        if report.time is not None:
            self.clock_skew_s = (report.time - report.received).total_seconds()
        if self._last_at is not None:
            self._bins[bisect_left(BINS_S, at - self._last_at)] += 1
        self._last_at = at

    @property
    def intervals(self) -> tuple[int, ...]:
        """How many between two telegrams lay in each bin."""
        return tuple(self._bins[bin_] for bin_ in range(len(BINS_S) + 1))


def of_line(line: Line, no_crc: int, now: float) -> dict[str, int | float | None]:
    """Those of MeterCounters that a line knows, by name. no_crc: of the telegrams without checksum, the believed."""
    outer, inner, key = line.wire, line.inner_wire, line.decipher
    return {
        "bytes": outer.bytes,
        "no_crc": no_crc,
        "refused": outer.refused + inner.refused + max(outer.absent + inner.absent - no_crc, 0),
        "oversize": outer.oversize + inner.oversize,
        "truncated": outer.truncated + inner.truncated,
        "bad_crc": outer.bad + inner.bad,
        "parity": outer.parity,
        "hdlc": outer.hdlc,
        "resync_bytes": outer.resync_bytes,
        "ciphered": outer.ciphered,
        "no_key": line.no_key,
        "decrypt_fail": key.refused if key else 0,
        "tag_unverified": key.unverified if key else 0,
        "replayed": key.replays if key else 0,
        "last_ok_age_s": None if line.state.good_at is None else now - line.state.good_at,
        "interval_s": line.interval_s,
    }
