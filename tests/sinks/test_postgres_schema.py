"""Tables that are there already, or cannot be made, on a real PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from energy_hw.sinks.postgres import Column, PostgresTarget, Table, encode_row
from outbox_rig import BOUND_S
from postgres_rig import BEGAN, POWER, Database, batch, database, polls, server

__all__ = ["database", "server"]

OLD = (
    "CREATE TABLE house_power (timestamp TIMESTAMPTZ NOT NULL, soc INT NULL); INSERT INTO house_power VALUES (now(), 5)"
)


@pytest.fixture
def make(database: Database) -> Iterator[Callable[..., PostgresTarget]]:
    made: list[PostgresTarget] = []

    def make(
        *tables: Table, user: str = "postgres", hypertables: bool = False, migrate: bool = False
    ) -> PostgresTarget:
        url = database.server.url(database.name, user)
        made.append(PostgresTarget(url, tables or (POWER,), hypertables=hypertables, migrate=migrate))
        return made[-1]

    yield make
    for target in made:
        target.close()


def test_a_table_of_mate3_pg_keeps_its_rows(make: Callable[..., PostgresTarget], database: Database) -> None:
    database.run(OLD)
    target = make()
    assert target.deliver(batch(*polls(3))).done == 3
    assert database.run("SELECT count(*), count(energy_hw_id) FROM house_power") == [(4, 3)]
    assert target.health().notes == ()  # each smallint fits


def test_what_is_there_is_not_made_again(make: Callable[..., PostgresTarget], database: Database) -> None:
    query = "SELECT relname FROM pg_class WHERE relname LIKE 'house%' ORDER BY relname"
    assert make().check() == ""
    once = database.run(query)
    assert make().check() == ""
    assert database.run(query) == once == [("house_power",), ("house_power_timestamp_energy_hw_id_idx",)]


def test_a_column_that_is_missing_is_added(make: Callable[..., PostgresTarget], database: Database) -> None:
    assert make(Table("house_power", ())).check() == ""
    assert make().check() == ""
    assert database.run('SELECT soc, volts, model, "on" FROM house_power') == []


def test_loggers_that_start_at_once(make: Callable[..., PostgresTarget], database: Database) -> None:
    targets, said = [make() for _ in range(6)], list[str]()
    threads = [threading.Thread(target=lambda target=target: said.append(target.check())) for target in targets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(BOUND_S)
    assert said == [""] * 6


# fmt: off
OTHER = [
    # is              wanted              value    stored    refused
    ("integer",       "numeric",          81,      "81",     "57.6"),
    ("text",          "integer",          81,      "81",     None),
    ("double precision", "numeric",       57.6,    "57.6",   "0.12345678901234567890"),
    ("numeric(6,1)",  "numeric",          57.6,    "57.6",   "57.65"),
    ("varchar(3)",    "text",             "abc",   "abc",    None),
    ("json",          "text",             "{}",    "{}",     None),
]
# fmt: on


@pytest.mark.parametrize(("found", "wanted", "value", "stored", "refused"), OTHER)
def test_a_column_of_another_type(
    make: Callable[..., PostgresTarget],
    database: Database,
    caplog: pytest.LogCaptureFixture,
    found: str,
    wanted: str,
    value: object,
    stored: str,
    refused: str | None,
) -> None:
    database.run(f"CREATE TABLE t (timestamp timestamptz NOT NULL, c {found})")
    table = Table("t", (Column("c", wanted),))
    target = make(table)
    unfit = [encode_row(table, BEGAN, {"c": Decimal(refused)})] if refused else []
    result = target.deliver(batch(encode_row(table, BEGAN, {"c": value}), *unfit))
    assert result.drop == ({2: "digits"} if refused else {})
    assert database.run("SELECT c::text FROM t") == [(stored,)]
    assert target.check() == ""
    assert f"table 't': column 'c' is {found}".replace("varchar", "character varying") in caplog.text
    assert f'ALTER COLUMN "c" TYPE {wanted} USING "c"::{wanted}' in caplog.text
    assert caplog.text.count("TYPE") == 1


def test_columns_that_may_not_be_of_another_kind_let_all_rows_wait(
    make: Callable[..., PostgresTarget], database: Database
) -> None:
    """Raw integers were there, scaled values come: 57.6 would be refused each time, and 57 would look like raw."""
    database.run("CREATE TABLE a (timestamp timestamptz NOT NULL, v int); CREATE TABLE b (LIKE a)")
    tables = [Table(name, (Column("v", "numeric", ("numeric", "float8")),)) for name in ("a", "b")]
    target, body = make(*tables), encode_row(tables[0], BEGAN, {"v": 57})
    result = target.deliver(batch(body))
    assert (result.done, result.drop, result.after_s) == (0, {}, 60.0)
    assert ["'a'" in target.health().misfits[0], "'b'" in target.health().misfits[1]] == [True, True]
    assert database.run("SELECT count(*) FROM information_schema.columns WHERE column_name = 'energy_hw_id'") == [(0,)]
    database.run("ALTER TABLE a ALTER COLUMN v TYPE numeric; ALTER TABLE b ALTER COLUMN v TYPE double precision")
    assert target.deliver(batch(body)).done == 1
    assert target.health().misfits == ()


def test_a_domain_is_what_is_below_it(make: Callable[..., PostgresTarget], database: Database) -> None:
    database.run("CREATE DOMAIN percent AS smallint CHECK (VALUE <= 100)")
    database.run("CREATE TABLE house_power (timestamp timestamptz NOT NULL, soc percent)")
    rows = [encode_row(POWER, BEGAN, {"soc": soc}) for soc in (100, 101, 70_000)]
    assert make().deliver(batch(*rows)).drop == {2: "check_violation", 3: "range"}


def test_a_time_without_a_zone_gets_utc(make: Callable[..., PostgresTarget], database: Database) -> None:
    database.run("CREATE TABLE house_power (timestamp timestamp NOT NULL)")
    target = make()
    assert target.deliver(batch(*polls(30))).done == 30
    assert database.run("SELECT min(timestamp)::text FROM house_power") == [("2026-01-01 00:00:00",)]
    assert "it gets UTC" in target.health().notes[0]


# fmt: off
HOPELESS = [
    ("CREATE VIEW house_power AS SELECT now() AS timestamp",                           "is a view"),
    ("CREATE TABLE house_power (t timestamptz)",                                       "no column 'timestamp'"),
    ("CREATE TABLE house_power (timestamp date NOT NULL)",                             "is date, expected timestamptz"),
    ("CREATE TABLE house_power (timestamp timestamptz NOT NULL, energy_hw_id int)",    "is integer, expected uuid"),
    ("CREATE TABLE house_power (timestamp timestamptz NOT NULL, who text NOT NULL)",   'COLUMN "who" DROP NOT NULL'),
]
# fmt: on


@pytest.mark.parametrize(("query", "said"), HOPELESS)
def test_a_table_that_cannot_be_used_holds_the_rows_until_it_can(
    make: Callable[..., PostgresTarget], database: Database, query: str, said: str
) -> None:
    database.run(query)
    target = make()
    result = target.deliver(batch(*polls(3)))
    assert said in result.reason
    assert (result.done, result.drop, result.after_s, result.pause) == (0, {}, 60.0, False)
    database.run(f"DROP {query.split()[1]} house_power")
    assert target.deliver(batch(*polls(3))).done == 3


def test_a_role_that_may_not_make_tables_is_told_the_sql(
    make: Callable[..., PostgresTarget], database: Database
) -> None:
    database.run("DROP ROLE IF EXISTS poor; CREATE ROLE poor LOGIN")
    target = make(user="poor")
    said = target.check()
    assert "permission denied for schema public" in said
    todo = said.partition("let the owner run: ")[2].removesuffix("; GRANT SELECT, INSERT to this role")
    database.run(todo)
    assert "permission denied" in target.deliver(batch(*polls(3))).reason
    database.run("GRANT SELECT, INSERT ON house_power TO poor")
    assert target.deliver(batch(*polls(30))).done == 30
    database.run(f"REVOKE TEMPORARY ON DATABASE {database.name} FROM PUBLIC")
    target.close()
    assert make(user="poor").deliver(batch(*polls(30))).done == 30
    assert database.count("house_power") == 60
    database.run("DROP OWNED BY poor; DROP ROLE poor")


def test_a_schema_of_its_own(make: Callable[..., PostgresTarget], database: Database) -> None:
    table = Table("house_power", POWER.columns, "time", "Log")
    target = make(table)
    assert 'schema "Log" does not exist' in target.check()
    database.run('CREATE SCHEMA "Log"')
    assert target.deliver(batch(*polls(30, table))).done == 30
    assert database.count('"Log".house_power') == 30


def test_a_partitioned_table(make: Callable[..., PostgresTarget], database: Database) -> None:
    database.run(
        "CREATE TABLE house_power (timestamp timestamptz NOT NULL) PARTITION BY RANGE (timestamp); "
        "CREATE TABLE y2026 PARTITION OF house_power FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')"
    )
    for _ in range(2):
        assert make().deliver(batch(*polls(30)[:3], *polls(30))).done == 33
    assert database.count("y2026") == 66


STUB = """
CREATE SCHEMA ts;
CREATE TABLE ts.calls (call text);
INSERT INTO pg_extension VALUES (90000, 'timescaledb', 10, 'ts'::regnamespace, false, '2', NULL, NULL);
"""
NEW_FORM = """
CREATE FUNCTION ts.by_range(name) RETURNS text LANGUAGE sql AS $$ SELECT 'range ' || $1 $$;
CREATE FUNCTION ts.create_hypertable(regclass, text, if_not_exists bool, migrate_data bool) RETURNS void LANGUAGE sql
AS $$ INSERT INTO ts.calls VALUES (format('%s %s %s', $1, $2, migrate_data)) $$;
"""
OLD_FORM = """
CREATE FUNCTION ts.create_hypertable(regclass, name, if_not_exists bool, migrate_data bool) RETURNS void LANGUAGE sql
AS $$ INSERT INTO ts.calls VALUES (format('%s %s %s', $1, $2, migrate_data)) $$;
"""


@pytest.mark.parametrize(("form", "called"), [(NEW_FORM, "range timestamp"), (OLD_FORM, "timestamp")])
def test_a_hypertable_in_the_form_that_is_known(
    make: Callable[..., PostgresTarget], database: Database, form: str, called: str
) -> None:
    database.run(STUB + form)
    target = make(hypertables=True)
    assert target.check() == ""
    assert target.health().tables == {"house_power": "hypertable"}
    assert database.run("SELECT call FROM ts.calls") == [(f"house_power {called} f",)]


def test_a_table_with_rows_is_moved_only_if_that_is_asked_for(
    make: Callable[..., PostgresTarget], database: Database
) -> None:
    database.run(OLD + ";" + STUB + NEW_FORM)
    target = make(hypertables=True)
    assert target.check() == ""
    assert target.health().tables == {"house_power": "plain"}
    assert "to move them into a hypertable: SELECT" in target.health().notes[0]
    assert make(hypertables=True, migrate=True).check() == ""
    assert database.run("SELECT call FROM ts.calls") == [("house_power range timestamp t",)]


def test_what_is_one_already_is_left_alone(make: Callable[..., PostgresTarget], database: Database) -> None:
    database.run(STUB + NEW_FORM)
    database.run(
        "CREATE SCHEMA timescaledb_information; CREATE VIEW timescaledb_information.hypertables AS "
        "SELECT 'public'::name AS hypertable_schema, 'house_power'::name AS hypertable_name"
    )
    target = make(hypertables=True)
    assert target.check() == ""
    assert target.health().tables == {"house_power": "hypertable"}
    assert database.count("ts.calls") == 0


def test_an_extension_that_says_no(make: Callable[..., PostgresTarget], database: Database) -> None:
    refusal = "BEGIN RAISE EXCEPTION 'cannot' USING ERRCODE = 'TS103'; END"
    database.run(
        STUB + OLD_FORM.replace("LANGUAGE sql", "LANGUAGE plpgsql").partition("AS $$")[0] + f"AS $$ {refusal} $$"
    )
    target = make(hypertables=True)
    assert target.deliver(batch(*polls(3))).done == 3
    assert target.health().notes[0].endswith("house_power stays a plain table: cannot (TS103)")


def test_without_the_extension_there_is_a_small_index_and_a_word(
    make: Callable[..., PostgresTarget], database: Database
) -> None:
    for _ in range(2):
        target = make(hypertables=True)
        assert target.check() == ""
    assert target.health().tables == {"house_power": "plain"}
    assert "has no TimescaleDB; it is a plain table" in target.health().notes[0]
    assert database.run("SELECT count(*) FROM pg_indexes WHERE indexdef LIKE '%USING brin%'") == [(1,)]
