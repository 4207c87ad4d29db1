"""Which answer belongs to which request: pure functions on bytes."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_hw.errors import FrameError, FrameTooLong
from energy_hw.links.modbus_frame import announced, check_answer

READ = bytes.fromhex("1234 0000 0006 01 03 9c40 0002")
ANSWER = bytes.fromhex("1234 0000 0007 01 03 04 5375 6e53")
WRITE_ONE = bytes.fromhex("1234 0000 0006 01 06 9fea 1234")
WRITE_SEVERAL = bytes.fromhex("1234 0000 0009 01 10 9fea 0001 02 1234")
WRITTEN = bytes.fromhex("1234 0000 0006 01 10 9fea 0001")
PAIRS = [(READ, ANSWER), (WRITE_ONE, WRITE_ONE), (WRITE_SEVERAL, WRITTEN)]
IDS = ["read", "write one", "write several"]

pairs = pytest.mark.parametrize(("request_", "answer"), PAIRS, ids=IDS)


def refused(request: bytes, answer: bytes) -> bool:
    try:
        check_answer(request, answer)
    except FrameError as error:
        return error.raw == answer
    return False


@pairs
def test_the_answer_that_the_standard_gives(request_: bytes, answer: bytes) -> None:
    check_answer(request_, answer)
    assert announced(request_, answer[:6]) == len(answer)


@pairs
def test_an_exception(request_: bytes, answer: bytes) -> None:
    check_answer(request_, answer[:4] + bytes((0, 3, 1, answer[7] | 0x80, 2)))


@pairs
def test_no_other_byte_will_do_but_in_registers(request_: bytes, answer: bytes) -> None:
    payload = range(9, len(answer)) if answer[7] == 3 else range(0)
    for at in set(range(len(answer))) - set(payload):
        for byte in set(range(256)) - {answer[at]}:
            assert refused(request_, answer[:at] + bytes((byte,)) + answer[at + 1 :]), (at, byte)


@pairs
def test_a_byte_more_is_too_long(request_: bytes, answer: bytes) -> None:
    with pytest.raises(FrameTooLong, match=f"expected {len(answer)} bytes, got {len(answer) + 1}: "):
        check_answer(request_, answer + b"\0")


@pytest.mark.parametrize("protocol", [1, 0x100, 0xFFFF])
def test_another_protocol_is_known_by_its_head(protocol: int) -> None:
    with pytest.raises(FrameError, match=f"got protocol {protocol}"):
        announced(READ, READ[:2] + struct.pack(">HH", protocol, 7))


@given(st.sampled_from(PAIRS), st.binary(max_size=40))
def test_noise_is_never_an_answer_to_anything_else(pair: tuple[bytes, bytes], noise: bytes) -> None:
    request, answer = pair
    frame = (answer[:6] + noise)[:40] if len(noise) % 2 else noise
    if len(frame) >= 6 and not refused_in_parts(request, frame):
        assert frame[:4] == request[:4]
        assert frame[6] == request[6]
        assert frame[7] & 0x7F == request[7]
        assert len(frame) == int.from_bytes(frame[4:6]) + 6
        if frame[7] == 3:
            assert frame[8] == len(frame) - 9 == 2 * int.from_bytes(request[10:12])
        elif frame[7] < 0x80:
            assert frame[8:] == request[8:12]


def refused_in_parts(request: bytes, frame: bytes) -> bool:
    """As the link asks: the head first, then the whole of what was announced."""
    try:
        if len(frame) < announced(request, frame):
            return True  # it would wait for more
    except FrameError:
        return True
    return refused(request, frame)


def test_a_web_server_at_this_port_is_told_in_a_line() -> None:
    with pytest.raises(FrameError, match=r"50 2f 31 2e 31 .* \.\.\.: is this the port of a Modbus server\?") as told:
        announced(READ, b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
    assert len(str(told.value)) < 200
