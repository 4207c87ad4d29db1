"""Characters of a simulated meter come at the pace of a wire, and broken on request."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from energy_hw.sim.tic_line import BITS, GAP_S, resampled
from energy_hw.teleinfo.frame import TicParser
from energy_hw.teleinfo.plausible import Plausibility
from tic_rig import START, frame_of, frames_in, line_of, listen, meter_of

# ---- the wire ----


@pytest.mark.parametrize("name", ["base", "linky"])
def test_characters_come_at_the_pace_of_the_line(name: str) -> None:
    line = line_of(name)
    for_a_tenth = line.baudrate // BITS // 10
    assert [len(line.until(t / 10)) for t in range(1, 6)] == [for_a_tenth] * 5


def test_however_often_one_looks_the_characters_are_the_same() -> None:
    often, seldom = line_of("linky"), line_of("linky")
    assert b"".join(often.until(n / 997) for n in range(1, 3 * 997 + 1)) == listen(seldom, 1, 4)


def test_gap_between_frames() -> None:
    line = line_of("linky")
    times = [n / 5000 for n in range(1, 10_000)]
    came = [t for t in times if line.until(t)]
    gaps = [b - a for a, b in pairwise(came) if b - a > 0.005]
    assert gaps
    assert all(GAP_S[0] < gap < GAP_S[1] + 0.0015 for gap in gaps)


def test_every_character_has_even_parity() -> None:
    assert all(byte.bit_count() % 2 == 0 for byte in line_of("linky-three").until(2.0))


def test_a_frame_says_how_it_was_when_it_began() -> None:
    line = line_of("linky")
    frames = frames_in(listen(line, 1, 11))
    times = [frame.time for frame in frames]
    assert times == sorted(times, key=lambda time: time or START)
    assert len(set(times)) >= 9
    assert times[0] == START


def test_when_to_look_next() -> None:
    line = line_of("linky")
    character = BITS / 9600
    assert line.next_s() == pytest.approx(character)
    assert line.next_s(b"\x8d") == pytest.approx(2 * character)  # STX, LF
    line.until(1.5 * character)
    line.until(2.5 * character)
    assert line.next_s(b"\x8d") == pytest.approx((2 + len("ADSC\t041861123456\tX\r")) * character)
    line.until(865.5 * character)
    assert GAP_S[0] < line.next_s(b"\x8d") - 866 * character < GAP_S[1]


def test_who_does_not_look_loses_what_came_before() -> None:
    line = line_of("linky")
    late = line.until(3600.0)
    assert len(late) <= 6 * 960
    assert frames_in(late)[-1].time >= START + timedelta(seconds=3590)  # type: ignore[operator]


def test_a_house_over_an_hour_is_plausible() -> None:
    meter, plausible = meter_of("linky-three"), Plausibility()
    for at in range(0, 3600, 20):
        meter.advance_to(at)
        assert plausible.check(frame_of(meter), float(at)) == {}


# ---- faults ----


def test_noise_costs_groups_and_no_wrong_value() -> None:
    line = line_of("linky", noise=0.002)
    frames = frames_in(listen(line, 1, 61))
    assert any(frame.rejected for frame in frames)
    assert {frame["PREF"].value for frame in frames if "PREF" in frame} == {9}


def test_one_flip_costs_one_group() -> None:
    line = line_of("linky")
    line.flip(0x40, after=30)
    (frame,) = frames_in(line.until(0.95))
    assert (frame.complete, frame.rejected, len(frame)) == (False, 1, 37)


def test_cut_frame() -> None:
    line = line_of("linky")
    head = line.until(0.5)
    line.cut()
    frames = frames_in(head + line.until(1.6))
    assert [frame.complete for frame in frames] == [False, True]


def test_pause_shifts_what_follows() -> None:
    line = line_of("linky")
    head = line.until(0.5)
    line.pause(1.0)
    assert line.until(1.4) == b""
    (frame,) = frames_in(head + line.until(1.95))
    assert frame.complete


def test_meter_switched_to_another_mode() -> None:
    line = line_of("base")
    line.until(0.5)
    line.switch("linky")
    line.until(1.4)
    assert line.baudrate == 9600
    assert frames_in(line.until(3.3))[-1].mode.value == "standard"


@pytest.mark.parametrize(
    ("sent", "read", "garbage"),
    [
        (1200, 2400, b"\xfe"),  # the start bit lasts two: a start, and a data bit of 0
        (1200, 9600, b"\x80"),  # it lasts eight
        (9600, 1200, b""),  # it is over before its middle: a glitch
    ],
)
def test_what_a_port_makes_of_one_start_bit(sent: int, read: int, garbage: bytes) -> None:
    assert resampled(b"\xff", sent, read) == garbage


@pytest.mark.parametrize(("sent", "read"), [(9600, 1200), (1200, 9600), (9600, 19200)])
def test_at_the_wrong_speed_there_is_nothing_to_understand(sent: int, read: int) -> None:
    chars = line_of("linky").until(0.9)
    garbage = resampled(chars, sent, read)
    assert garbage
    assert not [event for event in TicParser().feed(garbage) if isinstance(event, bytes)]
    assert resampled(chars, sent, sent) == chars


def test_a_pause_longer_than_what_was_sent_sends_nothing_twice() -> None:
    line = line_of("base")
    line.until(0.5)
    line.pause(2.0)
    assert line.until(1.0) == line.until(2.0) == b""
    assert line.until(2.6) != b""
