"""Names for devices, in one TOML file that people may edit too.

    [devices.kettle]
    device = "energenie:2:0x000373"
    model = "MIHO005"

    [devices."hall lamp"]
    device = "energenie:ook:0x6C6C6/1"
    model = "ENER002"

Writing keeps comments and order: a section is added, renamed or taken out, and the rest stays as
it is. The new text is parsed again before it takes the place of the old, in one rename, so a power
cut leaves the one or the other. A file that cannot be parsed is never overwritten: it is moved
aside, under a name that says so, when something has to be written.
"""

from __future__ import annotations

import fcntl
import logging
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from energy_hw.energenie.registry_toml import (
    Entry,
    checked,
    find,
    header,
    header_span,
    parse,
    refuse_taken,
    section,
    section_span,
)
from energy_hw.errors import ConfigError

logger = logging.getLogger(__name__)

MOST_BYTES = 1 << 20
LOCK_S, LOOK_S = 10.0, 0.02
"""How long to wait for another program that changes it, and how often to look."""


def default_path() -> Path:
    """$ENERGY_HW_REGISTRY; else /etc/energy-hw/devices.toml for root or where it exists, else below ~/.config."""
    named = os.environ.get("ENERGY_HW_REGISTRY")
    if named:
        return Path(named)
    try:
        home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    except RuntimeError:  # a service's user without a home
        return Path("/etc/energy-hw/devices.toml")
    own, everybody = (folder / "energy-hw" / "devices.toml" for folder in (home, Path("/etc")))
    return everybody if os.geteuid() == 0 or (os.path.exists(everybody) and not os.path.exists(own)) else own


@dataclass(frozen=True, slots=True)
class _Text:
    """The file as it was read: its text, what it says, and how its lines end."""

    text: str
    entries: dict[str, Entry]
    newline: str = "\n"


class _OutOfReach(ConfigError):
    """It cannot be read now: nothing is known of what is in it, and it stays where it is."""


