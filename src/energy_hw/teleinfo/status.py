"""Values that are codes: the status register, relays, day schedules. Those of the historique mode: historique.py.

Source: Enedis-NOI-CPT_54E v3, 6.2 (STGE, RELAIS, PJOURF+1, PPOINTE). Pure functions: safe from any thread.
"""

from __future__ import annotations

from datetime import time
from typing import NamedTuple

BREAKER = {
    0: "closed",
    1: "open: over-power",
    2: "open: over-voltage",
    3: "open: load shedding",
    4: "open: by order",
    5: "open: overheated, switching above Imax",
    6: "open: overheated, switching below Imax",
}
EURIDIS = {0: "off", 1: "on, unsecured", 3: "on, secured"}
PLC = {0: "new/unlock", 1: "new/lock", 2: "registered"}
COLOURS = (None, "blue", "white", "red")
DRY_CONTACT_ACTIONS = ("no change", "tempo", "open", "closed")


class Status(NamedTuple):
    """STGE, field by field. Numbers of tariffs start at 1. None, or `code 7`: what the standard does not define."""

    raw: int
    contact_open: bool
    breaker: str
    cover_open: bool
    over_voltage: bool
    over_power: bool
    producer: bool
    energy_negative: bool
    tariff: int
    distributor_tariff: int
    clock_degraded: bool
    standard_mode: bool
    euridis: str
    plc: str
    plc_synchronised: bool
    tempo_today: str | None
    tempo_tomorrow: str | None
    peak_notice: int
    peak_running: int


def parse_status(data: str) -> Status:
    """The status register from its 8 hexadecimal digits. Raises ValueError."""
    if len(data) != 8:
        raise ValueError(f"expected 8 hexadecimal digits, got {data!r}")
    raw = int(data, 16)

    def bits(low: int, count: int = 1) -> int:
        return raw >> low & ((1 << count) - 1)

    return Status(
        raw,
        contact_open=bool(bits(0)),
        breaker=_word(BREAKER, bits(1, 3)),
        cover_open=bool(bits(4)),
        over_voltage=bool(bits(6)),
        over_power=bool(bits(7)),
        producer=bool(bits(8)),
        energy_negative=bool(bits(9)),
        tariff=bits(10, 4) + 1,
        distributor_tariff=bits(14, 2) + 1,
        clock_degraded=bool(bits(16)),
        standard_mode=bool(bits(17)),
        euridis=_word(EURIDIS, bits(19, 2)),
        plc=_word(PLC, bits(21, 2)),
        plc_synchronised=bool(bits(23)),
        tempo_today=COLOURS[bits(24, 2)],
        tempo_tomorrow=COLOURS[bits(26, 2)],
        peak_notice=bits(28, 2),
        peak_running=bits(30, 2),
    )


def _word(words: dict[int, str], code: int) -> str:
    return words.get(code, f"code {code}")


def parse_relays(value: int) -> tuple[bool, ...]:
    """RELAIS as eight states, relay 1 first; True is closed. Relay 1 is a real contact, 2 to 8 are virtual.

    Raises ValueError outside 0..255.
    """
    if not 0 <= value <= 255:
        raise ValueError(f"expected 0 to 255, got {value}")
    return tuple(bool(value >> relay & 1) for relay in range(8))


class Action(NamedTuple):
    """What happens at a time of day. tariff: the supplier's index from then on, None for no change.

    contact: what the dry contact does; virtual: states of virtual contacts 1 to 7, True is closed.
    """

    at: time
    tariff: int | None
    contact: str
    virtual: tuple[bool, ...]
    raw: str


UNUSED = "NONUTILE"


def parse_schedule(data: str) -> tuple[Action, ...]:
    """PJOURF+1 or PPOINTE: up to eleven blocks HHMMSSSS or NONUTILE with single spaces between them.

    SSSS: bits 0-3 tariff (0 and 11 to 15: no change), 4-10 virtual contacts, 14-15 dry contact. Raises ValueError.
    """
    blocks = data.split()
    if len(blocks) > 11 or any(len(block) != 8 for block in blocks):
        raise ValueError(f"expected up to 11 blocks of 8 characters, got {data!r}")
    return tuple(_action(block) for block in blocks if block != UNUSED)


def _action(block: str) -> Action:
    bits = int(block[4:], 16)
    tariff = bits & 0xF
    return Action(
        time(int(block[:2]), int(block[2:4])),
        tariff if 1 <= tariff <= 10 else None,
        DRY_CONTACT_ACTIONS[bits >> 14],
        tuple(bool(bits >> bit & 1) for bit in range(4, 11)),
        block,
    )
