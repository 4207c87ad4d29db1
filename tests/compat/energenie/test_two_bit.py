"""TwoBit: OOK frames as lists."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_hw.compat.energenie import TwoBit
from energy_hw.errors import FrameError


def test_the_frame_of_socket_one() -> None:
    expected = [0x80, 0, 0, 0, *TwoBit.DEFAULT_ADDR_ENC, 0xEE, 0xEE]
    assert TwoBit.encode_switch_message(True, 1) == expected
    assert TwoBit.encode_switch_message(1, device_address=1, house_address=0x6C6C6) == expected
    assert bytes(TwoBit.DEFAULT_ADDR_ENC).hex() == "8ee8ee888ee8ee888ee8"


def test_all_is_the_default() -> None:
    assert TwoBit.encode_switch_message(False) == [*TwoBit.PREAMBLE, *TwoBit.DEFAULT_ADDR_ENC, 0xEE, 0x88]


@given(st.integers(0, 0xFFFFF), st.integers(0, 6), st.booleans())
def test_what_is_encoded_is_decoded(house: int, index: int, on: bool) -> None:
    payload = TwoBit.encode_switch_message(on, index, house)
    assert TwoBit.decode_switch_message(payload) == (house, index, on)
    assert TwoBit.decode_command(payload[-2:]) == (index, on)


def test_a_house_code_of_more_bits_is_cut_as_in_pyenergenie() -> None:
    assert TwoBit.encode_switch_message(True, 1, 0x123456) == TwoBit.encode_switch_message(True, 1, 0x23456)


@pytest.mark.parametrize("index", [-1, 7])
def test_another_index_is_a_value_error(index: int) -> None:
    with pytest.raises(ValueError, match="gang of 0"):
        TwoBit.encode_switch_message(True, index)


@given(st.binary(max_size=8))
def test_bytes_become_four_symbols_each_and_come_back(data: bytes) -> None:
    symbols = TwoBit.encode_bytes(data)
    assert len(symbols) == 4 * len(data)
    assert bytes(TwoBit.decode_bytes(symbols)) == data


def test_parts_of_a_frame() -> None:
    assert TwoBit.encode_bits(0b0110, 4) == [0x8E, 0xE8]
    assert TwoBit.decode_bits([0x8E, 0xE8], 4) == [0b0110]
    assert TwoBit.encode_relay_message(True) == [0x80, 0, 0, 0, 0xEE, 0xEE]
    assert TwoBit.encode_relay_message() == [0x80, 0, 0, 0, 0xEE, 0xE8]
    assert TwoBit.PREAMBLE == [0x80, 0, 0, 0]
    assert TwoBit.encode_test_message(0x0F) == TwoBit.encode_switch_message(True, 1)
    assert TwoBit.ashex([0x80, 0]) == "0x80 0x0 "


@pytest.mark.parametrize("bad", [[], [0x80, 0, 0, 0], [0x11] * 16])
def test_what_is_no_frame_is_a_frame_error(bad: list[int]) -> None:
    with pytest.raises(FrameError):
        TwoBit.decode_switch_message(bad)


def test_what_is_no_symbol_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="0x42"):
        TwoBit.decode_bits([0x42], 2)


def test_frames_are_those_of_the_captures() -> None:
    rows = json.loads((Path(__file__).parents[2] / "captures" / "ook_frames.json").read_text())
    assert len(rows) == 14
    for row in rows:
        payload = TwoBit.encode_switch_message(row["on"], row["gang"], int(row["address"], 16))
        assert bytes(payload).hex() == row["frame_hex"]
