"""GPIO lines through the C core. Source: csrc/lines.c."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from typing import Any

from energy_hw._core import ffi, lib
from energy_hw.core.c_board import _check, _explain_pins
from energy_hw.errors import LinkClosed
from energy_hw.links.clock import Clock, SystemClock


class NativeLines:
    """links.lines.Lines over lines.c. Thread safety: one thread at a time."""

    def __init__(self, numbers: Sequence[int], label: str | None = None) -> None:
        """label: of the GPIO chip, by default that of a Raspberry Pi, up to the 5.

        Raises NodeMissing, PermissionDenied, LinkBusy (naming line and holder) or LinkError.
        """
        self.name = label or "GPIO"
        self.clock: Clock = SystemClock()
        self._bits = {number: 1 << index for index, number in enumerate(numbers)}
        handle, culprit = ffi.new("struct ehw_lines **"), ffi.new("struct ehw_culprit *")
        wanted = ffi.NULL if label is None else label.encode()
        status = lib.ehw_lines_open(wanted, bytes(numbers), len(numbers), handle, culprit)
        if status:
            raise _explain_pins(status, culprit, label)
        self._handle: Any = ffi.gc(handle[0], lib.ehw_lines_close)

    def set(self, high: Collection[int]) -> None:
        if self._handle is None:
            raise LinkClosed("the GPIO lines are released: open the board again")
        _check(lib.ehw_lines_set(self._handle, sum(self._bits[number] for number in high)))

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def close(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            ffi.release(handle)
