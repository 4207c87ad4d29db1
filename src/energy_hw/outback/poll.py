"""Read a controller again and again, and never take one block for another.

Each poll reads the header of every block that it touches (DID, length, hub port) along with it, the highest address
first: the header comes last of its block, and vouches for all that was read of it before. A header that is not what
the layout says may be a placeholder: the poll is made again after a pause, twice, then the chain is walked once anew.

Source of the placeholders: seen with github.com/s3pt1c0/ha-outback-mate3s.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import overload

from energy_hw.errors import LayoutChanged, ModbusError, NotSunSpec, UnknownDevice, UnknownPoint
from energy_hw.links.clock import Clock, SystemClock
from energy_hw.outback import tables
from energy_hw.outback.chain import PLACEHOLDER, Block, Layout, misfit
from energy_hw.outback.plan import Mode, Span, Wanted, plan, wanted
from energy_hw.outback.registers import Registers
from energy_hw.outback.sunspec import ILLEGAL_ADDRESS, START_PAUSES_S, Found, explore

__all__ = ["Mode", "Poll", "Poller"]

logger = logging.getLogger(__name__)

PAUSES_S = (0.5, 1.5)
"""Before the second try and the third: after a write, settings show placeholders for up to 2 s."""
SHORTEST_PLACEHOLDERS = 8
"""Registers of 0x8000, all that came of a block apart from its header: none has so many points without a value."""


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

    `layout`: of the newest poll, None before the first. `retries`, `rediscoveries`: polls that were made again, and
    walks after the first.
    layout_file: keeps layouts over restarts; what it says is verified like everything else.

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
        pauses_s: Sequence[float] = PAUSES_S,
        start_pauses_s: Sequence[float] = START_PAUSES_S,
    ) -> None:
        self.layout: Layout | None = None
        self.retries = self.rediscoveries = 0
        self._registers, self._clock, self._sleep = registers, clock or SystemClock(), sleep
        self._pauses_s, self._start_pauses_s = tuple(pauses_s), tuple(start_pauses_s)

    def read(self, mode: Mode = Mode.EVERYTHING) -> Poll:
        """All blocks, or those with what is measured."""
        return self._poll(lambda layout: wanted(layout, mode))

    def read_device(self, did: int, port: int | None = None, *, settings: bool = False) -> Poll:
        """One block, by its model and hub port: one request. settings: with those of the device, where it has some."""
        return self._poll(lambda layout: _device(layout, did, port, settings))

    def read_point(self, did: int, port: int | None, name: str) -> Poll:
        """One point, with its scale factor and the header of its block; `view(block)` of the poll has them.

        One request where they are not further apart than max_read; else two, header last, as in the gateway's 64110.
        Raises UnknownPoint for a point that the model, or this firmware, does not have.
        """
        return self._poll(lambda layout: _point(layout, did, port, name))

    # -- a poll ------------------------------------------------------------

    def _poll(self, select: Select) -> Poll:
        with self._registers.session():
            began = self._clock.now()
            if self.layout is None:
                return self._first(select, began)
            what = select(self.layout)
            registers = self._verified(what)
            if registers is None:
                return self._anew(select, began)
            return _poll_of(began, self.layout, what, registers)

    def _first(self, select: Select, began: datetime) -> Poll:
        return self._of_walk(explore(self._registers, pauses_s=self._start_pauses_s, sleep=self._sleep), select, began)

    def _anew(self, select: Select, began: datetime) -> Poll:
        self.rediscoveries += 1
        try:
            found = explore(self._registers, self.layout, pauses_s=self._pauses_s, sleep=self._sleep)
        except NotSunSpec as error:
            raise LayoutChanged(f"headers are not where they were, and the chain cannot be walked: {error}") from error
        logger.warning("the models moved: %s", _change(self.layout, found.layout))
        return self._of_walk(found, select, began)

    def _of_walk(self, found: Found, select: Select, began: datetime) -> Poll:
        self.layout = found.layout
        return _poll_of(began, found.layout, select(found.layout), found.registers)

    def _verified(self, what: Wanted) -> dict[int, int] | None:
        """The registers, with every header as it should be; None if one is not, time and again."""
        for pause_s in (*self._pauses_s, None):
            registers, fault = self._try(what)
            if not fault:
                return registers
            logger.debug("%s: reading again", fault)
            if pause_s is not None:
                self.retries += 1
                self._sleep(pause_s)
        logger.info("%s, time and again: walking the chain of models", fault)
        return None

    def _try(self, what: Wanted) -> tuple[dict[int, int], str]:
        registers: dict[int, int] = {}
        for span in reversed(plan(what, self._registers.max_read)):
            try:
                words = self._registers.read(span.address, span.count)
            except ModbusError as error:
                if error.code != ILLEGAL_ADDRESS:
                    raise
                return {}, f"{error} for registers {span.address} to {span.end - 1}"
            registers.update(enumerate(words, span.address))
            if fault := _header_fault(what, span, registers) or _body_fault(what, span, registers):
                return {}, fault
        return registers, ""


def _header_fault(what: Wanted, span: Span, registers: Mapping[int, int]) -> str:
    came = (block for block in what.touched if span.address <= block.address < span.end)
    return next(filter(None, (misfit(block, registers) for block in came)), "")


def _body_fault(what: Wanted, span: Span, registers: Mapping[int, int]) -> str:
    """A block shows placeholders behind a good header when it is cut over two requests, or changes just then."""
    for block in what.blocks:
        start, end = max(span.address, block.address + len(block.header)), min(span.end, block.end)
        if end - start >= SHORTEST_PLACEHOLDERS and all(registers[at] == PLACEHOLDER for at in range(start, end)):
            return f"{block} has 0x{PLACEHOLDER:04X} from {start} to {end - 1}"
    return ""


def _poll_of(began: datetime, layout: Layout, what: Wanted, registers: Mapping[int, int]) -> Poll:
    blocks = {block: tuple(registers[at] for at in range(block.address, block.end)) for block in what.blocks}
    return Poll(began, layout, blocks, registers)


# -- what is asked for ---------------------------------------------------------


def _device(layout: Layout, did: int, port: int | None, settings: bool) -> Wanted:
    block = _find(layout, did, port)
    pair = layout.settings_of(block) if settings else None
    return Wanted((block, pair) if pair else (block,))


def _point(layout: Layout, did: int, port: int | None, name: str) -> Wanted:
    block, point = _find(layout, did, port), tables.point(did, name)
    rows = {row.name: row for row in tables.points(did, block.length, layout.since_2018)}
    if name not in rows:
        raise UnknownPoint(f"{point.code} is not in {block}: firmware with a block of {block.length} has no such point")
    needed = [rows[wanted] for wanted in (name, point.scale) if wanted in rows]
    parts = tuple(Span(block.address + row.offset, row.size) for row in needed)
    return Wanted(parts=parts, headers=(block,))


def _find(layout: Layout, did: int, port: int | None) -> Block:
    block = layout.find(did, port)
    if block is None:
        raise UnknownDevice(f"no model {did}{_at(port)} in the chain, or several; there are {_list(layout.blocks)}")
    return block


def _at(port: int | None) -> str:
    return "" if port is None else f" at port {port}"


def _list(blocks: Sequence[Block]) -> str:
    return ", ".join(f"{block.did}{_at(block.port)}" for block in blocks) or "none"


def _change(before: Layout | None, now: Layout) -> str:
    """What came, what went, what stands elsewhere, by model and port."""
    old = {(block.did, block.port): block for block in before.blocks} if before else {}
    new = {(block.did, block.port): block for block in now.blocks}
    gone = [old[key] for key in old.keys() - new.keys()]
    come = [new[key] for key in new.keys() - old.keys()]
    moved = [new[key] for key in old.keys() & new.keys() if old[key] != new[key]]
    named = (("gone", gone), ("new", come), ("elsewhere", moved))
    return "; ".join(f"{name}: {_list(blocks)}" for name, blocks in named if blocks) or "all are where they were"
