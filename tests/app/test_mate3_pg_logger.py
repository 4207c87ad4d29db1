"""From a simulated Mate3 on TCP into a real PostgreSQL: what is lost while one of them is away, which is nothing."""

from __future__ import annotations

import logging
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from energy_hw.app.mate3_pg_doorway import REMIND_S, TARGET, Doorway
from energy_hw.app.mate3_pg_kept import KeptTables
from energy_hw.app.mate3_pg_logger import Mate3Logger
from energy_hw.app.mate3_pg_settings import Settings
from energy_hw.app.pg_definitions import Definitions, read_definitions
from energy_hw.errors import ConfigError, LinkBusy
from energy_hw.sim.mate3 import SimMate3
from energy_hw.sinks.limits import Limits
from energy_hw.sinks.postgres import Column, PostgresTarget, Table
from energy_hw.sinks.row import Batch
from energy_hw.sinks.thinning import nothing
from mate3_rig import CountingRegisters, mate3
from outbox_rig import BOUND_S, ManualClock, until
from postgres_rig import Database, Server, database, server

__all__ = ["database", "mate3", "server"]

POWER = """
tables:
  house_power:
    - {port: 5, device: flexnet_dc, field: state_of_charge, db_column: soc}
    - {port: 5, device: flexnet_dc, field: battery_voltage, db_column: battery_voltage}
    - {port: 5, device: flexnet_dc, field: shunt_b_current, db_column: inverter_current}
"""
TEXT = """  device_text:
    - {port: 1, device: radian_inverter_configuration, field: model_number, db_column: inverter1_model}
"""
SMALL = Limits(ballast_bytes=0, thin=nothing)


@pytest.fixture(autouse=True)
def errors_only(caplog: pytest.LogCaptureFixture) -> None:
    """As with --quiet."""
    caplog.set_level(logging.ERROR, "energy_hw")


class Bench:
    """What a logger is made of, and a clock that stands until a step is made."""

    def __init__(self, tmp_path: Path, url: str, text: str = POWER, **more: Any) -> None:
        path = tmp_path / "house.yaml"
        path.write_text(text)
        compat_raw = more.pop("compat_raw", False)
        self.definitions: Definitions = read_definitions(path, compat_raw)
        self.clock = ManualClock()
        self.registers = CountingRegisters()
        options = {"outbox": tmp_path / "o.sqlite3", "limits": SMALL, **more}
        self.settings = Settings(None, 502, 5.0, url, **options)

    def logger(self, house: SimMate3 | None = None) -> Mate3Logger:
        settings = self.settings
        if house is not None:
            settings = Settings(house.host, house.port, 5.0, settings.url, settings.outbox, SMALL)
        registers = None if house else self.registers
        return Mate3Logger(self.definitions, settings, registers=registers, clock=self.clock)

    def steps(self, logger: Mate3Logger, number: int) -> None:
        for _ in range(number):
            logger.step()
            self.clock.advance(5.0)


def arrived(logger: Mate3Logger) -> bool:
    """Whether nothing waits any more; a target that is out of reach is tried again at once."""

    def look() -> bool:
        logger.outbox.resume(TARGET)
        return logger.pending == 0

    return until(look)


def test_rows_arrive_with_the_time_of_their_poll(tmp_path: Path, database: Database, mate3: SimMate3) -> None:
    bench = Bench(tmp_path, database.url, POWER + TEXT)
    with bench.logger(mate3) as logger:
        bench.steps(logger, 2)
        mate3.set(64118, "state_of_charge", 80, port=5)
        bench.steps(logger, 1)
        assert arrived(logger)
    began = ManualClock().now()
    rows = database.run("SELECT timestamp, soc, battery_voltage, inverter_current FROM house_power ORDER BY 1")
    assert rows == [
        (began + timedelta(seconds=5 * number), soc, Decimal("50.6"), Decimal("-16.6"))
        for number, soc in enumerate((96, 96, 80))
    ]
    texts = database.run("SELECT timestamp, inverter1_model FROM device_text ORDER BY 1")
    assert texts == [(time, "VFXR3048E") for time, *_ in rows]
    assert logger.summary() == f"3 polls, 6 rows to 127.0.0.1/{database.name}, 0 waiting"


