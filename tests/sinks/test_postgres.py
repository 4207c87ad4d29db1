"""Rows into a real PostgreSQL: which go in, which are refused, and what a server can do to a batch."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import count

import pytest

from energy_hw.errors import ConfigError, ExtraMissing
from energy_hw.sinks.postgres import LIMITS, Column, PostgresTarget, Table, encode_row
from energy_hw.sinks.postgres_batch import write
from energy_hw.sinks.postgres_schema import prepare
from energy_hw.sinks.postgres_session import Session, Times
from energy_hw.sinks.postgres_sort import sort
from energy_hw.sinks.row import Result
from outbox_rig import BOUND_S, until
from postgres_rig import BEGAN, BRIEF, POWER, Database, Server, batch, database, polls, server

__all__ = ["database", "server"]

TEXTS = Table("device_text", (Column("model", "text"), Column('odd "name" %s; --', "text")))


@pytest.fixture
def target(database: Database) -> Iterator[PostgresTarget]:
    target = PostgresTarget(database.url, [POWER, TEXTS])
    yield target
    target.close()


def one(soc: object = 81, **values: object) -> bytes:
    return encode_row(POWER, BEGAN, {"soc": soc, **values})


def test_tables_are_made_before_the_first_row(target: PostgresTarget, database: Database) -> None:
    assert target.check() == ""
    assert database.count("house_power") == database.count("device_text") == 0
    assert target.health().connected


def test_each_value_arrives_as_it_was(target: PostgresTarget, database: Database) -> None:
    body = encode_row(POWER, BEGAN, {"soc": 81, "volts": Decimal("52.40"), "model": "°\t\\N\n", "on": True})
    assert target.deliver(batch(body)) == Result.delivered(1)
    assert database.run('SELECT timestamp, soc, volts::text, model, "on" FROM house_power') == [
        (BEGAN, 81, "52.40", "°\t\\N\n", True)
    ]


@pytest.mark.parametrize("rows", [3, 500])
def test_rows_that_come_again_are_known(target: PostgresTarget, database: Database, rows: int) -> None:
    bodies = polls(rows)
    assert target.deliver(batch(*bodies[: rows // 2])).done == rows // 2
    assert target.deliver(batch(*reversed(bodies))).done == rows
    assert target.deliver(batch(*bodies, *bodies)).done == 2 * rows
    assert database.count("house_power") == rows
    assert (target.health().inserted, target.health().doubled) == (rows, 2 * rows + rows // 2)


def test_two_loggers_and_one_moment(target: PostgresTarget, database: Database) -> None:
    """The same time and the same values, and still two rows."""
    assert target.deliver(batch(one(), one())).done == 2
    other = PostgresTarget(database.url, [POWER])
    assert other.deliver(batch(one())).done == 1
    other.close()
    assert database.count("house_power") == 3


@pytest.mark.parametrize("rows", [4, 100])
def test_rows_of_several_tables_in_one_batch(target: PostgresTarget, database: Database, rows: int) -> None:
    texts = [encode_row(TEXTS, BEGAN, {"model": "FM80", 'odd "name" %s; --': "x"}) for _ in range(rows)]
    mixed = [body for pair in zip(polls(rows), texts, strict=True) for body in pair]
    assert target.deliver(batch(*mixed)) == Result.delivered(2 * rows)
    assert database.count("house_power") == database.count("device_text") == rows
    assert database.run('SELECT DISTINCT "odd ""name"" %s; --" FROM device_text') == [("x",)]


def test_a_column_without_a_value_keeps_its_default(target: PostgresTarget, database: Database) -> None:
    database.run("CREATE TABLE house_power (timestamp timestamptz NOT NULL, soc smallint NOT NULL DEFAULT 7)")
    assert target.deliver(batch(encode_row(POWER, BEGAN, {"on": True}))).done == 1
    assert database.run('SELECT soc, "on", volts FROM house_power') == [(7, True, None)]


def test_rows_that_no_column_takes_go_alone(
    target: PostgresTarget, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    gone = encode_row(Table("gone", ()), BEGAN, {})
    strange = encode_row(Table("house_power", (Column("heat", "text"),)), BEGAN, {"heat": "x"})
    bodies = [
        one(),
        one(soc=70_000),
        gone,
        one(model="a\0b"),
        one(model="x" * 101),
        b"{}",
        strange,
        one(soc="81"),
        one(),
    ]
    result = target.deliver(batch(*bodies))
    assert result.done == len(bodies)
    assert result.drop == {
        2: "range", 3: "unknown_table", 4: "text", 5: "length", 6: "no_row", 7: "unknown_column", 8: "type",
    }  # fmt: skip
    assert database.count("house_power") == 2
    assert target.health().refused["range"] == 1
    assert "7 rows cannot be stored and are dropped, such as: house_power, column 'soc'" in caplog.text


@pytest.mark.parametrize("rows", [8, 200])
def test_rows_that_the_server_refuses_are_found(target: PostgresTarget, database: Database, rows: int) -> None:
    assert target.check() == ""
    database.run("ALTER TABLE house_power ADD CHECK (soc <> 5), ADD CHECK (volts <> 0.7)")
    result = target.deliver(batch(*polls(rows)))
    expected = {at + 1: "check_violation" for at in range(rows) if at % 101 == 5 or at == 7}
    assert (result.done, result.drop) == (rows, expected)
    assert database.count("house_power") == rows - len(expected)


def test_an_index_of_somebody_else_swallows_nothing(target: PostgresTarget, database: Database) -> None:
    database.run("CREATE TABLE house_power (timestamp timestamptz PRIMARY KEY)")
    assert target.deliver(batch(one(), one())).drop == {2: "unique_violation"}


def test_a_trigger_may_refuse(target: PostgresTarget, database: Database) -> None:
    assert target.check() == ""
    database.run(
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'never'; END $$; "
        "CREATE TRIGGER no BEFORE INSERT ON house_power FOR EACH ROW WHEN (NEW.soc = 2) EXECUTE FUNCTION no()"
    )
    assert target.deliver(batch(*polls(4))).drop == {3: "raise_exception"}
    assert database.count("house_power") == 3


def test_looking_for_the_rows_at_fault_is_bounded(database: Database) -> None:
    """What there was no time for comes again, and what went in is known then."""
    database.run("CREATE TABLE house_power (timestamp timestamptz NOT NULL, soc smallint CHECK (soc % 2 = 0))")
    session = Session(database.url, Times())
    connection, _ = session.connection()
    ready = {"house_power": prepare(session, connection, POWER, Times())}
    rows = batch(*polls(64)).rows
    ticks = count()
    taken, refused, rounds = 0, set[int](), 0
    while rows:
        written = write(connection, sort(rows, ready).groups, 40, lambda: float(next(ticks) % 60))
        left = len(rows) if written.left is None else written.left
        assert left
        taken, refused, rounds = taken + written.inserted, refused | set(written.drop), rounds + 1
        rows = tuple(row for row in rows[left:] if row.seq not in refused)
    session.close(False)
    assert rounds > 1
    assert (taken, len(refused)) == (database.count("house_power"), 32) == (32, 32)


STATES = [
    ("53100", 0.0),
    ("53200", 0.0),
    ("40P01", 0.0),
    ("57P01", 0.0),
    ("XX000", 0.0),
    ("42501", 60.0),
    ("0A000", 60.0),
]


@pytest.mark.parametrize(("state", "slow_s"), STATES)
def test_an_error_that_no_row_is_at_fault_for(
    target: PostgresTarget, database: Database, state: str, slow_s: float
) -> None:
    assert target.check() == ""
    database.run(
        "CREATE FUNCTION ill() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION 'ill' USING ERRCODE = '{state}'; END $$; "
        "CREATE TRIGGER ill BEFORE INSERT ON house_power FOR EACH ROW EXECUTE FUNCTION ill()"
    )
    result = target.deliver(batch(*polls(3)))
    assert (result.done, result.drop, result.failed, result.pause) == (0, {}, True, False)
    assert f"ill ({state})" in result.reason
    assert (result.after_s or 0.0) == slow_s
    database.run("DROP TRIGGER ill ON house_power")
    assert target.deliver(batch(*polls(3))).done == database.count("house_power") == 3
    assert target.health().connects == 2
    assert target.health().last_error == ""


@pytest.mark.parametrize("change", ["DROP TABLE house_power", "ALTER TABLE house_power DROP COLUMN soc"])
def test_a_table_that_changes_under_us(target: PostgresTarget, database: Database, change: str) -> None:
    assert target.check() == ""
    database.run(change)
    assert target.deliver(batch(one())).after_s is None
    assert target.deliver(batch(one())).done == database.count("house_power") == 1


def test_an_index_that_goes_away_under_us(target: PostgresTarget, database: Database) -> None:
    assert target.deliver(batch(one())).done == 1
    database.run("DROP INDEX house_power_timestamp_energy_hw_id_idx")
    assert target.deliver(batch(one())).failed
    assert target.deliver(batch(one())).done == 1


def test_a_queued_row_with_a_column_that_is_no_longer_wanted(database: Database) -> None:
    before, after = PostgresTarget(database.url, [POWER]), PostgresTarget(database.url, [Table("house_power", ())])
    assert before.check() == after.check() == ""
    assert after.deliver(batch(one())).done == 1
    assert database.run("SELECT soc FROM house_power") == [(81,)]
    before.close()
    after.close()


def test_a_batch_that_takes_too_long_is_halved_and_grows_again(server: Server, database: Database) -> None:
    target = PostgresTarget(database.url, [POWER], times=BRIEF)
    assert until(lambda: target.check() == "")
    database.run(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_sleep(0.05); RETURN NEW; END $$; "
        "CREATE TRIGGER slow BEFORE INSERT ON house_power FOR EACH ROW EXECUTE FUNCTION slow()"
    )
    rows, results = polls(24), []
    while rows and len(results) < 100:
        result = target.deliver(batch(*rows))
        results.append(result.done)
        rows = rows[result.done :]
    assert results[0] == 0
    assert max(results) <= 13
    assert database.count("house_power") == 24
    target.close()


def test_a_server_that_hangs_is_cut_off(server: Server, database: Database) -> None:
    target = PostgresTarget(database.url + "?connect_timeout=2", [POWER], times=BRIEF)
    assert until(lambda: target.check() == "")
    server.pause()
    try:
        assert "did not answer in time" in target.deliver(batch(one())).reason
        assert "timeout expired" in target.deliver(batch(one())).reason
    finally:
        server.go_on()
    assert until(lambda: target.deliver(batch(one())).done == 1)
    target.close()


def test_closing_cuts_off_who_waits(server: Server, database: Database) -> None:
    """Much patience, and it ends at once."""
    target = PostgresTarget(database.url, [POWER], times=Times(BOUND_S, BOUND_S, BOUND_S))
    assert target.check() == ""

    def close() -> None:
        assert until(lambda: database.run("SELECT 1 FROM pg_locks WHERE NOT granted") != [])
        target.close()

    with server.connect(database.name) as other, other.transaction():
        other.execute("LOCK TABLE house_power")
        closer = threading.Thread(target=close)
        closer.start()
        result = target.deliver(batch(one()))
        closer.join(BOUND_S)
    assert result.failed
    assert "closed" in target.deliver(batch(one())).reason


def test_a_lock_of_somebody_else(database: Database, server: Server) -> None:
    target = PostgresTarget(database.url, [POWER], times=BRIEF)
    assert until(lambda: target.check() == "")
    with server.connect(database.name) as other, other.transaction():
        other.execute("LOCK TABLE house_power")
        assert "lock timeout" in target.deliver(batch(one())).reason
    assert until(lambda: target.deliver(batch(one())).done == 1)
    target.close()


def test_the_limits_of_an_outbox_for_it() -> None:
    """A day of six rows in five seconds, with room for ten times as many."""
    body = encode_row(POWER, BEGAN + timedelta(microseconds=1), {"soc": 81, "volts": Decimal("52.40"), "on": True})
    assert 10 * 17_280 * 6 * (len(body) + 120) < LIMITS.most_bytes
    assert LIMITS.thin([], 0) == set()


def test_tables_must_have_names_of_their_own() -> None:
    with pytest.raises(ConfigError, match="different names"):
        PostgresTarget("", [POWER, Table("house_power", ())])
    with pytest.raises(ConfigError, match="different names"):
        PostgresTarget("", [])


def test_without_psycopg_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("energy_hw.sinks.postgres_")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ExtraMissing, match=r"PostgreSQL needs the \[postgres\] extra"):
        PostgresTarget("", [POWER])


def test_psycopg_is_imported_when_the_sink_is_built() -> None:
    code = "import sys, energy_hw.sinks.postgres; assert 'psycopg' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
