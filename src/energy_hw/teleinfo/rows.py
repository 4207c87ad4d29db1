"""What a row of the label tables says. The tables: labels_historique.py, labels_standard.py."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from energy_hw.reading import Quantity


class Format(StrEnum):
    """How a label's data is written, and with it the type of its value."""

    NUMBER = "number"
    """Decimal digits, padded with zeros: an int."""
    DIGITS = "digits"
    """Decimal digits that are a name, not a number (an address): a str."""
    HEX = "hex"
    """Hexadecimal digits: a str, decoded by status.py."""
    CODE = "code"
    """Capitals, digits and punctuation, filled up with dots: a str without the filling, None if nothing is left."""
    TEXT = "text"
    """Printable, padded with spaces: a str without the padding."""
    SCHEDULE = "schedule"
    """Blocks of hexadecimal digits or NONUTILE, spaces between them: a str, decoded by status.py."""
    MOMENT = "moment"
    """What counts is the horodate before the data: an aware datetime."""


class Presence(StrEnum):
    """When a meter sends a label. One that is not sent any more is no longer true."""

    ALWAYS = "always"
    """In each frame."""
    CONTRACT = "contract"
    """In each frame, of some contracts, wirings or meters only."""
    WHILE = "while it lasts"
    """In each frame as long as the condition lasts, and no longer."""
    ONCE = "once"
    """In one frame only."""


class Label(NamedTuple):
    """One row. code: as the meter writes it. name: ours. unit: None where there is none.

    chars: the lengths that the data may have (NUMBER, DIGITS, HEX, CODE), or the longest one (TEXT, SCHEDULE).
    stamped: a horodate stands before the data.
    """

    code: str
    name: str
    quantity: Quantity
    unit: str | None
    format: Format
    chars: tuple[int, ...]
    phase: int | None = None
    tariff: int | None = None
    presence: Presence = Presence.ALWAYS
    stamped: bool = False
    known: bool = True
