"""Spans: all that is wanted, in the fewest requests, cut where it hurts least."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy_hw.outback.plan import Span, spans


def planned(
    pieces: Sequence[tuple[int, int]], most: int, solid: Sequence[tuple[int, int]] = ()
) -> list[tuple[int, int]]:
    found = spans([Span(*piece) for piece in pieces], [Span(*piece) for piece in solid], most)
    return [(span.address, span.count) for span in found]


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([], []),
        ([(10, 5)], [(10, 5)]),
        ([(0, 40), (60, 40)], [(0, 100)]),
        ([(0, 40), (61, 40)], [(0, 40), (61, 40)]),
        ([(0, 101)], [(0, 100), (100, 1)]),
        ([(0, 60), (60, 60)], [(0, 60), (60, 60)]),
        ([(0, 60), (60, 60), (120, 80)], [(0, 100), (100, 100)]),
        ([(0, 10), (150, 10)], [(0, 10), (150, 10)]),
        ([(20, 10), (0, 10), (5, 10)], [(0, 30)]),
    ],
    ids=["none", "one", "gap-joined", "gap-left", "long", "cut-at-blocks", "cut-to-save-one", "far", "overlap"],
)
def test_spans_of_100(pieces: list[tuple[int, int]], expected: list[tuple[int, int]]) -> None:
    assert planned(pieces, 100) == expected


def test_a_cut_falls_between_blocks_where_that_costs_no_request() -> None:
    assert planned([(0, 30), (30, 60), (90, 60)], 100) == [(0, 90), (90, 60)]
    assert planned([(0, 30), (30, 90), (120, 30)], 100) == [(0, 100), (100, 50)]


def test_of_as_many_requests_those_with_fewer_registers() -> None:
    assert planned([(0, 10), (50, 10), (105, 10)], 100) == [(0, 60), (105, 10)]
    assert planned([(0, 10), (80, 10), (105, 10)], 100) == [(0, 10), (80, 35)]


def test_what_is_solid_is_not_cut() -> None:
    assert planned([(0, 150)], 100, [(98, 3)]) == [(0, 98), (98, 52)]
    assert planned([(0, 150)], 100, [(97, 3)]) == [(0, 100), (100, 50)]


PIECES = st.lists(st.tuples(st.integers(0, 900), st.integers(1, 120)), max_size=12)


def requests_of_a_greedy_reader(wanted: set[int], most: int) -> int:
    """As far as one request goes, from the lowest register on: without what is solid nobody needs fewer."""
    count, end = 0, -1
    for register in sorted(wanted):
        if register >= end:
            count, end = count + 1, register + most
    return count


@settings(max_examples=200, deadline=None)
@given(PIECES, st.integers(4, 125))
def test_everything_wanted_in_the_fewest_requests(pieces: list[tuple[int, int]], most: int) -> None:
    wanted = {register for address, count in pieces for register in range(address, address + count)}
    found = planned(pieces, most)
    assert wanted <= {register for address, count in found for register in range(address, address + count)}
    assert all(count <= most for _, count in found)
    assert len(found) == requests_of_a_greedy_reader(wanted, most)
    assert found == sorted(found)


@settings(max_examples=100, deadline=None)
@given(PIECES, st.lists(st.integers(0, 900), max_size=12), st.integers(4, 125))
def test_no_cut_in_what_is_solid(pieces: list[tuple[int, int]], at: list[int], most: int) -> None:
    solid = [(8 * (address // 8), 4) for address in at]
    found = planned(pieces, most, solid)
    for address, count in solid:
        assert any(start <= address and address + count <= start + size for start, size in found)
