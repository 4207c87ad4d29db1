"""The hub without its thread: nothing happens but in its own calls."""

from __future__ import annotations

import pytest

from energy_hw.core.message import Message
from energy_hw.energenie.device import Device
from energy_hw.energenie.engine import open_engine
from energy_hw.energenie.orders import Outcome, Ticket
from energy_hw.errors import LinkClosed
from energy_hw.sim.board import sim_board
from energy_hw.sim.plugs import Plug

SENSOR = 0x373


def says_off(message: Message) -> bool | None:
    return next((record.value == 0 for record in message.records if record.parameter == 0x73), None)


def test_waiting_steps_the_engine_and_every_run_is_the_same() -> None:
    def run() -> tuple[Outcome, bool, float]:
        board = sim_board(seed=1)
        plug = Plug(board.air, "plug", SENSOR)
        with open_engine(board) as engine:
            device = Device(engine, SENSOR, 2)  # type: ignore[arg-type]
            ticket = Ticket(device.device, "SWITCH_STATE", 0)
            engine.submit(device.order("SWITCH_STATE", 0, ticket, tries=3, verdict=says_off))
            return ticket.wait(2.0), plug.relay, board.clock.monotonic()

    assert run() == run()
    outcome, relay, at = run()
    assert (outcome, relay, at < 2.0) == (Outcome.CONFIRMED, False, True)


def test_time_passes_only_as_far_as_it_was_told() -> None:
    board = sim_board(seed=1)
    Plug(board.air, "plug", SENSOR).start(1.0)
    with open_engine(board) as engine:
        events = engine.run_s(30.0)
        assert board.clock.monotonic() == pytest.approx(30.0, abs=0.1)
    assert len(events) == 3


def test_what_waits_when_it_is_closed_fails() -> None:
    with open_engine(sim_board()) as engine:
        device = Device(engine, SENSOR, 2)  # type: ignore[arg-type]
        ticket = engine.submit(device.order("SWITCH_STATE", 0, Ticket(device.device, "SWITCH_STATE", 0)))
    with pytest.raises(LinkClosed):
        ticket.wait(1.0)
