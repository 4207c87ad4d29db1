"""The queue of commands for devices that sleep: order, repeats, faults, time, restarts, figures."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from benchmarks.windows import land

from energy_hw import Etrv, Hub
from energy_hw import Plug as OurPlug
from energy_hw.core.airtime import fsk_airtime_us
from energy_hw.core.interface import Core
from energy_hw.core.message import Message, Record
from energy_hw.energenie import windows
from energy_hw.energenie.engine import open_engine
from energy_hw.energenie.orders import Order, Outcome, Ticket
from energy_hw.energenie.pending import dump, parse
from energy_hw.energenie.window_store import away
from energy_hw.errors import LinkBusy, LinkClosed, NotConfirmed, NotWritable, QueueFull
from energy_hw.sim.board import sim_board
from energy_hw.sim.plugs import Plug
from energy_hw.sim.valve import Valve
from window_rig import FIRST_S, SENSOR, ValveBench, valve_bench

TARGET, STATE, EXERCISE, DIAGNOSTICS, IDENTIFY = 0x74, 0x25, 0x23, 0x26, 0x3F


def obeyed(bench: ValveBench) -> list[int]:
    """Parameters that the valve acted on, in order."""
    return [record.parameter for record in bench.real.obeyed]


# -- which command when --------------------------------------------------------


def test_one_command_goes_into_each_window_in_the_order_of_their_coming() -> None:
    with valve_bench(repeats=1) as bench:
        bench.valve.set_target(20)
        bench.valve.set_valve_state("auto")
        bench.valve.identify()
        for count in (1, 2, 3):
            bench.pass_windows(1)
            assert len(bench.real.obeyed) == count
        assert obeyed(bench) == [TARGET, STATE, IDENTIFY]


def test_a_newer_value_takes_the_place_of_the_older_one_and_of_nothing_else() -> None:
    with valve_bench(repeats=1) as bench:
        old = bench.valve.set_target(20)
        bench.valve.identify()
        new = bench.valve.set_target(22)
        assert old.outcome is Outcome.REPLACED
        with pytest.raises(NotConfirmed, match="newer"):
            old.wait(0)
        assert [waiting.name for waiting in bench.valve.pending] == ["target_temperature", "identify"]
        bench.pass_windows(2)
        assert (obeyed(bench), bench.real.target_c, new.outcome) == ([TARGET, IDENTIFY], 22.0, Outcome.ASSUMED)


def test_what_was_never_sent_goes_before_repeats() -> None:
    with valve_bench(repeats=2) as bench:
        bench.valve.set_target(20)
        bench.pass_windows(1)
        bench.valve.identify()
        bench.pass_windows(3)
        assert obeyed(bench) == [TARGET, IDENTIFY, TARGET, IDENTIFY]


def test_a_target_that_changes_with_every_window_starves_nothing() -> None:
    with valve_bench(repeats=2) as bench:
        bench.valve.identify()
        for step in range(6):
            bench.valve.set_target(20 + step)
            bench.pass_windows(1)
        assert obeyed(bench).count(IDENTIFY) == 2
        assert bench.valve.outcomes["identify"].outcome is Outcome.ASSUMED


@pytest.mark.parametrize("repeats", [1, 3])
def test_a_command_without_answer_is_assumed_after_its_repeats(repeats: int) -> None:
    with valve_bench(repeats=repeats) as bench:
        ticket = bench.valve.identify()
        bench.pass_windows(5)
        assert (ticket.outcome, ticket.tries, obeyed(bench)) == (Outcome.ASSUMED, repeats, [IDENTIFY] * repeats)


def test_each_frame_has_a_pip_of_its_own() -> None:
    with valve_bench(repeats=4) as bench:
        pips = []
        heard = bench.real.heard
        bench.real.heard = lambda message: pips.append(message.pip) or heard(message)  # type: ignore[method-assign, func-returns-value]
        bench.valve.identify()
        bench.pass_windows(4)
        assert len(set(pips)) == 4


def test_the_answer_to_a_question_confirms_no_older_command() -> None:
    with valve_bench() as bench:
        bench.real.obey = _but(bench, "EXERCISE_VALVE")  # type: ignore[method-assign]
        bench.real._exercise = 1 << 9  # of an exercise last week
        exercise = bench.valve.exercise()
        bench.pass_windows(1)
        bench.valve.request_diagnostics(wait=400)
        assert (exercise.outcome, exercise.tries) == (Outcome.SENT, 1)


def _but(bench: ValveBench, *deaf_to: str):  # type: ignore[no-untyped-def]
    obey = bench.real.obey
    return lambda code, value: code not in deaf_to and obey(code, value)


def test_a_question_without_answer_expires_after_ten_windows(caplog: pytest.LogCaptureFixture) -> None:
    with valve_bench() as bench:
        bench.real.obey = _but(bench, "BATTERY_LEVEL")  # type: ignore[method-assign]
        ticket = bench.valve.request_voltage()
        bench.pass_windows(11)
        assert (ticket.outcome, ticket.tries, bench.valve.pending) == (Outcome.EXPIRED, 10, ())
        with pytest.raises(NotConfirmed, match="10 windows"):
            ticket.wait(0)
        assert "request_voltage" in caplog.text


@pytest.mark.parametrize("interval_s", [600, 900])
def test_reports_that_were_missed_do_not_confirm_an_interval(interval_s: int) -> None:
    with valve_bench() as bench:
        bench.real.obey = _but(bench, "REPORT_PERIOD")  # type: ignore[method-assign]
        ticket = bench.valve.set_report_interval(interval_s)
        bench.pass_windows(1)
        _deafen(bench, interval_s - 100.0)
        bench.pass_windows(2)
        assert (ticket.outcome, ticket.tries > 1) == (Outcome.SENT, True)
        del bench.real.obey
        bench.pass_windows(5)
        assert (ticket.outcome, bench.real.interval_s) == (Outcome.CONFIRMED, interval_s)


def _deafen(bench: ValveBench, seconds: float) -> None:
    """Nothing of the valve reaches the gateway for a while."""
    bench.board.air.set_link("valve", "gateway", 60.0, loss=1.0)
    bench.engine.run_s(seconds)
    bench.board.air.set_link("valve", "gateway", 60.0, loss=0.0)


# -- faults --------------------------------------------------------------------


def test_a_valve_that_misses_two_windows_gets_its_command_in_the_third() -> None:
    with valve_bench() as bench:
        ticket = bench.valve.set_target(20)
        _deafen(bench, FIRST_S + 310)
        assert (ticket.tries, ticket.outcome, bench.real.target_c) == (0, Outcome.QUEUED, None)
        bench.pass_windows(1)
        assert (ticket.tries, bench.real.target_c) == (1, 20.0)


def test_a_command_that_collides_is_sent_again_in_the_next_window() -> None:
    with valve_bench() as bench:
        ticket, question = bench.valve.set_target(20), bench.valve.request_voltage()
        bench.board.air.set_link("gateway", "valve", 60.0, loss=1.0)
        bench.pass_windows(2)
        assert (ticket.tries, question.tries, bench.real.obeyed) == (1, 1, [])
        bench.board.air.set_link("gateway", "valve", 60.0, loss=0.0)
        bench.pass_windows(2)
        assert (ticket.outcome, question.outcome, bench.real.target_c) == (Outcome.ASSUMED, Outcome.CONFIRMED, 20.0)


def test_a_window_under_a_jammer_costs_no_try_out_of_time() -> None:
    """The channel is taken until after the last moment in which a frame would fit."""
    with valve_bench() as bench:
        ticket = bench.valve.set_target(20)
        bench.board.clock.call_at(round((FIRST_S + 0.0585) * 1e9), lambda: bench.board.air.noise(0.5))
        bench.pass_windows(1)
        assert bench.real.missed == 0
        assert ticket.tries <= 1
        bench.pass_windows(2)
        assert (ticket.outcome, bench.real.target_c) == (Outcome.ASSUMED, 20.0)


def test_a_window_goes_before_whatever_else_waits() -> None:
    with valve_bench() as bench:
        plug = Plug(bench.board.air, "plug", 0x123)
        bench.valve.set_target(20)
        _deafen(bench, FIRST_S - 0.2)
        bench.board.clock.call_at(round((FIRST_S + 0.0580) * 1e9), lambda: _switch_many(bench))  # while its report ends
        bench.pass_windows(1)
        assert (bench.real.target_c, bench.real.missed, plug.missed) == (20.0, 0, 0)


def _switch_many(bench: ValveBench) -> None:
    for sensor in range(0x200, 0x210):
        OurPlug(bench.engine, sensor).on()


def test_a_radio_that_is_away_in_the_window_leaves_the_command_waiting() -> None:
    with valve_bench() as bench:
        ticket = bench.valve.set_target(20)
        bench.engine.run_s(FIRST_S - 1)
        bench.board.chip.absent = True
        bench.engine.run_s(10)
        bench.board.chip.absent = False
        assert ticket.tries == 0
        bench.pass_windows(1)
        assert (ticket.tries, bench.real.target_c) == (1, 20.0)


# -- time and ends -------------------------------------------------------------


def test_a_command_that_waited_too_long_is_reported_as_expired(caplog: pytest.LogCaptureFixture) -> None:
    with valve_bench(expires_s=3600.0) as bench:
        bench.real.stop()
        ticket = bench.valve.set_target(20)
        bench.engine.run_s(3590)
        assert ticket.outcome is Outcome.QUEUED
        bench.engine.run_s(15)
        assert (ticket.outcome, bench.valve.pending) == (Outcome.EXPIRED, ())
        with pytest.raises(NotConfirmed, match=r"within 1 h; it was never on air"):
            ticket.wait(0)
        assert "never on air" in caplog.text
        assert bench.valve.target is None


def test_cancel_takes_out_one_kind_or_all() -> None:
    with valve_bench() as bench:
        first, second, third = bench.valve.set_target(20), bench.valve.identify(), bench.valve.request_voltage()
        assert bench.valve.cancel("target_temperature") == 1
        assert bench.valve.cancel("target_temperature") == 0
        assert (first.outcome, second.outcome) == (Outcome.CANCELLED, Outcome.QUEUED)
        assert third.cancel()  # by its ticket is as good
        assert [waiting.name for waiting in bench.valve.pending] == ["identify"]
        assert bench.valve.cancel() == 1
        bench.pass_windows(2)
        assert bench.real.obeyed == []


def test_a_callback_may_queue_the_next_command() -> None:
    with valve_bench(repeats=1) as bench:
        bench.valve.set_target(20).when_done(lambda _: bench.valve.set_valve_state("closed"))
        bench.pass_windows(2)
        assert obeyed(bench) == [TARGET, STATE]


def test_closing_ends_who_waits() -> None:
    with valve_bench() as bench:
        ticket = bench.valve.set_target(20)
    with pytest.raises(LinkClosed, match="nothing keeps its commands"):
        ticket.wait(0)
    with pytest.raises(LinkClosed):
        bench.valve.set_target(21)


def test_a_product_without_windows_has_no_queue() -> None:
    with valve_bench() as bench, pytest.raises(NotWritable, match="no windows"):
        bench.engine.windows.put(0x02, 1, "SWITCH_STATE", 1)


def test_the_number_of_queues_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "MOST_QUEUES", 3)
    with valve_bench() as bench:
        for sensor in (1, 2, 3):
            Etrv(bench.engine, sensor).target = 20
        with pytest.raises(QueueFull) as caught:
            bench.valve.target = 20
        assert caught.value.waiting == 3


# -- restarts ------------------------------------------------------------------


def test_three_commands_survive_a_restart_with_their_tries(tmp_path: Path) -> None:
    path = tmp_path / "pending.jsonl"
    with valve_bench(state=path) as bench:
        bench.valve.set_target(20)
        bench.pass_windows(1)
        bench.valve.set_valve_state("auto")
        bench.valve.request_voltage()
        before = bench.valve.pending
    with valve_bench(state=path) as bench:
        assert [(one.name, one.value, one.tries) for one in bench.valve.pending] == [
            (one.name, one.value, one.tries) for one in before
        ]
        assert bench.valve.target == Decimal(20)
        bench.pass_windows(5)
        assert bench.valve.pending == ()
        assert sorted(set(obeyed(bench))) == sorted({TARGET, STATE, 0x62})
        assert bench.valve.outcomes["request_voltage"].outcome is Outcome.CONFIRMED
        assert bench.valve.outcomes["target_temperature"].tries == 2
    assert parse(path.read_bytes()).whole


def test_commands_of_an_earlier_run_are_sent_though_nobody_made_an_object(tmp_path: Path) -> None:
    path = tmp_path / "pending.jsonl"
    with valve_bench(state=path) as bench:
        bench.valve.set_target(20)
    board = sim_board(seed=1)
    real = Valve(board.air, "valve", SENSOR)
    real.start(FIRST_S)
    with open_engine(board) as engine:
        engine.windows.keep_in(path, board.name)
        engine.run_s(FIRST_S + 1)
        assert real.target_c == 20.0


def test_what_it_was_told_survives_and_is_told_again_after_its_reset(tmp_path: Path) -> None:
    path = tmp_path / "pending.jsonl"
    with valve_bench(state=path) as bench:
        bench.valve.set_target("20.5", wait=700)
    with valve_bench(state=path) as bench:
        assert (bench.valve.target, bench.valve.pending) == (Decimal("20.5"), ())
        bench.valve.request_diagnostics(wait=400)
        bench.pass_windows(1)
        assert bench.real.target_c == 20.5


def test_age_goes_on_while_the_program_does_not_run(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "pending.jsonl"
    with valve_bench(state=path) as bench:
        bench.real.stop()
        bench.valve.set_target(20)
        bench.valve.identify()
        bench.engine.run_s(3600)
    rows = parse(path.read_bytes()).rows
    path.write_bytes(dump(rows, datetime(2026, 1, 1, tzinfo=UTC) - timedelta(hours=22, minutes=30)))
    with valve_bench(state=path) as bench:
        assert bench.valve.pending[0].age_s == pytest.approx(23.5 * 3600, abs=10)
        bench.real.stop()
        bench.engine.run_s(1900)
        assert bench.valve.pending == ()
    assert "within 24 h" in caplog.text


@pytest.mark.parametrize(
    ("saved", "now", "seconds"),
    [
        ("2026-01-01T00:00:00+00:00", "2026-01-01T01:00:00+00:00", 3600.0),
        ("2026-01-01T00:00:00+00:00", "2025-12-31T00:00:00+00:00", 0.0),
        ("1970-01-01T00:10:00+00:00", "2026-01-01T00:00:00+00:00", 0.0),
        ("2026-01-01T00:00:00+00:00", "1970-01-01T00:10:00+00:00", 0.0),
        (None, "2026-01-01T00:00:00+00:00", 0.0),
    ],
    ids=["an hour", "set back", "saved before the clock was set", "read before the clock is set", "unknown"],
)
def test_time_away_with_a_clock_that_jumps(saved: str | None, now: str, seconds: float) -> None:
    assert away(None if saved is None else datetime.fromisoformat(saved), datetime.fromisoformat(now)) == seconds


def test_a_wall_clock_that_jumps_while_running_ages_nothing() -> None:
    with valve_bench() as bench:
        bench.real.stop()
        ticket = bench.valve.set_target(20)
        bench.engine.run_s(10)
        bench.board.clock.start += timedelta(days=400)
        bench.engine.run_s(10)
        assert (ticket.outcome, bench.valve.pending[0].age_s) == (Outcome.QUEUED, pytest.approx(20, abs=3))


def test_rows_that_make_no_sense_are_left_out_and_the_rest_is_used(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "pending.jsonl"
    with valve_bench(state=path) as bench:
        bench.valve.set_target(20)
        bench.valve.set_valve_state("auto", wait=1300)
        bench.valve.identify()
    good = parse(path.read_bytes())
    bad = [
        good.rows[0] | change
        for change in (
            {"value": "99"}, {"code": "SWITCH_STATE"}, {"product": 2}, {"age": "old"}, {"kind": "wish"},
            {"carrier": ["NOTHING", 1]}, {"carrier": []}, {"sensor": None},
        )
    ]  # fmt: skip
    path.write_bytes(dump([*bad, {"rubbish": True}, *good.rows], datetime(2026, 1, 1, tzinfo=UTC)))
    with valve_bench(state=path) as bench:
        assert [one.name for one in bench.valve.pending] == ["identify"]
        assert (bench.valve.target, bench.valve.valve_state) == (Decimal(20), "auto")
    assert caplog.text.count("is of no use") == len(bad) + 1


def test_two_hubs_never_share_a_queue(tmp_path: Path) -> None:
    path = tmp_path / "pending.jsonl"
    with Hub(board=sim_board(), state=path), pytest.raises(LinkBusy, match="another hub"):
        Hub(board=sim_board(), state=path)
    Hub(board=sim_board(), state=path).close()


def test_a_simulated_board_writes_nothing_unless_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENERGY_HW_STATE", str(tmp_path))
    with Hub(board=sim_board()) as hub:
        Etrv(hub, SENSOR).target = 20
    assert list(tmp_path.iterdir()) == []


def test_each_real_board_has_a_file_of_its_own_made_when_it_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENERGY_HW_STATE", str(tmp_path / "state"))
    with Hub(board=sim_board(name="ener314-rt on /dev/spidev0.1")) as hub:
        assert not (tmp_path / "state").exists()
        Etrv(hub, SENSOR).target = 20
        (path,) = (tmp_path / "state").glob("*.jsonl")
        assert path.name == "pending-ener314-rt-on-dev-spidev0.1.jsonl"
    with Hub(board=sim_board(name="ener314-rt on /dev/spidev0.1")) as hub:
        assert [waiting.value for waiting in Etrv(hub, SENSOR).pending] == [Decimal(20)]
    with Hub(board=sim_board(name="ener314-rt on /dev/spidev0.0")) as hub:
        assert Etrv(hub, SENSOR).pending == ()


def test_a_disk_that_is_full_keeps_no_command_from_its_window(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "pending.jsonl"
    Path(f"{path}.new").symlink_to("/dev/full")
    with valve_bench(state=path) as bench:
        bench.valve.set_target(20, wait=700)
        assert bench.real.target_c == 20.0
        assert bench.engine.windows.store.file is not None
        bench.engine.windows.store.file.flush()
        assert bench.engine.windows.store.file.failures > 0
    assert len([one for one in caplog.records if one.levelno == logging.WARNING and "cannot be kept" in one.msg]) == 1


def test_a_disk_that_hangs_does_not_hold_up_the_window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    with valve_bench(state=tmp_path / "pending.jsonl") as bench:
        bench.engine.step(0.01)  # this thread is the radio's from now on
        monkeypatch.setattr("energy_hw.energenie.pending.os.fsync", lambda _: released.wait(20))
        bench.valve.set_target(20)
        bench.pass_windows(2)
        assert bench.real.target_c == 20.0
        released.set()


def test_who_waits_in_another_thread_is_woken() -> None:
    board = sim_board(seed=1, speed=50.0)
    with Hub(board=board) as hub:
        valve = Etrv(hub, SENSOR)
        tickets: list[Ticket] = [valve.set_target(20), valve.identify()]
        with pytest.raises(NotConfirmed, match="within 5 s"):
            tickets[0].wait(5)
        threading.Thread(target=valve.cancel).start()
        with pytest.raises(NotConfirmed, match="cancelled"):
            tickets[1].wait(100_000)


# -- figures -------------------------------------------------------------------


@pytest.mark.parametrize(("dio0", "seed"), [(True, 11), (False, 13)])
def test_no_window_is_missed_that_nobody_else_disturbs(core: Core, dio0: bool, seed: int) -> None:
    """The computer is up to 20 ms late on every wait; benchmarks/windows.py has the figure of thousands."""
    tally = land(seed, dio0, windows=20, core=core.name)
    assert (tally.missed, tally.strict_missed, tally.deaf) == (0, 0, 0)
    assert tally.clear > 20


@pytest.mark.parametrize("dio0", [True, False])
def test_a_frame_that_ends_just_before_the_report_costs_no_window(dio0: bool) -> None:
    """The chip is deaf until it is taken, and the computer up to 20 ms late."""
    with sim_board(seed=1, dio0=dio0, jitter_s=0.020) as board, open_engine(board) as engine:
        real, neighbour = Valve(board.air, "valve", SENSOR), Plug(board.air, "plug", 0x123)
        real.interval_s, real.drift = 20.0, 0.0
        began = board.clock.monotonic()
        real.start(5.0)
        valve = Etrv(engine, SENSOR, repeats=1)
        engine.run_s(90.0)  # 20 s are not what its profile says: they are believed when they came often enough
        for number in range(5, 13):
            valve.set_target(number + 1)
            before_s = fsk_airtime_us(29) / 1e6 + 0.001 * (number - 4)
            board.clock.call_at(round((began + 5.0 + 20.0 * number - before_s) * 1e9), neighbour.report)
            engine.run_s(20.0)
            assert real.target_c == number + 1


# -- what goes into a window -----------------------------------------------------


def test_an_order_may_start_as_long_as_it_ends_inside_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    orders: list[Order] = []
    with valve_bench() as bench:
        monkeypatch.setattr(bench.engine.windows, "_submit", lambda order: orders.append(order) or order.ticket)
        bench.valve.set_target(20)
        bench.pass_windows(1)
        [order] = orders
        opened = bench.valve.queue.last_at or 0.0
        length_s = fsk_airtime_us(len(order.build())) / 1e6
        assert order.not_after + length_s == pytest.approx(opened + windows.WINDOW_S - windows.LATE_S)
        order.ticket.settle(Outcome.EXPIRED)
        assert (bench.engine.windows.missed, len(bench.valve.pending)) == (1, 1)


def test_a_sensor_of_the_same_number_by_another_maker_opens_nothing() -> None:
    with valve_bench(first_s=1000.0) as bench:
        bench.valve.set_target(20)
        records = (Record(0x74, False, 0x9, b"\x12\x00", None),)
        bench.board.air.send_fsk(bench.engine.core.encode(Message(5, 3, 0x1234, SENSOR, records)), sender="other")
        bench.engine.run_s(1.0)
        assert bench.valve.queue.windows == 0
        assert bench.engine.counters().radio.sent == 0


def test_reports_that_come_sooner_are_a_shorter_interval_at_once() -> None:
    with valve_bench() as bench:
        bench.pass_windows(2)
        bench.real.interval_s = 200
        bench.pass_windows(2)
        assert bench.valve.queue.interval_s == pytest.approx(200.0, abs=0.1)
