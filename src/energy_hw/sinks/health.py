"""What an outbox can tell about itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID


class State(StrEnum):
    """ok: on disk. degraded: the disk fails, rows are kept in memory until it comes back. memory: none is wanted."""

    OK = "ok"
    DEGRADED = "degraded"
    MEMORY = "memory"


@dataclass(frozen=True, slots=True)
class TargetHealth:
    """One target; counts since the start.

    pending: rows that it has yet to get. dropped: rows that it never got, by reason. paused: waits for resume().
    last_error: "" once a batch went through. stopped: its thread ended, or did not when it was told to.
    """

    delivered: int = 0
    pending: int = 0
    failures: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    paused: bool = False
    last_error: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """All of an outbox at one moment; counts since the start.

    reason: why it is degraded. stored: rows that reached the disk. delivered: rows that are with every target.
    dropped: rows lost to somebody, by reason (quota, age, memory, corrupt). thinned: rows that made way for others of
    their key. refused: rows that put() did not take. rows, bytes: what waits, on disk and in memory; the bytes on disk
    are those of the file in use. oldest_s: running time since the oldest waiting row was taken. salvaged: rows saved
    from a damaged file, put_aside: such files. ballast: whether the reserve for a full disk is there.
    """

    state: State
    outbox: UUID
    reason: str = ""
    stored: int = 0
    delivered: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    thinned: int = 0
    refused: int = 0
    rows: int = 0
    bytes: int = 0
    oldest_s: float = 0.0
    in_memory: int = 0
    commits: int = 0
    salvaged: int = 0
    put_aside: int = 0
    ballast: bool = False
    targets: Mapping[str, TargetHealth] = field(default_factory=dict)
