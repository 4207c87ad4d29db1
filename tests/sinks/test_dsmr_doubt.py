"""What a server may have without our knowing."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import pytest

from dsmr_rig import SetClock, second, telegram
from energy_hw.sinks.dsmr_answers import Answer
from energy_hw.sinks.dsmr_doubt import ASK_AGAIN_S, MOST_ILL, MOST_UNCLEAR, Doubt
from energy_hw.sinks.dsmr_http import Times


class Library:
    """Tells what it has, or answers with something else."""

    def __init__(self, *numbers: int) -> None:
        self.times: Times | Answer = Counter(second(number) for number in numbers)
        self.asked: list[tuple[datetime, datetime]] = []

    def stored(self, first: datetime, last: datetime) -> Times | Answer:
        self.asked.append((first, last))
        return self.times


def doubt(library: Library, clock: SetClock | None = None) -> Doubt:
    return Doubt(library, clock or SetClock(), "now", "dsmr")


def test_what_came_in_this_run_is_not_asked_about() -> None:
    library = Library(1)
    one = doubt(library)
    assert one.look([telegram(1)]) is None
    assert library.asked == []
    assert not one.has(telegram(1))
    assert not one.blind(telegram(1))


def test_what_another_run_left_is_asked_about_once_for_the_batch() -> None:
    library = Library(1, 3)
    one = doubt(library)
    some = [telegram(number, run="before") for number in (1, 2, 3)]
    one.look([*some, telegram(9)])
    assert library.asked == [(second(1), second(3))]
    assert [one.has(each) for each in some] == [True, False, True]
    assert not any(map(one.blind, some))


def test_a_lost_answer_makes_it_doubtful_and_the_next_one_settles_it() -> None:
    library = Library(1)
    one = doubt(library)
    one.settle(telegram(1), True)
    one.look([telegram(1)])
    assert one.has(telegram(1))
    one.settle(telegram(1), False)
    assert not one.covers(telegram(1))


def test_of_the_doubtful_the_newest_are_remembered() -> None:
    one = doubt(Library())
    some = [telegram(number) for number in range(MOST_UNCLEAR + 2)]
    for each in some:
        one.settle(each, True)
    assert [one.covers(each) for each in some] == [False] * 2 + [True] * MOST_UNCLEAR


def test_two_of_the_same_second_are_two() -> None:
    one = doubt(Library(1))
    some = [telegram(1, run="before"), telegram(1, run="before", text="41")]
    one.look(some)
    assert [one.has(each) for each in some] == [True, False]


def test_one_without_a_time_cannot_be_asked_about() -> None:
    library = Library()
    one = doubt(library)
    timeless = telegram(1, run="before", timed=False)
    assert one.look([timeless]) is None
    assert library.asked == []
    assert one.blind(timeless)


def test_a_busy_server_lets_all_wait() -> None:
    library = Library()
    library.times = Answer(503)
    assert doubt(library).look([telegram(1, run="before")]) == Answer(503)


@pytest.mark.parametrize("status", [403, 404, 405, 200, 413])
def test_a_server_that_takes_and_does_not_tell_is_not_asked_for_a_while(status: int) -> None:
    library, clock = Library(), SetClock()
    library.times = Answer(status, "no")
    one, old = doubt(library, clock), telegram(1, run="before")
    for _ in range(3):
        assert one.look([old]) is None
        assert one.blind(old)
        one.sent_blind()
    assert len(library.asked) == 1
    clock.now_s = ASK_AGAIN_S
    one.look([old])
    assert len(library.asked) == 2


def test_a_server_that_takes_nothing_is_asked_each_time() -> None:
    library = Library(1)
    told, library.times = library.times, Answer(403, "API is disabled")
    one, old = doubt(library), telegram(1, run="before")
    one.look([old])
    library.times = told
    one.look([old])
    assert one.has(old)


def test_a_server_that_is_ill_is_waited_for_but_not_for_ever() -> None:
    library = Library()
    library.times = Answer(500, "<h1>Server Error")
    one, old = doubt(library), telegram(1, run="before")
    answers = [one.look([old]) for _ in range(MOST_ILL)]
    assert answers == [library.times] * (MOST_ILL - 1) + [None]
    assert one.blind(old)
