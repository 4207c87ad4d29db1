"""The mode machine's rules. Source: SX1231 data sheet, chapters 4.1 and 4.2.

Each test is killed by a mutant in test_mutants.py: a rule that no mutant breaks is not tested.
"""

from __future__ import annotations

import pytest

from energy_hw.sim import flags as f
from energy_hw.sim.clock import VirtualClock
from energy_hw.sim.console import FS, FSK, RX, SLEEP, STANDBY, TX, Console
from energy_hw.sim.hearing import Hearing
from energy_hw.sim.registers import Reg
from energy_hw.sim.rfm69 import Chip

FRAME = bytes.fromhex("0d04020100c29fb40cf542f13def")
CHIP_MS = 1000 / 4800


@pytest.fixture
def rig() -> Console:
    return Console(Chip(VirtualClock(), seed=1))


def sending(rig: Console, *more: tuple[int, int], data: bytes = FRAME) -> list[Hearing]:
    """On the way to TX with the data in the FIFO; what a listener will hear."""
    heard: list[Hearing] = []
    rig.air.listen(heard.append, "ear")
    rig.load((*FSK, *more))
    rig.fill(data)
    rig.write(Reg.OPMODE, TX)
    return heard


@pytest.mark.parametrize(
    ("start", "mode", "ready_ms"),
    [
        (SLEEP, STANDBY, 0.25),
        (STANDBY, FS, 0.08),
        (SLEEP, FS, 0.33),
        (STANDBY, TX, 0.08 + 0.005 + 1.25 * 0.04 + CHIP_MS / 2),
        (STANDBY, RX, 0.08 + 0.4 + 13 / 62.5),
    ],
)
def test_mode_ready_comes_after_the_start_up_time(rig: Console, start: int, mode: int, ready_ms: float) -> None:
    rig.load(FSK)
    rig.mode(start)
    rig.write(Reg.OPMODE, mode)
    rig.run(ready_ms - 0.002)
    assert not rig.has(f.MODE_READY)
    rig.run(0.004)
    assert rig.has(f.MODE_READY)


def test_writing_the_same_mode_does_not_pulse_mode_ready(rig: Console) -> None:
    rig.mode(RX)
    rig.write(Reg.OPMODE, RX)
    assert rig.has(f.MODE_READY)


def test_pll_lock_is_there_from_fs_on_and_not_in_standby(rig: Console) -> None:
    for mode in (FS, TX, RX):
        rig.mode(mode)
        assert rig.has(f.PLL_LOCK)
        rig.mode(STANDBY)
        assert not rig.has(f.PLL_LOCK)


def test_a_pll_that_does_not_lock_leaves_the_chip_in_fs_until_standby(rig: Console) -> None:
    rig.chip.modes.pll_faults = 1
    sending(rig)
    rig.run(500)
    assert not rig.flags() & (f.PLL_LOCK | f.MODE_READY | f.PACKET_SENT)
    rig.mode(RX)
    assert not rig.has(f.MODE_READY)
    rig.mode(STANDBY)
    assert rig.has(f.MODE_READY)
    rig.mode(TX)
    assert rig.has(f.TX_READY)


def test_a_switched_off_sequencer_goes_nowhere(rig: Console) -> None:
    rig.mode(0x80 | TX)
    assert rig.read(Reg.OPMODE) == 0x80 | TX
    assert not rig.has(f.TX_READY)
    rig.mode(TX)
    assert rig.has(f.TX_READY)
