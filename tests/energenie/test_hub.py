"""The hub: a thread around the receiver, with readers, callbacks and senders outside it.

The simulated air runs fifty times as fast as the wall clock; every wait is bounded.
"""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from energy_hw import EnergyHwError, Hub, RadioConfig, Report
from energy_hw.energenie.identity import Standing
from energy_hw.energenie.receiver import Heard, Refused
from energy_hw.errors import AirtimeExceeded, ConfigError, LinkClosed, LinkError, LinkTimeout, MisoStuck
from energy_hw.sim.board import SimBoard, sim_board
from energy_hw.sim.faults import Faults

REPORT = bytes.fromhex("1c0402580b552423bcd2ac508d265ba2cf74b773474aa9f197f1f03f23")
SWITCH = bytes.fromhex("0d04020100c29fb40cf542f13def")
CODE = bytes.fromhex("800000008ee8ee888ee8ee888ee8eeee")
BOUND_S = 20.0
STANDBY = 0x04


@contextmanager
def open_hub(
    core: str | None = None, most_waiting: int = 1000, speed: float = 50.0, **options: object
) -> Iterator[tuple[Hub, SimBoard]]:
    """A burst's refills have 51 ms of slack, at fifty times the speed one: tests that send bursts go slower."""
    board = sim_board(speed=speed, **options)  # type: ignore[arg-type]
    with Hub(board=board, core=core, most_waiting=most_waiting) as hub:
        yield hub, board


def first(hub: Hub, board: SimBoard) -> Report:
    """The next report that comes, after one was sent."""
    reports = iter(hub)
    board.air.send_fsk(REPORT, sender="plug")
    return next(reports)


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
        hub.send_ook(CODE, 8)
        assert [frame for frame in frames if frame] == [SWITCH]
        assert codes == [CODE] * 8
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


# -- opening, living, closing ----------------------------------------------


def test_closing_leaves_the_radio_in_standby_and_the_leds_dark() -> None:
    with open_hub() as (hub, board):
        assert first(hub, board).raw == REPORT
        assert board.pins.leds_lit == (True, False)
    assert board.chip.peek(0x01) == STANDBY
    assert board.pins.leds_lit == (False, False)
    hub.close()
    with pytest.raises(LinkClosed):
        board.spi.transfer([b"\x10\x00"])


def test_a_radio_that_does_not_answer_is_told_at_opening_and_the_board_is_closed() -> None:
    board = sim_board()
    board.chip.miso = 0xFF
    with pytest.raises(MisoStuck):
        Hub(board=board)
    with pytest.raises(LinkError):
        board.spi.transfer([b"\x10\x00"])


def test_a_fault_of_our_own_does_not_end_the_thread(caplog: pytest.LogCaptureFixture) -> None:
    with open_hub() as (hub, board):
        decode, failed = hub._receiver._core.decode, threading.Event()

        class Broken:
            def decode(self, frame: bytes) -> object:
                hub._receiver._core.decode = decode  # type: ignore[method-assign]
                failed.set()
                raise ZeroDivisionError("a bug")

        class Core:
            decode = Broken().decode

        hub._receiver._core = Core()  # type: ignore[assignment]
        board.air.send_fsk(REPORT, sender="plug")
        assert failed.wait(BOUND_S)
        assert first(hub, board).raw == REPORT
    assert "a fault of this program" in caplog.text


def test_the_simulated_house_has_names() -> None:
    with Hub("sim:house?speed=50") as hub:
        report = next(iter(hub))
        assert hub.device_name(int(report.device.rpartition(":")[2], 16))
        assert hub.device_name(0xFFFFFF) == ""
        assert hub.controls() == []


@pytest.mark.parametrize("device", ["sim:castle", "sim:house?speed=fast", "sim:house?colour=3", "sim:house?speed"])
def test_a_simulation_that_is_not_there_is_a_configuration_error(device: str) -> None:
    with pytest.raises(ConfigError, match="sim:"):
        Hub(device)


