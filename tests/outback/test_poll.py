"""Warm polls: requests, headers that are verified, and what happens when one is not what it was."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from energy_hw.errors import UnknownDevice, UnknownPoint
from energy_hw.outback.poll import Mode, Poll, Poller
from energy_hw.outback.tables import point
from energy_hw.outback.values import decode_point
from energy_hw.sim.mate3_houses import HOUSES, house
from outback_rig import (
    CHARGER,
    CHARGER_SETTINGS,
    INVERTER,
    INVERTER_SETTINGS,
    START,
    Controller,
    StoppedClock,
    image,
    warm,
)


def value(poll: Poll, did: int, port: int | None, name: str) -> object:
    block = poll.layout.find(did, port)
    assert block is not None
    return decode_point(point(did, name), poll.view(block), block.address).value


# -- requests ------------------------------------------------------------------


def test_cold_and_warm_give_the_same() -> None:
    controller = Controller()
    poller = Poller(controller, clock=StoppedClock(), sleep=controller.sleep)
    cold, again = poller.read(), poller.read()
    assert cold == again
    assert cold.registers == controller.registers
    assert (cold.time, set(cold.blocks)) == (START, set(cold.layout.blocks))


def test_a_cold_read_takes_20_requests() -> None:
    controller = Controller()
    assert controller.counted(Poller(controller).read) <= 20


@pytest.mark.parametrize(
    ("ask", "most"),
    [
        (lambda poller: poller.read(), 13),
        (lambda poller: poller.read(Mode.LIVE), 7),
        (lambda poller: poller.read_device(INVERTER, 2), 1),
        (lambda poller: poller.read_device(CHARGER_SETTINGS, 3), 1),
        (lambda poller: poller.read_device(CHARGER, 3, settings=True), 2),
        (lambda poller: poller.read_point(64118, 5, "state_of_charge"), 1),
        (lambda poller: poller.read_point(CHARGER_SETTINGS, 4, "absorb_volts"), 1),
        (lambda poller: poller.read_point(INVERTER_SETTINGS, 1, "serial_number"), 1),
        (lambda poller: poller.read_point(64110, None, "error"), 2),
    ],
    ids=["everything", "live", "device", "settings", "both", "point", "scaled", "far", "further"],
)
def test_requests_of_a_warm_read(ask: Callable[[Poller], Poll], most: int) -> None:
    controller = Controller()
    poller = warm(controller)
    assert controller.counted(lambda: ask(poller)) <= most


def test_live_has_what_is_measured() -> None:
    controller = Controller()
    poll = warm(controller).read(Mode.LIVE)
    dids = [block.did for block in poll.blocks]
    assert dids == [64120, 101, INVERTER, INVERTER, CHARGER, CHARGER, 64118]


def test_a_device_alone_and_with_its_settings() -> None:
    poller = warm(Controller())
    assert [block.did for block in poller.read_device(INVERTER, 1).blocks] == [INVERTER]
    both = poller.read_device(INVERTER, 1, settings=True).blocks
    assert [(block.did, block.port) for block in both] == [(INVERTER, 1), (INVERTER_SETTINGS, 1)]
    assert [len(words) for words in both.values()] == [48, 91]


def test_a_point_comes_with_its_scale_and_nothing_else() -> None:
    poll = warm(Controller()).read_point(CHARGER_SETTINGS, 3, "absorb_volts")
    assert value(poll, CHARGER_SETTINGS, 3, "absorb_volts") == Decimal("58.8")
    assert not poll.blocks
    with pytest.raises(LookupError, match=r"register \d+ of 64112 at 40936 \(port 3\) was not read"):
        value(poll, CHARGER_SETTINGS, 3, "serial_number")
    settings_block = poll.layout.find(CHARGER_SETTINGS, 3)
    assert settings_block is not None
    view = poll.view(settings_block)
    assert (len(view), view[0], view[:3]) == (90, CHARGER_SETTINGS, (CHARGER_SETTINGS, 88, 3))


def test_the_limit_of_a_link_that_fell_is_planned_for() -> None:
    controller = Controller()
    poller = warm(controller)
    controller.max_read = 50
    controller.requests.clear()
    assert poller.read().registers == controller.registers
    assert max(count for _, count in controller.requests) <= 50


@pytest.mark.parametrize("name", HOUSES)
def test_other_houses(name: str) -> None:
    controller = Controller(house(name))
    poller = warm(controller)
    layout, poll = controller.layout, poller.read()
    assert (poll.layout, poll.registers, poller.retries) == (layout, controller.registers, 0)
    assert layout.since_2018 is not HOUSES[name].is_old
    devices = [block for block in layout.blocks if block.port is not None]
    assert [layout.settings_of(live) for live in devices[::2]] == devices[1::2]
    assert len(devices) == 2 * len(HOUSES[name].units)


# -- what is not there ---------------------------------------------------------


def test_a_device_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(UnknownDevice, match=r"no model 64111 at port 7.* there are .*64111 at port 3"):
        warm(Controller()).read_device(CHARGER, 7)


def test_a_device_without_a_port_must_be_the_only_one() -> None:
    with pytest.raises(UnknownDevice, match="or several"):
        warm(Controller()).read_device(CHARGER)


def test_a_point_that_this_firmware_does_not_have() -> None:
    with pytest.raises(UnknownPoint, match="firmware with a block of 46 has no such point"):
        warm(Controller()).read_point(INVERTER, 1, "gt_number")


# -- layouts of an earlier start -----------------------------------------------


def test_a_kept_layout_saves_the_walk_and_is_verified(tmp_path: Path) -> None:
    warm(Controller(), tmp_path / "layouts.json")
    controller = Controller()
    poller = Poller(controller, tmp_path / "layouts.json", sleep=controller.sleep)
    assert controller.counted(poller.read) == 13
    assert poller.layout == Controller().layout


def test_a_kept_layout_is_checked_against_the_serial_number_even_for_one_point(tmp_path: Path) -> None:
    warm(Controller(), tmp_path / "layouts.json")
    controller = Controller()
    controller.holds(40052, 0x4142)
    poller = Poller(controller, tmp_path / "layouts.json", sleep=controller.sleep)
    poller.read_point(64118, 5, "state_of_charge")
    assert poller.layout == Controller(controller.registers).layout
    assert poller.layout != Controller().layout


@pytest.mark.parametrize("ask", [lambda poller: poller.read(), lambda poller: poller.read_device(CHARGER, 4)])
def test_a_kept_layout_that_no_longer_holds(tmp_path: Path, ask: Callable[[Poller], Poll]) -> None:
    warm(Controller(image((1, 65), (CHARGER, 26, 3))), tmp_path / "layouts.json")
    controller = Controller(image((1, 65), (CHARGER, 26, 3), (CHARGER, 26, 4)))
    poll = ask(Poller(controller, tmp_path / "layouts.json", sleep=controller.sleep))
    assert poll.layout == controller.layout
    assert warm(Controller(controller.registers), tmp_path / "layouts.json").layout == controller.layout
