"""Tables that the outbox may have rows of, in a file beside it: definitions change while rows wait.

{"energy_hw.mate3_pg.tables": 1, "tables": [{"name": "house_power", "columns": [["soc", "integer"], ...], ...}, ...]}
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from energy_hw.outback.files import write_whole
from energy_hw.sinks.postgres_table import Column, Table

logger = logging.getLogger(__name__)

NAME, VERSION = "energy_hw.mate3_pg.tables", 1


class KeptTables:
    """outbox: None where rows wait in memory alone: then nothing is kept."""

    def __init__(self, outbox: Path | None) -> None:
        self._path = outbox and outbox.with_name(f"{outbox.name}.tables")

    def merged(self, tables: Sequence[Table]) -> list[Table]:
        """These, with the columns that they had before, and those of before that are no longer among these."""
        before = {table.name: table for table in self._read()}
        merged = [_merge(table, before.pop(table.name, table)) for table in tables]
        return [*merged, *before.values()]

    def _read(self) -> list[Table]:
        """A damaged file is told, and is as none."""
        if self._path is None:
            return []
        try:
            found = json.loads(self._path.read_text("utf-8"))
            return [_table(each) for each in found["tables"]] if found[NAME] == VERSION else []
        except FileNotFoundError:
            return []
        except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
            text = "%s cannot be used: rows of what is no longer defined are lost: %s"
            logger.warning(text, self._path, error)
            return []

    def keep(self, tables: Sequence[Table]) -> None:
        """For the next start. A disk that cannot be written is told."""
        if self._path is None:
            return
        try:
            text = json.dumps({NAME: VERSION, "tables": [_entry(table) for table in tables]}) + "\n"
            if not self._path.exists() or self._path.read_text("utf-8") != text:
                write_whole(self._path, text, 0o600)
        except (OSError, ValueError) as error:
            logger.warning("%s cannot be written: %s", self._path, error)


def _merge(table: Table, before: Table) -> Table:
    known = {column.name for column in table.columns} | {table.time_column}
    more = tuple(column for column in before.columns if column.name not in known)
    return Table(table.name, (*table.columns, *more), table.time_column, table.schema)


def _entry(table: Table) -> dict[str, Any]:
    columns = [[column.name, column.type] for column in table.columns]
    return {"name": table.name, "columns": columns, "time": table.time_column, "schema": table.schema}


def _table(entry: Any) -> Table:
    columns = tuple(Column(name, kind) for name, kind in entry["columns"])
    return Table(entry["name"], columns, entry["time"], entry["schema"])
