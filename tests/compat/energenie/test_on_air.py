"""What devices send, and what those in a simulated house do."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from types import ModuleType, SimpleNamespace

import pytest

from energy_hw.compat import energenie as face
from energy_hw.compat.energenie import Devices, OnAir
from energy_hw.compat.energenie.OpenThings import Message
from energy_hw.errors import OutOfRange
from energy_hw.sim.air import Air
from energy_hw.sim.house import House
from energy_hw.sim.ook_devices import Dimmer, Socket
from energy_hw.sim.plugs import Plug
from energy_hw.sim.valve import Valve

Until = Callable[[Callable[[], object]], None]


def test_a_plug_obeys_and_its_answer_is_known_at_once(air: Air) -> None:
    kettle, plug = Devices.MIHO005(0x373), Plug(air, "kettle", 0x373)
    assert kettle.is_on() is None
    assert kettle.turn_off() == 0
    assert (plug.relay, kettle.is_on(), kettle.is_off()) == (False, False, True)
    assert kettle.set_switch(True) == 0
    assert (plug.relay, kettle.is_on()) == (True, True)
    assert kettle.thing is face.hub().devices["energenie:2:0x000373"]


def test_a_plug_that_does_not_answer_is_told_to_the_log(
    energenie: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    absent = Devices.MIHO005(0x99)
    assert absent.turn_on() == 0
    assert "expected energenie:2:0x000099 switch=True to be confirmed within 2 s" in caplog.text
    assert absent.is_on() is None


def test_a_message_of_ones_own_is_sent_like_a_verb(air: Air) -> None:
    plug = Plug(air, "fridge", 0x4D2)
    message = Message(Devices.SWITCH, header_sensorid=0x4D2, recs_SWITCH_STATE_value=0)
    assert Devices.fsk_interface.send(message) == 0
    assert plug.relay is False


def test_a_socket_and_all_of_a_house_obey(air: Air) -> None:
    lamp = Socket(air, "lamp")
    lamp.codes.append((0x6C6C6, 1))
    socket, everything = Devices.ENER002(1), Devices.ENER002(0)
    assert socket.is_on() is None
    assert socket.turn_on() == 0
    assert (lamp.on[1], socket.is_on()) == (True, True)
    everything.turn_off()
    assert (lamp.on[1], socket.is_on(), socket.is_off()) == (False, False, True)


def test_a_dimmer_obeys(air: Air) -> None:
    ceiling = Dimmer(air, "ceiling", needed=4)
    ceiling.codes.append((0xA0170, 1))
    dimmer = Devices.MIHO010((0xA0170, 1))
    dimmer.radio_config.inner_times = 8  # 75 are two seconds
    assert dimmer.brightness(40) == 0
    assert (ceiling.level, dimmer.is_on(), dimmer.thing.level) == (40, True, 40)
    dimmer.turn_off()
    assert (ceiling.level, dimmer.is_on()) == (0, False)


def test_repeats_bursts_and_silence_are_those_of_radio_config(air: Air) -> None:
    left = Devices.MIHO009((0x12345, 1))
    left.radio_config.inner_times, left.radio_config.outer_times, left.radio_config.tx_silence = 5, 2, 0.1
    left.turn_on()
    profile = left.thing.profile
    assert (profile.repeats, profile.bursts, profile.silence_s) == (5, 2, 0.1)
    assert face.hub().counters().radio.airtime_us == pytest.approx(2 * 5 * 128 / 4800 * 1e6, rel=0.05)


def test_a_valve_is_told_when_it_listens(air: Air, until: Until) -> None:
    valve = Valve(air, "valve", 0x97F)
    valve.interval_s = 0.6
    etrv = Devices.MIHO013(0x97F)
    face.registry.add(etrv, "valve")
    assert etrv.set_setpoint_temperature(21.5) == 0
    assert etrv.thing.target == Decimal("21.5")
    valve.start(0.1)
    until(lambda: valve.target_c == 21.5)
    until(lambda: etrv.get_ambient_temperature() is not None)


@pytest.mark.parametrize("temperature", [3, 31, 20.3])
def test_a_temperature_that_the_valve_does_not_take_is_a_value_error(energenie: ModuleType, temperature: float) -> None:
    etrv = Devices.MIHO013(0x97F)
    with pytest.raises(ValueError, match="TEMPERATURE"):
        etrv.set_setpoint_temperature(temperature)
    assert etrv.get_setpoint_temperature() is None


def test_any_other_message_is_sent_as_it_is(energenie: ModuleType, house: House) -> None:
    sent = energenie.hub().counters().radio.sent
    message = Message(Devices.REGISTERED_SENSOR, header_productid=2, header_sensorid=0x373)
    OnAir.OpenThingsAirInterface().send(message, SimpleNamespace(inner_times=2, outer_times=1))
    assert energenie.hub().counters().radio.sent == sent + 2


def test_the_interfaces_receive_too(energenie: ModuleType) -> None:
    dbm, address, message = OnAir.OpenThingsAirInterface().receive(SimpleNamespace(timeout=20_000))
    assert dbm < 0
    assert address == tuple(message.get(f"header_{key}") for key in ("mfrid", "productid", "sensorid"))


def test_nothing_heard_is_none_three_times(air: Air) -> None:
    assert OnAir.OpenThingsAirInterface().receive(SimpleNamespace(timeout=0)) == (None, None, None)
    began = time.monotonic()
    assert OnAir.TwoBitAirInterface().receive(SimpleNamespace(timeout=500)) == (None, None, None)
    assert time.monotonic() - began < 30


def test_a_socket_that_there_is_not_is_a_value_error(energenie: ModuleType) -> None:
    with pytest.raises(OutOfRange, match="gang"):
        Devices.ook_interface.send({"house_address": None, "device_index": 9, "on": True})
