"""Read a controller again and again, and never take one block for another.

Each poll reads the header of every block that it touches (DID, length, hub port) along with it, the highest address
first: the header comes last of its block, and vouches for all that was read of it before. A header that is not what
the layout says may be a placeholder: the poll is made again after a pause, twice, then the chain is walked once anew.

Source of the placeholders: seen with github.com/s3pt1c0/ha-outback-mate3s.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import overload

from energy_hw.errors import LayoutChanged, ModbusError, NotSunSpec, UnknownDevice, UnknownPoint
from energy_hw.links.clock import Clock, SystemClock
from energy_hw.outback import wanted
from energy_hw.outback.chain import Block, Layout, change, words_of
from energy_hw.outback.layout import LayoutFile
from energy_hw.outback.plan import Mode
from energy_hw.outback.registers import Registers
from energy_hw.outback.sunspec import ILLEGAL_ADDRESS, Found, explore, pauses_for
from energy_hw.outback.verify import header_fault, identity_fault, part_fault
from energy_hw.outback.wanted import Wanted, plan

__all__ = ["Mode", "Poll", "Poller"]

logger = logging.getLogger(__name__)

PAUSES_S = (0.5, 1.5)
"""Before the second try and the third: after a write, settings show placeholders for up to 2 s."""


@dataclass(frozen=True, slots=True)
class Poll:
    """What one poll read.

    time: when it began, aware, in UTC. blocks: those that were read whole, from the DID on. registers: all that was
    read, by address.
    """

    time: datetime
    layout: Layout
    blocks: Mapping[Block, tuple[int, ...]]
    registers: Mapping[int, int]

    def view(self, block: Block) -> Sequence[int]:
        """The registers of a block that was read whole or in part, for decode_point(); LookupError for what was not."""
        return self.blocks.get(block) or _View(block, self.registers)


class _View(Sequence[int]):
    """A block of which some registers were read."""

    def __init__(self, block: Block, registers: Mapping[int, int]) -> None:
        self._block, self._registers = block, registers

    def __len__(self) -> int:
        return self._block.size

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[int, ...]: ...
    def __getitem__(self, index: int | slice) -> int | tuple[int, ...]:
        addresses = range(self._block.address, self._block.end)[index]
        if isinstance(addresses, range):
            return tuple(self._at(address) for address in addresses)
        return self._at(addresses)

    def _at(self, address: int) -> int:
        if address not in self._registers:
            raise LookupError(f"register {address} of {self._block} was not read in this poll")
        return self._registers[address]


Select = Callable[[Layout], Wanted]


class Poller:
    """Polls of one controller.

    `layout`: of the newest poll, None before the first; set it to None, and the next poll walks. `retries`,
    `rediscoveries`: polls that were made again, and walks after the first.
    layout_file: keeps layouts over restarts; what it says is verified like everything else. pauses_s, start_pauses_s:
    before each further try of a poll, and of the first walk; None is PAUSES_S, START_PAUSES_S, and no tries for a file.

    Every read raises LayoutChanged where the chain does not hold still, NotSunSpec in the first one, UnknownDevice
    for a block that is not there, or what `registers` raises: then nothing of the poll is given.
    Thread safety: as that of `registers`; a poll is one session.
    """

    def __init__(
        self,
        registers: Registers,
        layout_file: Path | None = None,
        *,
        clock: Clock | None = None,
        sleep: Callable[[float], object] = time.sleep,
        pauses_s: Sequence[float] | None = None,
        start_pauses_s: Sequence[float] | None = None,
    ) -> None:
        self.layout: Layout | None = None
        self.retries = self.rediscoveries = 0
        self._registers, self._clock, self._sleep = registers, clock or SystemClock(), sleep
        self._file = self._unread = LayoutFile(layout_file, _key(registers)) if layout_file else None
        self._pauses_s = pauses_for(registers, PAUSES_S) if pauses_s is None else tuple(pauses_s)
        self._start_pauses_s = start_pauses_s

    def read(self, mode: Mode = Mode.EVERYTHING) -> Poll:
        """All blocks, or those with what is measured."""
        return self._poll(lambda layout: wanted.by_mode(layout, mode))

    def read_device(self, did: int, port: int | None = None, *, settings: bool = False) -> Poll:
        """One block, by its model and hub port: one request. settings: with those of the device, where it has some."""
        return self._poll(lambda layout: wanted.by_device(layout, did, port, settings))

    def read_blocks(self, keys: Collection[tuple[int, int | None]]) -> Poll:
        """Those of these blocks, by model and hub port, that are there. One that is plugged in later is found then."""
        return self._poll(lambda layout: wanted.by_keys(layout, keys))

    def read_point(self, did: int, port: int | None, name: str) -> Poll:
        """One point, with its scale factor and the header of its block; `view(block)` of the poll has them.

        One request where they are not further apart than max_read. The gateway's 64110 is longer than that: two, or
        three where the scale factor is far too, and the header last.
        Raises UnknownPoint for a point that the model, or this firmware, does not have.
        """
        return self._poll(lambda layout: wanted.by_point(layout, did, port, name))

    # -- a poll ------------------------------------------------------------

    def _poll(self, select: Select) -> Poll:
        with self._registers.session():
            began = self._clock.now()
            if self.layout is None:
                return self._kept(select, began) or self._walk(select, began)
            return self._warm(self.layout, select(self.layout), began) or self._again(self.layout, select, began)

    def _kept(self, select: Select, began: datetime) -> Poll | None:
        """With the layout of an earlier start, if it still holds and has what is asked for."""
        file, self._unread = self._unread, None
        layout = file.load() if file else None
        if layout is None:
            return None
        try:
            poll = self._warm(layout, wanted.with_identity(select(layout), layout), began)
        except (UnknownDevice, UnknownPoint):  # not then; now perhaps
            return None
        self.layout = layout if poll else None
        return poll

    def _walk(self, select: Select, began: datetime) -> Poll:
        return self._of(explore(self._registers, pauses_s=self._start_pauses_s, sleep=self._sleep), select, began)

    def _again(self, before: Layout, select: Select, began: datetime) -> Poll:
        self.rediscoveries += 1
        try:
            found = explore(self._registers, before, pauses_s=self._pauses_s, sleep=self._sleep)
        except NotSunSpec as error:
            raise LayoutChanged(f"headers are not where they were, and the chain cannot be walked: {error}") from error
        if changed := change(before, found.layout):
            logger.warning("the chain of models changed: %s", changed)
        return self._of(found, select, began)

    def _of(self, found: Found, select: Select, began: datetime) -> Poll:
        self.layout = found.layout
        if self._file:
            self._file.save(found.layout)
        return _poll_of(began, found.layout, select(found.layout), found.registers)

    def _warm(self, layout: Layout, what: Wanted, began: datetime) -> Poll | None:
        """With every header as it should be; None if one is not, time and again."""
        fault = ""
        for pause_s in (*self._pauses_s, None):
            registers, fault = self._try(layout, what)
            if not fault:
                return _poll_of(began, layout, what, registers)
            logger.debug("%s: reading again", fault)
            if pause_s is not None:
                self.retries += 1
                self._sleep(pause_s)
        logger.info("%s, time and again: walking along the chain of models", fault)
        return None

    def _try(self, layout: Layout, what: Wanted) -> tuple[dict[int, int], str]:
        registers: dict[int, int] = {}
        limit = self._registers.max_read
        for span in reversed(plan(what, limit)):
            try:
                words = self._registers.read(span.address, span.count)
            except ModbusError as error:
                if error.code != ILLEGAL_ADDRESS:
                    raise
                return {}, f"{error} for registers {span.address} to {span.end - 1}"
            if self._registers.max_read < limit:  # the link cut this span in two, lower half first
                return self._try(layout, what)
            registers.update(enumerate(words, span.address))
            if fault := header_fault(what, span, registers) or part_fault(what, span, registers):
                return {}, fault
        return registers, identity_fault(layout, what, registers)


def _key(registers: Registers) -> str:
    """host:port of a link; what is no link has none."""
    return f"{getattr(registers, 'host', '')}:{getattr(registers, 'port', '')}"


def _poll_of(began: datetime, layout: Layout, what: Wanted, registers: Mapping[int, int]) -> Poll:
    blocks = {block: words_of(block, registers) for block in what.blocks}
    return Poll(began, layout, blocks, registers)
