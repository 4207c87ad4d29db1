"""Teleinfo frames: bytes from the line in, checked groups and marks out.

    STX  (LF label SP data SP checksum CR)*  ETX                   historique, 1200 baud
    STX  (LF label HT [horodate HT] data HT checksum CR)*  ETX     standard, 9600 baud

Seven data bits and even parity. A group stands for itself: a damaged one is counted and dropped, its neighbours stay.
EOT instead of ETX breaks a frame off.

Source: Enedis-NOI-CPT_54E v3, chapters 5 and 6; historique also Enedis-NOI-CPT_02E.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Protocol

STX, ETX, EOT, HT, LF, CR, SP = 0x02, 0x03, 0x04, 0x09, 0x0A, 0x0D, 0x20


class Mode(StrEnum):
    """What the meter sends; the separator of its groups tells."""

    HISTORIQUE = "historique"
    STANDARD = "standard"


class Parity(StrEnum):
    """Who checks the parity of a character.

    SOFT: the parser; the port is open with eight data bits and no parity, and bit 7 is the parity of the meter.
          Where some link has stripped bit 7 already, the parser notices and has nothing to check.
    HARD: the port, which marks a bad character as FF 00 xx (INPCK and PARMRK of termios).
    OFF: nobody; bit 7 is ignored.
    """

    SOFT = "soft"
    HARD = "hard"
    OFF = "off"


class Mark(Enum):
    """What is not a group."""

    START = b"\x02"  # STX
    END = b"\x03"  # ETX: the frame is over
    INTERRUPTED = b"\x04"  # EOT: the meter broke the frame off
    TRUNCATED = b"T"  # STX, or reset(), while a frame with groups was open
    REJECTED = b"R"  # one group was damaged, so the frame it stands in is not complete; the counters say why


Event = bytes | Mark
"""A checked group, from the first character of its label to its checksum; or a mark."""


@dataclass(frozen=True, slots=True)
class TicCounters:
    """What came since the parser was made; only ever counts up.

    checksum .. truncated: groups that were refused, each counted once, for the first thing wrong with it.
    complete .. cut: frames. resyncs: stretches of bytes outside a frame, skipped to find the next.
    """

    bytes: int
    groups: int
    checksum: int
    format: int  # no label, no separators, no horodate where one must be, or no LF before it
    parity: int
    charset: int  # a control character, or a label with something else than A-Z a-z 0-9 + - _
    overflow: int  # more than 127 characters
    truncated: int  # no CR
    complete: int
    incomplete: int  # ETX came, but a group was refused, or none came, or there was no STX
    interrupted: int  # EOT
    cut: int  # no ETX
    resyncs: int

    @property
    def damaged(self) -> int:
        """Groups that had their CR and were refused."""
        return self.checksum + self.format + self.parity + self.charset + self.overflow

    @property
    def rejected(self) -> int:
        """As many as there were marks REJECTED."""
        return self.damaged + self.truncated


class Scanner(Protocol):
    """What the C and the Python scanner have in common."""

    def feed(self, data: bytes) -> list[Event]:
        """Groups and marks that these bytes complete, in their order."""

    def reset(self) -> None:
        """Forget the group under way, the frame, and what was learned of the stream."""

    @property
    def counters(self) -> TicCounters:
        """What came so far."""

    @property
    def parity_seen(self) -> bool | None:
        """Whether bit 7 carries the parity; None while that is not known."""


class TicParser:
    """Cuts a stream of bytes into checked groups; whatever comes, nothing is raised.

    >>> parser = TicParser()
    >>> parser.feed(b"\\x02\\nPAPP 00540 ,\\r")
    [<Mark.START: b'\\x02'>, b'PAPP 00540 ,']

    It makes no difference how the stream is divided among calls. Groups before the first STX are given, too.
    Thread safety: one thread at a time.
    """

    def __init__(self, parity: Parity | str = Parity.SOFT, implementation: str | None = None) -> None:
        """implementation: `c` or `python`, by default as core.get().

        Raises ConfigError as core.get(), ValueError for another parity.
        """
        from energy_hw.teleinfo.scan import PythonScanner

        self._scanner: Scanner = PythonScanner(Parity(parity))

    def feed(self, data: bytes) -> list[Event]:
        """Groups and marks that these bytes complete, in their order."""
        return self._scanner.feed(data)

    def reset(self) -> None:
        """Begin anew, after a reopen or a change of speed.

        An open frame is over: TRUNCATED comes with the next feed(). The counters go on.
        """
        self._scanner.reset()

    @property
    def counters(self) -> TicCounters:
        """A snapshot; see TicCounters."""
        return self._scanner.counters

    @property
    def parity_seen(self) -> bool | None:
        """Whether bit 7 carries the parity; None while that is not known. Always False without Parity.SOFT."""
        return self._scanner.parity_seen


def mode_of(group: bytes) -> Mode:
    """The mode that a checked group was sent in."""
    return Mode.STANDARD if group[-2] == HT else Mode.HISTORIQUE


def checksum(zone: bytes) -> int:
    """Checksum character of a group, a byte in 0x20..0x5F.

    zone runs from the label to the last byte that the meter adds up: the data in historique, the separator after it
    in standard. Source: Enedis-NOI-CPT_54E v3, 5.3.6 and 6.2.2.
    """
    return (sum(zone) & 0x3F) + 0x20


def encode_group(*fields: str, mode: Mode = Mode.STANDARD) -> bytes:
    """A group from LF to CR. fields: label, horodate where there is one, data."""
    separator = "\t" if mode is Mode.STANDARD else " "
    zone = separator.join(fields).encode("ascii")
    end = separator.encode()
    return b"\n%b%b%c\r" % (zone, end, checksum(zone + end if mode is Mode.STANDARD else zone))


def encode_frame(groups: Iterable[bytes]) -> bytes:
    """A frame of groups as encode_group() makes them."""
    return b"\x02%b\x03" % b"".join(groups)


def with_parity(data: bytes) -> bytes:
    """Characters as a port with eight data bits and no parity reads them: even parity in bit 7."""
    return data.translate(EVEN)


def _even(byte: int) -> int:
    return byte & 0x7F | (byte & 0x7F).bit_count() % 2 << 7


EVEN = bytes(map(_even, range(256)))
