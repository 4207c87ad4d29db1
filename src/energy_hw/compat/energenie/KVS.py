"""pyenergenie's KVS: what has a name, in a file that survives.

    ADD kettle            DEL takes it out again, IGN is crossed out
    type=MIHO005
    device_id=1675

A change writes the whole file anew, in one rename: a power cut leaves the old one or the new one. A record that
cannot be made into an object stays in the file as it is. Reading and writing of records: energenie/kvs.py.
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Callable, KeysView
from contextlib import suppress
from pathlib import Path
from typing import Any

from energy_hw.energenie.kvs import record_text, records
from energy_hw.errors import ConfigError, EnergyHwError

logger = logging.getLogger(__name__)

Create = Callable[..., Any]


class NotPersistableError(EnergyHwError, RuntimeError):
    """An object that cannot be written: it has no get_config()."""


class KVS:
    """Objects by name. filename: None keeps them in memory.

    Thread safety: one thread at a time.
    """

    def __init__(self, filename: str | os.PathLike[str] | None = None) -> None:
        self.filename = filename
        self.store: dict[str, Any] = {}
        self._unmade: dict[str, dict[str, str]] = {}
        """Records of which no object could be made."""

    def load(self, filename: str | os.PathLike[str] | None = None, create_fn: Create | None = None) -> None:
        """Read a file. create_fn(type, **fields) makes an object of each record; without it they are dicts.

        Raises ValueError without a file name, OSError, or ConfigError for a record that is none.
        """
        path = Path(self._named(filename))
        for line, command, key, fields in records(path.read_text("utf-8").splitlines()):
            try:
                self.process(command, key, dict(fields), create_fn)
            except ConfigError as error:
                raise ConfigError(f"{path}, line {line}: {error}", str(path), line) from None
        self.filename = path

    def process(self, command: str, key: str, obj: dict[str, str], create_fn: Create | None = None) -> None:
        """Do what a record says. Raises ConfigError for a command that there is not."""
        commands = {"ADD": self.ADD, "IGN": self.IGN, "DEL": self.DEL}
        if command not in commands or not key:
            raise ConfigError(f"expected ADD, IGN or DEL, and a name, got {command!r} {key!r}")
        commands[command](key, obj, create_fn)

    def ADD(self, key: str, obj: Any, create_fn: Create | None = None) -> None:
        """Take in a record; one of which no object can be made is logged, and stays in the file."""
        self._forget(key)
        if create_fn is None:
            self.store[key] = obj
            return
        fields = dict(obj)
        try:
            self.store[key] = create_fn(fields.pop("type", ""), **fields)
        except (ValueError, TypeError) as error:
            self._unmade[key] = dict(obj)
            logger.error("%s: %s is passed over: %s", self.filename, key, error)

    def IGN(self, key: str, obj: Any = None, create_fn: Create | None = None) -> None:
        """A record that was crossed out."""

    def DEL(self, key: str, obj: Any = None, create_fn: Create | None = None) -> None:
        """A record that takes out an earlier one."""
        self._forget(key)

    # -- as a dictionary ---------------------------------------------------

    def __getitem__(self, key: str) -> Any:
        return self.store[key]

    def __setitem__(self, key: str, value: Any) -> None:
        """Keep it, in the file too. Raises NotPersistableError, and has it in memory, if it has no get_config();
        ConfigError if the file cannot be written."""
        _checked(key)
        self._forget(key)
        self.store[key] = value
        if not _is_kept(value):
            raise NotPersistableError(f"{value!r} cannot be written to a file; it is kept in memory")
        self._save()

    def __delitem__(self, key: str) -> None:
        if key not in self.store and key not in self._unmade:
            raise KeyError(key)
        self._forget(key)
        self._save()

    def __len__(self) -> int:
        return len(self.store)

    def __contains__(self, key: object) -> bool:
        return key in self.store

    def keys(self) -> KeysView[str]:
        """Names, in the order of the file."""
        return self.store.keys()

    def items(self) -> list[tuple[str, Any]]:
        """Names and objects; a copy, which another thread may have."""
        return list(self.store.items())

    def size(self) -> int:
        """How many objects."""
        return len(self.store)

    # -- the file ----------------------------------------------------------

    def append(self, key: str, values: dict[str, Any]) -> None:
        """Keep a record of a dictionary."""
        self.ADD(_checked(key), dict(values))
        self._save()

    def remove(self, key: str) -> None:
        """Take the record of a name out of the file, and out of memory."""
        self._forget(key)
        self._save()

    def write(self, filename: str | os.PathLike[str] | None = None) -> None:
        """Write everything, to another file if one is named. Raises RuntimeError without one, or ConfigError."""
        if filename is None and self.filename is None:
            raise RuntimeError("expected the name of a file, got none")
        self.filename = self._named(filename)
        self._save()

    def _save(self) -> None:
        if self.filename is not None:
            kept = {key: config(value) for key, value in self.store.items() if _is_kept(value)} | self._unmade
            _replace(Path(os.path.realpath(self.filename)), "".join(record_text(*item) for item in kept.items()))

    def _named(self, filename: str | os.PathLike[str] | None) -> str | os.PathLike[str]:
        name = self.filename if filename is None else filename
        if name is None:
            raise ValueError("expected the name of a file, got none")
        return name

    def _forget(self, key: str) -> None:
        self.store.pop(key, None)
        self._unmade.pop(key, None)


def config(value: Any) -> dict[str, Any]:
    """The fields of an object. Raises NotPersistableError."""
    return value if isinstance(value, dict) else dict(value.get_config())


def _is_kept(value: Any) -> bool:
    try:
        config(value)
    except (AttributeError, NotPersistableError):
        return False
    return True


def _checked(key: str) -> str:
    """A name that is one line. Raises ConfigError."""
    if not key.strip() or key != key.strip() or not key.isprintable():
        raise ConfigError(f"expected a name of printable characters, got {key!r}")
    return key


def _replace(path: Path, text: str) -> None:
    """Write a file in one rename. Raises ConfigError."""
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, path.stat().st_mode & 0o777 if path.exists() else 0o644)
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None:
            with suppress(OSError):
                os.unlink(temporary)
        raise ConfigError(
            f"{path} cannot be written: {error.strerror or error}; init(registry=...) names another file", str(path)
        ) from error
