"""The receiver's flags, and when it is deaf. Source: SX1231 data sheet, chapter 4.3 and table 30.

Each test is killed by a mutant in test_mutants.py: a rule that no mutant breaks is not tested.
"""

from __future__ import annotations

import pytest

from energy_hw.sim import flags as f
from energy_hw.sim.clock import VirtualClock
from energy_hw.sim.console import FSK, RX, STANDBY, Console
from energy_hw.sim.registers import Reg
from energy_hw.sim.rfm69 import Chip
from energy_hw.sim.tx import chip_crc

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


def test_receiver_is_deaf_until_the_fifo_is_completely_empty(rig: Console) -> None:
    hear(receiving(rig))
    rig.drain(13)
    hear(rig)
    assert rig.chip.statistics.packets_received == 1
    rig.drain(1)
    hear(rig)
    assert rig.chip.statistics.packets_received == 2


def test_receiver_restarts_after_the_inter_packet_delay(rig: Console) -> None:
    hear(receiving(rig, (Reg.PACKETCONFIG2, 0x82)))  # 2^8 bits are 53 ms
    rig.drain(14)
    hear(rig)
    assert not rig.has(f.PAYLOAD_READY)
    hear(rig)
    assert rig.drain(14) == FRAME


def test_without_auto_restart_the_receiver_stays_deaf_until_restart_rx(rig: Console) -> None:
    hear(receiving(rig, (Reg.PACKETCONFIG2, 0x00)))
    rig.drain(14)
    hear(rig)
    assert not rig.has(f.PAYLOAD_READY)
    rig.write(Reg.PACKETCONFIG2, 0x04)
    rig.run(1)
    hear(rig)
    assert rig.has(f.PAYLOAD_READY)


def test_clearing_the_fifo_restarts_the_receiver(rig: Console) -> None:
    hear(receiving(rig))
    rig.write(Reg.IRQFLAGS2, 0x10)
    rig.run(1)
    hear(rig)
    assert rig.drain(14) == FRAME


@pytest.mark.parametrize("remedy", ["restart", "standby"])
def test_after_a_timeout_the_receiver_is_deaf_until_told_otherwise(rig: Console, remedy: str) -> None:
    receiving(rig, (Reg.RXTIMEOUT1, 100))  # 333 ms
    rig.run(340)
    assert rig.has(f.TIMEOUT)
    hear(rig)
    assert not rig.has(f.PAYLOAD_READY)
    if remedy == "standby":
        rig.mode(STANDBY)
    rig.load([(Reg.PACKETCONFIG2, 0x06)] if remedy == "restart" else [(Reg.OPMODE, RX)])
    rig.run(2)
    hear(rig)
    assert rig.has(f.PAYLOAD_READY)


def test_second_timeout_runs_from_the_rssi_flag_to_the_payload(rig: Console) -> None:
    receiving(rig, (Reg.RXTIMEOUT2, 20))  # 67 ms
    hear(rig)
    assert rig.has(f.PAYLOAD_READY)
    rig.write(Reg.IRQFLAGS2, 0x10)
    rig.write(Reg.IRQFLAGS1, 0x08)
    rig.run(500)
    assert not rig.has(f.TIMEOUT)
    rig.air.noise(0.2)
    rig.run(80)
    assert rig.has(f.TIMEOUT)


def test_rx_ready_comes_after_mode_ready_and_goes_with_rx(rig: Console) -> None:
    receiving(rig, (Reg.OPMODE, STANDBY))
    assert rig.has(f.RX_READY)
    rig.mode(STANDBY)
    rig.write(Reg.OPMODE, RX)
    rig.until(f.MODE_READY, f.MODE_READY)
    assert not rig.has(f.RX_READY)
    rig.mode(STANDBY)
    assert not rig.has(f.RX_READY)


