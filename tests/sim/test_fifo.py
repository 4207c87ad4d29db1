"""The FIFO's rules. Source: SX1231 data sheet, chapter 5.2.2 and table 18.

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
FRAME_MS = (40 + 14 * 16) * CHIP_MS  # preamble and sync word, then Manchester


@pytest.fixture
def rig() -> Console:
    return Console(Chip(VirtualClock(), seed=1))


def receiving(rig: Console, *more: tuple[int, int]) -> Console:
    """In RX, tuned to MiHome."""
    rig.load((*FSK, *more))
    rig.mode(RX)
    return rig


def hear(rig: Console) -> None:
    """A plug sends a frame; all of it is over."""
    rig.air.send_fsk(FRAME, sender="plug")
    rig.run(FRAME_MS + 1)


def sending(rig: Console, *more: tuple[int, int], data: bytes = FRAME) -> list[Hearing]:
    """On the way to TX with the data in the FIFO; what a listener will hear."""
    heard: list[Hearing] = []
    rig.air.listen(heard.append, "ear")
    rig.load((*FSK, *more))
    rig.fill(data)
    rig.write(Reg.OPMODE, TX)
    return heard


def test_level_is_set_above_the_threshold_and_not_at_it(rig: Console) -> None:
    rig.write(Reg.FIFOTHRESH, 4)
    rig.fill(b"1234")
    assert not rig.has(f.FIFO_LEVEL)
    rig.fill(b"5")
    assert rig.has(f.FIFO_LEVEL)


def test_level_follows_accesses_and_not_the_threshold(rig: Console) -> None:
    rig.write(Reg.FIFOTHRESH, 9)
    rig.fill(b"12345")
    rig.write(Reg.FIFOTHRESH, 2)
    assert not rig.has(f.FIFO_LEVEL)
    rig.drain(1)
    assert rig.has(f.FIFO_LEVEL)


def test_not_empty_is_right_after_each_access(rig: Console) -> None:
    rig.fill(b"12")
    assert rig.has(f.FIFO_NOT_EMPTY)
    rig.drain(1)
    assert rig.has(f.FIFO_NOT_EMPTY)
    rig.drain(1)
    assert not rig.has(f.FIFO_NOT_EMPTY)


def test_fifo_is_full_with_66_bytes(rig: Console) -> None:
    rig.fill(bytes(65))
    assert not rig.has(f.FIFO_FULL)
    rig.fill(b"x")
    assert rig.has(f.FIFO_FULL)
    assert not rig.has(f.FIFO_OVERRUN)


def test_host_overrun_loses_the_new_byte(rig: Console) -> None:
    rig.fill(bytes(range(66)) + b"\xee\xee")
    assert rig.has(f.FIFO_OVERRUN)
    assert rig.drain(66) == bytes(range(66))
    assert rig.chip.statistics.overruns == 1


def test_overrun_stays_until_1_is_written_which_empties_the_fifo(rig: Console) -> None:
    rig.fill(bytes(67))
    rig.drain(10)
    rig.write(Reg.IRQFLAGS2, 0x00)
    assert rig.has(f.FIFO_OVERRUN | f.FIFO_NOT_EMPTY)
    rig.write(Reg.IRQFLAGS2, 0x10)
    assert not rig.flags() & (f.FIFO_OVERRUN | f.FIFO_NOT_EMPTY | f.FIFO_LEVEL)


def test_receiver_overruns_the_fifo_with_a_packet_of_67_bytes(rig: Console) -> None:
    receiving(rig, (Reg.PAYLOADLEN, 0x42))
    rig.air.send_fsk(bytes([66, 4]) + bytes(65), sender="plug")
    rig.run(240)
    assert rig.has(f.FIFO_OVERRUN | f.PAYLOAD_READY)
    assert rig.drain(66)[:2] == bytes([66, 4])


def test_fifo_is_cleared_from_standby_to_rx(rig: Console) -> None:
    rig.fill(b"12")
    rig.mode(RX)
    assert not rig.has(f.FIFO_NOT_EMPTY)


def test_fifo_is_cleared_from_sleep_to_rx(rig: Console) -> None:
    rig.fill(b"12")
    rig.mode(SLEEP)
    rig.mode(RX)
    assert not rig.has(f.FIFO_NOT_EMPTY)


def test_fifo_is_cleared_from_rx_to_tx(rig: Console) -> None:
    hear(receiving(rig))
    rig.mode(TX)
    assert not rig.has(f.FIFO_NOT_EMPTY)


@pytest.mark.parametrize("mode", [STANDBY, SLEEP, RX, FS])
def test_fifo_is_cleared_from_tx_to_anything(rig: Console, mode: int) -> None:
    sending(rig)
    rig.run(10)
    rig.mode(mode)
    assert not rig.has(f.FIFO_NOT_EMPTY)


def test_fifo_is_kept_between_standby_and_sleep(rig: Console) -> None:
    rig.fill(b"12")
    rig.mode(SLEEP)
    rig.mode(STANDBY)
    assert rig.drain(2) == b"12"


@pytest.mark.parametrize("mode", [STANDBY, SLEEP])
def test_fifo_is_kept_from_standby_or_sleep_to_tx(rig: Console, mode: int) -> None:
    rig.load(FSK)
    rig.fill(FRAME)
    rig.mode(mode)
    rig.mode(TX, settle_ms=2)  # still in the preamble: nothing has been taken out
    assert rig.drain(14) == FRAME


@pytest.mark.parametrize("mode", [STANDBY, SLEEP])
def test_fifo_is_kept_from_rx_to_standby_or_sleep(rig: Console, mode: int) -> None:
    hear(receiving(rig))
    rig.mode(mode)
    assert rig.has(f.PAYLOAD_READY)
    assert rig.drain(14) == FRAME


def test_fifo_is_not_written_in_sleep_and_rx(rig: Console) -> None:
    for mode in (SLEEP, RX):
        rig.mode(mode)
        rig.fill(b"12")
        assert not rig.has(f.FIFO_NOT_EMPTY)
    assert rig.chip.statistics.ignored_writes == 4
