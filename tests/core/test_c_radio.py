"""What only the wrapper of the C driver can get wrong; what the driver does is told in test_same_story.py."""

from __future__ import annotations

from dataclasses import replace

import pytest

from energy_hw.core.c import CCore
from energy_hw.core.interface import RadioConfig
from energy_hw.errors import LinkClosed, LinkError, OutOfRange
from energy_hw.sim.board import SimBoard, sim_board

REPORT = bytes.fromhex("1c0402580b552423bcd2ac508d265ba2cf74b773474aa9f197f1f03f23")


class Interruption(BaseException):
    """Like KeyboardInterrupt."""


def interrupt(*_arguments: object) -> None:
    raise Interruption


@pytest.fixture
def board() -> SimBoard:
    return sim_board()


def test_an_exception_on_the_bus_goes_through_c(board: SimBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    radio = CCore().radio(board)
    monkeypatch.setattr(board.spi, "transfer", interrupt)
    with pytest.raises(Interruption):
        radio.start()


def test_an_exception_in_a_sleep_ends_the_call_at_the_next_transfer(
    board: SimBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    radio = CCore().radio(board)
    monkeypatch.setattr(board.spi, "sleep_us", interrupt)
    with pytest.raises(Interruption):
        radio.start()
    assert board.spi.messages == 0


def test_an_exception_at_the_reset_line_goes_through_c(board: SimBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    radio = CCore().radio(board)
    monkeypatch.setattr(board.pins, "reset", interrupt)
    with pytest.raises(Interruption):
        radio.start()


def test_after_an_exception_the_radio_works_again(board: SimBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    radio = CCore().radio(board)
    with monkeypatch.context() as patch:
        patch.setattr(board.spi, "transfer", interrupt)
        with pytest.raises(Interruption):
            radio.start()
    radio.start()
    assert radio.verify() == []


def test_close_survives_a_dead_bus_and_a_second_close(board: SimBoard) -> None:
    radio = CCore().radio(board)
    radio.start()
    board.spi.errors = 1
    radio.close()
    radio.close()
    with pytest.raises(LinkClosed, match="the radio is closed"):
        radio.poll()


def test_close_does_not_swallow_an_interruption(board: SimBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    radio = CCore().radio(board)
    radio.start()
    monkeypatch.setattr(board.spi, "transfer", interrupt)
    with pytest.raises(Interruption):
        radio.close()
    radio.close()


def test_counters_stay_after_close_and_are_copies(board: SimBoard) -> None:
    radio = CCore().radio(board)
    radio.start()
    radio.send_fsk(REPORT)
    seen = radio.counters
    radio.close()
    assert radio.counters == seen == replace(seen, sent=1, airtime_us=105_006)
    radio.counters.sent = 99
    assert radio.counters.sent == 1
    assert not radio.receiving


def test_a_power_that_the_module_cannot_send_is_refused_at_once(board: SimBoard) -> None:
    with pytest.raises(OutOfRange, match="expected -18 to 13 dBm for an RFM69W, got 14"):
        CCore().radio(board, RadioConfig(power_dbm=14))


def test_a_transfer_that_failed_names_the_bus(board: SimBoard) -> None:
    radio = CCore().radio(board)
    board.spi.errors = 1
    with pytest.raises(LinkError, match=r"sim:: SPI transfer failed"):
        radio.start()
