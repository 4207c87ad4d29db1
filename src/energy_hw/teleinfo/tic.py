"""The words of the frame level: modes, parity, marks, counters. What others need of them is in frame.py."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Protocol

STX, ETX, EOT, HT, LF, CR, SP = 0x02, 0x03, 0x04, 0x09, 0x0A, 0x0D, 0x20

EVEN = bytes(byte & 0x7F | (byte & 0x7F).bit_count() % 2 << 7 for byte in range(256))
"""Characters as a port with eight data bits and no parity reads them: even parity in bit 7."""


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
    TRUNCATED = b"\x05"  # STX, or reset(), while a frame with groups was open
    REJECTED = b"\x06"  # one group was damaged, so the frame it stands in is not complete; the counters say why


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
