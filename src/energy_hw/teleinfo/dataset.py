"""One dataset (group): from the bytes that the checksum has passed to a typed value.

    historique  label SP data SP checksum
    standard    label HT [horodate HT] data HT checksum

The checksum has 6 bits. It misses each flip of bit 6 ('0' becomes 'p'), pairs of lost or gained spaces, and one
damage in 64 of any other kind. So what a table knows of a label is checked as well: characters and length of
numbers exactly; of text the length only upwards, since meters and relays trim spaces.

Source: Enedis-NOI-CPT_54E v3, 6.1 and 6.2. Pure functions: safe from any thread.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import NamedTuple, NoReturn

from energy_hw.errors import RecordError
from energy_hw.reading import Value
from energy_hw.teleinfo.frame import Mode
from energy_hw.teleinfo.horodate import FRANCE, Zone, parse_horodate
from energy_hw.teleinfo.labels import damaged, find
from energy_hw.teleinfo.rows import Format, Label

HT = 9
TEMPO = "BBR"  # its fourth character may be a dot that means something
FILLING = ".-_ "
BLOCKS = re.compile(r" *(?:(?:[0-9]{4}[0-9A-Fa-f]{4}|NONUTILE)(?: +|$))*")


class Dataset(NamedTuple):
    """One value as the meter gave it.

    label: as the meter wrote it; code: the standard's label for it. data: as sent, padding and all.
    value: int, str, aware datetime or None, by row.format. stamp: the horodate's characters, None without;
    horodate: the moment, None also for a stamp of zeros. raw: label to checksum, as received.
    """

    label: str
    data: str
    value: Value
    stamp: str | None
    horodate: datetime | None
    row: Label
    raw: bytes

    @property
    def code(self) -> str:
        """The label of the standard, where a pilot meter has another."""
        return self.row.code

    @property
    def unit(self) -> str | None:
        """The unit, which is never sent but follows from the label."""
        return self.row.unit

    @property
    def known(self) -> bool:
        """Whether a table knows the label; if not, the value is the data as text."""
        return self.row.known

    @property
    def mode(self) -> Mode:
        """By the separator before the checksum."""
        return Mode.STANDARD if self.raw[-2] == HT else Mode.HISTORIQUE

    @property
    def clock_degraded(self) -> bool:
        """The meter's clock lost its backup: the horodate may be wrong."""
        return self.stamp is not None and self.stamp[0] in "eh"

    @property
    def season_ambiguous(self) -> bool:
        """The horodate says no season: its offset was inferred, and of the hour repeated in October the first taken."""
        return self.stamp is not None and self.stamp[0] == " "


def parse_dataset(raw: bytes, zone: Zone = FRANCE) -> Dataset:
    """The dataset of one group, label to checksum inclusive, whose checksum has been checked.

    zone: offsets that the season letters stand for. Labels that no table knows come out as text, known False.
    Raises RecordError: the group does not have the shape above, or not the content that its label demands.
    """
    text = raw.decode("latin-1")
    if text[-2:-1] == "\t":
        label, stamp, data = _split_standard(text, raw)
        row = find(label, True)
    else:
        label, _, data = text[:-2].partition(" ")
        stamp, row = None, find(label, False)
    try:
        moment = None if stamp is None else parse_horodate(stamp, zone)
        value = _value(row, data) if row.format is not Format.MOMENT else _moment(row, stamp, moment, data)
    except ValueError as error:
        _refuse(label, error, raw)
    return Dataset(label, data, value, stamp, moment, row, raw)


def _split_standard(text: str, raw: bytes) -> tuple[str, str | None, str]:
    """Label, horodate or None, data. The checksum is no HT, so splitting is safe."""
    fields = text.split("\t")
    if len(fields) == 3:
        return fields[0], None, fields[1]
    if len(fields) != 4:
        _refuse(fields[0], f"expected 3 or 4 fields with HT between them, got {len(fields)}", raw)
    return fields[0], fields[1], fields[2]


def _moment(row: Label, stamp: str | None, moment: datetime | None, data: str) -> datetime | None:
    """The horodate is the value; the data (none, or 00) only has to look right. Raises ValueError."""
    if stamp is None or (data and not data.isdecimal()):
        raise ValueError(f"expected {expected(row)}, got {data!r}")
    return moment


def _value(row: Label, data: str) -> Value:
    """The typed value. Raises ValueError that names what was expected and what came."""
    wanted = row.format
    if wanted is Format.NUMBER:
        if len(data) in row.chars and data.isdecimal():
            return int(data)
    elif not row.known:
        if whole := damaged(row.code):
            raise ValueError(f"expected a label, got {whole} with bit 6 flipped")
        if data.isascii() and data.isprintable():
            return data
    elif wanted is Format.TEXT or wanted is Format.SCHEDULE:
        if len(data) <= row.chars[0] and _has_only(wanted, data):
            return data.strip(" ")
    elif len(data) in row.chars and _has_only(wanted, data):
        return _code(data) if wanted is Format.CODE else data
    raise ValueError(f"expected {expected(row)}, got {data!r}")


def _has_only(wanted: Format, data: str) -> bool:
    """Whether the characters are those of the format, so chosen that bit 6 flipped leaves them.

    CODE: 0x20..0x5F. TEXT: what can be printed but a backquote, which a flipped space becomes.
    """
    if wanted is Format.TEXT:
        return data.isascii() and data.isprintable() and "`" not in data
    if wanted is Format.SCHEDULE:
        return BLOCKS.fullmatch(data) is not None
    if wanted is Format.HEX:
        return not data.strip("0123456789ABCDEFabcdef")
    return data.isdecimal() if wanted is Format.DIGITS else all(" " <= char <= "_" for char in data)


def _code(data: str) -> str | None:
    return data if data.startswith(TEMPO) else data.strip(FILLING) or None


def expected(row: Label) -> str:
    """What the data of a label must look like, in words: `5 digits`."""
    chars = " or ".join(map(str, row.chars))
    words = {
        Format.NUMBER: f"{chars} digits",
        Format.DIGITS: f"{chars} digits",
        Format.HEX: f"{chars} hexadecimal digits",
        Format.CODE: f"{chars} capitals, digits or signs",
        Format.TEXT: f"printable text of at most {chars} characters" if chars else "printable text",
        Format.SCHEDULE: f"blocks HHMMSSSS or NONUTILE, at most {chars} characters",
        Format.MOMENT: "a horodate, then 00 or nothing",
    }
    return words[row.format]


def _refuse(label: str, problem: object, raw: bytes) -> NoReturn:
    raise RecordError(f"{label}: {problem}", raw)
