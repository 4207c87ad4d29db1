"""Decode what a Teleinfo port received, without the port: bytes in, reports out.

A recording as it came over the line, with or without parity bits, or the same bytes in hex. A report goes to `out`
for each frame, with the groups of it that are good; a line with the reason to `err` for each group that is not,
and the counts to `err` at the end.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TextIO

from energy_hw.app.recording import counted, ended, pieces
from energy_hw.app.report_text import report_text
from energy_hw.reading import Report, dumps
from energy_hw.teleinfo.frame import Event, Mark, TicCounters, TicParser
from energy_hw.teleinfo.frames import Frame, FrameBuilder
from energy_hw.teleinfo.report import to_report

MOST_NAMELESS = 3
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

    def work() -> None:
        for data in pieces(source, _AFTER_CR.split):  # at most one group ends in each
            decoder.feed(data)
        decoder.end()

    code = ended(source, err, work)
    return counted(code, decoder.accepted, decoder.summary(), err)


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
