"""Datasets as bytes: what a meter would send for a value. For simulator and tests; nothing here reads a meter.

    dataset("EAST", 21849106)                        b"\\nEAST\\t021849106\\t.\\r"
    dataset("PAPP", 540, mode=Mode.HISTORIQUE)       b"\\nPAPP 00540 -\\r"

Source of lengths and padding: the tables of labels, and so Enedis-NOI-CPT_54E v3.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from energy_hw.errors import OutOfRange
from energy_hw.teleinfo.frame import EOT, Mode, checksum, encode_frame, encode_group, with_parity
from energy_hw.teleinfo.horodate import FRANCE, Zone
from energy_hw.teleinfo.labels import find
from energy_hw.teleinfo.rows import Format, Label

__all__ = ["dataset", "encode_frame", "encode_group", "encode_interrupted", "horodate", "mode_2", "pad", "with_parity"]


def dataset(
    label: str, value: int | str = "", stamp: str | None = None, mode: Mode = Mode.STANDARD, width: int | None = None
) -> bytes:
    """The group of a value, LF to CR, padded as the label demands; an unknown label's value as it is.

    stamp: the horodate's 13 characters. width: other than the table's last, for older meters. Raises OutOfRange.
    """
    row = find(label, mode is Mode.STANDARD)
    fields = (label, pad(row, value, width)) if stamp is None else (label, stamp, pad(row, value, width))
    return encode_group(*fields, mode=mode)


def pad(row: Label, value: int | str, width: int | None = None) -> str:
    """Digits with zeros before, codes with dots, text with spaces behind. Raises OutOfRange if it is too long."""
    width = width or (row.chars[-1] if row.chars else 0)
    text = str(value)
    if row.chars and len(text) > width:
        raise OutOfRange(f"{row.code}: expected at most {width} characters, got {text!r}", high=width)
    if row.format in (Format.TEXT, Format.SCHEDULE):
        return text.ljust(width)
    return text.ljust(width, ".") if row.format is Format.CODE else text.rjust(width, "0")


def horodate(moment: datetime, *, degraded: bool = False, season: bool = True, zone: Zone = FRANCE) -> str:
    """The 13 characters of an aware datetime whose offset is one of the zone's; the letter follows from it.

    season: False writes a space for it, as the starts and ends of mobile peaks have. Raises OutOfRange.
    """
    offset = moment.utcoffset()
    letters = {zone.summer.utcoffset(None): "E", zone.winter.utcoffset(None): "H"}
    if offset not in letters:
        raise OutOfRange(f"expected a time in one of the zone's offsets, got {moment.isoformat()}")
    letter = letters[offset] if season else " "
    return (letter.lower() if degraded else letter) + moment.strftime("%y%m%d%H%M%S")


def encode_interrupted(groups: Iterable[bytes]) -> bytes:
    """A frame that its meter broke off: EOT in the place of ETX."""
    return encode_frame(groups)[:-1] + bytes((EOT,))


def mode_2(group: bytes) -> bytes:
    """A historique group with the checksum of mode 2, which counts the separator before it, too."""
    zone = group[1:-2]
    return b"\n%b%c\r" % (zone, checksum(zone))
