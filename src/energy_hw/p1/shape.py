"""What a telegram looks like, beside its CRC: header, lines, and where in damaged bytes one may begin. Pure functions.

text: from the `/` of a header to the byte before `!`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

HEADER = 128  # bytes of the first line, its end included
CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
HEAD = re.compile(rb"/[A-Za-z]{3}")
FIRST_LINE = re.compile(rb"[^\r\n]{0,%d}[\r\n]" % (HEADER - 1))
LINE = re.compile(rb"[^\r\n]+")
BLANK = (b"\r\n\r\n", b"\n\n", b"\r\r")
NO_OBJECT = re.compile(rb"[\r\n][^\r\n0-9(]")
OBJECT = re.compile(rb"[\r\n][0-9]")

NONE, UNKNOWN = -1, 0


def header_end(view: bytes, at: int) -> int:
    """Where the line behind the header begins; NONE: this is no header; UNKNOWN: its end is not there yet."""
    match = FIRST_LINE.match(view, at)
    if match:
        return match.end()
    return NONE if len(view) - at >= HEADER else UNKNOWN


def starts_after(view: bytes, at: int, end: int) -> Iterator[int]:
    """Where else a telegram may begin: `/` and three letters, anywhere."""
    return (match.start() for match in HEAD.finditer(view, at + 1, end))


def innermost(text: bytes) -> int:
    """Where the last header begins: a line that begins as one, or has one in it with an empty line behind.

    A meter without CRC that broke off leaves the beginning of a telegram, maybe in the middle of a line, or of the
    header: /ISk/ISk5.
    """
    start = 0
    for line in LINE.finditer(text):
        begin, end = line.span()
        head = HEAD.match(text, begin, end)
        if head is None and text.startswith(BLANK, end):
            head = HEAD.search(text, begin, end)
        start = _repeated(text, head.start(), end) if head else start
    return start


def _repeated(text: bytes, start: int, end: int) -> int:
    """Where a header begins of which some first bytes stand before it."""
    for head in HEAD.finditer(text, start + 1, end):
        if text.startswith(text[start : head.start()], head.start(), end):
            start = head.start()
    return start


def is_text(text: bytes) -> bool:
    """Whether a telegram without CRC is to be believed: no control characters, each line an object or empty."""
    return not CONTROL.search(text) and not NO_OBJECT.search(text) and OBJECT.search(text) is not None
