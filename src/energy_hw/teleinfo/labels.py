"""What a label means, in either mode; what no table knows is passed on under its own label.

`docs/teleinfo-labels.md` shows both tables to a reader; a test keeps it equal to them.
"""

from __future__ import annotations

from functools import lru_cache

from energy_hw.reading import Quantity
from energy_hw.teleinfo.labels_historique import HISTORIQUE
from energy_hw.teleinfo.labels_standard import STANDARD
from energy_hw.teleinfo.rows import Format, Label, Presence

ALIASES = {"SINST1": "SINSTS", "SMAXN": "SMAXSN", "SMAXN-1": "SMAXSN-1"}
"""What the pilot Linky (device type 67) writes -> the label of the standard. Source: linkytic, hekmon."""

BIT_6 = str.maketrans("pqrstuvwxykm", "0123456789+-")
"""What the characters of a label become if bit 6 flips, which the checksum does not see; capitals leave the charset."""


def find(label: str, standard: bool) -> Label:
    """The row of a label as the meter writes it; for one that no table knows, a row that says so (known False).

    The same label may mean another thing in the other mode, or at another meter: DATE of a PME-PMI is text.
    """
    table = STANDARD if standard else HISTORIQUE
    return table.get(ALIASES.get(label, label) if standard else label) or unknown(label)


def damaged(label: str) -> str | None:
    """The label of a table that this one is but for flips of bit 6, None if it is none."""
    whole = label.translate(BIT_6)
    return whole if whole != label and (whole in STANDARD or whole in HISTORIQUE or whole in ALIASES) else None


@lru_cache(maxsize=256)  # noise that passes the checksum invents labels: bounded
def unknown(label: str) -> Label:
    """The row of a label that no table knows: its data is text of any length, its name is made of the label."""
    name = label.lower().replace("+", "_plus").replace("-", "_minus")
    return Label(
        label, f"unknown_{name}", Quantity.OTHER, None, Format.TEXT, (), presence=Presence.CONTRACT, known=False
    )
