"""SPI framing and registers as the host sees them."""

from __future__ import annotations

import pytest

from energy_hw.sim import flags as f
from energy_hw.sim.clock import VirtualClock
from energy_hw.sim.console import FSK, RX, STANDBY, TX, Console
from energy_hw.sim.registers import Reg
from energy_hw.sim.rfm69 import Chip


@pytest.fixture
def rig() -> Console:
    return Console(Chip(VirtualClock(), seed=1))


def test_a_read_answers_from_the_second_byte_on(rig: Console) -> None:
    assert rig.chip.transfer(b"\x10\x00") == b"\x00\x24"
    assert rig.chip.transfer(b"\x10") == b"\x00"
    assert rig.chip.transfer(b"") == b""


def test_bursts_count_the_address_up(rig: Console) -> None:
    rig.write(Reg.SYNCVALUE1, 1, 2, 3, 4)
    assert rig.burst(Reg.SYNCVALUE1, 4) == bytes([1, 2, 3, 4])
    assert rig.read(Reg.SYNCVALUE3) == 3


def test_each_frame_starts_anew(rig: Console) -> None:
    rig.write(Reg.SYNCVALUE1, 7)
    rig.write(Reg.SYNCVALUE1, 8)
    assert rig.burst(Reg.SYNCVALUE1, 2) == bytes([8, 0])


def test_bursts_stay_at_the_fifo(rig: Console) -> None:
    rig.fill(b"\x0c\x0d\x0e")
    assert rig.read(Reg.OPMODE) == STANDBY
    assert rig.drain(3) == b"\x0c\x0d\x0e"


def test_a_write_answers_with_the_old_values(rig: Console) -> None:
    assert rig.write(Reg.FRFMSB, 0x6C, 0x93, 0x33) == b"\xe4\xc0\x00"
    assert rig.write(Reg.FRFMSB, 0, 0, 0) == b"\x6c\x93\x33"


def test_without_bit_7_nothing_is_written(rig: Console) -> None:
    rig.chip.transfer(bytes([Reg.SYNCVALUE1, 0x55]))
    assert rig.read(Reg.SYNCVALUE1) == 0


def test_an_empty_fifo_reads_zero_and_is_counted(rig: Console) -> None:
    assert rig.drain(2) == b"\x00\x00"
    assert rig.chip.statistics.empty_reads == 2


@pytest.mark.parametrize("register", [reg for reg in Reg if reg.access == "r"])
def test_read_only_registers_stay_as_they_are(rig: Console, register: Reg) -> None:
    before = rig.read(register)
    rig.write(register, before ^ 0xFF)
    assert rig.read(register) == before


@pytest.mark.parametrize(
    ("register", "written", "read"),
    [
        (Reg.FDEVMSB, 0xFF, 0x3F),
        (Reg.LNA, 0xFF, 0x8F),  # the gain in use is bit 3
        (Reg.OPMODE, 0x24, 0x04),  # ListenAbort is gone at once
        (Reg.PACKETCONFIG2, 0x16, 0x12),  # so is RestartRx
        (Reg.OSC1, 0x80, 0x41),
        (Reg.DIOMAPPING2, 0xFF, 0xF7),
        (Reg.AFCFEI, 0x0C, 0x1C),
        (Reg.AESKEY1, 0x55, 0x00),  # write-only
        (0x50, 0x55, 0x00),  # no such register
    ],
)
def test_bits_that_do_not_keep_what_is_written(rig: Console, register: int, written: int, read: int) -> None:
    rig.write(register, written)
    assert rig.read(register) == read


def test_every_fully_writable_register_keeps_what_is_written(rig: Console) -> None:
    registers = [reg for reg in Reg if reg.writable == 0xFF and reg.access == "rw" and reg]
    for register in registers:
        rig.write(register, 0x15)
    assert [rig.read(register) for register in registers] == [0x15] * len(registers)


def test_the_carrier_changes_when_its_low_byte_is_written(rig: Console) -> None:
    rig.load(FSK)
    rig.write(Reg.FRFMSB, 0xD9)
    rig.write(Reg.FRFMID, 0x00)
    rig.mode(TX, settle_ms=1)
    assert rig.air.active[0].frequency_hz == pytest.approx(434.3e6, abs=20)
    rig.mode(STANDBY)
    rig.write(Reg.FRFLSB, 0x00)
    rig.mode(TX, settle_ms=1)
    assert rig.air.active[0].frequency_hz == pytest.approx(868.0e6, abs=20)


@pytest.mark.parametrize(
    ("register", "value", "what"),
    [
        (Reg.OPMODE, 0x40, "Listen"),
        (Reg.OPMODE, 0x14, "mode 5"),
        (Reg.PACKETCONFIG2, 0x03, "AES"),
        (Reg.PACKETCONFIG1, 0xC0, "whitening"),
        (Reg.DATAMODUL, 0x60, "packet mode"),
        (Reg.DATAMODUL, 0x10, "packet mode"),
    ],
)
def test_what_is_not_simulated_is_refused_loudly(rig: Console, register: int, value: int, what: str) -> None:
    with pytest.raises(NotImplementedError, match=what):
        rig.write(register, value)


def test_flags_cannot_be_set_by_writing(rig: Console) -> None:
    rig.write(Reg.IRQFLAGS1, 0x7F)
    rig.write(Reg.IRQFLAGS2, 0xEF)
    assert rig.flags() == f.MODE_READY


def test_restart_rx_gives_up_a_packet_under_way(rig: Console) -> None:
    rig.load(FSK)
    rig.mode(RX)
    rig.air.send_fsk(bytes([13, 4]) + bytes(12), sender="plug")
    rig.run(30)
    rig.write(Reg.PACKETCONFIG2, 0x06)
    rig.run(60)
    assert not rig.has(f.PAYLOAD_READY)
