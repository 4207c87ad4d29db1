"""The controller as a source: reports poll after poll, whatever happens to it meanwhile."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice

import pytest

from energy_hw.errors import (
    FrameError,
    LayoutChanged,
    LinkBusy,
    LinkClosed,
    LinkError,
    LinkTimeout,
    ModbusError,
    NotSunSpec,
)
from energy_hw.outback.counters import Mate3Counters, of_link
from energy_hw.outback.diagnose import Health, State, diagnose, kind_of
from energy_hw.outback.mate3 import Mate3
from energy_hw.outback.poll import Mode
from energy_hw.outback.polling import Polling
from energy_hw.outback.snapshot import Snapshot
from energy_hw.reading import Report
from energy_hw.sim.mate3 import SimMate3
from energy_hw.sim.mate3_faults import FOREVER
from mate3_rig import PATIENCE_S
from mate3_rig import mate3 as simulated
from outback_rig import Controller

__all__ = ["simulated"]
DEVICES = 7


class Time:
    """Monotonic seconds that only tests move."""

    def __init__(self) -> None:
        self.at = 1000.0

    def monotonic(self) -> float:
        return self.at

    def now(self) -> datetime:
        return datetime(2026, 3, 29, tzinfo=UTC)


class Polled:
    """A Polling over a controller that may be away. rests: seconds that were waited; modes: what was asked for."""

    def __init__(self, interval_s: float = 10.0, settings_every_s: float = 30.0) -> None:
        self.clock, self.rests, self.modes = Time(), list[float](), list[Mode]()
        self.takes_s, self.error, self.stopped = 0.0, None, False
        self.snapshot = Mate3(registers=Controller()).read()
        self.polling = Polling("mate3.lan", self.read, interval_s, settings_every_s, self.clock, self)

    error: Exception | None

    def read(self, mode: Mode) -> Snapshot:
        self.modes.append(mode)
        self.clock.at += self.takes_s
        if self.error:
            raise self.error
        return self.snapshot

    def wait(self, timeout: float) -> None:
        self.rests.append(timeout)
        self.clock.at += timeout

    def is_set(self) -> bool:
        return self.stopped

    def rounds(self, count: int) -> list[bool]:
        return [self.round() for _ in range(count)]

    def round(self) -> bool:
        worked = self.polling.poll() is not None
        self.polling.rest()
        return worked


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Polls ten milliseconds apart: no controller is asked, so none can mind."""
    monkeypatch.setattr("energy_hw.outback.options.SHORTEST_S", 0.01)
    monkeypatch.setattr("energy_hw.outback.polling.REST_S", 0.01)


