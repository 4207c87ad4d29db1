"""The chip as a whole: reset, supply, dead lines, two worlds at once."""

from __future__ import annotations

import pytest

from energy_hw.errors import LinkError
from energy_hw.sim import flags as f
from energy_hw.sim.air import Air
from energy_hw.sim.clock import RealTimeClock, VirtualClock
from energy_hw.sim.console import FSK, RX, STANDBY, TX, Console
from energy_hw.sim.registers import Reg
from energy_hw.sim.rfm69 import Chip

FRAME = bytes.fromhex("0d04020100c29fb40cf542f13def")


@pytest.fixture
def rig() -> Console:
    return Console(Chip(VirtualClock(), seed=1))


def pulse(rig: Console, ms: float) -> None:
    rig.chip.reset_pin(True)
    rig.run(ms)
    rig.chip.reset_pin(False)


def test_it_starts_in_standby_with_reset_values(rig: Console) -> None:
    expected = {reg: reg.reset for reg in Reg if reg.access != "w" and reg}
    assert {reg: rig.read(reg) for reg in expected} == {**expected, Reg.RSSIVALUE: 0xFF}
    assert rig.flags() == f.MODE_READY


def test_reset_takes_100_us_and_all_state(rig: Console) -> None:
    rig.load(FSK)
    rig.fill(b"12")
    rig.mode(RX)
    pulse(rig, 0.11)
    rig.run(5.1)
    assert rig.read(Reg.OPMODE) == STANDBY
    assert rig.burst(Reg.FRFMSB, 3) == b"\xe4\xc0\x00"
    assert rig.flags() == f.MODE_READY
    assert rig.chip.statistics.resets == 1


def test_a_pulse_that_is_too_short_does_nothing(rig: Console) -> None:
    rig.write(Reg.SYNCVALUE1, 0x55)
    pulse(rig, 0.09)
    rig.run(6)
    assert rig.read(Reg.SYNCVALUE1) == 0x55
    assert rig.chip.statistics.resets == 0


def test_spi_answers_0xff_and_hears_nothing_for_5_ms_after_reset(rig: Console) -> None:
    rig.chip.reset_pin(True)
    rig.run(1)
    assert rig.read(Reg.VERSION) == 0xFF
    rig.chip.reset_pin(False)
    rig.run(4.9)
    assert rig.read(Reg.VERSION) == 0xFF
    rig.write(Reg.SYNCVALUE1, 0x55)
    rig.run(0.2)
    assert rig.read(Reg.VERSION) == 0x24
    assert rig.read(Reg.SYNCVALUE1) == 0x00


def test_after_power_on_it_takes_10_ms(rig: Console) -> None:
    rig.chip.power_cycle()
    rig.run(9.9)
    assert rig.read(Reg.VERSION) == 0xFF
    rig.run(0.2)
    assert rig.read(Reg.VERSION) == 0x24


def test_a_brown_out_ends_reception_and_transmission(rig: Console) -> None:
    rig.load(FSK)
    rig.fill(FRAME)
    rig.mode(TX, settle_ms=20)
    rig.chip.brown_out()
    assert rig.air.active == []
    assert rig.chip.statistics.truncated_frames == 1
    assert rig.burst(Reg.FRFMSB, 3) == b"\xe4\xc0\x00"
    rig.air.send_fsk(FRAME, sender="plug")
    rig.run(60)
    assert rig.flags() == f.MODE_READY


@pytest.mark.parametrize("level", [0x00, 0xFF])
def test_a_stuck_miso_hides_what_the_chip_still_does(rig: Console, level: int) -> None:
    rig.chip.miso = level
    rig.write(Reg.SYNCVALUE1, 0x55)
    assert rig.burst(Reg.VERSION, 3) == bytes([level]) * 3
    rig.chip.miso = None
    assert rig.read(Reg.SYNCVALUE1) == 0x55


def test_an_absent_chip_is_a_link_error(rig: Console) -> None:
    rig.chip.absent = True
    with pytest.raises(LinkError, match="no chip"):
        rig.read(Reg.VERSION)


def test_another_version_survives_resets(rig: Console) -> None:
    rig.chip.set_version(0x23)
    pulse(rig, 1)
    rig.run(6)
    assert rig.read(Reg.VERSION) == 0x23


def test_peek_disturbs_nothing(rig: Console) -> None:
    rig.fill(b"12")
    assert rig.chip.peek(Reg.FIFO) == 0
    assert rig.chip.peek(Reg.IRQFLAGS2) == 0x40
    assert rig.chip.statistics.spi_frames == 1


def test_a_poked_register_is_what_is_read(rig: Console) -> None:
    rig.chip.poke(Reg.FRFMSB, 0xAA)
    assert rig.read(Reg.FRFMSB) == 0xAA


def test_spi_is_counted(rig: Console) -> None:
    rig.burst(Reg.IRQFLAGS1, 2)
    rig.fill(FRAME)
    assert rig.chip.statistics.spi_frames == 2
    assert rig.chip.statistics.spi_bytes == 3 + 15


@pytest.mark.parametrize(
    ("high_power", "level", "dbm"),
    [
        (False, 0x9F, 13.0),
        (False, 0x9C, 10.0),
        (False, 0x5C, -100.0),  # nothing is connected there
        (True, 0x9F, -100.0),
        (True, 0x5C, 10.0),
        (True, 0x7F, 17.0),
    ],
)
def test_power_comes_out_of_the_amplifier_that_has_the_antenna(high_power: bool, level: int, dbm: float) -> None:
    rig = Console(Chip(VirtualClock(), high_power=high_power))
    rig.load((*FSK, (Reg.PALEVEL, level)))
    rig.mode(TX, settle_ms=1)
    assert rig.air.active[0].power_dbm == dbm


def test_20_dbm_needs_both_test_registers_and_no_current_limit() -> None:
    rig = Console(Chip(VirtualClock(), high_power=True))
    rig.load((*FSK, (Reg.PALEVEL, 0x7F), (Reg.TESTPA1, 0x5D), (Reg.TESTPA2, 0x7C), (Reg.OCP, 0x0F)))
    rig.mode(TX, settle_ms=1)
    assert rig.air.active[0].power_dbm == 20.0


def test_the_same_chip_works_in_real_time() -> None:
    clock = RealTimeClock(speed=100.0)
    rig = Console(Chip(clock, Air(clock)))
    rig.load(FSK)
    rig.mode(RX)
    rig.air.send_fsk(FRAME, sender="plug")
    rig.run(60)
    assert rig.drain(14) == FRAME
