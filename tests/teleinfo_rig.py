"""What tests of the Teleinfo face share: a meter on a pseudo terminal that says exactly what it is told."""

from __future__ import annotations

import os
import pty
import threading
import tty
from collections.abc import Iterable
from contextlib import suppress

from energy_hw.teleinfo.frame import Mode, encode_frame, encode_group

BASE = (
    ("ADCO", "012345678901"),
    ("OPTARIF", "BASE"),
    ("ISOUSC", "30"),
    ("BASE", "000804220"),
    ("PTEC", "TH.."),
    ("IINST", "001"),
    ("IMAX", "090"),
    ("PAPP", "00340"),
    ("HHPHC", "A"),
    ("MOTDETAT", "000000"),
)


def historique(*groups: tuple[str, str]) -> bytes:
    """A frame."""
    return encode_frame(encode_group(*group, mode=Mode.HISTORIQUE) for group in groups)


def standard(*groups: tuple[str, ...]) -> bytes:
    """A frame; a group is label, data or label, horodate, data."""
    return encode_frame(encode_group(*group) for group in groups)


class Meter:
    """says: sent over and over, a pause between; may be changed at any time. path: the port to open.

    A context manager; hang_up() is what pulling the adapter does.
    """

    def __init__(self, says: bytes = b"", pause_s: float = 0.01) -> None:
        self.says, self.pause_s = says, pause_s
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path = os.ttyname(self._slave)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._talk, daemon=True)

    def _talk(self) -> None:
        while not self._stop.wait(self.pause_s):
            self.say(self.says)

    def say(self, data: bytes | Iterable[bytes]) -> None:
        """Send once, now; what does not fit is lost, as on a line that nobody reads."""
        with suppress(BlockingIOError, OSError):
            os.write(self._master, data if isinstance(data, bytes) else b"".join(data))

    def hang_up(self) -> None:
        """May be called twice."""
        if not self._stop.is_set():
            self._stop.set()
            self._thread.join(5)
            os.close(self._slave)
            os.close(self._master)

    def __enter__(self) -> Meter:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.hang_up()
