"""The DIO lines: levels by mode and mapping, edges, and the trap of mapping 01."""

from __future__ import annotations

import pytest

from energy_hw.sim import flags as f
from energy_hw.sim.clock import VirtualClock
from energy_hw.sim.console import FS, FSK, RX, SLEEP, STANDBY, TX, Console
from energy_hw.sim.dio import TABLE
from energy_hw.sim.registers import Reg
from energy_hw.sim.rfm69 import Chip

FRAME = bytes.fromhex("0d04020100c29fb40cf542f13def")


@pytest.fixture
def rig() -> Console:
    rig = Console(Chip(VirtualClock(), seed=1))
    rig.load(FSK)
    return rig


def edges(rig: Console, *lines: int) -> list[tuple[int, bool]]:
    """Every edge from now on."""
    seen: list[tuple[int, bool]] = []
    rig.chip.on_dio(lambda line, level: seen.append((line, level)), lines)
    return seen


def map_dio(rig: Console, line: int, mapping: int) -> None:
    rig.write(Reg.DIOMAPPING1 if line < 4 else Reg.DIOMAPPING2, mapping << (6 - 2 * (line % 4)))


def test_every_mode_has_four_mappings_of_six_lines() -> None:
    assert set(TABLE) == {0, 1, 2, 3, 4}
    assert {(len(rows), len(row)) for rows in TABLE.values() for row in rows} == {(4, 6)}


@pytest.mark.parametrize(
    ("mode", "line", "mapping", "level"),
    [
        (STANDBY, 2, 0, True),  # FifoNotEmpty
        (STANDBY, 1, 2, True),
        (STANDBY, 1, 0, False),  # FifoLevel
        (STANDBY, 5, 3, True),  # ModeReady
        (STANDBY, 0, 1, False),
        (SLEEP, 2, 0, True),
        (FS, 0, 3, True),  # PllLock
        (FS, 4, 3, True),
        (TX, 0, 1, True),  # TxReady
        (TX, 4, 0, True),  # ModeReady
        (TX, 0, 0, False),  # PacketSent
        (RX, 4, 2, True),  # RxReady
        (RX, 0, 3, True),  # Rssi: the noise passes a threshold of -127.5 dBm
        (RX, 0, 1, False),  # PayloadReady
        (RX, 3, 1, True),
    ],
)
def test_level_by_mode_and_mapping(rig: Console, mode: int, line: int, mapping: int, level: bool) -> None:
    rig.write(Reg.RSSITHRESH, 0xFF)
    rig.fill(b"\x0d")
    rig.mode(mode)
    map_dio(rig, line, mapping)
    assert rig.chip.dio(line) == level


def test_payload_ready_is_an_edge_when_it_happens(rig: Console) -> None:
    rig.write(Reg.DIOMAPPING1, 0x40)
    rig.mode(RX)
    times: list[int] = []
    rig.chip.on_dio(lambda _line, level: times.append(rig.clock.now_ns) if level else None, (0,))
    sent = rig.air.send_fsk(FRAME, sender="plug")
    rig.run(100)
    assert times == [sent.end_ns]
    rig.drain(14)
    assert not rig.chip.dio(0)


def test_mapping_01_gives_a_false_edge_on_the_way_into_tx(rig: Console) -> None:
    rig.write(Reg.DIOMAPPING1, 0x40)
    seen = edges(rig, 0)
    rig.fill(FRAME)
    rig.mode(TX, settle_ms=100)
    assert seen == [(0, True)]
    assert not rig.has(f.PAYLOAD_READY)
    rig.mode(STANDBY)
    assert seen == [(0, True), (0, False)]


def test_mapping_00_gives_an_edge_at_packet_sent(rig: Console) -> None:
    seen = edges(rig, 0)
    rig.fill(FRAME)
    rig.mode(TX, settle_ms=50)
    assert seen == []
    rig.run(10)
    assert seen == [(0, True)]


def test_a_changed_mapping_is_an_edge_if_the_level_changes(rig: Console) -> None:
    seen = edges(rig, 5)
    map_dio(rig, 5, 3)
    map_dio(rig, 5, 0)
    assert seen == [(5, True), (5, False)]


def test_a_line_that_follows_the_fifo_has_its_edge_at_the_byte(rig: Console) -> None:
    rig.load(((Reg.FIFOTHRESH, 4), (Reg.DIOMAPPING1, 0x00)))
    rig.mode(RX)
    times: list[float] = []
    rig.chip.on_dio(lambda _line, level: times.append(rig.clock.now_ns / 1e6), (1,))
    start_ms = rig.clock.now_ns / 1e6
    rig.air.send_fsk(FRAME, sender="plug")
    rig.run(60)
    assert [time - start_ms for time in times] == [pytest.approx((40 + 5 * 16) / 4.8, abs=0.01)]


def test_all_six_lines_can_be_watched(rig: Console) -> None:
    seen: list[int] = []
    rig.chip.on_dio(lambda line, _level: seen.append(line))
    rig.write(Reg.DIOMAPPING1, 0xFF, 0xF0)
    rig.mode(FS)
    assert set(seen) == {0, 1, 3, 4, 5}
