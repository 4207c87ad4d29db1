"""What else is on the air: right frames of another maker, wrong frames, other protocols, noise."""

from __future__ import annotations

import pytest

from energy_hw.core.python.openhems import decode
from energy_hw.sim.air import FSK_HZ, Air, Hearing
from energy_hw.sim.clock import SECOND, VirtualClock
from energy_hw.sim.foreign import ForeignTransmitter
from energy_hw.sim.witness import Witness


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def air(clock: VirtualClock) -> Air:
    return Air(clock, seed=1)


@pytest.fixture
def heard(air: Air) -> list[Hearing]:
    heard: list[Hearing] = []
    air.listen(heard.append, "ear")
    return heard


def test_report_is_sound_and_of_another_maker(air: Air, clock: VirtualClock, heard: list[Hearing]) -> None:
    ForeignTransmitter(air).report()
    clock.advance(SECOND)
    frame = heard[0].fsk_frame()
    assert frame is not None
    message = decode(frame)
    assert (message.manufacturer, message.encrypted) == (0x16, False)
    assert 5 <= (message.records[0].value or 0) <= 25  # type: ignore[operator]


def test_babble_has_sync_and_length_and_no_sense(air: Air, clock: VirtualClock) -> None:
    witness = Witness(air)
    transmitter = ForeignTransmitter(air)
    for _ in range(50):
        transmitter.babble()
        clock.advance(SECOND)
    assert (witness.messages, witness.refused) == ([], 50)


def test_stranger_has_another_sync_word(air: Air, clock: VirtualClock, heard: list[Hearing]) -> None:
    transmitter = ForeignTransmitter(air)
    for _ in range(20):
        transmitter.stranger()
        clock.advance(SECOND)
    assert [hearing.fsk_frame() for hearing in heard] == [None] * 20


def test_noise_is_loud_and_says_nothing(air: Air, clock: VirtualClock, heard: list[Hearing]) -> None:
    ForeignTransmitter(air, power_dbm=0.0).noise()
    assert air.level_dbm("ear", FSK_HZ) == -60.0
    clock.advance(SECOND)
    assert heard == []
    assert air.level_dbm("ear", FSK_HZ) == air.noise_dbm


def test_it_transmits_by_itself_until_stopped(air: Air, clock: VirtualClock) -> None:
    transmitter = ForeignTransmitter(air, kinds=("report", "noise"))
    transmitter.start()
    clock.advance(600 * SECOND)
    assert 20 <= air.count <= 61  # 10 to 30 s apart
    transmitter.stop()
    count = air.count
    clock.advance(600 * SECOND)
    assert air.count == count
