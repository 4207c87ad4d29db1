"""A chain that does not hold still: bursts, moves, swaps, a lost connection; never half of one, half of another."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy_hw.errors import LayoutChanged, LinkClosed, ModbusError, UnknownDevice
from energy_hw.outback.chain import Block
from energy_hw.outback.poll import PAUSES_S, Mode
from outback_rig import CHARGER, CHARGER_SETTINGS, INVERTER, Controller, by_port, image, moved, refuses, warm

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
def test_a_limit_that_falls_on_the_way_is_planned_for_at_once(request_number: int) -> None:
    controller = Controller()
    poller = warm(controller)
    first = len(controller.requests) + request_number
    controller.before_request[first] = lambda: setattr(controller, "max_read", 50)
    assert poller.read().registers == controller.registers
    assert len(controller.requests) == first + 1 + 26
    assert not controller.pauses


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
