"""The hub: opening, closing, and what happens at awkward moments in between."""

from __future__ import annotations

import asyncio
import gc
import threading

import pytest

from energy_hw import EnergyHwError, Etrv, Hub, Plug, RadioConfig
from energy_hw.errors import ConfigError, LinkClosed, LinkError, LinkTimeout, MisoStuck
from energy_hw.sim.board import sim_board
from hub_rig import BOUND_S, CODE, REPORT, STANDBY, first, open_hub

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
        assert [c.name for c in hub.controls() if c.device == report.device] == ["switch"]  # the kettle speaks first


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


def test_a_hub_may_be_closed_by_a_callback_in_the_radios_thread() -> None:
    with Hub("sim:house?speed=20") as hub:
        Plug(hub, 0x373).on().when_done(lambda _: hub.close())
        for _ in hub:  # ends
            pass
        assert not hub._thread.is_alive()


def test_a_forked_child_leaves_the_parents_radio_alone() -> None:
    with open_hub() as (hub, board):
        plug, valve = Plug(hub, 0x373), Etrv(hub, 0x97F)
        hub._pid = hub.windows._pid = hub._pid + 1  # as it looks in the child
        for command in (plug.on, valve.identify):
            with pytest.raises(LinkClosed, match="after a fork open one here"):
                command()
        hub.close()
        hub._pid -= 1
        assert first(hub, board).raw == REPORT


def test_a_wiring_that_is_an_hcw_stays_one_with_other_settings() -> None:
    with Hub("sim:?speed=50", wiring="bonnet", config=RadioConfig(promiscuous=True)) as hub:
        chip = hub.board.chip  # type: ignore[attr-defined]
        assert (chip.peek(0x11), chip.peek(0x37)) == (0x5C, 0xA0)


@pytest.mark.parametrize("dio0", [-1, 8, 25, 28, 999])
def test_an_interrupt_line_that_cannot_be_is_refused(dio0: int) -> None:
    with pytest.raises(ConfigError, match=f"got {dio0}"):
        Hub("sim:", dio0=dio0)


def test_a_node_and_a_simulation_at_once_are_refused() -> None:
    with pytest.raises(ConfigError, match="got both"):
        Hub("/dev/spidev0.1", simulate=True)
