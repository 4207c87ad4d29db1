"""What is believed of a line's bytes, however they are cut, glued, damaged or set (P15)."""

from __future__ import annotations

import pytest

from energy_hw.p1.cipher import Decipher
from energy_hw.p1.encode import encrypt
from energy_hw.p1.line import Line
from energy_hw.p1.telegram import CrcPolicy
from energy_hw.teleinfo.encode import with_parity
from p1_reader_rig import bare, power, signed, telegram

KEY = "0123456789ABCDEF0123456789ABCDEF"
GOOD = telegram("00.540")
NEXT = telegram("00.541")


def given(line: Line, *chunks: bytes) -> list[bytes]:
    """Telegrams that came of the chunks, and of the pause after them."""
    for number, chunk in enumerate(chunks):
        line.take(chunk, float(number))
    line.idle(float(len(chunks)))
    return [item.telegram.raw for item in line.items()]


def plain(policy: CrcPolicy = CrcPolicy.IF_PRESENT) -> Line:
    return Line((115200,), 0.0, policy)


# -- cut, glued, damaged -----------------------------------------------------


def test_it_makes_no_difference_where_a_telegram_is_cut() -> None:
    for at in range(len(GOOD)):
        assert given(plain(), GOOD[:at], GOOD[at:]) == [GOOD]


def test_byte_by_byte_is_as_good() -> None:
    assert given(plain(), *(bytes((byte,)) for byte in GOOD + NEXT)) == [GOOD, NEXT]


def test_a_telegram_that_ends_early_costs_itself_alone() -> None:
    for at in range(1, len(GOOD) - 6):
        line = plain()
        assert given(line, GOOD[:at], NEXT) == [NEXT]


def test_one_character_lost_anywhere_gives_no_wrong_value() -> None:
    body = len(GOOD) - 2
    for at in range(body):
        assert given(plain(), GOOD[:at] + GOOD[at + 1 :]) in ([], [GOOD[:-1]])


def test_a_flipped_bit_anywhere_is_refused() -> None:
    body = GOOD.index(b"!") + 5
    for at in range(body):
        for bit in range(8):
            damaged = bytearray(GOOD)
            damaged[at] ^= 1 << bit
            got = given(plain(), bytes(damaged))
            assert got == [] or int(got[0].rstrip()[-4:], 16) == int(GOOD.rstrip()[-4:], 16), (at, bit)


def test_two_telegrams_glued_together_are_two() -> None:
    assert given(plain(), GOOD + NEXT) == [GOOD, NEXT]


def test_a_wrong_checksum_is_refused_counted_and_told() -> None:
    line = plain()
    assert given(line, GOOD.replace(b"00.540", b"99.540"), NEXT.replace(b"00.541", b"99.541")) == []
    assert line.framer.counters.bad == 2
    assert line.state.refused_since_good == 2
    assert given(line, GOOD) == [GOOD]
    assert line.state.refused_since_good == 0


@pytest.mark.parametrize(
    ("policy", "count"),
    [(CrcPolicy.IF_PRESENT, 1), (CrcPolicy.REQUIRE, 0), (CrcPolicy.REPORT, 1), (CrcPolicy.IGNORE, 1)],
)
def test_a_missing_checksum_is_a_matter_of_policy(policy: CrcPolicy, count: int) -> None:
    line = plain(policy)
    assert len(given(line, bare(GOOD))) == count
    assert line.framer.counters.absent == 1


def test_a_checksum_that_was_there_is_not_allowed_to_get_lost() -> None:
    """A meter that has sent checksums sends them always: a telegram without one was damaged."""
    line = plain()
    assert given(line, GOOD) == [GOOD]
    assert given(line, bare(NEXT)) == []
    assert line.crc_lost == line.state.refused_since_good == 1
    line.break_off()
    assert given(line, bare(NEXT)) == [bare(NEXT)], "another port, perhaps another meter"


def test_a_pause_in_the_middle_of_a_telegram_costs_nothing() -> None:
    for at in range(1, len(GOOD) - 8):
        line = plain()
        line.take(GOOD[:at], 0.0)
        line.idle(0.1)
        line.take(GOOD[at:], 0.2)
        assert [item.telegram.raw for item in line.items()] == [GOOD], at


