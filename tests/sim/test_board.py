"""The simulated board: time on the bus, pins, jitter, lost edges, names."""

from __future__ import annotations

import threading

import pytest

from energy_hw.errors import ConfigError, LinkClosed
from energy_hw.links.board import open_bus
from energy_hw.sim import flags as f
from energy_hw.sim.air import Air
from energy_hw.sim.board import SimBoard, open_board, sim_board
from energy_hw.sim.clock import SECOND, RealTimeClock, VirtualClock
from energy_hw.sim.console import FSK, RX, TX, Console
from energy_hw.sim.registers import Reg

FRAME = bytes.fromhex("0d04020100c29fb40cf542f13def")


def listening(board: SimBoard) -> Console:
    """Tuned to MiHome, DIO0 shows PayloadReady."""
    console = Console(board.chip)
    console.load((*FSK, (Reg.DIOMAPPING1, 0x40)))
    console.mode(RX)
    return console


def test_a_message_takes_2_us_a_byte_and_its_overhead() -> None:
    board = sim_board(overhead_us=30)
    answers = board.spi.transfer([bytes([0x27, 0, 0]), bytes([0x10, 0])])
    assert answers == [b"\x00\x80\x00", b"\x00\x24"]
    assert board.clock.now_ns == 30_000 + 5 * 2000
    assert board.spi.messages == 1


def test_sleep_takes_simulated_time() -> None:
    board = sim_board()
    board.spi.sleep_us(1500)
    assert board.clock.monotonic() == 0.0015


def test_a_closed_bus_refuses() -> None:
    with sim_board() as board:
        pass
    board.close()
    with pytest.raises(LinkClosed, match="sim: was closed"):
        board.spi.transfer([b"\x10\x00"])


def test_wait_ends_at_the_edge() -> None:
    board = sim_board()
    listening(board)
    sent = board.air.send_fsk(FRAME, sender="plug")
    assert board.pins.wait(10.0)
    assert board.clock.now_ns == sent.end_ns
    assert (board.pins.wakeups, board.pins.edges) == (1, 1)


def test_an_edge_before_the_wait_counts_once() -> None:
    board = sim_board()
    console = listening(board)
    board.air.send_fsk(FRAME, sender="plug")
    console.run(60)
    now = board.clock.now_ns
    assert board.pins.wait(10.0)
    assert board.clock.now_ns == now
    assert not board.pins.wait(0.5)
    assert board.clock.now_ns == now + SECOND // 2


def test_without_dio0_every_wait_takes_its_time() -> None:
    board = sim_board(dio0=False)
    console = listening(board)
    assert not board.pins.has_dio0
    start = board.clock.now_ns
    board.air.send_fsk(FRAME, sender="plug")
    assert not board.pins.wait(0.2)
    assert board.clock.now_ns == start + SECOND // 5
    assert console.has(f.PAYLOAD_READY)


def test_wake_ends_the_next_wait() -> None:
    board = sim_board()
    board.pins.wake()
    assert not board.pins.wait(10.0)
    assert board.clock.now_ns == 0


def test_wake_from_another_thread_ends_a_wait_in_real_time() -> None:
    board = sim_board(speed=1.0)
    waker = threading.Timer(0.02, board.pins.wake)
    waker.start()
    assert not board.pins.wait(5.0)
    assert board.clock.monotonic() < 4.0
    waker.join(5)


def test_reset_line_works_only_where_it_is_wired() -> None:
    for wired in (True, False):
        board = sim_board(reset=wired)
        Console(board.chip).write(Reg.SYNCVALUE1, 0x55)
        board.pins.reset(True)
        board.spi.sleep_us(1000)
        board.pins.reset(False)
        board.spi.sleep_us(10_000)
        assert board.pins.has_reset == wired
        assert board.chip.statistics.resets == wired


