"""A write is sent once, and nobody is told that it went well unless the controller says so."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from energy_hw.errors import FrameError, LinkClosed, LinkError, LinkTimeout, ModbusError
from modbus_peer import (
    Behaviour,
    Peer,
    changed,
    closes,
    cut,
    framed,
    honest,
    link_to,
    refuses,
    resets,
    says,
    silent,
    until_left_over,
)

MAY_BE = "the value may have been written all the same: read it back"
ONE, SEVERAL = [0x1234], [1, 2, 3]

both = pytest.mark.parametrize("values", [ONE, SEVERAL], ids=["one", "several"])


def test_one_register_goes_with_function_6() -> None:
    with Peer() as peer, link_to(peer) as link:
        link.write(0x9FEA, ONE)
    assert peer.requests == [bytes.fromhex("0001 0000 0006 01 06 9fea 1234")]


def test_several_go_with_function_16() -> None:
    with Peer() as peer, link_to(peer) as link:
        link.write(0x9FEA, SEVERAL)
    assert peer.requests == [bytes.fromhex("0001 0000 000d 01 10 9fea 0003 06 0001 0002 0003")]


@pytest.mark.parametrize(("address", "values"), [(0, [0]), (0xFFFF, [0xFFFF]), (0xFFFF - 122, [7] * 123)])
def test_the_edges_are_written(address: int, values: list[int]) -> None:
    with Peer() as peer, link_to(peer) as link:
        link.write(address, values)
    assert len(peer.requests) == 1


@pytest.mark.parametrize(
    ("address", "values"), [(0, []), (0, [-1]), (0, [0x10000]), (0, [1] * 124), (-1, [1]), (0xFFFF, [1, 2])]
)
def test_what_cannot_be_written_is_not_sent(address: int, values: list[int]) -> None:
    with Peer() as peer, link_to(peer) as link, pytest.raises(ValueError, match="expected "):
        link.write(address, values)
    assert not peer.connections


WRONG: dict[str, Behaviour] = {
    "address": changed(8, b"\x01\x02"),
    "value or count": changed(10, b"\x01\x02"),
    "function": changed(7, b"\3"),
    "transaction": changed(0, b"\7\7"),
    "unit": changed(6, b"\2"),
    "short": says(lambda request: framed(request, request[7:11])),
    "no registers": says(lambda request: framed(request, request[7:8] + b"\0")),
    "long": says(lambda request: framed(request, request[7:13] + b"\0")),
    "more": says(lambda request: honest(request) + b"\0"),
}


@both
@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_an_echo_that_is_wrong_is_told(wrong: Behaviour, values: Sequence[int]) -> None:
    with Peer(then=wrong) as peer, link_to(peer) as link:
        with pytest.raises(FrameError, match=f"127.0.0.1:{peer.port}: .*{MAY_BE}"):
            link.write(40000, values)
        assert link.counters.strays == 1
    assert len(peer.requests) == peer.connections == 1


LOST = {"silence": silent, "half": cut(7), "closed": closes, "closed in mid-frame": cut(7, closes), "reset": resets}


@both
@pytest.mark.parametrize("lost", LOST.values(), ids=LOST)
def test_a_lost_answer_is_never_asked_for_again(lost: Behaviour, values: Sequence[int]) -> None:
    with Peer(lost) as peer, link_to(peer, timeout_s=0.3, tries=6, unit=None) as link:
        with pytest.raises(LinkTimeout, match=f"127.0.0.1:{peer.port}: .*{MAY_BE}"):
            link.write(40000, values)
        peer.await_requests(1)
        assert link.counters.requests == peer.connections == 1
        link.read(40000, 2)  # on another connection
        assert peer.connections >= 2
    first, *others = (request[7] for request in peer.requests)
    assert first in (6, 16)
    assert set(others) == {3}


@both
@pytest.mark.parametrize("code", [1, 2, 3, 4, 5, 6, 10, 11])
def test_a_refusal_is_told_and_not_tried_again(code: int, values: Sequence[int]) -> None:
    with Peer(then=refuses(code)) as peer, link_to(peer, unit=None) as link:
        with pytest.raises(ModbusError, match=f"exception {code}, ") as told:
            link.write(40000, values)
        assert told.value.code == code
        assert (MAY_BE in str(told.value)) == (code in (4, 5, 11))
    assert len(peer.requests) == 1


def test_without_a_connection_nothing_was_sent() -> None:
    with Peer() as peer:
        pass
    with link_to(peer) as link, pytest.raises(LinkError, match="nothing listens on port") as told:
        link.write(40000, ONE)
    assert not isinstance(told.value, LinkTimeout)
    assert link.counters.retries == 2


def test_a_connection_that_went_away_before_is_made_again_for_a_write() -> None:
    with Peer() as peer, link_to(peer) as link:
        link.read(40000, 2)
        peer.visitors[0].hang_up()
        until_left_over(link)
        link.write(40000, ONE)
    assert peer.connections == len(peer.requests) == 2


def test_in_a_session_that_has_read_a_write_goes_out_on_that_connection_or_not_at_all() -> None:
    with Peer() as peer, link_to(peer) as link:
        with link.session():
            link.read(40000, 2)
            peer.visitors[0].hang_up()
            until_left_over(link)
            with pytest.raises(LinkClosed, match="nothing was written: the connection was lost") as told:
                link.write(40000, ONE)
        assert not isinstance(told.value, LinkTimeout)
        assert len(peer.requests) == 1
        link.write(40000, ONE)
    assert len(peer.requests) == 2
