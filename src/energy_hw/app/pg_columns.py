"""One line of a definitions file: which point goes into which column. What is wrong with it is noted, with its line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from energy_hw.app.pg_items import Item
from energy_hw.app.pg_names import matching, nearest
from energy_hw.app.pg_types import MAY_BE, column_type, common_type, takes
from energy_hw.errors import ConfigError
from energy_hw.outback.tables import model
from energy_hw.outback.types import Point
from energy_hw.sinks.postgres_table import TYPES, Column

KEYS = ("port", "device", "field", "db_column", "scale", "type")
PORTS = range(11)


@dataclass(frozen=True, slots=True)
class Fault:
    """line: None where it is not known, as in TOML."""

    line: int | None
    said: str


@dataclass(slots=True)
class Faults:
    """What is wrong in a file. notes: what is not, and still nothing can come of."""

    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)

    def add(self, line: int | None, said: str) -> None:
        """One more."""
        self.faults.append(Fault(line, said))

    def unknown(self, where: str, given: Mapping[str, Item], known: Iterable[str]) -> None:
        """Every name that is none of the known ones."""
        for name in given:
            if name not in known:
                self.add(given[name].key_line, f"{where}: unknown {name!r}{nearest(name, known)}")


@dataclass(frozen=True, slots=True)
class Definition:
    """One column. points: which point it is, by the model on the port. named: as the file calls it, for messages.

    port: None where none of the models has one. scaled: its value, not what the register holds.
    """

    column: Column
    port: int | None
    points: Mapping[int, Point]
    scaled: bool
    named: str
    line: int | None


class Columns:
    """Reads lines of one table after the other."""

    def __init__(self, faults: Faults, compat_raw: bool) -> None:
        self._faults, self._compat_raw = faults, compat_raw
        self._table = ""

    def read(self, table: str, item: Item) -> Definition | None:
        """None if something is wrong, which is in the faults then."""
        self._table, before = f"table {table}", len(self._faults.faults)
        if not isinstance(item.value, dict):
            self._wrong(item, f"expected {{port, device, field, db_column}}, got {shown(item)}")
            return None
        given = item.value
        self._faults.unknown(self._table, given, KEYS)
        device, field_name, column = (self._name(item, given, key) for key in ("device", "field", "db_column"))
        scaled, chosen = self._scaled(given.get("scale")), self._chosen(given.get("type"))
        port = self._port(given.get("port"))
        points = self._points(given, device, field_name)
        with_port = any(has_port(did) for did in points)
        if with_port and "port" not in given:
            self._wrong(item, f"expected 'port' of {device}: the hub port that it is on")
        if len(self._faults.faults) > before:
            return None
        made = self._column(given, column, points, scaled, chosen)
        if made is None:
            return None
        return Definition(made, port if with_port else None, points, scaled, f"{device}.{field_name}", item.line)

    def _wrong(self, item: Item, said: str) -> None:
        self._faults.add(item.line or item.key_line, f"{self._table}: {said}")

    def _name(self, item: Item, given: Mapping[str, Item], key: str) -> str:
        if key not in given:
            self._wrong(item, f"expected {key!r} beside {', '.join(given) or 'the others'}")
            return ""
        found = given[key]
        if not isinstance(found.value, str) or not found.value:
            self._wrong(found, f"expected text for {key}, got {shown(found)}")
            return ""
        return found.value

    def _scaled(self, item: Item | None) -> bool:
        if item is None:
            return not self._compat_raw
        if not isinstance(item.value, bool):
            self._wrong(item, f"expected true or false for scale, got {shown(item)}")
        return bool(item.value)

    def _chosen(self, item: Item | None) -> str:
        if item is None:
            return ""
        chosen = " ".join(item.value.lower().split()) if isinstance(item.value, str) else ""
        if chosen not in TYPES:
            self._wrong(item, f"expected a type of {', '.join(TYPES)}, got {shown(item)}")
        return chosen

    def _port(self, item: Item | None) -> int | None:
        if item is None:
            return None
        value = int(item.value) if isinstance(item.value, str) and item.value.isdecimal() else item.value
        if isinstance(value, bool) or not isinstance(value, int) or value not in PORTS:
            self._wrong(item, f"expected a hub port of 1 to 10, or 0 without a hub, got {shown(item)}")
            return None
        return value

    def _points(self, given: Mapping[str, Item], device: str, field_name: str) -> dict[int, Point]:
        if not device or not field_name:
            return {}
        line = given["field"].line or given["field"].key_line
        try:
            points = matching(device, field_name)
        except LookupError as error:
            self._faults.add(line, f"{self._table}: {error}")
            return {}
        if any("secret" in point.flags for point in points.values()):
            self._faults.add(line, f"{self._table}: {device}.{field_name} is a secret: it is not logged")
        elif not all(point.readable for point in points.values()):
            said = f"{device}.{field_name} can be written, and not read: its column stays empty"
            self._faults.notes.append(Fault(line, f"{self._table}: {said}"))
        return points

    def _column(
        self, given: Mapping[str, Item], name: str, points: Mapping[int, Point], scaled: bool, chosen: str
    ) -> Column | None:
        wanted = common_type(column_type(point, scaled, self._compat_raw) for point in points.values())
        if chosen and chosen not in MAY_BE[wanted]:
            may = ", ".join(sorted(MAY_BE[wanted]))
            self._wrong(given["type"], f"values of this kind go into {may}, not into {chosen}")
            return None
        plain = not chosen and not any(point.scale for point in points.values())
        try:
            return Column(name, chosen or wanted, takes(chosen or wanted, plain))
        except ConfigError as error:
            self._wrong(given["db_column"], str(error))
            return None


def has_port(did: int) -> bool:
    """Whether devices of a model are on a port of the hub."""
    known = model(did)
    return known is not None and known.has_port


def shown(item: Item) -> str:
    """A value for a message."""
    if isinstance(item.value, (dict, list)):
        return "a mapping" if isinstance(item.value, dict) else "a list"
    return "nothing" if item.value is None else repr(item.value)
