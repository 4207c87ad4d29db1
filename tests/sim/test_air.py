"""The shared air: path loss, capture, loss, errors, and who is told."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from energy_hw.sim import chips
from energy_hw.sim.air import FSK_HZ, Air, Hearing, Modulation, Transmission
from energy_hw.sim.clock import SECOND, VirtualClock

FRAME = bytes.fromhex("0d04020100c29fb40cf542f13def")
OTHER = bytes.fromhex("0d0402b9280c8d788f65baed7b84")
CODE = bytes.fromhex("800000008ee8ee888ee8ee888ee8eeee")
FRAME_NS = 55_000_000  # 8.33 ms of preamble and sync word, 14 * 3.33 ms


@dataclass
class Ear:
    """Keeps what it hears."""

    air: Air
    name: str = "ear"
    heard: list[Hearing] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.air.listen(self.heard.append, self.name)

    @property
    def frames(self) -> list[bytes | None]:
        return [hearing.fsk_frame() for hearing in self.heard]


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def air(clock: VirtualClock) -> Air:
    return Air(clock, seed=1)


@pytest.fixture
def ear(air: Air) -> Ear:
    return Ear(air)


def test_a_frame_is_heard_when_it_is_over(air: Air, ear: Ear, clock: VirtualClock) -> None:
    sent = air.send_fsk(FRAME, sender="plug")
    assert sent.end_ns == pytest.approx(FRAME_NS, abs=1)
    clock.advance(FRAME_NS - 10)
    assert ear.heard == []
    clock.advance(20)
    assert ear.frames == [FRAME]
    assert air.active == []


def test_ook_repeats_are_heard(air: Air, ear: Ear, clock: VirtualClock) -> None:
    air.send_ook(CODE, 8, sender="remote")
    clock.advance(SECOND)
    assert ear.heard[0].ook_frames() == (CODE,) * 8
    assert ear.frames == [None]


def test_fsk_is_not_heard_as_ook(air: Air, ear: Ear, clock: VirtualClock) -> None:
    air.send_fsk(FRAME, sender="plug")
    clock.advance(SECOND)
    assert ear.heard[0].ook_frames() == ()


def test_nobody_hears_himself(air: Air, ear: Ear, clock: VirtualClock) -> None:
    air.send_fsk(FRAME, sender="ear")
    clock.advance(SECOND)
    assert ear.heard == []


def test_nobody_hears_while_he_sends(air: Air, ear: Ear, clock: VirtualClock) -> None:
    air.send_fsk(FRAME, sender="plug")
    clock.advance(FRAME_NS // 2)
    air.send_ook(CODE, 1, sender="ear")
    clock.advance(SECOND)
    assert ear.heard == []


def test_a_closed_listener_hears_no_more(air: Air, clock: VirtualClock) -> None:
    heard: list[Hearing] = []
    listener = air.listen(heard.append, "ear")
    listener.close()
    listener.close()
    air.send_fsk(FRAME, sender="plug")
    clock.advance(SECOND)
    assert heard == []


def test_a_listener_for_one_modulation_is_not_bothered_with_the_other(air: Air, clock: VirtualClock) -> None:
    heard: list[Hearing] = []
    air.listen(heard.append, "socket", Modulation.OOK)
    air.send_fsk(FRAME, sender="plug")
    air.send_ook(CODE, 2, sender="remote")
    clock.advance(SECOND)
    assert [hearing.transmission.sender for hearing in heard] == ["remote"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"frequency_hz": FSK_HZ + 40_000}, "off frequency"),
        ({"chip_ns": 1e9 / 4800 * 1.08}, "chip rate"),
        ({"deviation_hz": 0.0}, "no deviation"),
        ({"chips": chips.fsk(FRAME, 0)}, "no preamble"),
        ({"modulation": Modulation.OOK}, "other modulation"),
        ({"power_dbm": -55.0}, "as weak as the noise"),
    ],
)
def test_what_a_receiver_is_not_tuned_to_is_not_heard(
    air: Air, ear: Ear, clock: VirtualClock, change: dict[str, object], why: str
) -> None:
    sent = Transmission("plug", 0, chips.fsk(FRAME))
    for name, value in change.items():
        setattr(sent, name, value)
    air.transmit(sent)
    clock.advance(SECOND)
    assert ear.frames == [None], why


def test_the_stronger_of_two_is_heard_if_it_is_6_db_stronger(air: Air, ear: Ear, clock: VirtualClock) -> None:
    air.send_fsk(FRAME, sender="near", power_dbm=10)
    air.send_fsk(OTHER, sender="far", power_dbm=4)
    clock.advance(SECOND)
    assert ear.frames[0] == FRAME
    assert ear.frames[1] != OTHER


def test_both_are_corrupt_if_neither_is_6_db_stronger(air: Air, ear: Ear, clock: VirtualClock) -> None:
    air.send_fsk(FRAME, sender="a", power_dbm=9)
    air.send_fsk(OTHER, sender="b", power_dbm=4)
    clock.advance(SECOND)
    assert FRAME not in ear.frames
    assert OTHER not in ear.frames


def test_a_collision_hurts_only_the_bytes_it_touches(air: Air, ear: Ear, clock: VirtualClock) -> None:
    air.send_fsk(FRAME, sender="a")
    clock.advance(FRAME_NS - 5_000_000)  # one and a half bytes before the end
    air.send_fsk(OTHER, sender="b")
    clock.advance(SECOND)
    heard = ear.frames[0]
    assert heard is not None
    assert heard[:-2] == FRAME[:-2]
    assert heard != FRAME


def test_capture_depends_on_where_the_receiver_is(air: Air, clock: VirtualClock) -> None:
    one, two = Ear(air, "one"), Ear(air, "two")
    air.set_link("a", "one", 50.0)
    air.set_link("b", "two", 50.0)
    air.send_fsk(FRAME, sender="a")
    air.send_fsk(OTHER, sender="b")
    clock.advance(SECOND)
    assert FRAME in one.frames
    assert OTHER in two.frames


def test_another_channel_does_not_disturb(air: Air, ear: Ear, clock: VirtualClock) -> None:
    air.send_ook(CODE, 8, sender="remote", power_dbm=20)
    air.send_fsk(FRAME, sender="plug")
    clock.advance(SECOND)
    assert FRAME in ear.frames


def test_noise_raises_the_level_and_jams(air: Air, ear: Ear, clock: VirtualClock) -> None:
    assert air.level_dbm("ear", FSK_HZ) == -118.0
    air.noise(0.03, power_dbm=8.0)
    assert air.level_dbm("ear", FSK_HZ) == -52.0
    air.send_fsk(FRAME, sender="plug")
    clock.advance(SECOND)
    assert ear.frames != [FRAME]
    assert len(ear.heard) == 1  # the burst itself says nothing
    assert air.level_dbm("ear", FSK_HZ) == -118.0


def test_rssi_is_power_minus_path_loss(air: Air, ear: Ear, clock: VirtualClock) -> None:
    air.set_link("plug", "ear", 71.5)
    air.send_fsk(FRAME, sender="plug", power_dbm=8.0)
    clock.advance(SECOND)
    assert ear.heard[0].rssi_dbm == -63.5


def test_random_loss_is_the_share_that_was_asked_for(air: Air, ear: Ear, clock: VirtualClock) -> None:
    air.loss = 0.25
    for _ in range(1000):
        air.send_fsk(FRAME, sender="plug")
        clock.advance(SECOND)
    assert len(ear.heard) == pytest.approx(750, abs=50)


def test_a_lossy_link_does_not_change_the_others(air: Air, ear: Ear, clock: VirtualClock) -> None:
    air.set_link("far", "ear", 60.0, loss=1.0)
    air.send_fsk(FRAME, sender="far")
    air.send_ook(CODE, 2, sender="near")
    clock.advance(SECOND)
    assert [hearing.transmission.sender for hearing in ear.heard] == ["near"]


def test_chance_is_the_same_for_one_whoever_else_listens(clock: VirtualClock) -> None:
    def frames(*names: str) -> list[bytes | None]:
        clock = VirtualClock()
        air = Air(clock, seed=7, loss=0.3, bit_error_rate=0.002)
        ears = [Ear(air, name) for name in names]
        for _ in range(50):
            air.send_fsk(FRAME, sender="plug")
            clock.advance(SECOND)
        return ears[0].frames

    assert frames("ear") == frames("ear", "another", "third")


def test_bit_errors_come_at_the_rate_that_was_asked_for(air: Air, ear: Ear, clock: VirtualClock) -> None:
    air.bit_error_rate = 0.01
    sent = air.transmit(Transmission("plug", 0, "01" * 10_000))
    clock.advance(10 * SECOND)
    wrong = sum(a != b for a, b in zip(ear.heard[0].chips(), sent.chips, strict=True))
    assert wrong == pytest.approx(200, abs=45)


def test_an_open_transmission_grows_and_is_cut_where_it_ends(air: Air, ear: Ear, clock: VirtualClock) -> None:
    sent = air.begin(Transmission("chip", 0))
    for _ in range(4):
        air.extend(sent, "10101010")
        clock.advance(1_666_667)
    air.extend(sent, "11111111")
    clock.advance(1_000_000)  # 4.8 of these 8 chips
    air.end(sent)
    air.end(sent)
    assert sent.truncated
    assert ear.heard[0].chips() == "10" * 16 + "1111"


def test_what_was_heard_once_stays_and_the_rest_is_noise(air: Air, clock: VirtualClock) -> None:
    sent = air.begin(Transmission("chip", 0, "10" * 8))
    clock.advance(3_000_000)
    hearing = Hearing(air, sent, "ear")
    first = hearing.chips(8)
    air.end(sent)
    assert first == "10101010"
    assert hearing.chips(500).startswith("10101010")
    assert len(hearing.chips(500)) == 500
    assert hearing.chips(500) == hearing.chips(500)


def test_a_device_may_answer_from_its_callback(air: Air, ear: Ear, clock: VirtualClock) -> None:
    def answer(hearing: Hearing) -> None:
        clock.call_in(20_000_000, lambda: air.send_fsk(OTHER, sender="plug"))

    air.listen(answer, "plug", Modulation.FSK)
    air.send_fsk(FRAME, sender="gateway")
    clock.advance(SECOND)
    assert ear.frames == [FRAME, OTHER]
    assert ear.heard[1].start_ns == pytest.approx(FRAME_NS + 20_000_000, abs=1)
