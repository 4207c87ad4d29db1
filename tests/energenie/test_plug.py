"""A plug switches, says what it did, and is believed: against the simulated one, in virtual time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from device_rig import SENSOR, Desk, record
from energy_hw import Plug
from energy_hw.energenie.engine import open_engine
from energy_hw.energenie.events import Certainty
from energy_hw.energenie.orders import Outcome
from energy_hw.errors import CommandError, NotConfirmed
from energy_hw.sim import plugs
from energy_hw.sim.air import Air
from energy_hw.sim.board import sim_board


class Deaf(plugs.Plug):
    """A plug that speaks and does not listen."""

    deaf = True

    def listens(self, start_ns: int) -> bool:
        return not self.deaf


@contextmanager
def open_plug(kind: type[plugs.Plug] = plugs.Plug, first_s: float = 1.0) -> Iterator[tuple[Desk, Plug, plugs.Plug]]:
    """A desk, our plug, and the simulated one, which has a relay that is on and reports from first_s on."""
    board = sim_board(seed=1)
    real = kind(board.air, "plug", SENSOR)
    real.start(first_s)
    with open_engine(board) as engine:
        yield Desk(engine), Plug(engine, SENSOR), real


def test_is_on_is_unknown_until_it_says_so() -> None:
    with open_plug() as (desk, plug, _):
        assert (plug.is_on, plug.certainty) == (None, Certainty.UNKNOWN)
        desk.engine.run_s(2.0)
        assert (plug.is_on, plug.certainty) == (True, Certainty.CONFIRMED)


def test_switching_with_wait_is_confirmed_by_the_plug() -> None:
    with open_plug() as (desk, plug, real):
        desk.engine.run_s(2.0)
        ticket = plug.off(wait=2.0)
        assert (ticket.outcome, real.relay) == (Outcome.CONFIRMED, False)
        assert (plug.is_on, plug.certainty) == (False, Certainty.CONFIRMED)
        assert plug.command("switch", True, wait=2.0) == "confirmed"
        assert real.relay


def test_an_answer_ends_the_repeats() -> None:
    with open_plug() as (desk, plug, real):
        desk.engine.run_s(2.0)
        plug.off(wait=2.0)
        desk.engine.run_s(5.0)
        assert len(real.obeyed) < 3


def test_without_wait_the_ticket_comes_at_once_and_the_state_is_assumed_once_it_is_on_air() -> None:
    with open_plug() as (desk, plug, _):
        desk.engine.run_s(2.0)
        ticket = plug.off()
        assert (ticket.done, plug.is_on, plug.certainty) == (False, True, Certainty.CONFIRMED)
        while ticket.outcome is Outcome.QUEUED:
            desk.engine.step(0.1)
        assert (plug.is_on, plug.certainty) == (False, Certainty.ASSUMED)
        desk.engine.run_s(2.0)
        assert (plug.is_on, plug.certainty) == (False, Certainty.CONFIRMED)


def test_a_plug_that_is_not_there_is_not_confirmed_and_not_guessed_at() -> None:
    with open_plug(first_s=1e6) as (desk, plug, real):
        real.listens = lambda start_ns: False  # type: ignore[method-assign]
        with pytest.raises(NotConfirmed, match="switch=True"):
            plug.on(wait=1.0)
        assert (plug.is_on, plug.certainty) == (True, Certainty.ASSUMED)
        desk.engine.run_s(60.0)
        assert (plug.is_on, plug.certainty) == (None, Certainty.UNKNOWN)


def test_a_report_that_contradicts_is_the_truth_and_starts_the_order_again() -> None:
    with open_plug(Deaf) as (desk, plug, real):
        desk.engine.run_s(2.0)
        ticket = plug.off()
        desk.engine.run_s(11.0)
        assert (plug.is_on, plug.certainty, ticket.done) == (True, Certainty.CONFIRMED, False)
        real.deaf = False  # type: ignore[attr-defined]
        desk.engine.run_s(12.0)
        assert (ticket.outcome, real.relay, plug.is_on) == (Outcome.CONFIRMED, False, False)


def test_a_plug_that_never_obeys_is_given_up() -> None:
    with open_plug(Deaf) as (desk, plug, _):
        ticket = plug.off()
        desk.engine.run_s(180.0)
        assert ticket.outcome is Outcome.EXPIRED
        assert ticket.tries < 150
        assert (plug.is_on, plug.certainty) == (True, Certainty.CONFIRMED)


def test_its_own_button_after_a_confirmation_is_just_news() -> None:
    with open_plug() as (desk, plug, real):
        desk.engine.run_s(2.0)
        plug.off(wait=2.0)
        real.press()
        desk.engine.run_s(30.0)
        assert (plug.is_on, real.relay) == (True, True)


# -- toggle ----------------------------------------------------------------


def test_toggle_goes_the_other_way_than_it_is() -> None:
    with open_plug() as (desk, plug, real):
        desk.engine.run_s(2.0)
        plug.toggle(wait=2.0)
        assert not real.relay
        plug.toggle(wait=2.0)
        assert real.relay


def test_toggle_twice_at_once_ends_where_it_began() -> None:
    with open_plug() as (desk, plug, real):
        desk.engine.run_s(2.0)
        assert (plug.toggle().value, plug.toggle().value) == (False, True)
        desk.engine.run_s(5.0)
        assert real.relay


def test_toggle_of_an_unknown_state_says_what_to_do() -> None:
    with open_plug() as (_, plug, _real), pytest.raises(CommandError, match=r"not known: say on\(\) or off\(\)"):
        plug.toggle()


# -- events ----------------------------------------------------------------


def test_switched_is_an_event_of_a_change_only() -> None:
    with open_plug() as (desk, plug, real):
        events = plug.events("switch_state")
        desk.engine.run_s(22.0)  # three reports
        real.press()
        desk.engine.run_s(1.0)
        plug.on(wait=2.0)
        got = []
        while (event := events.get(0)) is not None:
            got += [event.value] if event.changed else []
        assert got == [True, False, True]


def test_another_gateways_command_switches_nothing_here() -> None:
    with open_plug(first_s=1e6) as (desk, plug, real):
        real.listens = lambda start_ns: False  # type: ignore[method-assign]
        desk.send(2, record("SWITCH_STATE", 0, command=True))
        assert (plug.is_on, plug.certainty) == (None, Certainty.UNKNOWN)


def test_air_that_loses_every_second_frame_delays_and_loses_nothing() -> None:
    board = sim_board(seed=3)
    air: Air = board.air
    real = plugs.Plug(air, "plug", SENSOR)
    real.start(1.0)
    air.loss = 0.5
    with open_engine(board) as engine:
        plug = Plug(engine, SENSOR)
        for on in (False, True) * 5:
            plug.set(on, wait=120.0)
            assert real.relay is on
