"""Chips on the air, against the layouts that the specification draws."""

from __future__ import annotations

import pytest

from energy_hw.sim import chips

SWITCH_ON = bytes.fromhex("0d04020100c29fb40cf542f13def")  # pico-energenie, test_energenie.out.cap
SOCKET_1_ON = bytes.fromhex("800000008ee8ee888ee8ee888ee8eeee")


def test_bytes_and_chips_are_inverse() -> None:
    assert chips.from_bytes(b"\x2d\xd4") == "0010110111010100"
    assert chips.to_bytes("0010110111010100") == b"\x2d\xd4"
    assert chips.from_bytes(b"") == ""
    assert chips.to_bytes("") == b""


def test_manchester_sends_one_as_10_and_zero_as_01() -> None:
    assert chips.manchester(b"\xa0") == "1001100101010101"
    assert chips.unmanchester(chips.manchester(bytes(range(256)))) == bytes(range(256))


def test_a_manchester_violation_gives_a_wrong_bit_and_no_error() -> None:
    assert chips.unmanchester("11" + chips.manchester(b"\x00")[2:]) == b"\x80"


def test_fsk_frame_has_preamble_sync_word_and_manchester_payload() -> None:
    on_air = chips.fsk(SWITCH_ON)
    assert on_air.startswith("10" * 12 + "0010110111010100")
    assert len(on_air) == 24 + 16 + 16 * len(SWITCH_ON)
    assert chips.fsk_frame(on_air) == SWITCH_ON


@pytest.mark.parametrize(("preamble", "heard"), [(0, None), (1, None), (2, SWITCH_ON), (3, SWITCH_ON)])
def test_twelve_chips_of_preamble_are_needed(preamble: int, heard: bytes | None) -> None:
    assert chips.fsk_frame(chips.fsk(SWITCH_ON, preamble)) == heard


def test_a_cut_frame_is_not_heard() -> None:
    assert chips.fsk_frame(chips.fsk(SWITCH_ON)[:-1]) is None
    assert chips.fsk_frame(chips.fsk(SWITCH_ON)[:45]) is None


def test_a_longer_preamble_and_a_tail_do_not_matter() -> None:
    assert chips.fsk_frame("10" * 300 + chips.fsk(SWITCH_ON) + "10" * 50) == SWITCH_ON


def test_ook_repeats_are_counted_whole() -> None:
    on_air = chips.ook(SOCKET_1_ON, 3)
    assert chips.ook_frames(on_air) == (SOCKET_1_ON,) * 3
    assert chips.ook_frames(on_air[:-1]) == (SOCKET_1_ON,) * 2


def test_ook_symbols_other_than_ev1527_are_refused() -> None:
    assert chips.ook_frames(chips.ook(SOCKET_1_ON[:-1] + b"\xaa", 2)) == ()


def test_find_tolerates_as_many_wrong_chips_as_asked() -> None:
    text = "0000" + "0010110111010000" + "1111"
    assert chips.find(text, "0010110111010100") == -1
    assert chips.find(text, "0010110111010100", 0, 1) == 4
    assert chips.find(text, "0010110111010100", 5, 1) == -1