class Registry:
    """Names of devices, one file.

    Names are unique whatever their case. Reading never writes. A file that is not there is an empty registry.

    Thread safety: call from any thread, and from several processes: changes are made under a lock on `<file>.lock`.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        """path: None is default_path()."""
        self._cached: tuple[tuple[int, ...], _Text] | None = None
        self.path = Path(os.path.realpath(path if path is not None else default_path()))  # a link stays a link

    # -- reading -----------------------------------------------------------

    def entries(self) -> list[Entry]:
        """All of them in the order of the file. Raises ConfigError with the line that is wrong."""
        return list(self._read().entries.values())

    def get(self, name: str) -> Entry:
        """By name, in any case. Raises ConfigError that suggests what may have been meant."""
        return find(self._read().entries, name, self.path)

    def name_of(self, device: str) -> str:
        """The name of a device id, or ""."""
        return next((entry.name for entry in self.entries() if entry.device == device), "")

    def _read(self) -> _Text:
        try:
            stat = self.path.stat()
            stamp = (stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
            if self._cached and self._cached[0] == stamp:  # asked for with every frame
                return self._cached[1]
            if stat.st_size > MOST_BYTES:
                raise _OutOfReach(f"{self.path}: expected at most {MOST_BYTES} bytes of names", str(self.path))
            data = self.path.read_bytes()
            text = data.decode("utf-8-sig").replace("\r\n", "\n")  # as some editors leave it
        except FileNotFoundError:
            return _Text("", {})
        except UnicodeDecodeError as error:
            raise ConfigError(f"{self.path}: expected UTF-8 text: {error}", str(self.path)) from None
        except OSError as error:
            raise _OutOfReach(f"{self.path} cannot be read: {error.strerror}", str(self.path)) from error
        read = _Text(text, parse(text, self.path), "\r\n" if b"\r\n" in data else "\n")
        self._cached = stamp, read
        return read

    # -- changing ----------------------------------------------------------

    def add(self, name: str, device: str, model: str = "") -> Entry:
        """Name a device. Raises ConfigError if the name is taken, or the device has one; or the file cannot be kept."""
        entry = checked(Entry(name, device, model), self.path)
        with self._changing() as old:
            refuse_taken(old.entries.values(), entry, self.path)
            text = old.text if not old.text or old.text.endswith("\n") else old.text + "\n"
            text += ("\n" if text else "") + section(entry)
            self._write(text, {**old.entries, entry.name: entry}, old.newline)
        return entry

    def rename(self, name: str, new: str) -> Entry:
        """Give a device another name. Raises ConfigError if there is none, or the new name is taken."""
        with self._changing() as old:
            entry = find(old.entries, name, self.path)
            renamed = checked(entry._replace(name=new), self.path)
            refuse_taken((other for other in old.entries.values() if other is not entry), renamed, self.path)
            start, end = header_span(old.text, entry.name, self.path)
            changed = {renamed.name if key == entry.name else key: other for key, other in old.entries.items()}
            text = old.text[:start] + header(new) + old.text[end:]
            self._write(text, {**changed, renamed.name: renamed}, old.newline)
        return renamed

    def forget(self, name: str) -> Entry:
        """Take a name out. Raises ConfigError if there is none."""
        with self._changing() as old:
            entry = find(old.entries, name, self.path)
            start, end = section_span(old.text, entry.name, self.path)
            parts = (old.text[:start].strip("\n"), old.text[end:].strip("\n"))
            text = "".join(f"{part}\n\n" for part in parts if part)
            left = {key: other for key, other in old.entries.items() if key != entry.name}
            self._write(f"{text.rstrip()}\n" if text else "", left, old.newline)
        return entry

    @contextmanager
    def _changing(self) -> Iterator[_Text]:
        """What the file says, with nobody else changing it; a broken one is moved aside first."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with open(f"{self.path}.lock", "a") as lock:
                _own_as(lock.fileno(), self.path.parent)
                self._await(lock)
                yield self._read_or_put_aside()
        except OSError as error:
            raise ConfigError(
                f"{self.path} cannot be written: {error.strerror or error}; ENERGY_HW_REGISTRY names another file",
                str(self.path),
            ) from error

    def _await(self, lock: TextIO) -> None:
        end = time.monotonic() + LOCK_S
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > end:
                    text = f"{self.path} is being changed by another program for {LOCK_S:g} s: end that, or wait"
                    raise ConfigError(text, str(self.path)) from None
            time.sleep(LOOK_S)

    def _read_or_put_aside(self) -> _Text:
        try:
            return self._read()
        except _OutOfReach:
            raise
        except ConfigError as error:
            aside = _free_name(self.path.with_name(f"{self.path.name}.broken-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"))
            os.rename(self.path, aside)
            logger.error("%s; it is kept as %s, and a new one begun", error, aside)
            return _Text("", {})

    def _write(self, text: str, entries: Mapping[str, Entry], newline: str) -> None:
        """In one rename, after parsing: what would not read back as it should leaves the old file in place."""
        if not _says(text, entries, self.path):
            raise ConfigError(f"{self.path} has a shape that cannot be edited safely: edit it by hand", str(self.path))
        handle, temporary = tempfile.mkstemp(prefix=f".{self.path.name}.", dir=self.path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline=newline) as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            _own_as(temporary, self.path if self.path.exists() else self.path.parent)
            os.chmod(temporary, _mode(self.path))
            os.replace(temporary, self.path)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise
        _sync_folder(self.path.parent)


# -- files ---------------------------------------------------------------------


def _free_name(path: Path) -> Path:
    return next(free for n in range(1000) if not (free := path if not n else Path(f"{path}.{n}")).exists())


def _says(text: str, entries: Mapping[str, Entry], path: Path) -> bool:
    with suppress(ConfigError):
        return parse(text, path) == dict(entries)
    return False


def _own_as(file: int | str, other: Path) -> None:
    """What root makes in a user's folder is the user's, who could not change it otherwise."""
    if os.geteuid() == 0:
        owner = other.stat()
        os.chown(file, owner.st_uid, owner.st_gid)


def _mode(path: Path) -> int:
    """That of the file to be replaced, else readable for everybody."""
    with suppress(OSError):
        return path.stat().st_mode & 0o777
    return 0o644


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
