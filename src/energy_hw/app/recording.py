"""What every `decode` has in common: where the bytes come from, and how it ends."""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, TextIO

from energy_hw.app.exits import CORRUPT, INTERRUPTED, OK, PERMISSION, exit_code
from energy_hw.errors import EnergyHwError

CHUNK = 65536
HEX = re.compile(rb"(?:0[xX])?[0-9a-fA-F]{2}[\s0-9a-fA-FxX,;:]*")
_SEPARATORS = re.compile(r"[\s,:;]+")
_GROUP = re.compile(r"(?:0[xX])?((?:[0-9a-fA-F]{2})+)|0[xX]([0-9a-fA-F])")
"""Whole bytes; or one digit after 0x, as repr() and C write small numbers."""
_DIGITS = re.compile(r"[0-9a-fA-F]+")


@contextmanager
def opened(source: str, what: str) -> Iterator[BinaryIO | None]:
    """The file, or standard input for `-`; None where `source` is itself `what`, in hex. Raises OSError."""
    if source == "-":
        if sys.stdin is None:
            raise OSError(errno.EBADF, "standard input is closed")
        yield sys.stdin.buffer
    elif os.path.exists(source):
        with open(source, "rb") as file:
            yield file
    elif "." in source or os.sep in source:
        raise FileNotFoundError(errno.ENOENT, f"no such file, and not {what} in hex", source)
    else:
        yield None


def pieces(source: str, divide: Callable[[bytes], Iterable[bytes]]) -> Iterator[bytes]:
    """What came, as it came over the line or in hex, divided. Raises OSError, ValueError for bad hex."""
    with opened(source, "bytes") as file:
        if file is None:
            yield from divide(parse_hex(source))
            return
        data = file.read(CHUNK)
        if HEX.fullmatch(data):
            data = parse_hex((data + file.read()).decode("ascii"))
        while data:
            yield from divide(data)
            data = file.read(CHUNK)


def ended(source: str, err: TextIO, work: Callable[[], None], absent: int = CORRUPT) -> int:
    """Do the work; the exit code for how it ended. Raises nothing that a user can cause.

    absent: the code for a file that is not there, or is none.
    """
    try:
        work()
    except EnergyHwError as error:
        print(error, file=err)
        return exit_code(error)
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    except OSError as error:
        print(f"{'output' if error.errno == errno.ENOSPC else source}: {error.strerror}", file=err)
        if isinstance(error, FileNotFoundError | IsADirectoryError):
            return absent
        return PERMISSION if isinstance(error, PermissionError) else CORRUPT
    except ValueError as error:
        print(f"{source[:40]}: refused: {error}", file=err)
        return CORRUPT
    except KeyboardInterrupt:
        return INTERRUPTED
    return OK


def counted(code: int, accepted: int, summary: str, err: TextIO) -> int:
    """Say the counts, and the exit code with them: 7 where nothing was accepted."""
    with suppress(BrokenPipeError):
        print(summary, file=err, flush=True)
    return code or (OK if accepted else CORRUPT)


def parse_hex(text: str) -> bytes:
    """Bytes of hex digits with or without separators and 0x. Raises ValueError that quotes what is wrong."""
    return b"".join(map(_group, filter(None, _SEPARATORS.split(text))))


def _group(text: str) -> bytes:
    match = _GROUP.fullmatch(text)
    if match is None and len(text) % 2 and _DIGITS.fullmatch(text):
        raise ValueError(f"expected hex digits, two a byte, got an odd number of them: {len(text)}")
    if match is None:
        raise ValueError(f"expected hex digits, two a byte, got {text[:40]!r}")
    return bytes.fromhex(match[1] or f"0{match[2]}")
