"""`mate3_pg` as a process and in this one: options in, rows and exit codes out; killed, and started again."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from energy_hw.cli.mate3_pg_command import mate3_pg
from energy_hw.sim.mate3 import SimMate3
from mate3_rig import mate3
from outbox_rig import BOUND_S, until
from postgres_rig import Database, Server, database, server

__all__ = ["database", "mate3", "server"]

ROOT = Path(__file__).parent.parent.parent
DEFINITIONS = """
tables:
  house_power:
    - {port: 5, device: flexnet_dc, field: state_of_charge, db_column: soc}
    - {port: 5, device: flexnet_dc, field: battery_voltage, db_column: battery_voltage}
  device_text:
    - {port: 1, device: radian_inverter_configuration, field: model_number, db_column: inverter1_model}
"""
OURS = ("MATE3_", "ENERGY_HW_", "PG")


@pytest.fixture
def definitions(tmp_path: Path) -> Path:
    path = tmp_path / "house.yaml"
    path.write_text(DEFINITIONS)
    return path


@pytest.fixture(autouse=True)
def nothing_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.startswith(OURS):
            monkeypatch.delenv(name)
    monkeypatch.setenv("ENERGY_HW_STATE", str(tmp_path / "state"))


def invoke(*arguments: object, **variables: str) -> Result:
    texts = [str(argument) for argument in arguments]
    return CliRunner().invoke(mate3_pg, texts, prog_name="mate3_pg", env=variables)


@contextmanager
def process(*arguments: object, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """The command in a process of its own, which does not outlive the test."""
    code = "from energy_hw.cli.mate3_pg import main; main()"
    started = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), **variables},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    with started:
        try:
            yield started
        finally:
            started.kill()


def at(house: SimMate3, definitions: Path, database: str, *more: object) -> list[object]:
    return ["-H", house.host, "-p", house.port, "--database-url", database, "--definitions", definitions, *more]


def test_every_option_of_mate3_is_there_with_its_default() -> None:
    context = mate3_pg.make_context("mate3_pg", ["-H", "mate3.lan", "--definitions", "x.yaml"])
    of_mate3 = ("host", "port", "interval", "database_url", "definitions", "hypertables", "quiet", "debug")
    assert [context.params[name] for name in of_mate3] == [
        "mate3.lan",
        502,
        5,
        "postgres://postgres@localhost/postgres",
        Path("x.yaml"),
        False,
        False,
        False,
    ]
    spelt = {option for parameter in mate3_pg.params for option in parameter.opts}
    assert {"-H", "--host", "-p", "--port", "-i", "--interval", "-q", "--quiet", "--debug"} <= spelt
    assert {"--database-url", "--definitions", "--hypertables"} <= spelt
    assert invoke("--help").exit_code == invoke("--version").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--definitions", "x"), "Missing option '--host'"),
        (("-H", "h"), "Missing option '--definitions'"),
        (("-H", "h", "--definitions", "x", "-i", "0"), "0.0 is not in the range x>=1"),
        (("-H", "h", "--simulate", "--definitions", "x"), "--simulate needs no --host"),
        (("--simulate", "--definitions", "x"), "--simulate needs --database-url"),
        (("-H", "h", "--memory", "--outbox", "o", "--definitions", "x"), "--memory needs no --outbox"),
        (("-H", "h", "--once", "--check", "--definitions", "x"), "one or the other"),
    ],
)
def test_options_that_cannot_be(arguments: tuple[str, ...], said: str) -> None:
    done = invoke(*arguments)
    assert done.exit_code == 2
    assert said in " ".join(done.output.split())


def test_a_simulated_house_stays_out_of_the_database_that_the_environment_names(definitions: Path) -> None:
    done = invoke("--simulate", "--definitions", definitions, MATE3_DATABASE_URL="postgresql://db/house")
    assert done.exit_code == 2


def test_definitions_with_faults_end_it_with_each_of_them(tmp_path: Path) -> None:
    (tmp_path / "d.yaml").write_text(DEFINITIONS.replace("flexnet_dc", "flexnet").replace("model_number", "model"))
    done = invoke("-H", "127.0.0.1", "--definitions", tmp_path / "d.yaml")
    assert done.exit_code == 3
    lines = done.output.splitlines()
    assert [re.search(r"line \d+", line)[0] for line in lines] == ["line 4", "line 5", "line 7"]  # type: ignore[index]
    assert "there is no device 'flexnet': did you mean flexnet_dc" in lines[0]


def test_a_url_that_cannot_be_is_told_without_what_is_in_it(definitions: Path) -> None:
    url = "postgresql://me:s3cret%zz@db/house"
    done = invoke("-H", "127.0.0.1", "--once", "--definitions", definitions, MATE3_DATABASE_URL=url)
    assert done.exit_code == 3
    assert "expected postgresql://user:password@host:port/database" in done.output
    assert "s3cret" not in done.output


def test_check_shows_what_there_is_and_what_is_not(
    tmp_path: Path, database: Database, mate3: SimMate3, definitions: Path
) -> None:
    done = invoke(*at(mate3, definitions, database.url, "--check"))
    assert done.exit_code == 0
    rows = [line.split() for line in done.output.splitlines()]
    assert ["house_power", "battery_voltage", "numeric", "50.6", "flexnet_dc.battery_voltage"] in rows
    definitions.write_text(DEFINITIONS.replace("port: 1", "port: 9"))
    done = invoke(*at(mate3, definitions, database.url, "--check"))
    assert done.exit_code == 3
    assert f"{definitions}, line 7: radian_inverter_configuration.model_number: there is no radian_inverter" in (
        done.output
    )
    assert done.output.count("line 7") == 1
    assert database.count("house_power") == 0


def test_once_is_one_row_for_each_table(database: Database, mate3: SimMate3, definitions: Path) -> None:
    done = invoke(*at(mate3, definitions, database.url, "--once"))
    assert done.exit_code == 0
    assert done.output == f"1 polls, 2 rows to 127.0.0.1/{database.name}, 0 waiting\n"
    assert (database.count("house_power"), database.count("device_text")) == (1, 1)


def test_once_with_the_database_away_keeps_its_rows(
    tmp_path: Path,
    server: Server,
    database: Database,
    mate3: SimMate3,
    definitions: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    outbox = ("--outbox", tmp_path / "o.sqlite3")
    done = invoke(*at(mate3, definitions, server.url("gone"), "--once", "--quiet", *outbox))
    assert done.exit_code == 4
    assert 'database "gone" does not exist' in caplog.text
    assert done.output == ""
    assert invoke(*at(mate3, definitions, database.url, "--once", *outbox)).exit_code == 0
    assert database.count("house_power") == 2


def test_once_with_rows_that_are_refused(
    database: Database, mate3: SimMate3, definitions: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database.run("CREATE TABLE house_power (timestamp TIMESTAMPTZ NOT NULL, soc INTEGER CHECK (soc < 50))")
    done = invoke(*at(mate3, definitions, database.url, "--once"))
    assert done.exit_code == 6
    assert "refuses rows, they are lost: check_violation" in caplog.text
    assert "1 rows lost (check_violation)" in done.output


def test_once_with_nothing_there(database: Database, mate3: SimMate3, definitions: Path) -> None:
    definitions.write_text(DEFINITIONS.replace("port: 1", "port: 9").replace("port: 5", "port: 8"))
    assert invoke(*at(mate3, definitions, database.url, "--once")).exit_code == 3


def test_once_with_the_controller_away(tmp_path: Path, database: Database, definitions: Path) -> None:
    with SimMate3() as house:
        pass
    done = invoke(*at(house, definitions, database.url, "--once", "--memory"))
    assert done.exit_code == 4
    assert "switch Modbus (SunSpec) on" in done.output


def test_raw_integers_on_request(database: Database, mate3: SimMate3, definitions: Path) -> None:
    assert invoke(*at(mate3, definitions, database.url, "--once", "--compat-raw")).exit_code == 0
    assert database.run("SELECT soc, battery_voltage FROM house_power") == [(96, 506)]
    kinds = "SELECT data_type FROM information_schema.columns WHERE column_name = ANY (%s)"
    assert set(database.run(kinds, ["soc", "battery_voltage"])) == {("integer",)}
    done = invoke(*at(mate3, definitions, database.url, "--once"))
    assert done.exit_code == 3
    assert "--compat-raw goes on with its raw integers" in done.output


def test_a_password_is_in_no_line(
    server: Server, database: Database, mate3: SimMate3, definitions: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    database.run("DROP ROLE IF EXISTS walled; CREATE ROLE walled LOGIN PASSWORD 's3cret'")
    database.run("GRANT ALL ON SCHEMA public TO walled")
    url, wrong = (server.url(database.name, "walled", password) for password in ("s3cret", "s3cret-of-before"))
    done = invoke(*at(mate3, definitions, url, "--once", "--debug"))
    assert "can be seen by everybody on this machine: set MATE3_DATABASE_URL or PGPASSWORD" in done.output
    without = server.url(database.name, "walled")
    named = invoke(*at(mate3, definitions, without, "--once", "--debug"), PGPASSWORD="s3cret")
    assert (done.exit_code, named.exit_code) == (0, 0)
    refused = invoke(*at(mate3, definitions, wrong, "--once", "--debug", "--memory"))
    assert refused.exit_code == 4
    assert "password authentication failed" in caplog.text
    assert "s3cret" not in done.output + named.output + refused.output + caplog.text
    database.run("DROP OWNED BY walled; DROP ROLE walled")


def test_debug_tells_rows_and_no_bytes_of_the_connection(
    database: Database, mate3: SimMate3, definitions: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Registers of the gateway hold its passwords: a log that is kept is no place for them."""
    caplog.set_level(logging.DEBUG)
    assert invoke(*at(mate3, definitions, database.url, "--once", "--debug")).exit_code == 0
    assert "row of " in caplog.text
    assert not [record for record in caplog.records if record.name.startswith("pymodbus")]


