"""Which points go into which columns of which tables: the definitions of mate3_pg, and what they have learnt since.

    tables:
      house_power:                                   # a table; made if it is not there
        - {port: 5, device: flexnet_dc, field: state_of_charge, db_column: soc}
        - {device: gateway, field: temp_battery, db_column: celsius, type: double precision}
      settings:
        interval: 300                                # seconds; as often as all others without
        key: {house: cabin}                          # columns that are the same in each row
        columns:
          - {port: 3, device: charge_controller_settings, field: absorb_volts, db_column: absorb, scale: false}

All that is wrong in a file is told at once, each with its line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from energy_hw.app.pg_columns import Columns, Definition, Fault, Faults, shown
from energy_hw.app.pg_items import Item, read_items
from energy_hw.errors import ConfigError
from energy_hw.sinks.postgres_table import Column, Table

TABLE_KEYS = ("columns", "interval", "key", "time", "schema")
ALONE = "x-"
"""What begins with it is left alone: a place for anchors."""
MOST_COLUMNS, MOST_IN_ALL = 1500, 5000
"""A table of PostgreSQL has 1,600 at most."""
SHORTEST_S, LONGEST_S = 1.0, 7 * 86400.0

Key = Mapping[str, str | int]


class DefinitionsError(ConfigError):
    """faults: each with its line, in the order of the file."""

    def __init__(self, path: Path, faults: list[Fault]) -> None:
        self.faults = [_said(path, fault) for fault in faults]
        super().__init__("; ".join(self.faults), str(path), faults[0].line)


@dataclass(frozen=True, slots=True)
class Defined:
    """One table. interval_s: None for that of the command. key: what is the same in each row."""

    table: Table
    columns: tuple[Definition, ...]
    interval_s: float | None = None
    key: Key = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Definitions:
    """A whole file. notes: what is no fault, and still nothing can come of."""

    path: Path
    tables: tuple[Defined, ...]
    notes: tuple[str, ...] = ()


def read_definitions(path: str | Path, compat_raw: bool = False) -> Definitions:
    """A YAML, JSON or TOML file. compat_raw: numbers as the registers hold them, where a column does not say else.

    Raises DefinitionsError, ConfigError.
    """
    path, faults = Path(path), Faults()
    tables = list(_Tables(faults, compat_raw).read(read_items(path)))
    if faults.faults:
        raise DefinitionsError(path, sorted(faults.faults, key=lambda fault: fault.line or 0))
    return Definitions(path, tuple(tables), tuple(_said(path, note) for note in faults.notes))


def _said(path: Path, fault: Fault) -> str:
    return f"{path}{f', line {fault.line}' if fault.line else ''}: {fault.said}"


class _Tables:
    def __init__(self, faults: Faults, compat_raw: bool) -> None:
        self._faults = faults
        self._columns = Columns(faults, compat_raw)
        self._number = 0

    def read(self, file: Item) -> Iterator[Defined]:
        """Those without a fault."""
        top = file.value if isinstance(file.value, dict) else {}
        named = top.get("tables", Item(None, file.line))
        self._faults.unknown("at the top", {key: each for key, each in top.items() if key[:2] != ALONE}, ("tables",))
        if not isinstance(named.value, dict) or not named.value:
            self._faults.add(named.line, "expected `tables:`, and under it the name of a table with a list of columns")
            return
        for name, item in named.value.items():
            before = len(self._faults.faults)
            table = self._table(name, item)
            if table is not None and len(self._faults.faults) == before:
                yield table

    def _table(self, name: str, item: Item) -> Defined | None:
        options = item.value if isinstance(item.value, dict) else {"columns": item}
        self._faults.unknown(f"table {name}", options, TABLE_KEYS)
        listed = options.get("columns", Item(None, item.key_line))
        if not isinstance(listed.value, list) or not listed.value:
            self._wrong(name, item, "expected a list of columns, with one at least")
            return None
        if not self._fits(name, item, len(listed.value)):
            return None
        columns = [found for each in listed.value if (found := self._columns.read(name, each)) is not None]
        self._once(name, columns)
        key, interval_s = self._key(name, options.get("key")), self._interval_s(name, options.get("interval"))
        fixed = [Column(each, "text" if isinstance(value, str) else "bigint") for each, value in key.items()]
        wanted = {each.column.name: each.column for each in columns}
        time, schema = (self._text(name, options, option) for option in ("time", "schema"))
        try:
            table = Table(name, (*fixed, *wanted.values()), time or "timestamp", schema)
        except ConfigError as error:
            self._faults.add(item.key_line, str(error))
            return None
        return Defined(table, tuple(columns), interval_s, key)

    def _wrong(self, name: str, item: Item, said: str) -> None:
        self._faults.add(item.key_line or item.line, f"table {name}: {said}")

    def _once(self, name: str, columns: list[Definition]) -> None:
        seen: dict[str, Definition] = {}
        for each in columns:
            first = seen.setdefault(each.column.name, each)
            if first is not each:
                where = f", first on line {first.line}" if first.line else ""
                self._faults.add(each.line, f"table {name}: column {each.column.name!r} is there twice{where}")

    def _fits(self, name: str, item: Item, number: int) -> bool:
        """Anchors can make much of a short file."""
        self._number += number
        if number <= MOST_COLUMNS and self._number <= MOST_IN_ALL:
            return True
        self._wrong(name, item, f"expected at most {MOST_COLUMNS} columns in a table, and {MOST_IN_ALL} in all")
        return False

    def _interval_s(self, name: str, item: Item | None) -> float | None:
        if item is None:
            return None
        value = item.value
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not SHORTEST_S <= value <= LONGEST_S:
            self._wrong(name, item, f"expected an interval of {SHORTEST_S:g} to {LONGEST_S:g} s, got {shown(item)}")
            return None
        return float(value)

    def _key(self, name: str, item: Item | None) -> Key:
        if item is None:
            return {}
        given = item.value if isinstance(item.value, dict) else {}
        found: dict[str, str | int] = {}
        for column, each in given.items():
            if isinstance(each.value, str) or (isinstance(each.value, int) and not isinstance(each.value, bool)):
                found[column] = each.value
        if not given or len(found) < len(given):
            self._wrong(name, item, "expected a key like {house: cabin}, of text or whole numbers")
        return found

    def _text(self, name: str, options: Mapping[str, Item], key: str) -> str | None:
        item = options.get(key)
        if item is None:
            return None
        if isinstance(item.value, str) and item.value:
            return item.value
        self._wrong(name, item, f"expected a name for {key}, got {shown(item)}")
        return None
