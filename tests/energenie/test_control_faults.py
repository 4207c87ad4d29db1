"""Ten plugs, lost frames, collisions, a radio that fails: every order is confirmed or raised, and none too often."""

from __future__ import annotations

from random import Random

import pytest
from benchmarks.control import on_air_after_s, switch_many

from control_rig import CODE, control, light, plug, switch
from energy_hw.energenie.duty import HOUR_S
from energy_hw.energenie.orders import FINAL, Outcome
from energy_hw.errors import EnergyHwError, LinkError, NotConfirmed
from energy_hw.sim.faults import Faults

# -- many commands ---------------------------------------------------------


@pytest.mark.parametrize("dio0", [True, False])
def test_on_a_quiet_channel_a_command_is_on_air_30_ms_after_the_call(dio0: bool) -> None:
    assert on_air_after_s(dio0, rounds=100) <= 0.030


def test_a_thousand_commands_among_ten_reporting_plugs_are_confirmed_within_three_seconds() -> None:
    tally = switch_many(True, 1000)
    in_time = [seconds for seconds in tally.confirmed_s if seconds <= 3.0]
    assert len(tally.confirmed_s) + tally.raised == 1000
    assert len(in_time) >= 990
    assert tally.wrong == 0
    assert tally.airtime_s < 0.110 * 1000


@pytest.mark.parametrize(("loss", "most_raised"), [(0.2, 5), (0.5, 30)])
def test_with_frames_lost_every_command_is_confirmed_or_raised(loss: float, most_raised: int) -> None:
    """With every second frame lost a try succeeds one time in four, and answers are lost as well."""
    tally = switch_many(False, 100, loss=loss, seed=3)
    assert len(tally.confirmed_s) + tally.raised == 100
    assert tally.wrong == 0
    assert tally.raised <= most_raised


def test_commands_to_all_at_once_while_the_reports_collide() -> None:
    with control(jitter_s=0.02, spacing_s=1.0) as (engine, board, _):
        house = [plug(board, 0x100 + number) for number in range(10)]
        for device in house:
            device.drift = 0.0
            device.start(1.0)  # all ten report at the same moment, for ever
        for round_ in range(10):
            on = bool(round_ % 2)
            tickets = [engine.submit(switch(on, device.sensor)) for device in house]
            assert {ticket.wait(30.0) for ticket in tickets} == {Outcome.CONFIRMED}
            assert {device.relay for device in house} == {on}
            engine.run_s(1.7)


def test_orders_from_everywhere_leave_every_relay_as_it_was_told_last() -> None:
    dice = Random(7)
    with control(jitter_s=0.02, spacing_s=1.0, dio0=False) as (engine, board, _):
        house = [plug(board, 0x100 + number, first_s=dice.uniform(0, 10)) for number in range(10)]
        wanted, tickets = {}, []
        for _ in range(300):
            engine.run_s(dice.uniform(0.0, 0.3))
            device, on = dice.choice(house), dice.random() < 0.5
            wanted[device.sensor] = on
            tickets.append(engine.submit(switch(on, device.sensor)))
        engine.run_s(30.0)
        assert {device.sensor: device.relay for device in house} == wanted
        assert {ticket.outcome for ticket in tickets} == {Outcome.CONFIRMED, Outcome.REPLACED}
        assert engine.scheduler.counters().waiting == 0


def test_airtime_stays_within_its_limit_whatever_is_ordered() -> None:
    dice, sent, limit_s = Random(3), [], 40.0
    with control() as (engine, board, _):
        engine.receiver.budget.limit_s = limit_s
        while board.clock.monotonic() < 2.5 * HOUR_S:
            before = board.chip.statistics.tx_ns
            for number in range(10):
                engine.submit(light(f"lamp {number}", repeats=75, value=dice.random(), within_s=900.0))
            engine.run_s(60.0)
            sent.append((board.clock.monotonic(), (board.chip.statistics.tx_ns - before) / 1e9))
        assert engine.counters().orders.over_budget > 20
    most = max(sum(on for at, on in sent if end - HOUR_S < at <= end) for end, _ in sent)
    assert limit_s * 0.8 < most <= limit_s


