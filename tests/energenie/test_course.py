"""The course of one order, by times alone."""

from __future__ import annotations

import math
from random import Random

import pytest

from control_rig import light, switch
from energy_hw.energenie.course import FSK_S, Course
from energy_hw.energenie.orders import Order, Outcome, Priority
from energy_hw.errors import LinkTimeout, NotConfirmed, RadioLost

DICE = Random(1)


def course(order: Order, now: float = 10.0) -> Course:
    return Course(order, 1, now)


def send(one: Course, now: float) -> bool:
    """A try ended now."""
    one.ticket.note_try(now - FSK_S)
    return one.sent(now, DICE)


def test_a_fresh_order_is_due_at_once_and_over_when_it_was_not_on_air_in_time() -> None:
    one = course(switch(True, within_s=5.0))
    assert (one.fresh, one.due, one.over_at) == (True, 10.0, 15.0)
    assert not one.is_over(14.9)
    assert one.is_over(15.0)
    outcome, error = one.end()
    assert (outcome, type(error)) == (Outcome.EXPIRED, NotConfirmed)


def test_a_window_ends_before_the_order_would() -> None:
    one = course(switch(True, not_after=10.2))
    assert one.over_at == 10.2
    assert one.in_vain(10.3)
    assert not one.in_vain(10.1)
    assert not one.in_vain(math.inf)  # held for something that may end


def test_after_three_tries_comes_a_pause_and_after_the_effort_only_listening() -> None:
    one, now, pauses = course(switch(True)), 10.0, []
    while one.due < math.inf:
        for number in range(3):
            now = max(now, one.due) + FSK_S
            assert not send(one, now)
            if number < 2:
                assert 0.080 <= one.due - now <= 0.240
        pauses.append(one.due - now)
    assert pauses == sorted(pauses)
    assert now < 10.0 + FSK_S + 3.5
    assert one.over_at == now + 12.0


def test_without_a_verdict_the_last_try_ends_it() -> None:
    one = course(light(tries=2))
    assert not send(one, 10.3)
    assert send(one, 11.3)


def test_a_link_error_is_tried_again_soon_and_forgotten_once_it_was_sent() -> None:
    one = course(switch(True))
    assert one.failed(LinkTimeout("not sent"), 10.1, DICE)
    assert 10.15 <= one.due <= 10.25
    assert one.end()[0] is Outcome.FAILED
    send(one, 10.4)
    assert one.end()[0] is Outcome.EXPIRED


@pytest.mark.parametrize("error", [LinkTimeout("not sent"), RadioLost("gone")])
def test_who_does_not_insist_is_told_at_the_first_error(error: Exception) -> None:
    assert not course(switch(True, insist=False)).failed(error, 10.1, DICE)


def test_a_contradiction_while_tries_are_outstanding_hastens_the_next() -> None:
    one = course(switch(True, resends=0))
    for _ in range(3):
        send(one, 10.5)
    pause = one.due
    assert one.contradicted(10.55, DICE)
    assert one.due < min(pause, 10.55 + 0.121)


def test_a_contradiction_afterwards_starts_it_anew_and_once_too_often_ends_it() -> None:
    one = course(switch(True, resends=1, effort_s=0.0))
    for round_ in range(2):
        for _ in range(3):
            send(one, 11.0 + round_)
        assert one.due == math.inf
        assert one.contradicted(11.5 + round_, DICE) is (round_ == 0)
    assert "says otherwise" in str(one.refused())


def test_what_was_sent_in_its_window_is_assumed_when_that_is_over() -> None:
    one = course(light(tries=3, not_after=10.2))
    send(one, 10.1)
    assert one.is_over(10.21)
    assert one.end() == (Outcome.ASSUMED, None)


def test_a_burst_takes_its_repeats_and_windows_may_use_the_reserve() -> None:
    assert course(light(repeats=75)).airtime_s == pytest.approx(2.0, abs=0.01)
    assert course(switch(True)).airtime_s == FSK_S
    assert course(switch(True, priority=Priority.WINDOW)).may_use_reserve
    assert not course(switch(True)).may_use_reserve


def test_what_a_radio_cost_that_failed_is_added_to_the_effort() -> None:
    one = course(switch(True, tries=1, effort_s=3.0))
    send(one, 10.1)
    assert one.failed(RadioLost("away"), 13.0, DICE)
    send(one, 13.2)
    assert one.due < math.inf


def test_every_second_round_has_wider_gaps() -> None:
    one, gaps = course(switch(True, gap_s=(0.1, 0.1))), []
    for _ in range(2):
        for _ in range(3):
            now = one.due + FSK_S
            send(one, now)
            gaps.append(one.due - now)
    assert [round(gap, 6) for gap in gaps[:2] + gaps[3:5]] == [0.1, 0.1, 0.2, 0.2]
