"""The table of registers."""

from __future__ import annotations

from energy_hw.sim.registers import SIZE, WRITABLE, WRITE_ONLY, Reg, reset_values


def test_there_are_86_registers_with_addresses_of_their_own() -> None:
    assert len(list(Reg)) == 86
    assert len({int(reg) for reg in Reg}) == 86
    assert max(Reg) < SIZE


def test_reset_values_are_those_of_the_data_sheet() -> None:
    assert (Reg.OPMODE.reset, Reg.FRFMSB.reset, Reg.VERSION.reset, Reg.FIFOTHRESH.reset) == (0x04, 0xE4, 0x24, 0x0F)
    assert reset_values()[Reg.TESTDAGC] == 0x00
    assert reset_values()[0x50] == 0


def test_only_writable_registers_have_writable_bits() -> None:
    assert all(not WRITABLE[reg] for reg in Reg if reg.access == "r")
    assert {int(Reg.AESKEY1), int(Reg.AESKEY16)} <= WRITE_ONLY