# -- the radio -------------------------------------------------------------


@pytest.mark.parametrize("fault", ["brown_out", "power_cycle", "spi_error", "packet_sent", "pll"])
@pytest.mark.parametrize("after_s", [0.0, 0.02, 0.08])
def test_a_radio_that_fails_in_the_middle_of_an_order_is_brought_back_and_the_order_done(
    fault: str, after_s: float
) -> None:
    with control() as (engine, board, _):
        device = plug(board, first_s=3.0)
        engine.run_s(0.5)
        Faults(board).at(board.clock.monotonic() + after_s, fault)
        assert engine.submit(switch(False)).wait(5.0) is Outcome.CONFIRMED
        assert device.relay is False


@pytest.mark.parametrize("order", [switch, light])
def test_a_radio_that_is_away_for_ten_seconds_delays_an_order(order: object) -> None:
    with control() as (engine, board, ear):
        plug(board)
        board.chip.absent = True
        engine.run_s(2.5)
        ticket = engine.submit(switch(False) if order is switch else light())
        engine.run_s(10.0)
        assert (ticket.outcome, ear.sent) == (Outcome.QUEUED, [])
        board.chip.absent = False
        assert ticket.wait(5.0) in (Outcome.CONFIRMED, Outcome.ASSUMED)


def test_a_radio_that_stays_away_is_told_when_the_order_is_over() -> None:
    with control() as (engine, board, _):
        board.chip.absent = True
        ticket = engine.submit(switch(False, within_s=20.0))
        with pytest.raises(LinkError):
            ticket.wait(60.0)
        assert 20.0 <= board.clock.monotonic() < 23.0
        assert ticket.outcome is Outcome.FAILED


def test_the_second_burst_waits_for_a_radio_that_was_lost_after_the_first() -> None:
    with control() as (engine, board, ear):
        ticket = engine.submit(light(tries=2, gap_s=(0.8, 0.8)))
        engine.run_s(0.5)
        board.chip.absent = True
        engine.run_s(5.0)
        assert ticket.outcome is Outcome.SENT
        board.chip.absent = False
        assert ticket.wait(5.0) is Outcome.ASSUMED
        assert [sent.frame for sent in ear.sent] == [CODE, CODE]


def test_faults_at_random_leave_no_order_unsettled() -> None:
    dice = Random(11)
    kinds = ("brown_out", "spi_error", "short_transfer", "packet_sent", "pll", "edge")
    with control(jitter_s=0.02) as (engine, board, _):
        house = [plug(board, 0x100 + number, first_s=dice.uniform(0, 10)) for number in range(5)]
        for _ in range(60):
            Faults(board).at(dice.uniform(1, 120), dice.choice(kinds))
        tickets = []
        while board.clock.monotonic() < 120:
            engine.run_s(dice.uniform(0.0, 1.0))
            tickets.append(engine.submit(switch(dice.random() < 0.5, dice.choice(house).sensor)))
        engine.run_s(150.0)
        assert {ticket.outcome for ticket in tickets} <= FINAL
        confirmed = sum(ticket.outcome is Outcome.CONFIRMED for ticket in tickets)
        replaced = sum(ticket.outcome is Outcome.REPLACED for ticket in tickets)
        assert confirmed + replaced >= 0.97 * len(tickets)
        for ticket in tickets:
            assert ticket.error is None or isinstance(ticket.error, EnergyHwError)


def test_no_order_lives_for_ever() -> None:
    """Contradicted at every report, with all its rounds: the bound of an order as documented."""
    with control() as (engine, board, _):
        device = plug(board, first_s=1.0)
        board.air.set_link("gateway", device.name, 60.0, loss=1.0)
        with pytest.raises(NotConfirmed):
            engine.submit(switch(False)).wait(200.0)
        assert board.clock.monotonic() < 100
