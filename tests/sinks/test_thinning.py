"""Which rows may go before all of them have to."""

from __future__ import annotations

from energy_hw.sinks.row import Info
from energy_hw.sinks.thinning import nothing, one_per_interval


def seconds(how_many: int, key: str = "k", kind: str = "", first_seq: int = 1) -> list[Info]:
    """A row a second."""
    return [Info(first_seq + at, key, kind, at * 1000, 100) for at in range(how_many)]


def test_the_newest_row_of_each_interval_stays_and_both_ends() -> None:
    gone = one_per_interval(seconds(35), 10_000)
    assert sorted(set(range(1, 36)) - gone) == [1, 10, 20, 30, 35]


def test_keys_and_kinds_are_thinned_apart() -> None:
    rows = seconds(5) + seconds(5, key="other", first_seq=6) + seconds(5, kind="event", first_seq=11)
    assert sorted({row.seq for row in rows} - one_per_interval(rows, 10_000)) == [1, 5, 6, 10, 11, 15]


def test_rows_that_are_thin_already_stay() -> None:
    assert one_per_interval(seconds(30)[::10], 10_000) == set()


def test_nothing_is_left_out_where_each_row_counts() -> None:
    assert nothing(seconds(100), 10_000) == set()
