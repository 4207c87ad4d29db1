"""Peers that hang, networks that lead nowhere, threads, signals and forks: a call ends, and says why."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from energy_hw.errors import ExtraMissing, LinkBusy, LinkClosed, LinkError, LinkTimeout, ProtocolError
from energy_hw.links import modbus_tcp
from energy_hw.links.modbus import ModbusLink
from energy_hw.links.modbus_settings import ModbusSettings
from modbus_peer import (
    PATIENCE_S,
    Behaviour,
    Peer,
    Visitor,
    changed,
    cut,
    drips,
    honest,
    link_to,
    refuses,
    registers_at,
    silent,
)

UNDER_LOAD_S = 8.0
"""What a busy machine may add to a bound; the peers here hang for longer."""


# Time

STUBBORN: dict[str, Behaviour] = {"silent": silent, "silent in mid-frame": cut(9), "drips": drips(0.05)}


@pytest.mark.parametrize("stubborn", STUBBORN.values(), ids=STUBBORN)
def test_a_call_takes_no_longer_than_its_tries(stubborn: Behaviour) -> None:
    with Peer(then=stubborn) as peer, link_to(peer, timeout_s=0.1, connect_s=1.0, tries=3, max_read=125) as link:
        began = time.monotonic()
        with pytest.raises(LinkTimeout):
            link.read(40000, 125)
        assert time.monotonic() - began <= 3 * (0.1 + 1.0) + UNDER_LOAD_S
        assert link.counters.requests == link.counters.timeouts == 3


def test_a_rest_comes_out_of_the_time_of_its_try(monkeypatch: pytest.MonkeyPatch) -> None:
    rests: list[float] = []
    monkeypatch.setattr(time, "sleep", rests.append)
    with Peer() as peer:
        pass
    with ModbusLink("127.0.0.1", peer.port, connect_s=0.1, timeout_s=0.1) as link, pytest.raises(LinkError):
        link.read(40000, 2)
    assert len([rest for rest in rests if 0 < rest <= 0.2]) == link.counters.retries == 2
    assert max(rests) <= 0.2


def test_a_pause_comes_before_each_request(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    with Peer() as peer, link_to(peer, pause_s=0.25) as link:
        monkeypatch.setattr(time, "sleep", pauses.append)
        link.read(40000, 200)
        link.write(40000, [1])
    assert pauses == [0.25] * 3


# No connection


def test_nobody_listens() -> None:
    with Peer() as peer:
        pass
    with link_to(peer) as link, pytest.raises(LinkError) as told:
        link.read(40000, 2)
    assert str(told.value) == (
        f"127.0.0.1:{peer.port}: nothing listens on port {peer.port}: switch Modbus (SunSpec) on in the controller's"
        " network menu, or is the port another one?"
    )
    assert told.value.errno == errno.ECONNREFUSED
    assert (link.counters.retries, link.counters.requests, link.counters.connects) == (2, 0, 0)


@contextmanager
def full_house() -> Iterator[int]:
    """A port where no further connection is taken, and none refused: its queue is full."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):
            guest = stack.enter_context(socket.socket())
            guest.setblocking(False)
            guest.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def test_nobody_takes_the_connection() -> None:
    with full_house() as port, ModbusLink("127.0.0.1", port, connect_s=0.1, tries=2) as link:
        with pytest.raises(LinkError, match=r"no connection within 0\.1 s: is the controller on") as told:
            link.read(40000, 2)
        assert not isinstance(told.value, LinkTimeout)  # nothing was sent, so nothing can have been written


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EHOSTUNREACH, "no route .No route to host.: is this machine on the controller's network"),
        (errno.ENETUNREACH, "no route .Network is unreachable."),
        (errno.EACCES, "no connection .Permission denied.: is the address the one in the controller's network menu"),
    ],
)
def test_a_network_that_leads_nowhere(number: int, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(socket.socket, "connect", fails)
    with ModbusLink("127.0.0.1", 502, tries=1) as link, pytest.raises(LinkError, match=words) as told:
        link.read(40000, 2)
    assert told.value.errno == number


@pytest.mark.parametrize("host", ["mate3..lan", "a" * 70 + ".lan"])
def test_a_name_that_is_none(host: str) -> None:
    with ModbusLink(host, tries=1) as link, pytest.raises(LinkError, match=r"was not found .* spelled right"):
        link.read(40000, 2)


def test_an_unknown_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fails)
    with ModbusLink("mate4.lan", tries=1) as link, pytest.raises(LinkError) as told:
        link.read(40000, 2)
    assert str(told.value) == (
        "mate4.lan:502: the name 'mate4.lan' was not found (Name or service not known): is it spelled right? The"
        " address in the controller's network menu works without a name server"
    )


