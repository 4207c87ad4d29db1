"""What both clients stand on: polls, and writes that are checked against what was read before."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from energy_hw.compat.mate3.exceptions import as_before
from energy_hw.errors import EnergyHwError, OutOfRange
from energy_hw.outback.chain import Block
from energy_hw.outback.comparing import compare
from energy_hw.outback.identity import fingerprint
from energy_hw.outback.poll import Poll, Poller
from energy_hw.outback.registers import Registers
from energy_hw.outback.tables import point
from energy_hw.outback.types import Point

if TYPE_CHECKING:
    from energy_hw.outback.writing import Writer, WriteResult


class Access:
    """One controller.

    known: the newest poll of everything, which says who stands at each port. journal: a file for what is written;
    None: the one of energy_hw; False: none, for registers that are no controller.
    """

    def __init__(self, registers: Registers, journal: Path | bool | None = None) -> None:
        self.registers = registers
        self.poller = Poller(registers)
        self.known: Poll | None = None
        self._journal = journal

    @cached_property
    def writer(self) -> Writer:
        """Made by the first write: programs that only read do not load it."""
        from energy_hw.outback.writing import Writer

        return Writer(self.registers, self.poller, self._journal)

    def read(self) -> Poll:
        """Everything."""
        with as_before():
            self.known = self.poller.read()
        return self.known

    def find_again(self, block: Block) -> None:
        """After a surprise: read everything, and rely on that if the device still is the same, somewhere else.

        If it is not, or the controller is away, what was read before stands: whoever wants the other device reads.
        """
        with suppress(EnergyHwError):
            before, now = self.known or self.read(), self.poller.read()
            there = now.layout.find(block.did, block.port)
            verdict = compare(fingerprint(before, block), fingerprint(now, there)) if there else None
            if verdict and not verdict.changed and not verdict.alike:
                self.known = now

    def read_point(self, block: Block, name: str) -> Poll:
        """One point, by our name."""
        with as_before():
            return self.poller.read_point(block.did, block.port, name)

    def write(
        self, block: Block, name: str, value: object, *, raw: bool, allow: Iterable[str], force: bool
    ) -> WriteResult:
        """Write a point of a block, if its device still is the one that was read. Raises as Writer does.

        A register that resets something takes the complement of the one before it, as mate3 wrote it.
        """
        known = self.known or self.read()
        with as_before():
            who = fingerprint(known, block)
            row = point(block.did, name)
            if "reset" in row.flags:
                _check_complement(row, known.blocks[block][row.offset - 1], value)
                return self.writer.reset(block, who, name, allow=allow, force=force)
            return self.writer.write(block, who, name, value, allow=allow, force=force, raw=raw)


def _check_complement(row: Point, before: int, value: object) -> None:
    wanted = before ^ 0xFFFF
    if value != wanted:
        raise OutOfRange(f"{row.code}: expected {wanted}, the complement of the register before it, got {value}")