def test_rssi_flag_is_cleared_by_writing_1_and_leaving_rx(rig: Console) -> None:
    receiving(rig)
    rig.air.noise(0.05)
    assert rig.has(f.RSSI)
    rig.write(Reg.IRQFLAGS1, 0x08)
    assert not rig.has(f.RSSI)
    rig.run(100)
    rig.air.noise(0.05)
    assert rig.has(f.RSSI)
    rig.write(Reg.OPMODE, STANDBY)
    assert not rig.has(f.RSSI)


def test_rssi_flag_needs_more_than_the_threshold(rig: Console) -> None:
    receiving(rig)
    rig.air.noise(0.05, power_dbm=-114.5 + 60)
    assert not rig.has(f.RSSI)
    rig.air.noise(0.05, power_dbm=-113.0 + 60)
    assert rig.has(f.RSSI)


def test_sync_address_is_cleared_leaving_rx(rig: Console) -> None:
    receiving(rig)
    rig.air.send_fsk(FRAME, sender="plug")
    rig.run(30)
    assert rig.has(f.SYNC_ADDRESS)
    rig.write(Reg.OPMODE, STANDBY)
    assert not rig.has(f.SYNC_ADDRESS)


def test_payload_ready_sync_address_and_crc_ok_go_when_the_fifo_is_empty(rig: Console) -> None:
    hear(receiving(rig))
    assert rig.has(f.PAYLOAD_READY | f.SYNC_ADDRESS)
    rig.drain(13)
    assert rig.has(f.PAYLOAD_READY | f.SYNC_ADDRESS)
    rig.drain(1)
    assert not rig.flags() & (f.PAYLOAD_READY | f.SYNC_ADDRESS | f.CRC_OK)


def test_timeout_is_cleared_leaving_rx(rig: Console) -> None:
    receiving(rig, (Reg.RXTIMEOUT1, 2))
    rig.run(32 * CHIP_MS)
    assert rig.has(f.TIMEOUT)
    rig.write(Reg.OPMODE, STANDBY)
    assert not rig.has(f.TIMEOUT)


def test_temperature_falls_by_1_per_degree_and_disturbs_reception(rig: Console) -> None:
    values = []
    for degrees in (20, 21):
        rig.chip.measure.temperature_c = degrees
        rig.write(Reg.TEMP1, 0x08)
        assert rig.read(Reg.TEMP1) & 0x04
        rig.run(0.11)
        assert not rig.read(Reg.TEMP1) & 0x04
        values.append(rig.read(Reg.TEMP2))
    assert values == [146, 145]
    receiving(rig)
    rig.air.send_fsk(FRAME, sender="plug")
    rig.run(30)
    rig.write(Reg.TEMP1, 0x08)
    rig.run(FRAME_MS)
    assert not rig.has(f.PAYLOAD_READY)


def test_crc_ok_goes_when_the_fifo_is_empty(rig: Console) -> None:
    receiving(rig, (Reg.PACKETCONFIG1, 0xB2))
    rig.air.send_fsk(FRAME + chip_crc(FRAME), sender="plug")
    rig.run(FRAME_MS + 10)
    assert rig.has(f.PAYLOAD_READY | f.CRC_OK)
    rig.drain(14)
    assert not rig.flags() & (f.PAYLOAD_READY | f.CRC_OK)


def test_timeout_goes_when_the_fifo_is_empty_and_the_receiver_stays_deaf(rig: Console) -> None:
    receiving(rig, (Reg.RXTIMEOUT2, 10))  # 33 ms: in the middle of the frame
    rig.air.send_fsk(FRAME, sender="plug")
    rig.run(40)
    assert rig.has(f.TIMEOUT | f.FIFO_NOT_EMPTY)
    rig.write(Reg.RXTIMEOUT2, 0)
    while rig.has(f.FIFO_NOT_EMPTY):
        rig.drain(1)
    assert not rig.has(f.TIMEOUT)
    rig.run(60)
    hear(rig)
    assert not rig.has(f.PAYLOAD_READY)


def test_inter_packet_delay_is_none_from_exponent_12_on(rig: Console) -> None:
    hear(receiving(rig, (Reg.PACKETCONFIG2, 0xC2)))
    rig.drain(14)
    hear(rig)
    assert rig.has(f.PAYLOAD_READY)
