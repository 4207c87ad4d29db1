"""The outbox as its users see it: put, wait, restart, close."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from energy_hw.errors import LinkBusy, SinkError
from energy_hw.sinks.health import State
from energy_hw.sinks.limits import Limits
from energy_hw.sinks.outbox import Outbox
from energy_hw.sinks.row import Outcome, Target
from outbox_rig import BOUND_S, Bench, Taker, until


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


def test_its_files_are_for_its_owner_alone(tmp_path: Path) -> None:
    with Outbox(tmp_path / "o.sqlite3", [Target("t", Taker(up=False))]) as outbox:
        outbox.put(b"what a household uses")
        assert outbox.flush(BOUND_S)
        modes = {path.name: path.stat().st_mode & 0o077 for path in tmp_path.iterdir() if "sqlite3-" in path.name}
        assert (tmp_path / "o.sqlite3").stat().st_mode & 0o077 == 0
        assert modes
        assert set(modes.values()) == {0}


def test_stored_is_told_when_it_is_on_the_disk(tmp_path: Path) -> None:
    with Outbox(tmp_path / "o.sqlite3", [Target("t", Taker(up=False))]) as outbox:
        ticket = outbox.put(b"x")
        told: list[Outcome] = []
        ticket.tell(lambda ticket: told.append(ticket.outcome))
        assert ticket.outcome is Outcome.WAITING
        assert outbox.flush(BOUND_S)
        assert ticket.wait(BOUND_S) is Outcome.STORED
        assert until(lambda: told == [Outcome.STORED])


def test_a_second_outbox_is_refused_with_the_process_that_has_it(tmp_path: Path) -> None:
    with Outbox(tmp_path / "o.sqlite3", [Target("t", Taker())]):
        with pytest.raises(LinkBusy, match=f"process {os.getpid()}") as caught:
            Outbox(tmp_path / "o.sqlite3", [Target("t", Taker())])
        assert caught.value.holder == os.getpid()
    Outbox(tmp_path / "o.sqlite3", [Target("t", Taker())]).close()


@pytest.mark.parametrize("names", [[], ["same", "same"]])
def test_targets_have_names_of_their_own(tmp_path: Path, names: list[str]) -> None:
    with pytest.raises(ValueError, match="different names"):
        Outbox(tmp_path / "o.sqlite3", [Target(name, Taker()) for name in names])


def test_without_a_path_rows_are_kept_in_memory_alone() -> None:
    taker = Taker(up=False)
    limits = Limits(memory_rows=100)
    with Outbox(None, [Target("t", taker, low_s=0.01, high_s=0.02)], limits) as outbox:
        tickets = [outbox.put(b"%d" % number) for number in range(150)]
        assert tickets[-1].outcome is Outcome.MEMORY
        assert tickets[0].outcome is Outcome.DROPPED
        health = outbox.health()
        assert (health.state, health.rows, health.dropped) == (State.MEMORY, 100, {"memory": 50})
        assert health.targets["t"].dropped == {"memory": 50}
        assert not outbox.flush()
        taker.up = True
        assert until(lambda: len(taker.rows) == 100)
    assert taker.bodies == [b"%d" % number for number in range(50, 150)]


def test_a_full_memory_refuses_and_counts_while_the_disk_is_slow(tmp_path: Path) -> None:
    with Outbox(tmp_path / "o.sqlite3", [Target("t", Taker(up=False))], Limits(memory_rows=10)) as outbox:
        store = outbox._ledger.store
        assert store
        with store.lock:  # a commit that lasts
            for _ in range(10):
                outbox.put(b"x")
            with pytest.raises(SinkError, match="10 rows waiting") as caught:
                outbox.put(b"one too many", wait_s=0.01)
            assert caught.value.retry
        outbox.put(b"x", wait_s=BOUND_S)
        assert outbox.health().refused == 1


def test_a_body_that_is_too_long_is_refused_for_good(tmp_path: Path) -> None:
    with Outbox(tmp_path / "o.sqlite3", [Target("t", Taker())], Limits(row_bytes=100)) as outbox:
        with pytest.raises(SinkError, match="at most 100 bytes, got 101") as caught:
            outbox.put(bytes(101))
        assert not caught.value.retry


def test_nothing_is_taken_after_close(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o.sqlite3", [Target("t", Taker())])
    outbox.close()
    outbox.close()
    with pytest.raises(SinkError, match="closed"):
        outbox.put(b"late")


def test_what_everybody_has_got_in_time_is_never_written(memory: Path) -> None:
    bench = Bench(memory, Target("t", Taker()))
    for _ in range(50):
        bench.put(b"x" * 1000)
        bench.workers["t"].step()
        bench.later(1.0)
    assert bench.health.delivered == 50
    assert bench.health.stored == 0
    assert bench.health.commits == 0
    bench.close()


def test_numbers_go_on_after_a_clean_end_and_jump_after_a_crash(memory: Path) -> None:
    first = Bench(memory, Target("t", Taker()))
    assert [first.put(b"x").seq for _ in range(3)] == [1, 2, 3]
    first.close()
    second = Bench(memory, Target("t", Taker()))
    assert second.put(b"x").seq == 4
    second.keeper._close_store()  # neither a last commit nor a last word
    second.place.unlock()
    third = Bench(memory, Target("t", Taker()))
    assert third.put(b"x").seq > 1_000_000
    third.close()


def test_rows_are_committed_at_a_hundred_or_after_the_interval(memory: Path) -> None:
    bench = Bench(memory, Target("t", Taker(up=False)))
    bench.later(5.0)
    few = [bench.put(b"x") for _ in range(99)]
    bench.later(4.9)
    assert few[0].outcome is Outcome.WAITING
    bench.put(b"x")
    bench.later(0.0)
    assert few[0].outcome is Outcome.STORED
    alone = bench.put(b"x")
    bench.later(5.0)
    assert alone.outcome is Outcome.STORED
    bench.close()


def test_a_target_that_comes_later_gets_what_is_still_there(memory: Path) -> None:
    first = Bench(memory, Target("a", Taker(up=False)))
    first.put(b"old")
    first.close()
    taker = Taker()
    second = Bench(memory, Target("a", Taker(up=False)), Target("b", taker))
    second.workers["b"].step()
    assert taker.bodies == [b"old"]
    second.later(10.0)
    assert [row.body for row in second.stored()] == [b"old"]  # a has not got it yet
    second.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["put", "commit", "a", "b", "a up", "b up", "restart"]), max_size=60))
def test_whatever_happens_each_target_gets_each_row_at_least_once_and_in_order(memory: Path, course: list[str]) -> None:
    for file in memory.iterdir():
        file.unlink()
    takers = {"a": Taker(up=False), "b": Taker(up=False)}
    targets = [Target("a", takers["a"], batch=3), Target("b", takers["b"], batch=7)]
    bench, put = Bench(memory, *targets), 0
    for what in [*course, "a up", "b up", *("a", "b") * 40]:
        if what == "put":
            put += 1
            bench.put(b"%d" % put)
        elif what == "commit":
            bench.later(10.0)
        elif what in takers:
            bench.workers[what].step()
        elif what == "restart":
            bench.close()
            bench = Bench(memory, *targets)
        else:
            takers[what[0]].up = not takers[what[0]].up
    for name, taker in takers.items():
        taker.up = True
        while bench.workers[name].step() is not None:
            pass
        assert taker.bodies == [b"%d" % number for number in range(1, put + 1)]
        assert bench.health.targets[name].pending == 0
    bench.later(10.0)
    assert bench.stored() == []
    bench.close()
