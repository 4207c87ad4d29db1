"""What a simulated serial link or pseudo terminal needs of a simulated line."""

from __future__ import annotations

from typing import Protocol


class Wire(Protocol):
    """Characters by time, in simulated seconds since the start. Thread safety: one thread at a time."""

    @property
    def baudrate(self) -> int:
        """At which the meter sends now."""

    def until(self, now_s: float) -> bytes:
        """The characters that came since the last call, as a port with 8N1 sees them."""

    def next_s(self, ends: bytes = b"") -> float:
        """When to look next: with ends, when a part that ends with one of these is through."""
