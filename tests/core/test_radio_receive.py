"""The RFM69 driver of both cores: frames on their way in, and a receiver that is stuck or lost."""

from __future__ import annotations

import pytest

from energy_hw.core.interface import Core, RadioConfig
from energy_hw.errors import LinkError, RadioLost
from energy_hw.sim.faults import Faults
from radio_rig import (
    LONGEST,
    REPORT,
    SWITCH,
    poll_for,
    receiving,
)


@pytest.mark.parametrize("frame", [REPORT, SWITCH, LONGEST, bytes.fromhex("0a0403010000097f0086f6")], ids=len)
def test_a_frame_comes_out_of_the_fifo_as_it_was_sent(core: Core, frame: bytes) -> None:
    with receiving(core) as (radio, board):
        board.air.send_fsk(frame, sender="plug", power_dbm=0)
        (heard,) = poll_for(radio, board, 0.4)
        assert heard.data == frame
        assert heard.rssi_dbm == pytest.approx(-60, abs=0.5)


def test_36_bytes_are_moved_for_a_29_byte_frame(core: Core) -> None:
    with receiving(core) as (radio, board):
        board.air.send_fsk(REPORT, sender="plug")
        board.clock.advance(200_000_000)
        messages, moved = board.spi.messages, board.chip.statistics.spi_bytes
        frame = radio.poll()
        assert frame is not None
        assert frame.data == REPORT
        assert board.spi.messages - messages == 3
        assert board.chip.statistics.spi_bytes - moved == 36


def test_an_idle_look_moves_five_bytes_in_one_message(core: Core) -> None:
    with receiving(core) as (radio, board):
        messages, moved = board.spi.messages, board.chip.statistics.spi_bytes
        assert radio.poll() is None
        assert (board.spi.messages - messages, board.chip.statistics.spi_bytes - moved) == (1, 5)


def test_frames_follow_each_other_without_a_restart(core: Core) -> None:
    with receiving(core) as (radio, board):
        for number in range(20):
            board.clock.call_in(number * 130_000_000, lambda: board.air.send_fsk(REPORT, sender="plug"))
        assert len(poll_for(radio, board, 3.0)) == 20
        assert radio.counters.frames == 20
        assert radio.counters.restarts == 0


@pytest.mark.parametrize("offset_hz", [-15_000, 0, 8_000])
def test_frequency_error_is_measured_while_the_frame_arrives(core: Core, offset_hz: int) -> None:
    with receiving(core, RadioConfig(frequency_error=True)) as (radio, board):
        board.air.send_fsk(REPORT, sender="plug", frequency_offset_hz=offset_hz)
        (frame,) = poll_for(radio, board, 0.3)
        assert frame.frequency_error_hz == pytest.approx(offset_hz, abs=62)


def test_frequency_error_is_none_where_nobody_looked_in_time(core: Core) -> None:
    with receiving(core, RadioConfig(frequency_error=True)) as (radio, board):
        board.air.send_fsk(REPORT, sender="plug")
        board.clock.advance(200_000_000)
        frame = radio.poll()
        assert frame is not None
        assert frame.frequency_error_hz is None


def test_receiving_says_that_a_frame_is_under_way(core: Core) -> None:
    with receiving(core) as (radio, board):
        assert not radio.receiving
        board.air.send_fsk(REPORT, sender="plug")
        board.clock.advance(50_000_000)
        assert radio.poll() is None
        assert radio.receiving
        poll_for(radio, board, 0.2)
        assert not radio.receiving


def test_another_manufacturer_is_heard_only_in_promiscuous_mode(core: Core) -> None:
    foreign = bytes([13, 0x16]) + bytes(12)
    for promiscuous in (False, True):
        with receiving(core, RadioConfig(promiscuous=promiscuous)) as (radio, board):
            board.air.send_fsk(foreign, sender="stranger")
            board.clock.call_in(200_000_000, lambda board=board: board.air.send_fsk(REPORT, sender="plug"))
            frames = [frame.data for frame in poll_for(radio, board, 0.5)]
            assert frames == ([foreign, REPORT] if promiscuous else [REPORT])


@pytest.mark.parametrize("length", [2, 9])
def test_a_frame_too_short_to_be_one_is_counted_and_the_next_one_heard(core: Core, length: int) -> None:
    with receiving(core) as (radio, board):
        board.air.send_fsk(bytes([length, 4]) + bytes(length - 1), sender="stranger")
        board.clock.call_in(300_000_000, lambda: board.air.send_fsk(REPORT, sender="plug"))
        assert [frame.data for frame in poll_for(radio, board, 0.6)] == [REPORT]
        assert radio.counters.refused_length == 1


