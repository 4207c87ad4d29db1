"""Who may come in, what a URL may be, and that a password is never told."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from energy_hw.errors import ConfigError
from energy_hw.sinks.outbox import Outbox
from energy_hw.sinks.postgres import KIND, LIMITS, PostgresTarget
from energy_hw.sinks.postgres_errors import Verdict, explain, reason, verdict
from energy_hw.sinks.postgres_session import Session, Times
from energy_hw.sinks.row import Result, Target
from outbox_rig import until
from postgres_rig import POWER, Database, batch, polls, running

SECRET = "s3 cret/%@:x"  # noqa: S105
CODED = "s3%20cret%2F%25%40%3Ax"


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("PGPASSWORD", "PGPASSFILE", "PGHOST", "PGDATABASE", "PGUSER", "PGSERVICE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def database() -> Iterator[Database]:
    database = running().database()
    database.run(
        f"DROP ROLE IF EXISTS walled; CREATE ROLE walled LOGIN PASSWORD '{SECRET}'; "
        "GRANT ALL ON SCHEMA public TO walled"
    )
    yield database
    database.run("DROP OWNED BY walled; DROP ROLE walled")


def checked(url: str) -> Result:
    target = PostgresTarget(url, [POWER])
    try:
        return target.deliver(batch(*polls(3)))
    finally:
        target.close()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_a_password_in_the_url(database: Database, scheme: str) -> None:
    url = database.server.url(database.name, "walled", CODED)
    assert checked(url.replace("postgresql", scheme)) == Result.delivered(3)


def test_a_password_in_the_environment(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", SECRET)
    assert checked(database.server.url(database.name, "walled")) == Result.delivered(3)


def test_a_password_in_a_file(database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "pgpass"
    file.write_text(f"127.0.0.1:*:*:walled:{SECRET.replace(':', chr(92) + ':')}\n")
    file.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(file))
    assert checked(database.server.url(database.name, "walled")) == Result.delivered(3)


def test_all_of_it_in_the_environment(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("HOST", "127.0.0.1"), ("PORT", database.server.port), ("USER", "postgres")):
        monkeypatch.setenv(f"PG{name}", str(value))
    monkeypatch.setenv("PGDATABASE", database.name)
    target = PostgresTarget("", [POWER])
    assert target.check() == ""
    assert target.name == f"postgres 127.0.0.1/{database.name}"
    target.close()


def test_by_its_socket(database: Database) -> None:
    server = database.server
    assert checked(f"host={server.folder} port={server.port} user=postgres dbname={database.name}").done == 3


# fmt: off
CLOSED = [
    # user     password    database    said                                hint
    ("walled", "wrongone", "",         "password authentication failed",   "PGPASSWORD"),
    ("walled", "",         "",         "no password supplied",             "give a password"),
    ("nobody", "",         "",         'role "nobody" does not exist',     "CREATE ROLE"),
    ("walled", CODED,      "missing",  'database "missing" does not exist', "CREATE DATABASE"),
]
# fmt: on


@pytest.mark.parametrize(("user", "password", "name", "said", "hint"), CLOSED)
def test_a_door_that_is_closed_is_tried_again_slowly(
    database: Database, user: str, password: str, name: str, said: str, hint: str
) -> None:
    """Not held: somebody may set it right on the server, and nobody then comes by to say so here."""
    result = checked(database.server.url(name or database.name, user, password))
    assert (result.after_s, result.pause, result.done, result.drop) == (60.0, False, 0, {})
    assert said in result.reason
    assert hint in result.reason
    assert not password or password not in result.reason


def test_a_database_that_is_made_later(database: Database) -> None:
    target = PostgresTarget(database.server.url(f"{database.name}_later"), [POWER])
    assert "CREATE DATABASE" in target.check()
    database.run(f"CREATE DATABASE {database.name}_later")
    assert target.check() == ""
    target.close()


def test_nobody_is_there() -> None:
    result = checked("postgresql://127.0.0.1:1/x")
    assert "Connection refused" in result.reason
    assert result.reason.lower().count("is the server running") == 1
    assert result.after_s is None


@pytest.mark.parametrize(
    "url",
    ["postgresql://u:topsecret%zz@h/d", "http://u:topsecret@h", "topsecret", "postgresql://u:topsecret@h:port@/d?x=y"],
)
def test_a_url_that_is_none_is_not_repeated(url: str) -> None:
    with pytest.raises(ConfigError, match="expected postgresql://user:password@host:port/database") as caught:
        PostgresTarget(url, [POWER])
    assert "topsecret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_no_line_of_a_log_has_the_password(
    database: Database, memory: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Everything down to the debug level of everybody, from a wrong password to a row in the table."""
    caplog.set_level(logging.DEBUG)
    database.run("ALTER ROLE walled PASSWORD 'another'")
    target = PostgresTarget(database.server.url(database.name, "walled", CODED), [POWER])
    with Outbox(memory / "o", [Target(target.name, target.deliver, low_s=0.02, high_s=0.1)], LIMITS) as outbox:
        outbox.put(polls(1)[0], kind=KIND)
        assert until(lambda: bool(outbox.health().targets[target.name].failures))
        database.run(f"ALTER ROLE walled PASSWORD '{SECRET}'")
        outbox.resume(target.name)
        assert until(lambda: outbox.health().delivered == 1)
        told = [
            caplog.text,
            *capfd.readouterr(),
            repr(outbox.health()),
            repr(target.health()),
            repr(target),
            target.name,
        ]
    target.close()
    assert "password authentication failed" in caplog.text
    assert not [text for text in told if SECRET in text or CODED in text]


