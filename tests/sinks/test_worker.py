"""One batch after the other, and what a worker makes of each answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from energy_hw.errors import SinkError
from energy_hw.sinks.outbox import Outbox
from energy_hw.sinks.row import Batch, Order, Outcome, Result, Target
from outbox_rig import BOUND_S, Bench, Taker, until


@pytest.fixture
def taker() -> Taker:
    return Taker()


def rows(bench: Bench, how_many: int) -> None:
    for number in range(how_many):
        bench.put(b"%d" % number)


def test_it_backs_off_to_its_limit_and_starts_over_after_a_success(memory: Path, taker: Taker) -> None:
    bench = Bench(memory, Target("t", taker))
    rows(bench, 1)
    taker.up = False
    waits = [bench.workers["t"].step() or 0.0 for _ in range(12)]
    assert all(0.8 * min(2.0**n, 300) <= wait <= min(2.0**n, 300) for n, wait in enumerate(waits))
    taker.up = True
    assert bench.workers["t"].step() == 0.0
    taker.up = False
    rows(bench, 1)
    assert (bench.workers["t"].step() or 0.0) <= 1.0
    assert bench.health.targets["t"].failures == 13


@pytest.mark.parametrize(("asked", "kept"), [(17.0, 17.0), (0.0, 1.0), (-5.0, 1.0), (1e9, 3600.0)])
def test_retry_after_is_kept_within_reason(memory: Path, asked: float, kept: float) -> None:
    bench = Bench(memory, Target("t", lambda batch: Result.retry("busy", asked)))
    rows(bench, 1)
    assert bench.workers["t"].step() == kept


@pytest.mark.parametrize("answer", [Result(0), Result.retry("away"), Result.hold("wrong password")])
def test_no_answer_makes_a_tight_loop(memory: Path, answer: Result) -> None:
    bench = Bench(memory, Target("t", lambda batch: answer))
    rows(bench, 3)
    assert (bench.workers["t"].step() or 0.0) >= 0.8
    assert bench.health.targets["t"].last_error


def test_a_part_that_was_taken_does_not_come_again(memory: Path) -> None:
    seen: list[list[bytes]] = []

    def half(batch: Batch) -> Result:
        seen.append([row.body for row in batch.rows])
        return Result.retry("then it broke", done=2)

    bench = Bench(memory, Target("t", half))
    rows(bench, 5)
    for _ in range(3):
        bench.workers["t"].step()
    assert seen == [[b"0", b"1", b"2", b"3", b"4"], [b"2", b"3", b"4"], [b"4"]]
    assert bench.health.targets["t"].delivered == 5


def test_a_row_that_is_refused_is_counted_by_its_reason(memory: Path) -> None:
    bench = Bench(memory, Target("t", lambda batch: Result.refuse({batch.rows[1].seq: "too long"}, done=3)))
    tickets = [bench.put(b"x") for _ in range(3)]
    bench.workers["t"].step()
    health = bench.health.targets["t"]
    assert (health.delivered, health.pending, health.dropped) == (2, 0, {"too long": 1})
    assert [ticket.outcome for ticket in tickets] == [Outcome.DELIVERED, Outcome.DROPPED, Outcome.DELIVERED]


def test_a_sink_error_without_retry_drops_only_the_row_it_is_about(memory: Path) -> None:
    taken: list[bytes] = []

    def picky(batch: Batch) -> Result:
        if any(row.body == b"3" for row in batch.rows):
            raise SinkError("400", retry=False)
        taken.extend(row.body for row in batch.rows)
        return Result.delivered(len(batch.rows))

    bench = Bench(memory, Target("t", picky))
    rows(bench, 8)
    for _ in range(12):
        bench.workers["t"].step()
    assert taken == [b"0", b"1", b"2", b"4", b"5", b"6", b"7"]
    assert bench.health.targets["t"].dropped == {"refused": 1}


@pytest.mark.parametrize("error", [SinkError("no route"), RuntimeError("a bug"), TimeoutError()])
def test_what_a_target_raises_is_tried_again(memory: Path, error: Exception) -> None:
    def fails(batch: Batch) -> Result:
        raise error

    bench = Bench(memory, Target("t", fails))
    rows(bench, 2)
    assert 0.8 <= (bench.workers["t"].step() or 0.0) <= 1.0
    assert bench.health.targets["t"].pending == 2


def test_a_paused_target_waits_for_resume(memory: Path) -> None:
    answers = iter([Result.hold("401"), Result.delivered(2)])
    bench = Bench(memory, Target("t", lambda batch: next(answers)))
    rows(bench, 2)
    bench.workers["t"].step()
    assert bench.health.targets["t"].paused
    assert bench.workers["t"].step() is None
    bench.workers["t"].resume()
    bench.workers["t"].step()
    assert bench.health.targets["t"].delivered == 2


@pytest.mark.parametrize("stored", [True, False])
def test_the_newest_first_where_that_is_wanted(memory: Path, taker: Taker, stored: bool) -> None:
    bench = Bench(memory, Target("t", taker, batch=2, order=Order.NEWEST))
    rows(bench, 5)
    if stored:
        bench.later(10.0)
    bench.workers["t"].step()
    bench.put(b"new")
    while bench.workers["t"].step() is not None:
        pass
    assert taker.bodies == [b"4", b"3", b"new", b"2", b"1", b"0"]
    bench.later(10.0)
    assert bench.stored() == []
    assert len(bench.ledger.progress["t"].done.pairs) == 1


def test_a_slow_target_delays_nobody(tmp_path: Path, taker: Taker) -> None:
    go = threading.Event()

    def slow(batch: Batch) -> Result:
        go.wait(BOUND_S)
        return Result.delivered(len(batch.rows))

    with Outbox(tmp_path / "o.sqlite3", [Target("slow", slow), Target("fast", taker)]) as outbox:
        for _ in range(500):
            outbox.put(b"x")
        assert until(lambda: len(taker.rows) == 500)
        assert outbox.health().targets["slow"].delivered == 0
        go.set()
        assert until(lambda: outbox.health().delivered == 500)


def test_close_does_not_wait_for_a_target_that_hangs(tmp_path: Path) -> None:
    go, began = threading.Event(), threading.Event()

    def hangs(batch: Batch) -> Result:
        began.set()
        go.wait(BOUND_S)
        return Result.delivered(len(batch.rows))

    outbox = Outbox(tmp_path / "o.sqlite3", [Target("t", hangs)])
    outbox.put(b"x")
    assert began.wait(BOUND_S)
    outbox.close(timeout_s=0.2)
    go.set()
    taker = Taker()
    with Outbox(tmp_path / "o.sqlite3", [Target("t", taker)]):
        assert until(lambda: taker.bodies == [b"x"])


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    assert until(lambda: not any(t.name.startswith("energy-hw-outbox") for t in threading.enumerate()))
