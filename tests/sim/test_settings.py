"""What register values mean."""

from __future__ import annotations

import pytest

from energy_hw.sim import settings
from energy_hw.sim.air import Modulation
from energy_hw.sim.registers import Reg, reset_values


def registers(**values: int) -> bytearray:
    regs = reset_values()
    for name, value in values.items():
        regs[Reg[name]] = value
    return regs


@pytest.mark.parametrize(
    ("value", "modulation", "khz"), [(0x43, 0x00, 62.5), (0x41, 0x08, 125.0), (0x55, 0x00, 12.5 * 32e3 / 38.4e3)]
)
def test_bandwidth(value: int, modulation: int, khz: float) -> None:
    assert settings.bandwidth_hz(registers(RXBW=value, DATAMODUL=modulation)) == pytest.approx(khz * 1000, rel=0.01)


def test_rates_and_frequencies() -> None:
    regs = registers(FRFMSB=0x6C, FRFMID=0x93, FRFLSB=0x33, FDEVMSB=0x01, FDEVLSB=0xEC)
    assert settings.frequency_hz(regs) == pytest.approx(434.3e6, abs=20)
    assert settings.deviation_hz(regs) == pytest.approx(30_029, abs=1)
    assert 1e9 / settings.chip_ns(regs) == pytest.approx(4799.76, abs=0.01)


def test_modulation() -> None:
    assert settings.modulation(registers()) is Modulation.FSK
    assert settings.modulation(registers(DATAMODUL=0x08)) is Modulation.OOK


def test_start_up_times_of_the_data_sheet() -> None:
    fsk, ook = registers(), registers(DATAMODUL=0x08)
    assert settings.tx_start_ns(fsk) == pytest.approx(5_000 + 50_000 + 104_172, abs=1)
    assert settings.tx_start_ns(ook) == pytest.approx(5_000 + 104_172, abs=1)
    assert settings.rx_start_ns(registers(RXBW=0x55)) == pytest.approx(1.7e6, rel=0.05)


def test_packet_formats() -> None:
    fixed = settings.packet(registers(PACKETCONFIG1=0x00, PAYLOADLEN=0, SYNCCONFIG=0x00))
    assert fixed.unlimited
    assert (fixed.sync, fixed.chips_per_byte) == ("", 8)
    mihome = settings.packet(registers(PACKETCONFIG1=0xA2, SYNCCONFIG=0x8A, SYNCVALUE1=0x2D, SYNCVALUE2=0xD4))
    assert (mihome.variable, mihome.manchester, mihome.crc, mihome.filter) == (True, True, False, 1)
    assert (mihome.sync, mihome.tolerance, mihome.preamble) == ("0010110111010100", 2, 3)
    assert not mihome.unlimited


@pytest.mark.parametrize(
    ("high_power", "level", "dbm"), [(False, 0x92, 0.0), (False, 0x80, -18.0), (True, 0x52, 0.0), (True, 0x70, 2.0)]
)
def test_power(high_power: bool, level: int, dbm: float) -> None:
    assert settings.power_dbm(registers(PALEVEL=level), high_power) == dbm
