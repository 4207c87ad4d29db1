"""What mate3_pg is started with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from energy_hw.energenie.pending import default_folder
from energy_hw.sinks.limits import MEGABYTE, Limits
from energy_hw.sinks.postgres import LIMITS
from energy_hw.sinks.thinning import nothing

MEMORY_MB = 16.0
DAY_S = 86400.0


@dataclass(frozen=True)
class Settings:
    """outbox: None for memory alone. close_after_poll: a controller serves one program at a time, so let others in."""

    host: str | None
    port: int
    interval_s: float
    url: str
    outbox: Path | None
    limits: Limits = LIMITS
    hypertables: bool = False
    simulate: bool = False
    close_after_poll: bool = True

    @property
    def waiting_room(self) -> str:
        """Where rows wait, for messages."""
        return str(self.outbox or "memory")


def limits(in_memory: bool, most_mb: float | None, most_days: float) -> Limits:
    """How much may wait, and how long: the oldest go then."""
    most_bytes = int((most_mb or (MEMORY_MB if in_memory else LIMITS.most_bytes / MEGABYTE)) * MEGABYTE)
    age_s = most_days * DAY_S
    if in_memory:
        return Limits(memory_rows=1_000_000, memory_bytes=most_bytes, most_age_s=age_s, thin=nothing)
    return Limits(most_bytes=most_bytes, most_age_s=age_s, thin=nothing)


def default_outbox(environment: Mapping[str, str]) -> Path:
    """Where rows wait: in the folder that a service manager gives, else where the package keeps its state."""
    given = environment.get("STATE_DIRECTORY", "").partition(":")[0]
    return (Path(given) if given else default_folder()) / "mate3-pg.sqlite3"
