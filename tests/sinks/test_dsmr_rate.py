"""One telegram in so many seconds: the newest."""

from __future__ import annotations

from dsmr_rig import telegram
from energy_hw.sinks.dsmr_rate import Pair, Rate


def pairs(*numbers: int, key: str = "p1:1", timed: bool = True) -> list[Pair]:
    return [(key, telegram(number, timed=timed)) for number in numbers]


def kept(rate: Rate, some: list[Pair]) -> list[int]:
    surplus = rate.surplus(some)
    return [number for number in range(len(some)) if number not in surplus]


def test_without_an_interval_all_go() -> None:
    assert kept(Rate(0), pairs(0, 0, 1)) == [0, 1, 2]


def test_of_a_backlog_the_newest_of_each_interval() -> None:
    assert kept(Rate(10), pairs(*range(25))) == [9, 19, 24]


def test_newest_first_is_the_same_choice() -> None:
    assert kept(Rate(10, newest_first=True), pairs(*reversed(range(25)))) == [0, 5, 15]


def test_live_the_first_of_an_interval_and_no_other() -> None:
    rate = Rate(10)
    went = []
    for number in range(25):
        (pair,) = pairs(number)
        if not rate.surplus([pair]):
            rate.took(pair)
            went.append(number)
    assert went == [0, 10, 20]


def test_one_that_was_not_taken_may_go_again() -> None:
    rate = Rate(10)
    assert kept(rate, pairs(0)) == [0]
    assert kept(rate, pairs(0)) == [0]


def test_meters_do_not_take_each_others_turn() -> None:
    assert kept(Rate(10), [*pairs(1), *pairs(2, key="p1:2")]) == [0, 1]


def test_without_a_time_the_arrival_counts() -> None:
    assert kept(Rate(10), pairs(*range(20), timed=False)) == [9, 19]
