"""Our thermostat against the simulated one: sent to when it wakes, believed when it answers."""

from __future__ import annotations

from decimal import Decimal

import pytest

from energy_hw.errors import NotConfirmed, OutOfRange
from energy_hw.sim.thermostat import ON
from window_rig import thermostat_bench


def test_before_its_telemetry_nothing_is_known() -> None:
    with thermostat_bench() as bench:
        bench.engine.run_s(100)
        thermostat = bench.thermostat
        values = (thermostat.mode, thermostat.target, thermostat.temperature, thermostat.humidity, thermostat.demand)
        assert values == (None,) * 5
        assert (thermostat.pending, thermostat.overdue) == ((), False)
        assert bench.engine.radio.counters.sent == 0


def test_its_next_window_is_known_once_it_has_woken_some_times() -> None:
    with thermostat_bench() as bench:
        bench.engine.run_s(25)
        assert bench.thermostat.next_window is None
        bench.engine.run_s(75)
        next_window = bench.thermostat.next_window
        assert next_window is not None
        assert 0 < (next_window - bench.engine.clock.now()).total_seconds() <= 30


@pytest.mark.parametrize(
    ("name", "value", "attribute", "taken"),
    [
        ("mode", "on", "mode", ON),
        ("target_temperature", 17.5, "target_c", 17.5),
        ("hysteresis", Decimal("1.5"), "hysteresis_c", 1.5),
        ("relay_polarity", True, "polarity", 1),
        ("humidity_offset", -5, "humidity_offset", -5),
        ("temperature_offset", Decimal("-1.5"), "temperature_offset_c", -1.5),
    ],
)
def test_a_command_is_sent_when_it_wakes_and_confirmed_by_telemetry(
    name: str, value: object, attribute: str, taken: object
) -> None:
    with thermostat_bench() as bench:
        assert bench.engine.command(bench.thermostat.device, name, value, wait=5.0) == "confirmed"  # type: ignore[arg-type]
        assert getattr(bench.real, attribute) == taken
        assert bench.real.missed == 0
        assert bench.thermostat.outcomes[name].tries == 1


def test_its_properties_are_what_it_reports_and_what_it_was_told() -> None:
    with thermostat_bench() as bench:
        thermostat = bench.thermostat
        thermostat.mode, thermostat.target, thermostat.hysteresis = "auto", 21, 1
        thermostat.relay_polarity, thermostat.humidity_offset, thermostat.temperature_offset = False, 2, 0.5
        assert (thermostat.target, thermostat.mode) == (Decimal(21), "auto")  # as it will be
        bench.engine.run_s(200)
        assert thermostat.pending == ()
        assert (thermostat.mode, thermostat.target, thermostat.hysteresis) == ("auto", Decimal(21), Decimal(1))
        assert (thermostat.relay_polarity, thermostat.humidity_offset) == (False, Decimal(2))
        assert (thermostat.temperature_offset, thermostat.humidity) == (Decimal("0.5"), Decimal(47))
        assert thermostat.demand is True
        assert thermostat.battery_voltage == pytest.approx(Decimal("3.1"), abs=Decimal("0.01"))


def test_a_target_set_at_its_dial_wins_once_ours_is_confirmed() -> None:
    with thermostat_bench() as bench:
        bench.thermostat.set_target(21, wait=5.0)
        bench.real.target_c = 18.0
        bench.thermostat.set_mode("auto", wait=60.0)
        assert bench.thermostat.target == Decimal(18)


def test_telemetry_with_another_value_is_no_confirmation() -> None:
    with thermostat_bench(tries=3) as bench:
        obey = bench.real.obey
        bench.real.obey = lambda code, value: code != "TARGET_TEMP" and obey(code, value)  # type: ignore[method-assign]
        with pytest.raises(NotConfirmed, match="3 windows"):
            bench.thermostat.set_target(21, wait=300.0)
        assert bench.thermostat.target == Decimal(20)  # what it says


def test_the_target_goes_as_sixteenths_or_as_asked_for() -> None:
    with thermostat_bench() as bench:
        bench.thermostat.set_target(17, wait=5.0)
        (record,) = bench.real.obeyed
        assert (record.parameter, record.type, record.data) == (0x4B, 1, bytes.fromhex("0110"))
    with thermostat_bench(target_as="F4 92") as bench:
        bench.thermostat.set_target(17, wait=5.0)
        (record,) = bench.real.obeyed
        assert (record.parameter, record.type, record.data) == (0x74, 9, bytes.fromhex("1100"))
    with thermostat_bench() as bench, pytest.raises(OutOfRange, match="CB 12"):
        type(bench.thermostat)(bench.engine, 1, target_as="CB 11")


def test_keep_alive_repeats_a_mode_that_is_known_and_no_other() -> None:
    with thermostat_bench(keep_alive_s=300.0) as bench:
        bench.engine.run_s(700)
        assert bench.real.obeyed == []  # nobody knows its mode
        bench.thermostat.set_mode("on", wait=60.0)
        bench.engine.run_s(1500)
        assert len(bench.real.obeyed) == 1 + 4
        assert bench.real.mode == ON
        age_s = bench.thermostat.age_s("TEMPERATURE")
        assert age_s is not None
        assert age_s < 340


def test_keep_alive_is_off_by_default() -> None:
    with thermostat_bench() as bench:
        bench.thermostat.set_mode("on", wait=60.0)
        bench.engine.run_s(2000)
        assert len(bench.real.obeyed) == 1


def test_telemetry_without_wakeup_first_opens_no_window() -> None:
    with thermostat_bench() as bench:
        bench.thermostat.set_mode("auto", wait=5.0)
        bench.thermostat.target = 19
        bench.thermostat.hysteresis = 1
        bench.engine.run_s(35)
        assert bench.real.missed == 0
        assert [record.parameter for record in bench.real.obeyed] == [0x2A, 0x4B]  # one in each window