def test_a_name_server_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    done = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: done.wait(PATIENCE_S) and [])
    told = pytest.raises(LinkError, match="the name server does not answer")
    with ModbusLink("mate3.lan", connect_s=0.05, tries=2) as link, told:
        link.read(40000, 2)
    done.set()


def addresses_of(monkeypatch: pytest.MonkeyPatch, *ports: int) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)) for port in ports]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)


def test_each_address_of_a_name_gets_its_share_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    connect, shares = modbus_tcp._connected, []
    with full_house() as full, Peer() as peer:
        addresses_of(monkeypatch, full, peer.port)
        monkeypatch.setattr(modbus_tcp, "_connected", lambda *to: shares.append(to[2]) or connect(*to))
        with ModbusLink("mate3.lan", connect_s=0.6, tries=5) as link:
            assert link.read(40000, 2) == tuple(registers_at(40000, 2))
    assert 0 < shares[0] <= 0.3


def test_a_name_without_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    addresses_of(monkeypatch)
    with ModbusLink("mate3.lan", tries=1) as link, pytest.raises(LinkError, match="its name has no address"):
        link.read(40000, 2)


# Threads


def together(*calls: Callable[[], object]) -> list[object]:
    """What they gave or raised, called at the same time."""
    results: list[object] = [None] * len(calls)

    def run(place: int) -> None:
        try:
            results[place] = calls[place]()
        except Exception as error:
            results[place] = error

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    return results


def test_threads_share_a_link() -> None:
    def reads(first: int) -> bool:
        return all(link.read(at, 120) == tuple(registers_at(at, 120)) for at in range(first, first + 20))

    with Peer() as peer, link_to(peer) as link:
        assert together(*[lambda first=first: reads(first) for first in (0, 10000, 20000, 30000)]) == [True] * 4
        assert (peer.connections, link.counters.requests) == (1, 160)


def test_a_session_is_not_interrupted() -> None:
    def polls(first: int) -> None:
        for _ in range(10):
            with link.session():
                for at in range(first, first + 5):
                    link.read(at, 1)

    with Peer() as peer, link_to(peer) as link:
        together(lambda: polls(0), lambda: polls(1000))
    addresses = [address for address, _ in peer.spans]
    for at in range(0, 100, 5):
        assert addresses[at : at + 5] == list(range(addresses[at], addresses[at] + 5))


def test_nobody_waits_for_ever_for_a_turn() -> None:
    with Peer() as peer, link_to(peer, timeout_s=0.02, connect_s=0.02, tries=1) as link, link.session():
        (told,) = together(lambda: link.read(40000, 2))
    assert isinstance(told, LinkBusy)
    assert "another thread has held the connection for 0.08 s" in str(told)
    assert not peer.requests


def test_close_ends_the_wait_of_another_thread() -> None:
    with Peer(then=silent) as peer, link_to(peer) as link:

        def closes() -> None:
            peer.await_requests(1)
            link.close()

        told, _ = together(lambda: link.read(40000, 2), closes)
        assert isinstance(told, LinkClosed)
        assert "this link was closed" in str(told)
        assert peer.visitors[0].gone.wait(PATIENCE_S)
    assert len(peer.requests) == peer.connections == 1


def test_close_waits_for_nobody() -> None:
    held, closed = threading.Event(), threading.Event()

    def holds() -> None:
        with link.session():
            link.read(40000, 2)
            held.set()
            assert closed.wait(PATIENCE_S / 2), "close() waits for the session"
            link.read(40000, 2)

    def closes() -> None:
        held.wait(PATIENCE_S)
        link.close()
        closed.set()

    with Peer() as peer, link_to(peer) as link:
        told, none = together(holds, closes)
        assert none is None
        assert isinstance(told, LinkClosed), told
        assert "this link was closed" in str(told)


