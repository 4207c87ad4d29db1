"""The register tables, one CSV for each model, read when a model is first asked for.

Where the rows are from, and what the columns mean: models/ORIGIN.md.
Thread safety: everything is immutable or cached; two threads may both load a table and get equal rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, lru_cache

from energy_hw.errors import UnknownPoint
from energy_hw.outback.types import Model, Point, PointType

Row = dict[str, str]
HEADER = 2  # DID and length stand before the registers that `length` counts


@cache
def models() -> Mapping[int, Model]:
    """Every model by DID, with 65535, which ends the chain."""
    return {int(row["did"]): _model(row) for row in _rows("models.csv")}


def model(did: int) -> Model | None:
    """The model of a DID; None for one that no table knows."""
    return models().get(did)


@lru_cache(256)  # a controller that babbles must not fill the memory with lengths
def points(did: int, length: int | None = None, since_2018: bool = True) -> tuple[Point, ...]:
    """Points of a model in the order of their registers; none for an unknown DID.

    length: what the block's header says. A point that ends behind it is not there: tables know the newest
    firmware, and older ones have shorter blocks. since_2018: layout of the gateway's model (64110): a name and
    a first alarm address of 15 registers since firmware of 2018-12, a subject line and 20 registers before.
    """
    wanted = ("", "since-2018-12" if since_2018 else "before-2018-12")
    rows = (point for point in _table(did) if point.variant in wanted)
    return tuple(point for point in rows if length is None or point.end <= length + HEADER)


def point(did: int, name: str) -> Point:
    """A point by our name, in the newest layout that has it. Raises UnknownPoint, which names similar ones."""
    found = by_name(did).get(name)
    if found is None:
        raise UnknownPoint(_unknown(did, name))
    return found


@lru_cache(64)
def by_name(did: int) -> Mapping[str, Point]:
    """Points of a model in any of its layouts, the newest one's where two have the name; empty for an unknown DID."""
    older_first = points(did, None, False) + points(did, None, True)
    return {point.name: point for point in older_first}


def _unknown(did: int, name: str) -> str:
    from difflib import get_close_matches

    known = model(did)
    if known is None or not _table(did):
        return f"{did}/{name}: no table for model {did}; there is one for {', '.join(map(str, models()))}"
    near = get_close_matches(name, by_name(did), n=4) or list(by_name(did))[:8]
    return f"{did}/{name}: {known.name} has no such point; did you mean {', '.join(near)}?"


@lru_cache(64)
def _table(did: int) -> tuple[Point, ...]:
    known = models().get(did)
    if known is None or known.kind == "end":
        return ()
    return tuple(_point(row) for row in _rows(f"{did:05}_{known.name}.csv"))


def _rows(file: str) -> Iterator[Row]:
    import csv
    from importlib.resources import files

    text = (files("energy_hw.outback") / "models" / file).read_text("utf-8")
    return csv.DictReader(text.splitlines())


def _model(row: Row) -> Model:
    return Model(
        did=int(row["did"]),
        name=row["model"],
        title=row["title"],
        kind=row["kind"],
        pairs=_numbers(row["paired_with"]),
        lengths=_numbers(row["lengths_seen"]),
        has_port=row["has_port"] == "1",
        mate3_06=row["mate3_06_attribute"],
        mate3_04=row["mate3_04_device"],
    )


def _point(row: Row) -> Point:
    bits = _labels(row["bits"])
    return Point(
        did=int(row["did"]),
        model=row["model"],
        start=int(row["start"]),
        size=int(row["size"]),
        symbol=row["name"],
        name=row["field"],
        type=PointType(row["type"]),
        access=row["access"],
        unit=row["units"] or None,
        scale=row["sf_field"] or None,
        scale_fixed=_number(row["sf_fixed"]),
        enum=_labels(row["enum"]),
        bits={mask: label for mask, label in bits.items() if not label.endswith(VALUE)},
        masks={mask: label.removesuffix(VALUE) for mask, label in bits.items() if label.endswith(VALUE)},
        low=_number(row["min"]),
        high=_number(row["max"]),
        low_word_first=row["word_order"] == "lsw_first",
        not_implemented=_patterns(row["not_implemented"]),
        flags=frozenset(row["flags"].split("|")) - {""},
        variant=row["variant"],
        description=row["description"],
        mate3_06=row["mate3_06_name"],
        mate3_04=row["mate3_04_name"],
        source=row["source"],
        note=row["note"],
    )


VALUE = " (value)"


def _number(text: str) -> int | None:
    return int(text, 0) if text else None


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number, 0) for number in text.split("|") if number)


def _patterns(text: str) -> tuple[int, ...]:
    """Of a number as unsigned registers show it. Of a string, `all 0x0000 or all 0xFFFF`, those two words."""
    return _numbers(text.replace("all ", "").replace(" or ", "|"))


@cache
def _labels(text: str) -> Mapping[int, str]:
    """`0=off|1=auto` or `0x0001=absorb|0x00FF=hub port (value)`."""
    pairs = (item.partition("=") for item in text.split("|") if item)
    return {int(number, 0): label for number, _, label in pairs}
