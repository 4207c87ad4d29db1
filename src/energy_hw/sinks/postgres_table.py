"""What a table is wanted to look like. Identifiers: PostgreSQL documentation, 4.1.1; types: chapter 8.

Beside the columns that are named here each table has its time and `energy_hw_id uuid`, the id of a row: the unique
index over the two is what keeps a row that comes twice from being stored twice. Rows of before have none and stay.
"""

from __future__ import annotations

from dataclasses import dataclass

from energy_hw.errors import ConfigError

ID = "energy_hw_id"
MOST_NAME_BYTES = 63
"""A longer name is cut off by the server (NAMEDATALEN - 1), and two of them may become one."""

# fmt: off
TYPES = {
    # wanted           pg_type.typname
    "smallint":         "int2",
    "integer":          "int4",
    "bigint":           "int8",
    "double precision": "float8",
    "numeric":          "numeric",
    "text":             "text",
    "varchar(100)":     "varchar",
    "boolean":          "bool",
    "timestamptz":      "timestamptz",
}
# fmt: on


def check_name(what: str, name: str) -> None:
    """Raises ConfigError for a name that the server would change or cannot take; every other one is quoted."""
    if not name or "\0" in name:
        raise ConfigError(f"expected the name of a {what}, got {name!r}")
    if len(name.encode("utf-8", "surrogatepass")) > MOST_NAME_BYTES:
        raise ConfigError(f"expected the name of a {what} of at most {MOST_NAME_BYTES} bytes, got {name!r}")


@dataclass(frozen=True, slots=True)
class Column:
    """A column for values. type: one of TYPES. Raises ConfigError.

    takes: what a column that is there already may be (pg_type.typname); with another one no row goes in, and all wait
    until somebody has changed it. Empty: any; rows with values that do not fit are refused one by one.
    """

    name: str
    type: str
    takes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_name("column", self.name)
        if self.type not in TYPES:
            raise ConfigError(f"column {self.name}: expected a type of {', '.join(TYPES)}, got {self.type!r}")


@dataclass(frozen=True, slots=True)
class Table:
    """A table for rows. schema: None takes the table of that name that the search_path finds, or makes it there.

    Raises ConfigError.
    """

    name: str
    columns: tuple[Column, ...]
    time_column: str = "timestamp"
    schema: str | None = None

    def __post_init__(self) -> None:
        check_name("table", self.name)
        check_name("column", self.time_column)
        if self.schema is not None:
            check_name("schema", self.schema)
        names = [self.time_column, ID, *(column.name for column in self.columns)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ConfigError(f"table {self.name}: expected each column once, got {', '.join(twice)} more than once")
