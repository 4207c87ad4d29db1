"""The scanner of Teleinfo frames in C, csrc/tic.c, behind the same interface as scan.py.

C writes a line for each event, and split() makes bytes objects of them: no call crosses for a single group.
"""

from __future__ import annotations

from struct import unpack_from
from typing import Any

from energy_hw.teleinfo.tic import Event, Mark, Parity, TicCounters

SLICE = 16384  # bytes looked at together
MARKS = {mark.value: mark for mark in Mark}


class CScanner:
    """tic.Scanner. Thread safety: one thread at a time."""

    def __init__(self, native: Any, parity: Parity) -> None:
        """native: what core.native() gives."""
        self._lib, self._ffi = native.lib, native.ffi
        self._tic = self._ffi.new("struct ehw_tic *")
        self._room = 2 * SLICE + self._lib.EHW_TIC_ROOM
        self._lines = bytearray(self._room)
        self._view = memoryview(self._lines)
        self._events = self._ffi.from_buffer("uint8_t *", self._lines)
        self._ways = {self._lib.EHW_BIT_7_PARITY: True, self._lib.EHW_BIT_7_UNUSED: False}
        self._lib.ehw_tic_init(self._tic, list(Parity).index(parity))

    def feed(self, data: bytes) -> list[Event]:
        """See tic.Scanner."""
        if len(data) <= SLICE:
            return self._feed(data)
        return [event for at in range(0, len(data), SLICE) for event in self._feed(data[at : at + SLICE])]

    def _feed(self, data: bytes) -> list[Event]:
        written = self._lib.ehw_tic_feed(self._tic, data, len(data), self._events, self._room)
        lines = bytes(self._view[:written]).split(b"\n")
        del lines[-1]  # behind the last LF
        return [line if len(line) > 1 else MARKS[line] for line in lines]

    def reset(self) -> None:
        """See tic.Scanner."""
        self._lib.ehw_tic_reset(self._tic)

    @property
    def counters(self) -> TicCounters:
        """See tic.Scanner."""
        return TicCounters(*unpack_from(f"={len(TicCounters.__slots__)}Q", self._ffi.buffer(self._tic)))

    @property
    def parity_seen(self) -> bool | None:
        """See tic.Scanner."""
        return self._ways.get(self._lib.ehw_tic_bit_7(self._tic))
