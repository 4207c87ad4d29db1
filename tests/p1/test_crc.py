"""CRC-16/ARC: its check value, checksums that meters printed, and the definition bit by bit."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from energy_hw.p1.crc import crc16
from p1_sim_rig import checksum

PLAIN = Path(__file__).parents[1] / "captures" / "p1" / "encrypted" / "esphome_sagemcom_t210" / "plain.bin"


def test_check_value() -> None:
    assert crc16(b"123456789") == 0xBB3D


def test_checksum_that_a_meter_printed() -> None:
    assert crc16(PLAIN.read_bytes()[:-6]) == 0x7EF9


@pytest.mark.parametrize("length", [0, 1, 2, 3, 15, 16, 17, 255, 256, 257, 1000, 8192])
def test_any_length_by_the_definition(length: int) -> None:
    data = Random(length).randbytes(length)
    assert b"%04X" % crc16(data) == checksum(data)
    assert crc16(bytes(length)) == 0
