"""The plain ENER314 on a simulated encoder: the same objects, the manual's codes, and what goes wrong."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from energy_hw.core.interface import OokCode
from energy_hw.core.python.ook import ook_decode
from energy_hw.energenie import learn
from energy_hw.energenie.ener314 import CE, CODES, D1, D2, D3, LINES, Ener314
from energy_hw.energenie.events import Certainty
from energy_hw.energenie.legacy import Dimmer, LightSwitch, Socket, Strip
from energy_hw.energenie.orders import Order, Outcome, Ticket
from energy_hw.errors import (
    AirtimeExceeded,
    ConfigError,
    LinkClosed,
    LinkError,
    NotConfirmed,
    NotWritable,
    OutOfRange,
    QueueFull,
)
from energy_hw.sim import ook_devices as sim
from energy_hw.sim.air import Air
from energy_hw.sim.clock import VirtualClock
from energy_hw.sim.encoder import HOUSE, EncoderLines, encoder_frame
from energy_hw.sim.hearing import Modulation

WAIT_S = 20.0


@pytest.fixture
def lines() -> EncoderLines:
    return EncoderLines(Air(VirtualClock(), seed=1))


@pytest.fixture
def board(lines: EncoderLines) -> Iterator[Ener314]:
    with Ener314(lines=lines) as opened:
        yield opened


def unit(lines: EncoderLines, gang: int = 1, sku: str = "ENER002") -> sim.Socket:
    socket = sim.Socket(lines.air, f"unit {gang}", sku)
    socket.codes.append((HOUSE, gang))
    return socket


@pytest.mark.parametrize("code", CODES, ids=lambda code: f"{code[0]} {'on' if code[1] else 'off'}")
def test_the_manual_s_codes_are_those_of_a_hand_controller(code: tuple[int, bool]) -> None:
    """D0 goes first on air: the four bits of the manual are the data nibble, the other way round."""
    data = int(f"{CODES[code]:04b}"[::-1], 2)
    assert ook_decode(encoder_frame(HOUSE, data)) == OokCode(HOUSE, *code)


def test_socket_goes_on_and_off(board: Ener314, lines: EncoderLines) -> None:
    there, lamp = unit(lines, 3), Socket(board, gang=3)
    for on in (True, False):
        assert lamp.set(on, wait=WAIT_S).outcome is Outcome.ASSUMED
        assert there.on == {1: on}
        assert (lamp.is_on, lamp.certainty) == (on, Certainty.ASSUMED)


def test_the_lines_do_what_the_manual_says(board: Ener314, lines: EncoderLines) -> None:
    Socket(board, gang=2).on(wait=WAIT_S)
    (data_at, data), (on_at, on_air), (off_at, off) = lines.changes
    assert (data, on_air, off) == ({D3, D2, D1}, {D3, D2, D1, CE}, set())
    assert (on_at - data_at, off_at - on_at) == (100_000_000, 250_000_000)


def test_a_light_gets_its_two_seconds(board: Ener314, lines: EncoderLines) -> None:
    there = unit(lines, 1, "MIHO008")
    LightSwitch(board, gang=1).on(wait=WAIT_S)
    assert there.on == {1: True}
    assert lines.changes[-1][0] - lines.changes[-2][0] == 2_000_000_000


def test_a_double_light_gets_two_bursts_after_a_silence(board: Ener314, lines: EncoderLines) -> None:
    there = unit(lines, 1, "MIHO009")
    Socket(board, gang=4).on(wait=WAIT_S)
    LightSwitch(board, gang=1, sku="MIHO009").on(wait=WAIT_S)
    assert there.on[1]
    on_air = [ns for ns, high in lines.changes if CE in high]
    assert len(on_air) == 3
    assert on_air[1] - on_air[0] >= 3_250_000_000


def test_strip_and_dimmer_work_too(board: Ener314, lines: EncoderLines) -> None:
    there, strip = unit(lines, 1, "ENER010"), Strip(board)
    strip[2].on(wait=WAIT_S)
    strip.all_on(wait=WAIT_S)
    assert there.on == dict.fromkeys((1, 2, 3, 4), True)
    assert [gang.is_on for gang in strip] == [True] * 4
    light = sim.Dimmer(lines.air, "light")
    light.codes.append((HOUSE, 1))
    Dimmer(board).set_level(60, wait=WAIT_S)
    assert light.level == 60


def test_a_newer_order_takes_the_place_of_one_that_waits(board: Ener314, lines: EncoderLines) -> None:
    there, lamp = unit(lines), Socket(board)
    with lines.air.clock.lock:  # nothing goes on air yet
        Socket(board, gang=2).on()
        tickets = [lamp.on(), lamp.off(), lamp.on(), lamp.off()]
    assert tickets[-1].wait(WAIT_S) is Outcome.ASSUMED
    assert [ticket.outcome for ticket in tickets[:3]] == [Outcome.REPLACED] * 3
    assert there.on == {1: False}


def test_ids_and_controls(board: Ener314) -> None:
    lamp = Socket(board, gang=2, name="lamp")
    assert lamp.device == "energenie:ook:ener314/2"
    assert [(control.device, control.name) for control in board.controls()] == [(lamp.device, "switch")]
    assert board.command("lamp", "switch", True, wait=WAIT_S) == "assumed"
    assert list(board) == []
    assert board.name == "ener314 on sim:ener314"


def test_what_the_board_cannot_do_is_said(board: Ener314) -> None:
    with pytest.raises(ConfigError, match="sends the one it was made with"):
        Socket(board, house=0x6C6C6)
    with pytest.raises(OutOfRange, match=r"gang of 0 .all. to 4"):
        Socket(board, gang=5)
    with pytest.raises(NotWritable, match="OpenHEMS needs an ENER314-RT"):
        board.submit(Order("energenie:2:0x000373", "key", lambda: b"", Ticket("energenie:2:0x000373", "switch")))
    with pytest.raises(ConfigError, match="sim:ener314"):
        Ener314("sim:house")


def test_a_socket_learns_the_board_s_code(board: Ener314, lines: EncoderLines) -> None:
    there = sim.Socket(lines.air, "lamp")
    there.learn()
    list(learn.teach(Socket(board, gang=3), sleep=lines.sleep))
    assert there.codes == [(HOUSE, 3)]


# -- what goes wrong --------------------------------------------------------------


def test_lines_that_fail_are_said_and_work_again_later(board: Ener314, lines: EncoderLines) -> None:
    there, lamp = unit(lines), Socket(board)
    lines.fail = True
    with pytest.raises(LinkError, match="input/output error"):
        lamp.on(wait=WAIT_S)
    assert (lamp.is_on, there.on) == (None, {1: False})
    lines.fail = False
    lamp.on(wait=WAIT_S)
    assert there.on == {1: True}


def test_the_legal_airtime_holds_here_too(board: Ener314) -> None:
    board.budget.limit_s = 0.6
    lamp = Socket(board)
    lamp.on(wait=WAIT_S)
    lamp.off(wait=WAIT_S)
    with pytest.raises(AirtimeExceeded):
        lamp.on(wait=WAIT_S)


def test_what_waits_at_the_end_fails_and_nothing_stays_on_air(lines: EncoderLines) -> None:
    board = Ener314(lines=lines)
    lamp = Socket(board)
    with lines.air.clock.lock:
        lamp.on()
        waiting = Socket(board, gang=2).on()
        with board._change:
            board._closed = True
    board.close()
    board.close()
    with pytest.raises(LinkClosed):
        waiting.wait(WAIT_S)
    with pytest.raises(LinkClosed):
        lamp.off()
    assert lines.air.active == []


def test_too_many_orders_are_refused(board: Ener314, lines: EncoderLines) -> None:
    def fill() -> None:
        for number in range(100):
            ticket = Ticket("unit", "switch", True)
            board.submit(Order("unit", f"key {number}", lambda: encoder_frame(HOUSE, 15), ticket, ook_repeats=8))

    with lines.air.clock.lock, pytest.raises(QueueFull):
        fill()


def test_by_name_there_are_four_sockets_around_it() -> None:
    with Ener314("sim:ener314?speed=50") as board:
        Socket(board, gang=4).on(wait=WAIT_S)
        sockets = board._lines.sockets  # type: ignore[attr-defined]
        assert [socket.on[1] for socket in sockets] == [False, False, False, True]


def test_a_hub_hears_what_the_board_sends(lines: EncoderLines, board: Ener314) -> None:
    """On the same air: the house code that nobody can read is heard."""
    codes: set[OokCode] = set()
    lines.air.listen(lambda h: codes.update(map(ook_decode, h.ook_frames())), "hub", Modulation.OOK)
    Socket(board, gang=1).on(wait=WAIT_S)
    assert codes == {OokCode(HOUSE, 1, True)}
    assert len(LINES) == 6


def test_what_is_cancelled_between_two_bursts_sends_no_second_one(board: Ener314, lines: EncoderLines) -> None:
    double = LightSwitch(board, sku="MIHO009")
    slept = lines.sleep

    def sleep(seconds: float) -> None:
        slept(seconds)
        if ticket and ticket[0].tries:
            ticket[0].cancel()

    ticket: list[Ticket] = []
    lines.sleep = sleep  # type: ignore[method-assign]
    ticket.append(double.on())
    with pytest.raises(NotConfirmed):
        ticket[0].wait(WAIT_S)
    board.close()
    assert ticket[0].tries == 1


def test_it_may_be_closed_by_a_callback_in_its_thread(board: Ener314, lines: EncoderLines) -> None:
    closed = threading.Event()
    lines.close = closed.set  # type: ignore[method-assign]
    Socket(board).on().when_done(lambda _: board.close())
    assert closed.wait(WAIT_S)
    with pytest.raises(LinkClosed):
        Socket(board).on()
