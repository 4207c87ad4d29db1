"""Every fault of the script does what its line in the table says, and when."""

from __future__ import annotations

import errno

import pytest

from energy_hw.errors import LinkError
from energy_hw.sim import flags as f
from energy_hw.sim.board import SimBoard, sim_board
from energy_hw.sim.clock import SECOND
from energy_hw.sim.console import FSK, RX, STANDBY, TX, Console
from energy_hw.sim.faults import FAULTS, Faults
from energy_hw.sim.registers import Reg

FRAME = bytes.fromhex("0d04020100c29fb40cf542f13def")
READ_VERSION = [b"\x10\x00"]


@pytest.fixture
def board() -> SimBoard:
    return sim_board(overhead_us=0)


@pytest.fixture
def faults(board: SimBoard) -> Faults:
    return Faults(board)


@pytest.fixture
def console(board: SimBoard) -> Console:
    console = Console(board.chip)
    console.load(FSK)
    return console


def test_every_fault_is_in_the_table() -> None:
    import energy_hw.sim.faults as module

    assert all(f"| {name} " in (module.__doc__ or "") for name in FAULTS)
    assert len(FAULTS) == 12


def test_a_fault_happens_at_its_time_and_can_be_spared(board: SimBoard, faults: Faults) -> None:
    faults.at(2.0, "spi_error")
    faults.at(3.0, "spi_error").cancel()
    board.spi.sleep_us(1_900_000)
    assert board.spi.transfer(READ_VERSION)
    board.spi.sleep_us(200_000)
    with pytest.raises(LinkError, match="input/output error") as caught:
        board.spi.transfer(READ_VERSION)
    assert caught.value.errno == errno.EIO
    board.spi.sleep_us(1_000_000)
    assert board.spi.transfer(READ_VERSION)


def test_an_unknown_fault_is_refused_at_once(faults: Faults) -> None:
    with pytest.raises(KeyError, match="earthquake"):
        faults.at(1.0, "earthquake")


def test_spi_errors_come_as_often_as_said(board: SimBoard, faults: Faults) -> None:
    faults.now("spi_error", count=2)
    for _ in range(2):
        with pytest.raises(LinkError):
            board.spi.transfer(READ_VERSION)
    assert board.spi.transfer(READ_VERSION) == [b"\x00\x24"]


def test_a_short_transfer_lacks_its_last_byte(board: SimBoard, faults: Faults) -> None:
    faults.now("short_transfer")
    assert board.spi.transfer([b"\x10\x00", b"\x27\x00\x00"]) == [b"\x00\x24", b"\x00\x80"]
    assert board.spi.transfer(READ_VERSION) == [b"\x00\x24"]


def test_a_register_flip_changes_the_bits_of_the_mask(faults: Faults, console: Console) -> None:
    faults.now("register_flip", address=Reg.SYNCVALUE1, mask=0x81)
    assert console.read(Reg.SYNCVALUE1) == 0x2D ^ 0x81


def test_a_brown_out_loses_the_table_and_the_mode(faults: Faults, console: Console) -> None:
    console.mode(RX)
    faults.now("brown_out")
    assert console.read(Reg.OPMODE) == STANDBY
    assert console.burst(Reg.FRFMSB, 3) == b"\xe4\xc0\x00"


def test_a_power_cycle_is_silent_for_10_ms(faults: Faults, console: Console) -> None:
    faults.now("power_cycle")
    console.run(9)
    assert console.read(Reg.VERSION) == 0xFF
    console.run(2)
    assert console.read(Reg.SYNCVALUE1) == 0x00


def test_miso_gets_stuck_and_free(board: SimBoard, faults: Faults) -> None:
    faults.at(1.0, "miso", level=0x00)
    faults.at(2.0, "miso", level=0xFF)
    faults.at(3.0, "miso", level=None)
    seen = []
    for _ in range(4):
        seen.append(board.spi.transfer(READ_VERSION)[0][1])
        board.spi.sleep_us(1_000_000)
    assert seen == [0x24, 0x00, 0xFF, 0x24]


def test_an_absent_chip_comes_back(board: SimBoard, faults: Faults) -> None:
    faults.now("absent")
    with pytest.raises(LinkError, match="no chip"):
        board.spi.transfer(READ_VERSION)
    faults.now("absent", absent=False)
    assert board.spi.transfer(READ_VERSION) == [b"\x00\x24"]


def test_another_version(board: SimBoard, faults: Faults) -> None:
    faults.now("version", version=0x22)
    assert board.spi.transfer(READ_VERSION) == [b"\x00\x22"]


def test_a_stall_delays_whatever_the_thread_does_next(board: SimBoard, faults: Faults) -> None:
    faults.at(1.0, "stall", ms=120)
    board.spi.sleep_us(1_000_000)
    assert board.clock.now_ns == SECOND
    board.spi.transfer(READ_VERSION)
    assert board.clock.now_ns == SECOND + 120_000_000 + 4000


def test_a_stall_while_a_packet_is_streamed_is_an_underrun(board: SimBoard, faults: Faults, console: Console) -> None:
    console.load(((Reg.PACKETCONFIG1, 0x00), (Reg.PAYLOADLEN, 200), (Reg.FIFOTHRESH, 0x1F)))
    board.spi.transfer([b"\x80" + bytes(64)])
    board.spi.transfer([bytes([0x80 | Reg.OPMODE, TX])])
    faults.now("stall", ms=150)  # 64 bytes of 8 chips last 107 ms
    board.spi.transfer([b"\x80" + bytes(64)])
    assert board.chip.statistics.underruns == 1


def test_a_pll_that_does_not_lock(faults: Faults, console: Console) -> None:
    faults.now("pll")
    console.fill(FRAME)
    console.mode(TX, settle_ms=100)
    assert not console.has(f.MODE_READY)
    assert console.chip.statistics.pll_failures == 1


def test_packet_sent_that_does_not_rise(faults: Faults, console: Console) -> None:
    faults.now("packet_sent")
    console.fill(FRAME)
    console.mode(TX, settle_ms=100)
    assert not console.has(f.PACKET_SENT)
    assert console.chip.statistics.packets_sent == 1


def test_an_edge_that_gets_lost(board: SimBoard, faults: Faults, console: Console) -> None:
    console.write(Reg.DIOMAPPING1, 0x40)
    console.mode(RX)
    faults.now("edge")
    board.air.send_fsk(FRAME, sender="plug")
    assert not board.pins.wait(0.2)
    assert console.has(f.PAYLOAD_READY)
    console.drain(14)
    board.air.send_fsk(FRAME, sender="plug")
    assert board.pins.wait(0.2)
