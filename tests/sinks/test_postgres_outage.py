"""An outbox, a real PostgreSQL, and what comes between them: nothing is lost, nothing is there twice.

What is counted is the receiving table, never what we say of it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from energy_hw.sinks.outbox import Outbox
from energy_hw.sinks.postgres import KIND, LIMITS, Column, PostgresTarget, Table, encode_row
from energy_hw.sinks.row import Outcome, Target
from outbox_rig import BOUND_S, until
from postgres_rig import BEGAN, BRIEF, POWER, Database, Relay, Server, batch, database, polls, server

__all__ = ["database", "server"]

ROWS = 6
TABLES = [Table(f"device{number}", (Column("watts", "integer"),)) for number in range(ROWS)]


@pytest.fixture
def relay(server: Server) -> Iterator[Relay]:
    relay = Relay(server.port)
    yield relay
    relay.close()


def through(relay: Relay, database: Database) -> PostgresTarget:
    return PostgresTarget(database.server.url(database.name, port=relay.port), [POWER])


def eager(target: PostgresTarget, size: int = 10_000) -> Target:
    """It does not wait long before it tries again."""
    return Target("db", target.deliver, batch=size, low_s=0.02, high_s=0.1)


def exact(database: Database, rows: int, table: str = "house_power") -> bool:
    """As many rows as there should be, and each of them once."""
    return database.run(f"SELECT count(*), count(DISTINCT timestamp) FROM {table}") == [(rows, rows)]  # noqa: S608


@pytest.mark.parametrize("rows", [3, 400])
def test_the_answer_to_a_commit_is_lost_and_the_batch_comes_again(relay: Relay, database: Database, rows: int) -> None:
    target, bodies = through(relay, database), polls(rows)
    assert target.check() == ""
    relay.after = lambda: until(lambda: exact(database, rows))
    assert target.deliver(batch(*bodies)).failed
    assert target.deliver(batch(*bodies)).done == rows
    assert exact(database, rows)
    assert (target.health().inserted, target.health().doubled, relay.cuts) == (0, rows, 1)
    target.close()


@pytest.mark.parametrize("rows", [3, 400])
def test_the_network_goes_before_the_commit(relay: Relay, database: Database, rows: int) -> None:
    target, bodies = through(relay, database), polls(rows)
    assert target.check() == ""
    relay.before = lambda: None
    assert target.deliver(batch(*bodies)).failed
    assert database.count("house_power") == 0
    assert target.deliver(batch(*bodies)).done == rows
    assert exact(database, rows)
    target.close()


def test_the_server_is_killed_between_copy_and_commit(server: Server, relay: Relay, database: Database) -> None:
    target, bodies = through(relay, database), polls(400)
    assert target.check() == ""
    relay.before = lambda: server.stop("immediate")
    assert target.deliver(batch(*bodies)).failed
    assert target.deliver(batch(*bodies)).failed
    server.start()
    assert database.count("house_power") == 0
    assert target.deliver(batch(*bodies)).done == 400
    assert exact(database, 400)
    target.close()


@pytest.mark.parametrize("rows", [3, 400])
def test_the_server_hangs_at_the_commit_and_then_does_it(
    server: Server, relay: Relay, database: Database, rows: int
) -> None:
    url, bodies = database.server.url(database.name, port=relay.port), polls(rows)
    target = PostgresTarget(url, [POWER], times=BRIEF)
    assert until(lambda: target.check() == "")
    relay.meanwhile = server.pause
    try:
        assert "did not answer in time" in target.deliver(batch(*bodies)).reason
    finally:
        server.go_on()
    assert until(lambda: target.deliver(batch(*bodies)).done == rows)
    assert until(lambda: exact(database, rows))
    target.close()


def test_a_standby_is_read_only(server: Server, database: Database) -> None:
    """After a failover the old address leads to one; the new primary takes the rows."""
    target = PostgresTarget(database.url, [POWER])
    assert target.check() == ""
    with server.standby():
        results = [target.deliver(batch(*polls(30))) for _ in range(2)]
        assert "read-only transaction (25006): a standby?" in results[1].reason
        assert [result.after_s for result in results] == [None, None]
    assert until(lambda: target.deliver(batch(*polls(30))).done == 30)
    target.close()


def test_a_server_that_is_starting_up(server: Server, database: Database) -> None:
    target = PostgresTarget(database.url, [POWER])
    with server.standby("hot_standby=off"):
        assert until(lambda: "the database system is" in target.check())
        assert target.deliver(batch()).after_s is None
    assert target.deliver(batch(*polls(3))).done == 3
    target.close()


def test_too_many_connections(database: Database) -> None:
    database.run("DROP ROLE IF EXISTS crowd; CREATE ROLE crowd LOGIN CONNECTION LIMIT 0")
    target = PostgresTarget(database.server.url(database.name, "crowd"), [POWER])
    result = target.deliver(batch(*polls(3)))
    assert "too many connections" in result.reason
    assert (result.after_s, result.pause) == (None, False)
    database.run("ALTER ROLE crowd CONNECTION LIMIT 5; GRANT ALL ON SCHEMA public TO crowd")
    assert target.deliver(batch(*polls(3))).done == 3
    target.close()


def test_a_day_away(server: Server, database: Database, memory: Path) -> None:
    """Half an hour of six devices, a row each in five seconds; the whole day is a benchmark."""
    polled, target = 360, PostgresTarget(database.url, TABLES)
    server.stop()
    with Outbox(memory / "outbox.sqlite3", [eager(target, 500)], LIMITS) as outbox:
        for at in range(polled):
            time = BEGAN + timedelta(seconds=5 * at)
            for table in TABLES:
                outbox.put(encode_row(table, time, {"watts": at}), key=table.name, kind=KIND, time=time, wait_s=BOUND_S)
        assert outbox.flush(BOUND_S)
        assert outbox.health().targets["db"].failures
        server.start()
        assert until(lambda: not outbox.health().targets["db"].pending)
        assert outbox.health().dropped == {}
    target.close()
    assert all(exact(database, polled, table.name) for table in TABLES)


def test_a_logger_whose_server_is_crashed_stopped_and_cut_off_again_and_again(
    server: Server, database: Database, memory: Path
) -> None:
    """Rows go on coming all the time; the logger itself is started anew in the middle."""
    dice, relay = random.Random(7), Relay(server.port)
    bodies = polls(600)

    def trouble(at: int) -> None:
        if at % 100 == 50:
            server.stop("immediate")
        elif at % 100 == 70:
            server.start()
        elif at % 20 == 0:
            setattr(relay, dice.choice(["before", "after"]), lambda: None)

    for half in (bodies[:300], bodies[300:]):
        target = through(relay, database)
        with Outbox(memory / "outbox.sqlite3", [eager(target, dice.choice([7, 60]))], LIMITS) as outbox:
            for at, body in enumerate(half):
                ticket = outbox.put(body, key="k", kind=KIND, wait_s=BOUND_S)
                trouble(at)
                if at % 10 == 0:
                    outbox.flush(BOUND_S)
                    ticket.wait(0.02)
            assert until(lambda: outbox.health().targets["db"].pending < 200)
        target.close()
    target = through(relay, database)
    with Outbox(memory / "outbox.sqlite3", [eager(target)], LIMITS) as outbox:
        assert until(lambda: not outbox.health().targets["db"].pending)
        assert outbox.put(polls(1)[0], kind=KIND).wait(BOUND_S) in (Outcome.DELIVERED, Outcome.STORED)
        assert until(lambda: not outbox.health().targets["db"].pending)
    target.close()
    relay.close()
    assert relay.cuts
    assert database.run("SELECT count(*), count(DISTINCT timestamp) FROM house_power") == [(601, 600)]
