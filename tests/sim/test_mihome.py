"""What every simulated MiHome device does: joining, the air, a reproducible day."""

from __future__ import annotations

import pytest

from energy_hw.core.message import Message, Record
from energy_hw.sim.air import Air
from energy_hw.sim.clock import SECOND, VirtualClock
from energy_hw.sim.mihome import JOIN_WINDOW_S, MiHomeDevice
from energy_hw.sim.plugs import MonitorPlug, Plug
from energy_hw.sim.sensors import MotionSensor, OpenSensor
from energy_hw.sim.valve import Valve
from energy_hw.sim.witness import Witness

SENSOR = 0x000373


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


@pytest.mark.parametrize("kind", [Plug, MonitorPlug, MotionSensor, OpenSensor, Valve])
def test_join_is_answered(air: Air, clock: VirtualClock, witness: Witness, kind: type[MiHomeDevice]) -> None:
    device = kind(air, "new", SENSOR)
    device.join()
    after(clock, 0.1)
    (message,) = witness.messages
    assert message.records == (Record(0x6A, True, 0, b"", None),)
    witness.send(device, Record(0x6A, False, 0, b"", None))
    after(clock, 0.1)
    assert device.joined


def test_join_is_answered_too_late(air: Air, clock: VirtualClock, witness: Witness) -> None:
    sensor = OpenSensor(air, "new", SENSOR)
    sensor.join()
    after(clock, JOIN_WINDOW_S + 0.1)
    witness.send(sensor, Record(0x6A, False, 0, b"", None))
    after(clock, 0.1)
    assert (sensor.joined, sensor.missed) == (False, 1)


def test_out_of_range_nothing_is_obeyed(air: Air, clock: VirtualClock, witness: Witness) -> None:
    plug = Plug(air, "garage", SENSOR)
    air.set_link("witness", "garage", 130.0)
    witness.command(plug, "SWITCH_STATE", 0x01, 0)
    after(clock, 1.0)
    assert plug.relay


def test_the_same_seed_gives_the_same_day(clock: VirtualClock) -> None:
    def day() -> list[Message]:
        own = VirtualClock()
        air = Air(own, seed=7)
        witness = Witness(air)
        for number in range(3):
            Plug(air, f"plug-{number}", number + 1).start()
        own.advance(3600 * SECOND)
        return witness.messages

    first = day()
    assert len(first) > 900
    assert first == day()