# -- 7E1 and 8N1 -------------------------------------------------------------


@pytest.mark.parametrize("data", [bare(GOOD), GOOD], ids=["2.2", "4.0"])
def test_seven_bits_with_parity_are_read_with_eight(data: bytes) -> None:
    line = plain()
    assert given(line, with_parity(data)) == [data]
    assert line.state.seven_bits


def test_a_parity_error_costs_a_telegram_without_checksum() -> None:
    damaged = bytearray(with_parity(bare(GOOD)))
    damaged[GOOD.index(b"00.540")] ^= 0x04
    line = plain()
    assert given(line, bytes(damaged)) == []
    assert line.framer.counters.parity == 1
    assert given(line, with_parity(bare(NEXT))) == [bare(NEXT)]


# -- encrypted ---------------------------------------------------------------


def frames(*plains: bytes, first: int = 1) -> list[bytes]:
    return [encrypt(p, KEY, title=b"SAG10307", invocation=number) for number, p in enumerate(plains, first)]


def test_an_encrypted_telegram_says_what_vouches_for_it() -> None:
    line = Line((115200,), 0.0, decipher=Decipher(KEY))
    line.take(frames(GOOD)[0], 0.0)
    (item,) = line.items()
    assert (item.telegram.raw, item.verified) == (GOOD, "tag")


def test_an_encrypted_telegram_may_be_cut_anywhere() -> None:
    frame = frames(GOOD)[0]
    for at in range(0, len(frame), 7):
        assert given(Line((115200,), 0.0, decipher=Decipher(KEY)), frame[:at], frame[at:]) == [GOOD]


def test_without_a_key_frames_are_counted_told_once_and_prove_the_speed(caplog: pytest.LogCaptureFixture) -> None:
    line = Line((115200, 9600), 0.0)
    assert given(line, *frames(GOOD, NEXT)) == []
    assert line.no_key == 2
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "no key was given" in caplog.text
    assert line.detector.locked
    assert line.state.encrypted_at is not None


def test_with_a_wrong_key_the_trouble_is_told_until_it_is_over() -> None:
    key = Decipher(KEY)
    line = Line((115200,), 0.0, decipher=key)
    given(line, encrypt(GOOD, KEY[::-1], title=b"SAG10307", invocation=1))
    assert "expected the key of this meter" in line.state.trouble
    assert given(line, *frames(NEXT, first=2)) == [NEXT]
    assert line.state.trouble == ""
    assert key.refused == 1


def test_a_wrong_checksum_inside_is_refused_though_the_tag_fits() -> None:
    line = Line((115200,), 0.0, decipher=Decipher(KEY))
    assert given(line, *frames(GOOD.replace(b"00.540", b"99.540"))) == []
    assert line.state.refused_since_good == 1


# -- what is known of it -----------------------------------------------------


def test_the_interval_is_the_median_of_the_last_ones() -> None:
    line = plain()
    for at in (0.0, 1.0, 2.0, 3.0, 60.0, 61.0):
        line.take(GOOD, at)
    assert line.interval_s == 1.0
    assert line.stale_s == 3.0


def test_before_the_interval_is_known_it_is_the_longest() -> None:
    line = plain()
    assert line.stale_s == 30.0
    line.take(GOOD, 0.0)
    assert line.interval_s is None


def test_the_tap_gets_every_byte_and_may_fail(caplog: pytest.LogCaptureFixture) -> None:
    tapped: list[bytes] = []

    def tap(data: bytes) -> None:
        tapped.append(data)
        if len(tapped) == 2:
            raise ZeroDivisionError

    line = Line((115200,), 0.0, tap=tap)
    assert given(line, b"\x00\xff", GOOD, NEXT) == [GOOD, NEXT]
    assert tapped == [b"\x00\xff", GOOD]
    assert "gets no more of them" in caplog.text


def test_the_power_that_comes_is_the_power_that_was_sent() -> None:
    line = plain()
    line.take(signed(GOOD[: GOOD.index(b"!") + 1]), 0.0)
    assert [str(power(item)) for item in line.items()] == ["0.540"]
