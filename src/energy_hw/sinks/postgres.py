"""Rows of tables into PostgreSQL: each row of the outbox once, whatever happens on the way.

    power = Table("house_power", (Column("soc", "smallint"), Column("battery_voltage", "double precision")))
    target = PostgresTarget("postgresql://logger@db/house", [power])
    with Outbox(path, [target.target()], LIMITS) as outbox:
        outbox.put(encode_row(power, time, {"soc": 81}), key="house_power", kind=KIND, time=time)
    target.close()

What may go wrong and what happens then: docs/postgres.md.
"""

from __future__ import annotations

from energy_hw.sinks.postgres_row import KIND, encode_row
from energy_hw.sinks.postgres_table import Column, Table

__all__ = ["KIND", "Column", "Table", "encode_row"]
