"""The hub: a thread around the receiver, with readers, callbacks and senders outside it.

The simulated air runs fifty times as fast as the wall clock; every wait is bounded.
"""

from __future__ import annotations

import asyncio
import threading

import pytest

from energy_hw import Hub, Report
from energy_hw.energenie.identity import Standing
from energy_hw.energenie.receiver import Heard, Refused
from energy_hw.errors import AirtimeExceeded, LinkClosed, LinkTimeout
from energy_hw.sim.board import SimBoard
from energy_hw.sim.faults import Faults
from hub_rig import BOUND_S, CODE, REPORT, SWITCH, first, open_hub

# -- reading ---------------------------------------------------------------


@pytest.mark.parametrize("core", ["c", "python"])
def test_iterating_gives_what_devices_say(core: str) -> None:
    with open_hub(core) as (hub, board):
        report = first(hub, board)
        assert report.device == "energenie:2:0x000373"
        assert report["switch_state"].value is False


def test_what_came_before_the_first_reader_is_not_lost() -> None:
    with open_hub() as (hub, board):
        heard = hub.events()
        board.air.send_fsk(REPORT, sender="plug")
        assert heard.get(BOUND_S) is not None
        assert next(iter(hub)).raw == REPORT


def test_two_readers_get_the_same_reports() -> None:
    with open_hub() as (hub, board):
        one, two = iter(hub), iter(hub)
        board.air.send_fsk(REPORT, sender="plug")
        assert next(one) is next(two)


def test_closing_ends_every_reader() -> None:
    with open_hub() as (hub, _):
        reports = iter(hub)
        ended = threading.Thread(target=lambda: list(reports))
        ended.start()
    ended.join(BOUND_S)
    assert not ended.is_alive()
    assert list(hub) == []


def test_a_reader_that_does_not_read_loses_the_oldest_and_it_is_counted() -> None:
    with open_hub(most_waiting=2) as (hub, board):
        reports, heard = iter(hub), hub.events()
        for _ in range(5):
            board.air.send_fsk(REPORT, sender="plug")
            assert heard.get(BOUND_S) is not None
        assert hub.counters().dropped == 3
        assert next(reports).raw == REPORT


def test_asyncio_sees_the_same_reports() -> None:
    async def two(hub: Hub, board: SimBoard) -> list[str]:
        devices = []
        board.clock.call_in(10**9, lambda: board.air.send_fsk(REPORT, sender="plug"))
        board.clock.call_in(2 * 10**9, lambda: board.air.send_fsk(REPORT, sender="plug"))
        async for report in hub.stream():
            devices.append(report.device)
            if len(devices) == 2:
                break
        return devices

    with open_hub() as (hub, board):
        devices = asyncio.run(asyncio.wait_for(two(hub, board), BOUND_S))
    assert devices == ["energenie:2:0x000373"] * 2


def test_closing_ends_an_asyncio_reader() -> None:
    async def read(hub: Hub) -> int:
        asyncio.get_running_loop().run_in_executor(None, hub.close)
        return len([report async for report in hub.stream()])

    with open_hub() as (hub, _):
        assert asyncio.run(asyncio.wait_for(read(hub), BOUND_S)) == 0


def test_events_also_show_what_is_not_a_device_and_what_was_refused() -> None:
    unknown = bytes.fromhex("0d0442")
    with open_hub() as (hub, board):
        message = __import__("energy_hw.core", fromlist=["get"]).get().decode(REPORT)._replace(product=0x42, sensor=1)
        unknown = __import__("energy_hw.core", fromlist=["get"]).get().encode(message)
        events, reports = hub.events(), hub._subscribe()
        for frame in (unknown, REPORT[:-1] + b"\x00", unknown):
            board.air.send_fsk(frame, sender="device")
            board.clock.wait(10**9, lambda: False)
        got = [events.get(BOUND_S) for _ in range(3)]
        standings = [event.standing if isinstance(event, Heard) else type(event) for event in got]
        assert standings == [Standing.UNCONFIRMED, Refused, Standing.DEVICE]
        assert reports.get(BOUND_S) is not None
        assert reports.get(0) is None


# -- callbacks -------------------------------------------------------------


def test_a_callback_runs_outside_the_radios_thread() -> None:
    with open_hub() as (hub, board):
        threads: list[str] = []
        called = threading.Event()
        hub.when_report(lambda _: (threads.append(threading.current_thread().name), called.set()))
        board.air.send_fsk(REPORT, sender="plug")
        assert called.wait(BOUND_S)
        assert threads == ["energy-hw-callback"]


def test_a_callback_that_fails_is_counted_and_called_again(caplog: pytest.LogCaptureFixture) -> None:
    with open_hub() as (hub, board):
        called = threading.Semaphore(0)

        def fail(_: Report) -> None:
            called.release()
            raise ValueError("a bug in the user's code")

        hub.when_report(fail)
        for number in range(2):
            board.clock.call_in(number * 10**9, lambda: board.air.send_fsk(REPORT, sender="plug"))
        assert called.acquire(timeout=BOUND_S)
        assert called.acquire(timeout=BOUND_S)
        assert first(hub, board).raw == REPORT
    assert hub.counters().callback_errors >= 1
    assert "a bug in the user's code" in caplog.text


def test_a_callback_that_hangs_delays_nobody() -> None:
    release = threading.Event()
    with open_hub() as (hub, board):
        hub.when_report(lambda _: release.wait(BOUND_S))
        for _ in range(3):
            assert first(hub, board).raw == REPORT
        release.set()


# -- sending ---------------------------------------------------------------


@pytest.mark.parametrize("core", ["c", "python"])
def test_sending_from_any_thread_reaches_a_device(core: str) -> None:
    with open_hub(core, speed=2.0) as (hub, board):
        frames: list[bytes | None] = []
        codes: list[bytes] = []
        board.air.listen(
            lambda hearing: (frames.append(hearing.fsk_frame()), codes.extend(hearing.ook_frames())), "device"
        )
        hub.send_fsk(SWITCH)
        hub.send_ook(CODE, 4)  # fits the FIFO: nothing to refill in time
        assert [frame for frame in frames if frame] == [SWITCH]
        assert codes == [CODE] * 4
        assert first(hub, board).raw == REPORT
        assert hub.counters().radio.sent == 2


def test_a_send_that_fails_raises_where_it_was_called() -> None:
    with open_hub() as (hub, board):
        Faults(board).now("packet_sent")
        with pytest.raises(LinkTimeout, match="send again"):
            hub.send_fsk(SWITCH)
        hub.send_fsk(SWITCH)


def test_airtime_is_bounded_by_law() -> None:
    with open_hub() as (hub, _):
        hub._receiver.budget.limit_s = 0.15
        hub.send_fsk(SWITCH)
        with pytest.raises(AirtimeExceeded):
            hub.send_fsk(SWITCH)


def test_sending_on_a_closed_hub_says_so() -> None:
    with open_hub() as (hub, _):
        pass
    with pytest.raises(LinkClosed, match="open a new one"):
        hub.send_fsk(SWITCH)
