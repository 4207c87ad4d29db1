"""Commands through a hub with its thread: waiting, patience, raw sends, several hubs, two processes."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from bench.shimmed import open_bench
from control_rig import Ear, light, plug, switch
from energy_hw import Hub
from energy_hw.energenie.orders import Order, Outcome, Priority, Ticket
from energy_hw.errors import AirtimeExceeded, LinkClosed, LinkError, NotConfirmed, OutOfRange
from energy_hw.sim.board import sim_board
from hub_rig import BOUND_S, CODE, REPORT, SWITCH, open_hub

HUB = """
from energy_hw import Hub
try:
    with Hub("/dev/spidev0.1") as hub:
        print("open", flush=True)
        next(iter(hub))
except Exception as error:
    print(type(error).__name__, error, flush=True)
"""

# -- waiting ---------------------------------------------------------------


@pytest.mark.parametrize("dio0", [True, False])
def test_a_thread_that_waits_is_told_when_the_plug_has_answered(dio0: bool) -> None:
    board = sim_board(seed=1, dio0=dio0)
    device = plug(board)
    with Hub(board=board) as hub:
        assert hub.submit(switch(False)).wait(BOUND_S) is Outcome.CONFIRMED
        assert device.relay is False
        assert hub.counters().orders.confirmed == 1


def test_patience_is_measured_by_the_boards_clock_and_the_order_goes_on() -> None:
    with open_hub(speed=20.0) as (hub, board):
        ticket = hub.submit(switch(True, answer_s=100.0))
        began = board.clock.monotonic()
        with pytest.raises(NotConfirmed, match=r"within 5 s, it is (sent|queued) and goes on") as raised:
            ticket.wait(5.0)
        assert board.clock.monotonic() - began >= 5.0
        assert raised.value.ticket is ticket
        assert ticket.cancel()


def test_in_virtual_time_nobody_waits_for_the_wall_clock() -> None:
    board = sim_board(seed=1)
    plug(board)
    with Hub(board=board) as hub:
        assert hub.submit(switch(False)).wait(2.0) is Outcome.CONFIRMED
        with pytest.raises(NotConfirmed):
            hub.submit(switch(True, 0x999)).wait(300.0)


def test_closing_wakes_everybody_who_waits() -> None:
    with open_hub() as (hub, _):
        raised: list[type[BaseException]] = []

        def wait() -> None:
            try:
                hub.submit(light(silence_s=1e6, within_s=1e6)).wait()
            except (LinkClosed, NotConfirmed) as error:
                raised.append(type(error))

        threads = [threading.Thread(target=wait) for _ in range(5)]
        for thread in threads:
            thread.start()
        while hub.counters().orders.taken < 5:
            threading.Event().wait(0.001)
    for thread in threads:
        thread.join(BOUND_S)
        assert not thread.is_alive()
    assert sorted(kind.__name__ for kind in raised) == ["LinkClosed"] + ["NotConfirmed"] * 4  # one key: four replaced


def test_waiting_in_the_radios_thread_is_refused_instead_of_for_ever() -> None:
    with Hub(board=sim_board(seed=1)) as hub:
        raised, over = [], threading.Event()

        def wait(_: Ticket) -> None:
            try:
                hub.submit(switch(True)).wait(BOUND_S)
            except RuntimeError as error:
                raised.append(str(error))
            over.set()

        hub.submit(light()).when_done(wait)
        assert over.wait(BOUND_S)
    assert "use when_done()" in raised[0]


def test_orders_from_many_threads_are_all_settled() -> None:
    board = sim_board(seed=1)
    house = [plug(board, 0x100 + number) for number in range(8)]
    with Hub(board=board, spacing_s=0.0) as hub:
        outcomes: list[Outcome] = []

        def work(sensor: int) -> None:
            outcomes.extend(hub.submit(switch(bool(number % 2), sensor)).wait() for number in range(5))

        threads = [threading.Thread(target=work, args=(device.sensor,)) for device in house]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(BOUND_S)
        assert outcomes == [Outcome.CONFIRMED] * 40
        assert {device.relay for device in house} == {False}


# -- raw -------------------------------------------------------------------


def test_a_raw_frame_waits_for_its_turn_and_for_a_free_channel() -> None:
    board = sim_board(seed=1)
    ear = Ear(board.air)
    with Hub(board=board) as hub:
        board.air.send_fsk(REPORT, sender="plug")
        hub.send_fsk(SWITCH)
        hub.send_ook(CODE, 4, Priority.HOUSEKEEPING)
        assert [(sent.kind, sent.frame) for sent in ear.sent] == [("FSK", SWITCH), ("OOK", CODE)]
        assert ear.sent[0].at >= 0.105
        assert next(iter(hub)).raw == REPORT
        assert [entry.name for entry in hub.audit.entries()] == ["fsk", "ook"]


@pytest.mark.parametrize("repeats", [0, 76, -1])
def test_a_burst_that_is_none_is_refused(repeats: int) -> None:
    with open_hub() as (hub, _), pytest.raises(OutOfRange, match=f"got {repeats}"):
        hub.send_ook(CODE, repeats)


def test_a_raw_frame_without_a_radio_is_a_link_error() -> None:
    board = sim_board(seed=1)
    with Hub(board=board) as hub:
        board.chip.absent = True
        with pytest.raises(LinkError):
            hub.send_fsk(SWITCH)
        assert hub.counters().orders.failed == 1


def test_airtime_that_is_used_up_is_told_with_its_end() -> None:
    with open_hub() as (hub, _):
        hub.engine.receiver.budget.limit_s = 0.1
        with pytest.raises(AirtimeExceeded) as raised:
            hub.send_fsk(SWITCH)
        assert raised.value.wait_s == 3600.0
        assert hub.counters().orders.over_budget == 1


# -- several ---------------------------------------------------------------


def test_two_hubs_in_one_process_have_nothing_in_common(tmp_path: Path) -> None:
    boards = [sim_board(seed=number) for number in (1, 2)]
    plugs = [plug(board) for board in boards]
    files = [tmp_path / f"{number}.jsonl" for number in (1, 2)]
    with Hub(board=boards[0], audit=files[0]) as one, Hub(board=boards[1], audit=files[1]) as two:
        assert one.submit(switch(False)).wait(5.0) is Outcome.CONFIRMED
        assert [device.relay for device in plugs] == [False, True]
        assert two.submit(switch(False)).wait(5.0) is Outcome.CONFIRMED
        assert [device.relay for device in plugs] == [False, False]
        assert [len(hub.audit.entries()) for hub in (one, two)] == [1, 1]
    assert [json.loads(file.read_text())["outcome"] for file in files] == ["confirmed"] * 2


def test_two_hubs_in_reach_of_each_other_take_turns() -> None:
    """Two boards on one air: each hears the other's command, and waits."""
    first = sim_board(seed=1, speed=5.0)
    second = sim_board(air=first.air, chip_name="other gateway", seed=2)
    plugs = [plug(first, 0x100 + number) for number in range(4)]
    with Hub(board=first) as one, Hub(board=second) as two:
        tickets = [hub.submit(switch(False, device.sensor)) for device in plugs for hub in (one, two)]
        assert {ticket.wait(BOUND_S) for ticket in tickets} == {Outcome.CONFIRMED}
        assert {device.relay for device in plugs} == {False}


def test_a_second_process_on_the_board_is_told_which_one_has_it() -> None:
    with open_bench() as bench, bench.start("-c", HUB) as holder:
        assert holder.wait_for("") == "open"
        refused = bench.run("-c", HUB)
        assert refused.out.startswith("LinkBusy ")
        assert f"held by process {holder.pid}" in refused.out
        assert holder.wait_for("open") == "open"


def test_an_order_under_a_name_of_its_own_origin_is_audited_as_such() -> None:
    with Hub(board=sim_board(seed=1)) as hub:
        ticket = Ticket("raw", "test", origin="mqtt")
        hub.submit(Order("raw", "raw", lambda: SWITCH, ticket)).wait(BOUND_S)
        assert hub.audit.entries()[-1].origin == "mqtt"
