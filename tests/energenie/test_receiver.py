"""The receive loop under virtual time: what it hears, what it refuses, what it survives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from energy_hw.core.airtime import fsk_airtime_us
from energy_hw.core.interface import Core, RadioConfig
from energy_hw.core.message import Message, Record
from energy_hw.energenie.duty import AirtimeBudget
from energy_hw.energenie.identity import Standing
from energy_hw.energenie.receiver import Heard, Receiver, Refused
from energy_hw.errors import AirtimeExceeded, LinkError, LinkTimeout, OutOfRange
from energy_hw.sim.board import SimBoard, sim_board
from energy_hw.sim.faults import Faults

PLUG_REPORT = bytes.fromhex("1c0402580b552423bcd2ac508d265ba2cf74b773474aa9f197f1f03f23")
SWITCH = bytes.fromhex("0d04020100c29fb40cf542f13def")
RECEIVE = 0x10
Event = Heard | Refused


@contextmanager
def receiver(core: Core, budget: AirtimeBudget | None = None, **options: object) -> Iterator[tuple[Receiver, SimBoard]]:
    with sim_board(**options) as board:  # type: ignore[arg-type]
        loop = Receiver(core, board, core.radio(board, RadioConfig()), budget)
        loop.start()
        yield loop, board


def run(loop: Receiver, board: SimBoard, seconds: float) -> list[Event]:
    events, end = [], board.clock.monotonic() + seconds
    while board.clock.monotonic() < end:
        event = loop.step()
        if event is not None:
            events.append(event)
    return events


def later(board: SimBoard, seconds: float, frame: bytes = PLUG_REPORT) -> None:
    board.clock.call_in(round(seconds * 1e9), lambda: board.air.send_fsk(frame, sender="device"))


def frame_of(core: Core, product: int, sensor: int = 0x373) -> bytes:
    return core.encode(Message(4, product, 0x1234, sensor, (Record(0x73, False, 0, b"\x01", 1),)))


def frames(events: list[Event]) -> list[bytes]:
    return [event.frame.data for event in events]


# -- what it hears ---------------------------------------------------------


@pytest.mark.parametrize("dio0", [True, False])
def test_a_report_comes_out_with_values_signal_and_time(core: Core, dio0: bool) -> None:
    with receiver(core, dio0=dio0) as (loop, board):
        later(board, 1.0)
        (event,) = run(loop, board, 3)
        assert isinstance(event, Heard)
        assert event.standing is Standing.DEVICE
        assert event.report["real_power"].value == 3
        assert event.report["voltage"].value == 249
        assert event.report["rssi"].unit == "dBm"
        assert event.report.raw == PLUG_REPORT
        latency_s = (event.report.received - board.clock.start).total_seconds() - 1.105 - 0.0505
        assert latency_s < (0.002 if dio0 else 0.010)


@pytest.mark.parametrize("dio0", [True, False])
def test_none_of_200_frames_60_ms_apart_is_lost_with_20_ms_of_jitter(core: Core, dio0: bool) -> None:
    with receiver(core, dio0=dio0, jitter_s=0.020, seed=5) as (loop, board):
        at = 0.5
        for _ in range(200):
            later(board, at)
            at += 0.105 + 0.060
        assert len(run(loop, board, at + 1)) == 200


def test_the_short_frame_after_a_frame_is_not_slept_through(core: Core) -> None:
    shortest = core.encode(Message(4, 3, 0x1234, 1, ()))
    with receiver(core, dio0=False, jitter_s=0.020, seed=2) as (loop, board):
        at = 0.5
        for _ in range(100):
            later(board, at, shortest)
            at += 0.045 + 0.061
        assert len(run(loop, board, at + 1)) == 100


def test_a_lost_edge_costs_two_seconds_and_no_frame(core: Core) -> None:
    with receiver(core) as (loop, board):
        Faults(board).now("edge")
        later(board, 0.1)
        (event,) = run(loop, board, 4)
        assert (event.frame.data, board.clock.monotonic() < 4.5) == (PLUG_REPORT, True)


@pytest.mark.parametrize(("dio0", "most"), [(True, 1.0), (False, 50.0)])
def test_idle_wakes_as_seldom_as_promised(core: Core, dio0: bool, most: float) -> None:
    with receiver(core, dio0=dio0) as (loop, board):
        before, began = board.pins.wakeups, board.clock.monotonic()
        assert run(loop, board, 30) == []
        assert (board.pins.wakeups - before) / (board.clock.monotonic() - began) <= most


# -- what it refuses -------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda frame: frame[:-1] + bytes([frame[-1] ^ 1]), "ChecksumError"),
        (lambda frame: frame[:9] + bytes([frame[9] ^ 0x10]) + frame[10:], "ChecksumError"),
        (lambda frame: bytes([9]) + frame[1:10], "length"),
    ],
    ids=["crc", "body", "length byte 9"],
)
def test_a_damaged_frame_is_counted_under_its_reason(core: Core, change: Callable[[bytes], bytes], reason: str) -> None:
    with receiver(core) as (loop, board):
        later(board, 0.1, change(PLUG_REPORT))
        later(board, 0.6)
        events = run(loop, board, 3)
        assert [type(event) for event in events if isinstance(event, Heard)] == [Heard]
        counters = loop.counters()
        assert counters.refused == {reason: 1}
        assert counters.frames == 1


def test_a_valid_crc_over_nonsense_is_refused_as_such(core: Core) -> None:
    nonsense = bytes.fromhex("0e04021234dc164edfe662c2a53165")
    with receiver(core) as (loop, board):
        later(board, 0.1, nonsense)
        (event,) = run(loop, board, 3)
        assert isinstance(event, Refused)
        assert event.error.raw == nonsense
        assert loop.counters().refused == {"RecordError": 1}


def test_a_ghost_is_shown_as_one_and_counted(core: Core) -> None:
    with receiver(core) as (loop, board):
        later(board, 0.1, frame_of(core, 2))
        later(board, 0.4, frame_of(core, 2))
        later(board, 0.7, frame_of(core, 0x42))
        standings = [event.standing for event in run(loop, board, 3) if isinstance(event, Heard)]
        assert standings == [Standing.DEVICE, Standing.DEVICE, Standing.GHOST]
        assert loop.counters().refused == {"ghost": 1}


def test_an_unknown_product_is_unconfirmed_once(core: Core) -> None:
    with receiver(core) as (loop, board):
        later(board, 0.1, frame_of(core, 0x42))
        later(board, 0.4, frame_of(core, 0x42))
        events = [event for event in run(loop, board, 3) if isinstance(event, Heard)]
        assert [event.standing for event in events] == [Standing.UNCONFIRMED, Standing.DEVICE]
        assert "0x42" in events[0].report.model


# -- what it survives ------------------------------------------------------


@pytest.mark.parametrize("dio0", [True, False])
@pytest.mark.parametrize(
    ("fault", "arguments", "remedy"),
    [
        ("miso", {"level": 0x00}, {"level": None}),
        ("miso", {"level": 0xFF}, {"level": None}),
        ("version", {"version": 0x12}, {"version": 0x24}),
        ("absent", {"absent": True}, {"absent": False}),
    ],
)
def test_a_radio_that_goes_away_is_missed_within_5_s_and_brought_back(
    core: Core, dio0: bool, fault: str, arguments: dict[str, object], remedy: dict[str, object]
) -> None:
    with receiver(core, dio0=dio0) as (loop, board):
        run(loop, board, 1)
        faults = Faults(board)
        faults.now(fault, **arguments)
        if fault == "version":
            faults.now("brown_out")  # another chip does not come without the old one going
        run(loop, board, 5)
        assert loop.counters().radio_lost == 1
        assert 2 < loop.counters().missed_s <= 7.1
        faults.now(fault, **remedy)
        run(loop, board, 3)
        later(board, 0.1)
        assert frames(run(loop, board, 3)) == [PLUG_REPORT]
        counters = loop.counters()
        assert counters.radio_lost == 1
        assert 4 < counters.missed_s < 8
        assert board.chip.statistics.resets >= 2


@pytest.mark.parametrize("dio0", [True, False])
def test_a_brown_out_is_noticed_and_repaired_by_a_reset(core: Core, dio0: bool) -> None:
    with receiver(core, dio0=dio0) as (loop, board):
        run(loop, board, 1)
        Faults(board).now("brown_out")
        run(loop, board, 4)
        later(board, 0.1)
        assert frames(run(loop, board, 3)) == [PLUG_REPORT]
        assert loop.counters().missed_s < 5


def test_a_flipped_register_is_repaired_within_a_minute(core: Core) -> None:
    with receiver(core) as (loop, board):
        Faults(board).now("register_flip", address=0x08, mask=0x80)
        run(loop, board, 65)
        assert loop.counters().repaired == 1
        later(board, 0.1)
        assert frames(run(loop, board, 3)) == [PLUG_REPORT]


def test_a_receiver_that_hears_nothing_for_a_quarter_of_an_hour_is_restarted(core: Core) -> None:
    with receiver(core) as (loop, board):
        later(board, 0.1)
        run(loop, board, 1000)
        assert loop.counters().radio.restarts == 1


def test_one_failed_transfer_costs_a_reset_and_no_later_frame(core: Core) -> None:
    with receiver(core, dio0=False) as (loop, board):
        run(loop, board, 1)
        Faults(board).now("spi_error")
        later(board, 0.3)
        assert frames(run(loop, board, 1)) == [PLUG_REPORT]
        assert loop.counters().missed_s < 0.2


# -- transmit --------------------------------------------------------------


def test_after_sending_it_listens_again(core: Core) -> None:
    with receiver(core) as (loop, board):
        loop.send_fsk(SWITCH)
        assert board.chip.peek(0x01) == RECEIVE
        assert board.pins.leds_lit == (True, False)
        later(board, 0.1)
        assert frames(run(loop, board, 3)) == [PLUG_REPORT]
        assert loop.counters().radio.sent == 1


def test_a_frame_that_waits_in_the_fifo_is_not_lost_to_a_transmission(core: Core) -> None:
    with receiver(core) as (loop, board):
        board.air.send_fsk(PLUG_REPORT, sender="device")
        board.clock.advance(150_000_000)
        loop.send_fsk(SWITCH)
        assert frames(run(loop, board, 0.1)) == [PLUG_REPORT]


def test_a_send_that_fails_is_back_in_receive_mode_within_100_ms_of_its_end(core: Core) -> None:
    with receiver(core) as (loop, board):
        Faults(board).now("packet_sent")
        began = board.clock.monotonic()
        with pytest.raises(LinkTimeout):
            loop.send_fsk(SWITCH)
        assert board.clock.monotonic() - began < 0.055 + 0.100
        assert board.chip.peek(0x01) == RECEIVE
        later(board, 0.1)
        assert frames(run(loop, board, 3)) == [PLUG_REPORT]
        assert loop.counters().radio_lost == 0


def test_a_send_without_a_radio_is_a_link_error_and_the_radio_is_brought_back(core: Core) -> None:
    with receiver(core) as (loop, board):
        board.chip.absent = True
        with pytest.raises(LinkError):
            loop.send_fsk(SWITCH)
        board.chip.absent = False
        later(board, 3)
        assert frames(run(loop, board, 5)) == [PLUG_REPORT]
        assert loop.counters().radio_lost == 1


def test_airtime_beyond_the_budget_is_refused_and_not_sent(core: Core) -> None:
    with receiver(core, AirtimeBudget(limit_s=0.15)) as (loop, board):
        loop.send_fsk(SWITCH)
        on_air = board.chip.statistics.tx_ns
        with pytest.raises(AirtimeExceeded):
            loop.send_fsk(SWITCH)
        with pytest.raises(AirtimeExceeded):
            loop.send_ook(bytes.fromhex("800000008ee8ee888ee8ee888ee8eeee"), 8)
        assert board.chip.statistics.tx_ns == on_air
        assert board.chip.peek(0x01) == RECEIVE


# -- edges, loss and budget under stress ------------------------------------


@pytest.mark.parametrize("edge_loss", [0.3, 1.0])
def test_edges_that_do_not_come_cost_one_frame_at_most_and_are_told(
    core: Core, edge_loss: float, caplog: pytest.LogCaptureFixture
) -> None:
    """DIO0 wired to nothing, or a kernel that loses edges: from the first miss on it polls for a minute."""
    with receiver(core, edge_loss=edge_loss) as (loop, board):
        for number in range(100):
            later(board, 3 + number)
        assert len(run(loop, board, 106)) >= 99  # the first miss can cost the frame that follows within two seconds
        assert loop.counters().edges_missed >= 100 * edge_loss * 0.5
        assert "is --dio0 the line that is wired?" in caplog.text


def test_an_edge_between_the_end_of_a_wait_and_the_look_is_not_missed(core: Core) -> None:
    with receiver(core) as (loop, board):
        loop.step()
        wait, late = board.pins.wait, [True]
        board.pins.wait = lambda timeout_s: late.pop() if not timeout_s else wait(timeout_s) and False  # type: ignore[method-assign]
        later(board, 0.1)
        assert frames(run(loop, board, 1)) == [PLUG_REPORT]
        assert late == []
        assert loop.counters().edges_missed == 0


def test_a_line_that_cannot_be_awaited_means_polling(core: Core) -> None:
    with receiver(core) as (loop, board):

        def fail(_timeout_s: float) -> bool:
            raise LinkError("the line is gone")

        board.pins.wait = fail  # type: ignore[method-assign]
        later(board, 3)
        assert frames(run(loop, board, 5)) == [PLUG_REPORT]
        assert loop.counters().radio_lost == 0


def test_a_radio_that_flaps_is_brought_back_once_a_second_and_told_once_a_minute(
    core: Core, caplog: pytest.LogCaptureFixture
) -> None:
    with receiver(core, dio0=False) as (loop, board):
        run(loop, board, 1)
        for tenth in range(100):
            Faults(board).at(board.clock.monotonic() + tenth / 10, "brown_out")
        run(loop, board, 10)
        counters = loop.counters()
        assert 3 <= counters.radio_lost <= 12
        assert counters.radio.resets >= counters.radio_lost - 1
        assert len([record for record in caplog.records if record.levelname == "WARNING"]) <= 2


def test_what_was_not_on_air_is_not_booked(core: Core) -> None:
    with receiver(core) as (loop, board):
        board.chip.absent = True
        for _ in range(50):
            with pytest.raises(LinkError):
                loop.send_ook(bytes.fromhex("800000008ee8ee888ee8ee888ee8eeee"), 75)
        assert loop.budget.used_s(board.clock.monotonic()) == 0


def test_a_second_try_is_booked_as_well(core: Core) -> None:
    with receiver(core) as (loop, board):
        Faults(board).at(board.clock.monotonic() + 0.1, "stall", ms=300)
        loop.send_ook(bytes.fromhex("800000008ee8ee888ee8ee888ee8eeee"), 8)
        on_air = board.chip.statistics.tx_ns / 1e9
        assert loop.counters().radio.underruns == 1
        assert loop.budget.used_s(board.clock.monotonic()) >= 2 * 8 * 0.0266
        assert loop.budget.used_s(board.clock.monotonic()) == pytest.approx(on_air, abs=0.3)


def test_a_burst_that_is_none_is_not_booked(core: Core) -> None:
    with receiver(core) as (loop, board):
        with pytest.raises(OutOfRange):
            loop.send_ook(bytes(16), -100_000)
        assert loop.budget.used_s(board.clock.monotonic()) == 0


def test_a_burst_that_fails_in_the_middle_leaves_nobody_deaf(core: Core) -> None:
    with receiver(core) as (loop, board):
        Faults(board).at(board.clock.monotonic() + 0.3, "spi_error")
        with pytest.raises(LinkError):
            loop.send_ook(bytes.fromhex("800000008ee8ee888ee8ee888ee8eeee"), 75)
        later(board, 1)
        assert frames(run(loop, board, 4)) == [PLUG_REPORT]


# -- in a hurry --------------------------------------------------------------


@pytest.mark.parametrize("dio0", [True, False])
def test_in_a_hurry_a_frame_is_taken_when_it_is_complete(core: Core, dio0: bool) -> None:
    with receiver(core, dio0=dio0, jitter_s=0.020) as (loop, board):
        began = board.clock.monotonic()
        later(board, 0.050)
        board.clock.advance(100_000_000)
        loop.step(0.0)
        assert loop.arriving
        event = loop.step(hurry=True)
        assert isinstance(event, Heard)
        late_s = board.clock.monotonic() - (began + 0.050 + fsk_airtime_us(len(PLUG_REPORT)) / 1e6)
        assert 0 <= late_s < 0.001
        assert loop.step(0.0) is None
        assert loop.counters().edges_missed == 0


def test_a_hurry_ends_when_nothing_arrives_any_more(core: Core) -> None:
    with receiver(core) as (loop, board):
        before = board.clock.monotonic()
        assert loop.step(hurry=True) is None
        assert board.clock.monotonic() - before < 0.001
