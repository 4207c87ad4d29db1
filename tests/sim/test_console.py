"""Registers by hand."""

from __future__ import annotations

import pytest

from energy_hw.sim import flags as f
from energy_hw.sim.clock import VirtualClock
from energy_hw.sim.console import FS, FSK, RX, Console
from energy_hw.sim.registers import Reg
from energy_hw.sim.rfm69 import Chip


@pytest.fixture
def console() -> Console:
    return Console(Chip(VirtualClock()))


def test_tables_modes_and_flags(console: Console) -> None:
    console.load(FSK)
    console.mode(RX)
    assert console.burst(Reg.FRFMSB, 3) == b"\x6c\x93\x33"
    assert console.has(f.MODE_READY | f.RX_READY)
    assert console.air is console.chip.air


def test_until_says_how_long_it_took(console: Console) -> None:
    console.write(Reg.OPMODE, FS)
    assert console.until(f.MODE_READY, f.MODE_READY) == pytest.approx(0.1)


def test_until_gives_up(console: Console) -> None:
    with pytest.raises(TimeoutError, match="flags 0x8000, expected 0x0008 under 0x0008"):
        console.until(f.PACKET_SENT, f.PACKET_SENT, limit_ms=5)
