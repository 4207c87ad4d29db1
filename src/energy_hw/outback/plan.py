"""Which registers to ask for, in as few requests as can be.

A request costs a turn on the network, a register two bytes: spans are joined over gaps wherever that saves a request.
Of all ways with the fewest requests the one that cuts the fewest blocks is taken, so that what a device says at once
is read at once; of those the one with the fewest registers. What is solid, as a header, is never cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from heapq import heappop, heappush
from typing import NamedTuple


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
