"""When devices report next: learned from what they do."""

from __future__ import annotations

import math

import pytest

from control_rig import control, plug
from energy_hw.energenie.forecast import REPORT_S, Forecast, Rhythm, is_regular
from energy_hw.energenie.profiles import by_product
from energy_hw.sim.clock import VirtualClock
from energy_hw.sim.plugs import HouseMonitor
from energy_hw.sim.sensors import MotionSensor

PLUG, VALVE = "energenie:2:0x000373", "energenie:3:0x00097F"


def rhythm(*times: float, interval_s: float | None = 300.0) -> Rhythm:
    made = Rhythm(interval_s)
    for at in times:
        made.heard(at)
    return made


# -- one device ------------------------------------------------------------


def test_before_the_first_report_nothing_is_known() -> None:
    assert rhythm().predicted(100.0) is None
    assert rhythm(5.0, interval_s=None).predicted(100.0) is None


def test_after_the_first_report_the_profiles_interval_counts_give_or_take_two_per_cent() -> None:
    one = rhythm(10.0)
    assert (one.predicted(10.0), one.tolerance_s) == (310.0, 6.0)


def test_the_devices_own_interval_is_learned_and_the_prediction_sharpens() -> None:
    one = rhythm(*(301.2 * number for number in range(6)))
    assert one.predicted(1600.0) == pytest.approx(6 * 301.2, abs=0.05)
    assert one.tolerance_s < 1.6


def test_reports_that_were_missed_do_not_spoil_it() -> None:
    one = rhythm(0.0, 301.0, 602.0, 602.0 + 4 * 301.0)
    assert one.interval_s == pytest.approx(301.0, abs=0.1)
    assert one.predicted(1806.0) == pytest.approx(2107.0, abs=0.3)


def test_after_a_missed_report_the_next_one_is_expected() -> None:
    one = rhythm(0.0, 300.0, 600.0)
    assert one.predicted(900.0) == pytest.approx(900.0)
    assert one.predicted(900.0 + one.tolerance_s + REPORT_S + 0.01) == pytest.approx(1200.0)


def test_a_new_interval_is_believed_when_it_came_three_times() -> None:
    one = rhythm(0.0, 300.0, 300.0 + 3600.0 * 0.2, 300.0 + 3600.0 * 0.4)
    assert one.interval_s == 300.0
    one.heard(300.0 + 3600.0 * 0.6)
    assert one.interval_s == pytest.approx(720.0)


def test_jitter_of_the_device_widens_the_tolerance_again_but_never_beyond_two_per_cent() -> None:
    times, at = [], 0.0
    for number in range(20):
        at += 300.0 + (2.0 if number % 2 else -2.0)
        times.append(at)
    assert 4.0 < rhythm(*times).tolerance_s <= 6.1


# -- on the air ------------------------------------------------------------


def test_a_plug_is_predicted_and_its_answers_do_not_count() -> None:
    with control() as (engine, board, _):
        device = plug(board, first_s=1.0)
        engine.run_s(34.0)
        for _ in range(3):
            device.press()
            engine.run_s(0.5)
        due_s = engine.forecast.next_report_s(PLUG)
        assert due_s is not None
        predicted = board.clock.monotonic() + due_s
        (event,) = engine.run_s(8.0)
        assert event.at == pytest.approx(predicted, abs=0.05)


def test_a_device_of_unknown_interval_is_learned_by_ear() -> None:
    with control() as (engine, board, _):
        HouseMonitor(board.air, "meter", 0xC61).start(1.0)
        engine.run_s(25.0)
        assert engine.forecast.next_report_s("energenie:5:0x000C61") is None
        engine.run_s(10.0)
        assert engine.forecast.interval_s("energenie:5:0x000C61") == pytest.approx(10.0, abs=0.1)


def test_a_device_on_events_is_never_overdue() -> None:
    with control() as (engine, board, _):
        MotionSensor(board.air, "hall", 0xFCA).move()
        engine.run_s(600.0)
        assert engine.forecast.next_report_s("energenie:12:0x000FCA") is None
        assert not engine.forecast.overdue("energenie:12:0x000FCA")


def test_a_device_that_falls_silent_is_overdue_after_one_and_a_half_intervals() -> None:
    with control() as (engine, board, _):
        device = plug(board, first_s=1.0)
        engine.run_s(12.0)
        device.stop()
        engine.run_s(13.0)
        assert not engine.forecast.overdue(PLUG)
        engine.run_s(2.0)
        assert engine.forecast.overdue(PLUG)
        assert not engine.forecast.overdue("energenie:2:0x000001")


def test_while_an_awaited_report_is_due_the_radio_is_looked_at_every_5_ms() -> None:
    with control(dio0=False) as (engine, board, _):
        plug(board, first_s=1.0)
        engine.run_s(53.0)

        def looks(seconds: float) -> int:
            before = board.pins.wakeups
            engine.run_s(seconds)
            return board.pins.wakeups - before

        engine.forecast.expect(PLUG)
        assert looks(5.0) <= 255  # every 20 ms as ever
        engine.run_s((engine.forecast.next_report_s(PLUG) or 0.0) - 0.215)
        assert looks(0.1) >= 15
        engine.forecast.expect(PLUG, None)
        engine.run_s(1.0)
        engine.run_s((engine.forecast.next_report_s(PLUG) or 0.0) - 0.30)
        assert looks(0.1) <= 6


def test_for_an_awaited_device_of_which_nothing_is_known_one_looks_often_and_defers_nothing() -> None:
    forecast = Forecast(VirtualClock())
    forecast.expect(VALVE)
    assert forecast.watch_at(5.0) == -math.inf
    assert forecast.watch_at(5.0, blind=False) == math.inf
    assert forecast.clear_at(5.0, 2.0) == 5.0


def test_a_burst_clears_two_reports_in_a_row() -> None:
    forecast = Forecast(VirtualClock())
    for number, device in enumerate(("a", "b")):
        forecast.expect(device, 0.2)
        forecast._rhythms[device] = rhythm(0.5 * number, 300.0 + 0.5 * number, 600.0 + 0.5 * number)
    assert forecast.clear_at(899.0, 0.5) == 899.0
    assert forecast.clear_at(899.0, 2.0) == pytest.approx(900.8, abs=0.05)


@pytest.mark.parametrize(
    ("product", "codes", "regular"),
    [
        (2, ["REAL_POWER", "SWITCH_STATE"], True),
        (2, ["SWITCH_STATE"], False),
        (3, ["TEMPERATURE"], True),
        (3, ["DIAGNOSTICS"], False),
        (0x42, ["ANYTHING"], True),
    ],
)
def test_which_reports_are_the_regular_ones(product: int, codes: list[str], regular: bool) -> None:
    assert is_regular(by_product(product), codes) is regular


def test_a_new_interval_begins_with_the_tolerance_of_one_that_is_not_known_well() -> None:
    one = rhythm(*(300.0 * number for number in range(6)))
    assert one.tolerance_s < 1.0
    for _ in range(3):
        one.heard((one.last or 0.0) + 720.0)
    assert (one.interval_s, one.tolerance_s) == (pytest.approx(720.0), pytest.approx(14.4))


def test_a_silence_of_more_than_ten_intervals_teaches_nothing() -> None:
    one = rhythm(0.0, 300.0, 300.0 + 12 * 301.0)
    assert one.interval_s == 300.0
