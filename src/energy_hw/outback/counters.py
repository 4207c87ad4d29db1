"""What happened between this program and a controller since start."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mate3Counters:
    """Counts only ever rise. Ages in seconds, None for never.

    polls: that gave reports. failed: that did not. reports: of all devices. rediscoveries: times that the blocks were
    found elsewhere than before. changed: times that another device stood on a port. writes: settings and commands
    that were carried out. requests .. falls: of the connection, see links.modbus.ModbusCounters; 0 where the
    registers are not read over one. dropped: reports that a reader was too slow to take.
    """

    polls: int
    failed: int
    reports: int
    rediscoveries: int
    changed: int
    writes: int
    requests: int
    retries: int
    connects: int
    timeouts: int
    strays: int
    exceptions: int
    closed: int
    falls: int
    dropped: int
    callback_errors: int
    callbacks_dropped: int
    last_ok_age_s: float | None


OF_THE_LINK = ("requests", "retries", "connects", "timeouts", "strays", "exceptions", "closed", "falls")


def of_link(registers: object) -> dict[str, int]:
    """Those that a link counts, by name."""
    counted = getattr(registers, "counters", None)
    return {name: int(getattr(counted, name, 0)) for name in OF_THE_LINK}
