"""The daily log of a charge controller or battery monitor: one day of the last 128, or 400.

    64112/55, 64119/26   write: which day is shown, 0 today, 1 yesterday ...
    64112/56, 64119/27   read:  which day is shown now: the controller takes a while to fetch it
    64112/57..65, 64119/28..34   that day

What is shown is no setting, so the journal says nothing of it; who stands there is checked as for every write.
Source: OutBack AXS Port application note rev 5; how long the controller may take is documented nowhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from energy_hw.errors import (
    EnergyHwError,
    FrameError,
    IdentityChanged,
    LinkTimeout,
    NotConfirmed,
    NotWritable,
    OutOfRange,
)
from energy_hw.links.clock import Clock, SystemClock
from energy_hw.outback.chain import Block
from energy_hw.outback.identity import Fingerprint
from energy_hw.outback.looking import Gone, Looker, NotYet, Sight, adding
from energy_hw.outback.registers import Registers
from energy_hw.outback.tables import points
from energy_hw.outback.types import Point
from energy_hw.outback.values import PointValue, decode_block

SET, SHOWN = "set_data_log_day_offset", "get_current_data_log_day_offset"
WITHIN_S, LOOK_EVERY_S = 15.0, 0.5


@dataclass(frozen=True, slots=True)
class DayLog:
    """One day. days_ago: 0 is today, by the controller's clock. values: the points of that day by name."""

    device: str
    days_ago: int
    values: Mapping[str, PointValue]


class DayLogs:
    """Reads days. Thread safety: call from any thread; a day is one session of the registers."""

    def __init__(
        self,
        registers: Registers,
        *,
        clock: Clock | None = None,
        sleep: Callable[[float], object] = time.sleep,
        within_s: float = WITHIN_S,
    ) -> None:
        """within_s: the controller may take to fetch a day."""
        self._registers, self._sleep, self._within_s = registers, sleep, within_s
        self._clock = clock or SystemClock()
        self._looker = Looker(registers, self._clock.now, sleep)

    def read_day(self, block: Block, known: Fingerprint, days_ago: int) -> DayLog:
        """A day of the log, all of it from one request. block: the settings with the log; known: whose they are.

        Today, 0, is shown again afterwards, whatever happens. Raises NotWritable for a block without
        a log, OutOfRange, IdentityChanged, NotConfirmed if the day does not come, LinkError, ProtocolError.
        """
        row = offset_row(block)
        low, high = row.low or 0, row.high or 0
        if isinstance(days_ago, bool) or not isinstance(days_ago, int) or not low <= days_ago <= high:
            raise OutOfRange(f"{row.code}: expected {low}..{high} days ago, got {days_ago!r}", low, high)
        with self._registers.session():
            sight = self._sure(block, known)
            if days_ago == sight.registers[row.offset] == sight.registers[row.offset + 1]:
                return DayLog(known.id, days_ago, _of_the_log(block, sight))
            try:
                self._show(block, row, days_ago)
                return DayLog(known.id, days_ago, self._shown(block, known, days_ago))
            finally:
                self._put_back(block, known, row)

    def _show(self, block: Block, row: Point, days_ago: int) -> None:
        """A lost answer does not matter: what is shown tells."""
        with suppress(LinkTimeout, FrameError):
            self._registers.write(block.address + row.offset, (days_ago,))

    def _shown(self, block: Block, known: Fingerprint, days_ago: int) -> dict[str, PointValue]:
        until = self._clock.monotonic() + self._within_s
        while True:
            sight = self._sure(block, known)
            shown = decode_block(block.did, sight.registers, block.address)[SHOWN].raw
            if shown == days_ago:
                return _of_the_log(block, sight)
            if self._clock.monotonic() >= until:
                raise NotConfirmed(
                    f"the {known.name} still shows the log of {shown} days ago, not of {days_ago},"
                    f" {self._within_s:g} s after it was asked: try again later"
                )
            self._sleep(LOOK_EVERY_S)

    def _put_back(self, block: Block, known: Fingerprint, row: Point) -> None:
        """Show today again, on the device that was asked, and only there; twice, if it does not show it."""
        left = None
        try:
            for _ in range(2):
                self._sure(block, known)
                self._show(block, row, 0)
                if (left := self._sure(block, known).registers[row.offset]) == 0:
                    return
        except EnergyHwError as error:
            raise adding(
                error, f"it may go on showing the log of an older day: write {row.name} = 0 to the {known.name}"
            ) from None
        raise NotConfirmed(f"the {known.name} goes on showing the log of {left} days ago: write {row.name} = 0 to it")

    def _sure(self, block: Block, known: Fingerprint) -> Sight:
        try:
            sight = self._looker.look_patiently(known, block)
        except (NotYet, Gone) as trouble:
            raise IdentityChanged(f"the log of the {known.name} cannot be read: {trouble}; read again") from None
        if sight.verdict.changed:
            raise IdentityChanged(
                f"the {known.name} no longer stands at register {block.address}: {'; '.join(sight.verdict.changed)};"
                " no day of it is shown or given; read again"
            )
        return sight


def offset_row(block: Block) -> Point:
    """The point that chooses the day. Raises NotWritable for a block without a log."""
    row = next((row for row in points(block.did, block.length) if row.name == SET), None)
    if row is None:
        raise NotWritable(
            f"block {block.did} has no daily log; charge controllers (64112) and battery monitors (64119) do"
        )
    return row


def _of_the_log(block: Block, sight: Sight) -> dict[str, PointValue]:
    values = decode_block(block.did, sight.registers, block.address)
    return {name: value for name, value in values.items() if is_of_the_log(name)}


def is_of_the_log(name: str) -> bool:
    """`data_log_daily_kwh`, `datalog_input_kwh`."""
    return name.startswith(("data_log_daily_", "datalog_"))
