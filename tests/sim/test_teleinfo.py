"""A simulated meter as a serial link."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from energy_hw.errors import LinkClosed
from energy_hw.links.stream import SerialSettings
from energy_hw.sim.teleinfo import TicSimulator, open_link
from energy_hw.sim.tic_contract import CONTRACTS
from energy_hw.sim.tic_meter import TicMeter
from energy_hw.teleinfo.frame import TicParser
from energy_hw.teleinfo.frames import Frame, FrameBuilder
from tic_rig import START, line_of, meter_of

# ---- as a link ----


class Time:
    """A clock that the test moves; `waits` would be real, so a link under it must never have to wait."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 0.01
        return self.now


@pytest.fixture
def link() -> Iterator[TicSimulator]:
    simulator = TicSimulator(line_of("linky"), SerialSettings(9600), now=Time())
    yield simulator
    simulator.close()


def read_for(link: TicSimulator, frames: int, builder: FrameBuilder | None = None) -> list[Frame]:
    parser, builder = TicParser(), builder or FrameBuilder()
    found: list[Frame] = []
    for _ in range(20_000):
        found += [frame for event in parser.feed(link.read(0.5)) if (frame := builder.feed(event))]
        if len(found) >= frames:
            break
    return found


def test_frames_through_the_link(link: TicSimulator) -> None:
    assert [frame.complete for frame in read_for(link, 3)] == [True] * 3


def test_read_ends_with_the_end_of_a_group_or_before(link: TicSimulator) -> None:
    assert 0 < len(link.read(0.5)) < 200


def test_the_wrong_speed_until_it_is_configured(link: TicSimulator) -> None:
    link.configure(SerialSettings(1200))
    parser = TicParser()
    assert not [event for _ in range(40) for event in parser.feed(link.read(0.5)) if isinstance(event, bytes)]
    link.configure(SerialSettings(9600))
    assert read_for(link, 2)[-1].complete


def test_seven_data_bits_have_no_parity(link: TicSimulator) -> None:
    link.configure(SerialSettings(9600, 7, "E"))
    assert max(b"".join(link.read(0.5) for _ in range(20))) < 0x80


def test_wake_ends_a_read(link: TicSimulator) -> None:
    link.line.pause(1e6)
    link.wake()
    assert link.read(1e6) == b""


def test_nothing_comes_in_a_pause(link: TicSimulator) -> None:
    link.line.pause(1e6)
    assert link.read(0.05) == b""


@pytest.mark.parametrize("end", ["hang_up", "close"])
def test_a_link_that_is_gone(link: TicSimulator, end: str) -> None:
    getattr(link, end)()
    for _ in range(2):
        with pytest.raises(LinkClosed, match="open it again"):
            link.read(1e6)


def test_options_of_a_url() -> None:
    link = open_link(SerialSettings(), contract="tempo", speed="50", seed="3", noise="0.01")
    assert (link.line.meter.contract.name, link.speed, link.line.noise) == ("tempo", 50.0, 0.01)
    assert link.name == "sim:teleinfo?contract=tempo"
    assert open_link(mode="historique").line.meter.contract.name == "base"
    assert open_link(mode="standard").line.meter.contract.name == "linky"


@pytest.mark.parametrize(
    "options", [{"contract": "linky9"}, {"mode": "both"}, {"speed": "0"}, {"speed": "fast"}, {"seed": "x"}]
)
def test_options_that_mean_nothing(options: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"expected|invalid|could not"):
        open_link(SerialSettings(), **options)


def test_the_same_seed_is_the_same_meter() -> None:
    assert meter_of("linky-three").frame() == meter_of("linky-three").frame()
    assert TicMeter(CONTRACTS["linky"], START, 1).frame() != TicMeter(CONTRACTS["linky"], START, 2).frame()
