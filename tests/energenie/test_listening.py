"""Listen before talk: on a free channel, behind a report, against a jammer."""

from __future__ import annotations

import logging

import pytest

from control_rig import control, light, plug, switch, switch_frame
from energy_hw.energenie.orders import Order, Outcome, Priority, Ticket
from energy_hw.sim.faults import Faults
from energy_hw.sim.foreign import ForeignTransmitter

REPORT = bytes.fromhex("1c0402580b552423bcd2ac508d265ba2cf74b773474aa9f197f1f03f23")
REPORT_S = 0.105


@pytest.mark.parametrize("dio0", [True, False])
def test_a_free_channel_costs_no_time(dio0: bool) -> None:
    with control(dio0=dio0) as (engine, board, ear):
        engine.run_s(1.0)
        called = board.clock.monotonic()
        engine.submit(switch(True))
        engine.run_s(0.2)
        assert ear.sent[0].at - called < 0.005
        assert engine.counters().orders.listened == 0


@pytest.mark.parametrize("dio0", [True, False])
@pytest.mark.parametrize("already_s", [0.002, 0.05, 0.1])
def test_a_report_under_way_is_heard_out_and_then_it_goes(dio0: bool, already_s: float) -> None:
    with control(dio0=dio0) as (engine, board, ear):
        engine.run_s(1.0)
        board.air.send_fsk(REPORT, sender="other")
        engine.run_s(already_s)
        called = board.clock.monotonic()
        engine.submit(switch(True))
        events = engine.run_s(0.3)
        assert [event.frame.data for event in events] == [REPORT]
        assert 0 <= ear.sent[0].at - called - (REPORT_S - already_s) < 0.055
        assert engine.counters().orders.listened == 1


def test_what_only_raises_the_signal_is_waited_out_too() -> None:
    with control() as (engine, board, ear):
        board.air.noise(0.1)
        engine.submit(switch(True))
        engine.run_s(0.5)
        assert 0.1 <= ear.sent[0].at < 0.16


def test_a_weak_signal_from_next_door_is_none() -> None:
    with control() as (engine, board, ear):
        engine.run_s(0.1)
        board.air.noise(5.0, power_dbm=-30.0)  # -90 dBm here
        engine.submit(switch(True))
        engine.run_s(0.1)
        assert ear.sent[0].at < 0.15


def test_a_jammed_channel_delays_230_ms_and_is_counted_and_told_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    with control() as (engine, board, ear):
        board.air.noise(600.0, power_dbm=-10.0)
        for number in range(10):
            called = board.clock.monotonic()
            engine.submit(switch(True, number + 1, tries=1, effort_s=0.0))
            engine.run_s(2.0)
            assert 0.225 < ear.sent[-1].at - called < 0.245
        assert engine.counters().orders.jammed == 10
        warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
        assert len(warnings) == 1
        assert "another transmitter near" in warnings[0].getMessage()


def test_a_jam_is_waited_out_once_and_not_by_each_order() -> None:
    with control() as (engine, board, ear):
        board.air.noise(600.0)
        for number in range(5):
            engine.submit(light(f"lamp {number}"))
        engine.run_s(3.0)
        assert len(ear.sent) == 5
        gaps = [later.at - sent.end for sent, later in zip(ear.sent, ear.sent[1:], strict=False)]
        assert max(gaps) < 0.1


def test_commands_arrive_once_the_jammer_is_gone() -> None:
    with control() as (engine, board, _):
        device = plug(board, first_s=2.0)
        board.air.noise(8.0)
        ticket = engine.submit(switch(False))
        assert ticket.wait(40.0) is Outcome.CONFIRMED
        assert device.relay is False
        assert 12.0 < board.clock.monotonic() < 13.0  # its next report says otherwise


def test_a_device_that_listens_for_a_moment_is_answered_before_that_is_over() -> None:
    with control() as (engine, board, ear):
        board.air.noise(10.0, power_dbm=-10.0)
        closes = board.clock.monotonic() + 0.12
        order = Order("v", "v/window", lambda: switch_frame(True), Ticket("v", "target"), Priority.WINDOW)
        order.not_after = closes
        engine.submit(order)
        engine.run_s(1.0)
        assert closes - 0.02 < ear.sent[0].at <= closes + 0.005
        assert order.ticket.outcome is Outcome.ASSUMED


def test_the_answer_that_is_in_the_fifo_spares_the_next_try() -> None:
    with control() as (engine, board, ear):
        plug(board)
        ticket = engine.submit(switch(False, gap_s=(0.2, 0.2)))
        engine.run_s(0.06)
        Faults(board).now("stall", ms=300)  # the answer came long ago when the thread goes on
        Faults(board).now("edge")
        assert ticket.wait(2.0) is Outcome.CONFIRMED
        assert len(ear.sent) == 1


def test_a_neighbour_who_babbles_keeps_nobody_from_switching() -> None:
    with control(jitter_s=0.02) as (engine, board, _):
        device = plug(board, first_s=1.0)
        neighbour = ForeignTransmitter(board.air)
        neighbour.interval_s = 0.5
        neighbour.start()
        for number in range(20):
            engine.run_s(0.7)
            ticket = engine.submit(switch(bool(number % 2)))
            assert ticket.wait(15.0) is Outcome.CONFIRMED
            assert device.relay is bool(number % 2)
        assert engine.counters().orders.listened > 3
