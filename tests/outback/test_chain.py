"""Blocks and layouts: found by model and port, paired by port."""

from __future__ import annotations

import pytest

from energy_hw.outback.chain import Block, Layout, change, header_fault, misfit, text, twins
from outback_rig import Controller, image

LAYOUT = Controller().layout
HOUSE = Layout(
    0,
    (
        Block(2, 64117, 46, 1),
        Block(50, 64116, 89, 2),
        Block(141, 64115, 59, 2),
        Block(202, 64116, 89, 1),
        Block(293, 64113, 36, 3),
    ),
    "",
    "MATE3",
    False,
)


def test_sizes() -> None:
    block = Block(40908, 64111, 26, 3)
    assert (block.size, block.end, block.header) == (28, 40936, (64111, 26, 3))
    assert (Block(40002, 1, 65).header, str(block)) == ((1, 65), "64111 at 40908 (port 3)")


@pytest.mark.parametrize(("did", "port", "address"), [(64111, 4, 41026), (64118, None, 41144), (1, None, 40002)])
def test_find(did: int, port: int | None, address: int) -> None:
    block = LAYOUT.find(did, port)
    assert block is not None
    assert block.address == address


@pytest.mark.parametrize(("did", "port"), [(64111, None), (64111, 5), (120, None), (1, 0)])
def test_find_nothing_where_there_is_none_or_several(did: int, port: int | None) -> None:
    assert LAYOUT.find(did, port) is None


def test_settings_belong_to_their_port_not_to_their_neighbour() -> None:
    by_did = {block.did: block for block in HOUSE.blocks}
    assert HOUSE.settings_of(by_did[64117]) == HOUSE.blocks[3]
    assert HOUSE.settings_of(by_did[64115]) == HOUSE.blocks[1]
    assert HOUSE.settings_of(by_did[64113]) is None
    assert HOUSE.live_of(HOUSE.blocks[1]) == by_did[64115]
    assert HOUSE.live_of(HOUSE.blocks[3]) == by_did[64117]


def test_what_is_no_device_has_no_settings() -> None:
    assert all(LAYOUT.settings_of(block) is None for block in LAYOUT.blocks if block.port is None)


def test_every_device_of_the_capture_has_settings() -> None:
    live = [block for block in LAYOUT.blocks if LAYOUT.settings_of(block)]
    assert [(block.did, block.port) for block in live] == [(64117, 1), (64117, 2), (64111, 3), (64111, 4), (64118, 5)]


def test_misfit_says_what_came() -> None:
    assert misfit(LAYOUT.blocks[9], Controller().registers) == ""
    moved = Block(40908, 64111, 26, 4)
    said = "expected DID 64111, length 26, port 4 at 40908, got DID 64111, length 26, port 3"
    assert misfit(moved, Controller().registers) == said


@pytest.mark.parametrize(("did", "length", "fine"), [(1, 65, True), (120, 1, True), (0, 1, False), (1, 0, False)])
def test_headers_that_can_be(did: int, length: int, fine: bool) -> None:
    assert (header_fault(40002, did, length) == "") is fine


def test_twins_have_a_port_or_there_is_one_in_a_chain() -> None:
    assert not twins([Block(2, 120, 4), Block(8, 120, 4), Block(14, 64111, 26, 3), Block(42, 64111, 26, 4)])
    assert twins([Block(14, 64111, 26, 3), Block(42, 64111, 26, 3)])
    assert twins([Block(14, 1, 65), Block(81, 1, 65)])


def test_no_change_is_none() -> None:
    assert change(LAYOUT, LAYOUT) == ""


def test_another_serial_number_is_a_change_that_is_not_shown() -> None:
    other = Layout(LAYOUT.base, LAYOUT.blocks, "SECRET", LAYOUT.model, LAYOUT.since_2018)
    assert change(LAYOUT, other) == "another gateway, or another firmware of it"


@pytest.mark.parametrize(
    ("name", "spare", "newer"),
    [
        (b"MATE3S", 0, True),
        (b"mate3s", 0, True),
        (b"MATE3\0", 0, False),
        (b"MATE3\0", 0xFFFE, True),
        (b"AXSPRT", 0, False),
    ],
)
def test_which_layout_the_gateways_block_has(name: bytes, spare: int, newer: bool) -> None:
    words = [int.from_bytes(name[at : at + 2], "big") for at in (0, 2, 4)]
    common = (1, 65, *[0] * 16, *words)
    gateway = (64110, 420, *[0] * 417, spare)
    assert Controller(image(common, gateway)).layout.since_2018 is newer


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), ""),
        ((0x4142, 0x4300), "ABC"),
        ((0xFFFF, 0xFFFF), ""),
        ((0x2041, 0x2020), "A"),
        ((0x4100, 0x4242), "A"),
        ((0x4D0A, 0x4101, 0x80E9), "M?A???"),
    ],
)
def test_text(words: tuple[int, ...], expected: str) -> None:
    assert text(words) == expected
