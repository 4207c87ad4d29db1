"""Layouts in a file, so that a program that starts again needs no walk.

    {"energy_hw.outback.layouts": 1, "mate3.lan:502": {"serial": ..., "blocks": [[40002, 1, 65, null], ...]}, ...}

What it says is never believed without the controller: the first poll verifies serial number and headers. A file that
is damaged costs a walk and one line in the log; one that is something else is left alone.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from energy_hw.outback.chain import (
    LAST,
    MARKER,
    MOST_BLOCKS,
    Block,
    Layout,
    has_port,
    header_fault,
    twins,
)
from energy_hw.outback.files import write_whole
from energy_hw.outback.marker import BASES

logger = logging.getLogger(__name__)

NAME, VERSION = "energy_hw.outback.layouts", 1
BEGINNING = f'{{"{NAME}": '.encode()
MOST_BYTES, MOST_LAYOUTS = 1 << 20, 64


@dataclass(slots=True)
class LayoutFile:
    """Layouts of several controllers in one file. key: host:port of this one.

    Thread safety: none; two processes may write, and the last one is kept.
    """

    path: Path
    key: str

    def load(self) -> Layout | None:
        """What the file says of this controller; None if it says nothing, or cannot be used, which is told once."""
        try:
            entry = self._all().get(self.key)
            return None if entry is None else _layout(entry)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            logger.warning("layouts in %s cannot be used, the models are looked for anew: %s", self.path, error)
            return None

    def save(self, layout: Layout) -> None:
        """Keep a layout. A file that is not one of layouts stays as it is; what cannot be written is told."""
        try:
            entries = self._kept()
            entries.pop(self.key, None)
            entries[self.key] = _entry(layout)
            last = dict(list(entries.items())[-MOST_LAYOUTS:])
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self.path, json.dumps({NAME: VERSION, **last}) + "\n", 0o600)
        except (OSError, _Foreign) as error:
            logger.warning("the layout is not kept for the next start: %s: %s", self.path, error)

    def _kept(self) -> dict[str, Any]:
        try:
            return self._all()
        except _Foreign:
            raise
        except (FileNotFoundError, ValueError):
            return {}

    def _all(self) -> dict[str, Any]:
        """Entries by key. Raises ValueError for a damaged file, _Foreign for one of something else, OSError."""
        with open(self.path, "rb") as file:
            data = file.read(MOST_BYTES + 1)
        if data and not data.startswith(BEGINNING):
            raise _Foreign(f"expected it to begin with {BEGINNING.decode()}: it is something else, name another file")
        try:
            entries = json.loads(data)
        except RecursionError:
            raise ValueError("expected no lists in lists without end") from None
        if len(data) > MOST_BYTES or entries.pop(NAME) != VERSION:
            raise ValueError(f"expected version {VERSION}, of at most {MOST_BYTES} bytes")
        return dict(entries)


class _Foreign(ValueError):
    """The file is not one of layouts."""


def _entry(layout: Layout) -> dict[str, Any]:
    return {
        "base": layout.base,
        "serial": layout.serial,
        "model": layout.model,
        "since_2018": layout.since_2018,
        "blocks": [[block.address, block.did, block.length, block.port] for block in layout.blocks],
    }


def _layout(entry: Any) -> Layout:
    """Raises ValueError where it is no layout that a walk could have found."""
    try:
        blocks = tuple(Block(*row) for row in entry["blocks"])
        layout = Layout(entry["base"], blocks, entry["serial"], entry["model"], entry["since_2018"])
        fault = _fault(layout)
    except (KeyError, TypeError) as error:
        raise ValueError(f"expected a layout, got {type(error).__name__} {error}") from None
    if fault:
        raise ValueError(fault)
    return layout


def _fault(layout: Layout) -> str:
    types = (type(layout.base), type(layout.serial), type(layout.model), type(layout.since_2018))
    if types != (int, str, str, bool) or layout.base not in BASES or not 0 < len(layout.blocks) <= MOST_BLOCKS:
        return "expected base, serial, model, since_2018 and 1 to 200 blocks"
    address = layout.base + len(MARKER)
    for block in layout.blocks:
        if block.address != address or not _possible(block):
            return f"expected a block at {address}, got {block}"
        address = block.end
    return twins(layout.blocks)


def _possible(block: Block) -> bool:
    numbers = (block.address, block.did, block.length, 0 if block.port is None else block.port)
    return (
        all(type(number) is int and 0 <= number <= LAST for number in numbers)
        and has_port(block.did) == (block.port is not None)
        and not header_fault(block.address, block.did, block.length)
    )
