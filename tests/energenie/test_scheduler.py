"""The scheduler in virtual time: who goes first, what is repeated, what confirms, what ends it."""

from __future__ import annotations

import math

import pytest

from control_rig import CODE, control, light, plug, switch, switch_frame
from energy_hw.core.airtime import fsk_airtime_us
from energy_hw.energenie.orders import Order, Outcome, Priority, Ticket
from energy_hw.errors import LinkClosed, NotConfirmed, OutOfRange, QueueFull

SWITCH_S = fsk_airtime_us(14) / 1e6

# -- one order -------------------------------------------------------------


def test_a_plug_that_answers_is_sent_one_frame() -> None:
    with control() as (engine, board, ear):
        device = plug(board)
        ticket = engine.submit(switch(False))
        assert ticket.wait(2.0) is Outcome.CONFIRMED
        engine.run_s(5.0)
        assert (device.relay, ticket.tries, len(ear.sent)) == (False, 1, 1)
        assert engine.counters().orders.confirmed == 1


def test_each_try_is_built_anew() -> None:
    pips = iter(range(1, 100))
    with control() as (engine, _, ear):
        order = switch(True, effort_s=0.0)
        order.build = lambda: switch_frame(True, pip=next(pips))
        engine.submit(order)
        engine.run_s(1.0)
        assert [sent.frame for sent in ear.sent] == [switch_frame(True, pip=pip) for pip in (1, 2, 3)]


def test_an_answer_has_room_between_two_tries() -> None:
    with control() as (engine, _, ear):
        engine.submit(switch(True, effort_s=0.0))
        engine.run_s(1.0)
        gaps = [later.at - sent.end for sent, later in zip(ear.sent, ear.sent[1:], strict=False)]
        assert len(gaps) == 2
        assert all(0.020 + SWITCH_S < gap < 0.150 for gap in gaps)


def test_without_an_answer_rounds_follow_for_three_seconds_after_growing_pauses() -> None:
    with control() as (engine, _, ear):
        ticket = engine.submit(switch(True))
        engine.run_s(10.0)
        pauses = [later.at - sent.end for sent, later in zip(ear.sent, ear.sent[1:], strict=False)]
        between_rounds = pauses[2::3]
        assert len(ear.sent) % 3 == 0
        assert between_rounds == sorted(between_rounds)
        assert 2 <= len(between_rounds) <= 4
        assert ear.sent[-1].at - ear.sent[0].at < 3.6
        assert (ticket.outcome, ticket.tries) == (Outcome.SENT, len(ear.sent))


