"""From one poll to rows: what the definitions want of it, as far as it is there."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from energy_hw.app.pg_columns import Definition
from energy_hw.app.pg_definitions import Defined, Definitions
from energy_hw.app.pg_types import column_value
from energy_hw.outback.chain import Block, Layout, listed
from energy_hw.outback.groups import Key
from energy_hw.outback.poll import Poll
from energy_hw.outback.tables import model, points
from energy_hw.outback.types import Point
from energy_hw.outback.values import decode_point
from energy_hw.reading import Value
from energy_hw.sinks.postgres_table import TYPES
from energy_hw.sinks.postgres_values import Kind, Unfit

logger = logging.getLogger(__name__)

Place = tuple[Block, Point | None]
"""Where a definition stands in a controller; None: its firmware has no such point."""


@dataclass(slots=True)
class SampleCounts:
    """Since the start. rows: that were made. empty: rows that were not, as nothing of them was there. missing: values
    that were not there. misfits: values that their column cannot hold.
    """

    rows: int = 0
    empty: int = 0
    missing: int = 0
    misfits: int = 0


class Sampler:
    """What is to be read, and what was read as values of columns. What is missing is told once, until it is there.

    Thread safety: one thread at a time; counts may be read by any.
    """

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._layout: Layout | None = None
        self._places: dict[int, Place | None] = {}
        self._told: set[tuple[str, int | None]] = set()
        self._unfit: set[int] = set()
        self.counts = SampleCounts()

    def keys(self, tables: Iterable[Defined], layout: Layout | None) -> frozenset[Key]:
        """Model and port of the blocks that they need; of models that are alternatives the one that is there."""
        return frozenset(key for table in tables for each in table.columns for key in _keys(each, layout))

    def rows(self, poll: Poll, tables: Iterable[Defined]) -> Iterator[tuple[Defined, dict[str, Value]]]:
        """A row for each table of which anything is there."""
        self._look(poll.layout)
        for table in tables:
            found = dict(self._values(poll, table))
            if not found:
                self.counts.empty += 1
                continue
            self.counts.rows += 1
            yield table, {**table.key, **found}

    def _values(self, poll: Poll, table: Defined) -> Iterator[tuple[str, Value]]:
        for each in table.columns:
            value = self._value(poll, each)
            if value is not None and self._fits(each, value):
                yield each.column.name, value

    def _value(self, poll: Poll, definition: Definition) -> Value:
        block, point = self._places[id(definition)] or (None, None)
        value = None
        if block is not None and point is not None:
            value = column_value(decode_point(point, poll.view(block), block.address), definition.scaled)
        self.counts.missing += value is None
        return value

    def _fits(self, definition: Definition, value: Value) -> bool:
        kind = definition.column.type
        try:
            Kind(TYPES[kind], rounds=kind == "double precision").fit(value)
        except Unfit as error:
            self.counts.misfits += 1
            if id(definition) not in self._unfit:
                self._unfit.add(id(definition))
                logger.warning("%s: left out: %s; give its column another type", self._where(definition), error)
            return False
        return True

    # -- what is there -----------------------------------------------------

    def _look(self, layout: Layout) -> None:
        if layout is self._layout:
            return
        self._layout = layout
        columns = [each for table in self._definitions.tables for each in table.columns]
        self._places = {id(each): place(each, layout) for each in columns}
        for each in columns:
            self._tell(each, layout)

    def _tell(self, definition: Definition, layout: Layout) -> None:
        """A line for each device, and for each point that a firmware has not."""
        found = self._places[id(definition)]
        device = _device(definition)
        name = (definition.named, definition.port) if found is not None and found[1] is None else device
        if found is not None and found[1] is not None:
            if device in self._told:
                self._told.discard(device)
                logger.warning("%s is there now", _called(*device))
        elif name not in self._told:
            self._told.add(name)
            logger.warning("%s: %s; its column stays empty", self._where(definition), absence(definition, layout))

    def absent(self, layout: Layout) -> list[str]:
        """Every definition of which nothing is there, and why. What is told so is told."""
        columns = [each for table in self._definitions.tables for each in table.columns]
        gone = [each for each in columns if (place(each, layout) or (None, None))[1] is None]
        self._told |= {name for each in gone for name in (_device(each), (each.named, each.port))}
        return [f"{self._where(each)}: {absence(each, layout)}" for each in gone]

    def _where(self, definition: Definition) -> str:
        line = f", line {definition.line}" if definition.line else ""
        return f"{self._definitions.path}{line}: {definition.named}"


def place(definition: Definition, layout: Layout) -> Place | None:
    """Where it stands; None if its device is not there."""
    for did, wanted in definition.points.items():
        block = layout.find(did, definition.port)
        if block is not None:
            here = points(did, block.length, layout.since_2018)
            return block, next((point for point in here if point.name == wanted.name), None)
    return None


def absence(definition: Definition, layout: Layout) -> str:
    """Why nothing of it is there, with what is."""
    found = place(definition, layout)
    if found is not None:
        return f"the firmware of {found[0]} has no such point"
    same = [block for block in layout.blocks if block.did in definition.points]
    device = _called(*_device(definition))
    if same:
        return f"there is no {device}; there is one on port {' and on port '.join(str(block.port) for block in same)}"
    known = [block for block in layout.blocks if model(block.did) is not None]
    return f"there is no {device}; there are {listed(known)}"


def _device(definition: Definition) -> tuple[str, int | None]:
    return definition.named.partition(".")[0], definition.port


def _called(device: str, port: int | None) -> str:
    return device if port is None else f"{device} on port {port}"


def _keys(definition: Definition, layout: Layout | None) -> list[Key]:
    every: list[Key] = [(did, definition.port) for did in definition.points]
    there = [key for key in every if layout is not None and layout.find(*key) is not None]
    return there or every
