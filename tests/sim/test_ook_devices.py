"""Simulated green-button devices: learning, forgetting, gangs, and repeats that are enough."""

from __future__ import annotations

import pytest

from energy_hw.core.interface import OokCode
from energy_hw.core.python.ook import ook_encode
from energy_hw.sim.air import Air
from energy_hw.sim.clock import SECOND, VirtualClock
from energy_hw.sim.ook_devices import LEARN_S, Dimmer, HandController, Socket

HOUSE = 0x6C6C6


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def air(clock: VirtualClock) -> Air:
    return Air(clock, seed=1)


@pytest.fixture
def remote(air: Air) -> HandController:
    return HandController(air, "remote", HOUSE)


@pytest.fixture
def lamp(air: Air) -> Socket:
    lamp = Socket(air, "lamp")
    lamp.codes.append((HOUSE, 1))
    return lamp


def after(clock: VirtualClock, seconds: float) -> None:
    clock.advance(round(seconds * SECOND))


def test_socket_obeys_its_code(clock: VirtualClock, remote: HandController, lamp: Socket) -> None:
    for on in (True, False):
        remote.press(1, on)
        after(clock, 1.0)
        assert lamp.on == {1: on}


@pytest.mark.parametrize(("house", "gang"), [(HOUSE, 2), (HOUSE + 1, 1), (HOUSE + 1, 0)])
def test_socket_ignores_another_code(air: Air, clock: VirtualClock, lamp: Socket, house: int, gang: int) -> None:
    HandController(air, "other", house).press(gang, True)
    after(clock, 1.0)
    assert lamp.on == {1: False}


def test_socket_obeys_all_of_its_house(clock: VirtualClock, remote: HandController, lamp: Socket) -> None:
    remote.press(0, True)
    after(clock, 1.0)
    assert lamp.on == {1: True}


@pytest.mark.parametrize(
    ("sku", "repeats", "obeyed"),
    [("ENER002", 3, False), ("ENER002", 4, True), ("MIHO008", 36, False), ("MIHO008", 37, True), ("MIHO009", 11, True)],
)
def test_needed_repeats(
    air: Air, clock: VirtualClock, remote: HandController, sku: str, repeats: int, obeyed: bool
) -> None:
    """By default half of what is known to work."""
    device = Socket(air, "device", sku)
    device.codes.append((HOUSE, 1))
    remote.press(1, True, repeats)
    after(clock, 3.0)
    assert device.on[1] == obeyed


def test_repeats_that_a_collision_spoiled_do_not_count(air: Air, clock: VirtualClock, remote: HandController) -> None:
    lamp = Socket(air, "lamp", needed=8)
    lamp.codes.append((HOUSE, 1))
    remote.press(1, True)
    after(clock, 0.05)
    air.send_ook(ook_encode(OokCode(1, 1, True)), 1, sender="neighbour")
    after(clock, 1.0)
    assert not lamp.on[1]
    remote.press(1, True)
    after(clock, 1.0)
    assert lamp.on[1]


def test_new_socket_learns_and_obeys_at_once(air: Air, clock: VirtualClock, remote: HandController) -> None:
    lamp = Socket(air, "lamp")
    remote.press(2, True)
    after(clock, 1.0)
    assert lamp.on == {1: False}
    lamp.learn()
    remote.press(2, True)
    after(clock, 1.0)
    assert (lamp.on, lamp.codes, lamp.learning) == ({1: True}, [(HOUSE, 2)], False)


def test_off_and_all_are_not_learned(air: Air, clock: VirtualClock, remote: HandController) -> None:
    lamp = Socket(air, "lamp")
    lamp.learn()
    remote.press(2, False)
    after(clock, 1.0)
    remote.press(0, True)
    after(clock, 1.0)
    assert (lamp.codes, lamp.learning) == ([], True)


def test_learning_ends_by_itself(air: Air, clock: VirtualClock, remote: HandController) -> None:
    lamp = Socket(air, "lamp")
    lamp.learn()
    after(clock, LEARN_S + 1.0)
    remote.press(1, True)
    after(clock, 1.0)
    assert lamp.codes == []


def test_two_codes_are_kept_and_a_third_replaces_the_older(air: Air, clock: VirtualClock) -> None:
    lamp = Socket(air, "lamp")
    for house in (1, 2, 1, 3):
        lamp.learn()
        HandController(air, f"remote {house}", house).press(1, True)
        after(clock, 1.0)
    assert lamp.codes == [(1, 1), (3, 1)]


def test_long_press_forgets_everything(clock: VirtualClock, remote: HandController, lamp: Socket) -> None:
    lamp.learn()
    lamp.forget()
    remote.press(1, True)
    after(clock, 1.0)
    assert (lamp.on, lamp.codes) == ({1: False}, [])


def test_strip_obeys_gang_by_gang(air: Air, clock: VirtualClock, remote: HandController) -> None:
    strip = Socket(air, "strip", "ENER010")
    strip.codes.append((HOUSE, 1))
    for gang, on in ((2, True), (4, True), (0, False), (3, True)):
        remote.press(gang, on)
        after(clock, 1.0)
    assert strip.on == {1: False, 2: False, 3: True, 4: False}


def test_own_button(lamp: Socket) -> None:
    lamp.press()
    assert lamp.on == {1: True}


def test_stopped_socket_hears_nothing(clock: VirtualClock, remote: HandController, lamp: Socket) -> None:
    lamp.stop()
    remote.press(1, True)
    after(clock, 1.0)
    assert lamp.on == {1: False}


@pytest.mark.parametrize(
    ("gang", "on", "level"),
    [(2, True, 20), (3, True, 30), (4, True, 40), (2, False, 60), (3, False, 80), (4, False, 100), (1, False, 0)],
)
def test_dimmer_level(air: Air, clock: VirtualClock, remote: HandController, gang: int, on: bool, level: int) -> None:
    dimmer = Dimmer(air, "light")
    dimmer.codes.append((HOUSE, 1))
    remote.press(gang, on, repeats=75)
    after(clock, 3.0)
    assert dimmer.level == level


def test_dimmer_comes_back_at_its_last_level(air: Air, clock: VirtualClock, remote: HandController) -> None:
    dimmer = Dimmer(air, "light")
    dimmer.codes.append((HOUSE, 1))
    levels = []
    for gang, on in ((3, True), (1, False), (1, True), (5, True)):
        remote.press(gang, on, repeats=75)
        after(clock, 3.0)
        levels.append(dimmer.level)
    assert levels == [30, 0, 30, 30]


def test_dimmer_ignores_another_house(air: Air, clock: VirtualClock) -> None:
    dimmer = Dimmer(air, "light")
    dimmer.codes.append((HOUSE, 1))
    HandController(air, "other", 0xA0170).press(2, True, repeats=75)
    after(clock, 3.0)
    assert dimmer.level == 0


@pytest.mark.parametrize("sku", ["MIHO005", "MIHO999"])
def test_what_is_no_ook_device(air: Air, sku: str) -> None:
    with pytest.raises(ValueError, match=sku):
        Socket(air, "lamp", sku)


def test_code_of_no_gang_is_ignored(air: Air, clock: VirtualClock, lamp: Socket) -> None:
    lamp.learn()
    air.send_ook(bytes.fromhex("800000008ee8ee888ee8ee888ee8888e"), sender="stranger")
    after(clock, 1.0)
    assert (lamp.on, lamp.learning) == ({1: False}, True)