@pytest.mark.parametrize("reply_ms", [30, 100, 200, 400, 900])
def test_a_plug_that_takes_its_time_is_heard_all_the_same(reply_ms: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("energy_hw.sim.plugs.REPLY_NS", reply_ms * 1_000_000)
    with control() as (engine, board, _):
        device = plug(board)
        for number in range(20):
            assert engine.submit(switch(bool(number % 2))).wait(3.5) is Outcome.CONFIRMED
            engine.run_s(2.0)
        assert device.relay is True


def test_a_plug_that_is_gone_is_told_after_its_next_report_would_have_come() -> None:
    with control() as (engine, board, ear):
        ticket = engine.submit(switch(True))
        with pytest.raises(NotConfirmed, match="no answer came: is it switched on, and in reach") as raised:
            ticket.wait(60.0)
        assert raised.value.ticket is ticket
        assert ticket.outcome is Outcome.EXPIRED
        assert board.clock.monotonic() == pytest.approx(ear.sent[-1].end + 12.0, abs=0.2)


def test_the_next_report_confirms_where_every_answer_was_lost() -> None:
    with control() as (engine, board, _):
        device = plug(board, first_s=8.0)
        board.air.set_link(device.name, "gateway", 60.0, loss=1.0)
        ticket = engine.submit(switch(False))
        engine.run_s(7.0)
        assert ticket.outcome is Outcome.SENT
        board.air.set_link(device.name, "gateway", 60.0, loss=0.0)
        assert ticket.wait(5.0) is Outcome.CONFIRMED
        assert 8.0 < board.clock.monotonic() < 8.3


def test_a_report_that_says_otherwise_starts_it_anew() -> None:
    with control() as (engine, board, _):
        device = plug(board, first_s=8.0)
        board.air.set_link("gateway", device.name, 60.0, loss=1.0)
        ticket = engine.submit(switch(False))
        engine.run_s(7.0)
        board.air.set_link("gateway", device.name, 60.0, loss=0.0)
        assert ticket.wait(5.0) is Outcome.CONFIRMED
        assert device.relay is False
        assert engine.counters().orders.contradicted == 1


@pytest.mark.parametrize("resends", [0, 2])
def test_a_plug_that_contradicts_to_the_last_is_not_confirmed(resends: int) -> None:
    with control() as (engine, board, ear):
        device = plug(board, first_s=6.0)
        board.air.set_link("gateway", device.name, 60.0, loss=1.0)
        ticket = engine.submit(switch(False, resends=resends, effort_s=0.5))
        with pytest.raises(NotConfirmed, match="the device says otherwise"):
            ticket.wait(100.0)
        assert board.clock.monotonic() == pytest.approx(6.1 + 10.0 * resends, abs=0.5)
        assert ticket.tries == len(ear.sent)


def test_a_report_from_before_the_command_confirms_nothing() -> None:
    with control() as (engine, board, _):
        device = plug(board)
        board.air.set_link("gateway", device.name, 60.0, loss=1.0)
        device.report()
        board.clock.advance(200_000_000)  # it waits in the FIFO, and says what the order wants
        ticket = engine.submit(switch(True, effort_s=0.0))
        engine.run_s(1.0)
        assert (ticket.tries, ticket.outcome) == (3, Outcome.SENT)


def test_a_device_that_never_answers_is_assumed_after_its_bursts() -> None:
    with control() as (engine, _, ear):
        ticket = engine.submit(light(tries=2, gap_s=(0.8, 0.8)))
        assert ticket.wait(5.0) is Outcome.ASSUMED
        assert [sent.frame for sent in ear.sent] == [CODE, CODE]
        assert ear.sent[1].at - ear.sent[0].end == pytest.approx(0.8, abs=0.05)


def test_what_cannot_be_built_or_sent_fails_with_its_reason() -> None:
    with control() as (engine, _, ear):
        bad = light(repeats=8)
        bad.build = lambda: b"too short"
        broken = switch(True)
        broken.build = lambda: bytes([1 // 0])
        tickets = [engine.submit(bad), engine.submit(broken)]
        engine.run_s(1.0)
        assert [type(ticket.error) for ticket in tickets] == [OutOfRange, ZeroDivisionError]
        assert [ticket.outcome for ticket in tickets] == [Outcome.FAILED] * 2
        assert ear.sent == []


def test_a_verdict_that_fails_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with control() as (engine, board, _):
        plug(board)
        ticket = engine.submit(switch(False, verdict=lambda _: 1 // 0, effort_s=0.1))
        engine.run_s(1.0)
        assert ticket.outcome is Outcome.SENT
        assert "the verdict of" in caplog.text


# -- a caller's patience ---------------------------------------------------


def test_patience_is_measured_by_the_boards_clock_and_the_order_goes_on() -> None:
    with control() as (engine, board, _):
        device = plug(board, first_s=9.0)
        board.air.set_link("gateway", device.name, 60.0, loss=1.0)
        ticket = engine.submit(switch(False))
        with pytest.raises(NotConfirmed, match="within 2 s, it is sent and goes on"):
            ticket.wait(2.0)
        assert board.clock.monotonic() == pytest.approx(2.0, abs=0.2)
        board.air.set_link("gateway", device.name, 60.0, loss=0.0)
        assert ticket.wait() is Outcome.CONFIRMED


def test_a_cancelled_order_is_sent_no_more() -> None:
    with control() as (engine, _, ear):
        ticket = engine.submit(switch(False))
        engine.run_s(0.1)
        assert ticket.cancel()
        engine.run_s(5.0)
        assert len(ear.sent) == ticket.tries == 1
        assert engine.counters().orders.cancelled == 1
        assert engine.scheduler.counters().waiting == 0


# -- newer orders for the same thing ---------------------------------------


def test_a_newer_order_takes_the_place_of_one_that_waits() -> None:
    with control() as (engine, board, ear):
        device = plug(board)
        old, new = engine.submit(switch(False)), engine.submit(switch(True))
        assert (old.outcome, new.wait(2.0)) == (Outcome.REPLACED, Outcome.CONFIRMED)
        assert (len(ear.sent), device.relay) == (1, True)
        with pytest.raises(NotConfirmed, match="a newer order took the place"):
            old.wait()


def test_a_newer_order_supersedes_one_whose_answer_is_outstanding() -> None:
    """The answer to the old one comes, and says nothing of the new one, which is sent all the same."""
    with control() as (engine, board, _):
        device = plug(board)
        old = engine.submit(switch(False))
        engine.run_s(SWITCH_S + 0.01)
        assert old.tries == 1
        middle, new = engine.submit(switch(True)), engine.submit(switch(False))
        assert new.wait(2.0) is Outcome.CONFIRMED
        assert [old.outcome, middle.outcome] == [Outcome.REPLACED] * 2
        assert (new.tries, device.relay, len(device.obeyed)) == (1, False, 2)


def test_a_hundred_changes_of_mind_leave_the_last() -> None:
    with control(jitter_s=0.02) as (engine, board, _):
        device = plug(board, first_s=1.0)
        tickets = []
        for number in range(100):
            tickets.append(engine.submit(switch(number % 3 == 0)))
            engine.run_s(0.05)
        assert tickets[-1].wait(10.0) is Outcome.CONFIRMED
        assert device.relay is True
        outcomes = {ticket.outcome for ticket in tickets}
        assert outcomes == {Outcome.CONFIRMED, Outcome.REPLACED}


def test_at_most_256_wait_and_one_more_is_refused_with_a_reason() -> None:
    with control() as (engine, _, _):
        for sensor in range(256):
            engine.submit(switch(True, sensor))
        extra = switch(True, 999)
        with pytest.raises(QueueFull, match="at most 256 orders") as raised:
            engine.submit(extra)
        assert raised.value.waiting == 256
        assert extra.ticket.outcome is Outcome.FAILED
        engine.submit(switch(False, 7))  # takes the place of another
        assert engine.counters().orders.refused == 1


# -- several at once -------------------------------------------------------


def test_what_is_urgent_goes_first() -> None:
    with control() as (engine, _, ear):
        engine.submit(light())
        engine.submit(switch(True, 1, effort_s=0.0, tries=1))
        join = Order("c", "c/JOIN", lambda: switch_frame(True, 3), Ticket("c", "join"), Priority.JOIN)
        window = Order("d", "d/window", lambda: switch_frame(True, 4), Ticket("d", "target"), Priority.WINDOW)
        engine.submit(join)
        engine.submit(window)
        engine.run_s(2.0)
        frames = [sent.frame for sent in ear.sent]
        assert frames == [switch_frame(True, 4), switch_frame(True, 3), switch_frame(True, 1), CODE]


def test_a_silent_device_does_not_keep_the_others_waiting() -> None:
    with control() as (engine, board, _):
        others = [plug(board, sensor) for sensor in range(1, 6)]
        gone = [engine.submit(switch(True, sensor)) for sensor in range(100, 103)]
        began = board.clock.monotonic()
        tickets = [engine.submit(switch(False, sensor)) for sensor in range(1, 6)]
        assert [ticket.wait(3.0) for ticket in tickets] == [Outcome.CONFIRMED] * 5
        assert board.clock.monotonic() - began < 2.0
        assert {other.relay for other in others} == {False}
        assert all(ticket.tries >= 1 for ticket in gone)


def test_one_device_with_many_orders_leaves_room_for_another() -> None:
    with control() as (engine, board, ear):
        for number in range(50):
            order = Order("greedy", f"greedy/{number}", lambda: switch_frame(True, 1), Ticket("greedy", "x"))
            engine.submit(order)
        device = plug(board)
        engine.submit(switch(False)).wait(1.0)
        assert device.relay is False
        assert len(ear.sent) <= 4


def test_switching_all_day_starves_no_light() -> None:
    with control() as (engine, board, _):
        ticket = engine.submit(light())
        for number in range(400):
            engine.submit(switch(bool(number % 2), number % 20 + 1, tries=1, verdict=None))
            engine.run_s(0.03)
        assert ticket.done
        assert board.clock.monotonic() < 60


def test_the_order_of_one_device_is_kept() -> None:
    with control() as (engine, _, ear):
        for number in range(1, 6):
            order = Order("one", f"one/{number}", lambda n=number: switch_frame(True, n), Ticket("one", "x"))
            engine.submit(order)
        engine.run_s(2.0)
        assert [sent.frame for sent in ear.sent] == [switch_frame(True, number) for number in range(1, 6)]


def test_closing_fails_what_waits_and_takes_nothing_more() -> None:
    with control() as (engine, _, _):
        waiting, sent = light(silence_s=3.0), engine.submit(switch(True))
        engine.run_s(0.2)
        engine.submit(waiting)
    assert {type(waiting.ticket.error), type(sent.error)} == {LinkClosed}
    late = switch(True)
    with pytest.raises(LinkClosed):
        engine.scheduler.submit(late)
    assert late.ticket.done


# -- windows ---------------------------------------------------------------


def test_what_missed_its_window_is_not_sent_in_vain() -> None:
    with control() as (engine, board, ear):
        order = Order("v", "v/window", lambda: switch_frame(True), Ticket("v", "target"), Priority.WINDOW)
        order.not_after = board.clock.monotonic() - 0.001
        engine.submit(order)
        engine.run_s(1.0)
        assert (order.ticket.outcome, ear.sent) == (Outcome.EXPIRED, [])
        assert "could not be on air in time" in str(order.ticket.error)


def test_a_second_try_outside_the_window_is_left_out() -> None:
    with control() as (engine, board, ear):
        order = Order("v", "v/window", lambda: switch_frame(True), Ticket("v", "target"), Priority.WINDOW, tries=5)
        order.not_after = board.clock.monotonic() + 0.2
        engine.submit(order)
        engine.run_s(1.0)
        assert order.ticket.outcome is Outcome.ASSUMED
        assert 1 <= len(ear.sent) <= 2


def test_an_answer_to_a_window_may_come_after_it() -> None:
    with control() as (engine, board, _):
        device = plug(board, first_s=5.0)
        board.air.set_link(device.name, "gateway", 60.0, loss=1.0)
        order = switch(False, tries=1, priority=Priority.WINDOW, not_after=board.clock.monotonic() + 0.1)
        ticket = engine.submit(order)
        engine.run_s(3.0)
        board.air.set_link(device.name, "gateway", 60.0, loss=0.0)
        assert ticket.wait(5.0) is Outcome.CONFIRMED
        assert ticket.tries == 1


def test_the_next_look_is_when_something_is_due() -> None:
    with control() as (engine, board, _):
        engine.run_s(0.1)
        assert engine.scheduler.patience_s() == math.inf
        engine.submit(switch(True, effort_s=0.0, tries=1))
        engine.run_s(0.5)
        assert engine.scheduler.patience_s() == pytest.approx(12.0, abs=0.6)
        assert board.pins.wakeups < 10