def test_what_repeats_the_password_is_cleaned() -> None:
    session = Session(f"postgresql://u:{CODED}@h/d", Times())
    assert session.clean(f"bad URL postgresql://u:{CODED}@h or {SECRET}") == "bad URL postgresql://u:***@h or ***"
    assert session.place == "h/d"


def test_a_commit_is_on_the_disk_when_it_is_told(database: Database) -> None:
    """The server of these tests has synchronous_commit off."""
    session = Session(database.url, Times())
    connection, fresh = session.connection()
    assert fresh
    assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
    assert connection.execute("SHOW statement_timeout").fetchone() == ("1min",)
    assert session.connection() == (connection, False)
    session.close(False)
    with pytest.raises(psycopg.OperationalError, match="closed"):
        session.connection()


def test_waits_of_the_network_are_bounded_unless_somebody_knows_better(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, object]] = []

    def connect(**parameters: object) -> psycopg.Connection[object]:
        seen.append(parameters)
        raise psycopg.OperationalError("not now")

    assert "not now" in PostgresTarget("host=h keepalives_idle=5", [POWER], connect=connect).check()
    assert (seen[0]["connect_timeout"], seen[0]["keepalives_idle"], seen[0]["tcp_user_timeout"]) == ("10", "5", "60000")
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "3")
    PostgresTarget("host=h", [POWER], connect=connect).check()
    assert "connect_timeout" not in seen[1]


def test_errors_by_their_state() -> None:
    assert verdict(psycopg.errors.NumericValueOutOfRange()) is Verdict.ROW
    assert verdict(psycopg.errors.DiskFull()) is Verdict.WAIT
    assert verdict(psycopg.errors.InsufficientPrivilege()) is Verdict.SLOW
    assert verdict(psycopg.errors.UndefinedTable()) is Verdict.WAIT
    assert verdict(psycopg.DataError("NUL")) is Verdict.ROW
    assert reason(psycopg.errors.NumericValueOutOfRange()) == "numeric_value_out_of_range"
    assert explain(psycopg.errors.DiskFull("no space")) == "no space (53100): the server's disk is full"
    assert explain(psycopg.OperationalError("")) == "OperationalError"
