"""What a controller refuses, whom it answers as, how much it gives at once."""

from __future__ import annotations

import logging
import re
import struct
from contextlib import suppress

import pytest

from energy_hw.errors import ConfigError, LinkClosed, LinkTimeout, ModbusError
from energy_hw.links.modbus import ModbusLink
from modbus_peer import Behaviour, Peer, Visitor, closes, honest, link_to, refuses, registers_at, says, silent

SHORT_S = 0.3


# Exceptions


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (1, "illegal function"),
        (2, "illegal data address"),
        (3, "illegal data value"),
        (4, "device failure"),
        (5, "acknowledge"),
        (6, "busy"),
        (8, "memory parity error"),
        (10, "gateway path unavailable"),
        (11, "gateway target did not respond"),
        (99, "unknown"),
    ],
)
def test_an_exception_has_its_number_and_its_name(code: int, words: str) -> None:
    with Peer(then=refuses(code)) as peer, link_to(peer) as link:
        with pytest.raises(ModbusError, match=f"127.0.0.1:{peer.port}: .* exception {code}, {words}: ") as told:
            link.read(40000, 2)
        assert told.value.code == code
        assert link.counters.exceptions == len(peer.requests) == (3 if code == 6 else 1)
        assert peer.connections == 1  # it is an answer: the connection is good


def test_a_busy_controller_is_asked_again() -> None:
    with Peer(refuses(6), refuses(6)) as peer, link_to(peer) as link:
        assert link.read(40000, 2) == tuple(registers_at(40000, 2))
    assert peer.connections == 1


# The unit


def answers_only(unit: int, otherwise: Behaviour) -> Behaviour:
    def behave(visitor: Visitor, request: bytes) -> None:
        if request[6] == unit:
            visitor.send(honest(request))
        else:
            otherwise(visitor, request)

    return behave


def test_unit_1_comes_first_and_stays() -> None:
    with Peer() as peer, link_to(peer, unit=None) as link:
        link.read(40000, 2)
        link.read(40000, 2)
        assert link.unit == 1
    assert peer.units == [1, 1]


@pytest.mark.parametrize("otherwise", [refuses(10), refuses(11)], ids=["10", "11"])
def test_a_gateway_that_knows_no_unit_1_is_asked_as_0(otherwise: Behaviour) -> None:
    with Peer(then=answers_only(0, otherwise)) as peer, link_to(peer, unit=None) as link:
        link.read(40000, 2)
        link.read(40000, 2)
        assert link.unit == 0
    assert peer.units == [1, 0, 0]


def test_a_silent_unit_1_is_asked_as_0_and_long_reads_stay() -> None:
    with Peer(then=answers_only(0, silent)) as peer, link_to(peer, unit=None, timeout_s=SHORT_S, tries=8) as link:
        assert link.read(40000, 100) == tuple(registers_at(40000, 100))
        assert (link.unit, link.max_read) == (0, 100)


def test_a_controller_that_always_answers_as_unit_0() -> None:
    as_0 = says(lambda request: honest(request[:6] + b"\0" + request[7:]))
    with Peer(then=as_0) as peer, link_to(peer, unit=None) as link:
        assert link.read(40000, 2) == tuple(registers_at(40000, 2))
        assert link.unit == 0


def test_an_unknown_unit_is_tried_both_ways_until_one_answers() -> None:
    with Peer(*[refuses(11)] * 3) as peer, link_to(peer, unit=None) as link:
        with pytest.raises(ModbusError):
            link.read(40000, 2)
        link.read(40000, 2)
        assert peer.units == [1, 0, 1, 0]
        assert link.unit == 0


def test_a_unit_that_was_given_stays() -> None:
    with Peer(then=refuses(11)) as peer, link_to(peer, unit=7) as link:
        with pytest.raises(ModbusError):
            link.read(40000, 2)
        assert link.unit == 7
    assert peer.units == [7]


@pytest.mark.parametrize("answer", [says(honest), refuses(2)], ids=["registers", "a refusal"])
def test_a_unit_that_answered_stays(answer: Behaviour) -> None:
    with Peer(answer, then=refuses(11)) as peer, link_to(peer, unit=None) as link:
        for _ in range(3):
            with suppress(ModbusError):
                link.read(40000, 2)
        assert link.unit == 1
    assert peer.units == [1, 1, 1]


# How much at once


def gives_at_most(count: int, otherwise: Behaviour) -> Behaviour:
    def behave(visitor: Visitor, request: bytes) -> None:
        if struct.unpack_from(">H", request, 10)[0] <= count:
            visitor.send(honest(request))
        else:
            otherwise(visitor, request)

    return behave


def test_after_a_refusal_of_a_long_read_they_are_short(caplog: pytest.LogCaptureFixture) -> None:
    with Peer(then=gives_at_most(50, refuses(3))) as peer, link_to(peer) as link:
        assert link.read(40000, 120) == tuple(registers_at(40000, 120))
        assert link.read(40000, 60) == tuple(registers_at(40000, 60))
        assert (link.max_read, link.counters.falls) == (50, 1)
    assert [count for _, count in peer.spans] == [100, 50, 50, 20, 50, 10]
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "no more than 50 registers" in caplog.text