STORED = re.compile(r"row of (\w+) of (\S+): (?:stored|delivered)")


def stored(lines: list[str]) -> set[tuple[str, str]]:
    """Table and time of each row of which it was told that it is safe."""
    return {match.groups() for line in lines if (match := STORED.search(line))}  # type: ignore[misc]


def killed(started: subprocess.Popen[str], enough: int) -> set[tuple[str, str]]:
    """Kill it once it has told so many rows to be safe, and read on to its end."""
    assert started.stderr
    lines: list[str] = []
    deadline = time.monotonic() + BOUND_S
    while len(stored(lines)) < enough and time.monotonic() < deadline:
        lines.append(started.stderr.readline())
    started.send_signal(signal.SIGKILL)
    return stored([*lines, *started.stderr.readlines()])


MANY = [f"t{number}" for number in range(100)]
"""So many rows of one poll are committed at once, and not after five seconds."""


def test_no_row_that_was_safe_is_lost_by_kill_9_and_none_is_doubled(
    tmp_path: Path, server: Server, database: Database, definitions: Path, mate3: SimMate3
) -> None:
    column = "{port: 5, device: flexnet_dc, field: state_of_charge, db_column: soc}"
    definitions.write_text("tables:\n" + "".join(f"  {name}: [{column}]\n" for name in MANY))
    told: set[tuple[str, str]] = set()
    arguments = at(mate3, definitions, database.url, "-i", 1, "--debug", "--outbox", tmp_path / "o.sqlite3")
    with process(*arguments) as started:
        told |= killed(started, 10)
    server.stop("immediate")
    with process(*arguments) as started:
        told |= killed(started, 110)
    server.start()
    done = invoke(*at(mate3, definitions, database.url, "--once", "--outbox", tmp_path / "o.sqlite3"))
    assert done.exit_code == 0
    arrived: list[tuple[str, str]] = []
    for table in MANY:
        query = f"SELECT timestamp FROM {table}"  # noqa: S608
        arrived += [(table, time.isoformat()) for (time,) in database.run(query)]
    assert len(told) >= 120
    assert told <= set(arrived)
    assert len(arrived) == len(set(arrived))


