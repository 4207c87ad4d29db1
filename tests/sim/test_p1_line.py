"""Characters of a simulated P1 meter come at the pace of a wire, telegrams at the profile's, broken on request."""

from __future__ import annotations

from itertools import pairwise

import pytest

from energy_hw.p1.telegram import Mark, P1Framer, Telegram
from energy_hw.sim.p1_line import BITS, Faults, P1Line
from energy_hw.sim.tic_line import resampled
from p1_sim_rig import line_of, telegrams_in, text

STRIP = bytes(byte & 0x7F for byte in range(256))


def listen(line: P1Line, seconds: float, start: float = 0.0) -> bytes:
    """What comes, looked for every quarter of a second."""
    return b"".join(line.until(start + quarter / 4) for quarter in range(1, int(seconds * 4) + 1))


# ---- the wire ----


def test_characters_come_at_the_pace_of_the_line() -> None:
    line = line_of("nl5")
    length = len(line.meter.plain())
    assert len(line.until(0.01)) == 115
    assert len(line.until(0.02)) == 115
    assert len(line.until(0.99)) == length - 230
    assert length * BITS / 115200 < 0.1


@pytest.mark.parametrize(
    ("name", "seconds", "telegrams"), [("nl5", 5, 5), ("be", 5, 5), ("lu", 25, 3), ("q3d", 7, 4), ("nl3", 12, 2)]
)
def test_telegrams_come_at_the_interval_of_the_profile(name: str, seconds: int, telegrams: int) -> None:
    assert len(telegrams_in(listen(line_of(name), seconds).translate(STRIP))) == telegrams


def test_an_interval_of_ones_own() -> None:
    assert len(telegrams_in(listen(line_of("nl5", interval_s=10.0), 25))) == 3


def test_telegrams_begin_on_the_second_and_say_so() -> None:
    stamps = [text(raw, "0-0:1.0.0") for raw in telegrams_in(listen(line_of("nl5"), 4))]
    assert stamps == ["260115120000W", "260115120001W", "260115120002W", "260115120003W"]


def test_however_often_one_looks_the_characters_are_the_same() -> None:
    often, seldom = line_of("nl5"), line_of("nl5")
    assert b"".join(often.until(n / 997) for n in range(1, 2 * 997 + 1)) == seldom.until(2.0)


def test_who_does_not_look_loses_what_came_before() -> None:
    late = telegrams_in(line_of("nl5").until(3600.0))
    assert 14 <= len(late) <= 16
    assert text(late[-1], "0-0:1.0.0") == "260115125959W"


def test_when_to_look_next() -> None:
    line = line_of("nl5")
    character = BITS / 115200
    assert line.next_s() == pytest.approx(character)
    assert line.next_s(b"\n") == pytest.approx(64 * character)
    assert line.until(0.5)
    assert line.next_s(b"\n") == pytest.approx(1.0 + character)


def test_a_slow_line_takes_longer_than_its_interval() -> None:
    line = line_of("nl3", interval_s=0.1)
    stream = listen(line, 3)
    assert len(stream) == 3 * 960
    assert len(telegrams_in(stream.translate(STRIP))) == 3 * 960 // len(line.meter.plain())


# ---- seven bits, and the wrong speed ----


def test_7e1_as_a_port_with_eight_bits_sees_it() -> None:
    raw = line_of("nl3").until(2.0)
    assert all(byte.bit_count() % 2 == 0 for byte in raw)
    assert raw[:1] == b"\xaf"
    assert len(telegrams_in(raw.translate(STRIP))) == 1


def test_8n1_as_a_port_with_seven_bits_sees_it() -> None:
    plain, sealed = line_of("lu").until(2.0), line_of("lu", key="88" * 16).until(2.0)
    assert plain.translate(STRIP) == plain
    assert sealed.translate(STRIP) != sealed


def test_nothing_to_understand_at_the_wrong_speed() -> None:
    raw = resampled(line_of("nl5").until(0.9), 115200, 9600)
    assert not telegrams_in(raw)
    assert not [event for event in P1Framer().feed(raw) if isinstance(event, Telegram)]


# ---- faults ----


def test_noise_costs_telegrams_and_lets_no_broken_one_through() -> None:
    stream = listen(line_of("nl5", faults=Faults(noise=0.0003)), 120)
    events = P1Framer().feed(stream)
    whole = [event.raw.rstrip() for event in events if isinstance(event, Telegram)]
    assert 60 < len(whole) < 115
    assert Mark.DAMAGED in events
    assert set(whole) <= {raw.rstrip() for raw in telegrams_in(listen(line_of("nl5"), 120))}


def test_one_flip_costs_one_telegram() -> None:
    line = line_of("nl5")
    line.flip(0x01, after=200)
    assert len(telegrams_in(listen(line, 4))) == 3


@pytest.mark.parametrize(("fault", "expected"), [("cut", 3), ("wrong_crc", 3), ("glued", 5)])
def test_faults_asked_for(fault: str, expected: int) -> None:
    line = line_of("nl5")
    line.expect(fault)
    first = line.until(0.99)
    assert len(telegrams_in(first)) == 1
    assert len(telegrams_in(first + listen(line, 3, 1.0))) == expected


def test_cut_and_glued_is_a_torso_before_a_whole_one() -> None:
    line = line_of("nl5", faults=Faults(cut=1.0, glued=1.0))
    stream = listen(line, 3)
    assert stream.count(b"/ISK5") == 6
    events = P1Framer().feed(stream + b"/")
    assert len([event for event in events if isinstance(event, Telegram)]) == 3


def test_shares_of_telegrams() -> None:
    line = line_of("nl5", faults=Faults(cut=0.2, wrong_crc=0.2))
    whole = len(telegrams_in(listen(line, 200)))
    assert 100 < whole < 155  # 128 expected


def test_cut_at_once() -> None:
    line = line_of("nl5")
    head = line.until(0.03)
    line.cut()
    assert line.until(0.9) == b""
    assert len(telegrams_in(head + line.until(1.9))) == 1


def test_pause_in_the_middle() -> None:
    line = line_of("nl5")
    head = line.until(0.03)
    line.pause(2.5)
    assert line.until(2.5) == b""
    stream = head + line.until(2.99) + line.until(4.5)
    stamps = [text(raw, "0-0:1.0.0") for raw in telegrams_in(stream)]
    assert stamps == ["260115120000W", "260115120003W", "260115120004W"]


def test_clock_that_jumps_and_counter_that_steps_back() -> None:
    line = line_of("nl5")
    first = line.until(0.5)
    line.meter.house.jump(3600)
    line.meter.house.step_back(10)
    (before,), (after,) = telegrams_in(first), telegrams_in(line.until(1.5))
    assert text(after, "0-0:1.0.0") == "260115130001W"
    assert text(after, "1-0:1.8.2") < text(before, "1-0:1.8.2")


def test_encrypted_frames_follow_each_other() -> None:
    stream = listen(line_of("lu", key="88" * 16), 35)
    starts = [at for at in range(len(stream)) if stream.startswith(b"\xdb\x08SAG", at)]
    assert len(starts) == 4
    assert len({b - a for a, b in pairwise(starts)}) == 1
