"""Simulated mains devices: reports, relay, button, and the house monitor."""

from __future__ import annotations

from decimal import Decimal

import pytest

from energy_hw.core.message import Message, Value
from energy_hw.core.python.openhems import encode
from energy_hw.sim.air import Air
from energy_hw.sim.clock import SECOND, VirtualClock
from energy_hw.sim.plugs import HouseMonitor, MonitorPlug, Plug, cycling, steady
from energy_hw.sim.witness import Witness, command

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


def test_plug_reports_every_ten_seconds(air: Air, clock: VirtualClock, witness: Witness) -> None:
    plug = Plug(air, "kettle", SENSOR, steady(100.0))
    plug.start(first_s=1.0)
    after(clock, 60.0)
    gaps = [later - earlier for earlier, later in zip(witness.times, witness.times[1:], strict=False)]
    assert len(witness.messages) == 6
    assert gaps == pytest.approx([10.0 * (1 + plug.drift)] * 5, abs=1e-6)
    assert witness.times[0] == pytest.approx(1.105, abs=0.001)  # 29 bytes last 105 ms


def test_plug_reports_what_a_captured_one_does(air: Air, clock: VirtualClock, witness: Witness) -> None:
    Plug(air, "kettle", SENSOR, steady(100.0)).start(first_s=0.0)
    after(clock, 1.0)
    (message,) = witness.messages
    (values,) = witness.values()
    assert message[:2] == (4, 2)
    assert message.sensor == SENSOR
    assert [(r.parameter, r.type, len(r.data)) for r in message.records] == [
        (0x70, 8, 2),
        (0x71, 8, 2),
        (0x76, 0, 1),
        (0x66, 2, 2),
        (0x73, 0, 1),
    ]
    assert values["REAL_POWER"] == pytest.approx(100, abs=1)
    assert values["REACTIVE_POWER"] == pytest.approx(-31, abs=1)
    assert values["VOLTAGE"] == pytest.approx(240, abs=6)
    assert isinstance(values["FREQUENCY"], Decimal)
    assert values["SWITCH_STATE"] == 1


def test_plug_never_repeats_its_pip(air: Air, clock: VirtualClock, witness: Witness) -> None:
    Plug(air, "kettle", SENSOR).start(first_s=0.0)
    after(clock, 200.0)
    assert len({message.pip for message in witness.messages}) >= 19


def test_plug_obeys_and_answers_at_once_with_a_single_record(air: Air, clock: VirtualClock, witness: Witness) -> None:
    plug = Plug(air, "kettle", SENSOR)
    witness.command(plug, "SWITCH_STATE", 0x01, 0)
    after(clock, 0.2)
    assert not plug.relay
    assert witness.values() == [{"SWITCH_STATE": 0}]
    assert witness.times[0] == pytest.approx(0.055 + 0.020 + 0.055, abs=0.001)  # command, turn-round, answer
    assert [record.parameter for record in plug.obeyed] == [0x73]


def test_switched_off_load_draws_nothing(air: Air, clock: VirtualClock, witness: Witness) -> None:
    plug = Plug(air, "kettle", SENSOR, steady(2800.0))
    plug.press()
    plug.start(first_s=1.0)
    after(clock, 2.0)
    first, report = witness.values()
    assert first == {"SWITCH_STATE": 0}
    assert (report["REAL_POWER"], report["REACTIVE_POWER"], report["SWITCH_STATE"]) == (0, 0, 0)


@pytest.mark.parametrize(
    ("code", "type_length", "value"),
    [("SWITCH_STATE", 0x01, 2), ("SWITCH_STATE", 0x00, None), ("VALVE_STATE", 0x01, 1)],
)
def test_plug_ignores_what_it_does_not_know(
    air: Air, clock: VirtualClock, witness: Witness, code: str, type_length: int, value: Value
) -> None:
    plug = Plug(air, "kettle", SENSOR)
    witness.command(plug, code, type_length, value)
    after(clock, 1.0)
    assert (plug.relay, plug.obeyed, witness.messages) == (True, [], [])


def test_plug_takes_no_report_of_its_kind_for_a_command(air: Air, clock: VirtualClock, witness: Witness) -> None:
    plug = Plug(air, "kettle", SENSOR)
    witness.send(plug, command("SWITCH_STATE", 0x01, 0)._replace(command=False))
    after(clock, 1.0)
    assert plug.relay


def test_plug_ignores_another_address_and_a_corrupt_frame(air: Air, clock: VirtualClock, witness: Witness) -> None:
    plug = Plug(air, "kettle", SENSOR)
    witness.send(plug, command("SWITCH_STATE", 0x01, 0), sensor=SENSOR + 1)
    after(clock, 0.1)
    frame = bytearray(encode(Message(4, 2, 1, SENSOR, (command("SWITCH_STATE", 0x01, 0),))))
    frame[-1] ^= 1
    air.send_fsk(bytes(frame), sender="witness")
    after(clock, 0.1)
    assert plug.relay


def test_plug_is_deaf_while_it_transmits(air: Air, clock: VirtualClock, witness: Witness) -> None:
    plug = Plug(air, "kettle", SENSOR)
    plug.start(first_s=1.0)
    after(clock, 1.05)
    witness.command(plug, "SWITCH_STATE", 0x01, 0)
    after(clock, 1.0)
    assert plug.relay


def test_plug_without_preamble_hears_nothing(air: Air, clock: VirtualClock) -> None:
    plug = Plug(air, "kettle", SENSOR)
    frame = encode(Message(4, 2, 1, SENSOR, (command("SWITCH_STATE", 0x01, 0),)))
    air.send_fsk(frame, sender="witness", preamble_bytes=0)
    after(clock, 1.0)
    assert plug.relay


def test_two_frames_of_one_device_do_not_overlap(air: Air, clock: VirtualClock, witness: Witness) -> None:
    plug = Plug(air, "kettle", SENSOR)
    plug.report()
    plug.press()
    after(clock, 1.0)
    assert [len(message.records) for message in witness.messages] == [5, 1]


def test_monitor_plug_measures_and_does_not_switch(air: Air, clock: VirtualClock, witness: Witness) -> None:
    plug = MonitorPlug(air, "television", SENSOR, steady(80.0))
    witness.command(plug, "SWITCH_STATE", 0x01, 0)
    after(clock, 1.0)
    plug.start(first_s=0.0)
    after(clock, 1.0)
    assert list(witness.values()[0]) == ["REAL_POWER", "REACTIVE_POWER", "VOLTAGE", "FREQUENCY"]
    assert (plug.missed, plug.obeyed) == (1, [])


def test_house_monitor_sends_its_battery_as_voltage(air: Air, clock: VirtualClock, witness: Witness) -> None:
    HouseMonitor(air, "meter", SENSOR, cycling(612.0, 16.0, 0.5, 179.0)).start(first_s=0.0)
    after(clock, 11.0)
    first, second = witness.values()
    assert (first["APPARENT_POWER"], second["APPARENT_POWER"]) == (
        pytest.approx(612, abs=13),
        pytest.approx(179, abs=4),
    )
    assert first["VOLTAGE"] == Decimal("4.5")
    assert first["CURRENT"] == pytest.approx(Decimal("2.66"), abs=Decimal("0.06"))


def test_stopped_device_is_silent_and_deaf(air: Air, clock: VirtualClock, witness: Witness) -> None:
    plug = Plug(air, "kettle", SENSOR)
    plug.start(first_s=1.0)
    plug.stop()
    plug.stop()
    witness.command(plug, "SWITCH_STATE", 0x01, 0)
    after(clock, 20.0)
    assert (plug.relay, witness.messages) == (True, [])