def test_no_row_is_lost_or_doubled_while_the_database_is_restarted(
    tmp_path: Path, server: Server, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    bench = Bench(tmp_path, database.url, POWER + TEXT)
    with bench.logger() as logger:
        bench.steps(logger, 20)
        assert until(lambda: logger.target.health().inserted > 0)
        server.stop("immediate")
        bench.steps(logger, 200)
        assert logger.pending >= 400
        assert until(lambda: "rows wait in" in caplog.text)
        server.start()
        bench.steps(logger, 20)
        assert arrived(logger)
    for table in ("house_power", "device_text"):
        counted = "SELECT count(*), count(DISTINCT timestamp), count(DISTINCT energy_hw_id) FROM "
        assert database.run(counted + table) == [(240, 240, 240)]
    told = [record.getMessage() for record in caplog.records if record.name.startswith("energy_hw.app")]
    assert told[-1] == f"127.0.0.1/{database.name} takes rows again"
    assert len(told) <= 5  # not one for each try


def test_what_waits_outlives_the_logger(tmp_path: Path, server: Server, database: Database) -> None:
    bench = Bench(tmp_path, database.url)
    server.stop()
    with bench.logger() as logger:
        bench.steps(logger, 30)
    server.start()
    with bench.logger() as logger:
        assert arrived(logger)
    assert database.count("house_power") == 30


def test_rows_go_to_the_database_that_is_named_now(tmp_path: Path, server: Server, database: Database) -> None:
    with (bench := Bench(tmp_path, server.url("none_of_that_name"))).logger() as logger:
        bench.steps(logger, 3)
    with (bench := Bench(tmp_path, database.url)).logger() as logger:
        assert arrived(logger)
    assert database.count("house_power") == 3


def test_rows_of_what_is_no_longer_defined_still_arrive(tmp_path: Path, server: Server, database: Database) -> None:
    with (bench := Bench(tmp_path, server.url("none"), POWER + TEXT)).logger() as logger:
        bench.steps(logger, 3)
    without_volts = "".join(line for line in POWER.splitlines(True) if "battery_voltage" not in line)
    with (bench := Bench(tmp_path, server.url("none"), without_volts)).logger() as logger:
        bench.steps(logger, 1)
    with (bench := Bench(tmp_path, database.url, POWER.replace("house_power", "power"))).logger() as logger:
        bench.steps(logger, 1)
        assert arrived(logger)
        assert not logger.target.health().refused
    assert [database.count(name) for name in ("house_power", "device_text", "power")] == [4, 3, 1]
    assert database.run("SELECT count(battery_voltage) FROM house_power") == [(3,)]
    database.run("DROP TABLE device_text")
    with bench.logger():  # nothing waits for it now
        pass
    assert database.run("SELECT to_regclass('device_text')") == [(None,)]


def test_a_list_of_tables_that_is_damaged_is_told(
    tmp_path: Path, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "energy_hw")
    (tmp_path / "o.sqlite3.tables").write_text("[")
    table = Table("t", (Column("c", "text"),))
    kept = KeptTables(tmp_path / "o.sqlite3")
    assert kept.merged([]) == []
    assert "o.sqlite3.tables cannot be used" in caplog.text
    kept.keep([table])
    assert kept.merged([]) == kept.merged([table]) == [table]
    other = Table("t", (Column("d", "text"),))
    assert kept.merged([other]) == [Table("t", (*other.columns, *table.columns))]
    assert KeptTables(None).merged([]) == []


def test_a_controller_that_is_away_is_told_once_and_found_again(
    tmp_path: Path, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    house = SimMate3().start()
    bench = Bench(tmp_path, database.url)
    with bench.logger(house) as logger:
        bench.steps(logger, 1)
        house.stop()
        waits = [logger.step() for _ in range(2)]
        assert 0 < waits[0] < waits[1]
        with SimMate3(port=house.port) as again:
            assert again.port == house.port
            bench.steps(logger, 1)
        assert arrived(logger)
    assert database.count("house_power") == 2
    assert logger.counts.failed == 2
    assert caplog.text.count("there are no rows until it answers") == 1
    assert "answers again" in caplog.text


def test_a_password_that_is_wrong_costs_nothing_and_is_never_told(
    tmp_path: Path, server: Server, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    database.run("DROP ROLE IF EXISTS walled; CREATE ROLE walled LOGIN PASSWORD 'old%secret'")
    database.run("GRANT ALL ON SCHEMA public TO walled")
    caplog.set_level(logging.DEBUG)
    with (bench := Bench(tmp_path, server.url(database.name, "walled", "new%25secret"))).logger() as logger:
        bench.steps(logger, 3)
        assert "password authentication failed" in caplog.text
        assert "check user and password" in caplog.text
        assert logger.pending == 3
        database.run("ALTER ROLE walled PASSWORD 'new%secret'")
        assert arrived(logger)
    assert database.count("house_power") == 3
    assert "secret" not in caplog.text
    assert "secret" not in logger.summary()
    database.run("DROP OWNED BY walled; DROP ROLE walled")


FULL = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$;
CREATE TRIGGER full_disk BEFORE INSERT ON house_power EXECUTE FUNCTION full_disk();
"""


def test_a_database_without_room_costs_nothing(
    tmp_path: Path, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with (bench := Bench(tmp_path, database.url)).logger() as logger:
        database.run(FULL)
        bench.steps(logger, 5)
        assert until(lambda: "(53100): the server's disk is full; rows wait in" in caplog.text)
        assert logger.pending == 5
        database.run("DROP TRIGGER full_disk ON house_power")
        assert arrived(logger)
    assert database.count("house_power") == 5


OLD = """
CREATE TABLE house_power (timestamp TIMESTAMPTZ NOT NULL);
ALTER TABLE house_power ADD COLUMN soc INTEGER NULL;
ALTER TABLE house_power ADD COLUMN battery_voltage INTEGER NULL;
INSERT INTO house_power VALUES (NOW(), 90, 506)
"""


def test_a_table_of_mate3_is_not_filled_with_scaled_values(tmp_path: Path, database: Database) -> None:
    database.run(OLD)
    with pytest.raises(ConfigError) as caught:
        Bench(tmp_path, database.url).logger()
    assert "column 'battery_voltage' is integer, expected numeric" in str(caught.value)
    assert "--compat-raw goes on with its raw integers" in str(caught.value)
    assert "'soc'" not in str(caught.value)  # which is the same, raw or not


def test_a_table_of_mate3_goes_on_with_raw_integers(tmp_path: Path, database: Database) -> None:
    database.run(OLD)
    with (bench := Bench(tmp_path, database.url, compat_raw=True)).logger() as logger:
        bench.steps(logger, 1)
        assert arrived(logger)
    rows = database.run("SELECT soc, battery_voltage, inverter_current FROM house_power ORDER BY timestamp")
    assert sorted(rows, key=str) == [(90, 506, None), (96, 506, -166)]


def test_raw_integers_do_not_go_into_a_table_of_scaled_values(tmp_path: Path, database: Database) -> None:
    with (bench := Bench(tmp_path, database.url)).logger() as logger:
        bench.steps(logger, 1)
        assert arrived(logger)
    with pytest.raises(ConfigError, match=r"is numeric, expected integer.*leave --compat-raw away"):
        Bench(tmp_path, database.url, compat_raw=True).logger()


def test_rows_wait_for_a_table_that_turns_out_to_be_of_mate3(
    tmp_path: Path, server: Server, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    database.run(OLD)
    server.stop()
    with (bench := Bench(tmp_path, database.url)).logger() as logger:
        bench.steps(logger, 4)
        server.start()
        logger.outbox.resume(TARGET)
        assert until(lambda: "--compat-raw goes on with its raw integers" in caplog.text)
        bench.steps(logger, 4)
        assert logger.pending == 8
        database.run("ALTER TABLE house_power ALTER COLUMN battery_voltage TYPE numeric USING battery_voltage / 10.0")
        assert arrived(logger)
    assert database.count("house_power") == 9
    assert not logger.target.health().refused


def test_a_second_logger_needs_an_outbox_of_its_own(tmp_path: Path, database: Database) -> None:
    bench = Bench(tmp_path, database.url)
    with bench.logger(), pytest.raises(LinkBusy, match=r"o\.sqlite3: process \d+ has this outbox"):
        bench.logger()


def test_what_an_outage_is_too_long_for_is_counted_and_told(
    tmp_path: Path, server: Server, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "energy_hw.app")
    limits = Limits(memory_rows=10, thin=nothing)
    with (bench := Bench(tmp_path, server.url("none"), outbox=None, limits=limits)).logger() as logger:
        bench.steps(logger, 25)
        assert logger.pending == 10
        assert "15 rows lost (memory)" in logger.summary()
    assert "rows that waited are gone (1 for want of memory): more may wait with --max-mb" in caplog.text


def test_tables_of_their_own_interval_and_key(tmp_path: Path, database: Database) -> None:
    columns = "[{device: gateway, field: year, db_column: year}]"
    text = POWER + f"  seldom: {{interval: 60, time: ts, key: {{house: cabin}}, columns: {columns}}}\n"
    with (bench := Bench(tmp_path, database.url, text)).logger() as logger:
        bench.steps(logger, 25)
        assert arrived(logger)
    assert database.count("house_power") == 25
    rows = database.run("SELECT ts, house, year FROM seldom ORDER BY ts")
    assert rows == [(ManualClock().now() + timedelta(seconds=60 * at), "cabin", 2020) for at in range(3)]


def test_its_thread_polls_and_ends_with_the_controller_silent(tmp_path: Path, database: Database) -> None:
    bench = Bench(tmp_path, database.url)
    with SimMate3() as house:
        logger = Mate3Logger(bench.definitions, Settings(house.host, house.port, 1.0, database.url, None, SMALL))
        with logger:
            logger.start()
            assert until(lambda: logger.counts.polls >= 1)
            house.faults.arm(lost=True, count=1000)
            before = len(house.requests)
            assert until(lambda: len(house.requests) > before)
        assert not logger._thread.is_alive()
    assert database.count("house_power") >= 1


def test_hypertables_are_plain_tables_where_there_is_no_timescale(
    tmp_path: Path, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "energy_hw")
    with (bench := Bench(tmp_path, database.url, hypertables=True)).logger() as logger:
        bench.steps(logger, 1)
        assert arrived(logger)
        assert logger.target.health().tables == {"house_power": "plain"}
    assert caplog.text.count("TimescaleDB") == 1


def test_a_fault_of_the_program_does_not_end_it(
    tmp_path: Path, database: Database, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path, database.url)
    logger = Mate3Logger(bench.definitions, bench.settings, registers=bench.registers)
    monkeypatch.setattr(logger._backoff, "next_s", lambda: 0.01)
    faults = iter([ZeroDivisionError("made here")])
    bench.registers.before = lambda *_: (_ for _ in ()).throw(fault) if (fault := next(faults, None)) else None
    with logger:
        logger.start()
        assert until(lambda: logger.counts.polls > 0, BOUND_S)
    assert "made here" in caplog.text


def test_the_same_trouble_is_told_again_after_an_hour(
    tmp_path: Path, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    bench = Bench(tmp_path, server.url("nowhere"))
    target = PostgresTarget(bench.settings.url, [each.table for each in bench.definitions.tables])
    doorway = Doorway(bench.definitions, "here", bench.clock)
    doorway.open(target)
    empty = Batch(UUID(int=0), ())
    for seconds in (1, REMIND_S - 2, 1, 1):
        bench.clock.advance(seconds)
        doorway.deliver(empty)
    target.close()
    assert caplog.text.count("rows wait in here") == 2
