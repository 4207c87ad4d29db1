"""The words of the frame level: what comes out of a framer, its policies and counters. What others need is in
telegram.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import NamedTuple, Protocol

MOST = 8192
"""Bytes from `/` to `!`; the longest telegram that is known, with a message of 1024 octets, has 2932."""


class Crc(StrEnum):
    """What the checksum of a telegram says."""

    OK = "ok"
    BAD = "bad"
    ABSENT = "absent"  # DSMR 2.2 and 3.0, Q3D


class CrcPolicy(StrEnum):
    """Which telegrams are let through.

    IF_PRESENT: those with a good CRC, and those without one that are text in the form of a telegram.
    REQUIRE: those with a good CRC.
    REPORT: all; Telegram.crc tells.
    IGNORE: all, and who reads them need not ask for Telegram.crc. A framer does as with REPORT.
    """

    IF_PRESENT = "if_present"
    REQUIRE = "require"
    REPORT = "report"
    IGNORE = "ignore"


class Mark(Enum):
    """What is neither a telegram nor a ciphered frame."""

    HDLC = "hdlc"  # a frame of a binary DLMS meter, 7E A0: named, not read
    DAMAGED = "damaged"  # something was dropped; the counters say why


class Telegram(NamedTuple):
    """One telegram.

    raw: from `/` to the last digit of the CRC and its line end, if there is one, as on the wire; without bit 7 where
    that was a parity. printed: the CRC it carries, None if it has none, or one that is none. computed: of its bytes.
    """

    raw: bytes
    crc: Crc
    printed: int | None
    computed: int


class Ciphered(NamedTuple):
    """One whole general-glo-ciphering frame, DB 08 to its last byte."""

    raw: bytes


Event = Telegram | Ciphered | Mark


@dataclass(frozen=True, slots=True)
class P1Counters:
    """What came since the framer was made; only ever counts up.

    Every byte is in a telegram, in a ciphered frame, in resync_bytes, in telnet, or still waits for the next.
    """

    bytes: int
    ok: int  # telegrams, also the next two
    absent: int
    bad: int  # none that verifies inside
    refused: int  # no CRC, and no text in the form of a telegram
    oversize: int  # 8 KiB without an end
    truncated: int  # another one begins inside, or reset(), or noise and then a pause
    parity: int  # seven data bits with even parity, and one of them wrong
    ciphered: int
    hdlc: int
    repaired: int  # the CRC holds with CR LF for each LF
    seven_bit: int  # telegrams whose bit 7 was the parity
    telnet: int  # bytes of telnet commands
    resync_bytes: int  # in nothing that was handed over


class Framer(Protocol):
    """What the C and the Python framer have in common."""

    def feed(self, data: bytes) -> list[Event]:
        """What these bytes complete, in its order."""

    def idle(self) -> list[Event]:
        """What a pause of 100 ms completes."""

    def reset(self) -> None:
        """Forget the frame under way, and what was learned of the stream."""

    @property
    def counters(self) -> P1Counters:
        """What came so far."""
