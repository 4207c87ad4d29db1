"""How much an outbox may hold, and how long a row may wait for the disk."""

from __future__ import annotations

from dataclasses import dataclass

from energy_hw.sinks.row import Thinner
from energy_hw.sinks.thinning import one_per_interval

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The defaults hold two days of five devices that report every second.

    most_bytes: of the file; then rows are thinned, then the oldest go. most_age_s: of running time; then a row goes.
    commit_rows, commit_interval_s: a commit comes with whichever is reached first; the interval is what a power cut
    can take. memory_rows, memory_bytes: what waits in memory for a commit, or for a disk that fails. row_bytes: of
    one body. ballast_bytes: kept for the moment when the disk is full. retry_s: how often a failed disk is tried.
    """

    most_bytes: int = 100 * MEGABYTE
    most_age_s: float = 30 * 86400.0
    commit_rows: int = 100
    commit_interval_s: float = 5.0
    memory_rows: int = 10_000
    memory_bytes: int = 16 * MEGABYTE
    row_bytes: int = MEGABYTE
    ballast_bytes: int = 4 * MEGABYTE
    retry_s: float = 10.0
    thin: Thinner = one_per_interval
