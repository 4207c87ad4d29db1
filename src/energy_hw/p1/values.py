"""What one group in brackets says: numbers with units, hexadecimal text, switches. Everything exact, as sent.

Source: DSMR P1 companion standard 5.0.2, 6.4 (Fn, In, Sn), IEC 62056-21. Pure functions: safe from any thread.
"""

from __future__ import annotations

import re
from decimal import Decimal

NUMBER = re.compile(r"([+-]?[0-9]{1,20}(?:\.[0-9]{0,20})?)(?:\*([^*]{1,16}))?")
HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
SWITCHES = {"0": False, "1": True, "2": False, "OFF": False, "ON": True}
"""2: disconnected, ready for reconnection."""


def number(group: str) -> tuple[Decimal | None, str | None]:
    """The number with the digits sent, and its unit; None for nothing in the brackets. Raises ValueError."""
    match = NUMBER.fullmatch(group)
    if match is not None:
        return Decimal(match[1]), match[2]
    if group:
        raise ValueError(f"expected a number, or number*unit, got {group[:40]!r}")
    return None, None


def integer(group: str) -> int | None:
    """The whole number; None for nothing in the brackets. Raises ValueError."""
    value = number(group)[0]
    if value is not None and value != int(value):
        raise ValueError(f"expected a whole number, got {group[:40]!r}")
    return None if value is None else int(value)


def hex_text(group: str) -> str | None:
    """Text that was sent as two hexadecimal digits a character, without the blanks around it.

    Left as sent if it is not that: an odd number of digits, or a character that cannot be printed. None: nothing,
    blanks alone, or a field that was never written (all FF, as digits or as bytes).
    """
    if not group.strip("Ff\xff"):
        return None
    if not HEX.fullmatch(group):
        return group
    octets = bytes.fromhex(group)
    if any(octet < 0x20 or octet > 0x7E for octet in octets):
        return group
    return octets.decode("ascii").strip() or None


def version(group: str) -> str | None:
    """A version in digits: `50`, `50217`; of Iskra `3530323137`, which is the same as hexadecimal text."""
    return hex_text(group) if len(group) >= 10 else group or None


def switch(group: str) -> bool | int | None:
    """True for on or connected; an int for a state that no standard has. Raises ValueError."""
    return SWITCHES[group] if group in SWITCHES else integer(group)
