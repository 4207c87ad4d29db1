"""What the rest of this folder asks of a controller: holding registers, read and written.

links.modbus.ModbusLink is that over TCP; Dump over a file.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol


class Registers(Protocol):
    """Holding registers at addresses 0..65535, each 0..65535."""

    @property
    def max_read(self) -> int:
        """Registers that one request may ask for; may fall while reading."""

    def session(self) -> AbstractContextManager[object]:
        """For one poll or one write: nobody else's request comes between. Re-entrant."""

    def read(self, address: int, count: int) -> tuple[int, ...]:
        """`count` registers: one request up to max_read, several above.

        Raises ModbusError for an exception response, LinkError where none came, FrameError for one that does not fit.
        """

    def write(self, address: int, values: Sequence[int]) -> None:
        """Write registers, once: never sent again by itself. Raises as read()."""
