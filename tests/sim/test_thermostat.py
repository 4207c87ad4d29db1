"""The simulated thermostat: wake-ups, commands, telemetry as the answer."""

from __future__ import annotations

from decimal import Decimal

import pytest

from energy_hw.core.message import Value
from energy_hw.sim.air import Air
from energy_hw.sim.clock import SECOND, VirtualClock
from energy_hw.sim.thermostat import ON, Thermostat
from energy_hw.sim.witness import Witness


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


@pytest.fixture
def thermostat(air: Air) -> Thermostat:
    thermostat = Thermostat(air, "thermostat", 0xE01D84)
    thermostat.drift = 0.0
    thermostat.start(first_s=1.0)
    return thermostat


AWAKE_S = 1.0 + 0.0517  # the end of a wake-up of 13 bytes


def test_thermostat_says_only_that_it_is_awake(clock: VirtualClock, witness: Witness, thermostat: Thermostat) -> None:
    after(clock, 100.0)
    assert witness.values() == [{"WAKEUP": None}] * 4
    assert thermostat.missed == 0


@pytest.mark.parametrize(
    ("code", "type_length", "value", "attribute"),
    [
        ("THERMOSTAT_MODE", 0x01, ON, "mode"),
        ("TARGET_TEMP", 0x12, Decimal("17.5"), "target_c"),
        ("TEMPERATURE", 0x92, Decimal("18.5"), "target_c"),
        ("HYSTERESIS", 0x11, Decimal("1.5"), "hysteresis_c"),
        ("RELAY_POLARITY", 0x01, 1, "polarity"),
        ("HUMID_OFFSET", 0x81, -5, "humidity_offset"),
        ("TEMP_OFFSET", 0x92, Decimal("-1.5"), "temperature_offset_c"),
    ],
)
def test_thermostat_answers_a_command_with_telemetry(
    clock: VirtualClock,
    witness: Witness,
    thermostat: Thermostat,
    code: str,
    type_length: int,
    value: Value,
    attribute: str,
) -> None:
    clock.advance_to(round((AWAKE_S + 0.010) * SECOND))
    witness.command(thermostat, code, type_length, value)
    after(clock, 0.5)
    assert getattr(thermostat, attribute) == value
    (telemetry,) = witness.values()[1:]
    assert list(telemetry) == [
        "TEMPERATURE",
        "RELATIVE_HUMIDITY",
        "BATTERY_LEVEL",
        "MOTION_DETECTOR",
        "THERMOSTAT_MODE",
        "TARGET_TEMP",
        "SWITCH_STATE",
    ]


def test_thermostat_asleep_hears_nothing(clock: VirtualClock, witness: Witness, thermostat: Thermostat) -> None:
    after(clock, 10.0)
    witness.command(thermostat, "THERMOSTAT_MODE", 0x01, ON)
    after(clock, 1.0)
    assert (thermostat.missed, thermostat.obeyed) == (1, [])


def test_thermostat_does_not_answer_an_empty_message(
    clock: VirtualClock, witness: Witness, thermostat: Thermostat
) -> None:
    clock.advance_to(round((AWAKE_S + 0.010) * SECOND))
    witness.send(thermostat)
    after(clock, 1.0)
    assert len(witness.messages) == 1


def test_relay_of_the_thermostat_has_hysteresis(clock: VirtualClock, thermostat: Thermostat) -> None:
    thermostat.temperature_c = 19.0
    demands = []
    for _ in range(40):
        after(clock, 3 * 30.0)
        demands.append((thermostat.demand, round(thermostat.temperature_c, 1)))
    assert any(demand for demand, _ in demands)
    assert {temperature for demand, temperature in demands if not demand} >= {19.8}
    assert all(19.0 <= temperature <= 20.1 for _, temperature in demands)


@pytest.mark.parametrize(
    ("code", "type_length", "value"),
    [("TARGET_TEMP", 0x00, None), ("VALVE_STATE", 0x01, 1), ("THERMOSTAT_MODE", 0x01, 3)],
)
def test_thermostat_answers_but_does_not_obey_what_it_does_not_know(
    clock: VirtualClock, witness: Witness, thermostat: Thermostat, code: str, type_length: int, value: Value
) -> None:
    clock.advance_to(round((AWAKE_S + 0.010) * SECOND))
    witness.command(thermostat, code, type_length, value)
    after(clock, 0.5)
    assert (thermostat.obeyed, len(witness.messages)) == ([], 2)
