"""Reading over real TCP from a peer that keeps to the standard, or does not."""

from __future__ import annotations

import os
from importlib.metadata import version

import pymodbus
import pytest

from energy_hw.errors import FrameError, LinkClosed, LinkTimeout
from modbus_peer import (
    Behaviour,
    Peer,
    Visitor,
    changed,
    closes,
    cut,
    framed,
    honest,
    link_to,
    registers_at,
    resets,
    says,
    silent,
    trickles,
    until_left_over,
)

SHORT_S = 0.3


def test_the_pymodbus_that_was_meant_is_tested() -> None:
    assert pymodbus.__version__ == os.environ.get("EHW_PYMODBUS", version("pymodbus"))


def test_a_read_is_what_the_standard_writes() -> None:
    with Peer() as peer, link_to(peer) as link:
        assert link.read(0x9C40, 2) == tuple(registers_at(0x9C40, 2))
    assert peer.requests == [bytes.fromhex("0001 0000 0006 01 03 9c40 0002")]


def test_a_long_read_takes_several_requests_on_one_connection() -> None:
    with Peer() as peer, link_to(peer) as link:
        assert link.read(40000, 230) == tuple(registers_at(40000, 230))
    assert peer.spans == [(40000, 100), (40100, 100), (40200, 30)]
    assert peer.connections == link.counters.connects == 1
    assert (link.counters.requests, link.counters.retries) == (3, 0)


def test_the_last_register_can_be_read() -> None:
    with Peer() as peer, link_to(peer, max_read=125) as link:
        assert link.read(0xFFFF - 124, 125) == tuple(registers_at(0xFFFF - 124, 125))


@pytest.mark.parametrize(("address", "count"), [(0, 0), (-1, 1), (0xFFFF, 2), (0, 0x10001)])
def test_registers_that_there_cannot_be(address: int, count: int) -> None:
    with Peer() as peer, link_to(peer) as link, pytest.raises(ValueError, match="expected registers within"):
        link.read(address, count)
    assert not peer.connections


def test_an_answer_in_single_bytes_is_an_answer() -> None:
    with Peer(trickles) as peer, link_to(peer) as link:
        assert link.read(40000, 4) == tuple(registers_at(40000, 4))
    assert len(peer.requests) == 1


# Answers that are none

MISFITS: dict[str, Behaviour] = {
    "transaction of another": changed(0, b"\x7f\x01"),
    "transaction 0": changed(0, b"\0\0"),
    "protocol 1": changed(2, b"\0\1"),
    "other unit": changed(6, b"\2"),
    "unit 0": changed(6, b"\0"),
    "function 4": changed(7, b"\4"),
    "unknown function": changed(7, b"\x55"),
    "exception to another function": says(lambda request: framed(request, b"\x90\2")),
    "byte count too low": changed(8, b"\2"),
    "byte count odd": changed(8, b"\5"),
    "byte count too high": changed(8, b"\xff"),
    "fewer registers": says(lambda request: framed(request, honest(request)[7:8] + b"\2\0\1")),
    "no registers": says(lambda request: framed(request, b"\3\0")),
    "more registers": says(lambda request: framed(request, honest(request)[7:] + b"\0\1")),
    "length of the whole space": changed(4, b"\xff\xff"),
    "length 0": changed(4, b"\0\0"),
    "bytes too many": says(lambda request: honest(request) + b"\0"),
    "two answers": says(lambda request: honest(request) * 2),
    "exception with the length of an answer": says(lambda request: framed(request, b"\x83" + honest(request)[8:])),
    "exception with a byte too many": says(lambda request: framed(request, b"\x83\2\0")),
    "exception too short": says(lambda request: framed(request, b"\x83")),
    "text": says(lambda _: b"HTTP/1.1 400 Bad Request\r\n\r\n"),
}
LOST: dict[str, Behaviour] = {
    "closed": closes,
    "closed in mid-header": cut(3, closes),
    "closed in mid-frame": cut(11, closes),
    "reset": resets,
    "reset in mid-frame": cut(11, resets),
}
SILENT: dict[str, Behaviour] = {
    "nothing": silent,
    "half a header": cut(3),
    "a header alone": cut(6),
    "a byte short": cut(16),
}


@pytest.mark.parametrize("misfit", MISFITS.values(), ids=MISFITS)
def test_after_a_misfit_the_answer_comes_on_a_new_connection(misfit: Behaviour) -> None:
    with Peer(misfit) as peer, link_to(peer) as link:
        assert link.read(40000, 4) == tuple(registers_at(40000, 4))
    assert peer.connections == 2
    assert (link.counters.strays, link.counters.retries) == (1, 1)


