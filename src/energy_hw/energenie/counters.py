"""What an operator wants to know of the hub: counts that only ever go up."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from energy_hw.core.interface import RadioCounters


@dataclass(frozen=True, slots=True)
class OrderCounters:
    """What became of all orders since start. `waiting` alone goes down again."""

    waiting: int = 0
    """Not settled now."""
    taken: int = 0
    refused: int = 0
    """Not taken: too many waited."""
    confirmed: int = 0
    assumed: int = 0
    replaced: int = 0
    expired: int = 0
    failed: int = 0
    cancelled: int = 0
    resent: int = 0
    """Tries after the first."""
    contradicted: int = 0
    """Reports that said otherwise than ordered."""
    spaced: int = 0
    """Held back because the same relay was switched just before."""
    deferred: int = 0
    """Bursts held back for a report that was due."""
    over_budget: int = 0
    """Had to wait for airtime, or were refused for want of it."""
    listened: int = 0
    """Tries that found the channel taken, and waited."""
    jammed: int = 0
    """Tries on a channel that stayed taken."""
    unaudited: int = 0
    """Did not reach the audit file."""


@dataclass(slots=True)
class HubCounters:
    """What happened since start; only ever counts up."""

    frames: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """Frames thrown away, by reason: the exception's name, `ghost`, or `length` (refused by its first byte)."""
    radio: RadioCounters = field(default_factory=RadioCounters)
    orders: OrderCounters = field(default_factory=OrderCounters)
    radio_lost: int = 0
    missed_s: float = 0.0
    """Time in which a frame could not have been heard: the radio was away, or listened to hand controllers."""
    edges_missed: int = 0
    """Frames found by looking although DIO0 is wired; the radio is polled for a minute then."""
    repaired: int = 0
    """Registers found changed by themselves, and loaded again."""
    dropped: int = 0
    """Reports that a reader was too slow to take."""
    callback_errors: int = 0
