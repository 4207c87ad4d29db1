"""The walk: which models stand where, in how many requests, and what it does with a chain that breaks."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy_hw.errors import ModbusError, NotSunSpec
from energy_hw.outback.chain import MOST_BLOCKS, Block
from energy_hw.outback.sunspec import START_PAUSES_S, Found, explore, walk
from outback_rig import CAPTURE, CHARGER, CHARGER_SETTINGS, Controller, image, moved, refuses

WHERE = [
    (40002, 1, 65, None),
    (40069, 64110, 420, None),
    (40491, 64120, 27, None),
    (40520, 101, 50, None),
    (40572, 64255, 56, None),
    (40630, 64117, 46, 1),
    (40678, 64116, 89, 1),
    (40769, 64117, 46, 2),
    (40817, 64116, 89, 2),
    (40908, 64111, 26, 3),
    (40936, 64112, 88, 3),
    (41026, 64111, 26, 4),
    (41054, 64112, 88, 4),
    (41144, 64118, 76, 5),
    (41222, 64119, 52, 5),
]
CHARGERS = ((1, 65), (CHARGER, 26, 3), (CHARGER_SETTINGS, 88, 3), (CHARGER, 26, 4), (CHARGER_SETTINGS, 88, 4))


def explored(controller: Controller, **how: object) -> Found:
    return explore(controller, sleep=controller.sleep, **how)  # type: ignore[arg-type]


# -- the capture ---------------------------------------------------------------


def test_the_captured_mate3s() -> None:
    controller = Controller()
    layout = walk(controller)
    assert [(block.address, block.did, block.length, block.port) for block in layout.blocks] == WHERE
    assert (layout.base, layout.tail.address, layout.model) == (40000, 41276, "MATE3S")
    assert layout.since_2018
    assert len(controller.requests) <= 20


@pytest.mark.parametrize(("max_read", "requests"), [(125, 19), (100, 20)])
def test_every_register_is_read_once_and_headers_once_more_with_their_block(max_read: int, requests: int) -> None:
    controller = Controller(max_read=max_read)
    found = explored(controller)
    assert found.registers == {int(key): value for key, value in json.loads(CAPTURE.read_text()).items()}
    assert len(controller.requests) == requests
    assert sum(count for _, count in controller.requests) == len(found.registers) + 2 * len(WHERE)


def test_no_request_goes_beyond_the_header_of_the_next_block() -> None:
    controller = Controller()
    ends = [block.end + 2 for block in walk(controller).blocks]
    for address, count in controller.requests[1:]:
        assert address + count <= next(end for end in ends if end > address + 2)


def test_a_limit_that_falls_in_the_midst_is_kept_to() -> None:
    controller = Controller()
    controller.before_request[4] = lambda: setattr(controller, "max_read", 50)
    assert explored(controller).layout == Controller().layout
    assert max(count for _, count in controller.requests[5:]) == 50


# -- where the chain begins ----------------------------------------------------


@pytest.mark.parametrize("base", [0, 50000])
def test_other_bases(base: int) -> None:
    assert walk(Controller(image(*CHARGERS, base=base))).base == base


def test_no_marker_says_what_stands_there() -> None:
    with pytest.raises(NotSunSpec, match=r"got 0x0001 0x0002 at 40000, .*exception 2 at 0, .*exception 2 at 50000"):
        walk(Controller(dict(enumerate([1, 2, 3, 4], 40000))))


def test_a_scrambled_marker_is_told_with_its_key() -> None:
    key, turned = 0x1234, [(word ^ 0x0BCC) for word in (0x5375, 0x6E53)]
    words = [((word >> 7 | word << 9) & 0xFFFF) ^ key for word in turned]
    with pytest.raises(NotSunSpec, match="scrambled with key 0x1234: switch scrambling off"):
        walk(Controller(dict(enumerate([*words, 1, 65], 40000))))


def test_a_controller_that_starts_shows_its_marker_late() -> None:
    controller = Controller()
    real = controller.holds(40000, 0xFFFF, 0xFFFF)
    controller.after_pauses[3] = lambda: controller.registers.update(real)
    assert explored(controller).layout == Controller().layout
    assert controller.pauses == list(START_PAUSES_S[:3])


def test_a_failing_controller_is_not_called_something_else() -> None:
    controller = Controller()
    controller.before_request[0] = refuses(4)
    with pytest.raises(ModbusError):
        explored(controller)


# -- unknown, empty, endless ---------------------------------------------------


def test_an_unknown_model_in_the_middle_is_kept_and_skipped() -> None:
    controller = Controller(image((1, 65), (120, 26, 4, 3), (120, 26, 4, 4), (CHARGER, 26, 3)))
    found = explored(controller)
    assert [(block.did, block.port) for block in found.layout.blocks] == [
        (1, None),
        (120, None),
        (120, None),
        (CHARGER, 3),
    ]
    unknown = found.layout.blocks[1]
    assert found.registers[unknown.address + 2] == 4


def test_port_0_means_no_hub() -> None:
    assert walk(Controller(image((1, 65), (CHARGER, 26, 0), (CHARGER_SETTINGS, 88, 0)))).find(CHARGER, 0) is not None


@pytest.mark.parametrize(
    ("models", "end", "message"),
    [
        (((1, 65), (CHARGER, 0)), (0xFFFF, 0), "at 40069, got DID 0xFA6F and length 0"),
        (((1, 65), (0, 7)), (0xFFFF, 0), "got DID 0x0000 and length 7"),
        (((1, 65), (120, 26)), (0xFFFF, 7), "got DID 0xFFFF and length 7"),
        (((1, 65), (120, 26)), (120, 25600), "got DID 0x0078 and length 25600"),
        (((1, 65), (120, 26)), (), "got Modbus exception 2"),
        ((), (0xFFFF, 0), "no model stands behind the marker"),
        (((1, 65), (CHARGER, 26, 0xFFFF)), (0xFFFF, 0), "has 0xFFFF for its hub port"),
        (((1, 65), *(((120, 2),) * MOST_BLOCKS)), (0xFFFF, 0), "more than 200 models"),
    ],
    ids=["no-length", "no-did", "placeholder", "beyond-65535", "no-end", "empty", "no-port", "endless"],
)
def test_a_chain_that_breaks(models: tuple[tuple[int, ...], ...], end: tuple[int, ...], message: str) -> None:
    controller = Controller(image(*models, end=end))
    with pytest.raises(NotSunSpec, match=message):
        explored(controller)
    assert len(controller.pauses) <= len(START_PAUSES_S)


def test_a_chain_up_to_the_last_register() -> None:
    free = 65536 - 50000 - 2 - 2 - 2
    assert walk(Controller(image((120, free), base=50000))).tail.address == 65534
    with pytest.raises(NotSunSpec, match=f"length {free + 1}"):
        explored(Controller(image((120, free), base=50000) | {50003: free + 1}))


def test_a_file_that_breaks_is_not_waited_for() -> None:
    controller = Controller(image((1, 65), (0, 7)))
    controller.is_file = True
    with pytest.raises(NotSunSpec):
        explored(controller)
    assert not controller.pauses


# -- placeholders --------------------------------------------------------------


@pytest.mark.parametrize("words", [(0x8000, 0x8000, 0x8000), (0xFFFF, 0xFFFF, 0xFFFF), (0x8000, 26, 3)])
@pytest.mark.parametrize("at", [40002, 40069, 40908, 41144])
def test_a_header_that_is_a_placeholder_for_a_moment(at: int, words: tuple[int, ...]) -> None:
    controller = Controller()
    real = controller.holds(at, *words)
    controller.after_pauses[4] = lambda: controller.registers.update(real)
    found = explored(controller)
    assert found.layout == Controller().layout
    assert found.registers == Controller().registers


def test_a_header_that_stays_a_placeholder() -> None:
    controller = Controller()
    controller.holds(40908, 0x8000)
    with pytest.raises(NotSunSpec, match="at 40908, got DID 0x8000"):
        explored(controller)
    assert controller.pauses == list(START_PAUSES_S)


def test_an_end_where_blocks_stood_before_is_looked_at_again() -> None:
    controller = Controller()
    before = controller.layout
    real = controller.holds(41026, 0xFFFF, 0)
    controller.after_pauses[2] = lambda: controller.registers.update(real)
    assert explored(controller, before=before, pauses_s=(1, 1)).layout == before
    assert len(controller.pauses) == 2


def test_an_end_that_stays_is_the_end(caplog: pytest.LogCaptureFixture) -> None:
    controller = Controller()
    before = controller.layout
    controller.holds(41144, 0xFFFF, 0)
    now = explored(controller, before=before, pauses_s=(1, 1)).layout
    assert now.blocks == before.blocks[:-2]
    assert "64118 at 41144 (port 5), 64119 at 41222 (port 5) followed: taken as no longer connected" in caplog.text


# -- who is who ----------------------------------------------------------------


def test_two_devices_with_the_same_port_are_refused() -> None:
    controller = Controller()
    controller.holds(41028, 3)
    with pytest.raises(NotSunSpec, match=r"64111 at 40908 \(port 3\) and 64111 at 41026 \(port 3\) claim"):
        explored(controller)


def test_two_gateways_are_refused() -> None:
    with pytest.raises(NotSunSpec, match="64120 at 40069 and 64120 at 40098 claim"):
        explored(Controller(image((1, 65), (64120, 27), (64120, 27))))


@pytest.mark.parametrize("max_read", [100, 50])
@pytest.mark.parametrize("request_number", range(39))
def test_ports_swapped_on_the_way(request_number: int, max_read: int) -> None:
    controller = Controller(max_read=max_read)

    def swap() -> None:
        controller.swap_ports(CHARGER, 3, 4)
        controller.swap_ports(CHARGER_SETTINGS, 3, 4)

    old = dict(controller.registers)
    controller.before_request[request_number] = swap
    found = explored(controller)
    assert chargers(found.registers) in (chargers(old), chargers(controller.registers))


def chargers(registers: dict[int, int]) -> dict[int, int]:
    """What stands from the first charge controller to the last."""
    return {at: registers[at] for at in range(40908, 41144)}


@pytest.mark.parametrize("max_read", [100, 50])
@pytest.mark.parametrize("unknown", [5, 26, 116])
@pytest.mark.parametrize("request_number", range(1, 40))
def test_everything_moved_on_the_way(request_number: int, unknown: int, max_read: int) -> None:
    controller = Controller(max_read=max_read)
    old, new = dict(controller.registers), moved(controller.registers, 40630, (120, unknown, *range(unknown)))
    controller.before_request[request_number] = lambda: setattr(controller, "registers", new)
    assert explored(controller).layout in (explore(Controller(old)).layout, explore(Controller(new)).layout)


class Reconnecting(Controller):
    """A link that loses its connection; `counters` as links.modbus has them."""

    connects = 1

    @property
    def counters(self) -> Reconnecting:
        return self


def test_a_lost_connection_has_all_headers_seen_again() -> None:
    kept, lost = Reconnecting(), Reconnecting()
    lost.before_request[9] = lambda: setattr(lost, "connects", 2)
    assert explored(lost).layout == explored(kept).layout
    assert len(lost.requests) > len(kept.requests)


def test_a_controller_that_moved_its_blocks_while_it_was_away() -> None:
    later = image((1, 65), (120, 26), *CHARGERS[1:])
    controller = Reconnecting(image(*CHARGERS, (120, 26)))

    def start_anew() -> None:
        controller.registers, controller.connects = later, 2

    controller.before_request[2] = start_anew
    assert explored(controller).layout == Controller(later).layout


# -- anything ------------------------------------------------------------------

WORD = st.sampled_from((0, 1, 2, 3, 26, 88, 120, CHARGER, CHARGER_SETTINGS, 64110, 0x8000, 0xFFFF)) | st.integers(
    0, 0xFFFF
)


@settings(max_examples=150, deadline=None)
@given(st.lists(WORD, max_size=400), st.sampled_from((0, 40000, 50000)), st.sampled_from((4, 50, 100)))
def test_any_registers_lead_to_a_layout_or_a_clear_error(words: list[int], base: int, max_read: int) -> None:
    check(Controller(dict(enumerate([0x5375, 0x6E53, *words], base)), max_read=max_read))


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.integers(40002, 41277), WORD, max_size=6))
def test_any_damage_to_the_capture(damage: dict[int, int]) -> None:
    controller = Controller()
    controller.registers.update(damage)
    check(controller)


def check(controller: Controller) -> None:
    """The chain is whole, or the error says what is wrong; in requests that do not run away."""
    with suppress(NotSunSpec):
        found = explored(controller)
        assert whole(found.layout.blocks, found.layout.base + 2)
        assert set(found.registers) == set(range(found.layout.base, found.layout.tail.address + 2))
    assert len(controller.requests) <= (len(START_PAUSES_S) + 1) * (MOST_BLOCKS + 700)
    assert len(controller.pauses) <= len(START_PAUSES_S)


def whole(blocks: tuple[Block, ...], start: int) -> bool:
    return [block.address for block in blocks] == [start, *(block.end for block in blocks[:-1])]
