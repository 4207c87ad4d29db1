"""The outbox as its users see it: put, wait, restart, close."""

from __future__ import annotations

from pathlib import Path

from energy_hw.sinks.outbox import Outbox
from energy_hw.sinks.row import Outcome, Target
from outbox_rig import BOUND_S, Taker, until


def test_a_row_reaches_every_target(tmp_path: Path) -> None:
    first, second = Taker(), Taker()
    with Outbox(tmp_path / "o.sqlite3", [Target("first", first), Target("second", second)]) as outbox:
        ticket = outbox.put(b"telegram", key="p1:1", kind="telegram")
        assert until(lambda: ticket.outcome is Outcome.DELIVERED)
    assert first.bodies == second.bodies == [b"telegram"]


def test_what_was_not_delivered_is_there_after_a_restart(tmp_path: Path) -> None:
    away = Taker(up=False)
    with Outbox(tmp_path / "o.sqlite3", [Target("t", away)]) as outbox:
        for number in range(250):
            outbox.put(b"%d" % number, key="k")
    taker = Taker()
    with Outbox(tmp_path / "o.sqlite3", [Target("t", taker)]):
        assert until(lambda: len(taker.bodies) == 250)
    assert taker.bodies == [b"%d" % number for number in range(250)]


def test_stored_is_told_when_it_is_on_the_disk(tmp_path: Path) -> None:
    with Outbox(tmp_path / "o.sqlite3", [Target("t", Taker(up=False))]) as outbox:
        ticket = outbox.put(b"x")
        told: list[Outcome] = []
        ticket.tell(lambda ticket: told.append(ticket.outcome))
        assert ticket.outcome is Outcome.WAITING
        assert outbox.flush(BOUND_S)
        assert ticket.wait(BOUND_S) is Outcome.STORED
        assert until(lambda: told == [Outcome.STORED])
