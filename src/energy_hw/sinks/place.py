"""The files around the store: who holds it, the reserve for a full disk, and what was put aside."""

from __future__ import annotations

import errno
import fcntl
import os
from contextlib import suppress
from pathlib import Path

from energy_hw.errors import LinkBusy

KEPT_ASIDE = 3
"""Damaged files that are kept; the oldest goes first."""


class Place:
    """path is the store's; beside it are .lock (with a process id), .ballast, and damaged ones as .bad-1 ...

    Thread safety: one thread at a time.
    """

    def __init__(self, path: Path, ballast_bytes: int) -> None:
        self.path = path
        self._ballast_bytes = ballast_bytes
        self._lock: int | None = None

    def beside(self, suffix: str) -> Path:
        """A file next to the store."""
        return self.path.with_name(self.path.name + suffix)

    def lock(self) -> None:
        """Make sure that no other outbox has it. Raises LinkBusy with its process id, OSError if it cannot be made."""
        if self._lock is not None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        name = self.beside(".lock")
        descriptor = os.open(name, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _number(os.read(descriptor, 32))
            os.close(descriptor)
            who = f"process {holder}" if holder else "another process"
            raise LinkBusy(
                f"{self.path}: {who} has this outbox; stop it, or give this one another file", holder
            ) from None
        except OSError:
            os.close(descriptor)
            raise
        self._lock = descriptor
        with suppress(OSError):  # a full disk: the lock holds without the number
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)

    def unlock(self) -> None:
        """Let others have it. May be called twice."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @property
    def has_ballast(self) -> bool:
        """Whether the reserve is there."""
        with suppress(OSError):
            return self._ballast_bytes == 0 or self.beside(".ballast").stat().st_size >= self._ballast_bytes
        return False

    def fill_ballast(self) -> None:
        """Take the reserve, of real blocks, if there is room for it and as much again. Raises OSError."""
        if self.has_ballast:
            return
        room = os.statvfs(self.path.parent)
        if room.f_bavail * room.f_frsize < 2 * self._ballast_bytes:
            raise OSError(errno.ENOSPC, f"no room for {self._ballast_bytes} bytes twice", str(self.path.parent))
        name = self.beside(".ballast")
        try:
            with name.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, self._ballast_bytes)
        except OSError:
            self.release_ballast()
            raise

    def release_ballast(self) -> bool:
        """Give the reserve to whoever needs it now; whether there was one."""
        try:
            self.beside(".ballast").unlink()
        except OSError:
            return False
        return True

    def put_aside(self, replacement: Path | None, mark: str = ".bad") -> Path:
        """Rename store and log, the log first: no other store may ever see it. Then the replacement takes the name.

        Raises OSError.
        """
        aside = self._next_aside(mark)
        wal = self.beside("-wal")
        if wal.exists():
            wal.rename(aside.with_name(aside.name + "-wal"))
        if self.path.exists():
            if replacement is None:
                self.path.rename(aside)
            else:
                os.link(self.path, aside)
        if replacement is not None:
            replacement.replace(self.path)
        self.sync_folder()
        return aside

    def _next_aside(self, mark: str) -> Path:
        taken = sorted(
            int(number)
            for file in self.path.parent.glob(f"{self.path.name}{mark}-*")
            if (number := file.name.removeprefix(f"{self.path.name}{mark}-")).isdigit()
        )
        for old in taken[: max(0, len(taken) - KEPT_ASIDE + 1)] if mark == ".bad" else ():
            for end in ("", "-wal"):
                self.beside(f"{mark}-{old}{end}").unlink(missing_ok=True)
        return self.beside(f"{mark}-{taken[-1] + 1 if taken else 1}")

    def sync_folder(self) -> None:
        """Have the names on the disk, too. Raises OSError."""
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _number(text: bytes) -> int | None:
    digits = text.strip()
    return int(digits) if digits.isdigit() else None
