"""Decode what a Teleinfo port received, without the port: bytes in, reports out.

A recording as it came over the line, with or without parity bits, or the same bytes in hex. A report goes to `out`
for each frame, with the groups of it that are good; a line with the reason to `err` for each group that is not,
and the counts to `err` at the end.
"""

from __future__ import annotations

import errno
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import BinaryIO, TextIO

from energy_hw.app.decode import parse_hex
from energy_hw.app.exits import CORRUPT, INTERRUPTED, OK, exit_code
from energy_hw.app.report_text import report_text
from energy_hw.errors import EnergyHwError
from energy_hw.reading import Report, dumps
from energy_hw.teleinfo.frame import Event, Mark, TicCounters, TicParser
from energy_hw.teleinfo.frames import Frame, FrameBuilder
from energy_hw.teleinfo.report import to_report

CHUNK = 65536
MOST_NAMELESS = 3
HEX = re.compile(rb"(?:0[xX])?[0-9a-fA-F]{2}[\s0-9a-fA-FxX,;:]*")
_AFTER_CR = re.compile(rb"(?<=[\r\x8d])")
WORDS = {
    "checksum": "ChecksumError: the checksum is not that of its characters",
    "format": "FrameError: expected a label, data and a checksum with separators between them",
    "parity": "FrameError: a character has the wrong parity",
    "charset": "FrameError: a control character, or a label that cannot be one",
    "overflow": "FrameTooLong: more than 127 characters",
    "truncated": "FrameTruncated: expected CR at its end",
}


def decode_teleinfo(source: str, *, as_json: bool, out: TextIO, err: TextIO) -> int:
    """Decode a file, standard input (`-`) or bytes in hex; returns the exit code.

    0 if a frame was accepted, 7 if none was, 5 if the file may not be read.
    """
    decoder = _Decoder(as_json, out, err)
    code = OK
    try:
        for data in _pieces(source):
            decoder.feed(data)
        decoder.end()
    except EnergyHwError as error:
        code = exit_code(error)
        print(error, file=err)
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    except OSError as error:
        code = 5 if isinstance(error, PermissionError) else CORRUPT
        print(f"{'output' if error.errno == errno.ENOSPC else source}: {error.strerror}", file=err)
    except ValueError as error:
        code = CORRUPT
        print(f"{source[:40]}: refused: {error}", file=err)
    except KeyboardInterrupt:
        code = INTERRUPTED
    with suppress(BrokenPipeError):
        print(decoder.summary(), file=err, flush=True)
    return code or (OK if decoder.accepted else CORRUPT)


def _pieces(source: str) -> Iterator[bytes]:
    """What came, divided after each CR, so that at most one group ends in each piece."""
    if source == "-":
        if sys.stdin is None:
            raise OSError(errno.EBADF, "standard input is closed")
        yield from _divided(sys.stdin.buffer)
    elif os.path.exists(source):
        with open(source, "rb") as file:
            yield from _divided(file)
    elif "." in source or os.sep in source:
        raise FileNotFoundError(2, "no such file, and not bytes in hex", source)
    else:
        yield from _AFTER_CR.split(parse_hex(source))


def _divided(file: BinaryIO) -> Iterator[bytes]:
    data = file.read(CHUNK)
    if HEX.fullmatch(data):
        data = parse_hex((data + file.read()).decode("ascii"))
    while data:
        yield from _AFTER_CR.split(data)
        data = file.read(CHUNK)


def _reasons(before: TicCounters, after: TicCounters) -> Iterator[str]:
    """Why the parser refused what it refused in between; of several in one piece, not in their order."""
    return (name for name in WORDS for _ in range(getattr(after, name) - getattr(before, name)))


class _Decoder:
    """Parser and frames, and what was said of them."""

    def __init__(self, as_json: bool, out: TextIO, err: TextIO) -> None:
        self._as_json, self._out, self._err = as_json, out, err
        self._parser, self._builder = TicParser(), FrameBuilder()
        self._refused = Counter[str]()
        self._nameless: list[Frame] = []
        self._groups = self.accepted = 0

    def feed(self, data: bytes) -> None:
        before = self._parser.counters
        events = self._parser.feed(data)
        reasons = _reasons(before, self._parser.counters)
        for event in events:
            self._groups += isinstance(event, bytes) or event is Mark.REJECTED
            if event is Mark.REJECTED:
                reason = next(reasons)
                self._refuse(reason, WORDS[reason])
            self._build(event)

    def _build(self, event: Event) -> None:
        builder = self._builder
        refused, strangers = builder.refused, builder.strangers
        frame = builder.feed(event)
        if builder.refused > refused:
            self._refuse("content", f"RecordError: {builder.last_refused}")
        if builder.strangers > strangers:
            self._refuse("meter", "FrameError: a frame of another meter address than those before")
        if frame is not None:
            self._take(frame)

    def _take(self, frame: Frame) -> None:
        """A recording may begin after the address of its first frame, which the next one tells."""
        self._nameless.append(frame)
        if frame.address or len(self._nameless) > MOST_NAMELESS:
            self._write_all(frame.address)

    def _write_all(self, address: str | None) -> None:
        for frame in self._nameless:
            self._write(to_report(replace(frame, address=address), datetime.now(UTC), "recording"))
        self._nameless.clear()

    def end(self) -> None:
        """A frame that is still open is what came of it."""
        self._parser.reset()
        self.feed(b"")
        self._write_all(None)

    def _refuse(self, reason: str, words: str) -> None:
        self._refused[reason] += 1
        print(f"group {self._groups}: refused: {words}", file=self._err)

    def _write(self, report: Report) -> None:
        self.accepted += 1
        print(dumps(report.to_json()) if self._as_json else report_text(report), file=self._out, flush=True)

    def summary(self) -> str:
        good = self._groups - sum(self._refused.values()) + self._refused["meter"]
        reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(self._refused.items())) or "none"
        return f"{self.accepted} accepted; groups: {good} good, refused: {reasons}"