def test_after_silence_on_a_long_read_they_are_short() -> None:
    with Peer(then=gives_at_most(50, silent)) as peer, link_to(peer, timeout_s=SHORT_S, tries=6) as link:
        assert link.read(40000, 51) == tuple(registers_at(40000, 51))
        assert (link.max_read, link.counters.falls) == (50, 1)
        assert peer.spans[0] == (40000, 51)
        assert all(count <= 50 for _, count in peer.spans[1:])


def test_a_connection_that_breaks_once_says_nothing_about_length() -> None:
    with Peer(closes) as peer, link_to(peer) as link:
        link.read(40000, 100)
        assert (link.max_read, link.counters.falls) == (100, 0)


def test_a_refusal_of_a_short_read_is_told() -> None:
    with Peer(then=refuses(3)) as peer, link_to(peer) as link:
        with pytest.raises(ModbusError, match="lower max_read"):
            link.read(40000, 50)
        assert (link.max_read, len(peer.requests)) == (100, 1)


def test_unit_and_length_may_both_be_the_reason() -> None:
    picky = gives_at_most(50, silent)

    def behave(visitor: Visitor, request: bytes) -> None:
        (picky if request[6] == 1 else silent)(visitor, request)

    with Peer(then=behave) as peer, link_to(peer, unit=None, timeout_s=SHORT_S, tries=8) as link:
        assert link.read(40000, 60) == tuple(registers_at(40000, 60))
        assert link.unit == 1


def test_a_controller_that_hangs_up_on_long_reads_is_read_in_short_ones() -> None:
    with Peer(then=gives_at_most(64, closes)) as peer, link_to(peer) as link:
        assert link.read(40000, 100) == tuple(registers_at(40000, 100))
        assert link.max_read == 50
        assert (link.counters.falls, link.counters.closed) == (1, 2)


def test_all_tries_of_a_long_read_may_fail() -> None:
    with Peer(then=silent) as peer, link_to(peer, timeout_s=0.05) as link:
        with pytest.raises(LinkTimeout):
            link.read(40000, 100)
        assert [count for _, count in peer.spans][1:] == [50, 50]


# Settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("host", ""),
        ("host", " mate3"),
        ("host", "mate3\0"),
        ("host", None),
        ("host", "http://mate3.lan"),
        ("host", "mate3.lan:502"),
        ("host", "192.168.0.64/"),
        ("host", "[::1]"),
        ("port", "502"),
        ("port", 0),
        ("port", 65536),
        ("unit", -1),
        ("unit", 256),
        ("timeout_s", 0),
        ("timeout_s", float("nan")),
        ("timeout_s", float("inf")),
        ("connect_s", -1),
        ("tries", 0),
        ("max_read", 1),
        ("max_read", 126),
        ("max_read", 50.0),
        ("pause_s", -0.1),
    ],
)
def test_a_setting_that_cannot_be(name: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"^{name}: expected .*, got {re.escape(repr(value))}$"):
        ModbusLink(**({"host": "127.0.0.1"} | {name: value}))  # type: ignore[arg-type]


@pytest.mark.parametrize("host", ["mate3", "mate3.lan", "192.168.0.64", "::1", "fe80::1%eth0"])
def test_names_and_addresses(host: str) -> None:
    assert ModbusLink(host).host == host


@pytest.mark.parametrize("max_read", [2, 125])
def test_the_edges_of_max_read(max_read: int) -> None:
    with Peer() as peer, link_to(peer, max_read=max_read) as link:
        assert link.read(40000, max_read + 1) == tuple(registers_at(40000, max_read + 1))
    assert peer.spans == [(40000, max_read), (40000 + max_read, 1)]


def test_an_ipv6_address_stands_in_brackets() -> None:
    assert repr(ModbusLink("fd00::1")) == "ModbusLink('[fd00::1]:502', unit=1)"


# Sessions


def test_the_connection_stays_between_sessions() -> None:
    with Peer() as peer, link_to(peer) as link:
        for _ in range(3):
            with link.session():
                link.read(40000, 2)
    assert peer.connections == 1


def test_it_is_given_up_after_each_poll_if_one_likes() -> None:
    with Peer() as peer, link_to(peer, close_after_poll=True) as link:
        for polls in (1, 2):
            with link.session():
                link.read(40000, 2)
                with link.session():
                    link.read(40002, 2)
                link.read(40004, 2)
                assert peer.connections == polls
            assert peer.visitors[-1].gone.wait(20)
        link.read(40000, 2)  # a session of its own
        assert peer.visitors[-1].gone.wait(20)
    assert peer.connections == 3


def test_it_is_given_up_when_a_poll_fails() -> None:
    with Peer(refuses(2)) as peer, link_to(peer, close_after_poll=True) as link:
        with pytest.raises(ModbusError):
            link.read(40000, 2)
        assert peer.visitors[-1].gone.wait(20)


def test_a_closed_link_says_so() -> None:
    with Peer() as peer, link_to(peer) as link:
        link.read(40000, 2)
        link.close()
        link.close()
        assert peer.visitors[-1].gone.wait(20)
        for call in (link.session().__enter__, lambda: link.read(40000, 2), lambda: link.write(40000, [1])):
            with pytest.raises(LinkClosed, match="this link was closed: make a new one"):
                call()
    assert len(peer.requests) == 1
