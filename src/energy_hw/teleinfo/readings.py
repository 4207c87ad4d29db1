"""From datasets to the Readings that the rest of the package knows, one each, then what their codes mean.

Decoded readings have the label with a name behind as their code: `STGE/breaker`, `RELAIS/1`, `PTEC/tariff`.
They are the same in both modes where both modes know: tariff, tempo_today, tempo_tomorrow, over_power.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from energy_hw.reading import Quantity as Q
from energy_hw.reading import Reading, Readings
from energy_hw.teleinfo.dataset import Dataset
from energy_hw.teleinfo.historique import COLOURS, PERIODS, missing_phases, tempo_colour
from energy_hw.teleinfo.status import parse_relays, parse_status

# fmt: off
STATUS_READINGS = (
    # field of Status       name                  quantity
    ("contact_open",        "dry_contact_open",   Q.CONTACT),
    ("breaker",             "breaker",            Q.TEXT),
    ("cover_open",          "cover_open",         Q.CONTACT),
    ("over_voltage",        "over_voltage",       Q.ALARM),
    ("over_power",          "over_power",         Q.ALARM),
    ("producer",            "producer",           Q.OTHER),
    ("energy_negative",     "exporting",          Q.OTHER),
    ("distributor_tariff",  "tariff_distributor", Q.TARIFF),
    ("clock_degraded",      "clock_degraded",     Q.ALARM),
    ("euridis",             "euridis",            Q.TEXT),
    ("plc",                 "plc",                Q.TEXT),
    ("plc_synchronised",    "plc_synchronised",   Q.OTHER),
    ("tempo_today",         "tempo_today",        Q.TEXT),
    ("tempo_tomorrow",      "tempo_tomorrow",     Q.TEXT),
    ("peak_notice",         "peak_notice",        Q.EVENT),
    ("peak_running",        "peak_running",       Q.EVENT),
)
# fmt: on


def to_reading(dataset: Dataset) -> Reading:
    """The reading of one dataset. A horodate of a degraded clock is no time to file a value under: time is None."""
    row, stamp = dataset.row, dataset.stamp
    time = (
        dataset.horodate if stamp is not None and stamp[0] not in "eh" and dataset.value != dataset.horodate else None
    )
    return Reading(row.code, row.name, row.quantity, dataset.value, row.unit, row.phase, row.tariff, None, time)


def decoded(dataset: Dataset) -> Readings:
    """What the code in a dataset means; nothing for most labels, and for codes that nobody has defined."""
    decode = DECODERS.get(dataset.row.code)
    if decode is None:
        return ()
    try:
        return decode(dataset.data)
    except ValueError:
        return ()


@lru_cache(maxsize=64)
def _status(data: str) -> Readings:
    status = parse_status(data)
    return tuple(
        Reading(f"STGE/{field}", name, quantity, getattr(status, field)) for field, name, quantity in STATUS_READINGS
    )


@lru_cache(maxsize=64)
def _relays(data: str) -> Readings:
    return tuple(
        Reading(f"RELAIS/{number}", f"relay_{number}", Q.SWITCH, closed, channel=number)
        for number, closed in enumerate(parse_relays(int(data)), 1)
    )


@lru_cache(maxsize=64)
def _period(data: str) -> Readings:
    tariff, colour = PERIODS.get(data.rstrip(".")), tempo_colour(data)
    found = (Reading("PTEC/tariff", "tariff", Q.TARIFF, tariff),) if tariff else ()
    return (*found, Reading("PTEC/colour", "tempo_today", Q.TEXT, colour)) if colour else found


@lru_cache(maxsize=64)
def _tomorrow(data: str) -> Readings:
    return (Reading("DEMAIN/colour", "tempo_tomorrow", Q.TEXT, COLOURS.get(data)),)


@lru_cache(maxsize=64)
def _phases(data: str) -> Readings:
    missing = missing_phases(data)
    return tuple(
        Reading(f"PPOT/{phase}", f"phase_missing_l{phase}", Q.ALARM, phase in missing, phase=phase)
        for phase in (1, 2, 3)
    )


DECODERS: dict[str, Callable[[str], Readings]] = {
    "STGE": _status,
    "RELAIS": _relays,
    "PTEC": _period,
    "DEMAIN": _tomorrow,
    "PPOT": _phases,
}


@lru_cache(maxsize=4)
def over_power(label: str, is_over: bool) -> Reading:
    """Whether the historique mode warns of too much current, as bit 7 of STGE does in standard mode."""
    return Reading(f"{label}/over_power", "over_power", Q.ALARM, is_over)
