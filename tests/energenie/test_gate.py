"""Every rule of the channel, on the simulated air."""

from __future__ import annotations

import pytest

from control_rig import control, light, plug, switch, switch_frame
from energy_hw.core.airtime import fsk_airtime_us, ook_airtime_us
from energy_hw.core.message import Message, Record
from energy_hw.core.python.openhems import encode
from energy_hw.energenie.duty import HOUR_S, LEGAL_S
from energy_hw.energenie.orders import Order, Outcome, Priority, Ticket
from energy_hw.errors import AirtimeExceeded
from energy_hw.sim.board import SimBoard
from energy_hw.sim.valve import Valve

VALVE = "energenie:3:0x00097F"
LIGHT_S = ook_airtime_us(75) / 1e6


def window(board: SimBoard, within_s: float = 0.1) -> Order:
    """A command to the valve, as its window opens."""
    record = Record(0x74, True, 0x9, b"\x14\x80", None)
    ticket = Ticket(VALVE, "target", 20.5)
    order = Order(
        VALVE, f"{VALVE}/window", lambda: encode(Message(4, 3, 0x1234, 0x97F, (record,))), ticket, Priority.WINDOW
    )
    order.not_after = board.clock.monotonic() + within_s
    return order


# -- spacing ---------------------------------------------------------------


def test_a_relay_is_switched_once_a_second_and_the_last_value_wins() -> None:
    with control(spacing_s=1.0) as (engine, board, ear):
        device = plug(board)
        engine.submit(switch(False)).wait(1.0)
        tickets = [engine.submit(switch(bool(number % 2))) for number in range(9)]
        last = engine.submit(switch(True))
        assert last.wait(3.0) is Outcome.CONFIRMED
        assert {ticket.outcome for ticket in tickets} == {Outcome.REPLACED}
        assert device.relay is True
        assert ear.sent[1].at - ear.sent[0].end == pytest.approx(1.0, abs=0.02)
        assert engine.counters().orders.spaced == 1


def test_the_same_value_again_need_not_wait() -> None:
    with control(spacing_s=1.0) as (engine, board, _):
        plug(board)
        for _ in range(3):
            assert engine.submit(switch(False)).wait(0.5) is Outcome.CONFIRMED


def test_an_order_may_have_a_spacing_of_its_own() -> None:
    with control(spacing_s=1.0) as (engine, board, ear):
        plug(board)
        engine.submit(switch(False)).wait(1.0)
        engine.submit(switch(True, spacing_s=0.0)).wait(0.5)
        engine.submit(switch(False, spacing_s=2.5)).wait(4.0)
        assert ear.sent[2].at - ear.sent[1].end == pytest.approx(2.5, abs=0.02)


# -- OOK -------------------------------------------------------------------


def test_bursts_to_different_devices_are_60_ms_apart() -> None:
    with control() as (engine, _, ear):
        tickets = [engine.submit(light(f"lamp {number}")) for number in range(3)]
        assert [ticket.wait(2.0) for ticket in tickets] == [Outcome.ASSUMED] * 3
        gaps = [later.at - sent.end for sent, later in zip(ear.sent, ear.sent[1:], strict=False)]
        assert all(0.060 <= gap < 0.080 for gap in gaps)


def test_between_two_bursts_a_report_is_heard_and_a_plug_is_switched() -> None:
    with control() as (engine, board, _):
        device = plug(board, first_s=0.4)
        ticket = engine.submit(light(tries=2, gap_s=(0.8, 0.8)))
        events = engine.run_s(0.6)
        assert (len(events), ticket.outcome) == (1, Outcome.SENT)
        assert engine.submit(switch(False)).wait(1.0) is Outcome.CONFIRMED
        assert device.relay is False


def test_silence_is_kept_before_the_first_burst_only() -> None:
    with control() as (engine, board, ear):
        plug(board)
        engine.submit(switch(False)).wait(1.0)
        engine.submit(light(silence_s=3.0, tries=2, gap_s=(0.5, 0.5))).wait(10.0)
        first, second, third = ear.sent
        assert second.at - first.end >= 3.0
        assert third.at - second.end == pytest.approx(0.5, abs=0.05)


def test_who_needs_silence_gets_it_although_others_switch_all_the_time() -> None:
    with control() as (engine, board, ear):
        ticket = engine.submit(light(silence_s=3.0))
        engine.submit(switch(True, 100, tries=1, effort_s=0.0))
        for number in range(40):
            engine.submit(switch(bool(number % 2), number % 7 + 1, tries=1, effort_s=0.0))
            engine.run_s(0.5)
        assert ticket.outcome is Outcome.ASSUMED
        burst = next(sent for sent in ear.sent if sent.kind == "OOK")
        before = max(sent.end for sent in ear.sent if sent.end < burst.at)
        assert burst.at - before >= 3.0
        assert burst.at < 10.0
        assert board.clock.monotonic() > 19


def test_silence_that_never_comes_holds_others_ten_seconds_at_most() -> None:
    """A thermostat's windows go on air all the same, so the silence is never long enough."""
    with control() as (engine, board, ear):
        engine.submit(light(silence_s=3.0, within_s=60.0))
        engine.submit(switch(True, 100, tries=1, effort_s=0.0))
        for _ in range(30):
            engine.run_s(1.0)
            engine.submit(window(board))
        engine.submit(switch(True, 101, tries=1, effort_s=0.0))
        engine.run_s(1.0)
        assert ear.sent[-1].frame == switch_frame(True, 101)


