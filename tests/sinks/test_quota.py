"""Within bytes and age: thin, then drop, and count both exactly."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

import pytest

from energy_hw.sinks.limits import Limits
from energy_hw.sinks.row import Target
from energy_hw.sinks.thinning import nothing
from outbox_rig import Bench, Taker

QUOTA = 400_000


def bench(memory: Path, **limits: object) -> Bench:
    return Bench(memory, Target("t", Taker(up=False)), limits=Limits(ballast_bytes=0, **limits))  # type: ignore[arg-type]


def fill(bench: Bench, rows: int) -> None:
    """A row a second, committed every hundred seconds."""
    for number in range(rows):
        bench.put(b"%08d" % number * 25)
        bench.clock.advance(1.0)
        if number % 100 == 99:
            bench.keeper.step()


def test_rows_are_thinned_before_any_is_dropped(memory: Path) -> None:
    full = bench(memory, most_bytes=QUOTA)
    fill(full, 3000)
    health = full.health
    assert health.thinned > 0
    assert health.dropped == {}
    assert health.rows == 3000 - health.thinned == health.targets["t"].pending
    assert len(full.stored()) == health.rows
    full.close()


def test_the_oldest_go_when_thinning_is_not_enough(memory: Path) -> None:
    full = bench(memory, most_bytes=QUOTA, thin=nothing)
    fill(full, 4000)
    health = full.health
    assert health.dropped.keys() == {"quota"}
    assert health.dropped == health.targets["t"].dropped
    assert health.rows == 4000 - health.dropped["quota"] == health.targets["t"].pending
    assert [row.body[:8] for row in full.stored()] == [b"%08d" % n for n in range(health.dropped["quota"], 4000)]
    assert full.ledger.store is not None
    assert full.ledger.store.used_bytes() <= QUOTA
    full.close()


def test_one_warning_an_hour(memory: Path, caplog: pytest.LogCaptureFixture) -> None:
    full = bench(memory, most_bytes=QUOTA, thin=nothing)
    with caplog.at_level(logging.WARNING, "energy_hw.sinks.quota"):
        fill(full, 4000)
        assert len(caplog.records) == 1
        full.clock.advance(3600.0)
        fill(full, 1000)
    assert len(caplog.records) == 2
    full.close()


def test_rows_that_are_too_old_go(memory: Path) -> None:
    old = bench(memory, most_age_s=1000.0)
    fill(old, 100)
    old.later(950.0)
    assert 0 < old.health.dropped["age"] < 100
    old.later(100.0)
    assert old.health.dropped["age"] == 100
    assert old.stored() == []
    old.close()


def test_a_clock_that_jumps_ages_nothing(memory: Path) -> None:
    jump = bench(memory, most_age_s=1000.0)
    fill(jump, 100)
    for days in (400, -800, 10_000):
        jump.clock.day += timedelta(days=days)
        fill(jump, 100)
    assert jump.health.dropped == {}
    assert [row.seq for row in jump.stored()] == list(range(1, 401))
    assert [row.born_ms for row in jump.stored()] == sorted(row.born_ms for row in jump.stored())
    jump.close()


def test_age_is_running_time_over_restarts(memory: Path) -> None:
    first = bench(memory, most_age_s=1000.0)
    fill(first, 100)
    first.later(500.0)
    first.close()
    second = bench(memory, most_age_s=1000.0)
    second.clock.day -= timedelta(days=3000)
    second.later(300.0)
    assert second.health.dropped == {}
    assert 850.0 < second.health.oldest_s < 950.0
    second.later(300.0)
    assert second.health.dropped == {"age": 100}
    second.close()


def test_rows_in_a_workers_hands_are_not_thinned(memory: Path) -> None:
    full = bench(memory, most_bytes=QUOTA)
    fill(full, 100)
    full.ledger.progress["t"].in_flight = (1, 50)
    fill(full, 3000)
    assert {row.seq for row in full.stored()} >= set(range(1, 51))
    full.close()
