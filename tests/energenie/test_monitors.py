"""What measures, and what follows from what it measures."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_rig import SENSOR, open_desk
from energy_hw import HouseMonitor, Monitor, Plug
from energy_hw.energenie.monitors import apparent_va, current_a, power_factor


def D(text: str) -> Decimal:
    return Decimal(text)


def test_a_monitor_gives_what_it_measured_exactly() -> None:
    with open_desk() as desk:
        monitor = Monitor(desk.engine, SENSOR)
        assert (monitor.real_power, monitor.voltage, monitor.frequency, monitor.reactive_power) == (None,) * 4
        desk.say(1, REAL_POWER=3, REACTIVE_POWER=-2, VOLTAGE=249, FREQUENCY=49.94921875)
        assert (monitor.real_power, monitor.reactive_power) == (3, -2)
        assert (monitor.voltage, monitor.frequency) == (249, D("49.94921875"))


def test_apparent_power_current_and_power_factor_follow() -> None:
    with open_desk() as desk:
        monitor = Monitor(desk.engine, SENSOR)
        assert (monitor.apparent_power, monitor.current, monitor.power_factor) == (None, None, None)
        desk.say(1, REAL_POWER=300, REACTIVE_POWER=-400, VOLTAGE=250)
        assert str(monitor.apparent_power) == "500.0"
        assert str(monitor.current) == "2.000"
        assert str(monitor.power_factor) == "0.60"


def test_nothing_is_computed_from_two_reports() -> None:
    """A kettle that is switched off between them would have a power factor of its own."""
    with open_desk() as desk:
        monitor = Monitor(desk.engine, SENSOR)
        desk.say(1, REAL_POWER=300, VOLTAGE=250)
        desk.say(1, REACTIVE_POWER=-400)
        assert (monitor.apparent_power, monitor.current, monitor.power_factor) == (None, None, None)


def test_a_plug_that_says_only_that_it_was_switched_keeps_what_it_measured() -> None:
    with open_desk() as desk:
        plug = Plug(desk.engine, SENSOR)
        desk.say(2, REAL_POWER=300, REACTIVE_POWER=-400, VOLTAGE=250, SWITCH_STATE=1)
        desk.say(2, SWITCH_STATE=0)
        assert (plug.apparent_power, plug.is_on) == (500, False)


@pytest.mark.parametrize(
    ("real", "reactive", "volts", "va", "amperes", "factor"),
    [
        ("3", "-2", "249", "3.6", "0.014", "0.83"),
        ("2826", "-874", "242", "2958.1", "12.223", "0.96"),
        ("0", "0", "240", "0.0", "0.000", None),  # no load, no power factor
        ("-100", "0", "240", "100.0", "0.417", "-1.00"),  # solar panels behind it
        ("0", "25", "240", "25.0", "0.104", "0.00"),
        ("100", "0", "0", "100.0", None, "1.00"),
        ("32767", "-32768", "255", "46340.2", "181.726", "0.71"),
    ],
)
def test_the_arithmetic(real: str, reactive: str, volts: str, va: str, amperes: str | None, factor: str | None) -> None:
    p, q, u = D(real), D(reactive), D(volts)
    assert str(apparent_va(p, q)) == va
    assert current_a(p, q, u) == (None if amperes is None else D(amperes))
    assert power_factor(p, q) == (None if factor is None else D(factor))


@given(st.integers(-32768, 32767), st.integers(-32768, 32767))
def test_rounding_is_to_the_nearest_and_no_step_before_it_rounds_visibly(p: int, q: int) -> None:
    """Squares decide, in integers: no rounding at all."""
    tenths = int(apparent_va(Decimal(p), Decimal(q)) * 10)
    exact = 100 * (p * p + q * q)
    assert (2 * tenths - 1) ** 2 <= 4 * exact or tenths == 0
    assert 4 * exact <= (2 * tenths + 1) ** 2
    factor = power_factor(Decimal(p), Decimal(q))
    assert factor is None if p == q == 0 else -1 <= (factor or 0) <= 1


def test_a_house_monitor_says_apparent_power_and_current_itself() -> None:
    with open_desk() as desk:
        meter = HouseMonitor(desk.engine, SENSOR)
        assert (meter.apparent_power, meter.battery_voltage, meter.battery_percent, meter.battery_low) == (None,) * 4
        desk.say(5, APPARENT_POWER=179, VOLTAGE=3.36328125, CURRENT=0.640625)
        assert (meter.apparent_power, meter.current) == (179, D("0.640625"))
        assert meter.battery_voltage == D("3.36328125")


@pytest.mark.parametrize(("volts", "percent"), [("4.8", 100), ("4.5", 95), ("4.05", 60), ("3.36", 5), ("3.2", 0)])
def test_its_three_cells(volts: str, percent: int) -> None:
    with open_desk() as desk:
        meter = HouseMonitor(desk.engine, SENSOR)
        desk.say(5, VOLTAGE=float(volts))
        assert meter.battery_percent == percent


def test_the_class_documents_its_properties() -> None:
    assert Monitor.real_power.__doc__ == "Real power in W."
