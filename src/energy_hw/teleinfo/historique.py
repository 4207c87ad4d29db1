"""Codes of the historique mode in words: contract, period, tomorrow's colour, phases, and one meter's status word.

Sources: Enedis-NOI-CPT_54E v3, 6.1; ERDF-NOI-CPT_02E; the manuals of the Sagem C2000-4 (MOTDETAT) and the
Landis+Gyr ZMD126 (PPOT). Pure functions: safe from any thread.
"""

from __future__ import annotations

from typing import NamedTuple

CONTRACTS = {"BASE": "base", "HC": "off-peak", "EJP": "ejp", "BBR": "tempo"}
COLOURS = {"BLEU": "blue", "BLAN": "white", "ROUG": "red"}
COLOUR_LETTERS = {"B": "blue", "W": "white", "R": "red"}

# fmt: off
PERIODS = {  # PTEC without its dots -> supplier index as a Linky numbers it in standard mode
    "TH": 1,  # toutes heures
    "HC": 1,    "HP": 2,  # heures creuses, pleines
    "HN": 1,    "PM": 2,  # EJP: heures normales, pointe mobile
    "HCJB": 1,  "HPJB": 2,  "HCJW": 3,  "HPJW": 4,  "HCJR": 5,  "HPJR": 6,  # Tempo: blue, white, red
}
SAGEM_FLAGS = (  # MOTDETAT of a Sagem C2000-4: byte, mask, meaning
    (0, 0x01, "index 1 implausible"),
    (0, 0x02, "index 2 implausible"),
    (0, 0x04, "index 3 implausible"),
    (0, 0x08, "index 4 implausible"),
    (0, 0x10, "index 5 implausible"),
    (0, 0x20, "index 6 implausible"),
    (0, 0x40, "cover-opening counter wrapped"),
    (0, 0x80, "over-voltage above 350 V"),
    (2, 0x01, "memory error"),
    (2, 0x02, "phase 1 break"),
    (2, 0x04, "phase 2 break"),
    (2, 0x08, "phase 3 break"),
)
# fmt: on


class Heating(NamedTuple):
    """The programmes behind the last character of BBRx. heating 7 is the manuals' `C`."""

    water: int
    heating: int


def tempo_programmes(contract: str) -> Heating | None:
    """Water heater (1..3) and heating (0..7) programme of a Tempo contract `BBRx`; None of another one."""
    code = ord(contract[3]) - 0x20 if len(contract) == 4 and contract.startswith("BBR") else 0
    return Heating(code >> 3, code & 7) if 0x08 <= code <= 0x1F else None


def contract_name(contract: str) -> str | None:
    """`base`, `off-peak`, `ejp` or `tempo` from OPTARIF, None for another."""
    return CONTRACTS.get("BBR" if contract.startswith("BBR") else contract.rstrip("."))


def tempo_colour(period: str) -> str | None:
    """Today's colour from PTEC of a Tempo contract."""
    return COLOUR_LETTERS.get(period[3]) if len(period) == 4 and period[2] == "J" else None


def missing_phases(data: str) -> tuple[int, ...]:
    """Phases without voltage, from PPOT: bit n is phase n, 1 is missing. Raises ValueError."""
    bits = int(data, 16)
    return tuple(phase for phase in (1, 2, 3) if bits >> phase & 1)


def sagem_status(data: str) -> tuple[str, ...]:
    """MOTDETAT of a Sagem C2000-4 in words; other makers use other bits. Raises ValueError."""
    if len(data) != 6:
        raise ValueError(f"expected 6 hexadecimal digits, got {data!r}")
    word = int(data, 16).to_bytes(3)
    flags = tuple(text for byte, mask, text in SAGEM_FLAGS if word[byte] & mask)
    counters = ((word[1] & 0x0F, "watchdog resets"), (word[1] >> 4, "resets with loss of data"))
    return flags + tuple(f"{count} {text}" for count, text in counters if count)
