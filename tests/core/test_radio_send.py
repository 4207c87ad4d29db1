"""The RFM69 driver of both cores: frames and bursts on their way out."""

from __future__ import annotations

import pytest

from energy_hw.core.airtime import fsk_airtime_us, ook_airtime_us
from energy_hw.core.interface import Core, OokCode, RadioConfig
from energy_hw.errors import LinkError, LinkTimeout, MisoStuck, OutOfRange, RadioLost
from energy_hw.sim.faults import Faults
from radio_rig import (
    CODE,
    LONGEST,
    RECEIVE,
    REPORT,
    STANDBY,
    SWITCH,
    codes_at_a_socket,
    heard_by_a_device,
    poll_for,
    started,
)


@pytest.mark.parametrize("frame", [SWITCH, REPORT, LONGEST], ids=len)
def test_a_device_hears_a_frame_to_its_last_byte(core: Core, frame: bytes) -> None:
    with started(core) as (radio, board):
        heard = heard_by_a_device(board)
        radio.send_fsk(frame)
        assert heard == [frame]
        assert board.chip.peek(0x01) == STANDBY
        assert board.chip.statistics.truncated_frames == 0
        assert radio.counters.sent == 1
        assert radio.counters.airtime_us == fsk_airtime_us(len(frame))


def test_after_a_frame_the_chip_leaves_transmit_mode_within_two_milliseconds(core: Core) -> None:
    with started(core) as (radio, board):
        radio.send_fsk(SWITCH)
        assert board.chip.statistics.idle_preamble_ns < 2_000_000


@pytest.mark.parametrize("repeats", [*range(1, 17), 22, 75])
def test_a_socket_hears_every_repeat_of_an_ook_burst(core: Core, repeats: int) -> None:
    with started(core) as (radio, board):
        codes = codes_at_a_socket(board)
        radio.send_ook(CODE, repeats)
        assert codes == [CODE] * repeats
        assert core.ook_decode(codes[0]) == OokCode(0x6C6C6, 1, True)
        assert board.chip.statistics.underruns == 0
        assert board.chip.statistics.constant_carrier_ns < 6_000_000
        assert radio.counters.airtime_us == ook_airtime_us(repeats)


@pytest.mark.parametrize("seed", range(5))
def test_75_repeats_survive_20_ms_of_scheduling_jitter(core: Core, seed: int) -> None:
    with started(core, jitter_s=0.020, seed=seed) as (radio, board):
        codes = codes_at_a_socket(board)
        radio.send_ook(CODE, 75)
        assert len(codes) == 75
        assert radio.counters.underruns == 0


def test_a_frame_after_ook_has_its_preamble_again(core: Core) -> None:
    with started(core) as (radio, board):
        heard = heard_by_a_device(board)
        radio.send_ook(CODE, 8)
        radio.send_fsk(SWITCH)
        assert heard == [SWITCH]
        radio.receive()
        board.air.send_fsk(REPORT, sender="plug")
        assert len(poll_for(radio, board, 0.3)) == 1
        assert radio.verify() == []


def test_a_burst_with_a_hole_is_sent_again_whole(core: Core) -> None:
    with started(core) as (radio, board):
        codes = codes_at_a_socket(board)
        stall_at = board.clock.monotonic() + 0.100
        Faults(board).at(stall_at, "stall", ms=200)
        radio.send_ook(CODE, 8)
        assert radio.counters.underruns == 1
        assert codes[-8:] == [CODE] * 8


def test_a_pll_that_does_not_lock_once_costs_one_more_try(core: Core) -> None:
    with started(core) as (radio, board):
        heard = heard_by_a_device(board)
        Faults(board).now("pll", count=1)
        radio.send_fsk(SWITCH)
        assert heard == [SWITCH]
        assert radio.counters.send_timeouts == 1
        assert radio.counters.resets == 0


def test_a_pll_that_never_locks_ends_in_a_reset_and_a_time_out(core: Core) -> None:
    with started(core) as (radio, board):
        Faults(board).now("pll", count=2)
        began = board.clock.monotonic()
        with pytest.raises(LinkTimeout, match="send again"):
            radio.send_fsk(SWITCH)
        assert board.clock.monotonic() - began < 0.100
        assert radio.counters.resets == 1
        heard = heard_by_a_device(board)
        radio.send_fsk(SWITCH)
        assert heard == [SWITCH]


def test_a_missing_packet_sent_ends_in_a_reset_within_100_ms_of_the_frames_end(core: Core) -> None:
    with started(core) as (radio, board):
        Faults(board).now("packet_sent")
        began = board.clock.monotonic()
        with pytest.raises(LinkTimeout):
            radio.send_fsk(SWITCH)
        radio.receive()
        assert board.clock.monotonic() - began < fsk_airtime_us(len(SWITCH)) / 1e6 + 0.100
        assert board.chip.peek(0x01) == RECEIVE
        assert radio.poll() is None


@pytest.mark.parametrize("level", [0x00, 0xFF])
@pytest.mark.parametrize("ook", [False, True], ids=["FSK", "OOK"])
def test_a_send_to_a_radio_that_is_not_there_is_never_called_sent(core: Core, level: int, ook: bool) -> None:
    with started(core) as (radio, board):
        board.chip.miso = level
        with pytest.raises((RadioLost, MisoStuck)):
            radio.send_ook(CODE, 20) if ook else radio.send_fsk(SWITCH)
        assert radio.counters.sent == 0


def test_a_node_address_is_a_byte() -> None:
    with pytest.raises(OutOfRange, match="0 to 255, got 256"):
        RadioConfig(node_address=256)


@pytest.mark.parametrize("frame", [b"", b"\x00", bytes([3, 4]), bytes(67), bytes([66]) + bytes(66)])
def test_what_is_no_frame_is_not_sent(core: Core, frame: bytes) -> None:
    with started(core) as (radio, board):
        with pytest.raises(OutOfRange):
            radio.send_fsk(frame)
        assert board.chip.statistics.tx_ns == 0


@pytest.mark.parametrize(("code", "repeats"), [(CODE, 0), (CODE, 76), (CODE[:15], 8), (CODE + b"\0", 8)])
def test_what_is_no_burst_is_not_sent(core: Core, code: bytes, repeats: int) -> None:
    with started(core) as (radio, board):
        with pytest.raises(OutOfRange):
            radio.send_ook(code, repeats)
        assert board.chip.statistics.tx_ns == 0


def test_a_burst_that_fails_in_the_middle_leaves_its_table_to_nobody(core: Core) -> None:
    with started(core) as (radio, board):
        Faults(board).at(board.clock.monotonic() + 0.3, "spi_error")
        with pytest.raises(LinkError):
            radio.send_ook(CODE, 75)
        radio.receive()
        board.air.send_fsk(REPORT, sender="plug")
        assert [frame.data for frame in poll_for(radio, board, 0.3)] == [REPORT]


def test_a_bus_that_dies_in_the_tail_of_a_burst_has_sent_nothing(core: Core) -> None:
    with started(core) as (radio, board):
        Faults(board).at(board.clock.monotonic() + 1.95, "miso", level=0x00)
        with pytest.raises((MisoStuck, LinkTimeout)):
            radio.send_ook(CODE, 75)
        assert radio.counters.sent == 0
        assert radio.counters.airtime_us > 0
