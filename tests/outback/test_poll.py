"""Warm polls: requests, headers that are verified, and what happens when one is not what it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy_hw.errors import LayoutChanged, LinkClosed, ModbusError, NotSunSpec, UnknownDevice, UnknownPoint
from energy_hw.links.modbus import ModbusLink
from energy_hw.outback.chain import Block, Layout
from energy_hw.outback.poll import PAUSES_S, Mode, Poll, Poller
from energy_hw.outback.tables import point
from energy_hw.outback.values import decode_point
from energy_hw.sim.mate3 import SimMate3
from mate3_rig import mate3
from outback_rig import CHARGER, CHARGER_SETTINGS, INVERTER, INVERTER_SETTINGS, Controller, image, moved, refuses

__all__ = ["mate3"]

START = datetime(2026, 11, 21, tzinfo=UTC)


class StoppedClock:
    def monotonic(self) -> float:
        return 0.0

    def now(self) -> datetime:
        return START


def warm(controller: Controller, layout_file: Path | None = None) -> Poller:
    """A poller that has read everything once."""
    poller = Poller(controller, layout_file, clock=StoppedClock(), sleep=controller.sleep)
    poller.read()
    return poller


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


# -- a chain that does not hold still ------------------------------------------


@pytest.mark.parametrize("words", [(0x8000,), (0xFFFF,), (0x8000,) * 48])
def test_a_burst_is_read_over(words: tuple[int, ...]) -> None:
    controller = Controller()
    poller = warm(controller)
    real = controller.holds(40630, *words)
    controller.after_pauses[2] = lambda: controller.registers.update(real)
    assert poller.read(Mode.LIVE).registers[40630] == INVERTER
    assert (controller.pauses, poller.retries, poller.rediscoveries) == (list(PAUSES_S), 2, 0)


@pytest.mark.parametrize("max_read", [100, 50])
@pytest.mark.parametrize("request_number", range(26))
@pytest.mark.parametrize("did", [INVERTER, CHARGER_SETTINGS, 64119])
def test_placeholders_while_one_request_is_answered(did: int, request_number: int, max_read: int) -> None:
    controller = Controller(max_read=max_read)
    poller = warm(controller)
    truth, first = dict(controller.registers), len(controller.requests) + request_number
    block = next(block for block in controller.layout.blocks if block.did == did)
    controller.before_request[first] = lambda: controller.holds(block.address, *[0x8000] * block.size)
    controller.before_request[first + 1] = lambda: controller.registers.update(truth)
    assert poller.read().registers == truth


def test_blocks_that_moved_are_found_and_nothing_is_read_twice() -> None:
    controller = Controller(image((1, 65), (CHARGER, 26, 3), (CHARGER, 26, 4)))
    poller = warm(controller)
    controller.registers = image((1, 65), (120, 9), (CHARGER, 26, 3), (CHARGER, 26, 4))
    controller.requests.clear()
    poll = poller.read_device(CHARGER, 4)
    assert poll.layout.find(CHARGER, 4) == Block(40108, CHARGER, 26, 4)
    assert [words[:3] for words in poll.blocks.values()] == [(CHARGER, 26, 4)]
    assert (poller.layout, poller.rediscoveries) == (poll.layout, 1)
    assert len(controller.requests) == 1 + len(PAUSES_S) + 5


def test_a_device_that_came_or_went_is_told(caplog: pytest.LogCaptureFixture) -> None:
    controller = Controller(image((1, 65), (CHARGER, 26, 3)))
    poller = warm(controller)
    controller.registers = image((1, 65), (120, 9), (CHARGER, 26, 3), (CHARGER, 26, 4))
    assert len(poller.read().blocks) == 4
    assert "new: 120, 64111 at port 4; elsewhere, or of another length: 64111 at port 3" in caplog.text
    controller.registers = image((1, 65), (120, 9), (CHARGER, 26, 4))
    with pytest.raises(UnknownDevice):
        poller.read_device(CHARGER, 3)
    assert "gone: 64111 at port 3" in caplog.text


def test_a_chain_that_became_shorter_is_found() -> None:
    controller = Controller()
    poller = warm(controller)
    for address in range(41144, 41278):
        controller.registers.pop(address)
    controller.holds(41144, 0xFFFF, 0)
    assert len(poller.read().blocks) == 13


def test_a_chain_that_never_holds_still() -> None:
    controller = Controller()
    poller = warm(controller)
    controller.holds(40908, 0x8000)
    with pytest.raises(LayoutChanged, match="cannot be walked: expected the header of a model at 40908"):
        poller.read()
    assert len(controller.pauses) == 2 * len(PAUSES_S)
    assert poller.rediscoveries == 1


def test_a_port_that_two_devices_claim_is_refused() -> None:
    controller = Controller()
    poller = warm(controller)
    controller.holds(41028, 3)
    with pytest.raises(LayoutChanged, match="claim to be the same device, so which is which is doubtful"):
        poller.read()


def test_after_a_failure_the_next_poll_recovers() -> None:
    controller = Controller()
    poller = warm(controller)
    real = controller.holds(40908, 0x8000)
    with pytest.raises(LayoutChanged):
        poller.read()
    controller.registers.update(real)
    assert poller.read().registers == controller.registers


@pytest.mark.parametrize("words", [(0x4142,), (0,)])
def test_another_gateway_with_the_same_blocks(words: tuple[int, ...]) -> None:
    controller = Controller()
    poller = warm(controller)
    controller.holds(40052, *words)
    assert poller.read().layout.serial == Controller(controller.registers).layout.serial
    assert poller.rediscoveries == 1


def test_new_firmware_of_the_gateway_with_the_same_blocks() -> None:
    controller = Controller()
    controller.holds(40022, 0)  # MATE3
    controller.holds(40488, 0)
    poller = warm(controller)
    assert not poller.read().layout.since_2018
    controller.holds(40488, 0xFFFE)
    assert poller.read().layout.since_2018


def test_a_layout_that_was_forgotten_is_walked_for() -> None:
    controller = Controller()
    poller = warm(controller)
    poller.layout = None
    assert controller.counted(poller.read) == 20


# -- never half of one, half of another ----------------------------------------


def by_port(poll: Poll) -> dict[tuple[int, int | None], tuple[int, ...]]:
    return {(block.did, block.port): words for block, words in poll.blocks.items()}


@pytest.mark.parametrize("max_read", [100, 50])
@pytest.mark.parametrize("request_number", range(26))
def test_ports_swapped_between_any_two_requests(request_number: int, max_read: int) -> None:
    controller = Controller(max_read=max_read)
    poller = warm(controller)
    truth = by_port(poller.read())

    def swap() -> None:
        for did in (CHARGER, CHARGER_SETTINGS):
            controller.swap_ports(did, 3, 4)

    controller.before_request[len(controller.requests) + request_number] = swap
    assert by_port(poller.read()) == truth


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("unknown", [5, 26, 116])
@pytest.mark.parametrize("request_number", range(13))
def test_everything_moved_between_any_two_requests(request_number: int, unknown: int, mode: Mode) -> None:
    controller = Controller()
    poller = warm(controller)
    truth = by_port(poller.read(mode))
    new = moved(controller.registers, 40630, (120, unknown, *range(unknown)))
    first = len(controller.requests) + request_number
    controller.before_request[first] = lambda: setattr(controller, "registers", new)
    found = by_port(poller.read(mode))
    found.pop((120, None), None)
    assert found == truth


@pytest.mark.parametrize("request_number", [0, 6, 12])
def test_a_lost_connection_fails_the_poll_as_a_whole(request_number: int) -> None:
    controller = Controller()
    poller = warm(controller)

    def lose() -> None:
        raise LinkClosed("gone")

    controller.before_request[len(controller.requests) + request_number] = lose
    with pytest.raises(LinkClosed):
        poller.read()
    assert poller.read().registers == controller.registers


def test_an_exception_that_is_no_address_is_passed_on() -> None:
    controller = Controller()
    poller = warm(controller)
    controller.before_request[len(controller.requests)] = refuses(4)
    with pytest.raises(ModbusError):
        poller.read()
    assert not controller.pauses


DAMAGE = st.dictionaries(st.integers(40000, 41277), st.sampled_from((0, 3, 4, 26, 88, CHARGER, 0x8000, 0xFFFF)))


@settings(max_examples=60, deadline=None)
@given(DAMAGE, st.integers(0, 13))
def test_any_damage_at_any_time_is_seen_or_harmless(damage: Mapping[int, int], request_number: int) -> None:
    controller = Controller()
    poller = warm(controller)
    controller.before_request[len(controller.requests) + request_number] = lambda: controller.registers.update(damage)
    try:
        poll = poller.read()
    except LayoutChanged:
        return
    assert all(words[: len(block.header)] == block.header for block, words in poll.blocks.items())
    assert len(controller.requests) < 200


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


# -- over TCP ------------------------------------------------------------------


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
