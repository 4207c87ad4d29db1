"""The transmitter's rules. Source: SX1231 data sheet, chapters 4.2.2 and 5.5.3.

Each test is killed by a mutant in test_mutants.py: a rule that no mutant breaks is not tested.
"""

from __future__ import annotations

import pytest

from energy_hw.sim import flags as f
from energy_hw.sim.clock import VirtualClock
from energy_hw.sim.console import FSK, OOK, STANDBY, TX, Console
from energy_hw.sim.hearing import Hearing
from energy_hw.sim.registers import Reg
from energy_hw.sim.rfm69 import Chip

FRAME = bytes.fromhex("0d04020100c29fb40cf542f13def")
CODE = bytes.fromhex("800000008ee8ee888ee8ee888ee8eeee")
CHIP_MS = 1000 / 4800
FRAME_MS = (40 + 14 * 16) * CHIP_MS  # preamble and sync word, then Manchester


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


def test_fifo_is_empty_16_chips_before_a_manchester_packet_ends(rig: Console) -> None:
    sending(rig)
    rig.until(f.FIFO_NOT_EMPTY, 0)
    assert rig.until(f.PACKET_SENT, f.PACKET_SENT) == pytest.approx(16 * CHIP_MS, abs=0.1)


def test_fifo_is_empty_8_chips_before_an_ook_packet_ends(rig: Console) -> None:
    sending(rig, *OOK, data=CODE)
    rig.until(f.FIFO_NOT_EMPTY, 0)
    assert rig.until(f.PACKET_SENT, f.PACKET_SENT) == pytest.approx(8 * CHIP_MS, abs=0.1)


def test_packet_sent_rises_after_the_last_chip(rig: Console) -> None:
    heard = sending(rig)
    rig.until(f.TX_READY, f.TX_READY)
    assert rig.until(f.PACKET_SENT, f.PACKET_SENT) == pytest.approx(FRAME_MS, abs=0.1)
    assert [hearing.fsk_frame() for hearing in heard] == [FRAME]


def test_leaving_tx_when_the_fifo_is_empty_cuts_the_frame(rig: Console) -> None:
    heard = sending(rig)
    rig.until(f.FIFO_NOT_EMPTY, 0)
    rig.mode(STANDBY)
    assert [hearing.fsk_frame() for hearing in heard] == [None]
    assert heard[0].transmission.truncated
    assert rig.chip.statistics.truncated_frames == 1


def test_leaving_tx_after_packet_sent_cuts_nothing(rig: Console) -> None:
    heard = sending(rig)
    rig.until(f.PACKET_SENT, f.PACKET_SENT)
    rig.mode(STANDBY)
    assert heard[0].fsk_frame() == FRAME
    assert rig.chip.statistics.truncated_frames == 0


def test_tx_without_a_packet_sends_endless_preamble(rig: Console) -> None:
    heard = sending(rig, data=b"")
    rig.run(100)
    rig.mode(STANDBY)
    assert [set(hearing.chips().split("10")) for hearing in heard] == [{""}]
    assert rig.chip.statistics.idle_preamble_ns == pytest.approx(100e6, abs=0.5e6)
    assert rig.chip.statistics.constant_carrier_ns == 0


def test_tx_without_a_packet_and_preamble_sends_a_constant(rig: Console) -> None:
    heard = sending(rig, (Reg.PREAMBLELSB, 0), data=b"")
    rig.run(100)
    rig.mode(STANDBY)
    assert [len(set(hearing.chips())) for hearing in heard] == [1]
    assert rig.chip.statistics.constant_carrier_ns == pytest.approx(100e6, abs=0.5e6)


def test_start_condition_not_empty_starts_with_the_first_byte(rig: Console) -> None:
    sending(rig, data=b"")
    rig.run(5)
    rig.fill(FRAME)
    rig.run(FRAME_MS + 1)
    assert rig.has(f.PACKET_SENT)


def test_start_condition_level_waits_for_more_than_the_threshold(rig: Console) -> None:
    sending(rig, (Reg.FIFOTHRESH, 13), data=FRAME[:13])
    rig.run(FRAME_MS + 5)
    assert rig.has(f.TX_READY | f.FIFO_NOT_EMPTY)
    assert rig.chip.statistics.packets_sent == 0
    rig.fill(FRAME[13:])
    rig.run(FRAME_MS + 5)
    assert rig.has(f.PACKET_SENT)


def test_next_packet_starts_when_the_condition_holds_again(rig: Console) -> None:
    heard = sending(rig, data=FRAME * 2)
    rig.run(2 * FRAME_MS + 2)
    assert [hearing.fsk_frame() for hearing in heard] == [FRAME] * 2


def test_an_empty_fifo_in_the_middle_of_a_packet_is_an_underrun(rig: Console) -> None:
    sending(rig, data=FRAME[:8])
    rig.until(f.PACKET_SENT, f.PACKET_SENT)
    assert rig.chip.statistics.underruns == 1


def test_unlimited_packets_end_without_packet_sent(rig: Console) -> None:
    heard = sending(rig, *OOK, (Reg.PAYLOADLEN, 0), data=CODE * 4)
    rig.run(4 * 128 * CHIP_MS + 5)
    assert not rig.has(f.PACKET_SENT)
    assert heard[0].ook_frames() == (CODE,) * 4


def test_a_refill_that_comes_too_late_in_unlimited_mode_is_an_underrun(rig: Console) -> None:
    sending(rig, *OOK, (Reg.PAYLOADLEN, 0), data=CODE)
    rig.run(128 * CHIP_MS + 5)
    assert rig.chip.statistics.underruns == 0
    rig.fill(CODE)
    assert rig.chip.statistics.underruns == 1


def test_tx_ready_is_set_after_the_ramp_and_cleared_leaving_tx(rig: Console) -> None:
    sending(rig)
    assert rig.until(f.TX_READY, f.TX_READY) == pytest.approx(0.24, abs=0.06)
    rig.write(Reg.OPMODE, STANDBY)
    assert not rig.has(f.TX_READY)


def test_packet_sent_is_cleared_leaving_tx(rig: Console) -> None:
    sending(rig)
    rig.until(f.PACKET_SENT, f.PACKET_SENT)
    rig.run(50)
    assert rig.has(f.PACKET_SENT)
    rig.write(Reg.OPMODE, STANDBY)
    assert not rig.has(f.PACKET_SENT)
