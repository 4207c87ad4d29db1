"""A row of a table as the body of a row of the outbox.

    {"table":"house_power","time":"2026-01-01T00:00:05Z","id":"6f0c...","values":{"soc":81,"battery_voltage":52.40}}

Numbers keep every digit that came. The id is given once, when the row is made: whoever delivers it, by whatever way and
however often, delivers the same row.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4

from energy_hw.sinks.postgres_table import Table

KIND = "table_row"
"""Row.kind of such a row."""


@dataclass(frozen=True, slots=True)
class Record:
    """What encode_row() was given: values are None, bool, int, Decimal or str (also for times, ISO 8601)."""

    table: str
    time: datetime
    id: UUID
    values: Mapping[str, object]


def encode_row(table: Table, time: datetime, values: Mapping[str, object], row_id: UUID | None = None) -> bytes:
    """The body of an outbox row, for PostgresTarget.

    time: aware; the row keeps it, whenever it arrives. values: by column, those that are there; None, bool, int, float,
    Decimal, str or an aware datetime. Raises ValueError for a column that the table has not and a time without a zone,
    TypeError for another value.
    """
    known = {column.name for column in table.columns}
    strange = [name for name in values if name not in known]
    if strange:
        raise ValueError(f"table {table.name}: expected values of {', '.join(sorted(known))}, got {', '.join(strange)}")
    pairs = ",".join(f"{_text(name)}:{_token(name, value)}" for name, value in values.items())
    number = (row_id or uuid4()).hex
    text = f'{{"table":{_text(table.name)},"time":"{_stamp(time)}","id":"{number}","values":{{{pairs}}}}}'
    return text.encode("utf-8", "surrogatepass")


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _stamp(time: datetime) -> str:
    if time.utcoffset() is None:
        raise ValueError(f"expected a time with its zone, got {time.isoformat()}")
    return time.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def _token(name: str, value: object) -> str:
    if value is None or isinstance(value, (bool, int)):
        return json.dumps(value)
    if isinstance(value, Decimal):
        return str(value)  # NaN and Infinity are as json.loads() knows them
    if isinstance(value, float):
        return json.dumps(value)
    if isinstance(value, str):
        return _text(str(value))
    if isinstance(value, datetime):
        return f'"{_stamp(value)}"'
    raise TypeError(f"column {name}: expected a number, text, a time, True, False or None, got {value!r}")


def decode_row(body: bytes) -> Record:
    """Back again. Raises ValueError for anything that is not such a body."""
    try:
        found = json.loads(body.decode("utf-8", "surrogatepass"), parse_float=Decimal, parse_constant=Decimal)
        time, values = datetime.fromisoformat(found["time"]), found["values"]
        if not isinstance(found["table"], str) or not isinstance(values, dict) or time.utcoffset() is None:
            raise ValueError("a part of it is of another type")
        return Record(found["table"], time, UUID(hex=found["id"]), values)
    except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError) as error:
        raise ValueError(f"expected a row as encode_row() makes it, got {body[:80]!r}: {error}") from None