@pytest.mark.parametrize("misfit", MISFITS.values(), ids=MISFITS)
def test_nothing_but_misfits_is_told(misfit: Behaviour) -> None:
    with Peer(then=misfit) as peer, link_to(peer) as link, pytest.raises(FrameError) as told:
        link.read(40000, 4)
    assert str(told.value).startswith(f"127.0.0.1:{peer.port}: expected ")
    assert told.value.raw
    assert len(peer.requests) == peer.connections == 3


@pytest.mark.parametrize("lost", LOST.values(), ids=LOST)
def test_a_connection_that_breaks_is_made_again(lost: Behaviour) -> None:
    with Peer(lost) as peer, link_to(peer) as link:
        assert link.read(40000, 4) == tuple(registers_at(40000, 4))
    assert (peer.connections, link.counters.closed) == (2, 1)


@pytest.mark.parametrize("lost", LOST.values(), ids=LOST)
def test_a_connection_that_always_breaks_is_told(lost: Behaviour) -> None:
    with Peer(then=lost) as peer, link_to(peer) as link:
        with pytest.raises(LinkClosed, match=f"127.0.0.1:{peer.port}: .*another program may have taken"):
            link.read(40000, 4)
        assert len(peer.requests) == 3


def test_a_peer_that_drops_every_visitor_at_the_door() -> None:
    with Peer(greeting=[closes] * 2) as peer, link_to(peer) as link:
        assert link.read(40000, 2) == tuple(registers_at(40000, 2))
    assert peer.connections == 3


@pytest.mark.parametrize("quiet", SILENT.values(), ids=SILENT)
def test_after_a_time_out_the_answer_comes_on_a_new_connection(quiet: Behaviour) -> None:
    with Peer(quiet) as peer, link_to(peer, timeout_s=SHORT_S, tries=6) as link:
        assert link.read(40000, 4) == tuple(registers_at(40000, 4))
        assert peer.connections == len(peer.requests) >= 2
        assert link.counters.timeouts >= 1


def test_no_answer_is_told_with_what_to_do() -> None:
    with Peer(then=silent) as peer, link_to(peer, timeout_s=0.05, tries=2) as link:
        with pytest.raises(LinkTimeout) as told:
            link.read(40000, 2)
        assert peer.connections == len(peer.requests) == 2
    assert str(told.value).startswith(f"127.0.0.1:{peer.port}: no answer from unit 1 within 0.05 s")
    assert "another program may hold its only connection" in str(told.value)


def test_half_an_answer_is_told() -> None:
    told = pytest.raises(LinkTimeout, match="11 bytes of an answer and no more")
    with Peer(then=cut(11)) as peer, link_to(peer, timeout_s=0.8, tries=1) as link, told:
        link.read(40000, 4)


def test_a_late_answer_is_not_taken_for_the_next() -> None:
    asked: list[tuple[Visitor, bytes]] = []

    def keeps(visitor: Visitor, request: bytes) -> None:
        asked.append((visitor, request))

    def sends_both(visitor: Visitor, request: bytes) -> None:
        late_to, late = asked[0]
        late_to.send(framed(late, b"\3\x08" + b"\xee" * 8))
        visitor.send(honest(request))

    with Peer(keeps, sends_both) as peer, link_to(peer, timeout_s=SHORT_S, tries=6) as link:
        assert link.read(40000, 4) == tuple(registers_at(40000, 4))
        assert peer.connections == len(peer.requests) >= 2
        assert link.counters.strays == 0


def test_what_nobody_asked_for_ends_the_connection() -> None:
    with Peer() as peer, link_to(peer) as link:
        link.read(40000, 2)
        peer.visitors[0].send(honest(peer.requests[0]))
        until_left_over(link)
        assert link.read(41000, 2) == tuple(registers_at(41000, 2))
    assert (peer.connections, link.counters.strays, link.counters.retries) == (2, 1, 0)


def test_a_connection_that_was_closed_meanwhile_costs_no_try() -> None:
    with Peer() as peer, link_to(peer, tries=1) as link:
        link.read(40000, 2)
        peer.visitors[0].hang_up()
        until_left_over(link)
        assert link.read(41000, 2) == tuple(registers_at(41000, 2))
    assert (peer.connections, link.counters.closed, link.counters.retries) == (2, 1, 0)
