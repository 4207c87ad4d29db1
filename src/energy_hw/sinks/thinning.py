"""Fewer rows of a long outage, rather than none of its beginning."""

from __future__ import annotations

from collections.abc import Sequence

from energy_hw.sinks.row import Info

LEVELS_MS = (10_000, 60_000)
"""First one row in ten seconds is enough, then one in a minute."""


def one_per_interval(rows: Sequence[Info], interval_ms: int) -> set[int]:
    """Of each key and kind keep the newest row of every interval, the first row and the last; the seq of the others.

    Meter registers only count up, so the newest row of an interval says what the ones before it said.
    """
    keep: set[int] = set()
    newest: dict[tuple[str, str, int], int] = {}
    ends: dict[tuple[str, str], tuple[int, int]] = {}
    for row in rows:
        whose = row.key, row.kind
        newest[(*whose, row.born_ms // interval_ms)] = row.seq
        ends[whose] = ends[whose][0] if whose in ends else row.seq, row.seq
    keep.update(newest.values(), *ends.values())
    return {row.seq for row in rows} - keep


def nothing(rows: Sequence[Info], interval_ms: int) -> set[int]:
    """For rows of which each one counts."""
    return set()