def test_an_unknown_wiring_names_those_that_are_known() -> None:
    with pytest.raises(ConfigError, match="ener314-rt, bonnet"):
        Hub("sim:house", wiring="breadboard")


def test_the_environment_names_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENERGY_HW_DEVICE", "sim:house?speed=50")
    with Hub() as hub:
        assert hub.name.startswith("sim:house")


# -- at awkward moments ----------------------------------------------------


@pytest.mark.parametrize("core", ["c", "python"])
def test_closing_while_others_send_ends_them_all(core: str) -> None:
    with open_hub(core, speed=5.0) as (hub, board):
        ended: list[BaseException | None] = []

        def send() -> None:
            try:
                hub.send_ook(CODE, 75)
                ended.append(None)
            except EnergyHwError as error:
                ended.append(error)

        senders = [threading.Thread(target=send) for _ in range(6)]
        for sender in senders:
            sender.start()
        hub.close()
        for sender in senders:
            sender.join(BOUND_S)
    assert len(ended) == 6
    assert {type(error) for error in ended} <= {type(None), LinkClosed, LinkTimeout}
    assert LinkClosed in {type(error) for error in ended}
    assert board.chip.peek(0x01) == STANDBY


def test_ctrl_c_while_closing_still_leaves_the_radio_in_standby(monkeypatch: pytest.MonkeyPatch) -> None:
    with open_hub() as (hub, board):
        join, calls = hub._thread.join, []

        def interrupted(timeout: float | None = None) -> None:
            calls.append(timeout)
            if len(calls) == 1:
                raise KeyboardInterrupt
            join(timeout)

        monkeypatch.setattr(hub._thread, "join", interrupted)
        with pytest.raises(KeyboardInterrupt):
            hub.close()
        assert board.chip.peek(0x01) == STANDBY
        assert board.pins.leds_lit == (False, False)


def test_readers_that_nobody_reads_any_more_are_forgotten() -> None:
    with open_hub(most_waiting=2) as (hub, board):
        for _ in range(10):
            assert first(hub, board).raw == REPORT
        gc.collect()
        assert len(hub._reports) == 0
        assert hub.counters().dropped == 0


def test_the_first_asyncio_reader_gets_what_came_before_it() -> None:
    async def one(hub: Hub) -> bytes:
        async for report in hub.stream():
            return report.raw
        return b""

    with open_hub() as (hub, board):
        heard = hub.events()
        board.air.send_fsk(REPORT, sender="plug")
        assert heard.get(BOUND_S) is not None
        assert asyncio.run(asyncio.wait_for(one(hub), BOUND_S)) == REPORT


def test_a_callback_on_a_closed_hub_ends_its_thread() -> None:
    with open_hub() as (hub, _):
        pass
    hub.when_report(print)
    for thread in threading.enumerate():
        if thread.name == "energy-hw-callback":
            thread.join(BOUND_S)
            assert not thread.is_alive()


def test_a_forked_child_leaves_the_parents_radio_alone() -> None:
    with open_hub() as (hub, board):
        hub._pid += 1  # as it looks in the child
        hub.close()
        hub._pid -= 1
        assert first(hub, board).raw == REPORT


def test_a_wiring_that_is_an_hcw_stays_one_with_other_settings() -> None:
    with Hub("sim:?speed=50", wiring="bonnet", config=RadioConfig(promiscuous=True)) as hub:
        chip = hub._board.chip  # type: ignore[attr-defined]
        assert (chip.peek(0x11), chip.peek(0x37)) == (0x5C, 0xA0)


@pytest.mark.parametrize("dio0", [-1, 8, 25, 28, 999])
def test_an_interrupt_line_that_cannot_be_is_refused(dio0: int) -> None:
    with pytest.raises(ConfigError, match=f"got {dio0}"):
        Hub("sim:", dio0=dio0)


def test_a_node_and_a_simulation_at_once_are_refused() -> None:
    with pytest.raises(ConfigError, match="got both"):
        Hub("/dev/spidev0.1", simulate=True)