def test_sigterm_commits_what_is_in_memory(
    tmp_path: Path, server: Server, database: Database, definitions: Path, mate3: SimMate3
) -> None:
    outbox = ("--outbox", tmp_path / "o.sqlite3")
    with process(*at(mate3, definitions, server.url("gone"), "-i", 1, *outbox)) as started:
        assert until(lambda: len(mate3.requests) > 20)
        started.terminate()
        _, said = started.communicate(timeout=BOUND_S)
    assert started.returncode == 130
    counted = re.search(r"(\d+) polls, 0 rows to 127\.0\.0\.1/gone, (\d+) waiting", said)
    assert counted is not None
    assert int(counted[2]) == 2 * int(counted[1]) > 0
    assert invoke(*at(mate3, definitions, database.url, "--once", *outbox)).exit_code == 0
    assert database.count("house_power") == int(counted[1]) + 1


def test_a_second_one_is_told_who_has_the_outbox(
    tmp_path: Path, database: Database, definitions: Path, mate3: SimMate3
) -> None:
    outbox = ("--outbox", tmp_path / "o.sqlite3")
    with process(*at(mate3, definitions, database.url, "-i", 1, *outbox)) as started:
        assert until(lambda: (tmp_path / "o.sqlite3").exists() and len(mate3.requests) > 0)
        done = invoke(*at(mate3, definitions, database.url, "--once", *outbox))
        assert done.exit_code == 4
        assert f"process {started.pid} has this outbox" in done.output
        assert invoke(*at(mate3, definitions, database.url, "--check")).exit_code == 0


def test_for_so_long_with_definitions_in_json(tmp_path: Path, database: Database) -> None:
    columns = [{"device": "gateway", "field": "year", "db_column": "year"}]
    (tmp_path / "d.json").write_text(json.dumps({"tables": {"calendar": columns}}))
    simulated = ("--simulate", "--database-url", database.url, "--definitions", tmp_path / "d.json")
    done = invoke(*simulated, "--duration", "0.5")
    assert done.exit_code == 0
    assert done.output.startswith("Logging 1 columns of calendar to 127.0.0.1/")
    assert database.count("calendar") == 1


def test_a_service_manager_is_told_that_it_is_ready_and_alive(
    tmp_path: Path, database: Database, definitions: Path, mate3: SimMate3
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(BOUND_S)
        arguments = at(mate3, definitions, database.url, "--memory", "--duration", 0.1)
        assert invoke(*arguments, NOTIFY_SOCKET=str(tmp_path / "notify")).exit_code == 0
        assert manager.recv(1000) == b"READY=1"
        assert re.fullmatch(rb"WATCHDOG=1\nSTATUS=\d polls, \d rows to .*", manager.recv(1000))
