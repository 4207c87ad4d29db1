"""Decode what a P1 port received, without the port: bytes in, reports out.

A recording as it came over the line, encrypted or not, or the same bytes in hex. A report goes to `out` for each
telegram; a line with the reason to `err` for each that is refused and for each line that is no object, and the counts
to `err` at the end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import TextIO

from energy_hw.app.exits import CONFIGURATION
from energy_hw.app.p1 import read_keys
from energy_hw.app.recording import counted, ended, pieces
from energy_hw.app.report_text import report_text
from energy_hw.app.text import printable
from energy_hw.errors import DecryptionError
from energy_hw.p1.cipher import no_key
from energy_hw.p1.cosem import parse_body
from energy_hw.p1.options import checked_profile, decipher_of
from energy_hw.p1.profiles import PROFILES
from energy_hw.p1.report import to_report
from energy_hw.p1.telegram import Ciphered, Event, Mark, P1Counters, P1Framer, Telegram
from energy_hw.reading import dumps

_AFTER_LF = partial(bytes.splitlines, keepends=True)
Step = Callable[[], list[Event]]
WORDS = {
    "bad": "ChecksumError: the CRC is not that of its bytes",
    "refused": "FrameError: no CRC, and not text in the form of a telegram",
    "oversize": "FrameTooLong: more than 8 KiB without an end",
    "truncated": "FrameTruncated: another telegram begins before its end",
    "parity": "FrameError: a character has the wrong parity",
    "hdlc": "FrameError: binary DLMS in HDLC (Norway, Denmark), not P1 text; not supported",
}


def decode_p1(
    source: str,
    *,
    as_json: bool,
    out: TextIO,
    err: TextIO,
    profile: str = "auto",
    key_file: str | None = None,
    repair: bool = False,
) -> int:
    """Decode a file, standard input (`-`) or bytes in hex; returns the exit code.

    repair: a CRC may also hold with CR LF for each LF. 0 if a telegram was accepted, 7 if none was, 3 for a key,
    profile or file that is none, 5 if the file may not be read.
    """
    tally = Counter[str]()

    def work() -> None:
        decoder = _Decoder(as_json, out, err, profile, key_file, repair, tally)
        for piece in pieces(source, _AFTER_LF):  # little more than one telegram ends in each
            decoder.feed(piece)
        decoder.end()

    code = ended(source, err, work, absent=CONFIGURATION)
    return counted(code, tally["accepted"], _summary(tally), err)


def _summary(tally: Counter[str]) -> str:
    lines = f"; lines: {tally['bad lines']} refused" if tally["bad lines"] else ""
    return f"{tally['accepted']} accepted, {tally['refused']} refused{lines}"


class _Decoder:
    """Framer and key, and what was said of the telegrams."""

    def __init__(
        self,
        as_json: bool,
        out: TextIO,
        err: TextIO,
        profile: str,
        key_file: str | None,
        repair: bool,
        tally: Counter[str],
    ) -> None:
        self._as_json, self._out, self._err, self._tally = as_json, out, err, tally
        self._framer, self._inner = P1Framer(repair_line_ends=repair), P1Framer()
        self._decipher = decipher_of(*read_keys(key_file), "crc")
        self._profile = PROFILES.get(checked_profile(profile))

    def feed(self, data: bytes) -> None:
        self._sort(self._framer, lambda: self._framer.feed(data))

    def end(self) -> None:
        """The recording is over."""
        self._sort(self._framer, self._framer.idle)
        self._framer.reset()
        self.feed(b"")
        if not self._number:
            print(f"{self._framer.counters.bytes} bytes, and in none of them a telegram begins", file=self._err)

    def _sort(self, framer: P1Framer, step: Step) -> None:
        before = framer.counters
        events = step()
        reasons = _reasons(before, framer.counters)
        for event in events:
            if isinstance(event, Telegram):
                self._write(event)
            elif isinstance(event, Ciphered):
                self._open(event)
            else:
                self._refuse(WORDS["hdlc"] if event is Mark.HDLC else next(reasons, WORDS["refused"]))

    def _open(self, frame: Ciphered) -> None:
        try:
            if self._decipher is None:
                raise no_key(frame.raw)
            plain = self._decipher.decipher(frame.raw).plain
        except DecryptionError as error:
            self._refuse(f"DecryptionError: {error}")
            return
        self._sort(self._inner, lambda: [*self._inner.feed(plain), *self._inner.idle()])

    def _refuse(self, why: str) -> None:
        self._tally["refused"] += 1
        print(f"telegram {self._number}: refused: {why}", file=self._err)

    @property
    def _number(self) -> int:
        return self._tally["accepted"] + self._tally["refused"]

    def _write(self, telegram: Telegram) -> None:
        self._tally["accepted"] += 1
        for line in parse_body(telegram.raw).bad:
            self._tally["bad lines"] += 1
            print(f"telegram {self._number}: line left out: {printable(line.why)}", file=self._err)
        report = to_report(telegram, datetime.now(UTC), "recording", self._profile)
        print(dumps(report.to_json()) if self._as_json else report_text(report), file=self._out, flush=True)


def _reasons(before: P1Counters, after: P1Counters) -> Iterator[str]:
    """Why the framer refused what it refused in between; of several in one piece, not in their order."""
    return (
        word
        for name, word in WORDS.items()
        if name != "hdlc"
        for _ in range(getattr(after, name) - getattr(before, name))
    )
