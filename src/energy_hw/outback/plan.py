"""Which registers to ask for, in as few requests as can be.

A request costs a turn on the network, a register two bytes: spans are joined over gaps wherever that saves a request.
Of all ways with the fewest requests the one that cuts the fewest blocks is taken, so that what a device says at once
is read at once; of those the one with the fewest registers. A header, or a number of two registers, is never cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from heapq import heappop, heappush
from typing import NamedTuple

from energy_hw.outback.chain import MARKER, Block, Layout
from energy_hw.outback.tables import model, points
from energy_hw.outback.types import PointType

LIVE_KINDS = frozenset({"live", "sunspec", "commands+settings"})
LONGEST_SOLID = 4


class Mode(StrEnum):
    """How much of a controller: all of it, or what it measures, with its commands and its AC and generator state."""

    EVERYTHING = "everything"
    LIVE = "live"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Registers that stand side by side."""

    address: int
    count: int

    @property
    def end(self) -> int:
        """Address behind the last."""
        return self.address + self.count


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one poll asks for. blocks: whole; parts: of blocks; headers: of blocks, to see that they still are there."""

    blocks: tuple[Block, ...] = ()
    parts: tuple[Span, ...] = ()
    headers: tuple[Block, ...] = ()

    @property
    def touched(self) -> tuple[Block, ...]:
        """Every block whose header is read, in the order of addresses."""
        return tuple(sorted({*self.blocks, *self.headers}, key=lambda block: block.address))


def wanted(layout: Layout, mode: Mode) -> Wanted:
    """What a mode asks for. Everything: with the marker and the end, so that a block that was added is seen."""
    if mode is Mode.EVERYTHING:
        return Wanted(layout.blocks, headers=(Block(layout.base, *MARKER), layout.tail))
    return Wanted(tuple(block for block in layout.blocks if _kind(block) in LIVE_KINDS))


def _kind(block: Block) -> str:
    known = model(block.did)
    return known.kind if known else ""


@lru_cache(maxsize=64)
def plan(what: Wanted, max_read: int) -> tuple[Span, ...]:
    """The spans that read it, lowest address first."""
    whole = [Span(block.address, block.size) for block in what.blocks]
    headers = [Span(block.address, len(block.header)) for block in what.touched]
    numbers = [number for block in what.blocks for number in _numbers(block)]
    return spans([*whole, *what.parts], [*headers, *numbers], max(max_read, LONGEST_SOLID))


def _numbers(block: Block) -> Iterator[Span]:
    """Points of more than one register, which half from one moment and half from the next would make wrong."""
    for point in points(block.did, block.length):
        if 1 < point.size <= LONGEST_SOLID and point.type is not PointType.STRING:
            yield Span(block.address + point.offset, point.size)


# -- the fewest requests -------------------------------------------------------


class _Cost(NamedTuple):
    requests: int = 0
    cuts: int = 0
    registers: int = 0


def spans(pieces: Iterable[Span], solid: Iterable[Span], max_read: int) -> tuple[Span, ...]:
    """Spans of at most max_read registers over all pieces, lowest address first.

    solid: pieces too, which are not to be cut: of at most max_read registers each.
    Found by trying, from the lowest address on, every end that can be part of a best way: behind a piece, or as far
    as one request goes.
    """
    solid = sorted(solid)
    ranges = _joined([*pieces, *solid])
    if not ranges:
        return ()
    best: dict[int, tuple[_Cost, Span | None]] = {ranges[0].address: (_Cost(), None)}
    waiting, done = [ranges[0].address], ranges[-1].end
    while waiting:
        start = heappop(waiting)
        cost = best[start][0]
        for end, following, cut in _ends(start, ranges, solid, max_read):
            new = _Cost(cost.requests + 1, cost.cuts + cut, cost.registers + end - start)
            if following not in best and following != done:
                heappush(waiting, following)
            if following not in best or new < best[following][0]:
                best[following] = new, Span(start, end - start)
    return _way(best, done)


def _way(best: dict[int, tuple[_Cost, Span | None]], at: int) -> tuple[Span, ...]:
    found: list[Span] = []
    while span := best[at][1]:
        found.append(span)
        at = span.address
    return tuple(reversed(found))


def _joined(pieces: Iterable[Span]) -> list[Span]:
    """Without overlaps, by address; pieces that only touch stay apart, as their border is a good place to cut."""
    ranges: list[Span] = []
    for piece in sorted(pieces):
        if ranges and piece.address < ranges[-1].end:
            last = ranges.pop()
            piece = Span(last.address, max(last.end, piece.end) - last.address)
        ranges.append(piece)
    return ranges


def _ends(start: int, ranges: Sequence[Span], solid: Sequence[Span], max_read: int) -> Iterator[tuple[int, int, bool]]:
    """(end, where the next span starts, is a piece cut) of the spans that may start here."""
    limit = start + max_read
    for number, piece in enumerate(ranges):
        if piece.end <= start:
            continue
        if piece.end <= limit:
            last = number + 1 == len(ranges)
            yield piece.end, piece.end if last else ranges[number + 1].address, False
            continue
        cut = _before_solid(limit, solid)
        if max(piece.address, start) < cut:
            yield cut, cut, True
        return


def _before_solid(limit: int, solid: Sequence[Span]) -> int:
    for piece in solid:
        if piece.address < limit < piece.end:
            return piece.address
    return limit
