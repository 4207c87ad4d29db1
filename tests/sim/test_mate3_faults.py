"""Faults of the simulated Mate3 as a raw socket sees them."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from time import monotonic

import pytest

from energy_hw.sim.mate3 import SimMate3
from energy_hw.sim.mate3_faults import (
    FOREVER,
    READS,
    WRITES,
    Connections,
    Faults,
    Request,
    extra_bytes,
    half,
    long_frame,
    scrambled,
    short_frame,
    wrong_byte_count,
    wrong_function,
    wrong_protocol,
    wrong_transaction,
    wrong_unit,
)
from mate3_rig import RawClient, mate3

__all__ = ["mate3"]
MARKER = (0x5375, 0x6E53)
ASK = struct.pack(">BHH", 3, 40000, 2)
RIGHT = struct.pack(">HHHBBBHH", 1, 0, 7, 1, 3, 4, *MARKER)


def test_silent_request_is_done_and_not_answered(mate3: SimMate3) -> None:
    mate3.faults.arm(silent=True)
    with RawClient(mate3) as client:
        client.send(struct.pack(">BHH", 6, 40946, 570))
        client.send(ASK)
        assert client.receive()[0] == 2
    assert mate3.registers[40946] == 570


def test_lost_request_is_not_done(mate3: SimMate3) -> None:
    mate3.faults.arm(lost=True)
    with RawClient(mate3) as client:
        client.send(struct.pack(">BHH", 6, 40946, 570))
        client.send(ASK)
        assert client.receive()[0] == 2
    assert mate3.registers[40946] == 588
    assert len(mate3.requests) == 2


def test_late_answer_comes_before_the_next(mate3: SimMate3) -> None:
    mate3.faults.arm(late_s=0.05)
    with RawClient(mate3) as client:
        client.send(ASK)
        client.send(ASK)
        assert [client.receive()[0] for _ in range(2)] == [1, 2]


def test_every_answer_can_be_slow() -> None:
    with SimMate3(delay_s=0.05) as house, RawClient(house) as client:
        began = monotonic()
        assert client.read(40000, 2) == client.read(40000, 2) == MARKER
        assert monotonic() - began > 0.09


@pytest.mark.parametrize("code", [1, 2, 3, 4, 6, 11])
def test_exception_code_and_nothing_written(mate3: SimMate3, code: int) -> None:
    mate3.faults.arm(code=code, functions=WRITES)
    with RawClient(mate3) as client:
        assert client.read(40000, 2) == MARKER
        assert client.write(40946, 570) == bytes((0x86, code))
        assert mate3.registers[40946] == 588
        assert client.write(40946, 570)[0] == 6


@pytest.mark.parametrize(
    ("mangle", "came"),
    [
        (wrong_transaction, b"\x00\xfe" + RIGHT[2:]),
        (wrong_protocol, RIGHT[:3] + b"\x01" + RIGHT[4:]),
        (wrong_unit, RIGHT[:6] + b"\x54" + RIGHT[7:]),
        (wrong_function, RIGHT[:7] + b"\x07" + RIGHT[8:]),
        (wrong_byte_count, RIGHT[:8] + b"\x02" + RIGHT[9:]),
        (short_frame, RIGHT[:5] + b"\x05" + RIGHT[6:-2]),
        (long_frame, RIGHT[:5] + b"\x09" + RIGHT[6:8] + b"\x06" + RIGHT[9:] + b"\x12\x34"),
        (extra_bytes, RIGHT + b"\xde\xad\xbe"),
        (half, RIGHT[:6]),
    ],
)
def test_bytes_of_a_spoilt_answer(mate3: SimMate3, mangle: Callable[[bytes], bytes], came: bytes) -> None:
    fault = mate3.faults.arm(mangle=mangle, hangs_up=True)
    with RawClient(mate3) as client:
        client.send(ASK)
        assert client.exactly(len(came)) == came
        assert client.socket.recv(1) == b""
    assert fault.hits == 1
    with RawClient(mate3) as client:
        assert client.read(40000, 2) == MARKER


def test_dripping_answer_is_whole(mate3: SimMate3) -> None:
    mate3.faults.arm(drip_s=0.001)
    with RawClient(mate3) as client:
        assert client.read(40000, 2) == MARKER


def test_connection_ends_in_the_place_of_an_answer(mate3: SimMate3) -> None:
    mate3.faults.arm(silent=True, hangs_up=True)
    with RawClient(mate3) as client:
        client.send(ASK)
        assert client.socket.recv(1) == b""


def test_connection_ends_after_so_many_requests(mate3: SimMate3) -> None:
    mate3.faults.requests_each = 2
    with RawClient(mate3) as client:
        assert client.read(40000, 2) == client.read(40000, 2)
        assert client.socket.recv(1) == b""
    with RawClient(mate3) as client:
        assert client.read(40000, 2) == MARKER


def test_the_third_and_fourth_that_touch_a_range(mate3: SimMate3) -> None:
    fault = mate3.faults.arm(at=3, count=2, code=4, functions=READS, addresses=range(40010, 40012))
    with RawClient(mate3) as client:
        asked = (40009, 40011, 40000, 40008, 40010, 40009, 40010)
        answers = [client.ask(struct.pack(">BHH", 3, address, 2))[0] for address in asked]
    assert answers == [3, 3, 3, 3, 0x83, 0x83, 3]
    assert fault.hits == 2


def test_forever_until_cleared() -> None:
    faults = Faults()
    faults.arm(silent=True, count=FOREVER)
    request = Request(1, 3, 40000, 2)
    assert all(faults.take(request) for _ in range(1000))
    faults.clear()
    assert faults.take(request) == []


def test_unknown_field_of_a_fault() -> None:
    with pytest.raises(TypeError, match="sielent"):
        Faults().arm(sielent=True)


def test_placeholders_stand_in_headers_alone(mate3: SimMate3) -> None:
    mate3.faults.arm(placeholder=0x8000)
    with RawClient(mate3) as client:
        spoilt, right = client.read(40902, 100), client.read(40902, 100)
    assert [40902 + at for at in range(100) if spoilt[at] != right[at]] == [40908, 40936]
    assert (spoilt[6], right[6]) == (0x8000, 64111)


def test_something_happens_between_two_requests(mate3: SimMate3) -> None:
    mate3.faults.arm(then=lambda: mate3.swap_ports(3, 4), functions=WRITES)
    with RawClient(mate3) as client:
        assert client.read(40938, 1) == (3,)
        client.write(40946, 570)
        assert client.read(40938, 1) == (4,)
    assert (mate3.get(64112, "absorb_volts", 4), mate3.get(64112, "absorb_volts", 3)) == (570, 588)


def test_reads_longer_than_it_likes(mate3: SimMate3) -> None:
    mate3.faults.longest_read = 50
    with RawClient(mate3) as client:
        assert client.ask(struct.pack(">BHH", 3, 40000, 51)) == b"\x83\x03"
        assert len(client.read(40000, 50)) == 50


def test_answers_one_unit_only(mate3: SimMate3) -> None:
    mate3.faults.only_unit = 0
    with RawClient(mate3, unit=1) as client, RawClient(mate3, unit=0) as other:
        client.send(ASK)
        assert other.read(40000, 2) == MARKER
        client.unit = 0
        client.send(ASK)
        assert client.receive()[0] == 2


def test_refuses_other_units_as_a_gateway(mate3: SimMate3) -> None:
    mate3.faults.only_unit, mate3.faults.other_units = 0, 11
    with RawClient(mate3, unit=1) as client:
        assert client.ask(ASK) == b"\x83\x0b"
        client.unit = 0
        assert client.read(40000, 2) == MARKER


def test_second_client_is_refused(mate3: SimMate3) -> None:
    mate3.faults.connections = Connections.REFUSE_SECOND
    with RawClient(mate3) as first:
        first.read(40000, 2)
        with pytest.raises((ConnectionError, EOFError)), RawClient(mate3) as second:
            second.read(40000, 2)
        assert first.read(40000, 2) == MARKER


def test_first_client_is_dropped_by_the_second(mate3: SimMate3) -> None:
    mate3.faults.connections = Connections.DROP_FIRST
    with RawClient(mate3) as first:
        first.read(40000, 2)
        with RawClient(mate3) as second:
            assert second.read(40000, 2) == MARKER
            with pytest.raises((ConnectionError, EOFError)):
                first.read(40000, 2)


def test_second_client_waits_for_the_first_to_go(mate3: SimMate3) -> None:
    mate3.faults.connections = Connections.SECOND_WAITS
    with RawClient(mate3) as first:
        first.read(40000, 2)
        with RawClient(mate3) as second:
            second.send(ASK)
            assert first.read(40000, 2) == MARKER
            assert len(mate3.requests) == 2
            first.socket.shutdown(socket.SHUT_RDWR)
            assert second.receive()[0] == 1


def test_accepts_and_never_serves(mate3: SimMate3) -> None:
    mate3.faults.connections = Connections.MUTE
    with RawClient(mate3, timeout_s=0.05) as client:
        client.send(ASK)
        with pytest.raises(TimeoutError):
            client.receive()
    assert mate3.requests == []


def test_scrambled_registers_unscramble(mate3: SimMate3) -> None:
    mate3.faults.scramble_key = 0x1234
    with RawClient(mate3) as client:
        came = client.read(40000, 2)
    assert came == (scrambled(0x5375, 0x1234), scrambled(0x6E53, 0x1234)) != MARKER
    rotated = came[0] ^ 0x1234
    assert (rotated << 7 | rotated >> 9) & 0xFFFF ^ 0x0BCC == 0x5375


def test_restart_ends_connections_and_shows_placeholders(mate3: SimMate3) -> None:
    with RawClient(mate3) as client:
        client.read(40000, 2)
        mate3.reboot(order=[5, 4, 3, 2, 1], without=[1], unknown=60, bursts=1)
        with pytest.raises((ConnectionError, EOFError)):
            client.exactly(1)
    with RawClient(mate3) as client:
        assert client.read(40630, 2) == (0x8000, 60)
        assert client.read(40630, 2) == (120, 60)
        assert client.read(40692, 3) == (64118, 76, 5)


def test_stops_while_an_answer_is_held_back() -> None:
    before = set(threading.enumerate())
    with SimMate3(delay_s=3600) as house, RawClient(house) as client:
        client.send(ASK)
        while not house.requests:
            threading.Event().wait(0.001)
    assert set(threading.enumerate()) <= before