# -- forecast --------------------------------------------------------------


def test_a_burst_that_would_run_into_an_awaited_report_is_deferred() -> None:
    with control() as (engine, board, ear):
        valve = Valve(board.air, "valve", 0x97F)
        valve.drift = 0.0
        valve.start(1.0)
        engine.run_s(605.0)  # three reports: the interval is learned
        engine.forecast.expect(VALVE)
        engine.run_s(899.5 - board.clock.monotonic())
        engine.submit(light(repeats=75))
        while engine.step() is None:
            assert ear.sent == []
        engine.submit(window(board))  # as a device does when its report is heard
        engine.run_s(5.0)
        assert [sent.kind for sent in ear.sent] == ["FSK", "OOK"]
        assert valve.target_c == 20.5
        assert engine.counters().orders.deferred == 1


def test_a_burst_is_deferred_for_two_seconds_at_most() -> None:
    with control() as (engine, board, ear):
        valve = Valve(board.air, "valve", 0x97F)
        valve.start(1.0)
        engine.run_s(10.0)
        valve.stop()
        engine.forecast.expect(VALVE)
        engine.run_s(296.0 - board.clock.monotonic())  # 2 % of 300 s before the report that does not come
        called = board.clock.monotonic()
        engine.submit(light())
        engine.run_s(5.0)
        assert ear.sent[0].at - called == pytest.approx(2.0, abs=0.05)


def test_the_reports_of_plugs_and_of_valves_without_a_command_block_nothing() -> None:
    with control() as (engine, board, ear):
        plug(board, first_s=1.0)
        Valve(board.air, "valve", 0x97F).start(2.0)
        engine.run_s(299.8)
        engine.forecast.expect(VALVE)
        engine.forecast.expect(VALVE, None)
        called = board.clock.monotonic()
        engine.submit(light())
        engine.run_s(1.0)
        assert ear.sent[0].at - called < 0.3


# -- airtime ---------------------------------------------------------------


def test_over_budget_an_order_waits_and_is_sent_when_there_is_airtime_again() -> None:
    with control() as (engine, board, ear):
        budget = engine.receiver.budget
        budget.book(board.clock.monotonic(), LEGAL_S)
        ticket = engine.submit(light(within_s=2 * HOUR_S))
        engine.run_s(HOUR_S)
        assert (ticket.outcome, ear.sent) == (Outcome.QUEUED, [])
        engine.run_s(30.0)
        assert (ticket.outcome, len(ear.sent)) == (Outcome.ASSUMED, 1)
        assert engine.counters().orders.over_budget == 1


def test_airtime_that_comes_too_late_for_an_order_is_told_at_once() -> None:
    with control() as (engine, board, _):
        engine.receiver.budget.book(board.clock.monotonic(), LEGAL_S)
        with pytest.raises(AirtimeExceeded, match="wait 36") as raised:
            engine.submit(switch(True)).wait(5.0)
        assert 3600 <= raised.value.wait_s <= 3610
        assert board.clock.monotonic() < 1.0


def test_lights_leave_airtime_for_a_valve() -> None:
    with control() as (engine, board, ear):
        engine.receiver.budget.limit_s = 60.0
        for number in range(60):
            engine.submit(light(f"lamp {number}", repeats=75, within_s=30.0))
        engine.run_s(100.0)
        lights = len(ear.sent)
        assert engine.submit(switch(True)).error is None
        assert engine.submit(window(board)).wait(1.0) is Outcome.ASSUMED
        assert lights * LIGHT_S <= 57.0
        assert ear.sent[-1].kind == "FSK"


def test_a_long_raw_frame_waits_for_its_airtime_too() -> None:
    with control() as (engine, board, ear):
        frame = bytes([65]) + bytes(65)
        engine.receiver.budget.limit_s = 0.5
        engine.receiver.budget.book(board.clock.monotonic(), 0.2)
        order = Order("raw", "raw/1", lambda: frame, Ticket("raw", "fsk"), within_s=2 * HOUR_S)
        engine.submit(order)
        engine.run_s(HOUR_S - 10)
        assert ear.sent == []
        engine.run_s(30.0)
        assert order.ticket.outcome is Outcome.ASSUMED
        assert fsk_airtime_us(66) / 1e6 * 2 > 0.3


def test_a_window_does_not_wait_for_the_answer_of_another() -> None:
    with control() as (engine, board, ear):
        engine.submit(switch(True))
        engine.run_s(0.001)
        assert len(ear.sent) == 1
        engine.submit(window(board))
        engine.run_s(0.1)
        assert ear.sent[1].at - ear.sent[0].end < 0.030


def test_the_airtime_has_to_hold_both_tries_that_the_driver_makes() -> None:
    with control() as (engine, board, ear):
        budget, now = engine.receiver.budget, board.clock.monotonic()
        budget.book(now, 0.95 * LEGAL_S - 1.5 * ook_airtime_us(8) / 1e6)
        engine.submit(light(within_s=5.0))
        engine.run_s(1.0)
        assert ear.sent == []
        assert engine.counters().orders.over_budget == 1
