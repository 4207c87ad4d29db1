"""Polls of a simulated Mate3, over TCP."""

from __future__ import annotations

from pathlib import Path

import pytest

from energy_hw.errors import NotSunSpec
from energy_hw.links.modbus import ModbusLink
from energy_hw.outback.chain import Layout
from energy_hw.outback.poll import Poller
from energy_hw.sim.mate3 import SimMate3
from mate3_rig import mate3
from outback_rig import CHARGER, Controller, by_port, image

__all__ = ["mate3"]


def link_to(house: SimMate3) -> ModbusLink:
    return ModbusLink(house.host, house.port, timeout_s=20.0, connect_s=20.0)


def test_the_capture_over_tcp(mate3: SimMate3) -> None:
    with link_to(mate3) as link:
        poller = Poller(link)
        cold, before = poller.read(), link.counters.requests
        assert before <= 20
        again = poller.read()
        assert link.counters.requests - before <= 13
    assert {at: again.registers[at] for at in cold.registers} == Controller().registers
    assert cold.layout == Controller().layout


def test_a_lost_connection_over_tcp_is_made_anew_within_the_poll(mate3: SimMate3) -> None:
    with link_to(mate3) as link:
        poller = Poller(link)
        truth = poller.read().registers
        mate3.faults.arm(at=7, hangs_up=True)
        assert poller.read().registers == truth
        assert link.counters.connects == 2


@pytest.mark.parametrize("bursts", [1, 2, 3, 5])
def test_a_controller_that_starts_anew_over_tcp(mate3: SimMate3, bursts: int) -> None:
    with link_to(mate3) as link:
        poller = Poller(link, pauses_s=(0, 0))
        before = poller.read()
        mate3.reboot(bursts=bursts)
        assert poller.read().registers == before.registers
        assert (poller.layout, poller.rediscoveries) == (before.layout, int(bursts > 2))


def test_ports_swapped_over_tcp_between_any_two_requests(mate3: SimMate3) -> None:
    with link_to(mate3) as link:
        poller = Poller(link, pauses_s=(0, 0))
        for request_number in range(1, 14):
            old = by_port(poller.read())
            mate3.faults.arm(at=request_number, then=lambda: mate3.swap_ports(3, 4))
            new = by_port(poller.read())
            assert new in (old, by_port(poller.read()))


def test_a_controller_that_gives_50_registers_at_once(mate3: SimMate3) -> None:
    mate3.faults.longest_read = 50
    with link_to(mate3) as link:
        poller = Poller(link)
        assert poller.read().registers == Controller().registers
        assert (link.max_read, link.counters.falls) == (50, 1)
        before = link.counters.requests
        poller.read()
        assert link.counters.requests - before == 26


def test_scrambled_registers_over_tcp(mate3: SimMate3) -> None:
    mate3.faults.scramble_key = 0x0BAD
    with link_to(mate3) as link, pytest.raises(NotSunSpec, match="scrambled with key 0x0BAD"):
        Poller(link).read()


def test_something_else_over_tcp() -> None:
    house = SimMate3(dict.fromkeys(range(40000, 40100), 7))
    with house, link_to(house) as link, pytest.raises(NotSunSpec, match="got 0x0007 0x0007 at 40000"):
        Poller(link).read()


def test_layouts_of_two_controllers(mate3: SimMate3, tmp_path: Path) -> None:
    file = tmp_path / "layouts.json"
    other = image((1, 65), (CHARGER, 26, 3))
    with SimMate3(other) as small, link_to(mate3) as one, link_to(small) as two:
        layouts: list[Layout] = [Poller(link, file).read().layout for link in (one, two)]
        assert [Poller(link, file).read().layout for link in (one, two)] == layouts
        assert (one.counters.requests, two.counters.requests) == (20 + 13, 3 + 1)