@pytest.mark.parametrize("opens", [True, False])
@pytest.mark.parametrize("ask", [lambda link: link.read(40000, 2), lambda link: link.write(40000, [1])])
def test_close_ends_the_tries_to_connect(
    ask: Callable[[ModbusLink], object], opens: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def open_late(to: ModbusSettings) -> socket.socket:
        link.close()
        if opens:
            return modbus_tcp.open_tcp(to)
        raise LinkError("the network is down")

    monkeypatch.setattr("energy_hw.links.modbus_client.open_tcp", open_late)
    with Peer() as peer, link_to(peer) as link:
        with pytest.raises(LinkClosed, match="this link was closed"):
            ask(link)
        assert link.counters.retries == 0
    assert not peer.requests


# Processes

INTERRUPTED = """
import os, signal, sys
from modbus_peer import *

def interrupts(visitor, request):
    os.kill(os.getpid(), signal.SIGINT)
    silent(visitor, request)

with Peer(interrupts) as peer, link_to(peer) as link:
    try:
        link.read(40000, 2)
    except KeyboardInterrupt:
        assert peer.visitors[0].gone.wait(PATIENCE_S), "the connection is still open"
        assert link.read(41000, 2) == tuple(registers_at(41000, 2))
        assert peer.connections == 2
        print("usable")
"""


def run_python(program: str) -> str:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_after_ctrl_c_the_link_is_usable() -> None:
    assert run_python(INTERRUPTED) == "usable\n"


def test_the_library_is_imported_with_the_first_link() -> None:
    program = (
        "import sys; from energy_hw.links.modbus import ModbusLink; print('pymodbus' in sys.modules);"
        " ModbusLink('127.0.0.1'); print('pymodbus' in sys.modules)"
    )
    assert run_python(program) == "False\nTrue\n"


def reads_in_a_child(link: ModbusLink) -> bool:
    """Whether a process that is forked off reads rightly, though a thread that stayed behind has the connection."""
    parents = link._client.socket
    assert parents is not None
    number = parents.fileno()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a fork among threads is dangerous, says Python 3.12
        child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] == 0
    try:
        signal.alarm(int(PATIENCE_S))
        with pytest.raises(OSError, match="Bad file"):
            os.fstat(number)
        assert link.read(40000, 2) == tuple(registers_at(40000, 2))
        os._exit(0)
    finally:
        os._exit(1)


def test_a_fork_opens_a_connection_of_its_own() -> None:
    forked = threading.Event()

    def waits(visitor: Visitor, request: bytes) -> None:
        forked.wait(PATIENCE_S)
        visitor.send(honest(request))

    def forks() -> bool:
        peer.await_requests(1)
        well = reads_in_a_child(link)
        forked.set()
        return well

    with Peer(waits) as peer, link_to(peer, timeout_s=3 * PATIENCE_S) as link:
        assert together(lambda: link.read(41000, 2), forks) == [tuple(registers_at(41000, 2)), True]
    assert peer.connections == 2


# The library


@pytest.mark.parametrize("module", ["pymodbus", "pymodbus.client"])
def test_without_pymodbus_it_says_how_to_install_it(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)  # type: ignore[arg-type]
    monkeypatch.delitem(sys.modules, "energy_hw.links.modbus_client")
    with pytest.raises(ExtraMissing, match=r"^Modbus needs the \[outback\] extra: pip install 'energy-hw\[outback\]'"):
        ModbusLink("mate3")


@pytest.mark.parametrize("old", ["2.5.3", "3.12.0", "4.0.0"])
def test_a_pymodbus_that_is_too_old_or_too_new(old: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pymodbus.__version__", old)
    monkeypatch.delitem(sys.modules, "energy_hw.links.modbus_client")
    with pytest.raises(ExtraMissing, match=f"for pymodbus {old}"):
        ModbusLink("mate3")


def test_the_library_says_nothing_of_its_own(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    answers = changed(0, b"\7\7"), changed(6, b"\7"), changed(7, b"\x55"), changed(2, b"\0\1"), refuses(2)
    for behaviour in (*answers, cut(8)):
        told = pytest.raises((LinkError, ProtocolError))
        with Peer(then=behaviour) as peer, link_to(peer, timeout_s=0.1, tries=1) as link, told:
            link.read(40000, 2)
    with link_to(peer) as link, pytest.raises(LinkError):
        link.read(40000, 2)
    assert not caplog.records
    assert capfd.readouterr() == ("", "")
