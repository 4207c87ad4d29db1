"""What the chip measures: frequency error, RSSI. (Its temperature: test_rx.py.)"""

from __future__ import annotations

import pytest

from energy_hw.sim.clock import VirtualClock
from energy_hw.sim.console import FSK, RX, STANDBY, Console
from energy_hw.sim.registers import Reg
from energy_hw.sim.rfm69 import Chip
from energy_hw.sim.settings import FSTEP_HZ

FRAME = bytes.fromhex("0d04020100c29fb40cf542f13def")
FEI_START, FEI_DONE, AFC_START, AFC_DONE, AFC_CLEAR = 0x20, 0x40, 0x01, 0x10, 0x02


@pytest.fixture
def rig() -> Console:
    rig = Console(Chip(VirtualClock(), seed=1))
    rig.load(FSK)
    rig.mode(RX)
    return rig


def error_hz(rig: Console, register: int = Reg.FEIMSB) -> float:
    return int.from_bytes(rig.burst(register, 2), signed=True) * FSTEP_HZ


@pytest.mark.parametrize("offset", [-12_000.0, 0.0, 7_500.0])
def test_fei_measures_how_far_the_sender_is_off(rig: Console, offset: float) -> None:
    rig.air.send_fsk(FRAME, sender="plug", frequency_offset_hz=offset)
    rig.run(20)
    rig.write(Reg.AFCFEI, FEI_START)
    assert not rig.read(Reg.AFCFEI) & FEI_DONE
    rig.run(1)
    assert rig.read(Reg.AFCFEI) & FEI_DONE
    assert error_hz(rig) == pytest.approx(offset, abs=FSTEP_HZ)


def test_fei_takes_the_strongest(rig: Console) -> None:
    rig.air.send_fsk(FRAME, sender="weak", frequency_offset_hz=-9000, power_dbm=-10)
    rig.air.send_fsk(FRAME, sender="strong", frequency_offset_hz=5000)
    rig.run(20)
    rig.write(Reg.AFCFEI, FEI_START)
    rig.run(1)
    assert error_hz(rig) == pytest.approx(5000, abs=FSTEP_HZ)


def test_fei_of_noise_means_nothing(rig: Console) -> None:
    values = set()
    for _ in range(8):
        rig.write(Reg.AFCFEI, FEI_START)
        rig.run(1)
        values.add(error_hz(rig))
    assert len(values) > 4
    assert all(abs(value) <= 31_300 for value in values)


def test_afc_corrects_the_receiver(rig: Console) -> None:
    rig.air.send_fsk(FRAME, sender="plug", frequency_offset_hz=20_000)
    rig.run(20)
    rig.write(Reg.AFCFEI, AFC_START)
    rig.run(1)
    assert rig.read(Reg.AFCFEI) & AFC_DONE
    assert rig.chip.receiver.tuned_hz == pytest.approx(434_320_000, abs=2 * FSTEP_HZ)
    rig.write(Reg.AFCFEI, AFC_CLEAR)
    assert rig.burst(Reg.AFCMSB, 2) == bytes(2)


@pytest.mark.parametrize(("dagc", "done"), [(0x00, True), (0x30, False)])
def test_rssi_start_gets_done_unless_dagc_is_on(rig: Console, dagc: int, done: bool) -> None:
    rig.write(Reg.TESTDAGC, dagc)
    rig.write(Reg.RSSICONFIG, 0x01)
    assert not rig.read(Reg.RSSICONFIG) & 0x02
    rig.run(10)
    assert bool(rig.read(Reg.RSSICONFIG) & 0x02) == done


def test_rssi_is_not_measured_outside_rx(rig: Console) -> None:
    rig.mode(STANDBY)
    rig.write(Reg.RSSICONFIG, 0x01)
    assert rig.read(Reg.RSSICONFIG) == 0x02
