"""What was written to a controller, when, by whom, and what became of it: JSON lines that are only ever appended.

    {"id": "...", "line": "intent", "time": "...Z", "gateway": ..., "device": ..., "point": ..., "raw_old": [589], ...}
    {"id": "...", "line": "result", "time": "...Z", "outcome": "confirmed", ...}

The intent is on the disk before the first byte goes to the controller; a write whose result is missing may have
happened. Whole serial numbers stand here, so that undo() knows the device: the file is for its owner alone.
Passwords never do.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from types import NoneType
from typing import Any

from energy_hw.errors import CommandError
from energy_hw.reading import dumps

SENT = ("confirmed", "assumed", "unknown")
"""Outcomes after which the device may hold the new value; `unknown` is also said of an intent without a result."""
NUMBER = re.compile(r"\d{1,9}(\.\d{1,3})?", re.ASCII)
REFUSED = "refused"
"""Nothing was sent."""
LONGEST = 64_000
"""Characters in a line; a longer one is damaged."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One write. old, new: in the point's unit, or label, or text; raw_old, raw_new: registers, empty if secret.

    outcome: confirmed, assumed, not confirmed, wrong device, moved, refused, or unknown. undo_of: id of the entry
    that this one took back. counters: lifetime counters, where they identify the device. The rest as in Fingerprint.
    """

    id: str
    time: str
    gateway: str
    device: str
    did: int
    port: int | None
    model: str
    serial: str
    block: int
    point: str
    address: int
    old: str | None
    new: str | None
    unit: str | None
    raw_old: tuple[int, ...]
    raw_new: tuple[int, ...]
    actor: str
    undo_of: str | None = None
    counters: dict[str, str] = field(default_factory=dict)
    outcome: str = "unknown"
    detail: str = ""

    @property
    def text(self) -> str:
        """For people, on one line."""
        unit = f" {self.unit}" if self.unit else ""
        return f"{self.time} {self.device} {self.point}: {self.old} -> {self.new}{unit}, {self.outcome} ({self.actor})"


@dataclass(frozen=True, slots=True)
class Entries:
    """What a journal holds, oldest first; damaged: lines that are none of ours, or cut off by a power cut."""

    entries: tuple[Entry, ...]
    damaged: int

    def last(self, gateway: str | None = None) -> Entry | None:
        """The newest write that may stand and was not taken back; writes that took one back are none.

        gateway: serial number of the controller that it went to; None: any.
        """
        undone = self._undone()
        here = (one for one in reversed(self.entries) if gateway in (None, one.gateway))
        standing = (one for one in here if one.outcome in SENT and not one.undo_of)
        return next((entry for entry in standing if entry.id not in undone), None)

    def trouble_since(self, entry: Entry) -> Entry | None:
        """The newest later write to the same controller that neither stands nor was refused before it was sent."""
        later = self.entries[self.entries.index(entry) + 1 :]
        ends = (*SENT, REFUSED)
        return next((one for one in reversed(later) if one.gateway == entry.gateway and one.outcome not in ends), None)

    def _undone(self) -> set[str]:
        """Ids of what was taken back; what was taken back itself takes nothing back any more."""
        takes_back = {entry.id: entry.undo_of for entry in self.entries if entry.undo_of and entry.outcome in SENT}
        undone: set[str] = set()
        for of in takes_back.values():
            undone.add(of)
            undone.discard(takes_back.get(of, ""))
        return undone


class Journal:
    """A file of writes; its directory is made when the first is noted.

    path: None for $XDG_STATE_HOME/energy-hw/mate3-writes.jsonl. Thread safety: call from any thread; several
    processes may append.
    """

    def __init__(self, path: Path | str | None = None) -> None:
        self.path = default_path() if path is None else Path(path)
        self._lock = threading.Lock()

    def intent(self, entry: Entry) -> None:
        """Note what is about to be written. Raises CommandError if it cannot be put on the disk."""
        try:
            self._append({"line": "intent", **_told(entry)})
        except OSError as error:
            raise CommandError(
                f"nothing was written to the controller: the journal {self.path} cannot be written"
                f" ({error.strerror or error}): free or mount the disk, make it writable for this user, or name another"
                " file; a program may choose to keep no journal"
            ) from error

    def result(self, entry: Entry, time: str, outcome: str, detail: str = "") -> None:
        """Note what became of it. Raises OSError."""
        self._append({"line": "result", "id": entry.id, "time": time, "outcome": outcome, "detail": detail})

    def read(self) -> Entries:
        """All of it; empty if there is no file. Raises OSError if it cannot be read."""
        found: dict[str, dict[str, Any]] = {}
        damaged = 0
        for row in self._rows():
            damaged += not _take(found, row)
        return Entries(tuple(Entry(**values) for values in found.values()), damaged)

    def _append(self, row: Mapping[str, Any]) -> None:
        line = dumps(dict(row)).encode()
        with self._lock:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            new = not self.path.exists()
            file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                _write_all(file, _after_a_torn_line(file) + line + b"\n")
                os.fsync(file)
            finally:
                os.close(file)
            if new:
                _sync_directory(self.path.parent)

    def _rows(self) -> Iterator[dict[str, Any] | None]:
        """Each line as an object, None for one that is none."""
        try:
            file = self.path.open(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return
        with file:
            while line := file.readline(LONGEST):
                yield _object(line)


def default_path() -> Path:
    """$XDG_STATE_HOME/energy-hw/mate3-writes.jsonl; without that variable in ~/.local/state, or in /var/lib."""
    state = os.environ.get("XDG_STATE_HOME", "")
    try:
        base = Path(state) if state.startswith("/") else Path("~/.local/state").expanduser()
    except RuntimeError:  # a service's user may have no home
        base = Path("/var/lib")
    return base / "energy-hw" / "mate3-writes.jsonl"


def _told(entry: Entry) -> dict[str, Any]:
    values = asdict(entry)
    del values["outcome"], values["detail"]
    return values


def _write_all(file: int, data: bytes) -> None:
    """In one piece, or not at all for whoever reads: a disk that fills up in the midst leaves a damaged line."""
    if os.write(file, data) != len(data):
        raise OSError("the disk took only a part of a line")


def _after_a_torn_line(file: int) -> bytes:
    """A newline, if the last line was cut off by a power cut."""
    size = os.fstat(file).st_size
    return b"\n" if size and os.pread(file, 1, size - 1) != b"\n" else b""


def _sync_directory(path: Path) -> None:
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _object(line: str) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) and line.endswith("\n") else None


TYPES: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "str": (str,),
    "int | None": (int, NoneType),
    "str | None": (str, NoneType),
    "tuple[int, ...]": (list,),
    "dict[str, str]": (dict,),
}
EXPECTED = {row.name: TYPES[str(row.type)] for row in fields(Entry) if row.name not in ("outcome", "detail")}


def _take(found: dict[str, dict[str, Any]], row: dict[str, Any] | None) -> bool:
    """Add an intent, or the result to its intent; False for anything else."""
    if row is None:
        return False
    kind, known = row.pop("line", None), found.get(str(row.get("id")))
    if kind == "result" and known is not None:
        told = {name: row.get(name) for name in ("outcome", "detail")}
        known.update({name: value for name, value in told.items() if isinstance(value, str)})
        return isinstance(told["outcome"], str)
    if kind != "intent" or known is not None or not _is_intent(row):
        return False
    known_fields = {name: row[name] for name in EXPECTED}
    found[row["id"]] = known_fields | {name: tuple(row[name]) for name in ("raw_old", "raw_new")}
    return True


def _is_intent(row: Mapping[str, Any]) -> bool:
    """It has what an entry has; a later version may have added something."""
    if not set(EXPECTED) <= set(row):
        return False
    if any(isinstance(row[name], bool) or not isinstance(row[name], kinds) for name, kinds in EXPECTED.items()):
        return False
    if not all(isinstance(value, str) and NUMBER.fullmatch(value) for value in row["counters"].values()):
        return False
    return all(isinstance(word, int) and 0 <= word <= 0xFFFF for word in (*row["raw_old"], *row["raw_new"]))
