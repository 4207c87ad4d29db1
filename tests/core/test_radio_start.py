"""The RFM69 driver of both cores: start, power, housekeeping, against the simulated chip."""

from __future__ import annotations

import pytest

from energy_hw.core.interface import Core, RadioConfig
from energy_hw.errors import LinkError, MisoStuck, OutOfRange, ReadBackFailed, WrongVersion
from energy_hw.sim.board import SimBoard, sim_board
from energy_hw.sim.faults import Faults
from radio_rig import (
    CODE,
    LONGEST,
    RECEIVE,
    REPORT,
    STANDBY,
    SWITCH,
    poll_for,
    receiving,
    started,
)


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
                answer[:2] + b"\x86" + answer[3:] if frame[0] == 0x18 and len(frame) == 5 else answer
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


def test_every_start_after_the_first_is_a_reset(core: Core) -> None:
    with started(core) as (radio, _):
        assert radio.counters.resets == 0
        radio.start()
        assert radio.counters.resets == 1
