"""Holding registers in a file: {"40000": 21365, ...}, as `mate3 dump` and the caches of mate3 0.6 have them.

A dump answers as a controller does, so whatever reads a controller reads a dump. What it does not hold is answered
with Modbus exception 2.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Self, TextIO

from energy_hw.errors import ConfigError, ModbusError
from energy_hw.outback.chain import Block, Layout
from energy_hw.outback.files import write_whole
from energy_hw.outback.sunspec import walk
from energy_hw.outback.tables import points

MOST_BYTES = 4 << 20
LAST = 0xFFFF
ILLEGAL_ADDRESS = 2


class Dump:
    """Registers out of a file, or any mapping of addresses to values.

    `registers`: what it holds; write() changes them here, and save() writes a file.
    Thread safety: call from any thread.
    """

    is_file = True  # it does not change by waiting: see sunspec.pauses_for()

    def __init__(self, registers: Mapping[int, int], *, max_read: int = 100) -> None:
        self.registers, self.max_read = dict(registers), max_read
        self._lock = threading.RLock()

    @classmethod
    def load(cls, source: str | os.PathLike[str] | TextIO) -> Self:
        """From a file, by its path or open. Raises ConfigError with path and line; OSError where it cannot be read."""
        if isinstance(source, str | os.PathLike):
            with open(source, encoding="utf-8-sig") as file:
                return cls.load(file)
        path = str(getattr(source, "name", "dump"))
        try:
            text = source.read(MOST_BYTES + 1)
        except UnicodeDecodeError as error:
            raise ConfigError(f"{path}: expected UTF-8 text: {error}", path) from None
        return cls(parse(text, path))

    def save(self, path: str | os.PathLike[str], *, redacted: bool = True) -> None:
        """Write a file, in one rename. redacted: without what is secret or personal, see redact().

        Raises NotSunSpec where a redacted dump is asked for and the chain of models cannot be followed.
        """
        registers = redact(self.registers, walk(self)) if redacted else self.registers
        write_whole(Path(path), dumps(registers), 0o644 if redacted else 0o600)

    def session(self) -> AbstractContextManager[object]:
        """Nobody else reads or writes meanwhile."""
        return self._lock

    def read(self, address: int, count: int) -> tuple[int, ...]:
        """`count` registers. Raises ModbusError, code 2, where the dump does not hold all of them."""
        with self._lock:
            self._must_hold(address, count)
            return tuple(self.registers[at] for at in range(address, address + count))

    def write(self, address: int, values: Sequence[int]) -> None:
        """Change registers that the dump holds. Raises ModbusError, code 2."""
        with self._lock:
            self._must_hold(address, len(values))
            self.registers.update(enumerate(values, address))

    def _must_hold(self, address: int, count: int) -> None:
        missing = next((at for at in range(address, address + count) if at not in self.registers), None)
        if missing is not None:
            raise ModbusError(f"register {missing} is not in the dump", ILLEGAL_ADDRESS)


def dumps(registers: Mapping[int, int]) -> str:
    """One register a line, in the order of their addresses."""
    lines = (f'"{address}": {value}' for address, value in sorted(registers.items()))
    return "{\n" + ",\n".join(lines) + "\n}\n"


# -- reading -------------------------------------------------------------------


def parse(text: str, path: str = "dump") -> dict[int, int]:
    """Address -> value. Raises ConfigError with the line where it is no object of registers 0..65535."""
    if len(text) > MOST_BYTES:
        raise ConfigError(f"{path}: expected at most {MOST_BYTES} characters, 65536 registers", path)
    try:
        pairs = json.loads(text, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError) as error:  # of a number of 5,000 digits a plain ValueError
        line = getattr(error, "lineno", 1)
        raise ConfigError(f'{path}:{line}: expected {{"40000": 21365, ...}}: {error}', path, line) from None
    if not isinstance(pairs, _Pairs):
        raise ConfigError(f'{path}:1: expected an object, {{"40000": 21365, ...}}, got {str(pairs)[:40]}', path, 1)
    return _registers(pairs, text, path)


class _Pairs(list[tuple[str, object]]):
    """An object of JSON, with keys that stand there twice."""


def _registers(pairs: _Pairs, text: str, path: str) -> dict[int, int]:
    registers: dict[int, int] = {}
    for key, value in pairs:
        address, word = _number(key), _number(value)
        if address is None or word is None or registers.setdefault(address, word) != word:
            line = _line(text, key)
            said = "another value before" if address in registers and word is not None else f"{key!r}: {value!r}"
            raise ConfigError(f"{path}:{line}: expected a register 0..65535 and its value, got {said}", path, line)
    return registers


def _number(item: object) -> int | None:
    """0..65535, as a number or in decimal digits, else None."""
    if isinstance(item, str) and item.isascii() and item.isdigit() and len(item) <= 5:
        item = int(item)
    return item if isinstance(item, int) and not isinstance(item, bool) and 0 <= item <= LAST else None


def _line(text: str, key: str) -> int:
    """Of the last line that has this key; 1 if it is written in another way there."""
    return text.count("\n", 0, max(text.rfind(json.dumps(key, ensure_ascii=False)), 0)) + 1


# -- giving away ---------------------------------------------------------------


def redact(registers: Mapping[int, int], layout: Layout) -> dict[int, int]:
    """The same registers, fit to be shown to others.

    Kept are the marker, every header, and points that are neither secret nor personal. All else in the chain is 0:
    serial numbers, addresses, names, passwords, and what no table knows. What is outside of the chain is left out.
    """
    kept = set(range(layout.base, layout.base + 2)) | {layout.tail.address, layout.tail.address + 1}
    for block in layout.blocks:
        kept |= {block.address + offset for offset in _harmless(block)}
    inside = (address for address in registers if layout.base <= address <= layout.tail.address + 1)
    return {address: registers[address] if address in kept else 0 for address in inside}


def _harmless(block: Block) -> set[int]:
    """Offsets of what may be shown in either layout of the model."""
    rows = points(block.did, block.length) + points(block.did, block.length, False)
    shown, hidden = set(range(2)), set[int]()
    for point in rows:
        offsets = range(point.offset, point.end)
        (hidden if point.flags & {"secret", "personal"} else shown).update(offsets)
    return shown - hidden