def test_leds_go_out_when_the_board_is_closed() -> None:
    board = sim_board()
    board.pins.leds(True, False)
    assert board.pins.leds_lit == (True, False)
    board.close()
    assert board.pins.leds_lit == (False, False)


def test_jitter_makes_every_sleep_and_wait_late_by_up_to_its_length() -> None:
    board = sim_board(jitter_s=0.008, seed=4)
    late = []
    for _ in range(200):
        before = board.clock.now_ns
        board.spi.sleep_us(1000)
        late.append((board.clock.now_ns - before) / 1e6 - 1)
        before = board.clock.now_ns
        board.pins.wait(0.001)
        late.append((board.clock.now_ns - before) / 1e6 - 1)
    assert 0 <= min(late) < 0.2
    assert 7.8 < max(late) <= 8
    assert sum(late) / len(late) == pytest.approx(4, abs=0.5)


def test_jitter_is_the_same_for_the_same_seed() -> None:
    def times(seed: int) -> int:
        board = sim_board(jitter_s=0.01, seed=seed)
        for _ in range(10):
            board.spi.sleep_us(10)
        return board.clock.now_ns

    assert times(1) == times(1) != times(2)


def test_edges_get_lost_at_the_rate_that_was_asked_for() -> None:
    board = sim_board(edge_loss=0.3)
    console = listening(board)
    for _ in range(200):
        board.air.send_fsk(FRAME, sender="plug")
        console.run(60)
        console.drain(14)
        console.run(1)
    assert board.pins.edges == pytest.approx(140, abs=25)


def test_the_board_goes_by_names() -> None:
    assert isinstance(open_bus("sim:"), SimBoard)
    board = open_board("sim:", dio0=False, seed=3)
    assert not board.pins.has_dio0
    assert board.names == {}
    with pytest.raises(ConfigError, match="sim:zoo is not simulated"):
        open_board("sim:zoo")


def test_a_board_joins_the_air_that_is_given() -> None:
    air = Air(VirtualClock(), seed=9)
    board = sim_board(air=air, names={0x373: "kettle"})
    assert board.air is air
    assert board.clock is air.clock
    assert board.names == {0x373: "kettle"}


def test_speed_makes_a_board_in_real_time() -> None:
    board = sim_board(speed=50.0)
    assert isinstance(board.clock, RealTimeClock)
    before = board.clock.monotonic()
    board.spi.sleep_us(50_000)
    assert board.clock.monotonic() - before >= 0.05


def test_high_power_is_about_the_chip() -> None:
    board = sim_board(high_power=True)
    console = Console(board.chip)
    console.load((*FSK, (Reg.PALEVEL, 0x5C)))
    console.mode(TX, settle_ms=1)
    assert board.air.active[0].power_dbm == 10.0


def test_a_50_hz_poller_gets_every_frame_of_a_busy_channel() -> None:
    board = sim_board(dio0=False)
    listening(board)
    frames = [bytes([13, 4]) + number.to_bytes(12) for number in range(1000)]
    for number, frame in enumerate(frames):
        board.clock.call_at((number + 1) * SECOND // 5, lambda frame=frame: board.air.send_fsk(frame, sender="plug"))  # type: ignore[misc]
    got = []
    while board.clock.now_ns < 201 * SECOND:
        board.pins.wait(0.02)
        flags, rssi = board.spi.transfer([bytes([0x28, 0]), bytes([0x24, 0])])
        if flags[1] & f.PAYLOAD_READY:
            got.append(board.spi.transfer([bytes(15)])[0][1:])
            assert rssi[1] == 2 * 50
    assert got == frames


def test_two_boards_on_one_air_hear_each_other_by_their_names() -> None:
    one = sim_board()
    two = sim_board(air=one.air, chip_name="another")
    receiver = listening(two)
    sender = Console(one.chip)
    sender.load(FSK)
    sender.fill(FRAME)
    sender.mode(TX, settle_ms=60)
    assert receiver.drain(14) == FRAME
