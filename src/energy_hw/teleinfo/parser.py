"""serial_teleinfo.parser: one line into key, text and whether the frame ends; and what a bad line raises.

    PAPP 00540 ,\\r\\n            a group, and the LF of the next one
    PAPP 00540 ,\\r\\x03\\x02\\n    the last group of a frame; \\x04 (EOT) in place of \\x03: the meter broke it off
    EAST\\t001234567\\t$\\r\\n      standard mode; with a horodate there is one more field

Pure functions: safe from any thread. teleinfo.frame and teleinfo.dataset are the native way to read a stream.
"""

from __future__ import annotations

import re

from energy_hw.errors import EnergyHwError, ProtocolError
from energy_hw.teleinfo.frame import checksum

SEPARATOR = b" "
MATCHER = re.compile(rb"([ -~\t]{4,})\r(\x03\x02|\x04\x02)?\n")
HT = b"\t"
SHOWN = 60


class TeleinfoException(EnergyHwError):
    """Base of what a line from a meter can raise."""


class ParserException(TeleinfoException, ProtocolError):
    """A line does not mean what it should."""


class InvalidChecksumException(ParserException):
    """The checksum that the line carries is not the one of its characters."""


class UnknownKeyException(ParserException):
    """The line is sound, its `key` is in no table; `message` says so."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.message = f"The key {key} is not known"
        super().__init__(self.message)


def parse_line(line: bytes) -> tuple[str, str, bool]:
    """Key, text, and whether the frame ends, of a line with seven bits a character.

    In standard mode the text of a group without data (DATE) is its horodate.
    Raises ParserException for the wrong shape, InvalidChecksumException.
    """
    match = MATCHER.fullmatch(line)
    if match is None:
        raise ParserException(f"expected label, data, checksum, CR and LF, got {line[:SHOWN]!r}")
    group, end = match.groups()
    _check(group)
    key, text = _split(group)
    return key, text, end is not None


def _check(group: bytes) -> None:
    """Historique adds up to the last character of the data, standard one character more."""
    zone = group[:-1] if group[-2:-1] == HT else group[:-2]
    expected, got = checksum(zone), group[-1]
    if expected != got:
        raise InvalidChecksumException(f"expected checksum {chr(expected)!r}, got {chr(got)!r} in {group!r}")


def _split(group: bytes) -> tuple[str, str]:
    text = group[:-2].decode("ascii")
    if group[-2:-1] == HT:
        key, *fields = text.split("\t")
        if key and len(fields) in (1, 2):
            return key, fields[-1] or fields[0]
    else:
        key, separator, data = text.partition(SEPARATOR.decode())
        if key and separator and group[-2:-1] == SEPARATOR:
            return key, data
    raise ParserException(f"expected a label, data and a checksum with separators between them, got {group!r}")
