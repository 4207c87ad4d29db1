"""A port that is kept open, in virtual time."""

from __future__ import annotations

from itertools import pairwise

import pytest

from energy_hw.errors import ConfigError, LinkBusy, LinkClosed, LinkError, NodeMissing
from energy_hw.links.keeper import Keeper
from energy_hw.links.stream import SerialSettings
from reader_rig import World

HOUR_S = 3600.0


class Link:
    """Opens when there is no trouble; notes what is done to it."""

    name, has_speed = "/dev/ttyP1", True

    def __init__(self, world: World, finite: bool = False) -> None:
        self.world, self.finite = world, finite
        self.trouble: LinkError | ConfigError | None = None
        self.opened: list[float] = []
        self.history: list[SerialSettings] = []
        self.is_open = False

    def open(self, settings: SerialSettings) -> Link:
        self.opened.append(self.world.t)
        if self.trouble:
            raise self.trouble
        self.is_open = True
        self.history.append(settings)
        return self

    def read(self, timeout_s: float) -> bytes:
        return b""

    def configure(self, settings: SerialSettings) -> None:
        self.history.append(settings)

    def wake(self) -> None: ...

    def close(self) -> None:
        self.is_open = False


def kept(finite: bool = False) -> tuple[Keeper, Link, World]:
    world = World()
    link = Link(world, finite)
    return Keeper(link.open, SerialSettings(115200), world, world.pause), link, world


def run_until(keeper: Keeper, world: World, end: float) -> None:
    while world.t < end and keeper.link is None:
        keeper.open_again()


def test_a_missing_node_is_looked_for_twice_a_second() -> None:
    keeper, link, world = kept()
    keeper.open()
    link.trouble = NodeMissing("/dev/ttyP1 does not exist")
    keeper.lose(LinkClosed("gone"))
    assert not link.is_open
    run_until(keeper, world, world.t + 100)
    assert all(0.49 < later - earlier < 0.51 for earlier, later in pairwise(link.opened[1:]))
    link.trouble = None
    run_until(keeper, world, world.t + 1)
    assert keeper.link is link
    assert (keeper.state.lost, keeper.state.reopened, keeper.state.trouble) == (1, 1, "")


def test_a_port_in_use_is_tried_less_and_less_up_to_half_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    keeper, link, world = kept()
    busy = LinkBusy("/dev/ttyP1 is held by process 612 (cat)", 612)
    link.trouble = busy
    keeper.persist(busy)
    assert keeper.state.busy
    run_until(keeper, world, world.t + HOUR_S)
    gaps = [later - earlier for earlier, later in pairwise(link.opened)]
    assert gaps[0] <= 1.0
    assert 24 <= gaps[-1] <= 30
    assert len(gaps) <= HOUR_S / 24 + 8, "no busy loop"
    assert len(caplog.records) <= 61
    assert "process 612" in caplog.text


def test_a_port_that_opens_and_dies_at_once_is_no_busy_loop_either() -> None:
    keeper, link, _ = kept()
    keeper.open()
    for _ in range(10):
        keeper.lose(LinkClosed("gone"))
        keeper.open_again()
    assert link.opened[-1] - link.opened[-2] >= 24
    keeper.heard()
    keeper.lose(LinkClosed("gone"))
    keeper.open_again()
    assert link.opened[-1] - link.opened[-2] <= 0.5, "it worked meanwhile"


def test_a_recording_ends() -> None:
    keeper, link, _ = kept(finite=True)
    keeper.open()
    keeper.lose(LinkClosed("at its end"))
    keeper.lose(LinkClosed("at its end"))
    assert keeper.state.ended
    assert keeper.state.lost == 0
    assert not link.is_open


def test_a_file_where_the_port_was_is_no_recording() -> None:
    """As `echo x > /dev/ttyUSB0` leaves it while the adapter is away."""
    keeper, link, world = kept()
    keeper.open()
    keeper.lose(LinkClosed("gone"))
    link.finite = True
    run_until(keeper, world, world.t + 10)
    assert keeper.link is None
    assert not link.is_open
    assert "is a file now" in keeper.state.trouble
    link.finite = False
    run_until(keeper, world, world.t + 60)
    assert keeper.link is link


def test_a_port_that_comes_back_and_refuses_its_settings_is_tried_less_and_less() -> None:
    keeper, link, world = kept()
    keeper.open()
    keeper.lose(LinkClosed("gone"))
    link.trouble, opened = ConfigError("/dev/ttyP1 cannot be set to 115200 baud"), len(link.opened)
    run_until(keeper, world, world.t + 600)
    assert "cannot be set" in keeper.state.trouble
    assert len(link.opened) - opened <= 600 / 24 + 8


def test_a_port_that_is_renewed_is_opened_at_once() -> None:
    keeper, link, world = kept()
    keeper.open()
    before = world.t
    keeper.renew("not a byte for 60 s")
    assert keeper.open_again()
    assert world.t == before
    assert keeper.state.lost == 0
    assert len(link.opened) == 2


def test_settings_reach_the_link_when_they_change() -> None:
    keeper, link, _ = kept()
    keeper.open()
    keeper.configure(SerialSettings(115200))
    keeper.configure(SerialSettings(9600))
    assert [settings.baudrate for settings in link.history] == [115200, 9600]
    keeper.let_go()
    keeper.configure(SerialSettings(115200))
    keeper.open()
    assert link.history[-1].baudrate == 115200
