"""Hypertables on the real extension; run.sh starts the server and says where it is. No test of the everyday suite."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from energy_hw.sinks.postgres import PostgresTarget, Table
from energy_hw.sinks.row import Result
from postgres_rig import BEGAN, POWER, batch, polls

URL = os.environ["EHW_TIMESCALE_URL"]
NUMBERS = itertools.count()
HYPERTABLES = "SELECT hypertable_name FROM timescaledb_information.hypertables"
Run = Callable[..., list[tuple[Any, ...]]]


def connect(name: str = "postgres") -> psycopg.Connection[Any]:
    return psycopg.connect(URL, dbname=name, autocommit=True, connect_timeout=10)


@pytest.fixture
def name() -> str:
    name = f"t{next(NUMBERS)}"
    with connect() as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    with connect(name) as connection:
        connection.execute("CREATE EXTENSION timescaledb")
    return name


@pytest.fixture
def run(name: str) -> Run:
    def run(query: str) -> list[tuple[Any, ...]]:
        with connect(name) as connection:
            cursor = connection.execute(query.encode())
            return cursor.fetchall() if cursor.description else []

    return run


@pytest.fixture
def make(name: str) -> Iterator[Callable[..., PostgresTarget]]:
    made: list[PostgresTarget] = []

    def make(*tables: Table, migrate: bool = False) -> PostgresTarget:
        url = URL.rpartition("/")[0] + f"/{name}"
        made.append(PostgresTarget(url, tables or (POWER,), hypertables=True, migrate=migrate))
        return made[-1]

    yield make
    for target in made:
        target.close()


def test_made_twice_by_two_loggers(make: Callable[..., PostgresTarget], run: Run) -> None:
    for target in (make(), make()):
        assert target.check() == ""
        assert target.health().tables == {"house_power": "hypertable"}
        assert target.health().notes == ()
    assert run(HYPERTABLES) == [("house_power",)]


@pytest.mark.parametrize("rows", [5, 3000])
def test_rows_that_come_again_are_known(make: Callable[..., PostgresTarget], run: Run, rows: int) -> None:
    bodies = polls(rows)
    for target in (make(), make()):
        assert target.deliver(batch(*bodies)) == Result.delivered(rows)
    assert run("SELECT count(*) FROM house_power") == [(rows,)]
    assert (target.health().inserted, target.health().doubled) == (0, rows)


def test_a_refused_row_goes_alone(make: Callable[..., PostgresTarget], run: Run) -> None:
    target = make()
    assert target.check() == ""
    run("ALTER TABLE house_power ADD CHECK (soc <> 5)")
    assert target.deliver(batch(*polls(60))).drop == {6: "check_violation"}
    assert run("SELECT count(*) FROM house_power") == [(59,)]


def test_time_bucket(make: Callable[..., PostgresTarget], run: Run) -> None:
    assert make().deliver(batch(*polls(24))).done == 24
    query = (
        "SELECT time_bucket('1 minute', timestamp) AS t, count(*), max(volts) FROM house_power GROUP BY t ORDER BY t"
    )
    found = run(query)
    assert [(count, str(most)) for _, count, most in found] == [(12, "1.1"), (12, "2.3")]
    assert found[0][0] == BEGAN


def test_a_table_with_rows_is_moved_if_that_is_asked_for(make: Callable[..., PostgresTarget], run: Run) -> None:
    run("CREATE TABLE house_power (timestamp timestamptz NOT NULL, soc int); INSERT INTO house_power VALUES (now(), 7)")
    plain = make()
    assert plain.check() == ""
    assert plain.health().tables == {"house_power": "plain"}
    assert "has rows and stays a plain table" in plain.health().notes[0]
    statement = plain.health().notes[0].partition("hypertable: ")[2]
    assert plain.deliver(batch(*polls(30))).done == 30
    moved = make(migrate=True)
    assert moved.check() == ""
    assert moved.health().tables == {"house_power": "hypertable"}
    assert moved.deliver(batch(*polls(30))).done == 30
    assert run("SELECT count(*) FROM house_power") == [(61,)]
    assert "migrate_data => true" in statement


def test_the_statement_that_is_told_is_right(make: Callable[..., PostgresTarget], run: Run) -> None:
    odd = Table('Odd "name"', (), time_column="The Time")
    run('CREATE TABLE "Odd ""name""" ("The Time" timestamptz NOT NULL); INSERT INTO "Odd ""name""" VALUES (now())')
    target = make(odd)
    assert target.check() == ""
    run(next(note for note in target.health().notes if "rows" in note).partition("hypertable: ")[2])
    assert run(HYPERTABLES) == [('Odd "name"',)]


def test_a_table_that_cannot_be_one_stays_plain(make: Callable[..., PostgresTarget], run: Run) -> None:
    run("CREATE TABLE house_power (timestamp timestamptz NOT NULL, number bigserial PRIMARY KEY)")
    target = make()
    assert target.check() == ""
    assert "stays a plain table: cannot create a unique index without the column" in target.health().notes[0]
    assert target.deliver(batch(*polls(3))).done == 3


def test_a_role_that_may_only_insert_is_enough_once_it_stands(
    make: Callable[..., PostgresTarget], run: Run, name: str
) -> None:
    assert make().check() == ""
    run("CREATE ROLE logger LOGIN; GRANT INSERT, SELECT ON house_power TO logger")
    target = PostgresTarget(
        URL.rpartition("/")[0].replace("postgres@", "logger@") + f"/{name}", [POWER], hypertables=True
    )
    assert target.deliver(batch(*polls(30))).done == 30
    assert target.health().notes == ()
    target.close()


def test_the_extension_is_there_and_not_in_this_database(make: Callable[..., PostgresTarget], run: Run) -> None:
    run("DROP EXTENSION timescaledb")
    target = make()
    assert target.check() == ""
    assert "not installed in this database (CREATE EXTENSION timescaledb)" in target.health().notes[0]
