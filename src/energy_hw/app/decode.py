"""Decode captured bytes without hardware: hex in, reports out.

    1c0402580b5524...        one frame a line, length byte first
    0x1c, 0x04, 0x02, ...    0x, commas, colons and spaces are allowed between bytes
    # a comment              skipped, as are blank lines

A report goes to `out` for each accepted frame, a line with the reason to `err` for each
refused one, and the counts to `err` at the end. Standard library only.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import BinaryIO, TextIO

from energy_hw import core as cores
from energy_hw.app.recording import counted, ended, opened, parse_hex
from energy_hw.app.text import printable
from energy_hw.core.message import KEYS, Message
from energy_hw.energenie.parameters import parameter_id
from energy_hw.energenie.report import to_report
from energy_hw.energenie.values import describe
from energy_hw.errors import FrameError
from energy_hw.reading import Reading, Report, dumps

PLAIN: Mapping[int, int] = {}
TIME_OF_MONITOR = re.compile(rb"^\d\d:\d\d:\d\d  ")
"""What the monitor writes before a frame."""
LONGEST_LINE = 4096
Decoder = Callable[[bytes], Message]
Writer = Callable[[Report, TextIO], None]


def decode_openhems(source: str, *, as_json: bool, plain: bool, out: TextIO, err: TextIO) -> int:
    """Decode a file, standard input (`-`) or one frame in hex; returns the exit code.

    plain: the frames are not encrypted. 0 if a frame was accepted, 7 if none was, 5 if the
    file may not be read.
    """
    tally = Counter[str]()

    def work() -> None:
        decode = partial(cores.get().decode, keys=PLAIN if plain else KEYS)
        _decode_all(source, decode, _write_json if as_json else _write_text, tally, out, err)

    code = ended(source, err, work)
    return counted(code, tally["accepted"], f"{tally['accepted']} accepted, {tally['refused']} refused", err)


def _decode_all(source: str, decode: Decoder, write: Writer, tally: Counter[str], out: TextIO, err: TextIO) -> None:
    for place, text in _frames(source):
        try:
            report = _report(text, decode)
        except ValueError as error:  # FrameError is one
            tally["refused"] += 1
            print(f"{place}: refused: {_reason(error)}", file=err)
        else:
            tally["accepted"] += 1
            write(report, out)


def _reason(error: ValueError) -> str:
    """`ChecksumError: expected ...` for a frame, the bare text for what is not even one."""
    return f"{type(error).__name__}: {error}" if isinstance(error, FrameError) else str(error)


def _frames(source: str) -> Iterator[tuple[str, str]]:
    """Where each frame stands, and its hex text."""
    with opened(source, "a frame") as file:
        if file is None:
            yield "argument", source
        else:
            yield from _lines("standard input" if source == "-" else source, file)


def _lines(name: str, file: BinaryIO) -> Iterator[tuple[str, str]]:
    """A line longer than any frame is cut into pieces, each of which is refused; memory stays bounded."""
    for number, line in enumerate(iter(partial(file.readline, LONGEST_LINE), b""), 1):
        text = TIME_OF_MONITOR.sub(b"", line).decode("ascii", "replace").partition("#")[0].strip()
        if text:
            yield f"{name}, line {number}", text


def _report(text: str, decode: Decoder) -> Report:
    frame = parse_hex(text)
    return to_report(decode(frame), None, datetime.now(UTC), frame)


def _write_json(report: Report, out: TextIO) -> None:
    print(dumps(report.to_json()), file=out, flush=True)


def _write_text(report: Report, out: TextIO) -> None:
    lines = (f"  {reading.name:<24} {_phrase(reading)}" for reading in report)
    print(f"{report.device}  {report.model}", *lines, sep="\n", file=out, flush=True)


def _phrase(reading: Reading) -> str:
    """The value with its unit, and in words where it is a code."""
    value = reading.value
    shown = "-" if value is None else f"{value:f}" if isinstance(value, Decimal) else printable(str(value))
    words = None if reading.code.startswith("UNKNOWN_") else describe(parameter_id(reading.code), value)
    return " ".join(filter(None, (shown, reading.unit, f"({words})" if words else None)))
