"""What a row of the OBIS tables says. The tables: obis_electricity.py, obis_meter.py."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from energy_hw.reading import Quantity


class Kind(StrEnum):
    """How the groups in brackets are written, and with it the type of the value."""

    NUMBER = "number"
    """`(000123.456*kWh)`: a Decimal in the unit sent."""
    BARE = "bare"
    """A NUMBER sent without a unit; the standard says which."""
    COUNT = "count"
    """`(00004)`: an int."""
    TARIFF = "tariff"
    """`(0002)`: an int."""
    TIME = "time"
    """`(101209113020W)`: an aware datetime, None for a stamp that is none."""
    HEX = "hex"
    """Text, two hexadecimal digits a character: decoded if every character can be printed, else as sent."""
    VERSION = "version"
    """Digits, or, of Iskra, digits as HEX."""
    TEXT = "text"
    """As sent."""
    SWITCH = "switch"
    """0 off, 1 on, 2 off and ready to be switched on; ON and OFF: a bool. An int for any other digit."""
    LIMIT = "limit"
    """A NUMBER whose quantity follows from its unit: kW, kVA or A."""
    PAIR = "pair"
    """Two NUMBERs: readings `/1` and `/2`."""
    DEMAND = "demand"
    """`(TST)(kW)`; of Iskra `(kW)(YYMMDDhhmmss)`."""
    FAILURES = "failures"
    """Log of power failures: how many, then a reading for each."""
    HISTORY = "history"
    """Peaks of 13 months (Belgium), or all registers at the end of a month (Hungary)."""
    MBUS_TYPE = "mbus type"
    """Digits: what is connected to the channel. EN 13757-3."""
    MBUS = "mbus"
    """`(TST)(00012.345*m3)`; what it is follows from the type of the channel."""
    MBUS_OLD = "mbus 3.0"
    """`(YYMMDDhhmmss)(status)(minutes)(1)(0-1:24.2.1)(m3)` and in the next line `(00001.001)`."""
    UNKNOWN = "unknown"
    """A code that no table knows: a number if it looks like one, else the text."""


class Obis(NamedTuple):
    """One row. code: pattern or code, see obis.py. name: ours. unit: the standard's; a reading has what was sent.

    channel: of M-Bus devices and relays. known: a table has it.
    """

    code: str
    name: str
    quantity: Quantity
    unit: str | None
    kind: Kind
    phase: int | None = None
    tariff: int | None = None
    channel: int | None = None
    known: bool = True