def eventually(holds: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


# -- reports ------------------------------------------------------------------


def test_iterating_polls_and_gives_a_report_for_each_device(simulated: SimMate3) -> None:
    with Mate3(simulated.host, simulated.port) as mate3:
        reports = list(islice(mate3, DEVICES))
        assert [report.device.rpartition("/")[2] for report in reports[1:]] == ["system", "1", "2", "3", "4", "5"]
        assert reports[6]["state_of_charge"].value == 96
        assert len(simulated.requests) <= 20
        assert mate3.diagnosis().health is Health.GOOD


def test_the_next_polls_are_of_live_values_until_settings_are_due(quick: None) -> None:
    controller = Controller()
    with Mate3(registers=controller, interval_s=0.01, settings_every_s=1e6) as mate3:
        reports = list(islice(mate3, 3 * DEVICES))
    assert [report.get("absorb_volts") is not None for report in reports[4::DEVICES]] == [True, False, False]
    assert [report.time is not None for report in reports[4::DEVICES]] == [True, False, False]
    assert {report.model for report in reports[4::DEVICES]} == {"FM60-150VDC"}


def test_a_second_reader_and_a_stream_get_the_same_polls(quick: None) -> None:
    async def streamed(mate3: Mate3) -> list[str]:
        found = []
        async for report in mate3.stream():
            found.append(report.device)
            if len(found) == DEVICES:
                break
        return found

    with Mate3(registers=Controller(), interval_s=0.01) as mate3:
        first = [report.device for report in islice(mate3, DEVICES)]
        assert asyncio.run(asyncio.wait_for(streamed(mate3), PATIENCE_S))
        assert {report.device for report in islice(mate3, 2 * DEVICES)} == set(first)


def test_a_stream_of_a_controller_that_is_away_raises() -> None:
    async def first(mate3: Mate3) -> Report:
        return await anext(mate3.stream())

    with SimMate3() as gone:
        host, port = gone.host, gone.port
    with Mate3(host, port, tries=1) as mate3, pytest.raises(LinkError, match="switch Modbus"):
        asyncio.run(asyncio.wait_for(first(mate3), PATIENCE_S))


def test_callbacks_begin_with_the_block_and_run_in_a_thread_of_their_own() -> None:
    threads, done = set[str](), threading.Event()

    def note(report: Report) -> None:
        threads.add(threading.current_thread().name)
        if report.device.endswith("/5"):
            done.set()

    with Mate3(registers=Controller(), on_report=note):
        assert done.wait(PATIENCE_S)
    assert threads == {"energy-hw-callback"}


def test_a_callback_may_close_and_one_that_fails_stops_nothing(quick: None) -> None:
    closed = threading.Event()

    def fail_then_close(report: Report) -> None:
        if report.device.endswith("/5") and mate3.counters().polls > 1:
            mate3.close()
            closed.set()
        raise ZeroDivisionError(report.device)

    mate3 = Mate3(registers=Controller(), interval_s=0.01, on_report=fail_then_close)
    for report in mate3:
        assert report.source == "outback"
    assert closed.wait(PATIENCE_S)
    eventually(lambda: mate3.counters().callback_errors >= DEVICES)
    assert mate3.diagnosis().health is Health.ENDED


def test_close_ends_readers_and_the_thread(quick: None) -> None:
    mate3 = Mate3(registers=Controller(), interval_s=1000.0, settings_every_s=1000.0)
    reports = iter(mate3)
    threading.Timer(0.05, mate3.close).start()
    assert len(list(reports)) == DEVICES
    mate3.close()
    assert not mate3._thread.is_alive()


def test_close_ends_a_read_that_hangs(simulated: SimMate3) -> None:
    asked = threading.Event()
    mate3 = Mate3(simulated.host, simulated.port, patient=True, timeout_s=PATIENCE_S)
    simulated.faults.arm(silent=True, count=FOREVER, then=asked.set)
    reports = iter(mate3)
    assert asked.wait(PATIENCE_S)
    began = time.monotonic()
    mate3.close()
    assert list(reports) == []
    assert time.monotonic() - began < PATIENCE_S


def test_reads_and_the_poll_take_turns(simulated: SimMate3, quick: None) -> None:
    with Mate3(simulated.host, simulated.port, interval_s=0.01, timeout_s=PATIENCE_S) as mate3:
        reports = iter(mate3)
        next(reports)
        threads = [threading.Thread(target=mate3.read) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE_S)
        mate3.charge_controllers[3].read("watts")
        eventually(lambda: mate3.counters().polls > 3)
        counters = mate3.counters()
    assert (counters.strays, counters.timeouts, counters.exceptions, counters.connects) == (0, 0, 0, 1)


# -- trouble -------------------------------------------------------------------


def test_the_first_poll_raises_what_is_wrong() -> None:
    with SimMate3() as gone:
        host, port = gone.host, gone.port
    with Mate3(host, port, tries=1) as mate3:
        for _ in range(2):
            with pytest.raises(LinkError, match="switch Modbus"):
                iter(mate3)
        assert not mate3._thread.is_alive()


def test_a_block_with_callbacks_does_not_begin_without_a_controller() -> None:
    controller = Controller({})
    source = Mate3(registers=controller, on_report=lambda report: None)
    source._poller._sleep = lambda pause_s: None
    with pytest.raises(NotSunSpec), source:
        raise AssertionError("not reached")
    assert source.diagnosis().health is Health.ENDED


def test_a_patient_source_waits_for_its_controller(quick: None) -> None:
    controller = Controller()
    registers, controller.registers = controller.registers, {}
    with Mate3(registers=controller, interval_s=0.01, patient=True) as mate3:
        reports = iter(mate3)
        eventually(lambda: mate3.counters().failed > 1)
        assert mate3.diagnosis().health is Health.FOREIGN
        controller.registers = registers
        assert next(reports).device == "outback:MA0000F0000000"
        eventually(lambda: mate3.diagnosis().health is Health.GOOD)


def test_a_controller_that_goes_away_and_comes_back_is_polled_again(
    simulated: SimMate3, quick: None, caplog: pytest.LogCaptureFixture
) -> None:
    with Mate3(simulated.host, simulated.port, interval_s=0.01, timeout_s=PATIENCE_S) as mate3:
        reports = iter(mate3)
        next(reports)
        simulated.faults.arm(code=4, count=5)
        eventually(lambda: mate3.counters().failed >= 3)
        eventually(lambda: mate3.diagnosis().health is Health.GOOD)
        fresh = mate3.counters().polls
        eventually(lambda: mate3.counters().polls > fresh)
    told = [record for record in caplog.records if record.levelno == logging.WARNING and "polling" in record.name]
    assert sum("trying again" in record.message for record in told) == 1
    assert sum("answers again" in record.message for record in told) == 1


def test_a_fault_of_our_own_does_not_end_the_thread(
    quick: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("energy_hw.outback.mate3.FAULT_PAUSE_S", 0.01)
    with Mate3(registers=Controller(), interval_s=0.01) as mate3:
        next(iter(mate3))
        poll, failed = mate3._polling.poll, threading.Event()

        def broken(done: Snapshot | None = None) -> Snapshot | None:
            mate3._polling.poll = poll  # type: ignore[method-assign]
            failed.set()
            raise ZeroDivisionError("a bug")

        mate3._polling.poll = broken  # type: ignore[method-assign]
        assert failed.wait(PATIENCE_S)
        polls = mate3.counters().polls
        eventually(lambda: mate3.counters().polls > polls)
    assert "a fault of this program" in caplog.text


# -- when to poll --------------------------------------------------------------


def test_polls_are_start_to_start() -> None:
    polled = Polled(interval_s=10.0)
    polled.takes_s = 3.0
    polled.rounds(3)
    assert polled.rests == [7.0, 7.0, 7.0]


def test_a_poll_that_takes_longer_than_the_interval_is_not_caught_up() -> None:
    polled = Polled(interval_s=10.0)
    polled.takes_s = 35.0
    polled.round()
    polled.takes_s = 0.0
    polled.rounds(2)
    assert polled.rests == [0.1, 10.0, 10.0]


def test_settings_are_read_at_first_and_then_as_often_as_they_are_due() -> None:
    polled = Polled(interval_s=10.0, settings_every_s=30.0)
    polled.rounds(7)
    every, live = Mode.EVERYTHING, Mode.LIVE
    assert polled.modes == [every, live, live, every, live, live, every]


def test_settings_that_could_not_be_read_stay_due() -> None:
    polled = Polled()
    polled.error = LinkTimeout("no answer")
    polled.round()
    polled.error = None
    polled.rounds(2)
    assert polled.modes == [Mode.EVERYTHING, Mode.EVERYTHING, Mode.LIVE]


def test_settings_of_blocks_that_moved_are_read_with_the_next_poll() -> None:
    polled = Polled()
    whole = polled.snapshot
    polled.round()
    kept = {block: part for block, part in whole.parts.items() if block.did != 64112}
    polled.snapshot = Snapshot(whole.time, whole.layout, "", kept)
    polled.round()
    polled.snapshot = whole
    polled.rounds(2)
    assert polled.modes == [Mode.EVERYTHING, Mode.LIVE, Mode.EVERYTHING, Mode.LIVE]


def test_pauses_grow_while_the_controller_is_away_and_shrink_when_it_is_back() -> None:
    polled = Polled(interval_s=10.0)
    polled.error = LinkError("away")
    assert polled.rounds(5) == [False] * 5
    limits = [10, 20, 40, 60, 60]
    assert all(0.8 * limit <= rest <= limit for rest, limit in zip(polled.rests, limits, strict=True))
    polled.error = None
    polled.round()
    polled.error = LinkError("away")
    polled.round()
    assert polled.rests[5] == 10.0
    assert 8.0 <= polled.rests[6] <= 10.0


def test_each_kind_of_trouble_is_told_once_until_it_is_over(caplog: pytest.LogCaptureFixture) -> None:
    polled = Polled()
    for error in (LinkError("away"), LinkError("away"), LinkTimeout("silent"), LinkError("away"), None, LinkError("x")):
        polled.error = error
        polled.round()
    warnings = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert warnings == [
        "away; trying again",
        "silent; trying again",
        "mate3.lan answers again",
        "x; trying again",
    ]
    assert (polled.polling.polls, polled.polling.failed) == (1, 5)


def test_a_poll_that_closing_broke_off_is_no_trouble(caplog: pytest.LogCaptureFixture) -> None:
    polled = Polled()
    polled.error, polled.stopped = LinkClosed("this link was closed"), True
    assert not polled.round()
    assert (polled.polling.failed, caplog.records) == (0, [])


# -- diagnosis and counters ----------------------------------------------------


@pytest.mark.parametrize(
    ("trouble", "health"),
    [
        (LinkTimeout("silent"), Health.SILENT),
        (LinkBusy("another thread"), Health.BUSY),
        (LinkClosed("hung up"), Health.AWAY),
        (LinkError("refused"), Health.AWAY),
        (ModbusError("exception", 4), Health.REFUSED),
        (NotSunSpec("no marker"), Health.FOREIGN),
        (LayoutChanged("moving"), Health.CHANGING),
        (FrameError("short"), Health.DAMAGED),
    ],
)
def test_what_went_wrong_has_a_name_and_says_since_when(trouble: Exception, health: Health) -> None:
    assert kind_of(trouble) is health
    diagnosis = diagnose(State(ok_at=90.0, trouble=trouble), 30.0, "gateway", 100.0)
    assert str(diagnosis) == f"{health}: {trouble}; the last good read was 10 s ago"
    assert diagnosis.ok_age_s == 10.0


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (State(), "idle: nothing was read yet: iterate over it, or read()"),
        (State(ok_at=80.0), "good: gateway"),
        (State(ok_at=60.0), "stale: gateway, read 40 s ago: nothing polls it: iterate over it, or read() again"),
        (State(ok_at=60.0, ended=True), "ended: the connection was closed by this program"),
        (State(trouble=LinkError("away"), ended=True), "ended: the connection was closed by this program"),
        (State(trouble=LinkError("away")), "away: away; nothing was read yet"),
    ],
)
def test_the_diagnosis_says_how_it_is_and_what_to_do(state: State, text: str) -> None:
    assert str(diagnose(state, 30.0, "gateway", 100.0)) == text


def test_a_point_that_there_is_not_is_no_trouble_of_the_controller() -> None:
    with Mate3(registers=Controller()) as mate3:
        with pytest.raises(KeyError):
            mate3.gateway.read("nothing")
        assert mate3.diagnosis().health is Health.GOOD


@pytest.fixture
def counted(simulated: SimMate3) -> Iterator[Mate3Counters]:
    with Mate3(simulated.host, simulated.port) as mate3:
        list(islice(mate3, DEVICES))
        yield mate3.counters()


def test_counters_are_those_of_the_link_and_ours(counted: Mate3Counters) -> None:
    assert (counted.polls, counted.failed, counted.reports, counted.connects) == (1, 0, DEVICES, 1)
    assert 0 < counted.requests <= 20
    assert counted.last_ok_age_s is not None


def test_registers_that_count_nothing_count_as_nothing() -> None:
    assert set(of_link(Controller()).values()) == {0}
