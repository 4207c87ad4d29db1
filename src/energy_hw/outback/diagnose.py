"""How the connection to a controller does, in data and in words with the next step."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from energy_hw.errors import LayoutChanged, LinkBusy, LinkError, LinkTimeout, ModbusError, NotSunSpec


class Health(StrEnum):
    """From well to gone."""

    GOOD = "good"
    IDLE = "idle"  # nothing was read yet
    STALE = "stale"  # values are older than three intervals, and nothing failed
    REFUSED = "refused"  # an exception response
    DAMAGED = "damaged"  # answers that do not fit
    CHANGING = "changing"  # the chain of models does not hold still
    FOREIGN = "foreign"  # something answers, but no SunSpec
    SILENT = "silent"  # connected, and no answer
    BUSY = "busy"  # another thread holds the connection
    AWAY = "away"  # no connection
    ENDED = "ended"  # closed by this program


@dataclass(slots=True)
class State:
    """What the polls came to. ok_at: monotonic seconds of the last one that worked; trouble: of the last, if not."""

    ok_at: float | None = None
    trouble: Exception | None = None
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """health, what it is called in words with the next step, and the facts. Ages are seconds, None for never."""

    health: Health
    text: str
    ok_age_s: float | None

    def __str__(self) -> str:
        return f"{self.health}: {self.text}"


KINDS: tuple[tuple[type[Exception], Health], ...] = (
    (LinkTimeout, Health.SILENT),
    (LinkBusy, Health.BUSY),
    (LinkError, Health.AWAY),
    (ModbusError, Health.REFUSED),
    (NotSunSpec, Health.FOREIGN),
    (LayoutChanged, Health.CHANGING),
)


def diagnose(state: State, stale_s: float, devices: str, now: float) -> Diagnosis:
    """devices: what was found, in words. stale_s: age above which values are old. Pure: safe from any thread."""
    health = _health(state, stale_s, now)
    age = None if state.ok_at is None else now - state.ok_at
    return Diagnosis(health, _text(health, state, devices, age), age)


def kind_of(trouble: Exception) -> Health:
    """What a poll that failed with this says about the controller."""
    return next((health for kind, health in KINDS if isinstance(trouble, kind)), Health.DAMAGED)


def _health(state: State, stale_s: float, now: float) -> Health:
    if state.ended:
        return Health.ENDED
    if state.trouble is not None:
        return kind_of(state.trouble)
    if state.ok_at is None:
        return Health.IDLE
    return Health.GOOD if now - state.ok_at <= stale_s else Health.STALE


def _text(health: Health, state: State, devices: str, age: float | None) -> str:
    if state.trouble is not None and not state.ended:
        last = "nothing was read yet" if age is None else f"the last good read was {age:.0f} s ago"
        return f"{state.trouble}; {last}"
    return {Health.GOOD: devices, Health.STALE: f"{devices}, read {age or 0:.0f} s ago: {TEXTS[Health.STALE]}"}.get(
        health, TEXTS.get(health, "")
    )


TEXTS = {
    Health.IDLE: "nothing was read yet: iterate over it, or read()",
    Health.STALE: "nothing polls it: iterate over it, or read() again",
    Health.ENDED: "the connection was closed by this program",
}
