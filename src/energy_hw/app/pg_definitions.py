"""Which points go into which columns: the definitions of mate3_pg, and what they have learnt since.

    tables:
      house_power:                                   # a table; made if it is not there
        - {port: 5, device: flexnet_dc, field: state_of_charge, db_column: soc}
        - {device: gateway, field: battery_voltage, db_column: volts, type: double precision}
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

from energy_hw.app.pg_items import Item, read_items
from energy_hw.app.pg_names import matching, nearest
from energy_hw.app.pg_types import MAY_BE, NUMBERS, column_type, common_type, takes
from energy_hw.errors import ConfigError
from energy_hw.outback.tables import model
from energy_hw.outback.types import Point
from energy_hw.sinks.postgres_table import TYPES, Column, Table

COLUMN_KEYS = ("port", "device", "field", "db_column", "scale", "type")
TABLE_KEYS = ("columns", "interval", "key", "time", "schema")
PORTS = range(11)
MOST_COLUMNS, MOST_IN_ALL = 1500, 5000
"""A table of PostgreSQL has 1,600 at most."""
LONGEST_S = 7 * 86400.0


class DefinitionsError(ConfigError):
    """faults: each with its line, in the order of the file."""

    def __init__(self, path: Path, faults: list[Fault]) -> None:
        self.faults = [f"{path}{f', line {fault.line}' if fault.line else ''}: {fault.said}" for fault in faults]
        super().__init__("; ".join(self.faults), str(path), faults[0].line)


@dataclass(frozen=True, slots=True)
class Fault:
    """line: None where it is not known, as in TOML."""

    line: int | None
    said: str


@dataclass(frozen=True, slots=True)
class Definition:
    """One column. points: which point it is, by the model on the port. named: as the file calls it, for messages."""

    column: Column
    port: int | None
    points: Mapping[int, Point]
    scaled: bool
    named: str
    line: int | None


@dataclass(frozen=True, slots=True)
class Defined:
    """One table. interval_s: None for that of the command. key: what is the same in each row."""

    table: Table
    columns: tuple[Definition, ...]
    interval_s: float | None = None
    key: Mapping[str, str | int] = field(default_factory=dict)
    line: int | None = None


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
    path = Path(path)
    reader = _Reader(compat_raw)
    tables = list(reader.tables(read_items(path)))
    if reader.faults:
        raise DefinitionsError(path, sorted(reader.faults, key=lambda fault: fault.line or 0))
    notes = tuple(f"{path}{f', line {note.line}' if note.line else ''}: {note.said}" for note in reader.notes)
    return Definitions(path, tuple(tables), notes)


class _Reader:
    """Goes through a file, and notes what is wrong rather than to stop at it."""

    def __init__(self, compat_raw: bool) -> None:
        self._compat_raw = compat_raw
        self._columns = 0
        self.faults: list[Fault] = []
        self.notes: list[Fault] = []

    def _fault(self, line: int | None, said: str) -> None:
        self.faults.append(Fault(line, said))

    # -- tables ------------------------------------------------------------

    def tables(self, file: Item) -> Iterator[Defined]:
        """Those without a fault."""
        top = file.value if isinstance(file.value, dict) else {}
        named = top.get("tables", Item(None, file.line))
        for name, item in top.items():
            if name != "tables" and not name.startswith("x-"):
                self._fault(item.key_line, f"expected tables, got {name!r}; what begins with x- is left alone")
        if not isinstance(named.value, dict) or not named.value:
            self._fault(named.line, "expected `tables:`, and under it the name of a table with a list of columns")
            return
        for name, item in named.value.items():
            table = self._table(name, item)
            if table is not None:
                yield table

    def _table(self, name: str, item: Item) -> Defined | None:
        before = len(self.faults)
        options = dict(item.value) if isinstance(item.value, dict) else {"columns": item}
        for word in options.keys() - set(TABLE_KEYS):
            self._fault(options[word].key_line, f"table {name}: unknown {word!r}{nearest(word, TABLE_KEYS)}")
        listed = options.get("columns", Item(None, item.key_line))
        if not isinstance(listed.value, list) or not listed.value:
            self._fault(listed.line or item.key_line, f"table {name}: expected a list of columns, with one at least")
            return None
        columns = [found for each in listed.value if (found := self._column(name, each)) is not None]
        self._twice(name, columns)
        self._count(name, item, len(listed.value))
        key = self._key(name, options.get("key"))
        interval_s = self._interval_s(name, options.get("interval"))
        table = self._make(name, item, columns, key, options)
        if table is None or len(self.faults) > before:
            return None
        return Defined(table, tuple(columns), interval_s, key, item.key_line)

    def _make(
        self, name: str, item: Item, columns: list[Definition], key: Mapping[str, str | int], options: dict[str, Item]
    ) -> Table | None:
        fixed = [Column(each, "text" if isinstance(value, str) else "bigint") for each, value in key.items()]
        try:
            return Table(
                name,
                (*fixed, *{each.column.name: each.column for each in columns}.values()),
                self._text(name, options, "time") or "timestamp",
                self._text(name, options, "schema"),
            )
        except ConfigError as error:
            self._fault(item.key_line, str(error))
            return None

    def _twice(self, name: str, columns: list[Definition]) -> None:
        seen: dict[str, Definition] = {}
        for each in columns:
            first = seen.setdefault(each.column.name, each)
            if first is not each:
                where = f", first on line {first.line}" if first.line else ""
                self._fault(each.line, f"table {name}: column {each.column.name!r} is there twice{where}")

    def _count(self, name: str, item: Item, number: int) -> None:
        self._columns += number
        if number > MOST_COLUMNS or self._columns > MOST_IN_ALL:
            most = f"{MOST_COLUMNS} columns in a table, and {MOST_IN_ALL} in all"
            self._fault(item.key_line, f"table {name}: expected at most {most}")

    def _interval_s(self, name: str, item: Item | None) -> float | None:
        if item is None:
            return None
        value = item.value
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 1 <= value <= LONGEST_S:
            self._fault(item.line, f"table {name}: expected an interval of 1 to {LONGEST_S:.0f} s, got {_shown(item)}")
            return None
        return float(value)

    def _key(self, name: str, item: Item | None) -> Mapping[str, str | int]:
        if item is None:
            return {}
        found: dict[str, str | int] = {}
        for column, each in item.value.items() if isinstance(item.value, dict) else ():
            if isinstance(each.value, (str, int)) and not isinstance(each.value, bool):
                found[column] = each.value
        if not isinstance(item.value, dict) or len(found) < len(item.value):
            self._fault(item.line, f"table {name}: expected a key like {{house: cabin}}, of text or whole numbers")
        return found

    def _text(self, name: str, options: Mapping[str, Item], key: str) -> str | None:
        item = options.get(key)
        if item is None or (isinstance(item.value, str) and item.value):
            return None if item is None else str(item.value)
        self._fault(item.line, f"table {name}: expected a name for {key}, got {_shown(item)}")
        return None

    # -- columns -----------------------------------------------------------

    def _column(self, name: str, item: Item) -> Definition | None:
        if not isinstance(item.value, dict):
            said = f"expected {{port, device, field, db_column}}, got {_shown(item)}"
            self._fault(item.line, f"table {name}: {said}")
            return None
        before, given = len(self.faults), item.value
        for key in given.keys() - set(COLUMN_KEYS):
            self._fault(given[key].key_line, f"table {name}: unknown {key!r}{nearest(key, COLUMN_KEYS)}")
        device, field_name, column = (self._name(name, item, key) for key in ("device", "field", "db_column"))
        scaled = self._scaled(name, given.get("scale"))
        port = self._port(name, given.get("port"))
        points = self._points(given, device, field_name)
        self._check_port(name, item, device, port, points)
        if len(self.faults) > before or not points:
            return None
        return self._definition(name, item, column, port, points, scaled)

    def _definition(
        self, name: str, item: Item, column: str, port: int | None, points: dict[int, Point], scaled: bool
    ) -> Definition | None:
        given = item.value if isinstance(item.value, dict) else {}
        wanted = common_type(column_type(point, scaled, self._compat_raw) for point in points.values())
        chosen = self._type(name, given.get("type"), wanted)
        plain = chosen == wanted and not any(point.scale for point in points.values())
        try:
            made = Column(column, chosen, takes(chosen, plain))
        except ConfigError as error:
            self._fault(_line(given["db_column"]), f"table {name}: {error}")
            return None
        here = port if any(_has_port(did) for did in points) else None
        named = f"{given['device'].value}.{given['field'].value}"
        return Definition(made, here, points, scaled, named, item.line)

    def _name(self, name: str, item: Item, key: str) -> str:
        given = item.value if isinstance(item.value, dict) else {}
        if key not in given:
            self._fault(item.line, f"table {name}: expected {key!r} in {{{', '.join(given)}}}")
            return ""
        found = given[key]
        if not isinstance(found.value, str) or not found.value:
            self._fault(_line(found), f"table {name}: expected text for {key}, got {_shown(found)}")
            return ""
        return found.value

    def _scaled(self, name: str, item: Item | None) -> bool:
        if item is None:
            return not self._compat_raw
        if not isinstance(item.value, bool):
            self._fault(_line(item), f"table {name}: expected true or false for scale, got {_shown(item)}")
        return bool(item.value)

    def _port(self, name: str, item: Item | None) -> int | None:
        if item is None:
            return None
        value = int(item.value) if isinstance(item.value, str) and item.value.isdecimal() else item.value
        if isinstance(value, bool) or not isinstance(value, int) or value not in PORTS:
            said = f"expected a hub port of 1 to 10, or 0 without a hub, got {_shown(item)}"
            self._fault(_line(item), f"table {name}: {said}")
            return None
        return value

    def _points(self, given: Mapping[str, Item], device: str, field_name: str) -> dict[int, Point]:
        if not device or not field_name:
            return {}
        try:
            points = matching(device, field_name)
        except LookupError as error:
            wrong = "device" if str(error).startswith("there is no device") else "field"
            self._fault(_line(given[wrong]), str(error))
            return {}
        if any("secret" in point.flags for point in points.values()):
            self._fault(_line(given["field"]), f"{device}.{field_name} is a secret: it is not logged")
        elif not all(point.readable for point in points.values()):
            said = f"{device}.{field_name} can be written, and not read: its column stays empty"
            self.notes.append(Fault(_line(given["field"]), said))
        return points

    def _check_port(self, name: str, item: Item, device: str, port: int | None, points: Mapping[int, Point]) -> None:
        """Of what has a port it must be given; of what has none it is left alone."""
        given = item.value if isinstance(item.value, dict) else {}
        if not points or port is not None or not any(_has_port(did) for did in points):
            return
        if "port" not in given:
            self._fault(item.line, f"table {name}: expected 'port' of {device}: the hub port that it is on")

    def _type(self, name: str, item: Item | None, wanted: str) -> str:
        if item is None:
            return wanted
        chosen = " ".join(item.value.lower().split()) if isinstance(item.value, str) else ""
        if chosen not in TYPES:
            known = ", ".join(TYPES)
            self._fault(_line(item), f"table {name}: expected a type of {known}, got {_shown(item)}")
        elif chosen not in MAY_BE.get(wanted, NUMBERS):
            may = ", ".join(sorted(MAY_BE.get(wanted, NUMBERS)))
            self._fault(_line(item), f"table {name}: values of this kind go into {may}, not into {chosen}")
        else:
            return chosen
        return wanted


def _line(item: Item) -> int | None:
    return item.line or item.key_line


def _has_port(did: int) -> bool:
    known = model(did)
    return known is not None and known.has_port


def _shown(item: Item) -> str:
    if isinstance(item.value, (dict, list)):
        return "a mapping" if isinstance(item.value, dict) else "a list"
    return "nothing" if item.value is None else repr(item.value)
