"""Our valve against the simulated one: what it is told, what it takes, what it says."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from energy_hw import Etrv, Hub
from energy_hw.energenie.engine import open_engine
from energy_hw.energenie.orders import Outcome
from energy_hw.errors import NotConfirmed, NotWritable, OutOfRange
from energy_hw.sim.board import sim_board
from energy_hw.sim.valve import AUTO, CLOSED, LOW_POWER, NO_TARGET, Valve
from window_rig import FIRST_S, SENSOR, valve_bench


def test_before_its_first_report_nothing_is_known() -> None:
    with valve_bench() as (_, _, valve, _):
        known = (valve.temperature, valve.target, valve.valve_state, valve.low_power, valve.battery_voltage)
        assert known == (None,) * 5
        assert (valve.diagnostics, valve.errors, valve.needs_refresh, valve.battery_low) == (None,) * 4
        assert (valve.next_window, valve.overdue, valve.pending) == (None, False, ())


def test_target_waits_for_the_window_and_is_sent_in_two() -> None:
    with valve_bench() as bench:
        bench.valve.target = 20.5
        (waiting,) = bench.valve.pending
        assert (waiting.name, waiting.value, waiting.state) == ("target_temperature", Decimal("20.5"), "queued")
        assert (bench.valve.target, bench.real.target_c) == (Decimal("20.5"), None)
        bench.pass_windows(1)
        assert (bench.valve.pending[0].state, bench.real.target_c) == ("sent", 20.5)
        bench.pass_windows(1)
        assert bench.valve.pending == ()
        assert bench.valve.outcomes["target_temperature"].outcome is Outcome.ASSUMED
        assert (bench.valve.target, bench.real.heard_in_window, bench.real.missed) == (Decimal("20.5"), 2, 0)


@pytest.mark.parametrize(("wait", "confirmed"), [(700.0, True), (100.0, False)])
def test_set_target_waits_by_the_clock_of_the_board(wait: float, confirmed: bool) -> None:
    with valve_bench() as bench:
        if confirmed:
            assert bench.valve.set_target(20.5, wait=wait).outcome is Outcome.ASSUMED
            assert bench.engine.clock.monotonic() == pytest.approx(FIRST_S + 300, abs=1.0)
        else:
            with pytest.raises(NotConfirmed) as caught:
                bench.valve.set_target(20.5, wait=wait)
            assert caught.value.ticket.outcome is Outcome.SENT
            bench.pass_windows(1)  # it goes on
            assert caught.value.ticket.outcome is Outcome.ASSUMED


def test_a_question_is_confirmed_by_its_answer() -> None:
    with valve_bench() as bench:
        bench.real.battery_v = 2.75
        ticket = bench.valve.request_voltage(wait=FIRST_S + 1)
        assert (ticket.outcome, ticket.tries) == (Outcome.CONFIRMED, 1)
        assert (bench.valve.battery_voltage, bench.valve.battery_percent) == (Decimal("2.75"), Decimal(68))


def test_diagnostics_are_words_and_errors_those_that_hurt() -> None:
    with valve_bench() as bench:
        bench.real.battery_v = 2.1
        assert bench.valve.request_diagnostics(wait=FIRST_S + 1).outcome is Outcome.CONFIRMED
        assert bench.valve.diagnostics == ("no target temperature set", "battery below 2.2 V, valve opened")
        assert bench.valve.errors == ("battery below 2.2 V, valve opened",)
        assert (bench.valve.needs_refresh, bench.valve.battery_low, bench.valve.low_power) == (True, True, False)


@pytest.mark.parametrize(("stuck", "error"), [(False, ()), (True, ("exercise failed",))])
def test_exercise_is_confirmed_when_it_is_over(stuck: bool, error: tuple[str, ...]) -> None:
    with valve_bench() as bench:
        bench.real.stuck = stuck
        ticket = bench.valve.exercise(wait=60)
        assert (ticket.outcome, ticket.tries) == (Outcome.CONFIRMED, 1)
        assert bench.engine.clock.monotonic() > FIRST_S + 15
        assert bench.valve.errors == error


def test_low_power_shows_in_the_next_diagnostics() -> None:
    with valve_bench(repeats=10) as bench:
        bench.valve.low_power = True
        bench.pass_windows(1)
        assert bench.real.low_power
        bench.valve.request_diagnostics(wait=310)
        assert bench.valve.outcomes["low_power_mode"].outcome is Outcome.CONFIRMED
        assert (bench.valve.low_power, bench.valve.pending) == (True, ())
        assert bench.real.diagnostics & (LOW_POWER | NO_TARGET) == LOW_POWER | NO_TARGET


def test_valve_state_is_what_it_was_told() -> None:
    with valve_bench() as bench:
        bench.valve.valve_state = "closed"
        bench.pass_windows(1)
        assert (bench.valve.valve_state, bench.real.state) == ("closed", CLOSED)
        bench.valve.set_valve_state(AUTO, wait=700)
        assert (bench.valve.valve_state, bench.real.state) == ("auto", AUTO)


def test_report_interval_is_confirmed_by_the_reports_and_moves_the_next_window() -> None:
    with valve_bench() as bench:
        assert bench.valve.report_interval == 300
        ticket = bench.valve.set_report_interval(400, wait=500)
        assert (ticket.outcome, ticket.tries) == (Outcome.CONFIRMED, 1)
        assert (bench.valve.report_interval, bench.real.interval_s) == (400, 400)
        next_window = bench.valve.next_window
        assert next_window is not None
        assert (next_window - bench.engine.clock.now()).total_seconds() == pytest.approx(400, abs=1)
        bench.real.stop()
        bench.engine.run_s(650)
        assert bench.valve.overdue


def test_identify_flashes() -> None:
    with valve_bench(repeats=1) as bench:
        assert bench.valve.identify(wait=FIRST_S + 1).outcome is Outcome.ASSUMED
        assert bench.real.identified_until_ns > bench.board.clock.now_ns


@pytest.mark.parametrize("value", [3.5, 30.5, 20.3, "warm", float("nan"), True])
def test_a_target_that_it_cannot_take_is_not_queued(value: object) -> None:
    with valve_bench() as bench, pytest.raises(OutOfRange):
        bench.valve.set_target(value)  # type: ignore[arg-type]
    assert bench.valve.pending == ()


def test_a_target_between_two_steps_names_both() -> None:
    with valve_bench() as bench, pytest.raises(OutOfRange, match=r"nearest is 20\.5, on its other side 20\.0"):
        bench.valve.set_target(20.3)


@pytest.mark.parametrize(("repeats", "tries"), [(0, 10), (11, 10), (2, 0), (2, 11)])
def test_windows_to_repeat_in_are_one_to_ten(repeats: int, tries: int) -> None:
    with valve_bench() as bench, pytest.raises(OutOfRange, match="1 to 10 windows"):
        Etrv(bench.engine, SENSOR, repeats=repeats, tries=tries)


def test_every_command_is_a_control() -> None:
    with valve_bench() as bench:
        controls = {control.name: control for control in bench.engine.controls()}
        assert {name: (control.kind, control.confirmed) for name, control in controls.items()} == {
            "target_temperature": ("number", False),
            "exercise_valve": ("button", True),
            "low_power_mode": ("switch", False),
            "valve_state": ("option", False),
            "request_diagnostics": ("button", True),
            "identify": ("button", False),
            "report_interval": ("number", True),
            "request_voltage": ("button", True),
        }
        assert controls["target_temperature"].step == Decimal("0.5")
        assert controls["valve_state"].options == ("open", "closed", "auto")


def test_source_command_queues_or_waits() -> None:
    with valve_bench() as bench:
        device = bench.valve.device
        assert bench.engine.command(device, "target_temperature", Decimal(21)) == "queued"
        assert bench.engine.command(device, "request_voltage", None, wait=700) == "confirmed"
        assert bench.engine.command(device, "valve_state", "open", wait=1300) == "assumed"
        assert bench.real.target_c == 21.0
        with pytest.raises(NotWritable, match="target_temperature"):
            bench.engine.command(device, "switch", True)


def test_what_it_is_told_is_not_taken_for_what_it_measures() -> None:
    with valve_bench() as bench:
        bench.valve.set_target(25, wait=700)
        measured = bench.valve.temperature
        assert measured is not None
        assert measured < 25
        assert bench.valve.memory.trusted("TARGET_TEMP").value == Decimal(25)


def test_nil_lets_the_valve_sleep_at_once_when_nothing_waits() -> None:
    with valve_bench(nil=True) as bench:
        bench.pass_windows(2)
        assert (bench.real.heard_in_window, bench.real.obeyed) == (2, [])
        bench.valve.target = 19
        bench.pass_windows(1)
        assert (bench.real.heard_in_window, bench.real.target_c) == (3, 19.0)


def test_without_nil_nothing_is_sent_when_nothing_waits() -> None:
    with valve_bench() as bench:
        bench.pass_windows(3)
        assert bench.real.heard_in_window == bench.real.missed == 0
        assert bench.engine.radio.counters.sent == 0


def test_a_valve_that_was_reset_is_told_again_what_it_had_been_told() -> None:
    with valve_bench() as bench:
        bench.valve.set_target(22, wait=700)
        bench.valve.set_report_interval(400, wait=900)
        bench.real.restart()
        assert (bench.real.target_c, bench.real.interval_s) == (None, 300)
        bench.valve.request_diagnostics(wait=900)
        assert bench.valve.needs_refresh
        bench.pass_windows(3)
        assert (bench.real.target_c, bench.real.interval_s) == (22.0, 400)
        assert bench.valve.queue.refreshes == 1


def test_a_flag_that_does_not_go_away_is_not_answered_for_ever() -> None:
    with valve_bench() as bench:
        bench.valve.set_target(22, wait=700)
        for _ in range(5):
            bench.real.restart()
            bench.valve.request_diagnostics(wait=900)
        assert bench.valve.queue.refreshes == 1


def test_a_valve_that_was_told_nothing_is_not_told_again() -> None:
    with valve_bench() as bench:
        bench.valve.request_diagnostics(wait=FIRST_S + 1)
        assert (bench.valve.needs_refresh, bench.valve.pending, bench.valve.queue.refreshes) == (True, (), 0)


def test_valve_that_nobody_has_heard_yet_can_be_told() -> None:
    board = sim_board(seed=1)
    with open_engine(board) as engine:
        Etrv(engine, SENSOR).target = 18
        engine.run_s(400)
        real = Valve(board.air, "valve", SENSOR)
        real.start(5.0)
        engine.run_s(10)
        assert real.target_c == 18.0
        assert engine[SENSOR].pending[0].tries == 1


def test_two_objects_for_one_valve_share_its_queue() -> None:
    with valve_bench() as bench:
        bench.valve.target = 18
        other = Etrv(bench.engine, SENSOR)
        assert [waiting.value for waiting in other.pending] == [Decimal(18)]
        assert other.cancel() == 1
        assert bench.valve.pending == ()


def test_in_a_hub_with_its_thread_it_is_the_same() -> None:
    """In real time a busy computer may be too late for a window: what is answered is tried again."""
    board = sim_board(seed=1, speed=5.0)
    real = Valve(board.air, "valve", SENSOR)
    real.interval_s = 3.0
    with Hub(board=board) as hub:
        valve = Etrv(hub, SENSOR)
        assert hub.command(valve.device, "low_power_mode", True) == "queued"
        real.start(1.0)
        assert valve.request_voltage(wait=200.0).outcome is Outcome.CONFIRMED
        assert valve.temperature is not None
        valve.target = 21
        assert [waiting.name for waiting in valve.pending][-1] == "target_temperature"


EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "set_valve.py"


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (("0x97F", "21", "--device", "sim:house?speed=20", "--wait", "0"), 0, "target_temperature=21: queued"),
        (("0x97F", "31", "--device", "sim:house?speed=20"), 1, "4 to 30 degC"),
        (("--device", "/dev/spidev9.9"), 1, "without a board: --simulate"),
    ],
)
def test_the_example_says_what_became_of_it(arguments: tuple[str, ...], code: int, text: str) -> None:
    done = subprocess.run([sys.executable, EXAMPLE, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == code
    assert text in done.stdout + done.stderr
