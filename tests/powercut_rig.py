"""What a disk may hold after the power went: all that was synced, and any part of what was not.

A record (tests/sinks/recorder.c) is played up to a random moment. Bytes that were synced are there. Each write since
is there, or not, or in part: any of its sectors of 512 bytes, in no order. Names made, changed or removed since the
last sync of the folder are there up to some point, in order, as a journalling file system keeps them.
"""

from __future__ import annotations

import os
import random
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

SECTOR = 512
MARKS = ("stored", "delivered")
HERE = Path(__file__).parent / "sinks"


class Event(NamedTuple):
    """One line of the record."""

    op: str
    file: int
    offset: int
    data: bytes


def build_recorder(folder: Path) -> Path:
    """The library to preload."""
    library = folder / "recorder.so"
    flags = ["-shared", "-fPIC", "-O1", "-Wall", "-Wextra"]
    subprocess.run(["gcc", *flags, "-o", str(library), str(HERE / "recorder.c"), "-ldl", "-lpthread"], check=True)
    return library


def record(folder: Path, rows: int, *arguments: str) -> list[Event]:
    """Run the writer twice in a row under the recorder; all that it asked of the disk."""
    watched, to = folder / "watched", folder / "record"
    watched.mkdir()
    preload = {"LD_PRELOAD": str(build_recorder(folder)), "RECORD_FOLDER": str(watched), "RECORD_TO": str(to)}
    command = [sys.executable, str(HERE / "writer.py"), str(watched)]
    for part in (rows, rows + 1):
        subprocess.run(
            [*command, str(part), *arguments],
            env={**os.environ, **preload},
            check=True,
            timeout=120,
            stdout=subprocess.DEVNULL,
        )
    return list(events(to.read_bytes()))


def events(data: bytes) -> Iterator[Event]:
    """The lines of a record."""
    at = 0
    while at < len(data):
        op, file, offset, size = struct.unpack_from("<cIQQ", data, at)
        at += 21
        yield Event(op.decode(), file, offset, data[at : at + size])
        at += size


@dataclass
class File:
    """What is safe of a file, and what was asked since the last sync."""

    safe: bytearray = field(default_factory=bytearray)
    since: list[Event] = field(default_factory=list)

    def sync(self) -> None:
        for event in self.since:
            apply(self.safe, event)
        self.since.clear()

    def after_cut(self, dice: random.Random) -> bytes:
        """One of the things that may be found."""
        content = bytearray(self.safe)
        for event in self.since:
            apply_part(content, event, dice)
        return bytes(content)


def apply(content: bytearray, event: Event) -> None:
    if event.op == "t":
        del content[event.offset :]
        content.extend(bytes(event.offset - len(content)))
        return
    content.extend(bytes(max(0, event.offset - len(content))))
    content[event.offset : event.offset + len(event.data)] = event.data


def apply_part(content: bytearray, event: Event, dice: random.Random) -> None:
    fate = dice.random()
    if fate < 0.35 or event.op == "t":
        if fate < 0.7:
            apply(content, event)
    elif fate < 0.65:
        for at in range(0, len(event.data), SECTOR):
            if dice.random() < 0.5:
                apply(content, Event("w", 0, event.offset + at, event.data[at : at + SECTOR]))


class Disk:
    """All files while a record is played."""

    def __init__(self) -> None:
        self._by_number: dict[int, File] = {}
        self._names: dict[str, File] = {}
        self._safe_names: dict[str, File] = {}
        self._changes: list[dict[str, File]] = []
        self.marks: dict[str, bytearray] = {name: bytearray() for name in MARKS}
        self._marking: dict[int, str] = {}

    def play(self, event: Event) -> None:
        """The next thing that was asked."""
        if event.op == "o":
            self._open(event.file, event.data.decode())
        elif event.op in "wt" and event.file in self._marking:
            self.marks[self._marking[event.file]] += event.data
        elif event.op in "wt":
            self._by_number[event.file].since.append(event)
        elif event.op == "s":
            self._sync(event.file)
        elif event.op == "d":
            self._safe_names, self._changes = dict(self._names), []
        else:
            self._rename(event.op, event.data.decode())

    def _open(self, number: int, name: str) -> None:
        if name in MARKS:
            self._marking[number] = name
            return
        if name not in self._names:
            self._names[name] = File()
            self._changes.append(dict(self._names))
        self._by_number[number] = self._names[name]

    def _sync(self, number: int) -> None:
        if number not in self._marking:
            self._by_number[number].sync()

    def _rename(self, op: str, names: str) -> None:
        first, _, second = names.partition("\0")
        if op in "rl":
            self._names[second] = self._names[first]
        if op in "ru":
            self._names.pop(first, None)
        self._changes.append(dict(self._names))

    def cut(self, folder: Path, dice: random.Random) -> None:
        """Put into a folder what may be found after a power cut now."""
        names = dice.choice([self._safe_names, *self._changes])
        for name, file in names.items():
            (folder / name).write_bytes(file.after_cut(dice))

    def marked(self, name: str) -> set[int]:
        """Numbers that the writer had marked by now."""
        return {int(line) for line in bytes(self.marks[name]).split()}
