"""The walk from the marker to the end of the chain: which models stand where.

It never asks beyond the header of the next block, the last thing that is known to be there:

    marker DID length | DID length port ... | DID length ...
    1111111111111111111
           22222222222222222222
                        333333333333333333333333  ...

Each request but the first begins with the header that the one before ended with, so that a block comes with its
header at once, and what moves in between is seen. What the walk reads is kept: a first poll asks for nothing more.

A gateway shows 0x8000 or 0xFFFF in place of a header for a moment, after a reboot, after a write: the block is read
again after a pause, and then all from the marker on. 0xFFFF with length 0 is the end of the chain, unless blocks
stood there before.
Source: SunSpec Alliance, SunSpec Information Model Specification; OutBack AXS Port application note rev 5; the
placeholders are seen with github.com/s3pt1c0/ha-outback-mate3s.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from energy_hw.errors import ModbusError, NotSunSpec
from energy_hw.outback.chain import (
    END,
    HEADER,
    MARKER,
    MOST_BLOCKS,
    PLACEHOLDER,
    Block,
    Layout,
    has_port,
    header_fault,
    layout_of,
    misfit,
    twins,
)
from energy_hw.outback.marker import BASES, scrambling_key
from energy_hw.outback.registers import Registers
from energy_hw.outback.wanted import Wanted, plan

__all__ = ["START_PAUSES_S", "Block", "Found", "Layout", "explore", "walk"]

logger = logging.getLogger(__name__)

START_PAUSES_S = (0.5, 1.0, 1.0, 2.0)
"""Before the tries after the first, in one walk: a gateway that starts takes its time."""
REFUSALS = ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Found:
    """A layout, and every register that the walk read: from the marker to the end of the chain."""

    layout: Layout
    registers: dict[int, int]


def walk(registers: Registers) -> Layout:
    """The layout of a controller. Raises NotSunSpec, or what `registers` raises."""
    return explore(registers).layout


def explore(
    registers: Registers,
    before: Layout | None = None,
    *,
    pauses_s: Sequence[float] | None = None,
    sleep: Callable[[float], object] = time.sleep,
) -> Found:
    """The layout of a controller, with the registers that were read on the way.

    before: what was known: an end of the chain in the midst of it is looked at again. pauses_s: one for each further
    try, all in all; START_PAUSES_S, and none for a file. Raises NotSunSpec where there is no marker, or the chain
    breaks; or what `registers` raises.
    """
    pauses_s = pauses_for(registers, START_PAUSES_S) if pauses_s is None else pauses_s
    with registers.session():
        return _Walk(registers, before, list(pauses_s), sleep).run()


def pauses_for(registers: Registers, pauses_s: Sequence[float]) -> tuple[float, ...]:
    """None for what does not change by waiting."""
    return () if getattr(registers, "is_file", False) else tuple(pauses_s)


class _Doubtful(Exception):
    """What one walk found cannot be: placeholders, or everything moved on the way."""


class _Walk:
    def __init__(
        self, registers: Registers, before: Layout | None, pauses_s: list[float], sleep: Callable[[float], object]
    ) -> None:
        self._registers, self._before, self._pauses_s, self._sleep = registers, before, pauses_s, sleep
        self._have: dict[int, int] = {}
        self._cut: list[Block] = []
        self._connection = 0

    def run(self) -> Found:
        """Walk; from the marker again, as long as tries are left, where what was found cannot be."""
        while True:
            try:
                return self._once()
            except _Doubtful as doubt:
                self._pause(str(doubt))

    def _once(self) -> Found:
        self._have, self._cut = {}, []
        base = self._base()
        self._connection = _connection(self._registers)
        blocks = self._blocks(base + len(MARKER))
        fault = twins(blocks) or self._stale(blocks) or ("" if blocks else "no model stands behind the marker")
        if fault:
            raise _Doubtful(fault)
        return Found(layout_of(base, blocks, self._have), self._have)

    # -- the marker --------------------------------------------------------

    def _base(self) -> int:
        said = []
        for base in BASES:
            wrong = self._marker_fault(base)
            if not wrong:
                self._read(base, base + 4, partial(self._header_fault, base + 2), fetched=True)
                return base
            said.append(f"{wrong} at {base}")
        raise NotSunSpec(
            f"expected the SunSpec marker 0x5375 0x6E53, got {', '.join(said)}: "
            "is this the address of the OutBack controller, and is SunSpec switched on in its network menu?"
        )

    def _marker_fault(self, base: int) -> str:
        """ "" if the marker is there; with it comes the header of the first block."""
        while True:
            try:
                words = self._registers.read(base, 4)
            except ModbusError as error:
                if error.code not in REFUSALS:
                    raise
                return f"Modbus exception {error.code}"
            self._have.update(enumerate(words, base))
            if words[:2] == MARKER:
                return ""
            if not (self._pauses_s and set(words[:2]) <= {PLACEHOLDER, END}):
                return f"0x{words[0]:04X} 0x{words[1]:04X}{_scrambled(words)}"
            self._pause(f"0x{words[0]:04X} at {base}")

    # -- the chain ---------------------------------------------------------

    def _blocks(self, address: int) -> list[Block]:
        blocks: list[Block] = []
        while self._have[address] != END:
            if len(blocks) == MOST_BLOCKS:
                raise NotSunSpec(f"more than {MOST_BLOCKS} models in a chain: this is no OutBack controller")
            block = Block(address, self._have[address], self._have[address + 1])
            self._read(address, block.end + HEADER, partial(self._block_fault, block))
            blocks.append(self._with_port(block))
            if block.size > self._registers.max_read:
                self._cut.append(blocks[-1])
            address = block.end
        return blocks

    def _with_port(self, block: Block) -> Block:
        return replace(block, port=self._have[block.address + HEADER]) if has_port(block.did) else block

    def _block_fault(self, block: Block) -> str:
        """Of a block that was read: its header, which may have moved since the request before, port, and the next."""
        if moved := misfit(block, self._have):
            return moved
        port = self._have[block.address + HEADER]
        if has_port(block.did) and port in (PLACEHOLDER, END):
            return f"{block} has 0x{port:04X} for its hub port"
        return self._header_fault(block.end)

    def _header_fault(self, address: int) -> str:
        did, length = self._have[address], self._have[address + 1]
        if did == END and length == 0:
            return self._early_end(address)
        return header_fault(address, did, length)

    def _early_end(self, address: int) -> str:
        """An end where blocks stood before is looked at again; it is the end if it stays."""
        lost = [block for block in self._before.blocks if block.address >= address] if self._before else []
        if not lost:
            return ""
        said = f"the chain of models ends at {address}, where {', '.join(map(str, lost))} followed"
        if self._pauses_s:
            return said
        logger.warning("%s: taken as no longer connected", said)
        return ""

    def _stale(self, blocks: list[Block]) -> str:
        """Headers are read before their blocks here: seen again where a block took several requests, or all of them
        where a connection was lost on the way, as the controller may have started anew."""
        lost = _connection(self._registers) > self._connection
        again = Wanted(headers=tuple(blocks if lost else [block for block in self._cut if block.port is not None]))
        for span in plan(again, self._registers.max_read):
            self._chunks(span.address, span.end)
        return next(filter(None, (misfit(block, self._have) for block in again.headers)), "")

    # -- reading -----------------------------------------------------------

    def _read(self, start: int, end: int, fault: Callable[[], str], fetched: bool = False) -> None:
        """Read start to end, exclusive; where there is a fault once more, for a moment's placeholder."""
        said = ("" if fetched else self._chunks(start, end)) or fault()
        if said:
            self._pause(said)
            said = self._chunks(start, end) or fault()
        if said:
            raise _Doubtful(said)

    def _chunks(self, start: int, end: int) -> str:
        """What an exception response says, or ""."""
        while start < end:
            count = min(max(self._registers.max_read, HEADER), end - start)
            try:
                words = self._registers.read(start, count)
            except ModbusError as error:
                if error.code != ILLEGAL_ADDRESS:
                    raise
                return f"expected registers up to {end - 1}, got Modbus exception 2 for {start} to {start + count - 1}"
            self._have.update(enumerate(words, start))
            start += count
        return ""

    def _pause(self, fault: str) -> None:
        if not self._pauses_s:
            raise NotSunSpec(f"{fault}: if the controller is starting, try again in a minute")
        logger.debug("%s: looking again", fault)
        self._sleep(self._pauses_s.pop(0))


def _connection(registers: Registers) -> int:
    """How often a link connected so far; 0 for what has no connections."""
    return int(getattr(getattr(registers, "counters", None), "connects", 0))


def _scrambled(words: Sequence[int]) -> str:
    key = scrambling_key(words)
    if key is None:
        return ""
    return f" (that is the marker, scrambled with key 0x{key:04X}: switch scrambling off in the controller)"