def test_a_length_byte_over_65_does_not_overrun_the_fifo(core: Core) -> None:
    with receiving(core) as (radio, board):
        board.air.send_fsk(bytes([66, 4]) + bytes(65), sender="stranger")
        board.clock.call_in(400_000_000, lambda: board.air.send_fsk(REPORT, sender="plug"))
        assert [frame.data for frame in poll_for(radio, board, 0.8)] == [REPORT]
        assert board.chip.statistics.overruns == 0


def test_rssi_of_the_channel(core: Core) -> None:
    with receiving(core) as (radio, board):
        quiet = radio.rssi_dbm()
        board.air.noise(1.0, power_dbm=0)
        board.clock.advance(10_000_000)
        assert radio.rssi_dbm() == pytest.approx(-60, abs=1)
        assert quiet < -100


def test_an_overrun_is_cleared_and_counted(core: Core) -> None:
    with receiving(core) as (radio, board):
        Faults(board).now("register_flip", address=0x38, mask=0x02)  # PayloadLength 0x43: 68 bytes into 66
        board.air.send_fsk(bytes([67, 4]) + bytes(66), sender="stranger")
        poll_for(radio, board, 0.4)
        assert radio.counters.overruns == 1
        board.air.send_fsk(REPORT, sender="plug")
        assert [frame.data for frame in poll_for(radio, board, 0.3)] == [REPORT]


def test_a_receive_time_out_does_not_leave_it_deaf(core: Core) -> None:
    with receiving(core) as (radio, board):
        Faults(board).now("register_flip", address=0x2B, mask=0x02)  # a time-out after the RSSI interrupt
        board.air.noise(0.5, power_dbm=0)
        poll_for(radio, board, 0.6)
        assert radio.counters.restarts >= 1
        assert radio.verify() == [0x2B]
        board.air.send_fsk(REPORT, sender="plug")
        assert [frame.data for frame in poll_for(radio, board, 0.3)] == [REPORT]


def test_half_a_frame_left_in_the_fifo_does_not_leave_it_deaf(core: Core) -> None:
    """Somebody else read one byte: what is left is no frame, and the next one is heard."""
    with receiving(core) as (radio, board):
        board.air.send_fsk(REPORT, sender="plug")
        board.clock.advance(200_000_000)
        board.chip.transfer(bytes(2))
        poll_for(radio, board, 0.1)
        board.air.send_fsk(REPORT, sender="plug")
        assert REPORT in [frame.data for frame in poll_for(radio, board, 0.3)]


@pytest.mark.parametrize("fault", ["brown_out", "power_cycle"])
def test_a_radio_that_was_reset_is_lost_at_the_next_look(core: Core, fault: str) -> None:
    with receiving(core) as (radio, board):
        Faults(board).now(fault)
        with pytest.raises(RadioLost, match="reset or unplugged"):
            radio.poll()
        board.spi.sleep_us(20_000)
        radio.start()
        radio.receive()
        board.air.send_fsk(REPORT, sender="plug")
        assert [frame.data for frame in poll_for(radio, board, 0.3)] == [REPORT]


@pytest.mark.parametrize("level", [0x00, 0xFF])
def test_a_radio_whose_miso_sticks_is_lost_at_the_next_look(core: Core, level: int) -> None:
    with receiving(core) as (radio, board):
        board.chip.miso = level
        with pytest.raises(RadioLost, match=f"0x{level:02X}"):
            radio.poll()


def test_verify_names_a_flipped_register_and_loads_it_again(core: Core) -> None:
    with receiving(core) as (radio, board):
        Faults(board).now("register_flip", address=0x07, mask=0x40)
        Faults(board).now("register_flip", address=0x2D, mask=0x03)
        assert radio.verify() == [0x07, 0x2D]
        assert radio.verify() == []
        board.air.send_fsk(REPORT, sender="plug")
        assert len(poll_for(radio, board, 0.3)) == 1


@pytest.mark.parametrize("fault", ["spi_error", "short_transfer"])
def test_a_failed_transfer_is_a_link_error_and_the_next_one_works(core: Core, fault: str) -> None:
    with receiving(core) as (radio, board):
        Faults(board).now(fault)
        with pytest.raises(LinkError):
            radio.poll()
        assert radio.poll() is None
