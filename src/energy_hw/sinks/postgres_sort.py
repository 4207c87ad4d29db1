"""The rows of a batch by table and columns, as their columns can take them; the ones that nothing can take go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from energy_hw.sinks.postgres_batch import Entry, Group
from energy_hw.sinks.postgres_row import Record, decode_row
from energy_hw.sinks.postgres_schema import Ready
from energy_hw.sinks.postgres_table import ID
from energy_hw.sinks.postgres_values import Unfit
from energy_hw.sinks.row import Row


@dataclass(frozen=True, slots=True)
class Sorted:
    """groups: in the order of their first rows. drop: {seq: reason}; said: about the same, for people."""

    groups: list[Group]
    drop: dict[int, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)


def sort(rows: Sequence[Row], ready: Mapping[str, Ready]) -> Sorted:
    """Rows of several tables, and with other columns than the last one: each its own group."""
    groups: dict[tuple[str, ...], Group] = {}
    found = Sorted([])
    for place, row in enumerate(rows):
        try:
            _add(groups, ready, place, row)
        except Unfit as error:
            found.drop[row.seq] = error.reason
            found.said.append(str(error))
    found.groups.extend(groups.values())
    return found


def _add(groups: dict[tuple[str, ...], Group], ready: Mapping[str, Ready], place: int, row: Row) -> None:
    record = _record(row)
    table = ready.get(record.table)
    if table is None:
        raise Unfit("unknown_table", f"expected a row of {', '.join(sorted(ready))}, got one of {record.table!r}")
    names = tuple(sorted(record.values))
    values = table.kinds[table.table.time_column].fit(record.time), record.id, *_values(table, record, names)
    key = record.table, *names
    if key not in groups:
        groups[key] = Group(table, (table.table.time_column, ID, *names))
    groups[key].entries.append(Entry(place, row.seq, values))


def _record(row: Row) -> Record:
    try:
        return decode_row(row.body)
    except ValueError as error:
        raise Unfit("no_row", str(error)) from None


def _values(ready: Ready, record: Record, names: Sequence[str]) -> list[object]:
    """A column that is no longer wanted and still there is fine: the row may have waited since it was."""
    return [_value(ready, name, record.values[name]) for name in names]


def _value(ready: Ready, name: str, value: object) -> object:
    table = ready.table
    if name not in ready.kinds or name in (table.time_column, ID):
        raise Unfit("unknown_column", f"{table.name}: there is no column {name!r} for a value")
    try:
        return ready.kinds[name].fit(value)
    except Unfit as error:
        raise Unfit(error.reason, f"{table.name}, column {name!r}: {error}") from None
