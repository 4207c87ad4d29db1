"""Requests to a simulated Mate3, its answers, and what can go wrong with them.

Source of the frame: Modbus Messaging on TCP/IP Implementation Guide V1.0b.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

READ, WRITE_ONE, WRITE_MANY = 3, 6, 16
ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Request:
    """One request: values is empty for a read."""

    unit: int
    function: int
    address: int
    count: int
    values: tuple[int, ...] = ()


@dataclass(slots=True)
class Answer:
    """What goes back: registers or an exception code, after delay_s."""

    registers: tuple[int, ...] = ()
    code: int = 0
    delay_s: float = 0.0
    silent: bool = False
    hangs_up: bool = False
    cuts: list[object] = field(default_factory=list)

    def pieces(self, frame: bytes) -> Iterator[tuple[float, bytes]]:
        """(seconds to wait, bytes to send) for the frame."""
        if not self.silent:
            yield self.delay_s, frame
