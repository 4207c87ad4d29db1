"""What a column for a point looks like, and which columns that are there already will do for it.

Numbers keep each digit: a point with a scale factor goes into numeric. A label goes into text, a time into timestamptz.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from energy_hw.outback.types import Point, PointType
from energy_hw.outback.values import PointValue
from energy_hw.reading import Value

LONG = frozenset({PointType.UINT32, PointType.ACC32, PointType.BITFIELD32})
TEXTS = frozenset({PointType.STRING, PointType.IPADDR})
VARCHAR = "varchar(100)"
"""As mate3 makes it; the longest text of the tables has 60 characters."""

WHOLE = ("int4", "int8")
REALS = ("numeric", "float8", "float4")
# fmt: off
TAKES: Mapping[str, tuple[str, ...]] = {
    # wanted            pg_type.typname of a column that is there
    "smallint":         ("int2", "int4", "int8"),
    "integer":          WHOLE,
    "bigint":           ("int8",),
    "numeric":          REALS,
    "double precision": REALS,
    "text":             ("text", "varchar", "bpchar"),
    VARCHAR:            ("text", "varchar", "bpchar"),
    "boolean":          ("bool",),
    "timestamptz":      ("timestamptz", "timestamp"),
}
NUMBERS = frozenset(TAKES) - {"timestamptz"}
MAY_BE: Mapping[str, frozenset[str]] = {
    # of itself         what the definitions may make of it
    "integer":          NUMBERS,
    "bigint":           NUMBERS,
    "numeric":          NUMBERS - {"boolean"},
    "text":             frozenset({"text", VARCHAR}),
    VARCHAR:            frozenset({"text", VARCHAR}),
    "timestamptz":      frozenset({"timestamptz", "text", VARCHAR}),
}
# fmt: on
WIDER = ("integer", "bigint", "numeric", VARCHAR, "text")


def column_type(point: Point, scaled: bool, old: bool = False) -> str:
    """The type of a column for a point. scaled: for its value, else for what the register holds. old: as in mate3."""
    if point.type in TEXTS:
        return VARCHAR
    if not scaled:
        return "bigint" if point.type in LONG and not old else "integer"
    if point.scale:
        return "numeric"
    if point.enum or point.is_bits:
        return "text"
    if point.is_time:
        return "timestamptz"
    return "bigint" if point.type in LONG else "integer"


def common_type(types: Iterable[str]) -> str:
    """The one that takes the values of all; of several models the one on the port is not known beforehand."""
    found = set(types)
    if len(found) == 1:
        return found.pop()
    return max(found, key=WIDER.index) if found <= set(WIDER) else "text"


def takes(wanted: str, plain: bool) -> tuple[str, ...]:
    """Types of a column that is there. plain: a number without a scale factor, so that nothing can be mistaken."""
    return TAKES[wanted] + (REALS if plain and wanted in ("integer", "bigint", "smallint") else ())


def column_value(found: PointValue, scaled: bool) -> Value:
    """What goes into the column; None for nothing."""
    if not found.implemented or found.value is None:
        return None
    if scaled or found.point.type in TEXTS:
        return found.value
    return int(found.raw) if isinstance(found.raw, int) else None
