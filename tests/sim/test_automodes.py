"""The automatic modes."""

from __future__ import annotations

import pytest

from energy_hw.sim import flags as f
from energy_hw.sim.air import Hearing
from energy_hw.sim.clock import VirtualClock
from energy_hw.sim.console import FSK, OOK, RX, SLEEP, STANDBY, Console
from energy_hw.sim.modes import STANDBY as STANDBY_MODE
from energy_hw.sim.modes import TX as TX_MODE
from energy_hw.sim.registers import Reg
from energy_hw.sim.rfm69 import Chip

FRAME = bytes.fromhex("0d04020100c29fb40cf542f13def")
CODE = bytes.fromhex("800000008ee8ee888ee8ee888ee8eeee")


@pytest.fixture
def rig() -> Console:
    rig = Console(Chip(VirtualClock(), seed=1))
    rig.load(FSK)
    return rig


def test_filling_the_fifo_sends_and_packet_sent_ends_it(rig: Console) -> None:
    """As ener314-py does: enter FifoNotEmpty, exit PacketSent, intermediate TX; no byte is cut."""
    heard: list[Hearing] = []
    rig.air.listen(heard.append, "socket")
    rig.load((*OOK, (Reg.PAYLOADLEN, 64), (Reg.AUTOMODES, 0x3B)))
    rig.fill(CODE * 4)
    assert rig.has(f.AUTO_MODE)
    assert rig.chip.modes.mode == TX_MODE
    rig.run(200)
    assert not rig.has(f.AUTO_MODE)
    assert rig.chip.modes.mode == STANDBY_MODE
    assert [hearing.ook_frames() for hearing in heard] == [(CODE,) * 4]
    assert rig.chip.statistics.truncated_frames == 0
    assert rig.chip.statistics.constant_carrier_ns == 0


def test_reading_in_standby_after_each_packet(rig: Console) -> None:
    """Enter PayloadReady, intermediate Standby, exit FIFO empty: the same as AutoRxRestart."""
    rig.write(Reg.AUTOMODES, 4 << 5 | 1 << 2 | 1)
    rig.mode(RX)
    for _ in range(2):
        rig.air.send_fsk(FRAME, sender="plug")
        rig.run(60)
        assert rig.has(f.AUTO_MODE | f.PAYLOAD_READY)
        assert rig.chip.modes.mode == STANDBY_MODE
        assert rig.drain(14) == FRAME
        rig.run(2)
        assert rig.has(f.RX_READY)


def test_level_starts_and_an_empty_fifo_ends(rig: Console) -> None:
    rig.load(((Reg.FIFOTHRESH, 0x85), (Reg.AUTOMODES, 2 << 5 | 1 << 2 | 3)))
    rig.mode(SLEEP)
    rig.write(Reg.OPMODE, STANDBY)
    rig.run(1)
    rig.fill(FRAME[:5])
    assert not rig.has(f.AUTO_MODE)
    rig.fill(FRAME[5:])
    assert rig.has(f.AUTO_MODE)
    rig.run(100)
    assert not rig.has(f.AUTO_MODE)
    assert rig.chip.statistics.truncated_frames == 1  # the FIFO is empty 16 chips too early


@pytest.mark.parametrize("value", [0x00, 0x20, 0x18])
def test_half_a_condition_does_nothing(rig: Console, value: int) -> None:
    rig.write(Reg.AUTOMODES, value | 3)
    rig.fill(FRAME)
    rig.run(100)
    assert rig.chip.modes.mode == STANDBY_MODE


def test_a_commanded_mode_ends_it(rig: Console) -> None:
    rig.write(Reg.AUTOMODES, 0x3B)
    rig.fill(FRAME)
    rig.run(1)
    rig.write(Reg.OPMODE, RX)
    assert not rig.has(f.AUTO_MODE)
