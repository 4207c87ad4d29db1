"""The RFM69 driver of both cores, against the simulated chip."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from energy_hw.core.airtime import fsk_airtime_us, ook_airtime_us
from energy_hw.core.interface import Core, OokCode, Radio, RadioConfig, ReceivedFrame
from energy_hw.errors import LinkError, LinkTimeout, MisoStuck, OutOfRange, RadioLost, ReadBackFailed, WrongVersion
from energy_hw.sim.board import SimBoard, sim_board
from energy_hw.sim.faults import Faults
from energy_hw.sim.hearing import Hearing, Modulation

REPORT = bytes.fromhex("1c0402580b552423bcd2ac508d265ba2cf74b773474aa9f197f1f03f23")
SWITCH = bytes.fromhex("0d04020100c29fb40cf542f13def")
LONGEST = bytes([65, 4]) + bytes(range(64))
CODE = bytes.fromhex("800000008ee8ee888ee8ee888ee8eeee")
STANDBY, RECEIVE = 0x04, 0x10


@contextmanager
def started(core: Core, config: RadioConfig | None = None, **options: object) -> Iterator[tuple[Radio, SimBoard]]:
    with sim_board(**options) as board:  # type: ignore[arg-type]
        radio = core.radio(board, config or RadioConfig())
        radio.start()
        yield radio, board


@contextmanager
def receiving(core: Core, config: RadioConfig | None = None, **options: object) -> Iterator[tuple[Radio, SimBoard]]:
    with started(core, config, **options) as (radio, board):
        radio.receive()
        yield radio, board


def poll_for(radio: Radio, board: SimBoard, seconds: float, every_us: int = 5_000) -> list[ReceivedFrame]:
    """Everything that arrives within some simulated seconds."""
    frames, end = [], board.clock.monotonic() + seconds
    while board.clock.monotonic() < end:
        frame = radio.poll()
        if frame is not None:
            frames.append(frame)
        board.spi.sleep_us(every_us)
    return frames


def heard_by_a_device(board: SimBoard) -> list[bytes]:
    """Frames that a MiHome device hears from now on."""
    frames: list[bytes] = []

    def hear(hearing: Hearing) -> None:
        frame = hearing.fsk_frame()
        if frame is not None:
            frames.append(frame)

    board.air.listen(hear, "device", Modulation.FSK)
    return frames


def codes_at_a_socket(board: SimBoard) -> list[bytes]:
    codes: list[bytes] = []
    board.air.listen(lambda hearing: codes.extend(hearing.ook_frames()), "socket", Modulation.OOK)
    return codes


# -- start -----------------------------------------------------------------


@pytest.mark.parametrize("reset", [True, False])
def test_start_ends_in_standby_with_every_register_proven(core: Core, reset: bool) -> None:
    with started(core, reset=reset) as (radio, board):
        assert board.chip.peek(0x01) == STANDBY
        assert radio.verify() == []
        assert board.chip.peek(0x37) == 0xA2
        assert board.chip.peek(0x11) == 0x9C
        assert board.chip.statistics.resets == reset


@pytest.mark.parametrize("level", [0x00, 0xFF])
def test_a_stuck_miso_is_told_with_its_level(core: Core, level: int) -> None:
    with sim_board() as board:
        board.chip.miso = level
        with pytest.raises(MisoStuck, match=f"0x{level:02X}") as error:
            core.radio(board).start()
        assert error.value.version == level
        assert board.clock.monotonic() < 1.2


def test_another_chip_is_told_by_its_version(core: Core) -> None:
    with sim_board() as board:
        Faults(board).now("version", version=0x12)
        with pytest.raises(WrongVersion, match="0x12") as error:
            core.radio(board).start()
        assert error.value.version == 0x12


def test_no_chip_at_all_is_a_link_error(core: Core) -> None:
    with sim_board() as board:
        board.chip.absent = True
        with pytest.raises(LinkError):
            core.radio(board).start()


def test_a_register_that_does_not_keep_its_value_is_named(core: Core) -> None:
    class Forgetful:
        """A bus that shows RXBW as it was at reset, whatever was written."""

        def __init__(self, board: SimBoard) -> None:
            self.name, self._spi = board.spi.name, board.spi
            self.sleep_us, self.close = board.spi.sleep_us, board.spi.close

        def transfer(self, frames: list[bytes]) -> list[bytes]:
            answers = self._spi.transfer(frames)
            return [
                answer[:2] + b"\x86" + answer[3:] if frame[0] == 0x18 and len(frame) == 4 else answer
                for frame, answer in zip(frames, answers, strict=True)
            ]

    from energy_hw.links.board import Board

    with sim_board() as board:
        wrapped = Board("forgetful", Forgetful(board), board.pins, board.clock)
        with pytest.raises(ReadBackFailed, match="0x19"):
            core.radio(wrapped).start()


@pytest.mark.parametrize(
    ("dbm", "high_power", "level"),
    [
        (10, False, 0x9C),
        (0, False, 0x92),
        (13, False, 0x9F),
        (-18, False, 0x80),
        (10, True, 0x5C),
        (0, True, 0x52),
        (13, True, 0x5F),
    ],
)
def test_power_in_dbm_is_the_level_of_the_data_sheet(core: Core, dbm: int, high_power: bool, level: int) -> None:
    with started(core, RadioConfig(power_dbm=dbm, high_power=high_power), high_power=high_power) as (_, board):
        assert board.chip.peek(0x11) == level


@pytest.mark.parametrize(("dbm", "high_power"), [(14, False), (-19, False), (21, True), (-3, True)])
def test_a_power_that_the_module_cannot_give_is_out_of_range(core: Core, dbm: int, high_power: bool) -> None:
    with sim_board() as board, pytest.raises(OutOfRange) as error:
        core.radio(board, RadioConfig(power_dbm=dbm, high_power=high_power))
    assert error.value.high == (20 if high_power else 13)


@pytest.mark.parametrize(
    ("dbm", "high_power"), [(-18, False), (0, False), (13, False), (-2, True), (13, True), (17, True), (20, True)]
)
def test_a_device_hears_the_power_that_was_set(core: Core, dbm: int, high_power: bool) -> None:
    with started(core, RadioConfig(power_dbm=0, high_power=high_power), high_power=high_power) as (radio, board):
        strengths: list[float] = []
        board.air.listen(lambda hearing: strengths.append(hearing.transmission.power_dbm), "device")
        radio.set_power(dbm)
        radio.send_fsk(SWITCH)
        assert set(strengths) == {dbm}
        assert (board.chip.peek(0x5A), board.chip.peek(0x5C), board.chip.peek(0x13)) == (0x55, 0x70, 0x1A)
        with pytest.raises(OutOfRange):
            radio.set_power(30)


# -- receive ---------------------------------------------------------------


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


# -- stuck and lost --------------------------------------------------------


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


# -- transmit --------------------------------------------------------------


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


# -- housekeeping ----------------------------------------------------------


def test_temperature_leaves_receive_mode_for_under_three_milliseconds(core: Core) -> None:
    with receiving(core) as (radio, board):
        began = board.clock.monotonic()
        celsius = radio.temperature_c()
        assert -40 <= celsius <= 85
        assert board.clock.monotonic() - began < 0.003
        assert board.chip.peek(0x01) == RECEIVE
        board.air.send_fsk(REPORT, sender="plug")
        assert len(poll_for(radio, board, 0.3)) == 1


def test_close_leaves_the_radio_in_standby_even_twice_and_without_a_chip(core: Core) -> None:
    with receiving(core) as (radio, board):
        radio.close()
        assert board.chip.peek(0x01) == STANDBY
        radio.close()
        board.chip.absent = True
        radio.close()


def test_counters_are_a_copy(core: Core) -> None:
    with receiving(core) as (radio, _):
        copy = radio.counters
        copy.frames += 5
        assert radio.counters.frames == 0


def test_both_cores_move_the_same_bytes_for_the_same_life() -> None:
    """Start, frames with and without frequency error, sends, recovery: the chip cannot tell the cores apart."""
    from energy_hw import core as cores

    logs = []
    for name in cores.NAMES:
        with receiving(cores.get(name), RadioConfig(frequency_error=True), jitter_s=0.003, seed=7) as (radio, board):
            log: list[tuple[bytes, ...]] = []
            transfer = board.spi.transfer
            board.spi.transfer = lambda frames, log=log, transfer=transfer: (
                log.append(tuple(frames)) or transfer(frames)
            )  # type: ignore[method-assign]
            board.air.send_fsk(REPORT, sender="plug")
            poll_for(radio, board, 0.3)
            radio.send_fsk(SWITCH)
            radio.send_ook(CODE, 20)
            Faults(board).now("pll", count=1)
            radio.send_fsk(LONGEST)
            radio.receive()
            radio.temperature_c()
            Faults(board).now("register_flip", address=0x2D, mask=0x01)
            radio.verify()
            radio.set_power(3)
            radio.close()
            logs.append(log)
    assert logs[0] == logs[1]
    assert len(logs[0]) > 100


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


def test_every_start_after_the_first_is_a_reset(core: Core) -> None:
    with started(core) as (radio, _):
        assert radio.counters.resets == 0
        radio.start()
        assert radio.counters.resets == 1
