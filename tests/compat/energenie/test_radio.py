"""radio: raw frames in and out."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from energy_hw.compat.energenie import Devices, Messages, OpenThings, TwoBit, _session, radio
from energy_hw.errors import LinkClosed
from energy_hw.sim.air import Air
from energy_hw.sim.house import House
from energy_hw.sim.ook_devices import Socket
from energy_hw.sim.plugs import Plug


@pytest.fixture
def gateway(house: House) -> Iterator[House]:
    _session.start(board=house.board)
    yield house
    radio.finished()


def test_frames_are_received_and_decoded(gateway: House) -> None:
    radio.receiver(fsk=True)
    end = time.monotonic() + 20
    while not radio.is_receive_waiting():
        assert time.monotonic() < end
    assert radio.isReceiveWaiting() is True  # asking takes nothing away
    payload = radio.receive()
    assert payload[0] == len(payload) - 1
    assert OpenThings.decode(payload)["header"]["mfrid"] == 4
    assert radio.mode == "RECEIVER"


def test_the_same_frame_in_parts(gateway: House) -> None:
    assert len(radio.receive_len(5)) == 5
    assert len(radio.receive_cbp()) > 10


def test_fsk_is_sent(gateway: House) -> None:
    radio.transmitter(fsk=True)
    message = OpenThings.Message(Devices.SWITCH, header_sensorid=0x4D2, recs_SWITCH_STATE_value=False)
    radio.transmit(OpenThings.encode(message), inner_times=2)
    assert gateway.find("fridge", Plug).relay is False
    assert radio.mode == "TRANSMITTER"


def test_ook_is_sent(air: Air) -> None:
    lamp = Socket(air, "lamp")
    lamp.codes.append((0x6C6C6, 1))
    radio.transmitter(ook=True)
    radio.transmit(TwoBit.encode_switch_message(True, 1), outer_times=2, inner_times=5, outer_delay=0.01)
    assert lamp.on[1] is True
    radio.modulation(fsk=True)


def test_a_join_is_answered_as_in_the_first_year(air: Air) -> None:
    guest = Plug(air, "guest", 0xA11C)
    guest.join()
    end = time.monotonic() + 20
    while not radio.is_receive_waiting():
        assert time.monotonic() < end
    header = OpenThings.decode(radio.receive())["header"]
    Messages.send_join_ack(radio, header["mfrid"], header["productid"], header["sensorid"])
    assert guest.joined


@pytest.mark.parametrize(
    ("payload", "options"),
    [([], {}), ([0] * 256, {}), ([1], {"outer_times": 0}), ([1], {"inner_times": 0}), ([1], {"inner_times": 256}),
     ([300], {})],
)  # fmt: skip
def test_what_cannot_be_sent_is_a_value_error(gateway: House, payload: list[int], options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"expected|range"):
        radio.transmit(payload, **options)


def test_modes_that_there_are_not(gateway: House) -> None:
    with pytest.raises(RuntimeError, match="fsk=True or ook=True"):
        radio.modulation()
    with pytest.raises(ValueError, match="hand controllers"):
        radio.receiver(ook=True)
    radio.standby()
    assert radio.get_ver() == 0x24


def test_before_init_everything_says_what_to_do() -> None:
    for call in (radio.receive, radio.is_receive_waiting, radio.get_ver, lambda: radio.transmit([1])):
        with pytest.raises(LinkClosed, match="init"):
            call()


def test_a_session_of_its_own_opens_and_resets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENERGY_HW_DEVICE", "sim:house?speed=20")
    try:
        radio.init()
        first = _session.current()
        radio.init()
        assert _session.current() is first
        radio.reset()
        assert _session.current() is not first
    finally:
        radio.finished()
        radio.finished()
