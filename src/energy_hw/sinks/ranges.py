"""Which sequence numbers are done, as a few ranges instead of many numbers."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

Pair = tuple[int, int]
"""First and last, both included."""


class Ranges:
    """A set of numbers, kept as disjoint ranges that do not touch.

    Thread safety: one thread at a time.
    """

    def __init__(self, pairs: Iterable[Pair] = ()) -> None:
        self._pairs: list[Pair] = []
        for first, last in pairs:
            self.add(first, last)

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The ranges, lowest first."""
        return tuple(self._pairs)

    def add(self, first: int, last: int) -> None:
        """Every number of first..last; nothing if last is below first."""
        if last < first:
            return
        low = bisect_left(self._pairs, first - 1, key=lambda pair: pair[1])
        high = bisect_right(self._pairs, last + 1, key=lambda pair: pair[0])
        if low < high:
            first, last = min(first, self._pairs[low][0]), max(last, self._pairs[high - 1][1])
        self._pairs[low:high] = [(first, last)]

    def __contains__(self, number: int) -> bool:
        place = bisect_left(self._pairs, number, key=lambda pair: pair[1])
        return place < len(self._pairs) and self._pairs[place][0] <= number

    def gaps(self, first: int, last: int) -> list[Pair]:
        """What of first..last is not in the set, lowest first."""
        gaps, at = [], first
        for low, high in self._pairs[bisect_left(self._pairs, first, key=lambda pair: pair[1]) :]:
            if low > last:
                break
            if low > at:
                gaps.append((at, low - 1))
            at = high + 1
        return [*gaps, (at, last)] if at <= last else gaps

    def common(self, other: Ranges) -> Ranges:
        """What is in both."""
        both = Ranges()
        for first, last in self._pairs:
            for low, high in other._pairs[bisect_left(other._pairs, first, key=lambda pair: pair[1]) :]:
                if low > last:
                    break
                both._pairs.append((max(first, low), min(last, high)))
        return both

    def shift(self, offset: int) -> None:
        """Add offset to every number."""
        self._pairs = [(first + offset, last + offset) for first, last in self._pairs]
