"""One batch's way: who waits, who goes, who is at fault."""

from __future__ import annotations

from collections import Counter

from dsmr_rig import SetClock, batch, telegram
from energy_hw.sinks.dsmr_answers import Answer
from energy_hw.sinks.dsmr_course import SLICE_S, Course, Item
from energy_hw.sinks.dsmr_telegram import Telegram
from energy_hw.sinks.row import Result

OK, NO, ILL, AWAY = Answer(201), Answer(400, "Invalid data"), Answer(500, "<h1>Server Error"), Answer(0, "away")


class Rig:
    """Answers by the number of a row; remembers strikes over several batches."""

    def __init__(self, answers: dict[int, Answer], cost_s: float = 0.0) -> None:
        self.answers, self.cost_s = answers, cost_s
        self.clock, self.strikes = SetClock(), Counter[bytes]()
        self.sent: list[int] = []
        self.refused: list[bytes] = []

    def send(self, item: Item) -> Answer:
        self.clock.now_s += self.cost_s
        self.sent.append(item.row.seq)
        return self.answers.get(item.row.seq, OK)

    def struck_out(self, one: Telegram) -> bool:
        self.strikes[one.raw] += 1
        return self.strikes[one.raw] >= 3

    def run(self, rows: int, unfit: int = 0) -> Result:
        self.sent = []
        whole = batch(telegram(number) for number in range(1, rows + 1))
        items = [Item(place, row, telegram(row.seq)) for place, row in enumerate(whole.rows)]
        bad = telegram(unfit).raw
        course = Course(
            self.send,
            lambda one: "late" if one.raw == bad else "",
            self.struck_out,
            lambda one, answer: self.refused.append(one.raw),
            self.clock.monotonic,
        )
        return course.run(items, rows)


def test_all_go_in_order() -> None:
    rig = Rig({})
    assert rig.run(3) == Result(3)
    assert rig.sent == [1, 2, 3]


def test_the_first_that_must_wait_holds_up_the_rest() -> None:
    rig = Rig({2: AWAY})
    assert rig.run(3) == Result(1, failed=True, reason="away")
    assert rig.sent == [1, 2]


def test_one_that_is_refused_goes_and_the_rest_goes_on() -> None:
    rig = Rig({2: NO})
    assert rig.run(3) == Result(3, {2: "refused"})
    assert rig.refused == [telegram(2).raw]


def test_one_that_must_not_go_is_not_sent() -> None:
    rig = Rig({})
    assert rig.run(3, unfit=2) == Result(3, {2: "late"})
    assert rig.sent == [1, 3]


def test_a_slow_server_reports_how_far_it_is() -> None:
    assert Rig({}, cost_s=SLICE_S * 0.6).run(9) == Result(2)


def test_a_500_that_only_one_telegram_gets_is_its_own_fault_at_the_third_time() -> None:
    rig = Rig({1: ILL})
    for _ in range(2):
        assert rig.run(3).done == 0
        assert rig.sent == [1]
    assert rig.run(3) == Result(3, {1: "server_error"})
    assert rig.refused == [telegram(1).raw]


def test_a_server_that_fails_on_every_telegram_loses_none() -> None:
    rig = Rig({1: ILL, 2: ILL, 3: ILL})
    for _ in range(20):
        result = rig.run(3)
        assert (result.done, result.drop, result.failed) == (0, {}, True)
    assert rig.sent == [1, 2]


def test_a_suspect_waits_where_nothing_comes_behind_it() -> None:
    rig = Rig({1: ILL})
    for _ in range(9):
        assert rig.run(1).done == 0
    assert rig.refused == []


def test_a_suspect_waits_where_the_next_one_cannot_be_sent() -> None:
    rig = Rig({1: ILL, 2: AWAY})
    for _ in range(9):
        result = rig.run(2)
        assert (result.done, result.drop) == (0, {})


def test_a_telegram_that_is_refused_behind_a_suspect_proves_nothing() -> None:
    rig = Rig({1: ILL, 2: NO})
    for _ in range(3):
        result = rig.run(2)
    assert (result.done, result.drop) == (0, {2: "refused"})
