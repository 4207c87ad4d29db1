"""The simulated house, seen through its own radio."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest

from energy_hw import core as cores
from energy_hw.core.interface import OokCode, Radio, ReceivedFrame
from energy_hw.core.message import Message
from energy_hw.core.python.openhems import decode, encode
from energy_hw.errors import ConfigError, FrameError
from energy_hw.links.board import open_bus
from energy_hw.sim.board import SimBoard, open_board
from energy_hw.sim.clock import RealTimeClock, VirtualClock
from energy_hw.sim.house import PLACES, House
from energy_hw.sim.ook_devices import Dimmer, Socket
from energy_hw.sim.plugs import HouseMonitor, Plug
from energy_hw.sim.valve import Valve
from energy_hw.sim.witness import command

TALKATIVE = {place.sensor for place in PLACES}


def listening(house: House) -> Radio:
    radio = cores.get("python").radio(house.board)
    radio.start()
    radio.receive()
    return radio


def frames_until(house: House, radio: Radio, end_s: float) -> list[ReceivedFrame]:
    frames = []
    while house.clock.monotonic() < end_s:
        house.board.pins.wait(0.1)
        frame = radio.poll()
        if frame is not None:
            frames.append(frame)
    return frames


def messages_until(house: House, end_s: float) -> list[Message]:
    """What decodes; two devices that speak at once spoil each other's frames."""
    messages = []
    for frame in frames_until(house, listening(house), end_s):
        with suppress(FrameError):
            messages.append(decode(frame.data))
    return messages


def test_every_device_is_heard_within_the_first_eight_seconds() -> None:
    house = House(seed=1)
    messages = messages_until(house, 8.0)
    assert {message.sensor for message in messages} == TALKATIVE
    assert len(messages) == len(TALKATIVE)


def test_first_words_come_after_a_second() -> None:
    house = House(seed=1)
    radio = listening(house)
    assert frames_until(house, radio, 1.0) == []
    assert len(frames_until(house, radio, 1.2)) == 1


def test_signal_strength_tells_the_devices_apart() -> None:
    house = House(seed=1)
    strengths = {decode(f.data).sensor: f.rssi_dbm for f in frames_until(house, listening(house), 8.0)}
    assert strengths[0x373] == pytest.approx(10.0 - 62.0, abs=0.5)
    assert strengths[0x97F] == pytest.approx(7.0 - 83.0, abs=0.5)


def test_names_by_sensor_id() -> None:
    house = House()
    assert house.names[0x373] == "kettle"
    assert house.board.names == house.names
    assert house["kettle"].sensor == 0x373


def test_device_by_name_and_kind() -> None:
    house = House()
    assert house.find("kettle", Plug) is house["kettle"]
    with pytest.raises(TypeError, match="expected kettle to be a Valve, it is a Plug"):
        house.find("kettle", Valve)
    with pytest.raises(KeyError):
        house.find("cellar", Plug)


def test_values_change_over_an_hour() -> None:
    house = House(seed=2, foreign=False)
    kettle: set[object] = set()
    for message in messages_until(house, 3600.0):
        if message.sensor == 0x373:
            kettle.add(message.records[0].value)
    assert min(kettle) == 0  # type: ignore[type-var]
    assert max(kettle) > 2700  # type: ignore[operator, type-var]
    assert len(kettle) > 20


def test_somebody_lives_there() -> None:
    house = House(seed=3, foreign=False)
    sensors = [message.sensor for message in messages_until(house, 1800.0)]
    for name in ("front door", "hall", "button"):
        assert sensors.count(house[name].sensor) >= 5


def test_empty_house_has_no_events() -> None:
    house = House(seed=3, alive=False, foreign=False)
    heard = {message.sensor for message in messages_until(house, 600.0)}
    assert heard == TALKATIVE - {house[name].sensor for name in ("front door", "hall", "button")}


def test_meter_adds_up_what_the_plugs_let_through() -> None:
    house = House(alive=False, foreign=False)
    meter, kettle = house.find("meter", HouseMonitor), house.find("kettle", Plug)
    before = meter.load(0.0)
    kettle.press()
    assert before - meter.load(0.0) == 2800.0


def test_command_from_the_gateway_switches_and_is_confirmed() -> None:
    house = House(alive=False, foreign=False)
    kettle = house.find("kettle", Plug)
    radio = listening(house)
    report = decode(frames_until(house, radio, 1.2)[0].data)
    radio.send_fsk(encode(report._replace(records=(command("SWITCH_STATE", 0x01, 0),))))
    radio.receive()
    (answer,) = frames_until(house, radio, 1.5)
    assert not kettle.relay
    assert [(record.parameter, record.value) for record in decode(answer.data).records] == [(0x73, 0)]


def test_lamp_and_dimmer_hear_the_gateway() -> None:
    house = House(alive=False, foreign=False)
    core = cores.get("python")
    radio = listening(house)
    radio.send_ook(core.ook_encode(OokCode(0x6C6C6, 1, True)), 8)
    radio.send_ook(core.ook_encode(OokCode(0xA0170, 3, True)), 75)
    house.pass_s(0.1)
    assert house.find("lamp", Socket).on == {1: True}
    assert house.find("ceiling light", Dimmer).level == 30


def test_remote_switches_the_lamp() -> None:
    house = House(alive=False, foreign=False)
    house["remote"].press(1, True)
    house.pass_s(1.0)
    assert house.find("lamp", Socket).on == {1: True}


def test_neighbour_is_not_let_through() -> None:
    house = House(seed=4, alive=False)
    frames = frames_until(house, listening(house), 600.0)
    assert {frame.data[1] for frame in frames} == {4}
    assert house.air.count > len(frames)


def test_same_seed_same_house() -> None:
    def evening() -> list[bytes]:
        house = House(seed=5)
        return [frame.data for frame in frames_until(house, listening(house), 120.0)]

    assert evening() == evening()


def test_house_by_device_name_runs_in_real_time() -> None:
    with open_bus("sim:house") as board:
        assert isinstance(board, SimBoard)
        assert isinstance(board.clock, RealTimeClock)
        assert abs(board.clock.now().timestamp() - time.time()) < 5.0
        assert board.names[0x373] == "kettle"


def test_house_of_virtual_time_by_device_name() -> None:
    with open_board("sim:house", speed=None, seed=1) as board:
        assert type(board.clock) is VirtualClock


def test_unknown_simulation_is_refused() -> None:
    with pytest.raises(ConfigError, match="sim:castle"):
        open_bus("sim:castle")


def test_hours_pass_and_the_house_still_speaks() -> None:
    house = House(seed=6)
    house.pass_s(7200.0)
    assert house.chip.name == "gateway"
    assert {message.sensor for message in messages_until(house, 7230.0)} >= {0x373, 0x4D2}
    house.close()
    house.close()
