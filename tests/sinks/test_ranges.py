"""A set of numbers as ranges, against a set of numbers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from energy_hw.sinks.ranges import Ranges

pairs = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 12)).map(lambda p: (p[0], p[0] + p[1] - 1)), max_size=12)


def numbers(added: list[tuple[int, int]]) -> set[int]:
    return {number for first, last in added for number in range(first, last + 1)}


@given(pairs)
def test_it_holds_what_was_added(added: list[tuple[int, int]]) -> None:
    ranges = Ranges(added)
    assert {number for number in range(100) if number in ranges} == numbers(added) == numbers(list(ranges.pairs))
    assert all(after[0] > before[1] + 1 for before, after in zip(ranges.pairs, ranges.pairs[1:], strict=False))


@given(pairs, st.integers(1, 60), st.integers(1, 80))
def test_gaps_are_what_is_missing(added: list[tuple[int, int]], first: int, last: int) -> None:
    assert numbers(Ranges(added).gaps(first, last)) == set(range(first, last + 1)) - numbers(added)


@given(pairs, pairs)
def test_what_two_have_in_common(added: list[tuple[int, int]], other: list[tuple[int, int]]) -> None:
    assert numbers(list(Ranges(added).common(Ranges(other)).pairs)) == numbers(added) & numbers(other)


def test_shifted_ranges_move_together() -> None:
    ranges = Ranges([(1, 3), (7, 9)])
    ranges.shift(100)
    assert ranges.pairs == ((101, 103), (107, 109))
