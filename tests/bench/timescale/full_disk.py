"""A database whose disk is really full: run.sh gives the server a tablespace of 8 MB. No test of the everyday suite."""

from __future__ import annotations

import os
from pathlib import Path

import psycopg
import pytest

from energy_hw.sinks.outbox import Outbox, Target
from energy_hw.sinks.postgres import KIND, LIMITS, PostgresTarget
from outbox_rig import until
from postgres_rig import POWER, polls

URL = os.environ["EHW_TIMESCALE_URL"]
ROWS = 20_000
FILL = """
DO $$ BEGIN
    LOOP
        INSERT INTO filler SELECT repeat(md5(n::text), 200) FROM generate_series(1, 50) n;
        COMMIT;
    END LOOP;
END $$
"""


@pytest.fixture
def small() -> psycopg.Connection[tuple[int, ...]]:
    with psycopg.connect(URL, autocommit=True, connect_timeout=10) as connection:
        connection.execute("CREATE TABLESPACE small LOCATION '/small'")
        connection.execute("CREATE DATABASE house")
        connection.execute("ALTER DATABASE house SET default_tablespace = small")
    return psycopg.connect(URL, dbname="house", autocommit=True, connect_timeout=10)


def test_rows_wait_while_the_disk_is_full_and_arrive_once_when_there_is_room(
    small: psycopg.Connection[tuple[int, ...]], tmp_path: Path
) -> None:
    target = PostgresTarget(URL.rpartition("/")[0] + "/house", [POWER])
    assert target.check() == ""
    small.execute("CREATE TABLE filler (text text)")
    with pytest.raises(psycopg.errors.DiskFull):
        small.execute(FILL)
    eager = Target("db", target.deliver, batch=10_000, low_s=0.05, high_s=0.2)
    with Outbox(tmp_path / "outbox.sqlite3", [eager], LIMITS) as outbox:
        for body in polls(ROWS):
            outbox.put(body, key="house_power", kind=KIND, wait_s=10.0)
        until(lambda: outbox.health().targets["db"].failures > 2)
        health = outbox.health().targets["db"]
        assert "the server's disk is full" in (health.last_error or "")
        assert (health.delivered, health.dropped) == (0, {})
        assert small.execute("SELECT count(*) FROM house_power").fetchone() == (0,)
        small.execute("DROP TABLE filler")
        until(lambda: outbox.health().targets["db"].delivered == ROWS)
    query = "SELECT count(*), count(DISTINCT timestamp) FROM house_power"
    assert small.execute(query).fetchone() == (ROWS, ROWS)
    small.close()
    target.close()
