"""The simulated ENER314: what its lines put on the air."""

from __future__ import annotations

import pytest

from energy_hw.core.interface import OokCode
from energy_hw.core.python.ook import ook_decode
from energy_hw.errors import LinkClosed, LinkError
from energy_hw.sim.air import Air
from energy_hw.sim.clock import VirtualClock
from energy_hw.sim.encoder import CE, HOUSE, MODSEL, EncoderLines
from energy_hw.sim.hearing import Hearing, Modulation

SOCKET_1_ON = {17, 22, 23, 27}


@pytest.fixture
def lines() -> EncoderLines:
    return EncoderLines(Air(VirtualClock()))


def heard(lines: EncoderLines) -> list[OokCode]:
    codes: list[OokCode] = []

    def hear(hearing: Hearing) -> None:
        codes.extend(map(ook_decode, hearing.ook_frames()))

    lines.air.listen(hear, "observer", Modulation.OOK)
    return codes


def test_it_sends_as_long_as_it_is_enabled(lines: EncoderLines) -> None:
    codes = heard(lines)
    lines.set(SOCKET_1_ON | {CE})
    lines.sleep(0.25)
    lines.set(SOCKET_1_ON)
    lines.sleep(1.0)
    assert codes == [OokCode(HOUSE, 1, True)] * 9


def test_lines_that_change_on_air_change_nothing(lines: EncoderLines) -> None:
    """The encoder latches its data with the enable."""
    codes = heard(lines)
    lines.set(SOCKET_1_ON | {CE})
    lines.sleep(0.1)
    lines.set({17, CE})
    lines.sleep(0.1)
    lines.set(())
    assert set(codes) == {OokCode(HOUSE, 1, True)}


@pytest.mark.parametrize("high", [SOCKET_1_ON, SOCKET_1_ON | {CE, MODSEL}], ids=["not enabled", "FSK selected"])
def test_otherwise_nothing_is_on_air(lines: EncoderLines, high: set[int]) -> None:
    lines.set(high)
    assert lines.air.active == []


def test_closing_takes_it_off_the_air(lines: EncoderLines) -> None:
    lines.set(SOCKET_1_ON | {CE})
    lines.close()
    assert lines.air.active == []
    with pytest.raises(LinkClosed):
        lines.set(())


def test_a_fault_is_a_link_error(lines: EncoderLines) -> None:
    lines.fail = True
    with pytest.raises(LinkError):
        lines.set(())
