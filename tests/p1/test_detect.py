"""Which speed is tried when, from what was heard."""

from __future__ import annotations

import math

import pytest

from energy_hw.p1.detect import DWELL_S, SPEEDS, Detector, begins
from energy_hw.teleinfo.encode import with_parity
from p1_reader_rig import telegram


def test_the_fast_speed_first_and_for_12_s() -> None:
    detector = Detector(SPEEDS, 100.0)
    assert (detector.baudrate, detector.due_at, detector.locked) == (115200, 112.0, False)
    assert detector.next(112.0) == 9600
    assert detector.next(124.0) == 115200


def test_a_single_speed_needs_no_proof() -> None:
    detector = Detector((38400,), 0.0)
    assert detector.locked
    assert detector.due_at == math.inf


def test_a_telegram_proves_the_speed_once() -> None:
    detector = Detector(SPEEDS, 0.0)
    assert detector.proven()
    assert not detector.proven()
    assert detector.due_at == math.inf


@pytest.mark.parametrize("data", [b"/ISK5", b"\xdb\x08SAG", with_parity(b"/ISk5")])
def test_a_beginning_keeps_the_speed_for_another_while(data: bytes) -> None:
    detector = Detector(SPEEDS, 0.0)
    detector.heard(data[:2], 10.0)
    detector.heard(data[2:], 10.1)
    assert detector.due_at == 10.1 + DWELL_S


def test_nonsense_and_then_a_pause_is_another_speed() -> None:
    detector = Detector(SPEEDS, 0.0)
    detector.heard(b"\x00\xf8\x80" * 30, 1.0)
    detector.paused(1.1)
    assert detector.due_at <= 1.1


@pytest.mark.parametrize("data", [telegram()[50:], with_parity(telegram()[50:])], ids=["8N1", "7E1"])
def test_the_end_of_a_telegram_and_then_a_pause_is_none(data: bytes) -> None:
    detector = Detector(SPEEDS, 0.0)
    detector.heard(data, 1.0)
    detector.paused(1.1)
    assert detector.due_at == DWELL_S


def test_doubt_begins_with_the_speed_that_was_good() -> None:
    detector = Detector(SPEEDS, 0.0)
    detector.next(12.0)
    detector.proven()
    detector.doubt(50.0)
    assert (detector.baudrate, detector.locked, detector.due_at) == (9600, False, 62.0)
    detector.doubt(60.0, has_speed=False)
    assert detector.locked


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"/ISK5", True),
        (b"1.7.0(0)\r\n/FLU5", True),
        (b"\r\n/ab", False),
        (b"x/ISK5", False),
        (b"/1234", False),
        (b"\xdb\x08", True),
        (b"\xdb\x09", False),
        (b"", False),
    ],
)
def test_what_looks_like_a_beginning(data: bytes, expected: bool) -> None:
    assert begins(data) is expected
