"""The simulated radiator valve: its window of 200 ms, its answers, its flags."""

from __future__ import annotations

from decimal import Decimal

import pytest

from energy_hw.core.message import Value
from energy_hw.sim.air import Air
from energy_hw.sim.clock import SECOND, VirtualClock
from energy_hw.sim.valve import CLOSED, OPEN, Valve
from energy_hw.sim.witness import Witness, command


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def air(clock: VirtualClock) -> Air:
    return Air(clock, seed=1)


@pytest.fixture
def witness(air: Air) -> Witness:
    return Witness(air)


def after(clock: VirtualClock, seconds: float) -> None:
    clock.advance(round(seconds * SECOND))


REPORT_END_S = 10.0 + 0.05833  # a temperature report is 15 bytes long


@pytest.fixture
def valve(air: Air) -> Valve:
    valve = Valve(air, "valve", 0x97F)
    valve.drift = 0.0
    valve.start(first_s=10.0)
    return valve


def test_valve_reports_its_temperature_every_five_minutes(clock: VirtualClock, witness: Witness, valve: Valve) -> None:
    after(clock, 1000.0)
    assert witness.times == pytest.approx([10.058, 310.058, 610.058, 910.058], abs=0.001)
    temperatures = [values["TEMPERATURE"] for values in witness.values()]
    assert temperatures == sorted(temperatures, reverse=True)  # no target: it cools


def open_window(clock: VirtualClock, into_s: float = 0.005) -> None:
    """Go to some time after the end of the next report."""
    clock.advance_to(round((REPORT_END_S + into_s) * SECOND))


def test_valve_obeys_in_its_window(clock: VirtualClock, witness: Witness, valve: Valve) -> None:
    open_window(clock)
    witness.command(valve, "TEMPERATURE", 0x92, Decimal("21.5"))
    after(clock, 0.1)
    assert (valve.target_c, valve.heard_in_window, valve.missed) == (21.5, 1, 0)


@pytest.mark.parametrize("into_s", [0.005, 0.141])
def test_whole_frame_must_be_in_the_window(clock: VirtualClock, witness: Witness, valve: Valve, into_s: float) -> None:
    """58.3 ms of frame: the last start that fits is 141.7 ms after the report."""
    open_window(clock, into_s)
    witness.command(valve, "TEMPERATURE", 0x92, Decimal("21.5"))
    after(clock, 0.1)
    assert valve.target_c == 21.5


@pytest.mark.parametrize("into_s", [-5.0, 0.143, 0.250])
def test_outside_its_window_the_valve_is_deaf(
    clock: VirtualClock, witness: Witness, valve: Valve, into_s: float
) -> None:
    open_window(clock, into_s)
    witness.command(valve, "TEMPERATURE", 0x92, Decimal("21.5"))
    after(clock, 0.1)
    assert (valve.target_c, valve.missed) == (None, 1)


def test_window_closes_after_one_message(clock: VirtualClock, witness: Witness, valve: Valve) -> None:
    open_window(clock)
    witness.send(valve)  # nothing to say: the valve may sleep
    after(clock, 0.055)
    witness.command(valve, "TEMPERATURE", 0x92, Decimal("21.5"))
    after(clock, 0.1)
    assert (valve.target_c, valve.heard_in_window, valve.missed) == (None, 1, 1)


def test_message_for_another_device_leaves_the_window_open(clock: VirtualClock, witness: Witness, valve: Valve) -> None:
    open_window(clock)
    witness.send(valve, sensor=0x111111)
    after(clock, 0.055)
    witness.command(valve, "IDENTIFY")
    after(clock, 0.1)
    assert valve.identified_until_ns > clock.now_ns + 59 * SECOND


@pytest.mark.parametrize(
    ("code", "answer"), [("BATTERY_LEVEL", {"VOLTAGE": Decimal("3.1015625")}), ("DIAGNOSTICS", {"DIAGNOSTICS": 0x80})]
)
def test_valve_answers_a_request(
    clock: VirtualClock, witness: Witness, valve: Valve, code: str, answer: dict[str, Value]
) -> None:
    open_window(clock)
    witness.command(valve, code)
    after(clock, 0.2)
    assert witness.values()[1:] == [answer]


@pytest.mark.parametrize(("stuck", "flag"), [(False, 0x0200), (True, 0x0400)])
def test_exercise_is_answered_when_it_is_done(
    clock: VirtualClock, witness: Witness, valve: Valve, stuck: bool, flag: int
) -> None:
    valve.stuck = stuck
    open_window(clock)
    witness.command(valve, "EXERCISE_VALVE")
    after(clock, 10.0)
    assert len(witness.messages) == 1
    after(clock, 10.0)
    assert witness.values()[1] == {"DIAGNOSTICS": flag | 0x80}


def test_report_period_takes_effect_at_once(clock: VirtualClock, witness: Witness, valve: Valve) -> None:
    open_window(clock)
    witness.command(valve, "REPORT_PERIOD", 0x02, 600)
    after(clock, 700.0)
    assert witness.times == pytest.approx([10.058, 610.12 + 0.058], abs=0.01)


@pytest.mark.parametrize("seconds", [299, 3601])
def test_report_period_out_of_range_is_ignored(
    clock: VirtualClock, witness: Witness, valve: Valve, seconds: int
) -> None:
    open_window(clock)
    witness.command(valve, "REPORT_PERIOD", 0x02, seconds)
    after(clock, 0.1)
    assert (valve.interval_s, valve.obeyed) == (300, [])


def test_flags_of_the_valve(clock: VirtualClock, witness: Witness, valve: Valve) -> None:
    assert valve.diagnostics == 0x0080  # no target
    open_window(clock)
    witness.send(valve, command("TEMPERATURE", 0x92, Decimal(20)), command("LOW_POWER_MODE", 0x01, 1))
    after(clock, 0.1)
    assert valve.diagnostics == 0x0040
    valve.battery_v = 2.1
    assert valve.diagnostics == 0x2040
    assert valve.is_open  # whatever its target
    valve.restart()
    assert valve.diagnostics == 0x28C0


@pytest.mark.parametrize(("state", "is_open"), [(OPEN, True), (CLOSED, False)])
def test_valve_state_overrules_the_target(
    clock: VirtualClock, witness: Witness, valve: Valve, state: int, is_open: bool
) -> None:
    open_window(clock)
    witness.command(valve, "VALVE_STATE", 0x01, state)
    after(clock, 0.1)
    assert valve.is_open == is_open


def test_room_warms_up_to_the_target(clock: VirtualClock, witness: Witness, valve: Valve) -> None:
    open_window(clock)
    witness.command(valve, "TEMPERATURE", 0x92, Decimal(21))
    after(clock, 4 * 3600.0)
    assert witness.values()[-1]["TEMPERATURE"] == pytest.approx(Decimal(21), abs=Decimal(1))
