"""Teleinfo frames: bytes from the line in, checked groups and marks out.

    STX  (LF label SP data SP checksum CR)*  ETX                   historique, 1200 baud
    STX  (LF label HT [horodate HT] data HT checksum CR)*  ETX     standard, 9600 baud

Seven data bits and even parity. A group stands for itself: a damaged one is counted and dropped, its neighbours stay.
EOT instead of ETX breaks a frame off.

Source: Enedis-NOI-CPT_54E v3; historique also Enedis-NOI-CPT_02E.
"""

from __future__ import annotations

from collections.abc import Iterable

from energy_hw import core
from energy_hw.teleinfo.scan import PythonScanner
from energy_hw.teleinfo.scan_c import CScanner
from energy_hw.teleinfo.tic import CR, EOT, ETX, EVEN, HT, LF, SP, STX, Event, Mark, Mode, Parity, Scanner, TicCounters

# fmt: off
__all__ = [
    "CR", "EOT", "ETX", "HT", "LF", "SP", "STX", "Event", "Mark", "Mode", "Parity", "TicCounters", "TicParser",
    "checksum", "encode_frame", "encode_group", "mode_of", "with_parity",
]
# fmt: on


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
        native = core.native(implementation)
        chosen = Parity(parity)
        self._scanner: Scanner = PythonScanner(chosen) if native is None else CScanner(native, chosen)

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
